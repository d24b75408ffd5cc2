//! Gaps in acknowledgements, as the produce probe saw them, each with the limit that it is held to.
//!
//! A gap lasts from a fault's begin to the first acknowledgement of a record *sent after it*: an acknowledgement of an
//! older record says nothing about the new leader. Where the next fault begins before that, the gap is judged up to
//! there: what follows is the next fault's. A fault that was asked for takes effect some milliseconds later, and the old
//! leader may acknowledge a record in between: a fail-over of 600 ms was shown as 13 ms. So the gap of a fault is the
//! longest of those that begin between the request and the moment at which its effect was seen.
//!
//! A fault has one fail-over. So every further gap near it is held to a limit of its own, that of a fail-over, because
//! the heal may move a leader once more; and a gap that begins before a fault and ends in it is held to the limit of the
//! time before. Ten seconds without any acknowledgement, which began a second after a fail-over in a window of eight
//! seconds, were valid before.

use super::away::Away;
use super::claims::{MS, margin, settle};
use super::prepared::Prepared;
use super::regimes::Regimes;
use super::unrest::{explains, hides_leader, outlasts_clients};
use crate::history::{Call, Moment, Outcome, Phase, Window};
use crate::judgement::Gap;
use crate::verdict::{GapScope, Validity};

/// The gaps that are held to a limit, in the order of time.
pub(super) fn gaps(check: &Prepared<'_>, regimes: &Regimes) -> Vec<Gap> {
    let load = check.history().phase(Phase::Load);
    let Some(load) = load.filter(|_| !check.probe().sent.is_empty()) else {
        return Vec::new();
    };
    let ended = check.history().phase(Phase::Recovery);
    let load_end = ended.unwrap_or(check.history().end());
    let failing = failing(check);
    let mut gaps = Vec::new();
    let mut add = |(from, to): (Moment, Moment), scope, limit_ms, window: Option<&Window>| {
        let length_ms = to.saturating_sub(from) / MS;
        let starved = || check.history().starved(from, to).is_some();
        let validity = match length_ms > limit_ms {
            false => Validity::Valid,
            true if starved() => Validity::Undecided,
            true => Validity::Invalid,
        };
        let before = failing.partition_point(|at| *at < from);
        gaps.push(Gap {
            from,
            to,
            length_ms,
            scope,
            limit_ms,
            fault: window.map(|window| window.id.clone()),
            failing: failing
                .partition_point(|at| *at <= to)
                .saturating_sub(before) as u64,
            validity,
        });
    };
    let mut judged = Vec::new();
    of_faults(check, load_end, &mut |gap, scope, limit_ms, window| {
        judged.push(gap);
        add(gap, scope, limit_ms, window);
    });
    let between = Between {
        check,
        regimes,
        judged,
    };
    between.add((load, load_end), &mut add);
    gaps.sort_by_key(|gap| (gap.from, gap.to));
    gaps
}

/// When appends of workers ended without an acknowledgement.
fn failing(check: &Prepared<'_>) -> Vec<Moment> {
    let appends = check.operations().iter().filter(|operation| {
        operation.outcome != Outcome::Ok && matches!(operation.call, Call::Append(_))
    });
    let mut failing: Vec<Moment> = appends
        .filter_map(|operation| operation.completed())
        .collect();
    let settled = check.history().settled();
    failing.extend(settled.iter().flat_map(|settled| &settled.failing));
    failing.sort_unstable();
    failing
}

type Add<'f, 'w> = &'f mut dyn FnMut((Moment, Moment), GapScope, u64, Option<&'w Window>);

/// Gaps from a fault's begin, or from the heal of what left no majority.
fn of_faults<'w>(check: &Prepared<'w>, load_end: Moment, add: Add<'_, 'w>) {
    let limits = check.history().limits();
    let last = check
        .probe()
        .acknowledged
        .last()
        .map_or(load_end, |last| last.at);
    let resumed = |from: Moment| {
        let next = check
            .windows()
            .iter()
            .filter(|w| w.called > from && explains(check, w));
        let next = next.map(|w| w.called).min().unwrap_or(Moment::MAX);
        check
            .probe()
            .first_after(from)
            .unwrap_or(last.max(load_end))
            .min(next)
    };
    let after_heal_ms = |window: &Window| {
        limits
            .fail_over_ms
            .saturating_add(settle(check.history(), window, 0) / MS)
    };
    let away = Away::of(check);
    for window in check.windows().iter().filter(|window| window.took_effect()) {
        let at_once = at_once(check, window);
        let majority = !Window::break_majority(&at_once, check.nodes());
        // With a node that still starts, this fault may leave no majority: then no fail-over can be asked for.
        if majority && let Some(again) = away.majority_again(window, &at_once) {
            if again < load_end {
                let gap = (again, resumed(again));
                add(
                    gap,
                    GapScope::AfterHeal,
                    after_heal_ms(window),
                    Some(window),
                );
            }
            continue;
        }
        let outlasts = outlasts_clients(check, window);
        if majority && window.affects_leader && !outlasts && window.called < load_end {
            let seen = window.begun.unwrap_or(window.called).min(load_end);
            let acknowledged = check.probe().between(window.called, seen);
            let begins = std::iter::once(window.called).chain(acknowledged);
            let gaps = begins.map(|from| (from, resumed(from).max(from)));
            let longest = gaps.max_by_key(|(from, to)| (to - from, std::cmp::Reverse(*from)));
            if let Some(gap) = longest {
                add(gap, GapScope::FailOver, limits.fail_over_ms, Some(window));
            }
        }
        let hidden = majority && (outlasts || (hides_leader(window) && !window.affects_leader));
        let last_heal = at_once.iter().map(|w| w.end(0)).max();
        if let Some(healed) = window.healed.filter(|_| !majority || hidden)
            && (hidden || last_heal == Some(healed))
            && healed < load_end
        {
            add(
                (healed, resumed(healed)),
                GapScope::AfterHeal,
                after_heal_ms(window),
                Some(window),
            );
        }
    }
}

/// The windows whose time overlaps a window's, itself among them.
fn at_once<'w>(check: &Prepared<'w>, window: &Window) -> Vec<&'w Window> {
    let ran = check.windows().iter().filter(|other| other.took_effect());
    ran.filter(|other| other.called < window.end(0) && window.called < other.end(0))
        .collect()
}

/// Gaps between neighbouring acknowledgements that are not the first ones after a fault.
struct Between<'c, 'w> {
    check: &'c Prepared<'w>,
    regimes: &'c Regimes,
    /// What is judged as a fault's own gap.
    judged: Vec<(Moment, Moment)>,
}

impl<'w> Between<'_, 'w> {
    fn add(&self, (load, load_end): (Moment, Moment), add: Add<'_, 'w>) {
        let limits = self.check.history().limits();
        // Only what reaches beyond a quarter of a limit is worth a row.
        let least_ms = limits.gap_unaffected_ms.min(limits.gap_outside_faults_ms) / 4;
        let base = margin(self.check.history());
        let mut before = load;
        let acknowledged = self.check.probe().acknowledged.iter();
        let moments = acknowledged.map(|a| a.at).chain([load_end]);
        for next in moments.filter(|at| *at >= load) {
            let (from, to) = (before, next.min(load_end));
            before = before.max(next);
            if to.saturating_sub(from) / MS <= least_ms {
                continue;
            }
            let settled = |w: &&Window| settle(self.check.history(), w, base);
            let windows = self.check.windows().iter().filter(|w| !w.skipped);
            let touching: Vec<&Window> = windows
                .filter(|w| w.overlaps(from, to, settled(w)))
                .collect();
            let explained = touching.iter().any(|window| explains(self.check, window));
            if explained || Window::break_majority(&touching, self.check.nodes()) {
                self.beside((from, to), &touching, add);
                continue;
            }
            let (scope, limit_ms) = match touching.first() {
                Some(_) => (GapScope::Unaffected, limits.gap_unaffected_ms),
                None => (GapScope::OutsideFaults, limits.gap_outside_faults_ms),
            };
            add((from, to), scope, limit_ms, touching.first().copied());
        }
    }

    /// What of a gap near such faults is not the faults' own gaps: the time before the first and after the last of them, or
    /// all of it. Only what is too long is worth a row.
    fn beside(&self, (from, to): (Moment, Moment), touching: &[&'w Window], add: Add<'_, 'w>) {
        let own = self
            .judged
            .iter()
            .filter(|(begin, end)| *begin < to && from < *end);
        let (first, last) = own.fold((to, from), |(first, last), (begin, end)| {
            (first.min(*begin), last.max(*end))
        });
        let parts = [(from, first), (last.max(first), to)];
        for (from, to) in parts.into_iter().filter(|(from, to)| from < to) {
            let Some(excess) = self.regimes.excess(from, to, 0) else {
                continue;
            };
            let window = touching.iter().rev().find(|w| w.called <= excess.from);
            add(
                (excess.from, excess.to),
                excess.scope,
                excess.limit_ms,
                window.copied(),
            );
        }
    }
}
