//! What is asked of groups and waits for a quorum, which confirms that the coordinator still is one.

use crate::request::groups::MemberOf;

/// A question that waits for the quorum.
#[derive(Debug)]
pub(in crate::core) enum GroupRead {
    /// Whether a member is one.
    Heartbeat(MemberOf),
    /// A member's assignment.
    Assignment(MemberOf),
    /// Committed offsets.
    Fetch {
        group: String,
        partitions: Option<Vec<(String, i32)>>,
    },
    /// A group.
    Describe(String),
    /// All groups.
    List,
}
