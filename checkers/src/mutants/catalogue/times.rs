//! Lies about the record that ListOffsets names for a time: another one, another timestamp, none, refusals.

use super::PLACES;
use crate::history::{Call, Moment, Offset, OffsetForTimeSeen, Outcome, Report, What};
use crate::mutants::answer::{come_out, completion_mut};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Expected, Lie, Line};
use crate::mutants::run::Log;

const WRONG: Expected = Red(&["offset-for-time"]);
const UNSERVED: Expected = Red(&["request-liveness"]);

const fn row(
    field: &'static str,
    change: &'static str,
    edit: fn(&mut Draft<'_, '_>, usize) -> bool,
) -> Lie {
    Lie::new(Line::OffsetForTime, field, change, edit)
}

pub(super) const ROWS: &[Lie] = &[
    row(
        "offset",
        "the record before, of another time",
        |draft, at| {
            named(draft, at, |log, _, offset, timestamp| {
                let before = log.timestamp(offset - 1)?;
                (before != timestamp).then_some((offset - 1, timestamp))
            })
        },
    )
    .is(WRONG)
    .over(PLACES),
    row(
        "offset",
        "the record after, of another time",
        |draft, at| {
            named(draft, at, |log, _, offset, timestamp| {
                let after = log.timestamp(offset + 1)?;
                (after != timestamp).then_some((offset + 1, timestamp))
            })
        },
    )
    .is(WRONG)
    .over(PLACES),
    row("offset", "a later record, with its time", |draft, at| {
        named(draft, at, |log, asked, offset, _| {
            log.timestamp(offset)?;
            let after = log.timestamp(offset + 1)?;
            (asked >= 0 && after >= asked).then_some((offset + 1, after))
        })
    })
    .is(WRONG)
    .over(PLACES),
    row("offset", "none, though a record fits", |draft, at| {
        let run = draft.run;
        let promised = run.history().promises().end_offset_includes_acknowledged;
        let (Some((asked, called)), Some(log)) = (question(draft, at), run.log_of(at)) else {
            return false;
        };
        // An answer may lack what was not known when it was asked for.
        let known = log.known_before(called).unwrap_or(-1);
        let fits = |offset: Offset| {
            let timestamp = log.timestamp(offset);
            offset <= known && timestamp.is_some_and(|timestamp| asked < 0 || timestamp >= asked)
        };
        promised
            && answered(draft, at, |seen| {
                let is_lie = seen.offset.is_some_and(fits);
                if is_lie {
                    *seen = OffsetForTimeSeen::default();
                }
                is_lie
            })
    })
    .is(WRONG)
    .over(PLACES),
    row("timestamp", "one higher", |draft, at| {
        named(draft, at, |log, _, offset, timestamp| {
            log.timestamp(offset)?;
            Some((offset, timestamp + 1))
        })
    })
    .is(WRONG)
    .over(PLACES),
    row("timestamp", "before the time asked for", |draft, at| {
        named(draft, at, |_, asked, offset, _| {
            (asked > 0).then_some((offset, asked - 1))
        })
    })
    .is(WRONG)
    .over(PLACES),
    row("outcome", "refused", |draft, at| {
        refused(draft, at, "NOT_LEADER_OR_FOLLOWER")
    })
    .once(Equivalent(
        "a refusal is no answer, and the next question is answered",
    ))
    .long(UNSERVED)
    .quiet(),
    row("error", "another code of a refusal", |draft, at| {
        let is_refused = matches!(draft.run.event(at).what, What::Fail(_));
        if let Some(completion) = completion_mut(&mut draft.events[at].what).filter(|_| is_refused)
        {
            completion.error = Some("LEADER_NOT_AVAILABLE".into());
        }
        is_refused
    })
    .is(Equivalent("a refusal is no answer, with whatever code")),
];

/// The time that was asked for, and when.
fn question(draft: &Draft<'_, '_>, at: usize) -> Option<(i64, Moment)> {
    let (invocation, called) = draft.run.call(at)?;
    match &invocation.call {
        Call::OffsetForTime(asked) => Some((asked.timestamp, called)),
        _ => None,
    }
}

fn answered(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut OffsetForTimeSeen) -> bool,
) -> bool {
    if !matches!(draft.run.event(at).what, What::Ok(_)) {
        return false;
    }
    match completion_mut(&mut draft.events[at].what).map(|completion| &mut completion.report) {
        Some(Report::OffsetForTime(seen)) => edit(seen),
        _ => false,
    }
}

/// Gives an answer that names a record the offset and timestamp that follow from the log, the time asked for, and what
/// it named; if there are such.
fn named(
    draft: &mut Draft<'_, '_>,
    at: usize,
    to: impl FnOnce(&Log, i64, Offset, i64) -> Option<(Offset, i64)>,
) -> bool {
    let run = draft.run;
    let (Some((asked, _)), Some(log)) = (question(draft, at), run.log_of(at)) else {
        return false;
    };
    answered(draft, at, |seen| {
        let (Some(offset), Some(timestamp)) = (seen.offset, seen.timestamp) else {
            return false;
        };
        let fresh = to(log, asked, offset, timestamp);
        if let Some((offset, timestamp)) = fresh {
            (seen.offset, seen.timestamp) = (Some(offset), Some(timestamp));
        }
        fresh.is_some()
    })
}

fn refused(draft: &mut Draft<'_, '_>, at: usize, error: &str) -> bool {
    let ok = answered(draft, at, |seen| {
        *seen = OffsetForTimeSeen::default();
        true
    });
    if ok {
        come_out(&mut draft.events[at], Outcome::Fail, Some(error));
    }
    ok
}
