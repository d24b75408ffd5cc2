//! What the objects of transactions are.

use serde::{Deserialize, Serialize};

/// What the objects of transactions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Lists, written by appends: `list-append`.
    Lists,
    /// Registers, written as a whole: `rw-register`.
    Registers,
}
