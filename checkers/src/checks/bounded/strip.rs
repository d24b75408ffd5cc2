//! Takes out of answers what is settled: it is compared with what is known, counted, and forgotten. Whatever differs is
//! a contradiction, and then the history has to be judged as a whole.

use smallvec::SmallVec;

use super::places::{Place, Places};
use crate::history::{
    Append, Appended, EndOffset, EndOffsetSeen, Isolation, Offset, Outcome, Poll, Polled, Read,
    ReadSeen, Record, StartOffset, StartOffsetSeen,
};

/// Why something cannot be judged from what is left: it contradicts, or may contradict, what was forgotten.
pub(super) type Against = &'static str;

/// What is compared: everything, or only what lies below the offset up to which a partition was settled before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust<'t>(pub(super) &'t [Offset]);

impl Trust<'_> {
    /// Whether a record is there as it was read. One above the former limit was looked at with all others.
    fn holds(self, at: usize, place: &Place, record: &Record) -> bool {
        let known = self
            .0
            .get(at)
            .is_some_and(|before| record.offset() >= *before);
        known || place.content.holds(record.offset(), record.value())
    }
}

/// An append that is called: none of its values is settled.
pub(super) fn called(append: &Append, places: &mut Places) -> Result<(), Against> {
    let at = places.index(&append.topic, append.partition);
    let place = &places.all[at];
    match append.values.iter().any(|value| place.knows(value)) {
        true => Err("a value that was sent before"),
        false => Ok(()),
    }
}

/// An append that is answered: none of its offsets is settled.
pub(super) fn appended(
    append: &Append,
    report: &Appended,
    places: &mut Places,
) -> Result<(), Against> {
    let at = places.index(&append.topic, append.partition);
    let to = places.all[at].to;
    let stated = report.records.iter().filter_map(|record| record.offset);
    match stated.into_iter().any(|offset| (0..to).contains(&offset)) {
        true => Err("an append that was given an offset that is taken"),
        false => Ok(()),
    }
}

/// An end offset that was asked for after everything settled was known.
pub(super) fn ended(
    asked: &EndOffset,
    seen: &EndOffsetSeen,
    promised: bool,
    places: &mut Places,
) -> Result<(), Against> {
    let at = places.index(&asked.topic, asked.partition);
    let behind = seen.offset.is_some_and(|offset| offset < places.all[at].to);
    match behind && promised {
        true => Err("an end offset that lies below what is settled"),
        false => Ok(()),
    }
}

/// A log start that was asked for.
pub(super) fn started(
    asked: &StartOffset,
    seen: StartOffsetSeen,
    places: &mut Places,
) -> Result<(), Against> {
    let at = places.index(&asked.topic, asked.partition);
    let first = places.all[at].content.first();
    match first.is_some_and(|first| seen.offset.is_some_and(|start| start > first)) {
        true => Err("a log that begins above what is settled"),
        false => Ok(()),
    }
}

/// A record that is not settled: its value is not either.
fn fresh(place: &Place, record: &Record) -> Result<(), Against> {
    match place.knows(record.value()) {
        true => Err("a value that lies at another offset, or that came late"),
        false => Ok(()),
    }
}

/// Where a poll stands in one partition.
struct Standing {
    at: usize,
    /// The offset read last, or the one before its position.
    after: Option<Offset>,
    /// Where it is among the assigned.
    assigned: Option<usize>,
    /// Whether a record of this poll was taken out.
    taken: bool,
    /// Whether one is left.
    rest: bool,
}

/// The records of a poll. Its positions move to where it stands after what is taken out.
pub(super) fn polled(
    id: u64,
    poll: &mut Poll,
    polled: &mut Polled,
    trust: Trust<'_>,
    places: &mut Places,
) -> Result<(), Against> {
    if polled.records.is_empty() {
        return Ok(());
    }
    let committed = poll.isolation == Isolation::ReadCommitted;
    let mut standing: SmallVec<[Standing; 4]> = SmallVec::new();
    for (number, assigned) in poll.assigned.iter().enumerate() {
        standing.push(Standing {
            at: places.index(&assigned.topic, assigned.partition),
            after: Some(assigned.position.saturating_sub(1)),
            assigned: Some(number),
            taken: false,
            rest: false,
        });
    }
    let mut against = None;
    polled.records.retain(|record| {
        let at = places.index(record.topic(), record.partition());
        let known = standing.iter().position(|standing| standing.at == at);
        let known = known.unwrap_or_else(|| {
            standing.push(Standing {
                at,
                after: None,
                assigned: None,
                taken: false,
                rest: false,
            });
            standing.len() - 1
        });
        let stands = &mut standing[known];
        let taken = taken(record, stands, (committed, trust), &mut places.all[at]);
        if taken == Ok(true)
            && let Some(number) = stands.assigned
            && let Some(assigned) = poll.assigned.get_mut(number)
        {
            let moved = places.moved.entry((id, number));
            moved.or_insert(assigned.position);
            assigned.position = record.offset().saturating_add(1);
        }
        against = against.or(taken.err());
        taken != Ok(true)
    });
    if polled.records.is_empty() {
        polled.records = Vec::new();
    }
    against.map_or(Ok(()), Err)
}

/// Whether a polled record is settled, and so taken out.
fn taken(
    record: &Record,
    standing: &mut Standing,
    (committed, trust): (bool, Trust<'_>),
    place: &mut Place,
) -> Result<bool, Against> {
    let offset = record.offset();
    let settled = offset < place.to;
    if let Some(after) = standing.after
        && offset != after.saturating_add(1)
    {
        if settled && offset <= after {
            return Err("a consumer that goes back to what is settled");
        }
        let between = (after.saturating_add(1), offset.min(place.to));
        if place.content.count(between.0, between.1) > 0 {
            return Err("a consumer that jumps over what is settled");
        }
        if !settled && standing.taken && !standing.rest {
            return Err("a poll that jumps from what is settled");
        }
    }
    if !settled {
        fresh_unless_known(trust, standing.at, place, record)?;
        standing.rest = true;
        return Ok(false);
    }
    if standing.rest || (committed && place.uncommitted) {
        return Err("a poll that returns what is settled after what is not");
    }
    if !trust.holds(standing.at, place, record) {
        return Err("another record at an offset that is settled");
    }
    (standing.after, standing.taken) = (Some(offset), true);
    place.counts.sights += 1;
    place.counts.polled += 1;
    Ok(true)
}

/// The records of a raw read of a node.
pub(super) fn read(
    read: &Read,
    seen: &mut ReadSeen,
    outcome: Outcome,
    trust: Trust<'_>,
    places: &mut Places,
) -> Result<(), Against> {
    let (mut count, mut before, mut against) = (0, None, None);
    let end = seen.high_watermark.filter(|end| *end >= 0);
    let mut rest = false;
    seen.records.retain(|record| {
        let at = places.index(record.topic(), record.partition());
        let place = &mut places.all[at];
        if record.offset() >= place.to {
            against = against.or(fresh_unless_known(trust, at, place, record).err());
            rest = true;
            return true;
        }
        let ascends = before.is_none_or(|before| before < record.offset());
        let elsewhere = (record.topic(), record.partition()) != (&*read.topic, read.partition);
        let beyond = end.is_some_and(|end| record.offset() >= end);
        if rest || beyond || record.offset() < read.position {
            against = Some("a read that contradicts itself about what is settled");
        }
        if !ascends || elsewhere || !trust.holds(at, place, record) {
            against = Some("another record at an offset that is settled");
        }
        before = Some(record.offset());
        count += u64::from(record.offset() >= read.position);
        place.counts.sights += 1;
        false
    });
    seen.records.shrink_to_fit();
    if let Some(against) = against {
        return Err(against);
    }
    let at = places.index(&read.topic, read.partition);
    let place = &places.all[at];
    let Some(next) = seen.next.filter(|_| outcome == Outcome::Ok) else {
        return Ok(());
    };
    let start = seen.log_start_offset.unwrap_or(0);
    if place.content.first().is_some_and(|first| start > first) {
        return Err("a log that begins above what is settled");
    }
    // A read whose records were taken out before begins where they ended.
    let from = read
        .position
        .max(trust.0.get(at).copied().unwrap_or(Offset::MIN));
    match count == place.content.count(from, next.min(place.to)) {
        true => Ok(()),
        false => Err("a read that leaves out what is settled"),
    }
}

/// What was looked at with all others is not asked for again.
fn fresh_unless_known(
    trust: Trust<'_>,
    at: usize,
    place: &Place,
    record: &Record,
) -> Result<(), Against> {
    match trust.0.get(at) {
        Some(_) => Ok(()),
        None => fresh(place, record),
    }
}
