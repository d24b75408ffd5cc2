//! What decides about a call beside itself: what could be asked for at that time, and which faults were near.

use std::collections::BTreeMap;

use crate::checks::claims::{MS, margin, settle};
use crate::checks::prepared::Prepared;
use crate::checks::regimes::Regimes;
use crate::history::{Moment, Phase, Window};

/// The faults and phases that are known.
pub(crate) struct Context<'c> {
    pub(super) regimes: &'c Regimes,
    /// When the run had ended.
    pub(super) done: Moment,
    /// The time of the last line.
    pub(super) end: Moment,
    pub(super) recovery: Moment,
    /// Begin, end and number of each window, by their begins; and the latest end of all up to each.
    windows: Vec<(Moment, Moment, u32)>,
    latest: Vec<Moment>,
    /// When windows that took effect were healed, in order.
    heals: Vec<Moment>,
    /// For each node, when some fault of it excuses what fails at it: in order and apart.
    held: BTreeMap<&'c str, Vec<(Moment, Moment)>>,
}

impl<'c> Context<'c> {
    pub(in crate::checks) fn of(check: &'c Prepared<'_>, regimes: &'c Regimes) -> Context<'c> {
        let history = check.history();
        let all = check.windows();
        let numbered = all.iter().zip(0_u32..);
        let mut windows: Vec<(Moment, Moment, u32)> =
            numbered.map(|(w, at)| (w.called, w.end(0), at)).collect();
        windows.sort_unstable();
        let mut last = 0;
        let latest = windows.iter().map(|(_, end, _)| {
            last = last.max(*end);
            last
        });
        let latest = latest.collect();
        let heals = all.iter().filter(|window| window.took_effect());
        let mut heals: Vec<Moment> = heals.filter_map(|window| window.healed).collect();
        heals.sort_unstable();
        let base = margin(history).saturating_add(history.limits().response_ms.saturating_mul(MS));
        let stretch = |window: &Window| (window.called, window.end(settle(history, window, base)));
        let held = check.nodes().iter().map(|node| {
            let of_node = all.iter().filter(|w| !w.skipped && w.touches(node));
            (node.as_str(), merged(of_node.map(stretch).collect()))
        });
        Context {
            regimes,
            done: history.phase(Phase::Done).unwrap_or(Moment::MAX),
            end: history.end(),
            recovery: history.phase(Phase::Recovery).unwrap_or(Moment::MAX),
            windows,
            latest,
            heals,
            held: held.collect(),
        }
    }

    /// Whether a call is one of the load.
    pub(super) fn in_time(&self, called: Moment) -> bool {
        (self.regimes.begin()..self.done).contains(&called)
    }

    /// Whether a fault of the node itself excuses what fails at it.
    pub(super) fn holds(&self, node: &str, at: Moment) -> bool {
        let stretches = self.held.get(node).map_or(&[][..], Vec::as_slice);
        let after = stretches.partition_point(|(from, _)| *from <= at);
        after
            .checked_sub(1)
            .is_some_and(|before| stretches[before].1 >= at)
    }

    /// The windows that a moment lies in, with their ends.
    pub(super) fn windows_at(&self, at: Moment) -> impl Iterator<Item = (u32, Moment)> {
        let begun = self.windows.partition_point(|(begin, ..)| *begin <= at);
        let open = (0..begun).rev().take_while(move |n| self.latest[*n] > at);
        let open = open.map(|n| self.windows[n]);
        let open = open.filter(move |(_, end, _)| *end > at);
        open.map(|(_, end, number)| (number, end))
    }

    /// The last heal up to a moment.
    pub(super) fn heal(&self, at: Moment) -> Option<Moment> {
        let healed = self.heals.partition_point(|heal| *heal <= at);
        healed.checked_sub(1).map(|last| self.heals[last])
    }
}

/// Stretches in order, joined where they touch.
fn merged(mut stretches: Vec<(Moment, Moment)>) -> Vec<(Moment, Moment)> {
    stretches.sort_unstable();
    let mut merged: Vec<(Moment, Moment)> = Vec::with_capacity(stretches.len());
    for (from, to) in stretches {
        match merged.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => merged.push((from, to)),
        }
    }
    merged
}
