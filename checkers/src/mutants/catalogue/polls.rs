//! Lies to consumers: records lost, invented, doubled, out of order, and polls that bring nothing.

use super::{CLIENT_SIDE, CLIENTS, PLACES};
use crate::history::{Call, Offset, Outcome, Record, Report, Text, What};
use crate::mutants::after::{deliver_later, deliver_later_and_retire};
use crate::mutants::answer::{come_out, completion_mut};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Expected, Lie, Line};

const fn records(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Poll, "records", change, edit).over(CLIENT_SIDE)
}

const fn value(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Poll, "records.value", change, edit).over(CLIENT_SIDE)
}

const fn outcome(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Poll, "outcome", change, edit)
}

const MISPLACED: &[&str] = &["duplicate", "inconsistent-offset"];
const STARVED: Expected = Red(&["read-liveness"]);

pub(super) const ROWS: &[Lie] = &[
    records("one left out", |draft, at| {
        pair(draft, at, |records, first, _| {
            records.remove(first);
        })
    })
    .is(Red(&["poll-skip"])),
    records("one twice", |draft, at| {
        pair(draft, at, |records, first, _| {
            records.insert(first, records[first].clone())
        })
    })
    .is(Red(&["nonmonotonic-poll"])),
    records("two in the wrong order", |draft, at| {
        pair(draft, at, |records, first, second| {
            records.swap(first, second)
        })
    })
    .is(Red(&["nonmonotonic-poll", "poll-skip"])),
    records("one before it was sent", too_early).once(Red(&["log-order"])),
    value("another one", |draft, at| {
        pair(draft, at, |records, first, _| records[first].3.push('~'))
    })
    .is(Red(&["phantom-value"])),
    value("empty", |draft, at| {
        pair(draft, at, |records, first, _| records[first].3.clear())
    })
    .is(Red(&["phantom-value"])),
    value("exchanged between two", |draft, at| {
        pair(draft, at, |records, first, second| {
            let text = records[first].3.clone();
            records[first].3 = std::mem::replace(&mut records[second].3, text);
        })
    })
    .is(Red(MISPLACED)),
    value("of another partition", |draft, at| {
        let (run, last) = (draft.run, draft.events.len());
        pair(draft, at, |records, first, _| {
            let Record(topic, partition, ..) = &records[first];
            let other = run.other_log(topic, *partition);
            let value =
                other.and_then(|(_, log)| log.records.values().nth(last % log.records.len()));
            if let Some(value) = value {
                records[first].3 = value.clone();
            }
        })
    })
    .is(Red(&["phantom-value"])),
    Lie::new(Line::Poll, "records.offset", "one higher", |draft, at| {
        pair(draft, at, |records, first, _| records[first].2 += 1)
    })
    .is(Red(MISPLACED))
    .over(CLIENT_SIDE),
    Lie::new(
        Line::Poll,
        "records.offset",
        "the largest number",
        |draft, at| {
            pair(draft, at, |records, first, _| {
                records[first].2 = Offset::MAX
            })
        },
    )
    // What transactions write to is compared with what lies there, and nothing does.
    .is(Red(&[
        "duplicate",
        "inconsistent-offset",
        "nonmonotonic-poll",
    ]))
    .over(CLIENT_SIDE),
    Lie::new(
        Line::Poll,
        "records.partition",
        "one that does not exist",
        |draft, at| pair(draft, at, |records, first, _| records[first].1 = 9_999),
    )
    .is(Red(&["phantom-value"]))
    .over(CLIENT_SIDE),
    Lie::new(Line::Poll, "records.topic", "another one", |draft, at| {
        pair(draft, at, |records, first, _| {
            records[first].0 = Text::from("somewhere")
        })
    })
    .is(Red(&["phantom-value"]))
    .over(CLIENT_SIDE),
    outcome("nothing, to all consumers", nothing)
        .once(Equivalent(
            "a poll may bring nothing, and the next one brings it",
        ))
        .long(STARVED)
        .over(PLACES)
        .quiet()
        .then(deliver_later),
    outcome("nothing, to one consumer", nothing)
        .long(Equivalent(
            "the connection of one consumer may stall while others are served",
        ))
        .over(CLIENTS)
        .then(deliver_later),
    outcome("an error, to all consumers", |draft, at| {
        failed(draft, at, "_ALL_BROKERS_DOWN")
    })
    .once(Equivalent(
        "a poll may fail, and the next consumer gets the records",
    ))
    .long(STARVED)
    .over(PLACES)
    .quiet()
    .then(deliver_later_and_retire),
    Lie::new(
        Line::Poll,
        "error",
        "out of range, at an offset that exists",
        |draft, at| failed(draft, at, "OFFSET_OUT_OF_RANGE"),
    )
    .is(Red(&["offsets-served"]))
    .over(CLIENT_SIDE)
    .then(deliver_later_and_retire),
    Lie::new(
        Line::Poll,
        "error",
        "bytes that are no records",
        |draft, at| failed(draft, at, "_BAD_MSG"),
    )
    .is(Red(&["offsets-served"]))
    .over(CLIENT_SIDE)
    .then(deliver_later_and_retire),
];

/// Changes the first of two neighbours of one partition that a poll returned: a consumer's position follows from the
/// last record, so that one is left as it is.
fn pair(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut Vec<Record>, usize, usize),
) -> bool {
    let target = draft.target.clone();
    if !matches!(draft.events[at].what, What::Ok(_)) {
        return false;
    }
    let ended = completion_mut(&mut draft.events[at].what);
    let Some(Report::Poll(polled)) = ended.map(|completion| &mut completion.report) else {
        return false;
    };
    let before = polled.records.clone();
    let same = |first: &usize| {
        let (one, next) = (&before[*first], &before[*first + 1]);
        (one.topic(), one.partition()) == (next.topic(), next.partition())
            && target.takes(one.topic(), one.partition())
            && one.value() != next.value()
    };
    let Some(first) = (0..before.len().saturating_sub(1)).find(same) else {
        return false;
    };
    edit(&mut polled.records, first, first + 1);
    polled.records != before
}

/// A record is returned before it was sent; the consumer goes on after it.
fn too_early(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let now = run.event(at).t;
    let lines = run.lines(Line::Poll);
    let worker = run.worker(at);
    let ended = completion_mut(&mut draft.events[at].what);
    let Some(Report::Poll(polled)) = ended.map(|completion| &mut completion.report) else {
        return false;
    };
    let Some(Record(topic, partition, offset, _)) = polled.records.last().cloned() else {
        return false;
    };
    let next = offset + 1;
    let Some(log) = run.log(&topic, partition) else {
        return false;
    };
    let (Some(value), Some(early)) = (log.records.get(&next), log.sent_after(now, next)) else {
        return false;
    };
    if early != next {
        return false;
    }
    polled
        .records
        .push(Record(topic.clone(), partition, next, value.clone()));
    let here = lines.partition_point(|line| *line <= at);
    let following = lines[here..]
        .iter()
        .find(|line| run.worker(**line) == worker);
    let Some((start, end)) = following.and_then(|end| Some((run.call_line(*end)?, *end))) else {
        return true;
    };
    if let What::Invoke(invocation) = &mut draft.events[start].what
        && let Call::Poll(poll) = &mut invocation.call
    {
        let assigned = poll.assigned.iter_mut();
        let mut own = assigned.filter(|row| row.topic == topic && row.partition == partition);
        own.by_ref()
            .for_each(|row| row.position = row.position.max(next + 1));
    }
    if let Some(completion) = completion_mut(&mut draft.events[end].what)
        && let Report::Poll(polled) = &mut completion.report
    {
        polled
            .records
            .retain(|record| (&record.0, record.1, record.2) != (&topic, partition, next));
    }
    true
}

/// The records are taken out when all changed polls are known.
fn nothing(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    matches!(draft.run.event(at).what, What::Ok(_)) && draft.run.event(at).t < draft.run.load_end()
}

fn failed(draft: &mut Draft<'_, '_>, at: usize, error: &str) -> bool {
    let ok = nothing(draft, at);
    if ok {
        come_out(&mut draft.events[at], Outcome::Fail, Some(error));
    }
    ok
}
