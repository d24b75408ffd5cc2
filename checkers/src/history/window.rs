//! A fault from its begin to its heal, and what it does to whom.

use super::fault::{DiskFault, DiskTrouble, FaultEvent, Link};
use super::header::Promises;
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
    /// The links that it makes worse without cutting them.
    pub disturbed: Vec<Link>,
    /// What it does to the disks of its targets.
    pub disk: Option<DiskTrouble>,
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
    /// When its heal was called; none if the history ends before.
    pub heal_called: Option<Moment>,
    /// Calls of its targets that failed because of it.
    pub calls_failed: u64,
    /// Whether it was skipped: not counted.
    pub skipped: bool,
    /// The least and the most that it added to the wall clocks of its targets, in ms; none if it moved no clocks.
    pub skew_ms: Option<(i64, i64)>,
    /// Whether its targets started again with nothing on their disks.
    pub wiped: bool,
}

impl Window {
    pub(crate) fn of(fault: &FaultEvent, begun: Option<Moment>, skipped: bool) -> Window {
        Window {
            id: fault.id.clone(),
            kind: fault.kind.clone(),
            targets: fault.targets.clone(),
            links: fault.links.clone(),
            disturbed: fault.disturbed.clone(),
            disk: fault.disk,
            role: fault.role.clone(),
            role_held: fault.role_held,
            affects_leader: fault.affects_leader,
            called: fault.called,
            begun,
            healed: None,
            heal_called: None,
            calls_failed: calls_failed(fault),
            skipped,
            skew_ms: fault.skew_ms,
            wiped: fault.wiped,
        }
    }

    /// Ends it. What clocks were moved by meanwhile, and how many calls failed, is known now.
    pub(super) fn heal(&mut self, fault: &FaultEvent, at: Moment) {
        (self.healed, self.heal_called) = (Some(at), Some(fault.called));
        self.calls_failed = self.calls_failed.max(calls_failed(fault));
        let both = self.skew_ms.zip(fault.skew_ms);
        self.skew_ms = both.map(|(a, b)| (a.0.min(b.0), a.1.max(b.1)));
    }

    /// Whether it acts on clients, and on no node.
    pub fn is_of_clients(&self) -> bool {
        let is_client = |target: &NodeName| {
            let number = target.strip_prefix('w');
            number.is_some_and(|number| number.parse::<u64>().is_ok())
        };
        self.role == "member" || (!self.targets.is_empty() && self.targets.iter().all(is_client))
    }

    /// Whether it moves wall clocks, and does nothing else.
    pub fn moves_clocks(&self) -> bool {
        self.skew_ms.is_some()
    }

    /// Whether it moves clocks by no more than the target states that it tolerates, so that it explains nothing.
    pub fn is_tolerated(&self, promises: &Promises) -> bool {
        let skew_ms = self.skew_ms.filter(|_| self.healed.is_some());
        let most = skew_ms.map(|(least, most)| least.unsigned_abs().max(most.unsigned_abs()));
        most.is_some_and(|most| {
            promises
                .tolerates_clock_skew_ms
                .is_some_and(|limit| most <= limit)
        })
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

    /// Whether this node's process was stopped or killed by it, or may have ended because its disk failed.
    pub fn stops(&self, node: &str) -> bool {
        let runs_on = matches!(
            self.disk_fault(),
            Some(DiskFault::SlowSync | DiskFault::LyingSync)
        ) || self.moves_clocks();
        !self.acts_on_links() && !runs_on && self.is_aimed_at(node)
    }

    /// What it does to disks.
    pub fn disk_fault(&self) -> Option<DiskFault> {
        self.disk.map(|disk| disk.fault)
    }

    /// Whether its targets lost power, with what they had not synced.
    pub fn loses_power(&self) -> bool {
        self.disk_fault() == Some(DiskFault::PowerLoss)
    }

    /// Whether this node's syncs take longer by it.
    pub fn slows_disk(&self, node: &str) -> bool {
        self.disk_fault() == Some(DiskFault::SlowSync) && self.is_aimed_at(node)
    }

    fn is_aimed_at(&self, node: &str) -> bool {
        self.targets.iter().any(|target| target == node)
    }

    /// Whether it cuts or disturbs links; otherwise it acts on processes.
    pub fn acts_on_links(&self) -> bool {
        self.each_link().next().is_some()
    }

    fn each_link(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().chain(&self.disturbed)
    }

    /// Whether it cuts the harness from this node in some direction, or disturbs what they say to each other.
    pub fn hides(&self, node: &str) -> bool {
        self.each_link().any(|(from, to)| {
            (from == "clients" && to == node) || (to == "clients" && from == node)
        })
    }

    /// Whether it was aimed at this node, or cuts or disturbs a link of it.
    pub fn touches(&self, node: &str) -> bool {
        let ends = |(from, to): &Link| from == node || to == node;
        self.is_aimed_at(node) || self.each_link().any(ends)
    }

    /// Whether it leaves no node that hears a majority, itself included, both ways. A node with a slow disk is none of
    /// them: what a majority has to make durable takes as long as its disks.
    pub fn breaks_majority(&self, nodes: &[NodeName]) -> bool {
        Window::break_majority(&[self], nodes)
    }

    /// The same for several faults at once: a pause of one node and an isolation of another, each harmless alone,
    /// together leave a cluster of three nodes without a majority.
    pub fn break_majority(windows: &[&Window], nodes: &[NodeName]) -> bool {
        Window::break_majority_without(None, windows, nodes)
    }

    /// The same where one node is missing for another reason: it is still starting.
    pub fn break_majority_without(
        missing: Option<&NodeName>,
        windows: &[&Window],
        nodes: &[NodeName],
    ) -> bool {
        let stopped = |node: &NodeName| {
            let mut windows = windows.iter();
            windows.any(|window| window.stops(node) || window.slows_disk(node))
        };
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

/// What was counted since the begin, in either step.
fn calls_failed(fault: &FaultEvent) -> u64 {
    let counted = |name: &str| fault.counters.get(name).copied().unwrap_or(0);
    counted("syncs_failed").saturating_add(counted("writes_failed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::FaultPhase;

    fn nodes(count: usize) -> Vec<NodeName> {
        (1..=count).map(|number| format!("n{number}")).collect()
    }

    fn window(targets: &[NodeName], links: Vec<Link>) -> Window {
        let fault = FaultEvent {
            phase: FaultPhase::Begun,
            targets: targets.to_vec(),
            links,
            ..FaultEvent::default()
        };
        Window::of(&fault, Some(1), false)
    }

    /// All links between two groups, both ways.
    fn between(one: &[NodeName], other: &[NodeName]) -> Vec<Link> {
        let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
        pairs
            .flat_map(|(a, b)| [(a.clone(), b.clone()), (b.clone(), a.clone())])
            .collect()
    }

    /// A majority is more than half of the nodes, however many there are.
    #[test]
    fn a_majority_is_more_than_half() {
        for count in 1..=9 {
            let nodes = nodes(count);
            for stopped in 0..=count {
                let window = window(&nodes[..stopped], Vec::new());
                let left = count - stopped;
                let broken = left < count / 2 + 1;
                assert_eq!(window.breaks_majority(&nodes), broken, "{left} of {count}");
                // A node that still starts is one less, unless it is stopped anyway.
                let last = &nodes[count - 1];
                let left = left - usize::from(stopped < count);
                let broken = left < count / 2 + 1;
                let without = Window::break_majority_without(Some(last), &[&window], &nodes);
                assert_eq!(without, broken, "{left} of {count}, one of them starting");
            }
        }
    }

    #[test]
    fn halves_leave_a_majority_only_to_the_larger_one() {
        for count in 2..=9 {
            let nodes = nodes(count);
            for split in 1..count {
                let (one, other) = nodes.split_at(split);
                let window = window(&[], between(one, other));
                let broken = split.max(count - split) < count / 2 + 1;
                assert_eq!(window.breaks_majority(&nodes), broken, "{split} of {count}");
            }
        }
    }

    /// A node whose links are slow runs, and hears a majority; clients may not hear it in time.
    #[test]
    fn a_disturbed_link_is_not_cut() {
        let nodes = nodes(3);
        let slow = FaultEvent {
            phase: FaultPhase::Begun,
            targets: nodes[..1].to_vec(),
            disturbed: between(&nodes[..1], &nodes[1..]),
            ..FaultEvent::default()
        };
        let slow = Window::of(&slow, Some(1), false);
        assert!(!slow.stops("n1") && !slow.breaks_majority(&nodes) && !slow.hides("n1"));
        assert!(slow.acts_on_links() && slow.touches("n1") && slow.touches("n3"));
        let clients = FaultEvent {
            disturbed: between(&nodes[..1], &["clients".to_owned()]),
            ..FaultEvent::default()
        };
        let clients = Window::of(&clients, Some(1), false);
        assert!(clients.hides("n1") && !clients.hides("n2") && !clients.stops("n1"));
        // Without links, the same targets are stopped.
        assert!(window(&nodes[..1], Vec::new()).stops("n1"));
    }

    /// A fault of a client is known by its role, also if it was skipped, and by its targets.
    #[test]
    fn a_fault_of_a_client_is_none_of_a_node() {
        let skipped = FaultEvent {
            role: "member".to_owned(),
            ..FaultEvent::default()
        };
        assert!(Window::of(&skipped, None, true).is_of_clients());
        assert!(window(&["w5".to_owned()], Vec::new()).is_of_clients());
        let both = ["w5".to_owned(), "n1".to_owned()];
        for nodes in [&[][..], &["n1".to_owned()], &["west".to_owned()], &both] {
            assert!(!window(nodes, Vec::new()).is_of_clients(), "{nodes:?}");
        }
    }

    /// A node whose disk is slow or lies runs; one whose disk fails may have ended.
    #[test]
    fn a_worse_disk_does_not_stop_a_node_unless_it_fails() {
        let nodes = nodes(3);
        let on = |fault, count| {
            let event = FaultEvent {
                targets: nodes[..count].to_vec(),
                disk: Some(DiskTrouble { fault, delay_ms: 0 }),
                ..FaultEvent::default()
            };
            Window::of(&event, Some(1), false)
        };
        for (fault, stops, needed) in [
            (DiskFault::SlowSync, false, true),
            (DiskFault::LyingSync, false, false),
            (DiskFault::FailingSync, true, true),
            (DiskFault::FailingWrite, true, true),
        ] {
            assert_eq!(on(fault, 1).stops("n1"), stops, "{fault:?}");
            assert!(on(fault, 1).touches("n1") && !on(fault, 1).touches("n2"));
            assert!(!on(fault, 1).breaks_majority(&nodes), "{fault:?}");
            assert_eq!(on(fault, 2).breaks_majority(&nodes), needed, "{fault:?}");
        }
        assert!(on(DiskFault::SlowSync, 1).slows_disk("n1"));
        assert!(!on(DiskFault::FailingSync, 1).slows_disk("n1"));
    }

    #[test]
    fn a_wrong_clock_stops_nobody_and_is_tolerated_as_stated() {
        let step = |skew_ms| FaultEvent {
            targets: vec!["n1".to_owned()],
            skew_ms,
            ..FaultEvent::default()
        };
        let mut window = Window::of(&step(Some((0, 100))), Some(1), false);
        assert!(!window.stops("n1") && window.touches("n1") && !window.breaks_majority(&nodes(1)));
        let promises = |tolerates_clock_skew_ms| Promises {
            tolerates_clock_skew_ms,
            ..Promises::default()
        };
        // How far it will go is not known yet.
        assert!(!window.is_tolerated(&promises(Some(1_000))));
        window.heal(&step(Some((-500, 100))), 9);
        assert_eq!(
            (window.skew_ms, window.healed),
            (Some((-500, 100)), Some(9))
        );
        assert!(window.is_tolerated(&promises(Some(500))));
        assert!(!window.is_tolerated(&promises(Some(499))));
        assert!(!window.is_tolerated(&promises(None)));
    }

    /// Five nodes bear a pause of one and the isolation of another together, three do not.
    #[test]
    fn faults_at_once_add_up() {
        for (count, broken) in [(3, true), (5, false)] {
            let nodes = nodes(count);
            let pause = window(&nodes[..1], Vec::new());
            let isolate = window(&nodes[1..2], between(&nodes[1..2], &nodes[2..]));
            assert!(!pause.breaks_majority(&nodes) && !isolate.breaks_majority(&nodes));
            assert_eq!(Window::break_majority(&[&pause, &isolate], &nodes), broken);
            let starting =
                Window::break_majority_without(nodes.last(), &[&pause, &isolate], &nodes);
            assert!(starting, "{count} nodes, one of them starting");
        }
    }
}
