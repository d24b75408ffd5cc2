//! The parts of a run, each of which a test can change.

use super::{LOAD, Run};

/// Records appended together.
#[derive(Clone, Debug)]
pub(crate) struct Append {
    pub(crate) called: u64,
    pub(crate) returned: u64,
    pub(crate) worker: u64,
    pub(crate) partition: usize,
    pub(crate) values: Vec<String>,
    /// One word of the notation each.
    pub(crate) came: Vec<String>,
}

/// A poll, or a raw read through a node.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) called: u64,
    pub(crate) returned: u64,
    pub(crate) worker: u64,
    /// None for a poll.
    pub(crate) node: Option<usize>,
    pub(crate) partition: usize,
    pub(crate) position: i64,
    pub(crate) records: Vec<(i64, String)>,
    pub(crate) next: i64,
    /// Where the log begins, if the node says so.
    pub(crate) start: Option<i64>,
}

/// An end offset.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) called: u64,
    pub(crate) returned: u64,
    pub(crate) worker: u64,
    pub(crate) partition: usize,
    pub(crate) node: usize,
    pub(crate) offset: i64,
}

/// What a node answers to a probe.
#[derive(Clone, Debug)]
pub(crate) struct Says {
    pub(crate) called: u64,
    pub(crate) node: usize,
    pub(crate) quorum: bool,
    /// None while it is silent. The leader is 0 where none is named.
    pub(crate) says: Option<(usize, i32)>,
}

/// A record of the produce probe.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) called: u64,
    pub(crate) acknowledged: bool,
}

/// What a node says within a time.
pub(super) fn said(
    run: &mut Run,
    node: usize,
    quorum: bool,
    time: std::ops::Range<u64>,
) -> impl Iterator<Item = &mut (usize, i32)> {
    debug_assert!(time.start >= LOAD);
    let says = run
        .says
        .iter_mut()
        .filter(move |says| says.node == node && says.quorum == quorum);
    says.filter(move |says| time.contains(&says.called))
        .filter_map(|says| says.says.as_mut())
}
