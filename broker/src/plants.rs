//! Plants: deliberate bugs of this broker, for those who test a tester.
//!
//! Off unless a node's configuration names them (`plants = ["serial-sender"]`), and then loud: a
//! warning at the start for each, and another when it acts, where that is rare. Every plant is a
//! mistake that some real system shipped, built as it was made there and not painted on. What each
//! does, where it really happened and which checks must see it is in [`TABLE`]. The code is below
//! `plants/`, and hooked into the broker at places marked `Plant` that cost a comparison and change
//! nothing while the plant is off. What this promises beyond that: a plant that a fault provokes
//! behaves correctly while there is none.

pub(crate) mod blocking_forward;
pub(crate) mod corrupt_record;
pub(crate) mod detour;
pub(crate) mod fetch_beyond_commit;
pub(crate) mod freeze_after_idle;
pub(crate) mod heard_ends;
pub(crate) mod offset_reuse;
pub(crate) mod skipped_offset;
pub(crate) mod slow_commit;
pub(crate) mod slow_leak;
pub(crate) mod startup_storm;
mod table;
pub(crate) mod topics;
mod triggers;

use serde::{Deserialize, Serialize};

pub use table::{Entry, Parameter, TABLE};
pub use triggers::ALWAYS;

/// One deliberate bug. Its name and what it does are in [`TABLE`], in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the table says what each is, once and for people as well"
)]
pub enum Plant {
    SerialSender,
    TaskPerMessage,
    BlockingForward,
    StartupStorm,
    NoCheckQuorum,
    NoPreVote,
    HardStateNotPersisted,
    AckBeforeReplicate,
    AckBeforeFsync,
    ErrorAsSuccess,
    NotPersistedLie,
    OffsetReuse,
    TruncatedRecovery,
    HighWatermarkRegression,
    StaleLeaderReads,
    FollowerServes,
    FetchBeyondCommit,
    DuplicateOnRetry,
    CorruptRecord,
    SkippedOffset,
    TopicForgotten,
    TopicWrongShape,
    DeleteNotApplied,
    FreezeAfterIdle,
    SlowLeak,
    SlowCommit,
    UnsyncedVote,
    OldTermByCount,
    UnreadyLeader,
}

const COUNT: usize = TABLE.len();

impl Plant {
    /// Its line in the table.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// Its name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }
}

/// Which plants are on. None by default.
///
/// In a file: a list of names, each with its parameter after `=` where it takes one and the default
/// is not wanted, such as `["no-pre-vote", "freeze-after-idle=5"]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Plants {
    /// By plant: 0 for off, else its parameter (1 where it takes none).
    values: [u32; COUNT],
}

impl Default for Plants {
    fn default() -> Plants {
        Plants::NONE
    }
}

/// Why a list of plants is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlantError {
    /// There is none of that name.
    #[error("there is no plant {name:?}; known are {}", names())]
    Unknown {
        /// What was asked for.
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
    TABLE.map(|entry| entry.name).join(", ")
}

impl Plants {
    /// None.
    pub const NONE: Plants = Plants { values: [0; COUNT] };

    /// These plants, each with its default parameter.
    #[must_use]
    pub fn of(plants: &[Plant]) -> Plants {
        let mut chosen = Plants::default();
        for plant in plants {
            let parameter = &plant.entry().parameter;
            chosen.values[*plant as usize] = parameter.as_ref().map_or(1, |one| one.default);
        }
        chosen
    }

    /// Reads names as they stand in a configuration: `name` or `name=parameter`.
    ///
    /// # Errors
    /// If there is no such plant (the message lists those there are), or its parameter is not one.
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
            chosen.values[at] = value(&TABLE[at], given)?;
        }
        Ok(chosen)
    }

    /// Whether a plant is on.
    #[must_use]
    pub fn has(&self, plant: Plant) -> bool {
        self.values[plant as usize] != 0
    }

    /// A plant's parameter while it is on.
    #[must_use]
    pub fn value(&self, plant: Plant) -> Option<u32> {
        Some(self.values[plant as usize]).filter(|value| *value != 0)
    }

    /// Whether none is on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Plants::default()
    }

    /// Those that are on, as the table has them.
    pub fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        TABLE.iter().filter(|entry| self.has(entry.plant))
    }

    /// Whether candidates first ask if they would be elected.
    pub(crate) fn pre_vote(&self) -> bool {
        use Plant::{NoPreVote, StartupStorm, TaskPerMessage};
        ![NoPreVote, StartupStorm, TaskPerMessage]
            .iter()
            .any(|plant| self.has(*plant))
    }

    /// Whether a leader that hears no quorum steps down.
    pub(crate) fn check_quorum(&self) -> bool {
        use Plant::{NoCheckQuorum, StaleLeaderReads, StartupStorm, TaskPerMessage};
        ![
            NoCheckQuorum,
            StaleLeaderReads,
            StartupStorm,
            TaskPerMessage,
        ]
        .iter()
        .any(|plant| self.has(*plant))
    }

    /// Says at a node's start what is wrong with it.
    pub(crate) fn warn(&self) {
        for entry in self.entries() {
            tracing::warn!(
                plant = entry.name,
                "PLANTED BUG, this node is broken on purpose: {}",
                entry.does
            );
        }
    }
}

/// What the plants of a core remember.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// For `offset-reuse` and `high-watermark-regression`.
    pub(crate) ends: heard_ends::HeardEnds,
    /// For those of topics.
    pub(crate) catalogue: topics::Catalogue,
    /// For `corrupt-record`: batches since the last one that was hit.
    pub(crate) batches: u32,
}

impl Memory {
    /// Of a core whose log ended at this entry when it was opened.
    pub(crate) fn new(recovered_index: u64) -> Memory {
        let mut memory = Memory::default();
        memory.catalogue.recovered_index = recovered_index;
        memory
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
        let word = |entry: &Entry| match (&entry.parameter, plants.value(entry.plant)) {
            (Some(_), Some(value)) => format!("{}={value}", entry.name),
            _ => entry.name.to_owned(),
        };
        plants.entries().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_plants_and_names_are_unique() {
        for (at, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.plant as usize, at, "{}", entry.name);
            assert_eq!(
                entry.caught_by.is_empty(),
                entry.not_seen_because.is_some(),
                "{}: either a check sees it, or there is a reason why none does",
                entry.name
            );
        }
        let names: BTreeSet<&str> = TABLE.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn names_and_parameters_are_read_and_written_back() {
        let plants = Plants::parse(&["no-pre-vote", "freeze-after-idle=5", "slow-commit"]).unwrap();
        assert_eq!(plants.value(Plant::FreezeAfterIdle), Some(5));
        assert_eq!(plants.value(Plant::SlowCommit), Some(40));
        assert!(plants.has(Plant::NoPreVote) && !plants.has(Plant::NoCheckQuorum));
        let words = Vec::from(plants);
        assert_eq!(
            words,
            ["no-pre-vote", "freeze-after-idle=5", "slow-commit=40"]
        );
        assert_eq!(Plants::parse(&words), Ok(plants));
        assert!(Plants::default().is_empty() && !plants.is_empty());
    }

    #[test]
    fn a_wrong_name_or_parameter_says_what_is_possible() {
        let error = |word: &str| Plants::parse(&[word]).unwrap_err().to_string();
        let unknown = error("serial-sander");
        assert!(unknown.contains("\"serial-sander\"") && unknown.contains("serial-sender,"));
        assert!(error("no-pre-vote=1").contains("takes no parameter"));
        for wrong in ["0", "x", "", "-1", "4000000000"] {
            let told = error(&format!("freeze-after-idle={wrong}"));
            assert!(told.contains("from 1 to"), "{told}");
        }
    }
}
