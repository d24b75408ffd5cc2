//! A fault from its begin to its heal, and what it does to whom.

use super::fault::{FaultEvent, Link};
use super::ids::{Moment, NodeName};

/// A fault from begin to heal.
#[derive(Clone, Debug)]
pub struct Window {
    /// Its id: `k7`.
    pub id: String,
    /// The fault's name in the catalogue.
    pub kind: String,
    /// The nodes it was aimed at.
    pub targets: Vec<NodeName>,
    /// The links that it cuts.
    pub links: Vec<Link>,
    /// The role by which they were chosen.
    pub role: String,
    /// Whether they still had it.
    pub role_held: bool,
    /// Whether it affected the leader.
    pub affects_leader: bool,
    /// When its begin was called; it counts from here.
    pub called: Moment,
    /// When it was seen to have taken effect; none if it never did.
    pub begun: Option<Moment>,
    /// When it was healed; none if the history ends before.
    pub healed: Option<Moment>,
    /// Whether it was skipped: not counted.
    pub skipped: bool,
}

impl Window {
    pub(super) fn of(fault: &FaultEvent, begun: Option<Moment>, skipped: bool) -> Window {
        Window {
            id: fault.id.clone(),
            kind: fault.kind.clone(),
            targets: fault.targets.clone(),
            links: fault.links.clone(),
            role: fault.role.clone(),
            role_held: fault.role_held,
            affects_leader: fault.affects_leader,
            called: fault.called,
            begun,
            healed: None,
            skipped,
        }
    }

    /// Whether it took effect.
    pub fn took_effect(&self) -> bool {
        self.begun.is_some()
    }

    /// Its last moment, `margin` included; the end of time if it was never healed.
    pub fn end(&self, margin: Moment) -> Moment {
        self.healed
            .map_or(Moment::MAX, |healed| healed.saturating_add(margin))
    }

    /// Whether any of its time, `margin` after the heal included, lies between two moments.
    pub fn overlaps(&self, from: Moment, to: Moment, margin: Moment) -> bool {
        self.called <= to && from <= self.end(margin)
    }

    /// From its begin to its heal; none while it is not healed.
    pub fn length(&self) -> Option<Moment> {
        Some(self.healed?.saturating_sub(self.called))
    }

    /// Whether this node's process was stopped or killed by it.
    pub fn stops(&self, node: &str) -> bool {
        self.links.is_empty() && self.targets.iter().any(|target| target == node)
    }

    /// Whether it cuts the harness from this node in some direction.
    pub fn hides(&self, node: &str) -> bool {
        self.links.iter().any(|(from, to)| {
            (from == "clients" && to == node) || (to == "clients" && from == node)
        })
    }

    /// Whether it was aimed at this node, or cuts a link of it.
    pub fn touches(&self, node: &str) -> bool {
        let ends = |(from, to): &Link| from == node || to == node;
        self.targets.iter().any(|target| target == node) || self.links.iter().any(ends)
    }

    /// Whether it leaves no node that hears a majority, itself included, both ways.
    pub fn breaks_majority(&self, nodes: &[NodeName]) -> bool {
        Window::break_majority(&[self], nodes)
    }

    /// The same for several faults at once: a pause of one node and an isolation of another, each harmless, together
    /// leave three nodes without a majority.
    pub fn break_majority(windows: &[&Window], nodes: &[NodeName]) -> bool {
        Window::break_majority_without(None, windows, nodes)
    }

    /// The same where one node is missing for another reason: it is still starting.
    pub fn break_majority_without(
        missing: Option<&NodeName>,
        windows: &[&Window],
        nodes: &[NodeName],
    ) -> bool {
        let stopped = |node: &NodeName| windows.iter().any(|window| window.stops(node));
        let runs = |node: &NodeName| missing != Some(node) && !stopped(node);
        let cut = |from: &NodeName, to: &NodeName| {
            let cuts = |(a, b): &Link| a == from && b == to;
            windows.iter().any(|window| window.links.iter().any(cuts))
        };
        !nodes.iter().filter(|node| runs(node)).any(|node| {
            let hears = |other: &&NodeName| {
                *other == node || (runs(other) && !cut(node, other) && !cut(other, node))
            };
            nodes.iter().filter(hears).count() > nodes.len() / 2
        })
    }
}
