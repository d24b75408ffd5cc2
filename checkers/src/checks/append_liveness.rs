//! `append-liveness`: every partition that is loaded accepts appends, as its own workers see it.
//!
//! `availability` measures with a probe on a topic of its own, so a partition that refused every append for ten
//! seconds, or for ever, was valid. Here each partition is held to the same limits by the appends that were tried on
//! it. Workers see less than a probe: their time-out is added to the limit. What they cannot see is a share: a
//! partition that acknowledges one append in a hundred has no long wait. So outside of faults hardly any append may
//! fail.

use super::Check;
use super::claims::MS;
use super::regimes::Regimes;
use super::stalls::{Series, Stall};
use super::view::{Place, evidence};
use crate::history::{Call, ClientOperation, Moment, Outcome, Phase};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

/// Fewer times at which appends began to fail prove nothing: one wait within its limit is many appends.
const TIMES_MIN: u64 = 10;
/// One in this many appends may fail outside of faults.
const REFUSED_ONE_IN: u64 = 10;

/// One partition's appends.
#[derive(Default)]
struct Tried {
    series: Series,
    calm: u64,
    refused: u64,
    /// How often one was refused after one that was not.
    times: u64,
    was_served: bool,
    first: Option<(Moment, u64)>,
    last: (Moment, u64),
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let regimes = check.regimes();
    let done = check.history().phase(Phase::Done).unwrap_or(Moment::MAX);
    let mut tried: Vec<Tried> = check.views().iter().map(|_| Tried::default()).collect();
    let mut longest_ms = 0;
    let mut appends = 0;
    let mut at = 0;
    for operation in check.operations() {
        let Call::Append(append) = operation.call else {
            continue;
        };
        if operation.called < regimes.begin() || operation.called >= done {
            continue;
        }
        let place = (append.topic.as_str(), append.partition);
        let Some(found) = check.view_at(place, at) else {
            continue;
        };
        at = found;
        appends += 1;
        let ended = operation.completed().unwrap_or(check.history().end());
        let stall = tried[at].take(regimes, operation, ended);
        tell(check, place, stall, &mut longest_ms, &mut verdict);
    }
    for (view, mut tried) in check.views().iter().zip(tried) {
        let stall = tried.series.end();
        tell(check, view.place, stall, &mut longest_ms, &mut verdict);
        share(check, view.place, &tried, &mut verdict);
    }
    verdict.figure("append_wait_ms_max", longest_ms, None, Unit::Milliseconds);
    check.saw(appends, "appends under load", &mut verdict);
    verdict
}

impl Tried {
    fn take(
        &mut self,
        regimes: &Regimes,
        operation: &ClientOperation<'_>,
        ended: Moment,
    ) -> Option<Stall> {
        let (called, id) = (operation.called, operation.id);
        let served = operation.outcome == Outcome::Ok;
        if regimes.is_calm(called, ended) {
            self.calm += 1;
            if !served {
                self.refused += 1;
                self.times += u64::from(self.was_served);
                self.first.get_or_insert((called, id));
                self.last = (ended, id);
            }
            self.was_served = served;
        }
        match served {
            true => self.series.served(called, ended, id),
            false => self.series.refused(called, ended, id),
        }
    }
}

fn tell(
    check: &Check<'_>,
    place: Place<'_>,
    stall: Option<Stall>,
    longest_ms: &mut u64,
    verdict: &mut Verdict,
) {
    let Some(stall) = stall else { return };
    *longest_ms = (*longest_ms).max(stall.to.saturating_sub(stall.from) / MS);
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
