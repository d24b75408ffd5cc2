//! What a partition may be asked for at each time of the load: nothing while no majority is left, a fail-over under a
//! fault that affects a leader, service at all other times. The limits are those of the produce probe's gaps; here they
//! hold for whatever was tried at that time.

use super::away::Away;
use super::claims::{CONNECT_MS, MS, margin, settle};
use super::prepared::Prepared;
use super::unrest::{explains, outlasts_clients};
use crate::history::{Moment, Phase, Window};
use crate::verdict::GapScope;

/// A stretch of the load in which one rule holds.
#[derive(Clone, Debug)]
pub(super) struct Regime {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) scope: GapScope,
    /// How long nothing may come; none where nothing can be asked for.
    pub(super) limit_ms: Option<u64>,
    /// Whether a fault that may move leaders begins here, so that waiting starts anew.
    begins: bool,
}

/// The rules of a run, in the order of time, without holes from the load's begin to the end of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Regimes(Vec<Regime>);

/// A wait that is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) scope: GapScope,
    pub(super) limit_ms: u64,
}

impl Excess {
    pub(super) fn length_ms(&self) -> u64 {
        self.to.saturating_sub(self.from) / MS
    }
}

impl Regimes {
    pub(super) fn of(check: &Prepared<'_>) -> Regimes {
        let history = check.history();
        let begin = history.phase(Phase::Load).unwrap_or(0);
        let end = history.phase(Phase::Done).unwrap_or(history.end());
        let base = margin(history);
        let ran: Vec<&Window> = check.windows().iter().filter(|w| !w.skipped).collect();
        let starting = still_starting(check, &ran);
        let after = |w: &Window| w.end(settle(history, w, base));
        let mut bounds: Vec<Moment> = vec![begin];
        for window in &ran {
            bounds.extend([window.called, window.end(0), after(window)]);
        }
        bounds.extend(starting.iter().flat_map(|(from, to)| [*from, *to]));
        bounds.retain(|at| (begin..end).contains(at));
        bounds.sort_unstable();
        bounds.dedup();
        let limits = history.limits();
        let regime = |(at, from): (usize, &Moment)| {
            let from = *from;
            let to = bounds.get(at + 1).copied().unwrap_or(end.max(begin));
            let near: Vec<&Window> = ran
                .iter()
                .copied()
                .filter(|w| w.called <= from && from < after(w))
                .collect();
            let during: Vec<&Window> = near.iter().copied().filter(|w| from < w.end(0)).collect();
            let hidden = during.iter().any(|w| {
                check.nodes().iter().any(|node| w.hides(node)) || outlasts_clients(check, w)
            });
            let starting = starting.iter().any(|(a, b)| *a <= from && from < *b);
            let nothing = hidden || starting || Window::break_majority(&during, check.nodes());
            let back_off_ms = near.iter().map(|w| settle(history, w, 0) / MS).max();
            let back_off_ms = back_off_ms.unwrap_or(0);
            let moving = near.iter().any(|w| explains(check, w));
            let (scope, limit_ms) = match (near.is_empty(), moving) {
                (true, _) => (GapScope::OutsideFaults, limits.gap_outside_faults_ms),
                (_, true) => (GapScope::FailOver, limits.fail_over_ms),
                (_, false) => (GapScope::Unaffected, limits.gap_unaffected_ms),
            };
            Regime {
                from,
                to,
                scope,
                limit_ms: (!nothing).then_some(limit_ms.saturating_add(back_off_ms)),
                begins: near.iter().any(|w| w.called == from && explains(check, w)),
            }
        };
        Regimes(bounds.iter().enumerate().map(regime).collect())
    }

    /// The first part of a wait that is longer than it may be: each part held to the most lenient rule that it touches;
    /// and what lies outside of fail-overs, by itself, because a fail-over is over by then. `blind_ms` is how long the one
    /// who waited could not see that the wait was over; under a fault that moves leaders it counts twice, because a client
    /// may be told of the old leader once more.
    pub(super) fn excess(&self, from: Moment, to: Moment, blind_ms: u64) -> Option<Excess> {
        let all = self.first_excess(from, to, blind_ms, |_| true);
        all.or_else(|| {
            self.first_excess(from, to, blind_ms, |regime| {
                regime.scope != GapScope::FailOver
            })
        })
    }

    fn first_excess(
        &self,
        from: Moment,
        to: Moment,
        blind_ms: u64,
        counts: impl Fn(&Regime) -> bool,
    ) -> Option<Excess> {
        let first = self.0.partition_point(|regime| regime.to <= from);
        let mut open: Option<Excess> = None;
        for regime in self.0[first..].iter().take_while(|r| r.from < to) {
            let Some(limit_ms) = regime.limit_ms.filter(|_| counts(regime)) else {
                if let Some(found) = open.take().filter(|part| too_long(part, blind_ms)) {
                    return Some(found);
                }
                continue;
            };
            if regime.begins
                && let Some(found) = open.take().filter(|part| too_long(part, blind_ms))
            {
                return Some(found);
            }
            let part = open.get_or_insert(Excess {
                from: regime.from.max(from),
                to: regime.from.max(from),
                scope: regime.scope,
                limit_ms,
            });
            part.to = regime.to.min(to);
            if limit_ms > part.limit_ms {
                (part.limit_ms, part.scope) = (limit_ms, regime.scope);
            }
        }
        open.filter(|part| too_long(part, blind_ms))
    }

    /// Whether nothing was wrong from one moment to another.
    pub(super) fn is_calm(&self, from: Moment, to: Moment) -> bool {
        let first = self.0.partition_point(|regime| regime.to <= from);
        let mut touched = self.0[first..].iter().take_while(|r| r.from <= to);
        self.0.first().is_some_and(|first| first.from <= from)
            && touched.all(|r| r.scope == GapScope::OutsideFaults && r.limit_ms.is_some())
    }

    /// Until when nothing is wrong, from a moment on; that moment itself if something is.
    pub(super) fn calm_until(&self, from: Moment) -> Moment {
        let first = self.0.partition_point(|regime| regime.to <= from);
        let calm = self.0[first..]
            .iter()
            .take_while(|r| r.scope == GapScope::OutsideFaults && r.limit_ms.is_some());
        let begun = self.0.first().is_some_and(|first| first.from <= from);
        let last = calm.last().filter(|_| begun);
        last.map_or(from, |regime| regime.to)
    }

    /// When the rules begin: with the load.
    pub(super) fn begin(&self) -> Moment {
        self.0.first().map_or(0, |regime| regime.from)
    }
}

fn too_long(part: &Excess, blind_ms: u64) -> bool {
    let times = if part.scope == GapScope::FailOver {
        2
    } else {
        1
    };
    let blind_ms = blind_ms.saturating_mul(times).saturating_add(CONNECT_MS);
    part.length_ms() > part.limit_ms.saturating_add(blind_ms)
}

/// Stretches in which a node that was killed before leaves no majority, because it is still starting.
fn still_starting(check: &Prepared<'_>, ran: &[&Window]) -> Vec<(Moment, Moment)> {
    let away = Away::of(check);
    let again = |window: &&Window| {
        let at_once: Vec<&Window> = ran
            .iter()
            .copied()
            .filter(|w| w.took_effect() && w.called < window.end(0) && window.called < w.end(0))
            .collect();
        let until = away.majority_again(window, &at_once)?;
        Some((window.called, until))
    };
    let took_effect = ran.iter().copied().filter(|w| w.took_effect());
    took_effect.filter_map(|w| again(&w)).collect()
}
