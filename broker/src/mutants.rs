//! Mutants: lies that a node tells in its answers, for testing a tester.
//!
//! A [plant](crate::plants) is a mistake that somebody made. A mutant is any answer that a broker could give and must not:
//! each row of the [tables](all) changes one field of one API's answer, or how the answer is sent. All of them act at one
//! place, the edge, on the bytes of an answer that is ready (`teller`): the node itself is correct, and only its clients
//! are lied to.
//!
//! Off unless a node's configuration names them (`mutants = ["list-end-behind"]`), and then loud. A mutant begins when the
//! cluster has formed and clients have begun, see `moment`. Which check must notice it is knowledge of the program that
//! tests this broker.

mod admin;
mod batches;
mod committed;
mod ends;
mod epoch_ends;
mod fetch;
mod fetch_records;
mod lie;
mod list_offsets;
mod members;
mod memory;
mod metadata;
mod moment;
mod produce;
mod quorum;
mod sending;
mod sent;
mod setup;
mod teller;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::hooks::Hooks;
use crate::request::NodeId;
use lie::Lie;
use teller::Teller;

/// What a node logs when it lies for the first time.
pub const FIRST_LIE: &str = "the first lie";

/// One lie.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Its name in configurations. It begins with the API.
    pub name: &'static str,
    /// The field of the answer that it changes, or `answer` for how the answer is sent.
    pub field: &'static str,
    /// What a client is told, one line.
    pub does: &'static str,
    /// When.
    pub when: When,
    /// How.
    lie: Lie,
}

/// Which of the answers that it can change a mutant changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// The first of every so many.
    OneIn(u32),
    /// All, for this many seconds.
    For(u64),
    /// All, once the leader has changed.
    AfterElection,
    /// All, from the start of the node, where clients ask only when they begin.
    FromStart,
}

impl fmt::Display for When {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Always => formatter.write_str("always"),
            When::OneIn(answers) => write!(formatter, "one in {answers}"),
            When::For(seconds) => write!(formatter, "for {seconds} s"),
            When::AfterElection => formatter.write_str("after an election"),
            When::FromStart => formatter.write_str("from the start"),
        }
    }
}

impl Mutant {
    const fn new(
        name: &'static str,
        field: &'static str,
        does: &'static str,
        when: When,
        lie: Lie,
    ) -> Mutant {
        Mutant {
            name,
            field,
            does,
            when,
            lie,
        }
    }

    /// The API whose answers it changes, as Kafka calls it.
    #[must_use]
    pub fn api(&self) -> String {
        format!("{:?}", self.lie.api())
    }
}

/// The tables, one for each API and one for how answers are sent.
const TABLES: &[&[Mutant]] = &[
    produce::TABLE,
    fetch::TABLE,
    fetch_records::TABLE,
    list_offsets::TABLE,
    metadata::TABLE,
    quorum::TABLE,
    setup::TABLE,
    epoch_ends::TABLE,
    admin::TABLE,
    members::TABLE,
    committed::TABLE,
    ends::TABLE,
    sent::TABLE,
];

/// Every mutant, in the order of the tables.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    TABLES.iter().copied().flatten()
}

/// Which mutants are on, by their places in the tables. None by default. In a file: a list of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Mutants(BTreeSet<usize>);

/// There is no mutant of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no mutant {0:?}; known are {names}", names = names())]
pub struct UnknownMutant(pub String);

fn names() -> String {
    all().map(|one| one.name).collect::<Vec<_>>().join(", ")
}

impl Mutants {
    /// Reads names as a configuration has them.
    ///
    /// # Errors
    /// If there is no such mutant; the message lists the known ones.
    pub fn parse(words: &[impl AsRef<str>]) -> Result<Mutants, UnknownMutant> {
        let place = |word: &str| {
            let place = all().position(|one| one.name == word);
            place.ok_or_else(|| UnknownMutant(word.to_owned()))
        };
        words.iter().map(|word| place(word.as_ref())).collect()
    }

    /// Whether none is on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are on.
    fn entries(&self) -> impl Iterator<Item = &'static Mutant> {
        all()
            .enumerate()
            .filter(|(place, _)| self.0.contains(place))
            .map(|(_, mutant)| mutant)
    }

    /// The hooks of this node that has these mutants: none without any. They begin so long after the node was first asked
    /// about records.
    #[must_use]
    pub fn hooks(&self, node: NodeId, delay: Duration) -> Hooks {
        if self.is_empty() {
            return Hooks::default();
        }
        let teller = Teller::new(node, self.entries().collect(), delay);
        Hooks::from(vec![Box::new(teller) as _])
    }

    /// The same, with a warning for each mutant: what is wrong with the node that starts.
    pub(crate) fn hooks_loudly(&self, node: NodeId) -> Hooks {
        for mutant in self.entries() {
            tracing::warn!(
                mutant = mutant.name,
                "MUTANT, this node lies to its clients on purpose: {}",
                mutant.does
            );
        }
        self.hooks(node, moment::DELAY)
    }
}

impl FromIterator<usize> for Mutants {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Mutants {
        Mutants(places.into_iter().collect())
    }
}

impl TryFrom<Vec<String>> for Mutants {
    type Error = UnknownMutant;

    fn try_from(words: Vec<String>) -> Result<Mutants, UnknownMutant> {
        Mutants::parse(&words)
    }
}

impl From<Mutants> for Vec<String> {
    fn from(mutants: Mutants) -> Vec<String> {
        mutants.entries().map(|one| one.name.to_owned()).collect()
    }
}
