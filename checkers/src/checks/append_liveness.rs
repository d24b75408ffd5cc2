//! `append-liveness`: every partition that is loaded accepts appends, as its own workers see it.
//!
//! `availability` measures with a probe on a topic of its own, so a partition that refused every append for ten
//! seconds, or for ever, was valid. Here each partition is held to the same limits by the appends that were tried on
//! it. Workers see less than a probe: their time-out is added to the limit. What they cannot see is a share: a
//! partition that acknowledges one append in a hundred has no long wait. So outside of faults hardly any append may
//! fail. And a partition that never acknowledged anything is held to the limit by its first append, however long that
//! waited: idempotent producers that never got an id had one append each, which ended after the run.

use super::Check;
use super::claims::MS;
use super::stalls::Stall;
use super::tally::{Never, Tried};
use super::view::{Place, evidence};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

/// Fewer times at which appends began to fail prove nothing: one wait within its limit is many appends.
const TIMES_MIN: u64 = 10;
/// One in this many appends may fail outside of faults.
const REFUSED_ONE_IN: u64 = 10;

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let tally = check.tally();
    let appends = &tally.appends;
    let mut longest = appends.longest;
    for (place, stall) in &appends.stalls {
        tell(check, tally.names.place(*place), stall, &mut verdict);
    }
    for view in check.views() {
        let Some(place) = tally.names.find(view.place) else {
            continue;
        };
        if let Some(stall) = appends.end(place) {
            longest = longest.max(stall.to.saturating_sub(stall.from));
            tell(check, view.place, &stall, &mut verdict);
        }
        if let Some(tried) = appends.tried.get(place as usize) {
            share(check, view.place, tried, &mut verdict);
            never(check, view.place, &tried.never, &mut verdict);
        }
    }
    verdict.figure("append_wait_ms_max", longest / MS, None, Unit::Milliseconds);
    check.saw(appends.count, "appends under load", &mut verdict);
    verdict
}

fn tell(check: &Check<'_>, place: Place<'_>, stall: &Stall, verdict: &mut Verdict) {
    let Some(excess) = stall.excess(check.regimes()) else {
        return;
    };
    let finding = Finding::AppendsStalled {
        scope: excess.scope,
        tries: stall.tries,
        length_ms: excess.length_ms(),
        limit_ms: excess.limit_ms,
        ended: stall.ended,
    };
    let evidence = Evidence {
        window: Some((excess.from, excess.to)),
        ..evidence(place, &[stall.first, stall.last], &[])
    };
    check.unless_starved(finding, evidence, excess.from, excess.to, verdict);
}

/// A partition that never acknowledged anything. Behind a fault an append may wait for its time-out although others are
/// served, so only the time from its call to the next fault counts.
fn never(check: &Check<'_>, place: Place<'_>, never: &Never, verdict: &mut Verdict) {
    let Some((from, to, id)) = never.longest.filter(|_| !never.acknowledged) else {
        return;
    };
    let Some(excess) = check.regimes().excess(from, to, 0) else {
        return;
    };
    let finding = Finding::AppendsStalled {
        scope: excess.scope,
        tries: never.tries,
        length_ms: excess.length_ms(),
        limit_ms: excess.limit_ms,
        ended: false,
    };
    let evidence = Evidence {
        window: Some((excess.from, excess.to)),
        ..evidence(place, &[id], &[])
    };
    check.unless_starved(finding, evidence, excess.from, excess.to, verdict);
}

fn share(check: &Check<'_>, place: Place<'_>, tried: &Tried, verdict: &mut Verdict) {
    let (Some((from, first)), (to, last)) = (tried.first, tried.last) else {
        return;
    };
    let many = tried.refused.saturating_mul(REFUSED_ONE_IN) > tried.calm;
    if tried.times < TIMES_MIN || !many {
        return;
    }
    let finding = Finding::AppendsRefused {
        tries: tried.calm,
        refused: tried.refused,
    };
    let evidence = Evidence {
        window: Some((from, to)),
        ..evidence(place, &[first, last], &[])
    };
    check.unless_starved(finding, evidence, from, to, verdict);
}
