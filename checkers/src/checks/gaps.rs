//! Gaps in acknowledgements, as the produce probe saw them, each with the limit that it is held to.
//!
//! A gap lasts from a fault's begin to the first acknowledgement of a record *sent after it*: an acknowledgement of an
//! older record says nothing about the new leader. Where the next fault begins before that, the gap is judged up to
//! there: what follows is the next fault's.

use super::away::Away;
use super::claims::{MS, margin, settle};
use super::prepared::Prepared;
use crate::history::{Call, Moment, Outcome, Phase, Window};
use crate::judgement::Gap;
use crate::verdict::{GapScope, Validity};

/// The gaps that are held to a limit, in the order of time.
pub(super) fn gaps(check: &Prepared<'_>) -> Vec<Gap> {
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
    of_faults(check, load_end, &mut add);
    between(check, (load, load_end), &mut add);
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
        if majority && window.affects_leader && window.called < load_end {
            let gap = (window.called, resumed(window.called));
            add(gap, GapScope::FailOver, limits.fail_over_ms, Some(window));
        }
        let hidden = majority && hides_leader(window) && !window.affects_leader;
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

/// Gaps between neighbouring acknowledgements that no rule of a fault covers.
fn between<'w>(check: &Prepared<'w>, (load, load_end): (Moment, Moment), add: Add<'_, 'w>) {
    let limits = check.history().limits();
    // Only what reaches beyond a quarter of a limit is worth a row.
    let least_ms = limits.gap_unaffected_ms.min(limits.gap_outside_faults_ms) / 4;
    let base = margin(check.history());
    let mut before = load;
    let moments = check
        .probe()
        .acknowledged
        .iter()
        .map(|a| a.at)
        .chain([load_end]);
    for next in moments.filter(|at| *at >= load) {
        let (from, to) = (before, next.min(load_end));
        before = before.max(next);
        if to.saturating_sub(from) / MS <= least_ms {
            continue;
        }
        let touching: Vec<&Window> = check
            .windows()
            .iter()
            .filter(|w| !w.skipped && w.overlaps(from, to, settle(check.history(), w, base)))
            .collect();
        let covered = touching.iter().any(|window| explains(check, window));
        if covered || Window::break_majority(&touching, check.nodes()) {
            continue;
        }
        let (scope, limit_ms) = match touching.first() {
            Some(_) => (GapScope::Unaffected, limits.gap_unaffected_ms),
            None => (GapScope::OutsideFaults, limits.gap_outside_faults_ms),
        };
        add((from, to), scope, limit_ms, touching.first().copied());
    }
}

/// Whether gaps in it are judged as fail-over or after its heal.
pub(super) fn explains(check: &Prepared<'_>, window: &Window) -> bool {
    let broken = || window.breaks_majority(check.nodes());
    !window.skipped
        && (window.affects_leader || !window.role_held || broken() || hides_leader(window))
}

fn hides_leader(window: &Window) -> bool {
    window.role != "follower" && window.targets.iter().any(|node| window.hides(node))
}
