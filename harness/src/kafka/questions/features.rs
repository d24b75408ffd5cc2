//! The finalized features of a cluster, as one node states them (KIP-584): which release's formats and protocols are in use.

use std::collections::BTreeMap;

use super::{NoAnswer, versions};
use crate::kafka::wire::Wire;

/// Levels by the names of features: `metadata.version` 25.
pub type Features = BTreeMap<String, i16>;

/// Asks a node for the finalized features that it knows.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn features(wire: &mut Wire) -> Result<Features, NoAnswer> {
    let answer = versions::all(wire)?;
    let features = answer.finalized_features.iter();
    let level = features.map(|feature| (feature.name.to_string(), feature.max_version_level));
    Ok(level.collect())
}

/// What changed between two answers: `kraft.version 0 -> 1, metadata.version 25 -> 29`.
pub fn changes(before: &Features, after: &Features) -> String {
    let names = before.keys().chain(after.keys());
    let mut names: Vec<&String> = names.collect();
    names.sort();
    names.dedup();
    let level = |features: &Features, name: &String| features.get(name).copied().unwrap_or(0);
    let changed = names.into_iter().filter_map(|name| {
        let (from, to) = (level(before, name), level(after, name));
        (from != to).then(|| format!("{name} {from} -> {to}"))
    });
    let changed: Vec<String> = changed.collect();
    match changed.is_empty() {
        true => "no feature changed".to_owned(),
        false => changed.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named_with_both_levels() {
        let of = |list: &[(&str, i16)]| {
            let level = |(name, level): &(&str, i16)| ((*name).to_owned(), *level);
            list.iter().map(level).collect::<Features>()
        };
        let before = of(&[("metadata.version", 25), ("group.version", 1)]);
        let after = of(&[
            ("metadata.version", 29),
            ("group.version", 1),
            ("kraft.version", 1),
        ]);
        assert_eq!(
            changes(&before, &after),
            "kraft.version 0 -> 1, metadata.version 25 -> 29"
        );
        assert_eq!(changes(&after, &after), "no feature changed");
    }
}
