//! For how long a broker lies, and to whom.

/// For how long a broker lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// In one answer.
    Once,
    /// In every answer of 10 s, or of twice the longest limit of the target, or of as much as the run has.
    Burst,
    /// In every answer from a moment on.
    On,
}

/// To whom, or about what, it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To everybody.
    Anywhere,
    /// One node lies.
    Node,
    /// About one partition.
    Partition,
    /// To one client.
    Client,
}
