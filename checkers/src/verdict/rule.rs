//! Rules that a history broke, each a proof by itself.

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
    /// A counter was read below what was surely added, or above what can have been.
    OutOfBounds,
    /// An account has no balance.
    NoBalance,
    /// The balances of a bank have another total.
    TotalChanged,
    /// A balance is negative.
    NegativeBalance,
    /// A read has an element twice.
    ElementTwice,
    /// An element that was known is missing from a later read, and from all after it.
    ElementLost,
    /// An acknowledged value never left a queue that was emptied.
    ValueLost,
    /// One id was generated twice.
    SameId,
    /// Two reads saw two writes in opposite orders.
    LongFork,
    /// A write was seen without one that was complete before it began.
    LaterWithoutEarlier,
    /// An operation is linked to another position than that of the one before it.
    LinkBroken,
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
            Rule::OutOfBounds => {
                "a count is not between what was surely added and what can have been"
            }
            Rule::NoBalance => "an account has no balance",
            Rule::TotalChanged => "the balances have another total",
            Rule::NegativeBalance => "a balance is negative",
            Rule::ElementTwice => "a read has an element twice",
            Rule::ElementLost => {
                "an element that was known is missing from a later read and all after it"
            }
            Rule::ValueLost => "an acknowledged value never left the queue, which was emptied",
            Rule::SameId => "one id was generated twice",
            Rule::LongFork => "two reads saw two writes in opposite orders",
            Rule::LaterWithoutEarlier => {
                "a write was seen without one that was complete before it began"
            }
            Rule::LinkBroken => "an operation is linked to another position than that before it",
        }
    }
}
