//! A verdict in one line: why it is invalid or undecided, or what a valid check examined.

use checkers::verdict::{Anomaly, Finding, Validity, Verdict};

use super::{doubts, occurrences, place, words};
use crate::format::{count, group, sum_of, untrusted};

/// A verdict in one short line without its check's name.
pub(crate) fn headline(verdict: &Verdict) -> String {
    match verdict.validity {
        Validity::Invalid => invalid(verdict),
        Validity::Undecided | Validity::NotApplicable => {
            let more = verdict.doubts.len().saturating_sub(1);
            let first = verdict
                .doubts
                .first()
                .map(doubts::brief)
                .unwrap_or_default();
            if more == 0 {
                first
            } else {
                format!("{first} (+{more} more)")
            }
        }
        Validity::Valid => examined(verdict),
    }
}

fn invalid(verdict: &Verdict) -> String {
    let Some(first) = verdict.anomalies.first() else {
        return count(verdict.anomaly_count, "findings");
    };
    let kinds = kinds(verdict).len();
    let words = words(first);
    let title = words.title.to_lowercase();
    if kinds > 1 {
        let total = group(verdict.anomaly_count);
        return format!(
            "{total} findings of {kinds} kinds, first {title}: {}",
            detail(first, words.detail)
        );
    }
    let all: Vec<&Anomaly> = verdict.anomalies.iter().collect();
    let line = line_of(&all, words.detail, verdict.anomaly_count);
    if line.is_empty() {
        title
    } else {
        format!("{title}: {line}")
    }
}

/// The particulars that fit in half a line: its own, or partition and offset.
fn detail(anomaly: &Anomaly, own: Option<String>) -> String {
    let place = place(&anomaly.evidence);
    own.unwrap_or_else(|| match anomaly.evidence.offsets.first() {
        Some(offset) => format!("{place} offset {offset}").trim().to_string(),
        None => place,
    })
}

/// A kind of anomaly in one short line without its title: how many, and where the first is.
pub(crate) fn instance_line(anomalies: &[&Anomaly], total: u64) -> String {
    match anomalies.first() {
        Some(first) => line_of(anomalies, words(first).detail, total),
        None => count(total, "findings"),
    }
}

fn line_of(anomalies: &[&Anomaly], own: Option<String>, total: u64) -> String {
    let first = anomalies[0];
    let detail = detail(first, own);
    if let Finding::LostWrite { acknowledged, .. } = &first.kind {
        let known = if *acknowledged {
            "acknowledged records"
        } else {
            "records"
        };
        let first = if total > 1 { "first " } else { "" };
        return format!("{} missing, {first}at {detail}", count(total, known));
    }
    match (total, detail.is_empty()) {
        (1, _) => detail,
        (many, true) => occurrences(anomalies, many),
        (many, false) => format!("{}, the first: {detail}", occurrences(anomalies, many)),
    }
}

/// What a valid check examined.
fn examined(verdict: &Verdict) -> String {
    let mut whats: Vec<&str> = Vec::new();
    for seen in &verdict.seen {
        if !whats.contains(&seen.what.as_str()) {
            whats.push(&seen.what);
        }
    }
    let line = |what: &&str| {
        let counts = verdict.seen.iter().filter(|s| s.what == **what);
        let counts: Vec<u64> = counts.map(|s| s.count).collect();
        total(&counts, what)
    };
    whats.iter().map(line).collect::<Vec<_>>().join(", ")
}

/// A check of partitions counts in each of them: `3 nodes read in each of 4`, else their sum.
fn total(counts: &[u64], what: &str) -> String {
    let what = untrusted(what);
    match counts {
        [first, _, ..] if counts.iter().all(|c| c == first) => {
            format!("{} in each of {}", count(*first, &what), counts.len())
        }
        _ => count(sum_of(counts.iter().copied()), &what),
    }
}

/// The kinds of a verdict's anomalies in the order in which they were found, with the number kept of each.
pub(crate) fn kinds(verdict: &Verdict) -> Vec<(&'static str, usize)> {
    let mut kinds: Vec<(&'static str, usize)> = Vec::new();
    for anomaly in &verdict.anomalies {
        let name = anomaly.kind.name();
        match kinds.iter_mut().find(|(kind, _)| *kind == name) {
            Some((_, count)) => *count += 1,
            None => kinds.push((name, 1)),
        }
    }
    kinds
}
