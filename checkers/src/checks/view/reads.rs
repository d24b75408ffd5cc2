//! What raw reads through one node cover, put together.

use super::{ClientOperation, Covered, Offset, View, again};

/// One node's reads of one partition.
#[derive(Clone, Debug)]
pub(crate) struct NodeReads<'a> {
    /// The nth node of the header.
    pub(crate) node: usize,
    /// The first offset that it keeps.
    pub(crate) start: Offset,
    /// What was covered by whom last: ascending, without overlaps.
    segments: Vec<(Offset, Offset, &'a ClientOperation<'a>)>,
    /// How far it was read without a break.
    pub(crate) reached: Offset,
    /// The read that came so far.
    pub(crate) last: &'a ClientOperation<'a>,
    /// Whether that was all that it had to serve, in the end.
    pub(crate) to_the_end: bool,
}

impl<'a> NodeReads<'a> {
    /// The read that covered an offset.
    pub(crate) fn covering(&self, offset: Offset) -> Option<&'a ClientOperation<'a>> {
        let after = self.segments.partition_point(|(from, ..)| *from <= offset);
        let (_, to, operation) = self.segments.get(after.checked_sub(1)?)?;
        (offset < *to && offset >= self.start).then_some(*operation)
    }

    /// The read that shows that the node ends before an offset, asked after some moment.
    pub(crate) fn ends_before(
        &self,
        offset: Offset,
        asked_after: u64,
    ) -> Option<&'a ClientOperation<'a>> {
        (self.to_the_end && self.reached <= offset && self.last.called > asked_after)
            .then_some(self.last)
    }
}

impl<'a> View<'a> {
    /// The reads of every node that was read, in the order of the nodes.
    pub(crate) fn reads(&self) -> Vec<NodeReads<'a>> {
        let mut covered: Vec<&Covered<'a>> = self.covered.iter().collect();
        covered.sort_by_key(|c| (c.node, c.from, c.operation.id));
        covered
            .chunk_by(|a, b| a.node == b.node)
            .map(together)
            .collect()
    }
}

fn together<'a>(covered: &[&Covered<'a>]) -> NodeReads<'a> {
    let first = covered[0];
    let start = covered.iter().map(|c| c.start).max().unwrap_or(0);
    let mut reads = NodeReads {
        node: first.node,
        start,
        segments: again::last_words(covered),
        reached: start,
        last: first.operation,
        to_the_end: false,
    };
    for read in covered {
        // An empty read at the end belongs to it: it says that there is no more.
        if read.from <= reads.reached && read.to >= reads.reached {
            reads.reached = read.to;
            reads.last = read.operation;
            reads.to_the_end = read.to_the_end;
        }
    }
    reads
}
