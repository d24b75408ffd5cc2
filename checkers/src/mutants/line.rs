//! The kinds of line of a history that repeat what a broker answered.

/// The kinds of line that repeat what a broker answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Line {
    /// The end of an append.
    Append,
    /// The end of a poll.
    Poll,
    /// The end of a question for an end offset.
    EndOffset,
    /// The end of a question for the first offset that is kept.
    StartOffset,
    /// The end of a request to delete records.
    DeleteRecords,
    /// The end of a raw read through one node.
    Read,
    /// The end of a creation, growth or deletion of a topic.
    ChangeTopic,
    /// The end of a question about a topic.
    DescribeTopic,
    /// A Metadata answer.
    Metadata,
    /// What a Metadata answer says of replicas.
    Replicas,
    /// A DescribeQuorum answer.
    Quorum,
    /// An acknowledgement of the produce probe.
    Produce,
    /// Records of the produce probe that a node served.
    Delivery,
    /// The end of a question for the record of a time.
    OffsetForTime,
    /// What differs between records as they were sent and as they were read.
    Content,
}

impl Line {
    /// Its name in tables: `end-offset`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
