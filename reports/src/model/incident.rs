//! The incident before and after: the same measurements of a cluster with its defects and without them.

use serde::{Deserialize, Serialize};

/// The table of a before and an after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BeforeAfter {
    /// The planted bugs of the left column.
    pub plants: Vec<String>,
    /// One row for each measurement.
    pub rows: Vec<BeforeAfterRow>,
    /// The checks that must be invalid before, and whether they are.
    pub reasons: Vec<Reason>,
    /// Whether both columns are as expected.
    pub as_expected: bool,
}

/// One measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BeforeAfterRow {
    /// What.
    pub what: String,
    /// As it was before.
    pub before: String,
    /// As it is after.
    pub after: String,
}

/// A reason for which the run with the bugs must fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reason {
    /// In words.
    pub what: String,
    /// The check that reports it.
    pub check: String,
    /// Whether it did.
    pub seen: bool,
}
