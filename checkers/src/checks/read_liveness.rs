//! `read-liveness`: consumers are given what was acknowledged.
//!
//! An empty poll is never an observation of a log's content. It is one of liveness where the consumer stood before a
//! record that was known to exist when it polled. A partition of which no consumer gets anything for longer than the
//! limit has a gap like any other, whether polls come back empty or fail; a single consumer that gets nothing of it for
//! longer than a new one needs is reported too (a real broker left one client without records for a day). Records that
//! others were given before are no sign of life: somebody must be given what is new.

use std::collections::BTreeMap;

use super::Check;
use super::claims::MS;
use super::disks::{ROT_MARGIN, rotten};
use super::stalls::Stall;
use super::tally::Waiting;
use super::transactions::open_too_long;
use super::view::{Place, evidence};
use crate::history::{Moment, WorkerId};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

/// How much longer than a partition a single consumer may get nothing, in ms: its connection may stall while others are
/// served.
const ALONE_MS: u64 = 10_000;

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let tally = check.tally();
    let polls = &tally.polls;
    let mut longest = polls.longest;
    // Where nobody is given anything, nobody is given what is new: one finding is enough.
    let mut told: BTreeMap<Place<'_>, Moment> = BTreeMap::new();
    for (place, worker, stall, waiting) in &polls.stalls {
        let place = tally.names.place(*place);
        if worker.is_some() {
            tell(check, place, *worker, (stall, waiting), &mut verdict);
        } else if told.get(&place).is_none_or(|to| stall.from >= *to)
            && tell(check, place, None, (stall, waiting), &mut verdict)
        {
            told.insert(place, stall.to);
        }
    }
    for view in check.views() {
        let ended = tally.names.find(view.place).map(|at| polls.end(at));
        for (stall, waiting) in ended.into_iter().flatten() {
            longest = longest.max(stall.to.saturating_sub(stall.from));
            if told.get(&view.place).is_none_or(|to| stall.from >= *to)
                && tell(check, view.place, None, (&stall, waiting), &mut verdict)
            {
                told.insert(view.place, stall.to);
            }
        }
    }
    let alone = polls.end_alone();
    let mut alone: Vec<_> = alone
        .map(|(worker, place, stall, waiting)| (worker, tally.names.place(place), stall, waiting))
        .collect();
    alone.sort_by_key(|(worker, place, ..)| (*worker, *place));
    for (worker, place, stall, waiting) in alone {
        tell(check, place, Some(worker), (&stall, waiting), &mut verdict);
    }
    verdict.figure("read_wait_ms_max", longest / MS, None, Unit::Milliseconds);
    verdict.saw("polls under load", polls.count);
    // A run of which no consumer was given anything is not valid, whoever was to blame.
    check.saw(polls.given, "records polled under load", &mut verdict);
    verdict
}

/// The parts of a wait in which no disk returned flipped bits. What a client refuses because of its checksum it refuses until the
/// disk is right again, and no consumer passes it.
fn on_sound_disks(check: &Check<'_>, stall: &Stall) -> Vec<Stall> {
    let rotten = rotten(check, stall.from, stall.to);
    let rotten: Vec<_> = rotten.map(|w| (w.called, w.end(ROT_MARGIN))).collect();
    let begin = rotten.iter().map(|(begin, _)| *begin).min();
    let end = rotten.iter().map(|(_, end)| *end).max();
    let (Some(begin), Some(end)) = (begin, end) else {
        return vec![*stall];
    };
    let parts = [(stall.from, begin), (end, stall.to)].into_iter();
    let parts = parts.filter(|(from, to)| from < to);
    parts.map(|(from, to)| stall.part(from, to)).collect()
}

/// Reports a wait if it is too long, and returns whether it is.
fn tell(
    check: &Check<'_>,
    place: Place<'_>,
    worker: Option<WorkerId>,
    (stall, waiting): (&Stall, &Waiting),
    verdict: &mut Verdict,
) -> bool {
    let parts = on_sound_disks(check, stall);
    let Some(excess) = parts.iter().find_map(|part| part.excess(check.regimes())) else {
        return false;
    };
    let alone_ms = worker.map_or(0, |_| ALONE_MS);
    // A consumer of committed records waits before the first open transaction, and a producer that fell silent leaves one
    // open until its time-out. In a run of half a minute that was twice 6 s, of a correct broker.
    let open_ms = open_too_long::limit_ms(check).unwrap_or(0);
    let limit_ms = excess.limit_ms.saturating_add(alone_ms).max(open_ms);
    if excess.length_ms() <= limit_ms {
        return false;
    }
    let finding = Finding::ReadsStalled {
        consumer: worker,
        scope: excess.scope,
        position: waiting.position,
        polls: stall.tries,
        errors: waiting.errors,
        error: waiting.error.as_deref().map(str::to_owned),
        length_ms: excess.length_ms(),
        limit_ms,
        ended: stall.ended,
    };
    let evidence = Evidence {
        window: Some((excess.from, excess.to)),
        ..evidence(place, &[stall.first, stall.last], &[waiting.position])
    };
    let beyond_ms = excess.length_ms().saturating_sub(limit_ms);
    let stretch = (excess.from, excess.to);
    check.unless_starved_by(beyond_ms, finding, evidence, stretch, verdict);
    true
}
