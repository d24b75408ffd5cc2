//! What must be possible, on a machine or with a target, for a kind of fault to run.

use crate::calls::Calls;

/// What must be possible for a kind to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The private network of the sandbox.
    PrivateNetwork,
    /// Nodes whose system calls are supervised from their start.
    Supervision(Calls),
    /// Nothing beyond starting processes.
    Nothing,
    /// Nodes that read their wall clocks, and may be traced by the harness when they start.
    WallClock,
    /// Nodes that may lose what is on their disks.
    ReplaceableDisk,
}
