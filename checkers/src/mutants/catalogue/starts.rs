//! Lies about the begin of a log: first offsets above what was removed, and answers to DeleteRecords.

use super::{NODES_AND_PLACES, PLACES};
use crate::history::{Call, Offset, Outcome, Report, What};
use crate::mutants::answer::{come_out, completion_mut};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Expected, Lie, Line};

const STARTED: Expected = Red(&["log-start"]);

const fn first(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::StartOffset, "offset", change, edit).over(NODES_AND_PLACES)
}

const fn low(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::DeleteRecords, "low_watermark", change, edit).over(PLACES)
}

pub(super) const ROWS: &[Lie] = &[
    first("one above what was removed", |draft, at| {
        start(draft, at, |_, explained| explained + 1)
    })
    .is(STARTED),
    first("the end of the log", |draft, at| {
        start(draft, at, |end, _| end)
    })
    .is(STARTED),
    first("missing", |draft, at| {
        answered(draft, at, |offset| offset.take().is_some())
    })
    .is(Equivalent("an answer without an offset states nothing")),
    Lie::new(Line::StartOffset, "outcome", "refused", |draft, at| {
        let ok = answered(draft, at, |offset| offset.take().is_some());
        if ok {
            come_out(&mut draft.events[at], Outcome::Fail, Some("NOT_LEADER_OR_FOLLOWER"));
        }
        ok
    })
    .is(Equivalent(
        "a refusal is no answer; the end of the same partition is asked for by the same request, and judged",
    )),
    low("one above what was asked for", |draft, at| {
        let explained = draft.run.removed_below(at);
        deleted(draft, at, |_| explained.checked_add(1))
    })
    .once(STARTED)
    .on(STARTED),
    low("one below what was asked for", |draft, at| {
        deleted(draft, at, |asked| asked.checked_sub(1).filter(|low| *low >= 0))
    })
    .once(STARTED)
    .on(STARTED),
    low("missing", |draft, at| {
        change(draft, at, |low| low.take().is_some())
    })
    .once(Equivalent("an answer without a low watermark states nothing")),
    Lie::new(
        Line::DeleteRecords,
        "outcome",
        "no answer",
        |draft, at| {
            let ok = change(draft, at, |low| low.take().is_some());
            if ok {
                come_out(&mut draft.events[at], Outcome::Info, Some("timed out"));
            }
            ok
        },
    )
    .once(Equivalent(
        "the call explains a log start, whatever is answered",
    ))
    .then(crate::mutants::after::retire),
];

/// Changes the answer to a question for the first offset.
fn answered(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut Option<Offset>) -> bool,
) -> bool {
    if !matches!(draft.run.event(at).what, What::Ok(_)) {
        return false;
    }
    match completion_mut(&mut draft.events[at].what).map(|completion| &mut completion.report) {
        Some(Report::StartOffset(seen)) => edit(&mut seen.offset),
        _ => false,
    }
}

/// States a start that follows from the end of the log and what was removed, if it is a lie.
fn start(draft: &mut Draft<'_, '_>, at: usize, to: fn(Offset, Offset) -> Offset) -> bool {
    let end = draft.run.log_of(at).map_or(0, |log| log.end());
    let explained = draft.run.removed_below(at);
    let is_lie = explained < end.saturating_sub(1);
    is_lie
        && answered(draft, at, |offset| {
            let fresh = Some(to(end, explained));
            let is_new = offset.is_some() && *offset != fresh;
            *offset = fresh;
            is_new
        })
}

/// Changes the answer to a DeleteRecords.
fn change(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut Option<Offset>) -> bool,
) -> bool {
    if !matches!(draft.run.event(at).what, What::Ok(_)) {
        return false;
    }
    match completion_mut(&mut draft.events[at].what).map(|completion| &mut completion.report) {
        Some(Report::DeleteRecords(seen)) => edit(&mut seen.low_watermark),
        _ => false,
    }
}

/// States a low watermark that follows from what was asked for.
fn deleted(
    draft: &mut Draft<'_, '_>,
    at: usize,
    to: impl FnOnce(Offset) -> Option<Offset>,
) -> bool {
    let asked = match draft.run.call(at).map(|(invocation, _)| &invocation.call) {
        Some(Call::DeleteRecords(asked)) if asked.offset >= 0 => asked.offset,
        _ => return false,
    };
    change(draft, at, |low| {
        let fresh = low.and_then(|_| to(asked));
        let is_new = fresh.is_some() && fresh != *low;
        *low = fresh.or(*low);
        is_new
    })
}
