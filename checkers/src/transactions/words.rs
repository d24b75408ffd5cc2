//! Anomalies and doubts in words, for a person. Everything else works on the data.

use std::fmt::{self, Display, Formatter};

use super::anomaly::{Order, PhenomenonKind};
use super::models::ConsistencyModel;
use super::names::Name;
use super::verdict::{Limitation, TransactionsVerdict};
use super::witness::{Because, Phenomenon, Place, Step, Witness};

impl TransactionsVerdict {
    /// In one line: what was expected, and where the boundary runs between the models that hold and those that do not.
    pub fn boundary(&self) -> String {
        let names = |models: &[ConsistencyModel]| match models {
            [] => "none".to_owned(),
            models => models
                .iter()
                .map(|m| m.name())
                .collect::<Vec<&str>>()
                .join(", "),
        };
        let open = match self.open.as_slice() {
            [] => String::new(),
            open => format!(
                "; undecided, because the order of some writes is not known: {}",
                names(open)
            ),
        };
        format!(
            "expected: {}; holds: {}; violated: {}{open}",
            self.expected,
            names(&self.holds),
            names(&self.violated)
        )
    }

    /// What is wrong and what is in doubt, as lines of text.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, anomaly) in self.anomalies.iter().enumerate() {
            let kind = anomaly.kind;
            if at == 0 || self.anomalies[at - 1].kind != kind {
                let count = self.counts.get(&kind).copied().unwrap_or_default();
                let models: Vec<&str> = kind.rules_out().iter().map(|m| m.name()).collect();
                let allowed = match self.allows(kind) {
                    true => format!(" (tolerated: {} allows it)", self.expected),
                    false => String::new(),
                };
                lines.push(format!(
                    "{kind}: {count}, rules out {}{allowed}",
                    models.join(", ")
                ));
            }
            lines.extend(anomaly.lines().into_iter().map(|line| format!("  {line}")));
        }
        for anomaly in &self.tolerated {
            lines.push(format!("{}, which Kafka allows:", anomaly.kind));
            lines.extend(anomaly.lines().into_iter().map(|line| format!("  {line}")));
        }
        lines.extend(self.doubts.iter().map(|doubt| format!("in doubt: {doubt}")));
        lines
    }
}

impl Phenomenon {
    /// The evidence: one line, or one for each edge of a cycle.
    pub fn lines(&self) -> Vec<String> {
        match &self.evidence {
            Witness::Read {
                reader,
                writer,
                key,
                value,
            } => vec![match writer {
                Some(writer) => {
                    format!("transaction {reader} read {value} of {key}, written by {writer}")
                }
                None => format!("transaction {reader} read {value} of {key}"),
            }],
            Witness::Internal {
                transaction,
                key,
                expected,
                saw,
            } => vec![format!(
                "transaction {transaction} must read {key} ending in {}, and read {}",
                list(expected),
                list(saw)
            )],
            Witness::Orders {
                key,
                common,
                parted: [(one, next), (other, instead)],
            } => vec![format!(
                "after {common} common elements of {key}, transaction {one} read {next}, and \
                 {other} read {instead}"
            )],
            Witness::Reversed {
                writer,
                reader,
                key,
                appended: [first, second],
            } => vec![format!(
                "transaction {writer} appended {first} to {key} and then {second}; {reader} read \
                 {second} ahead of {first}"
            )],
            Witness::Updates {
                key,
                read,
                transactions,
            } => {
                let ids: Vec<String> = transactions.iter().map(i64::to_string).collect();
                let ids = ids.join(", ");
                vec![format!(
                    "transactions {ids} all read {} of {key} and wrote over it",
                    version(read)
                )]
            }
            Witness::Lost {
                writer,
                reader,
                key,
                value,
            } => vec![format!(
                "transaction {writer} appended {value} to {key} and returned; {reader} was called \
                 later and did not read it, nor did anyone"
            )],
            Witness::Places { key, places } => vec![format!("key {key}: {}", all(places))],
            Witness::Unread {
                writer,
                key,
                value,
                offset,
                past,
            } => vec![unread(*writer, key, value, *offset, *past)],
            Witness::Moved {
                transactions,
                key,
                offsets,
                skipped,
            } => vec![moved(self.kind, *transactions, key, *offsets, skipped)],
            Witness::Unordered { transactions } => {
                let within = match self.kind {
                    PhenomenonKind::NoOrder(Order::Realtime) => " and agrees with real time",
                    PhenomenonKind::NoOrder(Order::Process) => {
                        " and agrees with that of each client"
                    }
                    _ => "",
                };
                vec![format!(
                    "no order of the {transactions} transactions explains what they read{within}"
                )]
            }
            Witness::Cycle { steps } => steps.iter().map(Step::to_string).collect(),
        }
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Step { from, to, because } = self;
        write!(f, "{from} before {to}: ")?;
        match because {
            Because::WriteWrite {
                key,
                earlier,
                later,
            } => write!(
                f,
                "{from} wrote {} of {key}, {to} the later {} (ww)",
                version(earlier),
                version(later)
            ),
            Because::WriteRead { key, value } => {
                write!(
                    f,
                    "{from} wrote {} of {key}, {to} read it (wr)",
                    version(value)
                )
            }
            Because::ReadWrite { key, read, later } => write!(
                f,
                "{from} read {} of {key}, {to} wrote the later {} (rw)",
                version(read),
                version(later)
            ),
            Because::Process { process } => {
                write!(f, "process {process} called {to} after {from} (process)")
            }
            Because::Realtime { returned, called } => write!(
                f,
                "{from} returned at {returned}, {to} was called at {called} (realtime)"
            ),
        }
    }
}

impl Display for Limitation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Limitation::NothingHappened => f.write_str("no transaction is known to have happened"),
            Limitation::NothingDepends => f.write_str("no transaction depends on another"),
            Limitation::WrittenTwice {
                key,
                value,
                writers: [one, other],
                others,
            } => write!(
                f,
                "{value} of {key} was written by transaction {one} and again by {other}, and \
                 {others} other values likewise: their reads were left out"
            ),
            Limitation::OutOfSteps => f.write_str(
                "the search for cycles ran out of steps; there may be worse ones than were found",
            ),
        }
    }
}

fn all(places: &[Place]) -> String {
    let place = |place: &Place| {
        let Place {
            offset,
            value,
            shown_by,
        } = place;
        format!("{value} at offset {offset} ({shown_by})")
    };
    let places: Vec<String> = places.iter().map(place).collect();
    places.join(", ")
}

fn unread(
    writer: i64,
    key: &Name,
    value: &Name,
    offset: Option<i64>,
    past: Option<(i64, i64)>,
) -> String {
    let at = offset.map_or(String::new(), |offset| format!(" at offset {offset}"));
    match past {
        Some((reader, later)) => format!(
            "{writer} sent {value} to key {key}{at}; no poll returned it, though {reader} was given offset {later}"
        ),
        None => format!(
            "{writer} sent {value} to key {key}{at} and was acknowledged; no poll returned it"
        ),
    }
}

fn moved(
    kind: PhenomenonKind,
    [one, other]: [i64; 2],
    key: &Name,
    [from, to]: [i64; 2],
    skipped: &[Name],
) -> String {
    match kind {
        PhenomenonKind::SendOrder | PhenomenonKind::IntSendOrder => format!(
            "a producer sent to key {key} at offset {from} ({one}) and then at offset {to} ({other})"
        ),
        PhenomenonKind::LogOrder => format!(
            "the record of {one} was at offset {from} of key {key} before {other} was called, which sent to offset {to}"
        ),
        _ if skipped.is_empty() => {
            format!(
                "a consumer of key {key} went from offset {from} ({one}) to offset {to} ({other})"
            )
        }
        _ => format!(
            "a consumer of key {key} went from offset {from} ({one}) to offset {to} ({other}), over {}",
            list(skipped)
        ),
    }
}

fn version(version: &Option<Name>) -> String {
    match version {
        Some(value) => value.to_string(),
        None => "the initial version".to_owned(),
    }
}

fn list(values: &[Name]) -> String {
    let values: Vec<String> = values.iter().map(Name::to_string).collect();
    format!("[{}]", values.join(" "))
}
