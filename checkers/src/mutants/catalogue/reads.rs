//! Lies in the final reads through every node: records lost, changed or out of order, and other ends of the log.

use super::{NODES_AND_PLACES, ONE_NODE};
use crate::history::{Moment, Offset, Outcome, ReadSeen, Record, Report, What};
use crate::mutants::answer::{come_out, completion_mut};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Open, Red};
use crate::mutants::lie::{Expected, Lie, Line};

const fn records(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Read, "records", change, edit)
}

const fn field(
    field: &'static str,
    change: &'static str,
    edit: fn(&mut Draft<'_, '_>, usize) -> bool,
) -> Lie {
    Lie::new(Line::Read, field, change, edit)
}

const STARTED: Expected = Red(&["log-start"]);
const SELF: &[&str] = &["read-contradiction"];
/// What ends there.
const SHORT: &[&str] = &["replicas-agree", "lost-write"];
const UNREAD: &str = "a partition that was not read to its end proves nothing about the rest";

pub(super) const ROWS: &[Lie] = &[
    records("one left out", |draft, at| {
        inner(draft, at, |records, one| drop(records.remove(one)))
    })
    .once(Red(&["replicas-agree"]))
    .on(Red(SHORT))
    .over(NODES_AND_PLACES),
    records("one left out, by every node", left_out_everywhere).once(Red(&["lost-write"])),
    records(
        "the last one left out, and the log ends before it",
        |draft, at| {
            last(draft, at, |seen| {
                seen.records.pop();
                let end = seen.records.last().map(|record| record.offset() + 1);
                (seen.next, seen.high_watermark) = (end, end);
                end.is_some()
            })
        },
    )
    .once(Red(&["replicas-agree"]))
    .on(Red(&["replicas-agree"]))
    .over(ONE_NODE),
    records("an acknowledged one again, at the end", |draft, at| {
        last(draft, at, |seen| {
            let (Some(mut again), Some(next)) = (seen.records.first().cloned(), seen.next) else {
                return false;
            };
            again.2 = next;
            seen.records.push(again);
            (seen.next, seen.high_watermark) = (Some(next + 1), Some(next + 1));
            true
        })
    })
    .once(Red(&["duplicate"])),
    records("one that nobody sent, at the end", |draft, at| {
        last(draft, at, |seen| {
            let (Some(mut ghost), Some(next)) = (seen.records.first().cloned(), seen.next) else {
                return false;
            };
            ghost = Record(ghost.0, ghost.1, next, "ghost".into());
            seen.records.push(ghost);
            (seen.next, seen.high_watermark) = (Some(next + 1), Some(next + 1));
            true
        })
    })
    .once(Red(&["phantom-value"])),
    records("a refused one at the end", refused_at_the_end).once(Red(&["failed-write-seen"])),
    records("one twice", |draft, at| {
        inner(draft, at, |records, one| {
            records.insert(one, records[one].clone())
        })
    })
    .once(Red(SELF))
    .on(Red(SELF))
    .over(NODES_AND_PLACES),
    records("two in the wrong order", |draft, at| {
        inner(draft, at, |records, one| records.swap(one, one + 1))
    })
    .once(Red(SELF))
    .on(Red(SELF))
    .over(NODES_AND_PLACES),
    field("records.value", "another one", |draft, at| {
        inner(draft, at, |records, one| records[one].3.push('~'))
    })
    .once(Red(&["phantom-value"]))
    .on(Red(&["phantom-value"]))
    .over(NODES_AND_PLACES),
    field("records.value", "exchanged between two", |draft, at| {
        inner(draft, at, |records, one| {
            let text = records[one].3.clone();
            records[one].3 = std::mem::replace(&mut records[one + 1].3, text);
        })
    })
    .once(Red(&["replicas-agree", "inconsistent-offset"]))
    .on(Red(&["replicas-agree", "inconsistent-offset"]))
    .over(NODES_AND_PLACES),
    field("records.value", "of another partition", |draft, at| {
        let run = draft.run;
        inner(draft, at, |records, one| {
            let other = run.other_log(records[one].topic(), records[one].partition());
            if let Some(value) = other.and_then(|(_, log)| log.records.values().next()) {
                records[one].3 = value.clone();
            }
        })
    })
    .once(Red(&["phantom-value"]))
    .on(Red(&["phantom-value"]))
    .over(NODES_AND_PLACES),
    field("records.offset", "one higher", |draft, at| {
        inner(draft, at, |records, one| records[one].2 += 1)
    })
    .once(Red(&["inconsistent-offset", "duplicate"]))
    .on(Red(&["inconsistent-offset", "duplicate"]))
    .over(NODES_AND_PLACES),
    field(
        "high_watermark",
        "in the middle of the same answer",
        |draft, at| long_known(draft, at) && last(draft, at, |seen| lowered(seen, |last| last / 2)),
    )
    .once(Red(SELF))
    .on(Red(SELF))
    .over(NODES_AND_PLACES),
    field("high_watermark", "0", |draft, at| {
        long_known(draft, at) && last(draft, at, |seen| lowered(seen, |_| 0))
    })
    .once(Red(SELF))
    .on(Red(SELF))
    .over(NODES_AND_PLACES),
    field("high_watermark", "-1", |draft, at| {
        last(draft, at, |seen| lowered(seen, |_| -1))
    })
    .once(Equivalent("-1 states no high watermark"))
    .on(Equivalent("-1 states no high watermark"))
    .over(NODES_AND_PLACES),
    field(
        "high_watermark",
        "above all that can have been written",
        |draft, at| {
            let open = draft.run.log_of(at).map_or(0, |log| log.unknown());
            last(draft, at, |seen| raised(seen, open + 1))
        },
    )
    .once(Red(SELF))
    .on(Red(SELF))
    .over(NODES_AND_PLACES),
    field(
        "high_watermark",
        "far above what the node serves",
        |draft, at| last(draft, at, |seen| raised(seen, 1_000_000)),
    )
    .once(Red(SELF))
    .on(Red(SELF))
    .over(NODES_AND_PLACES),
    field("log_start_offset", "1", |draft, at| start(draft, at, |_| 1))
        .once(STARTED)
        .on(STARTED)
        .over(NODES_AND_PLACES),
    field("log_start_offset", "the end of the log", |draft, at| {
        start(draft, at, |end| end)
    })
    .once(STARTED)
    .on(STARTED)
    .over(NODES_AND_PLACES),
    field("log_start_offset", "-1", |draft, at| {
        start(draft, at, |_| -1)
    })
    .once(Equivalent(
        "-1 states no log start; older versions of Fetch have none",
    ))
    .on(Equivalent(
        "-1 states no log start; older versions of Fetch have none",
    ))
    .over(NODES_AND_PLACES),
    field("outcome", "refused", |draft, at| {
        unread(draft, at, Outcome::Fail)
    })
    .once(Open(&["replicas-agree", "served-after-heal"], UNREAD))
    .on(Open(&["replicas-agree", "served-after-heal"], UNREAD))
    .over(NODES_AND_PLACES),
    field("outcome", "no answer", |draft, at| {
        unread(draft, at, Outcome::Info)
    })
    .once(Open(&["replicas-agree", "served-after-heal"], UNREAD))
    .on(Open(&["replicas-agree", "served-after-heal"], UNREAD))
    .over(NODES_AND_PLACES)
    .then(crate::mutants::after::retire),
    field("error", "another code of a refusal", |draft, at| {
        let refused = matches!(draft.run.event(at).what, What::Fail(_));
        if let Some(completion) = completion_mut(&mut draft.events[at].what).filter(|_| refused) {
            completion.error = Some("LEADER_NOT_AVAILABLE".into());
        }
        refused
    })
    .once(Equivalent("a refusal is no answer, with whatever code")),
];

fn read(draft: &mut Draft<'_, '_>, at: usize, edit: impl FnOnce(&mut ReadSeen) -> bool) -> bool {
    if !matches!(draft.run.event(at).what, What::Ok(_)) {
        return false;
    }
    match completion_mut(&mut draft.events[at].what).map(|completion| &mut completion.report) {
        Some(Report::Read(seen)) => edit(seen),
        _ => false,
    }
}

/// Changes a record that is neither the first nor the last of an answer, and not the last but one.
fn inner(draft: &mut Draft<'_, '_>, at: usize, edit: impl FnOnce(&mut Vec<Record>, usize)) -> bool {
    let place = draft.draw.next();
    let log = draft.run.log_of(at);
    let acknowledged = |record: &Record| {
        let sent = log.and_then(|log| log.sent.get(&record.3));
        sent.is_some_and(|sent| sent.outcome == Outcome::Ok && sent.offset == Some(record.2))
    };
    read(draft, at, |seen| {
        let count = seen.records.len();
        if count < 4 {
            return false;
        }
        let start = place as usize % (count - 3);
        let turns = (1..count - 2).cycle().skip(start).take(count - 3);
        let fits = |one: &usize| {
            let next = &seen.records[*one + 1];
            acknowledged(&seen.records[*one]) && seen.records[*one].3 != next.3
        };
        let Some(one) = turns.into_iter().find(fits) else {
            return false;
        };
        let before = seen.records.clone();
        edit(&mut seen.records, one);
        seen.records != before
    })
}

/// Changes the read that came to the end of a node's log.
fn last(draft: &mut Draft<'_, '_>, at: usize, edit: impl FnOnce(&mut ReadSeen) -> bool) -> bool {
    let run = draft.run;
    let end = run.log_of(at).map(|log| log.end());
    let (node, place) = (run.node(at), run.place(at));
    let lines = run.lines(Line::Read);
    let later = lines.iter().filter(|line| **line > at);
    let is_last = !later
        .clone()
        .any(|line| run.node(*line) == node && run.place(*line) == place);
    is_last
        && read(draft, at, |seen| {
            seen.next == end && !seen.records.is_empty() && edit(seen)
        })
}

/// A record that every reader was given and none is given any more.
fn left_out_everywhere(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let mut lost = None;
    let found = inner(draft, at, |records, one| lost = Some(records.remove(one)));
    let Some(lost) = lost.filter(|_| found) else {
        return false;
    };
    for line in run.lines(Line::Read) {
        if let Some(completion) = completion_mut(&mut draft.events[*line].what)
            && let Report::Read(seen) = &mut completion.report
        {
            seen.records.retain(|record| *record != lost);
        }
    }
    true
}

fn refused_at_the_end(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let log = run.log_of(at);
    let refused = log.and_then(|log| {
        let mut sent = log.sent.iter();
        let refused =
            sent.find(|(value, sent)| sent.outcome == Outcome::Fail && !log.was_read(value));
        refused.map(|(value, _)| value.clone())
    });
    let (Some(value), Some(place)) = (refused, run.place(at)) else {
        return false;
    };
    last(draft, at, |seen| {
        let Some(next) = seen.next else {
            return false;
        };
        seen.records.push(Record(place.0, place.1, next, value));
        (seen.next, seen.high_watermark) = (Some(next + 1), Some(next + 1));
        true
    })
}

/// Whether the last record of an answer had been known for so long that any node knows it.
fn long_known(draft: &Draft<'_, '_>, at: usize) -> bool {
    const LONG: Moment = 1_500_000_000;
    let (Some(log), Some((_, called))) = (draft.run.log_of(at), draft.run.call(at)) else {
        return false;
    };
    let known = log.known_before(called.saturating_sub(LONG));
    known.is_some_and(|known| known + 1 >= log.end())
}

fn lowered(seen: &mut ReadSeen, to: fn(Offset) -> Offset) -> bool {
    let last = seen.records.last().map(Record::offset);
    seen.high_watermark = last.map(to);
    last.is_some()
}

fn raised(seen: &mut ReadSeen, by: Offset) -> bool {
    seen.high_watermark = seen.next.map(|next| next + by);
    seen.high_watermark.is_some()
}

fn start(draft: &mut Draft<'_, '_>, at: usize, to: fn(Offset) -> Offset) -> bool {
    let end = draft.run.log_of(at).map_or(0, |log| log.end());
    let explained = draft.run.removed_below(at);
    read(draft, at, |seen| {
        let before = seen.log_start_offset;
        seen.log_start_offset = Some(to(end));
        let is_lie = to(end) > explained || to(end) < 0;
        seen.log_start_offset != before && end > 1 && is_lie
    })
}

fn unread(draft: &mut Draft<'_, '_>, at: usize, outcome: Outcome) -> bool {
    let ok = last(draft, at, |seen| {
        *seen = ReadSeen::default();
        true
    });
    if ok {
        come_out(
            &mut draft.events[at],
            outcome,
            Some("NOT_LEADER_OR_FOLLOWER"),
        );
    }
    ok
}
