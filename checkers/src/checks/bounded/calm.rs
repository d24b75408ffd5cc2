//! Answers of probes while nothing happens. In a calm stretch all nodes answer, name the same leader of every partition
//! and of the quorum, and no fault, phase, process or topic changes. Then an answer says nothing but that it came: it
//! is counted and forgotten, except within some seconds of whatever ends the calm. No check looks back for longer than
//! an answer is fresh, which is a second.

use crate::checks::cluster_shape::{Known, identified, shown_rightly};
use crate::checks::replicas_in_sync::shown_whole;
use crate::history::{Answers, Event, Header, Moment, Observation, PartitionClaim, Seen, What};

/// How near to something else an answer stays.
const NEAR: Moment = 2_000_000_000;

/// What was forgotten of observations.
#[derive(Debug, Default)]
pub(super) struct Calm {
    pub(super) answers: Answers,
    /// Records of the produce probe.
    pub(super) produced: Vec<(Moment, Moment)>,
    pub(super) appended: Vec<(u64, Moment, Moment, i64)>,
    /// What there was of the cluster, by which answers were forgotten.
    known: Option<Known>,
}

/// What all nodes say.
struct Said<'e> {
    partitions: Option<&'e [PartitionClaim]>,
    quorum: Option<(i32, i32)>,
    replicas: Option<&'e Seen>,
}

impl Calm {
    /// Marks what can be forgotten of events before some moment. `loaded` is when the load began, `done` when the run
    /// had ended.
    pub(super) fn thin(
        &mut self,
        header: &Header,
        known: Known,
        events: &[Event],
        (loaded, done): (Option<Moment>, Option<Moment>),
        before: Moment,
        drop: &mut [bool],
    ) {
        let unrest = unrest(header, events);
        let right = self.known.as_ref().is_none_or(|before| *before == known);
        // Answers repeat each other.
        let mut last: Option<(&Seen, Option<u64>)> = None;
        let mut forgotten = false;
        let loaded = loaded.unwrap_or(Moment::MAX);
        let done = done.unwrap_or(Moment::MAX);
        for (event, drop) in events.iter().zip(drop) {
            let What::Observation(observed) = &event.what else {
                continue;
            };
            match observed.seen {
                Seen::Produce {
                    appended_ago_ms, ..
                } => {
                    let at = if observed.answered {
                        event.t
                    } else {
                        Moment::MAX
                    };
                    self.produced.push((observed.called, at));
                    let ago_ms = appended_ago_ms.filter(|_| observed.answered);
                    let appended = ago_ms.map(|ms| (event.i, observed.called, at, ms));
                    self.appended.extend(appended);
                    *drop = true;
                }
                // It was counted when it was taken.
                Seen::Delivery { .. } => *drop = true,
                Seen::Content {
                    compared,
                    ref altered,
                } => {
                    if altered.is_empty() {
                        let known = self.answers.compared.unwrap_or(0);
                        self.answers.compared = Some(known.saturating_add(compared));
                        *drop = true;
                    }
                }
                Seen::Metadata { .. } | Seen::Quorum { .. } | Seen::Replicas { .. } => {
                    let from = observed.called.saturating_sub(NEAR);
                    let to = event.t.saturating_add(NEAR);
                    let near = unrest.partition_point(|at| *at < from);
                    let calm = unrest.get(near).is_none_or(|at| *at > to);
                    if !(right && calm && to < before && observed.called >= loaded && to < done) {
                        continue;
                    }
                    let shown = match last {
                        Some((seen, shown)) if *seen == observed.seen => shown,
                        _ if matches!(observed.seen, Seen::Replicas { .. }) => {
                            shown_whole(header, observed).map(|_| identified(&known, observed))
                        }
                        _ => shown_rightly(&known, observed),
                    };
                    last = Some((&observed.seen, shown));
                    if let Some(shown) = shown {
                        self.count(header, observed);
                        self.answers.shown += shown;
                        (*drop, forgotten) = (true, true);
                    }
                }
                Seen::Controller { .. }
                | Seen::Features { .. }
                | Seen::Process { .. }
                | Seen::Coordinator { .. }
                | Seen::Group { .. }
                | Seen::Transactions { .. }
                | Seen::Producers { .. }
                | Seen::Unknown => {}
            }
        }
        if forgotten {
            self.known = Some(known);
        }
    }

    /// Whether what there is of the cluster is what was known when answers were forgotten.
    pub(super) fn fits(&self, known: &Known) -> bool {
        self.known.as_ref().is_none_or(|before| before == known)
    }

    fn count(&mut self, header: &Header, observed: &Observation) {
        match &observed.seen {
            Seen::Metadata {
                partitions,
                brokers,
            } => {
                self.answers.listing += u64::from(!brokers.is_empty());
                for broker in brokers {
                    *self.answers.listed.entry(*broker).or_default() += 1;
                }
                let own = |claim: &&PartitionClaim| {
                    let leader = claim.leader().and_then(|id| name(header, id));
                    leader == Some(&observed.node) && claim.epoch().is_some()
                };
                self.answers.metadata += 1;
                self.answers.rows += partitions.len() as u64;
                self.answers.claims += partitions.iter().filter(own).count() as u64;
            }
            Seen::Quorum { voters, .. } => {
                self.answers.quorum += 1;
                if !voters.is_empty() {
                    let voters = voters.iter().copied().collect();
                    *self.answers.voters.entry(voters).or_default() += 1;
                }
            }
            Seen::Replicas { partitions, .. } => self.answers.replicas += partitions.len() as u64,
            _ => {}
        }
    }
}

fn name(header: &Header, id: i32) -> Option<&str> {
    let at = usize::try_from(id).ok()?.checked_sub(1)?;
    header.nodes.get(at).map(|node| node.name.as_str())
}

/// The moments at which something happened, or an answer was not like the one before it.
fn unrest(header: &Header, events: &[Event]) -> Vec<Moment> {
    let mut unrest = Vec::new();
    let mut said = Said {
        partitions: None,
        quorum: None,
        replicas: None,
    };
    for event in events {
        match &event.what {
            What::Observation(observed) if !said.again(header, observed) => {
                unrest.extend([observed.called, event.t]);
            }
            What::Fault(fault) => {
                unrest.extend([fault.called, event.t]);
            }
            What::Topic(_)
            | What::Node(_)
            | What::Client(_)
            | What::Shortage(_)
            | What::Phase(_) => {
                unrest.push(event.t);
            }
            _ => {}
        }
    }
    unrest.sort_unstable();
    unrest
}

impl<'e> Said<'e> {
    /// Whether an answer says what all said before it.
    fn again(&mut self, header: &Header, observed: &'e Observation) -> bool {
        let known = |id: i32| name(header, id).is_some();
        match &observed.seen {
            Seen::Metadata { partitions, .. } => {
                let led = |claim: &PartitionClaim| claim.leader().is_some_and(known);
                let sound = observed.answered
                    && partitions.iter().all(led)
                    && header.nodes.iter().any(|node| node.name == *observed.node);
                let same = self
                    .partitions
                    .is_some_and(|before| same(before, partitions));
                self.partitions = sound.then_some(partitions);
                sound && same
            }
            Seen::Quorum { leader, epoch, .. } => {
                let sound = observed.answered && *epoch >= 0 && known(*leader);
                let same = self.quorum == Some((*leader, *epoch));
                self.quorum = sound.then_some((*leader, *epoch));
                sound && same
            }
            seen @ Seen::Replicas { .. } => {
                let same = self.replicas == Some(seen);
                self.replicas = Some(seen);
                observed.answered && same
            }
            _ => true,
        }
    }
}

fn same(one: &[PartitionClaim], other: &[PartitionClaim]) -> bool {
    if one == other {
        return true;
    }
    let sorted = |claims: &[PartitionClaim]| {
        let mut sorted = claims.to_vec();
        sorted.sort_unstable_by(|a, b| (a.topic(), a.partition()).cmp(&(b.topic(), b.partition())));
        sorted
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}
