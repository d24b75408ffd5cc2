//! Rules that deciders of linearizability find broken.

use serde::{Deserialize, Serialize};

/// Rules that hold in every linearizable history of an object, each a proof by itself when it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// A value was read, dequeued or fetched that no client wrote.
    NobodyWrote,
    /// A value was answered before the call that wrote it.
    AnsweredBeforeCall,
    /// Two values were each current between reads of the other.
    ValuesOverlap,
    /// A value was read again after another value had replaced it.
    ValueReturned,
    /// A value left the queue twice.
    DequeuedTwice,
    /// Of two values, the one enqueued first left the queue last, or never.
    OrderReversed,
    /// The queue was found empty while it held a value.
    NeverEmpty,
    /// One offset holds two values.
    TwoValuesAtOffset,
    /// One value lies at two offsets.
    TwoOffsetsOfValue,
    /// An offset below the end can hold nothing that was appended.
    OffsetUnfilled,
    /// Two offsets contradict the real-time order of what was done with them.
    OffsetsAgainstTime,
}

impl Rule {
    /// The rule that is broken, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Rule::NobodyWrote => "a value was answered that no client wrote",
            Rule::AnsweredBeforeCall => "a value was answered before the call that wrote it",
            Rule::ValuesOverlap => "two values were each current between reads of the other",
            Rule::ValueReturned => "a value was read after another value had replaced it",
            Rule::DequeuedTwice => "a value left the queue twice",
            Rule::OrderReversed => "the value enqueued first left last, or never",
            Rule::NeverEmpty => "the queue was found empty while it held a value",
            Rule::TwoValuesAtOffset => "one offset holds two values",
            Rule::TwoOffsetsOfValue => "one value lies at two offsets",
            Rule::OffsetUnfilled => "an offset below the end can hold nothing that was appended",
            Rule::OffsetsAgainstTime => "two offsets contradict the real-time order",
        }
    }
}
