//! The prober: asks one node for its Metadata and for the quorum, ten times per second. There is one request in flight
//! per node. After a time-out the connection is closed and opened again.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Result;
use checkers::history::{Observation, PartitionClaim, ReplicaClaim, Seen, Text, What};

use super::features::FeaturesProbe;
use super::quorum::QuorumProbe;
use super::replicas::ReplicasProbe;
use super::{PERIOD, TIMEOUT};
use crate::cluster::Cluster;
use crate::cluster_view::ClusterView;
use crate::config::target::Target;
use crate::kafka::questions::{self, Metadata, NoAnswer};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag, Threads};

/// Which node to ask, and for what.
pub struct Asked {
    /// Node number, counted from 1.
    pub node: usize,
    /// Its Kafka address.
    pub address: SocketAddr,
    /// Topics to ask about.
    pub topics: Vec<String>,
    /// Those of them that are several topics, one after the other. Only where they are is recorded: epochs begin anew with
    /// each.
    pub returning: Vec<String>,
    /// Where it reports the quorum.
    pub quorum: QuorumProbe,
    /// The broker ids of n1, n2 and so on.
    pub ids: Vec<i32>,
}

/// Starts a thread for each node.
///
/// # Errors
/// If the system has no more threads.
pub fn start(
    target: &Target,
    cluster: &Cluster,
    (topics, returning): (&[String], &[String]),
    (recorder, view): (&Recorder, &ClusterView),
    threads: &mut Threads,
) -> Result<()> {
    for node in cluster.nodes() {
        let asked = Asked {
            node: usize::from(node.number()),
            address: cluster.address(node),
            topics: [topics, returning].concat(),
            returning: returning.to_vec(),
            quorum: QuorumProbe::of(target, cluster.place(node), cluster.logs(node))?,
            ids: target.broker_ids(),
        };
        let (recorder, view) = (recorder.clone(), view.clone());
        threads.start(&format!("probe-{node}"), move |stop| {
            watch(asked, &recorder, &view, &stop);
        })?;
    }
    Ok(())
}

/// Maps a broker's id to the number of its node. An id of no broker of the cluster is kept.
pub(super) fn number(ids: &[i32], id: i32) -> i32 {
    match ids.iter().position(|known| *known == id) {
        Some(at) => at as i32 + 1,
        None if id < 0 => id,
        // An unknown broker must not be mistaken for one of the nodes.
        None => id.saturating_add(ids.len() as i32 + 1),
    }
}

fn numbered(mut metadata: Metadata, ids: &[i32]) -> Metadata {
    for id in &mut metadata.brokers {
        *id = number(ids, *id);
    }
    for PartitionClaim(_, _, leader, _) in &mut metadata.partitions {
        *leader = number(ids, *leader);
    }
    for ReplicaClaim(_, _, leader, replicas, in_sync) in &mut metadata.replicas {
        *leader = number(ids, *leader);
        for list in [replicas, in_sync] {
            list.iter_mut().for_each(|id| *id = number(ids, *id));
            list.sort_unstable();
        }
    }
    metadata
}

/// Asks until asked to stop.
pub fn watch(mut asked: Asked, recorder: &Recorder, view: &ClusterView, stop: &StopFlag) {
    let mut wire = Wire::new(asked.address, TIMEOUT);
    let mut replicas = ReplicasProbe::default();
    let mut features = FeaturesProbe::default();
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + PERIOD).max(Instant::now());
        let called = recorder.now();
        let answer = questions::metadata_in(&mut wire, &asked.topics, replicas.version());
        let answer = answer.map(|metadata| {
            let mut metadata = numbered(metadata, &asked.ids);
            let stays = |row: &PartitionClaim| !asked.returning.iter().any(|name| *name == row.0);
            metadata.partitions.retain(stays);
            metadata
        });
        let observe = |called, answered, error: Option<String>, seen| {
            let node = format!("n{}", asked.node).into();
            let error = error.map(Text::from);
            recorder.record(What::Observation(Box::new(Observation {
                called,
                node,
                answered,
                error,
                seen,
            })))
        };
        match answer {
            Ok(metadata) => {
                let seen = Seen::Metadata {
                    brokers: metadata.brokers.clone(),
                    partitions: metadata.partitions.clone(),
                };
                observe(called, true, None, seen);
                if let Some(seen) = replicas.seen(&metadata, next) {
                    observe(called, true, None, seen);
                }
                view.saw_metadata(asked.node, Some(metadata));
                replicas.ask_version(&mut wire);
                let called = recorder.now();
                if let Some(seen) = features.ask(&mut wire, next) {
                    observe(called, true, None, seen);
                }
            }
            Err(error) => {
                let seen = Seen::Metadata {
                    brokers: vec![],
                    partitions: vec![],
                };
                observe(
                    called,
                    answered_at_all(&error),
                    Some(error.to_string()),
                    seen,
                );
                view.saw_metadata(asked.node, None);
                continue;
            }
        }
        ask_quorum(&mut asked, &mut wire, recorder, view);
    }
}

fn ask_quorum(asked: &mut Asked, wire: &mut Wire, recorder: &Recorder, view: &ClusterView) {
    let node = asked.node;
    let called = recorder.now();
    let Some(answer) = asked.quorum.ask(wire) else {
        return;
    };
    let (answered, error, seen) = match answer {
        Ok(quorum) => {
            let (leader, epoch) = (number(&asked.ids, quorum.leader), quorum.epoch);
            view.saw_quorum(node, leader, epoch);
            let voters = quorum.voters.iter().map(|id| number(&asked.ids, *id));
            let seen = Seen::Quorum {
                leader,
                epoch,
                voters: voters.collect(),
            };
            (true, None, seen)
        }
        Err(error) => {
            let seen = Seen::Quorum {
                leader: -1,
                epoch: -1,
                voters: vec![],
            };
            (answered_at_all(&error), Some(error.to_string()), seen)
        }
    };
    let node = format!("n{node}").into();
    let error = error.map(Text::from);
    recorder.record(What::Observation(Box::new(Observation {
        called,
        node,
        answered,
        error,
        seen,
    })));
}

/// A refusal is an answer of a running node.
fn answered_at_all(error: &NoAnswer) -> bool {
    matches!(error, NoAnswer::Refused(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broker_ids_become_node_numbers_and_strangers_stay_strangers() {
        let ids = [0, 1, 101];
        let numbers = [0, 1, 101, -1, 2, 3].map(|id| number(&ids, id));
        assert_eq!(numbers[..4], [1, 2, 3, -1]);
        assert!(numbers[4..].iter().all(|number| *number > 3));
    }
}
