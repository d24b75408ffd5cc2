//! Anomalies and doubts in words, for a person. Everything else works on the data.

use std::fmt::{self, Display, Formatter};

use super::anomaly::{Because, Phenomenon, Step, Witness};
use super::names::Name;
use super::verdict::{Limitation, TransactionsVerdict};

impl TransactionsVerdict {
    /// What is wrong and what is in doubt, as lines of text.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, anomaly) in self.anomalies.iter().enumerate() {
            let kind = anomaly.kind;
            if at == 0 || self.anomalies[at - 1].kind != kind {
                let count = self.counts.get(&kind).copied().unwrap_or_default();
                let models: Vec<&str> = kind.rules_out().iter().map(|m| m.name()).collect();
                lines.push(format!("{kind}: {count}, rules out {}", models.join(", ")));
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
