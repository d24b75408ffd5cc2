//! The only place that turns findings and doubts into sentences.
//!
//! A finding contradicts a [`Rule`](rules::Rule): what was promised, on whose authority. It becomes an [`Account`]:
//! what was seen, and why both cannot hold. A test holds that every kind of finding has its own.

mod checks;
mod content;
mod doubts;
mod leadership;
mod liveness;
mod order;
mod promises;
mod register;
mod resources;
mod rules;
mod topics;

use checkers::judgement::{Election, Explanation};
use checkers::verdict::{Anomaly, Evidence, Figure, Finding, Unit, Validity, Verdict};

pub(crate) use checks::check;
pub(crate) use doubts::doubt;
pub(crate) use liveness::scope_word;
pub(crate) use promises::{limit_rows, promise_rows, subject};
pub(crate) use rules::rule;

use crate::format::{count, group, length_ms, limit_ms, untrusted};

/// An anomaly in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// What was seen.
    pub(crate) seen: String,
    /// Why that cannot hold together with what was promised.
    pub(crate) therefore: String,
}

impl Account {
    fn new(seen: impl Into<String>, therefore: impl Into<String>) -> Account {
        Account {
            seen: seen.into(),
            therefore: therefore.into(),
        }
    }
}

/// What was seen, and why it cannot hold.
pub(crate) fn account(anomaly: &Anomaly) -> Account {
    let at = &anomaly.evidence;
    order::account(&anomaly.kind, at)
        .or_else(|| register::account(&anomaly.kind, at))
        .or_else(|| content::account(&anomaly.kind, at))
        .or_else(|| leadership::account(&anomaly.kind, at))
        .or_else(|| liveness::account(&anomaly.kind, at))
        .or_else(|| topics::account(&anomaly.kind, at))
        .or_else(|| resources::account(&anomaly.kind, at))
        .unwrap_or_else(|| Account::new(format!("A finding of kind {}.", anomaly.kind.name()), ""))
}

/// Promised, seen, therefore: one paragraph, for JSON, JUnit and the terminal.
pub(crate) fn text(anomaly: &Anomaly) -> String {
    let account = account(anomaly);
    format!("{} {}", account.seen, account.therefore)
}

/// A verdict in one short line without its check's name: why it is what it is.
pub(crate) fn headline(verdict: &Verdict) -> String {
    match verdict.validity {
        Validity::Invalid => invalid_headline(verdict),
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
        Validity::Valid => seen_line(verdict),
    }
}

fn invalid_headline(verdict: &Verdict) -> String {
    let Some(first) = verdict.anomalies.first() else {
        return count(verdict.anomaly_count, "findings");
    };
    let kinds = kinds(verdict).len();
    let title = rule(&first.kind).title.to_lowercase();
    if kinds > 1 {
        let total = group(verdict.anomaly_count);
        return format!(
            "{total} findings of {kinds} kinds, first {title}: {}",
            detail(first)
        );
    }
    let line = instance_line(first, verdict.anomaly_count);
    if line.is_empty() {
        title
    } else {
        format!("{title}: {line}")
    }
}

/// The particulars that fit in half a line: where, what, how long.
fn detail(anomaly: &Anomaly) -> String {
    let at = &anomaly.evidence;
    let place = place(at);
    match &anomaly.kind {
        Finding::Gap {
            length_ms,
            limit_ms,
            ..
        }
        | Finding::Leaderless {
            length_ms,
            limit_ms,
        }
        | Finding::Disagreement {
            length_ms,
            limit_ms,
            ..
        }
        | Finding::StaleLeader {
            length_ms,
            limit_ms,
            ..
        } => against(*length_ms, *limit_ms),
        Finding::NodeSilent {
            node,
            length_ms,
            limit_ms,
            ..
        } => {
            format!("{} {}", untrusted(node), against(*length_ms, *limit_ms))
        }
        Finding::SlowFormation { took_ms, limit_ms }
        | Finding::SlowRecovery { took_ms, limit_ms } => against(*took_ms, *limit_ms),
        Finding::TwoLeaders { epoch, .. } => {
            format!("{} in epoch {epoch}", untrusted(&at.nodes.join(" and ")))
        }
        Finding::TopicDiffers { node, .. } => format!("{place} on {}", untrusted(node)),
        Finding::ResourceGrowth { .. } => resources::detail(&anomaly.kind),
        Finding::UnprovokedExit { node, status } => untrusted(&format!("{node} {status}")),
        _ => match at.offsets.first() {
            Some(offset) => format!("{place} offset {offset}").trim().to_string(),
            None => place,
        },
    }
}

fn against(value: u64, limit: u64) -> String {
    format!("{}, limit {}", length_ms(value), limit_ms(limit))
}

/// What a valid check looked at.
fn seen_line(verdict: &Verdict) -> String {
    let mut whats: Vec<&str> = Vec::new();
    for seen in &verdict.seen {
        if !whats.contains(&seen.what.as_str()) {
            whats.push(&seen.what);
        }
    }
    let line = |what: &&str| {
        let counts = verdict.seen.iter().filter(|s| s.what == **what);
        let counts: Vec<u64> = counts.map(|s| s.count).collect();
        seen_of(&counts, what)
    };
    whats.iter().map(line).collect::<Vec<_>>().join(", ")
}

/// A check of partitions counts in each of them: `3 nodes read in each of 4`, else their sum.
fn seen_of(counts: &[u64], what: &str) -> String {
    let what = untrusted(what);
    match counts {
        [first, _, ..] if counts.iter().all(|c| c == first) => {
            format!("{} in each of {}", count(*first, &what), counts.len())
        }
        _ => count(counts.iter().sum(), &what),
    }
}

/// The kinds of a verdict's anomalies, in the order in which they were found, with how many of each are kept.
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

fn or_nobody(node: Option<&String>) -> String {
    node.map_or_else(|| "nobody".to_string(), |n| untrusted(n))
}

fn or_unknown(epoch: Option<i32>) -> String {
    epoch.map_or_else(|| "unknown".to_string(), |e| e.to_string())
}

/// A kind of anomaly in one short line without its title: how many, and where the first is.
pub(crate) fn instance_line(first: &Anomaly, total: u64) -> String {
    let detail = detail(first);
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
        (many, true) => format!("{} times", group(many)),
        (many, false) => format!("{} times, first {detail}", group(many)),
    }
}

/// A verdict's figures in one line: `longest gap 2.10 s, limit 3 s`.
pub(crate) fn figures(verdict: &Verdict) -> String {
    let figure = |f: &Figure| {
        let limit = f
            .limit
            .map(|l| format!(", limit {}", amount(l, f.unit, true)));
        let value = amount(f.value, f.unit, false);
        format!(
            "{} {value}{}",
            figure_name(&f.name),
            limit.unwrap_or_default()
        )
    };
    verdict
        .figures
        .iter()
        .map(figure)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A figure's name without its unit and underscores.
pub(crate) fn figure_name(name: &str) -> String {
    untrusted(
        &name
            .replace("_ms", "")
            .replace("_bytes", "")
            .replace('_', " "),
    )
}

/// A figure's value, or its limit, in its unit.
pub(crate) fn amount(value: u64, unit: Unit, is_limit: bool) -> String {
    match unit {
        Unit::Milliseconds if is_limit => limit_ms(value),
        Unit::Milliseconds => length_ms(value),
        Unit::Bytes => crate::format::memory(value),
        Unit::Records | Unit::Terms | Unit::Elections | Unit::Times => group(value),
    }
}

/// `with the deliberate bugs serial-sender, no-pre-vote@n2`.
pub(crate) fn planted(plants: &[String]) -> String {
    let noun = if plants.len() == 1 { "bug" } else { "bugs" };
    untrusted(&format!("with the deliberate {noun} {}", plants.join(", ")))
}

/// How many changes of leader are explained, and by what not.
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
