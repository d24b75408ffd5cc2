//! What every node says of transactions, once a second: who coordinates them, which are open and for how long, and which producers have something
//! open in which partition. A node that does not lead or coordinate refuses, and that is recorded too.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use checkers::history::{Coordinated, Observation, Seen, Text, What};

use super::TIMEOUT;
use super::reach::Place;
use crate::kafka::questions::groups::{self, Key};
use crate::kafka::questions::{NoAnswer, transactions};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// How often a node is asked.
const PERIOD: Duration = Duration::from_secs(1);

/// A transactional id that nobody uses. Who coordinates it is asked for.
const KEY: &str = "jepsen-probe";

/// Asks until asked to stop. `nodes` are the addresses of all nodes in order; the asked one is at `at`.
pub fn watch(
    (at, nodes): (usize, &[SocketAddr]),
    places: &[Place],
    recorder: &Recorder,
    stop: &StopFlag,
) {
    let mut wire = Wire::new(nodes[at], TIMEOUT);
    let name = |at: usize| Text::from(format!("n{}", at + 1));
    let node = name(at);
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + PERIOD).max(Instant::now());
        let mut is_silent = false;
        let mut observe = |called, error: Option<NoAnswer>, seen| {
            is_silent |= matches!(error, Some(NoAnswer::Wire(_)));
            recorder.record(What::Observation(Box::new(Observation {
                called,
                node: node.clone(),
                answered: error.is_none(),
                error: error.map(|error| error.to_string().into()),
                seen,
            })));
            is_silent
        };
        let called = recorder.now();
        let found = groups::find_coordinator(&mut wire, KEY, Key::Transaction);
        let coordinator = found.as_ref().ok().and_then(|address| {
            let mut known = nodes.iter();
            known.position(|node| node == address).map(name)
        });
        let seen = Seen::Coordinator {
            of: Coordinated::Transaction,
            key: KEY.into(),
            coordinator,
        };
        if observe(called, found.err(), seen) {
            continue;
        }
        let called = recorder.now();
        let listed = transactions::list(&mut wire, now_ms());
        let (transactions, error) = parts(listed);
        if observe(called, error, Seen::Transactions { transactions }) {
            continue;
        }
        for (topic, partition) in places {
            let called = recorder.now();
            let (producers, error) = parts(transactions::producers(&mut wire, (topic, *partition)));
            let seen = Seen::Producers {
                topic: topic.into(),
                partition: *partition,
                producers,
            };
            if observe(called, error, seen) {
                break;
            }
        }
    }
}

fn parts<T>(answer: Result<Vec<T>, NoAnswer>) -> (Vec<T>, Option<NoAnswer>) {
    match answer {
        Ok(all) => (all, None),
        Err(error) => (Vec::new(), Some(error)),
    }
}

/// The wall clock in ms, which is that of the nodes too: they run on this machine.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
