//! What is said of a foreign history: one word, a reason, and evidence that names the file's lines.

use serde::{Deserialize, Serialize};

use super::model_name::ModelName;
use crate::linearizability::{Limit, Rule};
use crate::verdict::Validity;

/// The verdict on a foreign history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ForeignVerdict {
    /// The history's name, as it was given.
    pub name: String,
    /// By which model it was judged.
    pub model: ModelName,
    /// The one word.
    pub validity: Validity,
    /// Why, in one sentence.
    pub reason: String,
    /// How many operations were judged. Those that did not happen, and crashed reads, are none.
    pub operations: usize,
    /// On how many objects: keys, or partitions.
    pub objects: usize,
    /// Attempts to place an operation; 0 where a decider judged without a search.
    pub steps: u64,
    /// What proves that it is invalid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Proof>,
    /// What was not decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Open>,
    /// What was odd about the file and did not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How the history was read, what else was found, and what was counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An operation, as it is written in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shown {
    /// Who called.
    pub process: i64,
    /// The line of the call.
    pub called_line: usize,
    /// The line of the return; none if it never returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_line: Option<usize>,
    /// What was called and answered, in words.
    pub text: String,
}

/// What proves that a history is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Proof {
    /// The object that it is about: a key, or topic and partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The operation that cannot be placed.
    pub operation: Shown,
    /// What the object could hold when it had to be placed.
    pub states: Vec<String>,
    /// How many such states there were, also those not listed.
    pub state_count: usize,
    /// The end of a longest order that is consistent with all that returned before.
    pub prefix: Vec<Shown>,
    /// How many operations that order has.
    pub prefix_length: usize,
    /// Few operations that have no order by themselves, whenever everything else took effect.
    pub sub_history: Vec<Shown>,
    /// What the object could hold before these.
    pub sub_history_from: Vec<String>,
    /// Whether none of them can be left out.
    pub sub_history_minimal: bool,
    /// The rule that they break, where one was found without a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The value that it is about, where a rule names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// A search that ended before its answer was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Open {
    /// The object that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Why, where it is no budget that ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What ran out; none if the history has a shape that cannot be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// How many returns the deepest attempt had passed.
    pub passed: usize,
    /// Of how many.
    pub returns: usize,
    /// The operation whose return it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Shown>,
}

impl ForeignVerdict {
    /// The evidence as lines of text, for a person.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.evidence.iter().flat_map(Proof::lines).collect();
        for open in &self.undecided {
            if let Some(operation) = &open.operation {
                lines.push(format!("the search did not get past: {}", operation.line()));
            }
            if let Some(reason) = &open.reason {
                let of = open.object.as_ref().map(|object| format!(" of {object}"));
                lines.push(format!("undecided{}: {reason}", of.unwrap_or_default()));
            }
        }
        if self.operations == 0 {
            lines.push(self.reason.clone());
        }
        lines.extend(
            self.warnings
                .iter()
                .map(|warning| format!("warning: {warning}")),
        );
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines
    }
}

impl Shown {
    /// The operation in one line.
    pub fn line(&self) -> String {
        let Shown {
            process,
            called_line,
            text,
            ..
        } = self;
        match self.returned_line {
            Some(returned) => format!("lines {called_line}-{returned}, process {process}: {text}"),
            None => format!("line {called_line}, process {process}: {text} (unknown outcome)"),
        }
    }
}

impl Proof {
    /// A rule that needs no order.
    fn broken(&self, rule: Rule, of: &str) -> Vec<String> {
        let about = self.about.as_deref().unwrap_or_default();
        let mut lines = vec![
            format!("wrong answer{of}: {}", self.operation.line()),
            format!("because {}: {about}", rule.sentence()),
        ];
        let others = self
            .sub_history
            .iter()
            .filter(|shown| **shown != self.operation);
        lines.extend(others.map(|shown| format!("  compare {}", shown.line())));
        lines
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let of = |object: &Option<String>| match object {
            Some(object) => format!(" of {object}"),
            None => String::new(),
        };
        if let Some(rule) = self.rule.filter(|_| self.about.is_some()) {
            return self.broken(rule, &of(&self.object));
        }
        lines.push(format!(
            "cannot be placed{}: {}",
            of(&self.object),
            self.operation.line()
        ));
        if let Some(rule) = self.rule {
            lines.push(format!("because {}", rule.sentence()));
        }
        if !self.states.is_empty() {
            let more = self.state_count.saturating_sub(self.states.len());
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            lines.push(format!(
                "possible states there: {}{more}",
                self.states.join(", ")
            ));
        }
        let from = match self.sub_history_from.as_slice() {
            [] => String::new(),
            states => format!(" from {}", states.join(", or ")),
        };
        lines.push(format!("these operations have no order{from}:"));
        lines.extend(
            self.sub_history
                .iter()
                .map(|shown| format!("  {}", shown.line())),
        );
        if self.prefix_length > 0 {
            lines.push(format!(
                "longest consistent order: {} operations, the last of them:",
                self.prefix_length
            ));
            let last = self.prefix.len().saturating_sub(5);
            let shown = self.prefix[last..].iter();
            lines.extend(shown.map(|shown| format!("  {}", shown.line())));
        }
        lines
    }
}
