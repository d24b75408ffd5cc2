//! Figures of the nodes' processes: the time that they waited for a processor (a starved node is not a broken one), and
//! once per second memory, processor time and descriptors.

use std::time::{Duration, Instant};

use checkers::history::{Late, Observation, Seen, What};
use nemesis::Node;
use nemesis::process::ProcessTable;
use nemesis::process::figures::{Sampler, Wait};

use super::PERIOD;
use crate::cluster::Cluster;
use crate::record::{Recorder, StopFlag};

/// A node's thread that waited at least this long for a processor is recorded. Shorter waits are caused by the target's
/// own load, three nodes on few processors.
const WORTH_TELLING: Duration = Duration::from_millis(100);
/// A thread that waited at least this long in total within a second, in shorter waits, is recorded too.
const SPREAD_WORTH_TELLING: Duration = Duration::from_millis(400);
/// Memory and similar figures are recorded this often.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Samples all nodes until asked to stop. `table` lists their processes.
pub fn watch(table: &ProcessTable, cluster: &Cluster, recorder: &Recorder, stop: &StopFlag) {
    let mut samplers: Vec<Option<(i32, Sampler)>> =
        cluster.nodes().into_iter().map(|_| None).collect();
    // The waits of each node that were recorded within this second.
    let mut told = vec![Duration::ZERO; samplers.len()];
    let mut next = Instant::now();
    let mut tell = Instant::now() + TELL_EVERY;
    while stop.sleep_until(next) {
        next = (next + PERIOD).max(Instant::now());
        let telling = Instant::now() >= tell;
        if telling {
            tell = Instant::now() + TELL_EVERY;
        }
        let nodes = cluster.nodes().into_iter();
        for ((node, sampler), told) in nodes.zip(&mut samplers).zip(&mut told) {
            let Some(group) = cluster.pid(node) else {
                *sampler = None;
                continue;
            };
            if sampler.as_ref().is_none_or(|(known, _)| *known != group) {
                *sampler = Some((group, Sampler::new(table.clone(), group)));
            }
            let Some((_, sampler)) = sampler else {
                continue;
            };
            let called = recorder.now();
            let Some(figures) = sampler.sample() else {
                continue;
            };
            let wait = figures.longest_wait;
            if wait.length >= WORTH_TELLING {
                *told += wait.length;
                recorder.record(late(node, wait, None));
            }
            if telling {
                let mut spread = sampler.longest_wait_since_asked();
                spread.length = spread.length.saturating_sub(std::mem::take(told));
                if spread.length >= SPREAD_WORTH_TELLING {
                    recorder.record(late(node, spread, Some(TELL_EVERY)));
                }
                recorder.record(What::Observation(Box::new(Observation {
                    called,
                    node: node.to_string().into(),
                    answered: true,
                    error: None,
                    seen: Seen::Process {
                        resident_bytes: figures.resident_bytes,
                        cpu_ms: figures.cpu_ns / 1_000_000,
                        descriptors: figures.descriptors as u64,
                    },
                })));
            }
        }
    }
}

fn late(node: Node, wait: Wait, over: Option<Duration>) -> What {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    What::Late(Box::new(Late {
        who: node.to_string(),
        thread: wait.thread,
        by_ms: ms(wait.length),
        over_ms: over.map(ms),
        cpu_pressure: None,
        io_pressure: None,
    }))
}
