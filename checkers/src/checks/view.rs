//! What the checks of content look at: one partition's sends, what was seen of it, and its end offsets, collected in
//! one pass. Nothing grows with the largest offset: a record at 10^12 costs what any other does.

mod again;
mod collect;
mod known;
mod reads;
mod values;

use crate::history::{
    Acks, Append, Call, ClientOperation, Counts, Moment, Offset, Outcome, RecordOutcome, Sending,
};
use crate::verdict::{Evidence, Sent, Sighting};
pub(crate) use collect::{collect, topics};
pub(crate) use known::{Earliest, Known};
pub(crate) use reads::NodeReads;
pub(crate) use values::Values;

/// Topic and partition.
pub(crate) type Place<'a> = (&'a str, i32);

/// No send, no fact.
const NONE: u32 = u32::MAX;

/// How one append was sent; none if its worker waits for each append.
pub(crate) fn sending<'a>(operation: &ClientOperation<'a>) -> Option<&'a Sending> {
    match operation.call {
        Call::Append(Append { sending, .. }) => sending.as_deref(),
        _ => None,
    }
}

/// A record that somebody tried to append.
#[derive(Clone, Debug)]
pub(crate) struct Send<'a> {
    pub(crate) value: &'a str,
    number: u32,
    pub(crate) operation: &'a ClientOperation<'a>,
    record: Option<&'a RecordOutcome>,
    pub(crate) outcome: Outcome,
    pub(crate) acks: Acks,
    pub(crate) idempotent: bool,
    /// Its request's outcome is unknown, and yet it was written: a record of it was read. Without a stated offset that
    /// says nothing of the others: a client that was interrupted sends them in two requests.
    pub(crate) proven: bool,
}

impl Send<'_> {
    /// The offset that was stated for it, if one was.
    pub(crate) fn offset(&self) -> Option<Offset> {
        self.stated().filter(|offset| *offset >= 0)
    }

    /// The same, as it was stated: -1 too.
    pub(crate) fn stated(&self) -> Option<Offset> {
        self.record?.offset
    }

    /// When its acknowledgement was there; none unless it was acknowledged.
    pub(crate) fn acknowledged_at(&self) -> Option<Moment> {
        (self.outcome == Outcome::Ok).then(|| self.operation.completed())?
    }

    /// What it failed with.
    pub(crate) fn error(&self) -> Option<&str> {
        let of_operation = || self.operation.completion?.error.as_deref();
        self.record
            .and_then(|record| record.error.as_deref())
            .or_else(of_operation)
    }

    /// As evidence.
    pub(crate) fn sent(&self, offset: Offset) -> Sent {
        Sent {
            value: self.value.to_owned(),
            offset,
            operation: self.operation.id,
            called: self.operation.called,
            returned: self.acknowledged_at(),
        }
    }
}

/// That a value was read at an offset, however often.
#[derive(Clone, Debug)]
pub(crate) struct Fact<'a> {
    pub(crate) offset: Offset,
    /// When the earliest such read had returned.
    pub(crate) seen_at: Moment,
    /// That read.
    pub(crate) seen_by: &'a ClientOperation<'a>,
    /// Which nodes returned it by a raw read: bit n for the nth node of the header.
    pub(crate) nodes: u64,
    number: u32,
    /// The next fact about the same value.
    next: u32,
    /// Whether a consumer that reads committed records only was given it.
    pub(crate) committed: bool,
    /// Whether it came with an operation that was ok.
    pub(crate) surely: bool,
}

/// A read: what a node served from `from` up to `to`.
#[derive(Clone, Debug)]
pub(crate) struct Covered<'a> {
    pub(crate) node: usize,
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) from: Offset,
    pub(crate) to: Offset,
    /// The first offset that the node may keep by what is known to have been removed. Records below it are no loss.
    pub(crate) start: Offset,
    /// The first offset that it keeps, as it said.
    pub(crate) stated_start: Offset,
    /// Whether that was all that the node had to serve.
    pub(crate) to_the_end: bool,
}

/// An end offset that was answered.
#[derive(Clone, Debug)]
pub(crate) struct End<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) returned: Moment,
    pub(crate) offset: Offset,
    pub(crate) node: Option<&'a str>,
    pub(crate) committed: bool,
}

/// The first offset that a node keeps, as it said when it was asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) node: usize,
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) offset: Offset,
}

/// A DeleteRecords that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Deletion<'a> {
    /// The node asked, if the history names it.
    pub(crate) node: Option<usize>,
    pub(crate) operation: &'a ClientOperation<'a>,
    /// When the acknowledgement was there.
    pub(crate) returned: Moment,
    /// Below which offset it asked to remove records; negative for the end of the log.
    pub(crate) asked: Offset,
    /// The first offset that is kept, as it was answered.
    pub(crate) low_watermark: Offset,
}

/// A step of a consumer that is not to the very next offset.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    /// The offset read last, or the one before its position.
    pub(crate) after: Offset,
    pub(crate) next: Offset,
    /// Whether both are of one poll.
    pub(crate) internal: bool,
    /// Whether the consumer reads committed records only.
    pub(crate) committed: bool,
}

/// One partition.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    pub(crate) place: Place<'a>,
    values: Values<'a>,
    /// In the order of their calls.
    pub(crate) sends: Vec<Send<'a>>,
    send_of: Vec<u32>,
    /// By offset; facts of one offset by their first sight.
    pub(crate) facts: Vec<Fact<'a>>,
    first_fact: Vec<u32>,
    pub(crate) ends: Vec<End<'a>>,
    pub(crate) covered: Vec<Covered<'a>>,
    pub(crate) starts: Vec<Start<'a>>,
    pub(crate) deletions: Vec<Deletion<'a>>,
    /// Requests to remove records that were not refused: when they were called, and below which offset.
    pub(crate) removals: Vec<(Moment, Offset)>,
    pub(crate) steps: Vec<Step<'a>>,
    /// Records that were returned, each as often as it was.
    pub(crate) sights: u64,
    /// Those of them that a poll returned.
    pub(crate) polled: u64,
    /// The fact that was met last, while they are collected.
    expected: u32,
    /// Whether some fact may have been noted twice.
    noted_twice: bool,
    /// Values that were sent twice: records cannot be distinguished then.
    pub(crate) resent: u64,
    /// Sends that were acknowledged with an offset, by that offset.
    acknowledged: Vec<u32>,
    /// What was forgotten of it.
    pub(crate) settled: Counts,
}

impl<'a> View<'a> {
    /// Records that were acknowledged with an offset, by offset.
    pub(crate) fn acknowledged(&self) -> impl Iterator<Item = (&Send<'a>, Offset)> {
        self.acknowledged.iter().filter_map(|at| {
            let send = &self.sends[*at as usize];
            Some((send, send.offset()?))
        })
    }

    /// How many there are.
    pub(crate) fn acknowledged_count(&self) -> u64 {
        self.acknowledged.len() as u64 + self.settled.stated
    }

    /// Below which offset records may have been removed by a moment.
    pub(crate) fn removed_below(&self, at: Moment) -> Offset {
        let called = self.removals.iter().filter(|(called, _)| *called <= at);
        called.map(|(_, below)| *below).max().unwrap_or(0)
    }

    /// How many values were sent or read.
    pub(crate) fn value_count(&self) -> u64 {
        self.values.len() as u64 + self.settled.records + self.settled.missing
    }

    /// The numbers of the values that are not forgotten.
    pub(crate) fn numbers(&self) -> std::ops::Range<u32> {
        0..self.values.len() as u32
    }

    /// How many records were read, each counted once.
    pub(crate) fn fact_count(&self) -> u64 {
        self.facts.len() as u64 + self.settled.records
    }

    /// Offsets that are stated for records that are known to be written, by offset: of acknowledgements, and of unknown
    /// outcomes where a record of the same request was read.
    pub(crate) fn stated(&self) -> impl Iterator<Item = (&Send<'a>, Offset)> {
        let proven = |send: &&Send<'_>| send.proven && send.outcome == Outcome::Info;
        let proven = self.sends.iter().filter(proven);
        self.acknowledged()
            .chain(proven.filter_map(|send| Some((send, send.offset()?))))
    }

    /// What was seen of a send's value.
    pub(crate) fn facts_of(&self, send: &Send<'_>) -> impl Iterator<Item = &Fact<'a>> {
        let mut at = self.first_fact[send.number as usize];
        std::iter::from_fn(move || {
            let fact = self.facts.get(at as usize)?;
            at = fact.next;
            Some(fact)
        })
    }

    /// The send of a value that was read; none if nobody sent it.
    pub(crate) fn send_of(&self, fact: &Fact<'_>) -> Option<&Send<'a>> {
        self.send_numbered(fact.number)
    }

    /// The send of the value with this number.
    pub(crate) fn send_numbered(&self, number: u32) -> Option<&Send<'a>> {
        self.sends.get(self.send_of[number as usize] as usize)
    }

    /// The value of a fact.
    pub(crate) fn value(&self, fact: &Fact<'_>) -> &'a str {
        self.values.text(fact.number)
    }

    /// What was seen at offsets from one up to before another.
    pub(crate) fn facts_between(&self, from: Offset, to: Offset) -> &[Fact<'a>] {
        let start = self.facts.partition_point(|fact| fact.offset < from);
        let end = self.facts.partition_point(|fact| fact.offset < to);
        &self.facts[start..end.max(start)]
    }

    /// Every offset that is known of a value, each with who shows it, by offset.
    pub(crate) fn copies(&self, number: u32) -> Vec<Sighting> {
        let mut copies = Vec::new();
        let mut at = self.first_fact[number as usize];
        while let Some(fact) = self.facts.get(at as usize) {
            copies.push(self.sighting(fact));
            at = fact.next;
        }
        let send = self.send_numbered(number);
        if let Some((send, offset)) = send.and_then(|send| Some((send, self.written_at(send)?)))
            && !copies.iter().any(|copy| copy.offset == offset)
        {
            copies.push(claim(send, offset));
        }
        copies.sort_by_key(|copy| copy.offset);
        copies
    }

    /// Whether a value has more than one offset: what [`View::copies`] would say, without making it.
    pub(crate) fn has_copies(&self, number: u32) -> bool {
        let Some(fact) = self.facts.get(self.first_fact[number as usize] as usize) else {
            return false;
        };
        let send = self.send_numbered(number);
        let stated = send.and_then(|send| self.written_at(send));
        fact.next != NONE || stated.is_some_and(|offset| offset != fact.offset)
    }

    /// The same for the value of a fact.
    pub(crate) fn is_copied(&self, fact: &Fact<'_>) -> bool {
        self.has_copies(fact.number)
    }

    /// The offset stated for a record that is known to be written.
    fn written_at(&self, send: &Send<'_>) -> Option<Offset> {
        let surely = send.outcome == Outcome::Ok || (send.proven && send.outcome == Outcome::Info);
        send.offset().filter(|_| surely)
    }

    /// The one offset at which the value of a send was read.
    pub(crate) fn only_offset_of(&self, send: &Send<'_>) -> Option<Offset> {
        let fact = self
            .facts
            .get(self.first_fact[send.number as usize] as usize)?;
        (fact.next == NONE).then_some(fact.offset)
    }

    /// Whether the value of a send was read at this offset.
    pub(crate) fn was_read_at(&self, send: &Send<'_>, offset: Offset) -> bool {
        self.facts_of(send).any(|fact| fact.offset == offset)
    }

    /// A fact as evidence.
    pub(crate) fn sighting(&self, fact: &Fact<'_>) -> Sighting {
        Sighting {
            value: self.value(fact).to_owned(),
            offset: fact.offset,
            operation: fact.seen_by.id,
            node: collect::node_of(fact.seen_by).map(str::to_owned),
        }
    }
}

/// What an append states, as evidence.
pub(crate) fn claim(send: &Send<'_>, offset: Offset) -> Sighting {
    Sighting {
        value: send.value.to_owned(),
        offset,
        operation: send.operation.id,
        node: None,
    }
}

/// Evidence in a partition.
pub(crate) fn evidence(place: Place<'_>, operations: &[u64], offsets: &[Offset]) -> Evidence {
    let mut operations = operations.to_vec();
    operations.sort_unstable();
    operations.dedup();
    let mut offsets = offsets.to_vec();
    offsets.sort_unstable();
    offsets.dedup();
    Evidence {
        operations,
        offsets,
        topic: Some(place.0.to_owned()),
        partition: Some(place.1),
        ..Evidence::default()
    }
}

/// The bit of the nth node.
pub(crate) fn bit(node: usize) -> u64 {
    1_u64.checked_shl(node as u32).unwrap_or(0)
}
