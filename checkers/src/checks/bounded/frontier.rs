//! Up to which offset a partition's records can be forgotten: everything below is decided, contradicts nothing that is
//! known, and what comes later is compared with it by value.
//!
//! Whatever is odd stays, with all that lies above it: the checks then see the same as in the whole history. So this
//! may stop too early, and must never go too far.

use std::collections::BTreeMap;

use crate::checks::view::{Fact, Send, View, sending};
use crate::history::{Acks, Call, ClientOperation, Moment, Offset, Outcome, Report};

/// What else holds a partition back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'h> {
    /// The limit so far.
    pub(super) before: Offset,
    /// Operations of lines from this one on are too recent.
    pub(super) since: u64,
    /// The lowest position of a consumer that keeps up.
    pub(super) consumers: Option<Offset>,
    /// Whether end offsets are judged.
    pub(super) recency: bool,
    /// When the open questions for the end were asked.
    pub(super) asked: &'h [Moment],
    /// Whether somebody asked for the offset of a time: the answer is compared with all records.
    pub(super) by_time: bool,
}

/// The limit.
pub(super) fn of(view: &View<'_>, held: Held<'_>) -> Offset {
    let stated = view.stated().map(|(_, offset)| offset).max();
    let highest = view.facts.last().map(|fact| fact.offset).max(stated);
    let moved_start = view.covered.iter().any(|read| read.stated_start > 0)
        || view.starts.iter().any(|start| start.offset > 0)
        || !view.removals.is_empty();
    let Some(highest) = highest.filter(|_| view.resent == 0 && !moved_start && !held.by_time)
    else {
        return held.before;
    };
    // The highest record stays: what is known last is evidence against an end offset.
    let mut to = highest.min(held.consumers.unwrap_or(highest));
    let mut hold = |offset: Offset| to = to.min(offset);
    records(view, held.since, &mut hold);
    in_order(view, &mut hold);
    by_producer(view, &mut hold);
    polled(view, &mut hold);
    served(view, &mut hold);
    if held.recency {
        ends(view, held, &mut hold);
    }
    requests(view, held.since, to).max(held.before)
}

/// Where a send's record lies, as far as it is known.
pub(super) fn lies(view: &View<'_>, send: &Send<'_>) -> Option<Offset> {
    let read = view.facts_of(send).next().map(|fact| fact.offset);
    read.or(send.offset().filter(|_| send.outcome == Outcome::Ok))
}

/// Every record was sent once, came out, was read, and lies at one offset alone.
fn records(view: &View<'_>, since: u64, hold: &mut impl FnMut(Offset)) {
    let any_committed = view.facts.iter().any(|fact| fact.committed);
    let clean = |facts: &[Fact<'_>]| {
        let [fact] = facts else { return false };
        let Some(send) = view.send_of(fact) else {
            return false;
        };
        let old = send.operation.id < since && fact.seen_by.id < since;
        let committed = fact.committed || !any_committed;
        old && committed && fact.surely && sound(send) && !view.is_copied(fact)
    };
    let facts = view.facts.chunk_by(|a, b| a.offset == b.offset);
    if let Some(odd) = facts.into_iter().find(|facts| !clean(facts)) {
        hold(odd[0].offset);
    }
    let unread = view
        .stated()
        .filter(|(send, offset)| !view.was_read_at(send, *offset));
    if let Some(least) = unread.map(|(_, offset)| offset).min() {
        hold(least);
    }
}

/// Whether an append came out as it should.
fn sound(send: &Send<'_>) -> bool {
    let (Call::Append(append), Some(Report::Append(appended))) =
        (send.operation.call, send.operation.report())
    else {
        return false;
    };
    let whole = append.values.len() == appended.records.len();
    match send.outcome {
        Outcome::Ok => {
            let no_offset = send.acks == Acks::None || send.idempotent;
            whole && (send.offset().is_some() || no_offset)
        }
        Outcome::Info => whole || appended.records.is_empty(),
        Outcome::Fail => false,
    }
}

/// No record was sent after one above it was known.
fn in_order(view: &View<'_>, hold: &mut impl FnMut(Offset)) {
    let mut known: Vec<(Offset, Moment)> = Vec::with_capacity(view.facts.len() * 2);
    known.extend(view.facts.iter().map(|fact| (fact.offset, fact.seen_at)));
    known.extend(
        view.stated()
            .filter_map(|(send, offset)| Some((offset, send.acknowledged_at()?))),
    );
    let ends = view.ends.iter().filter(|end| !end.committed);
    known.extend(ends.map(|end| (end.offset.saturating_sub(1), end.returned)));
    known.sort_unstable_by_key(|(offset, _)| std::cmp::Reverse(*offset));
    let mut known = known.into_iter().peekable();
    let mut soonest = Moment::MAX;
    for fact in view.facts.iter().rev() {
        while let Some((_, at)) = known.next_if(|(offset, _)| *offset >= fact.offset) {
            soonest = soonest.min(at);
        }
        if view
            .send_of(fact)
            .is_some_and(|send| send.operation.called > soonest)
        {
            hold(fact.offset);
        }
    }
}

/// The records of each worker, or of each producer with several on their way, lie in the order of its sends.
fn by_producer(view: &View<'_>, hold: &mut impl FnMut(Offset)) {
    let mut highest: BTreeMap<(bool, u64), Offset> = BTreeMap::new();
    for send in &view.sends {
        let Some(offset) = lies(view, send) else {
            continue;
        };
        let producer = match sending(send.operation) {
            Some(sending) => (true, sending.producer),
            None => (false, send.operation.worker),
        };
        let known = highest.entry(producer).or_insert(Offset::MIN);
        if offset <= *known {
            hold(offset);
        }
        *known = offset.max(*known);
    }
}

/// No consumer went back, or jumped over a record.
fn polled(view: &View<'_>, hold: &mut impl FnMut(Offset)) {
    for step in &view.steps {
        if step.next <= step.after {
            hold(step.next);
        } else if !view
            .facts_between(step.after.saturating_add(1), step.next)
            .is_empty()
        {
            hold(step.after.saturating_add(1));
        }
    }
}

/// Every raw read returned all that is known to be where it read.
fn served(view: &View<'_>, hold: &mut impl FnMut(Offset)) {
    for read in &view.covered {
        let Some(Report::Read(seen)) = read.operation.report() else {
            continue;
        };
        let returned = seen.records.iter().map(|record| record.offset());
        let mut returned = returned.filter(|offset| *offset >= read.from);
        let facts = view
            .facts_between(read.from, read.to)
            .chunk_by(|a, b| a.offset == b.offset);
        for offset in facts.map(|facts| facts[0].offset) {
            if returned.next() != Some(offset) {
                hold(offset);
                break;
            }
        }
    }
}

/// End offsets include what was known when they were asked for; open questions may still be answered by less.
fn ends(view: &View<'_>, held: Held<'_>, hold: &mut impl FnMut(Offset)) {
    for committed in [false, true] {
        // Those below the limit so far were looked at before.
        let ends = view
            .ends
            .iter()
            .filter(|end| end.committed == committed && end.offset >= held.before);
        let mut asked: Vec<(Moment, Option<Offset>)> = ends
            .map(|end| (end.operation.called, Some(end.offset)))
            .collect();
        if !committed {
            asked.extend(held.asked.iter().map(|called| (*called, None)));
        }
        if asked.is_empty() {
            continue;
        }
        asked.sort_unstable();
        let known = view.known(committed);
        let mut known = known.into_iter().peekable();
        let mut highest = held.before.saturating_sub(1);
        for (called, answer) in asked {
            while let Some((_, offset, _)) = known.next_if(|(at, ..)| *at < called) {
                highest = highest.max(offset);
            }
            match answer {
                Some(offset) if offset > highest => {}
                // Below it, so that it is not among the ends that are forgotten.
                Some(offset) => hold(highest.min(offset.saturating_sub(1))),
                None => hold(highest),
            }
        }
    }
}

/// The records of one request are forgotten together, and so are two between which a poll jumped: alone, the second would
/// look like the first of its poll.
///
/// A request of which a part failed, or never came, is settled when it is old: a client sends its records in several
/// requests if it is interrupted between them. Otherwise nothing of the partition was ever forgotten again.
fn requests(view: &View<'_>, since: u64, mut to: Offset) -> Offset {
    let mut spans: Vec<(Offset, Offset)> = Vec::new();
    let same = |a: &Send<'_>, b: &Send<'_>| std::ptr::eq(a.operation, b.operation);
    for request in view.sends.chunk_by(same) {
        let offsets = || request.iter().filter_map(|send| lies(view, send));
        let (Some(least), Some(greatest)) = (offsets().min(), offsets().max()) else {
            continue;
        };
        let whole = offsets().count() == values(request[0].operation);
        let old = request[0].operation.id < since;
        let may_miss = |send: &Send<'_>| lies(view, send).is_some() || send.outcome != Outcome::Ok;
        let decided = whole || (old && request.iter().all(may_miss));
        if least < greatest || !decided {
            spans.push((least, if decided { greatest } else { Offset::MAX }));
        }
    }
    let jumps = view.steps.iter().filter(|step| step.internal);
    spans.extend(jumps.map(|step| (step.after, step.next)));
    spans.sort_unstable();
    for (least, greatest) in spans.into_iter().rev() {
        if least < to && to <= greatest {
            to = least;
        }
    }
    to
}

fn values(operation: &ClientOperation<'_>) -> usize {
    match operation.call {
        Call::Append(append) => append.values.len(),
        _ => 0,
    }
}
