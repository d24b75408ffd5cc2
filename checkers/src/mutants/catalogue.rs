//! The catalogue: one file of rows for each kind of line, and every mutant that the rows make.

mod appends;
mod changes;
mod contents;
mod descriptions;
mod ends;
mod leaders;
mod metadata;
mod polls;
mod probes;
mod quorum;
mod reads;
mod replicas;
mod starts;
mod times;

use super::extent::{Extent, Scope};
use super::lie::{Expected, Lie};
use super::mutant::Mutant;

/// What somebody who may lie in any way lies about: all nodes, one of them, one partition, one client.
const EVERY: &[Scope] = &[
    Scope::Anywhere,
    Scope::Node,
    Scope::Partition,
    Scope::Client,
];

const NODES: &[Scope] = &[Scope::Anywhere, Scope::Node];
const PLACES: &[Scope] = &[Scope::Anywhere, Scope::Partition];
const CLIENTS: &[Scope] = &[Scope::Client];
const ONE_NODE: &[Scope] = &[Scope::Node];
/// What librdkafka answers names no node.
const CLIENT_SIDE: &[Scope] = &[Scope::Anywhere, Scope::Partition, Scope::Client];
const NODES_AND_PLACES: &[Scope] = &[Scope::Anywhere, Scope::Node, Scope::Partition];

/// Every row.
pub fn lies() -> impl Iterator<Item = &'static Lie> {
    [
        appends::ROWS,
        polls::ROWS,
        ends::ROWS,
        reads::ROWS,
        starts::ROWS,
        changes::ROWS,
        descriptions::ROWS,
        metadata::ROWS,
        leaders::ROWS,
        replicas::ROWS,
        quorum::ROWS,
        probes::ROWS,
        times::ROWS,
        contents::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// Every mutant: each row once, and with its longer extents in each of its scopes.
pub fn all() -> Vec<Mutant> {
    let mut all = Vec::new();
    for lie in lies() {
        for extent in [Extent::Once, Extent::Burst, Extent::On] {
            if lie.expected(extent) == Expected::None {
                continue;
            }
            let scopes = match extent {
                Extent::Once => &[Scope::Anywhere],
                _ => lie.scopes,
            };
            all.extend(scopes.iter().map(|scope| Mutant {
                lie,
                extent,
                scope: *scope,
            }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::checks::TABLE;

    #[test]
    fn every_mutant_has_a_name_of_its_own() {
        let all = all();
        let names: BTreeSet<String> = all.iter().map(Mutant::to_string).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.len() > 200, "{}", all.len());
    }

    #[test]
    fn rows_name_checks_that_exist() {
        for lie in lies() {
            for expected in lie.expected {
                let (Expected::Red(checks) | Expected::Open(checks, _)) = expected else {
                    continue;
                };
                for check in checks {
                    assert!(TABLE.iter().any(|row| row.name == *check), "{check}");
                }
            }
        }
    }
}
