//! Lies about the end of a partition: offsets behind what is known or ahead of what can exist, other epochs, refusals.

use super::{EVERY, NODES_AND_PLACES, PLACES};
use crate::history::{Call, EndOffsetSeen, Isolation, Moment, Offset, Outcome, Report, What};
use crate::mutants::answer::{come_out, completion, completion_mut};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, None as Nothing, Red};
use crate::mutants::lie::{Expected, Lie, Line};
use crate::mutants::run::Log;

const BEHIND: &[&str] = &["log-recency"];
const AHEAD: &[&str] = &["log-order"];
const EPOCHS: &[&str] = &["epochs-go-forward"];
const UNSERVED: Expected = Red(&["request-liveness"]);

const fn offset(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::EndOffset, "offset", change, edit).over(EVERY)
}

const fn epoch(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::EndOffset, "epoch", change, edit).over(EVERY)
}

const fn outcome(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::EndOffset, "outcome", change, edit).over(NODES_AND_PLACES)
}

pub(super) const ROWS: &[Lie] = &[
    offset("without the last known record", |draft, at| {
        end(draft, at, |log, (called, _), end| {
            log.known_before(called).filter(|known| *known < end)
        })
    })
    .is(Red(BEHIND)),
    offset("half of what is known", |draft, at| {
        end(draft, at, |log, (called, _), end| {
            Some(log.known_before(called)? / 2).filter(|half| *half < end)
        })
    })
    .is(Red(BEHIND)),
    offset("0", |draft, at| {
        end(draft, at, |log, (called, _), _| {
            log.known_before(called).map(|_| 0)
        })
    })
    .is(Red(BEHIND)),
    offset("-1", |draft, at| {
        end(draft, at, |log, (called, _), _| {
            log.known_before(called).map(|_| -1)
        })
    })
    .is(Red(BEHIND)),
    offset("one lower, with every known record", |draft, at| {
        end(draft, at, |log, (called, _), end| {
            let known = log.known_before(called)?;
            Some(end - 1).filter(|lower| *lower > known)
        })
    })
    .is(Equivalent(
        "the record above it need not have been committed when the node answered",
    )),
    offset("counts a record that was not sent yet", |draft, at| {
        end(draft, at, |log, (_, ended), end| {
            Some(log.sent_after(ended, end)? + 1)
        })
    })
    .is(Red(AHEAD)),
    offset("far ahead", |draft, at| {
        end(draft, at, |_, _, end| Some(end + 1_000_000))
    })
    .is(Red(AHEAD)),
    offset("the largest number", |draft, at| {
        end(draft, at, |_, _, _| Some(Offset::MAX))
    })
    .is(Red(AHEAD)),
    offset("that of another partition, behind", |draft, at| {
        let other = another(draft, at);
        end(draft, at, |log, (called, _), _| {
            other.filter(|other| Some(*other) <= log.known_before(called))
        })
    })
    .is(Red(BEHIND)),
    offset("that of another partition, ahead", |draft, at| {
        let other = another(draft, at);
        end(draft, at, |log, (_, ended), end| {
            let least = log.sent_after(ended, end)?;
            other.filter(|other| *other > least)
        })
    })
    .is(Red(AHEAD)),
    offset("missing", |draft, at| {
        answered(draft, at, |seen| {
            seen.offset = None;
            true
        })
    })
    .once(Equivalent(
        "an answer without an offset states nothing, and the next one states it",
    ))
    .long(UNSERVED)
    .over(PLACES)
    .quiet(),
    epoch("one lower than the same node named before", |draft, at| {
        let before = last_epoch(draft, at);
        answered(draft, at, |seen| lowered(seen, before, 1))
    })
    .is(Red(EPOCHS)),
    epoch("0, after a higher one", |draft, at| {
        let before = last_epoch(draft, at);
        answered(draft, at, |seen| lowered(seen, before, i32::MAX))
    })
    .is(Red(EPOCHS)),
    epoch("one higher, and back", |draft, at| {
        let again = draft
            .run
            .lines(Line::EndOffset)
            .iter()
            .any(|later| same_lane(draft, at, *later));
        again && answered(draft, at, |seen| raised(seen, 1))
    })
    .once(Red(EPOCHS)),
    epoch("one higher", |draft, at| {
        answered(draft, at, |seen| raised(seen, 1))
    })
    .on(Red(EPOCHS))
    .quiet(),
    epoch("not stated", |draft, at| {
        answered(draft, at, |seen| seen.epoch.take().is_some())
    })
    .is(Equivalent(
        "-1 states no epoch; older versions of ListOffsets have none",
    )),
    outcome("refused", |draft, at| {
        refused(draft, at, Outcome::Fail, "NOT_LEADER_OR_FOLLOWER")
    })
    .once(Equivalent(
        "a refusal is no answer, and the next question is answered",
    ))
    .long(UNSERVED)
    // A single node that refuses for ever may be one that does not lead.
    .over(PLACES)
    .quiet(),
    outcome("no answer", |draft, at| {
        refused(draft, at, Outcome::Info, "timed out")
    })
    .once(Equivalent(
        "an answer may be lost, and the next question is answered",
    ))
    .long(UNSERVED)
    .quiet()
    .then(crate::mutants::after::retire),
    outcome(
        "answered instead of refused, with an old end",
        |draft, at| instead(draft, at, |log, called| Some(log.known_before(called)? / 2)),
    )
    .is(Red(BEHIND)),
    outcome(
        "answered instead of refused, with every known record",
        |draft, at| instead(draft, at, |log, called| Some(log.known_before(called)? + 1)),
    )
    .is(Equivalent(
        "any node may answer that knows the end, and this one does",
    ))
    .on(Nothing),
    Lie::new(
        Line::EndOffset,
        "error",
        "another code of a refusal",
        |draft, at| {
            let refused = matches!(draft.run.event(at).what, What::Fail(_));
            if let Some(completion) = completion_mut(&mut draft.events[at].what).filter(|_| refused)
            {
                completion.error = Some("LEADER_NOT_AVAILABLE".into());
            }
            refused
        },
    )
    .is(Equivalent("a refusal is no answer, with whatever code"))
    .over(EVERY),
];

/// Changes an answer.
fn answered(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut EndOffsetSeen) -> bool,
) -> bool {
    if !matches!(draft.run.event(at).what, What::Ok(_)) {
        return false;
    }
    match completion_mut(&mut draft.events[at].what).map(|completion| &mut completion.report) {
        Some(Report::EndOffset(seen)) => edit(seen),
        _ => false,
    }
}

/// Gives an answer the offset that follows from the log, the question's times and the answer; if there is such a one.
fn end(
    draft: &mut Draft<'_, '_>,
    at: usize,
    to: impl FnOnce(&Log, (Moment, Moment), Offset) -> Option<Offset>,
) -> bool {
    let run = draft.run;
    let (Some(log), Some((invocation, called))) = (run.log_of(at), run.call(at)) else {
        return false;
    };
    let everything = matches!(&invocation.call,
        Call::EndOffset(asked) if asked.isolation == Isolation::ReadUncommitted);
    let times = (called, run.event(at).t);
    everything
        && answered(draft, at, |seen| {
            let Some(before) = seen.offset else {
                return false;
            };
            let fresh = to(log, times, before).filter(|fresh| *fresh != before);
            seen.offset = fresh.or(seen.offset);
            fresh.is_some()
        })
}

/// The end of another partition at the time of the question.
fn another(draft: &Draft<'_, '_>, at: usize) -> Option<Offset> {
    let (topic, partition) = draft.run.place(at)?;
    let (_, log) = draft.run.other_log(&topic, partition)?;
    Some(log.known_before(draft.run.call(at)?.1)? + 1)
}

fn epoch_of(what: &What) -> Option<i32> {
    match &completion(what)?.report {
        Report::EndOffset(seen) => seen.epoch,
        _ => None,
    }
}

/// Whether a later line is an answer of the same node about the same partition, with the same epoch.
fn same_lane(draft: &Draft<'_, '_>, at: usize, later: usize) -> bool {
    let run = draft.run;
    let asked_later = run
        .call(later)
        .is_some_and(|(_, called)| called >= run.event(at).t);
    asked_later
        && run.node(later) == run.node(at)
        && run.place(later) == run.place(at)
        && epoch_of(&run.event(later).what)
            .is_some_and(|epoch| Some(epoch) == epoch_of(&run.event(at).what))
}

/// The highest epoch that the same node had named for the same partition before it was asked.
fn last_epoch(draft: &Draft<'_, '_>, at: usize) -> Option<i32> {
    let run = draft.run;
    let called = run.call(at)?.1;
    let before = run.lines(Line::EndOffset).iter().copied();
    let before = before.take_while(|line| run.event(*line).t <= called);
    let same =
        before.filter(|line| run.node(*line) == run.node(at) && run.place(*line) == run.place(at));
    same.filter_map(|line| epoch_of(&run.event(line).what))
        .max()
}

fn lowered(seen: &mut EndOffsetSeen, before: Option<i32>, by: i32) -> bool {
    let lower = before.map(|before| before.saturating_sub(by).max(0));
    let is_lower = lower.is_some() && lower < before && seen.epoch.is_some();
    if is_lower {
        seen.epoch = lower;
    }
    is_lower
}

fn raised(seen: &mut EndOffsetSeen, by: i32) -> bool {
    seen.epoch = seen.epoch.map(|epoch| epoch + by);
    seen.epoch.is_some()
}

fn refused(draft: &mut Draft<'_, '_>, at: usize, outcome: Outcome, error: &str) -> bool {
    let ok = answered(draft, at, |seen| {
        *seen = EndOffsetSeen::default();
        true
    });
    if ok {
        come_out(&mut draft.events[at], outcome, Some(error));
    }
    ok
}

/// A node answers where it refused.
fn instead(
    draft: &mut Draft<'_, '_>,
    at: usize,
    offset: impl FnOnce(&Log, Moment) -> Option<Offset>,
) -> bool {
    let run = draft.run;
    let is_refused = matches!(run.event(at).what, What::Fail(_));
    let (Some(log), Some((invocation, called))) =
        (run.log_of(at).filter(|_| is_refused), run.call(at))
    else {
        return false;
    };
    // Readers of committed transactions are told another end.
    if matches!(&invocation.call, Call::EndOffset(asked) if asked.isolation == Isolation::ReadCommitted)
    {
        return false;
    }
    let Some(offset) = offset(log, called) else {
        return false;
    };
    let node = run.node(at).map(Into::into);
    come_out(&mut draft.events[at], Outcome::Ok, None);
    if let Some(completion) = completion_mut(&mut draft.events[at].what)
        && let Report::EndOffset(seen) = &mut completion.report
    {
        **seen = EndOffsetSeen {
            offset: Some(offset),
            epoch: None,
            node,
        };
    }
    true
}
