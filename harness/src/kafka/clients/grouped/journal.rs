//! Where a member tells what it does.

use checkers::history::{Call, Outcome, Report};
use serde::{Deserialize, Serialize};

/// A member does two things at a time: its library keeps it in the group while it reads and commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// It joins, is assigned, and leaves.
    Group,
    /// It fetches offsets, reads, and commits.
    Work,
}

/// Takes down operations. Each lane has one operation at a time.
pub trait Journal: Send + Sync + 'static {
    /// Something is about to be called. Returns when that was taken down, so that its effect comes after it.
    fn calls(&self, lane: Lane, call: Call);

    /// The lane's last call has ended.
    fn ended(&self, lane: Lane, outcome: Outcome, error: Option<String>, report: Report);

    /// Whether the member is to leave.
    fn is_asked_to_end(&self) -> bool;
}
