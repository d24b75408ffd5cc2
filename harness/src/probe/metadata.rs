//! The prober: asks one node for its Metadata and for the quorum, ten times a second. One question in flight per
//! node; after a time-out the connection is closed and dialled again.

use std::net::SocketAddr;
use std::time::Instant;

use checkers::history::{Observation, Seen, What};

use super::{PERIOD, StopFlag, TIMEOUT};
use crate::questions::{self, NoAnswer};
use crate::recorder::Recorder;
use crate::sight::Sight;
use crate::wire::Wire;

/// Which node to ask about what.
pub struct Asked {
    /// Node number, 1 to 3.
    pub node: usize,
    /// Its Kafka address.
    pub address: SocketAddr,
    /// Topics to ask about.
    pub topics: Vec<String>,
    /// Whether the target has a quorum to describe.
    pub quorum: bool,
}

/// Asks until told to stop.
pub fn watch(asked: &Asked, recorder: &Recorder, sight: &Sight, stop: &StopFlag) {
    let mut wire = Wire::new(asked.address, TIMEOUT);
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + PERIOD).max(Instant::now());
        let called = recorder.now();
        let answer = questions::metadata(&mut wire, &asked.topics);
        let observe = |answered, error: Option<String>, seen| {
            let node = format!("n{}", asked.node);
            recorder.record(What::Observation(Observation {
                called,
                node,
                answered,
                error,
                seen,
            }))
        };
        match answer {
            Ok(metadata) => {
                let seen = Seen::Metadata {
                    brokers: metadata.brokers.clone(),
                    partitions: metadata.partitions.clone(),
                };
                observe(true, None, seen);
                sight.saw_metadata(asked.node, Some(metadata));
            }
            Err(error) => {
                let seen = Seen::Metadata {
                    brokers: vec![],
                    partitions: vec![],
                };
                observe(answered_at_all(&error), Some(error.to_string()), seen);
                sight.saw_metadata(asked.node, None);
                continue;
            }
        }
        if asked.quorum {
            ask_quorum(asked.node, &mut wire, recorder, sight);
        }
    }
}

fn ask_quorum(node: usize, wire: &mut Wire, recorder: &Recorder, sight: &Sight) {
    let called = recorder.now();
    let (answered, error, seen) = match questions::quorum(wire) {
        Ok(quorum) => {
            sight.saw_epoch(node, quorum.epoch);
            let (leader, epoch) = (quorum.leader, quorum.epoch);
            (
                true,
                None,
                Seen::Quorum {
                    leader,
                    epoch,
                    voters: quorum.voters,
                },
            )
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
    let node = format!("n{node}");
    recorder.record(What::Observation(Observation {
        called,
        node,
        answered,
        error,
        seen,
    }));
}

/// A refusal is an answer of a node that lives.
fn answered_at_all(error: &NoAnswer) -> bool {
    matches!(error, NoAnswer::Refused(_))
}
