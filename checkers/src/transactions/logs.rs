//! Dependencies between Kafka transactions, from the offsets of their records.
//!
//! Offsets give the version order of a partition exactly: nothing is inferred. A poll shows every
//! record by itself, so that each is an edge from its writer. There are no read-write edges: a poll
//! that does not show a record says nothing, the consumer may not have come to it.
//!
//! Which records lie at two offsets, and which offsets hold two records, is for other checks; here
//! they have no place in the order.

use super::graph::{Edges, Kinds};
use super::input::{Action, Transactions};
use super::writers::Writers;
use crate::history::Outcome;

/// Adds an edge from the writer of each record to each transaction that polled it.
pub(super) fn add_write_read_edges(
    transactions: &Transactions,
    writers: &Writers,
    edges: &mut Edges,
) {
    for (reader, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (_, action) in transactions.steps(transaction) {
            let Action::Read { from, to, .. } = action else {
                continue;
            };
            for version in transactions.saw(from, to) {
                if let Some(writer) = writers.of(*version) {
                    edges.add(writer, reader, Kinds::WR, *version, *version);
                }
            }
        }
    }
}

/// Adds an edge from the writer of each record to that of the next one in its partition.
pub(super) fn add_write_write_edges(
    transactions: &Transactions,
    writers: &Writers,
    edges: &mut Edges,
) {
    let mut offsets = transactions.offsets.clone();
    offsets.sort_unstable();
    offsets.dedup();
    let mut is_certain = vec![true; transactions.versions.len()];
    let mut is_met = vec![false; transactions.versions.len()];
    for (_, _, version) in &offsets {
        let met = &mut is_met[*version as usize];
        is_certain[*version as usize] &= !*met;
        *met = true;
    }
    for pair in offsets.windows(2) {
        if (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1) {
            is_certain[pair[0].2 as usize] = false;
            is_certain[pair[1].2 as usize] = false;
        }
    }
    let known = offsets.iter().filter_map(|(key, _, version)| {
        let writer = writers
            .of(*version)
            .filter(|_| is_certain[*version as usize])?;
        Some((*key, *version, writer))
    });
    let mut last: Option<(u32, u32, u32)> = None;
    for (key, version, writer) in known {
        if let Some((last_key, before, from)) = last
            && last_key == key
        {
            edges.add(from, writer, Kinds::WW, before, version);
        }
        last = Some((key, version, writer));
    }
}
