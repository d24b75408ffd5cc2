//! A consumer group over time: its generations, what caused each, who owned which partition in it, and which node coordinated.
//!
//! Everything is taken from what members asked and were answered. Two owners of one partition at one wall-clock time are
//! legal: a member of an old generation reads on until it hears of the new one. Two owners in one generation are not.

mod gather;
mod membership;

use serde::{Deserialize, Serialize};

pub use gather::Groups;

/// A group, in the generations that its members reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The ids of its members in the order in which they joined; `m1` is the first.
    pub members: Vec<String>,
    /// Its generations, in their order, at most [`GENERATIONS_MAX`](crate::limits::GENERATIONS_MAX).
    pub generations: Vec<Generation>,
    /// How many generations there were.
    pub generations_total: u64,
    /// The nodes that answered its members as coordinator.
    pub coordinators: Vec<Coordinator>,
}

/// A generation of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Generation {
    /// Its number.
    pub number: i32,
    /// What changed since the generation before. Empty if its members are the same.
    pub causes: Vec<Cause>,
    /// When the first of its causes began: the call of the member that came or went. For a member that fell silent, which
    /// nobody calls, and without a cause: the first call to join.
    pub called_ns: u64,
    /// When a member was first told its number.
    pub begin_ns: u64,
    /// When the last of its members got its partitions; none if none did.
    pub stable_ns: Option<u64>,
    /// When the next generation began, or the scenario ended.
    pub end_ns: u64,
    /// How many members it has, as its leader was told.
    pub members: u64,
    /// How many of them got their partitions.
    pub synced: u64,
    /// Who owned which partition.
    pub owners: Vec<Owner>,
}

impl Generation {
    /// From its cause until it was stable, in ms.
    pub fn time_to_stable_ms(&self) -> Option<u64> {
        let stable = self.stable_ns?;
        Some(stable.saturating_sub(self.called_ns) / 1_000_000)
    }
}

/// Why a group has a new generation, by the difference of its members.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The group had no generation before.
    First,
    /// A member is gone that did not ask to leave: its session ended.
    Expired,
    /// A member left.
    Left,
    /// A static member came back under its instance id.
    Returned,
    /// A member is new.
    Joined,
}

/// A member's partition in a generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Owner {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// The member's place in [`Group::members`].
    pub member: usize,
    /// When it was told.
    pub from_ns: u64,
    /// When it left, was replaced under its instance id, or the generation ended.
    pub to_ns: u64,
    /// Whether another member owned the partition in the same generation, which is never legal. A static member that came
    /// back under its instance id is the same member.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
}

/// A node that answered as coordinator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coordinator {
    /// The node.
    pub node: String,
    /// Its first answer that was ok.
    pub from_ns: u64,
    /// Its last one before another node's.
    pub to_ns: u64,
}
