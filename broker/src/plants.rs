//! Plants: known mistakes of this broker, for testing a tester.
//!
//! Off unless a node's configuration names them (`plants = ["serial-sender"]`), and then loud: a
//! warning at the start for each, and another when it acts, where that is rare. Every plant is a
//! mistake that some real system shipped, built as it was made there. What each does and where it
//! really happened is in [`TABLE`].
//!
//! A plant is a change of the node's [rules](crate::rules), or a hook (see `hooks`), or both: the rest of
//! the broker reads rules, calls hooks, and knows no plant. A new one is a row in the table, and a file
//! below `plants/` if it is a hook. Promised of each: a plant that a fault provokes behaves correctly
//! while there is none.

mod blocking_forward;
mod corrupt_record;
mod detour;
mod fetch_beyond_commit;
mod freeze_after_idle;
mod heard_ends;
mod high_watermark_regression;
mod offset_reuse;
mod skipped_offset;
mod slow_commit;
mod slow_leak;
mod startup_storm;
mod table;
mod topics;
mod wall_clock;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hooks::{Hook, Hooks};
use crate::rules::{EndOffsets, Rules};

pub use table::{Entry, Parameter, TABLE};

/// Which plants are on. None by default.
///
/// In a file: a list of names, each with its parameter after `=` where it takes one and the default
/// is not wanted, such as `["no-pre-vote", "freeze-after-idle=5"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Plants {
    /// The parameter (1 where it takes none) by place in the table.
    values: BTreeMap<usize, u32>,
}

/// Why a list of plants is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlantError {
    /// There is none of that name.
    #[error("there is no plant {name:?}; known are {}", names())]
    Unknown {
        /// The name given.
        name: String,
    },
    /// A parameter that it does not take, or not in this form.
    #[error("plant {name}: {problem}")]
    Parameter {
        /// The plant.
        name: &'static str,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

fn names() -> String {
    let names: Vec<&str> = TABLE.iter().map(|entry| entry.name).collect();
    names.join(", ")
}

/// A node that plants are put into.
#[derive(Debug, Default)]
struct Broken {
    rules: Rules,
    hooks: Vec<Box<dyn Hook>>,
}

impl Broken {
    fn hook(&mut self, hook: impl Hook + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Of several plants, the one that asks least.
    fn answer_end_offsets(&mut self, by: EndOffsets) {
        self.rules.end_offsets = self.rules.end_offsets.max(by);
    }
}

impl Plants {
    /// Reads names as a configuration has them: `name` or `name=parameter`.
    ///
    /// # Errors
    /// If there is no such plant (the message lists the known ones), or its parameter is wrong.
    pub fn parse(words: &[impl AsRef<str>]) -> Result<Plants, PlantError> {
        let mut chosen = Plants::default();
        for word in words {
            let (name, given) = match word.as_ref().split_once('=') {
                Some((name, given)) => (name, Some(given)),
                None => (word.as_ref(), None),
            };
            let at = TABLE.iter().position(|entry| entry.name == name);
            let at = at.ok_or_else(|| PlantError::Unknown {
                name: name.to_owned(),
            })?;
            chosen.values.insert(at, value(&TABLE[at], given)?);
        }
        Ok(chosen)
    }

    /// Whether none is on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The rules and the hooks of one node that has these plants, new at each call: the hooks of two nodes
    /// have nothing in common.
    #[must_use]
    pub fn planted(&self) -> (Rules, Hooks) {
        let mut broken = Broken::default();
        for (entry, value) in self.entries() {
            (entry.plant)(&mut broken, value);
        }
        (broken.rules, broken.hooks.into())
    }

    /// The same, with a warning for each plant: what is wrong with the node that starts.
    pub(crate) fn plant_loudly(&self) -> (Rules, Hooks) {
        for (entry, _) in self.entries() {
            tracing::warn!(
                plant = entry.name,
                "PLANTED BUG, this node is broken on purpose: {}",
                entry.does
            );
        }
        self.planted()
    }

    /// Those that are on, in the order of the table, with their parameters.
    fn entries(&self) -> impl Iterator<Item = (&'static Entry, u32)> {
        self.values.iter().map(|(at, value)| (&TABLE[*at], *value))
    }
}

fn value(entry: &Entry, given: Option<&str>) -> Result<u32, PlantError> {
    let refuse = |problem| PlantError::Parameter {
        name: entry.name,
        problem,
    };
    match (&entry.parameter, given) {
        (None, None) => Ok(1),
        (None, Some(_)) => Err(refuse(
            "takes no parameter; write its name alone".to_owned(),
        )),
        (Some(parameter), None) => Ok(parameter.default),
        (Some(parameter), Some(given)) => match given.parse() {
            Ok(number) if (1..=parameter.maximum).contains(&number) => Ok(number),
            _ => Err(refuse(format!(
                "{given:?} is not its parameter; give {} as a whole number from 1 to {}",
                parameter.what, parameter.maximum
            ))),
        },
    }
}

impl TryFrom<Vec<String>> for Plants {
    type Error = PlantError;

    fn try_from(words: Vec<String>) -> Result<Plants, PlantError> {
        Plants::parse(&words)
    }
}

impl From<Plants> for Vec<String> {
    fn from(plants: Plants) -> Vec<String> {
        let word = |(entry, value): (&Entry, u32)| match entry.parameter {
            Some(_) => format!("{}={value}", entry.name),
            None => entry.name.to_owned(),
        };
        plants.entries().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_each_plant_changes_something() {
        let names: BTreeSet<&str> = TABLE.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), TABLE.len());
        for entry in TABLE {
            let mut broken = Broken::default();
            (entry.plant)(&mut broken, 1);
            let changes = broken.rules != Rules::default() || !broken.hooks.is_empty();
            assert!(changes, "{}", entry.name);
        }
    }

    #[test]
    fn names_and_parameters_are_read_and_written_back() {
        let plants = Plants::parse(&["slow-commit", "no-pre-vote", "freeze-after-idle=5"]).unwrap();
        let (rules, _) = plants.planted();
        assert!(!rules.pre_vote && rules.check_quorum);
        let words = Vec::from(plants.clone());
        assert_eq!(
            words,
            ["no-pre-vote", "freeze-after-idle=5", "slow-commit=40"]
        );
        assert_eq!(Plants::parse(&words), Ok(plants.clone()));
        assert!(Plants::default().is_empty() && !plants.is_empty());
    }

    #[test]
    fn a_wrong_name_or_parameter_says_what_is_possible() {
        let error = |word: &str| Plants::parse(&[word]).unwrap_err().to_string();
        let unknown = error("serial-sander");
        assert!(unknown.contains("\"serial-sander\"") && unknown.contains("serial-sender,"));
        assert!(error("no-pre-vote=1").contains("takes no parameter"));
        for wrong in ["0", "x", "", "-1", "4000000000"] {
            let message = error(&format!("freeze-after-idle={wrong}"));
            assert!(message.contains("from 1 to"), "{message}");
        }
    }
}
