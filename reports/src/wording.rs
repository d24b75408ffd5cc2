//! The only place that turns findings and doubts into sentences.
//!
//! Each family of findings is one file, and each finding is one arm in it: title, promise, authority, what was seen,
//! what follows. A finding without an arm gets a plain sentence from its name. A check has one row in `checks`, a doubt
//! one arm in `doubts`. A test ensures that every kind of finding has words of its own.

mod authorities;
mod checks;
mod clients;
mod consequences;
mod contradictions;
mod disks;
mod doubts;
mod exactly_once;
mod features;
mod figures;
mod formation;
mod groups;
mod headline;
mod in_sync;
mod kept;
mod leadership;
mod liveness;
mod markers;
mod named;
mod occurrences;
mod offsets;
mod order;
mod promises;
mod published;
mod rebalances;
mod records;
mod register;
mod replicas;
mod resources;
mod severity;
mod stalled;
mod topics;
mod transactions;
mod words;

use checkers::judgement::{Election, Explanation};
use checkers::verdict::{Anomaly, Evidence, Finding};

pub(crate) use authorities::LIMIT;
pub(crate) use checks::question;
pub(crate) use consequences::consequence;
pub(crate) use doubts::{doubt, doubt_word, late};
pub(crate) use figures::{amount, figure_name, figures};
pub(crate) use headline::{headline, instance_line, kinds};
pub(crate) use liveness::scope_word;
pub(crate) use occurrences::occurrences;
pub(crate) use promises::{Test, limit_rows, promise_rows, subject};
pub(crate) use severity::severity;
pub(crate) use words::Words;

use crate::format::{length_ms, limit_ms, sentence_case, untrusted};

/// A finding in words.
pub(crate) fn words(anomaly: &Anomaly) -> Words {
    let (finding, at) = (&anomaly.kind, &anomaly.evidence);
    order::words(finding, at)
        .or_else(|| register::words(finding, at))
        .or_else(|| records::words(finding, at))
        .or_else(|| clients::words(finding, at))
        .or_else(|| replicas::words(finding, at))
        .or_else(|| topics::words(finding, at))
        .or_else(|| leadership::words(finding, at))
        .or_else(|| formation::words(finding))
        .or_else(|| disks::words(finding))
        .or_else(|| liveness::words(finding, at))
        .or_else(|| stalled::words(finding, at))
        .or_else(|| kept::words(finding, at))
        .or_else(|| resources::words(finding, at))
        .or_else(|| contradictions::words(finding, at))
        .or_else(|| in_sync::words(finding, at))
        .or_else(|| features::words(finding))
        .or_else(|| groups::words(finding, at))
        .or_else(|| rebalances::words(finding))
        .or_else(|| offsets::words(finding, at))
        .or_else(|| transactions::words(finding, at))
        .or_else(|| published::words(finding, at))
        .or_else(|| markers::words(finding, at))
        .or_else(|| exactly_once::words(finding, at))
        .unwrap_or_else(|| match finding {
            Finding::Custom { name, text } => by_name(name).seen(untrusted(text)).therefore(""),
            other => by_name(other.name()),
        })
}

/// The words for a finding that this version knows by name only.
fn by_name(name: &str) -> Words {
    let plain = untrusted(&name.replace('-', " "));
    Words::of(
        &sentence_case(&plain),
        "The history contains no such finding.",
        "the check that reported it",
    )
    .seen(format!("The check reported a finding of kind {name}."))
    .therefore("This version has no description of it. Its details are in results.json.")
}

/// What was seen and what follows: one paragraph, for JSON, JUnit and the terminal.
pub(crate) fn text(anomaly: &Anomaly) -> String {
    let words = words(anomaly);
    format!("{} {}", words.seen, words.therefore)
}

/// `t0/1`, or nothing.
pub(crate) fn place(at: &Evidence) -> String {
    match (&at.topic, at.partition) {
        (Some(topic), Some(partition)) => format!("{}/{partition}", untrusted(topic)),
        (Some(topic), None) => untrusted(topic),
        _ => String::new(),
    }
}

/// `partition t0/1`, or `the partition`.
fn partition(at: &Evidence) -> String {
    let place = place(at);
    if place.is_empty() {
        "the partition".to_string()
    } else {
        format!("partition {place}")
    }
}

/// ` at offset 41`, or nothing.
fn at_offset(offset: Option<i64>) -> String {
    offset
        .map(|o| format!(" at offset {o}"))
        .unwrap_or_default()
}

/// `4.93 s, limit 3 s`.
fn against(value: u64, limit: u64) -> String {
    format!("{}, limit {}", length_ms(value), limit_ms(limit))
}

/// A reason, and the limit that was exceeded.
fn exceeded(limit: u64, why: &str) -> String {
    format!("{why}; the limit is {}.", limit_ms(limit))
}

/// `with the planted bugs serial-sender, no-pre-vote@n2`.
pub(crate) fn planted(plants: &[String]) -> String {
    let noun = if plants.len() == 1 { "bug" } else { "bugs" };
    untrusted(&format!("with the planted {noun} {}", plants.join(", ")))
}

/// How many changes of leader are unexplained, and how many happened on a starved machine.
pub(crate) fn explained<'a>(elections: impl IntoIterator<Item = &'a Election>) -> String {
    let (mut unexplained, mut starved) = (0, 0);
    for election in elections {
        match election.explained {
            Explanation::Unexplained => unexplained += 1,
            Explanation::Starved { .. } => starved += 1,
            Explanation::Formation | Explanation::Fault { .. } | Explanation::Restart { .. } => {}
        }
    }
    match (unexplained, starved) {
        (0, 0) => "all explained".to_string(),
        (0, starved) => format!("{starved} while starved"),
        (unexplained, 0) => format!("{unexplained} unexplained"),
        (unexplained, starved) => format!("{unexplained} unexplained, {starved} while starved"),
    }
}

/// Ids in a row, or `none`.
fn listed(ids: &[i32]) -> String {
    if ids.is_empty() {
        return "none".to_owned();
    }
    let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
    ids.join(", ")
}

#[cfg(test)]
mod tests {
    use super::by_name;

    #[test]
    fn a_finding_without_an_arm_still_has_sentences() {
        let words = by_name("clock-went-back");
        assert_eq!(words.title, "Clock went back");
        assert!(words.seen.contains("clock-went-back") && !words.therefore.is_empty());
    }
}
