//! What every node says of transactions, once a second: who coordinates them, which are open and for how long, and which producers have something
//! open in which partition. A node that does not lead or coordinate refuses, and that is recorded too.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use checkers::history::{Coordinated, Seen};

use super::TIMEOUT;
use super::observer::Observer;
use super::reach::Place;
use crate::cluster_view::ClusterView;
use crate::kafka::nodes;
use crate::kafka::questions::groups::{self, Key};
use crate::kafka::questions::{NoAnswer, transactions};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// How often a node is asked.
const PERIOD: Duration = Duration::from_secs(1);

/// A transactional id that nobody uses. Who coordinates it is asked for.
const KEY: &str = "jepsen-probe";

/// Asks until asked to stop. `addresses` are those of all nodes in order; the asked one is at `place`. Who coordinates is noted
/// in the view.
pub fn watch(
    (place, addresses, ids): (usize, &[SocketAddr], &[i32]),
    places: &[Place],
    (recorder, view): (&Recorder, &ClusterView),
    stop: &StopFlag,
) {
    let mut wire = Wire::new(addresses[place], TIMEOUT);
    let observer = Observer::of(place, recorder);
    // Whether the node answered anything: without that it is not asked further questions in this turn.
    let observe = |called, error: Option<NoAnswer>, seen| {
        observer.saw(called, error.as_ref(), seen);
        !matches!(error, Some(NoAnswer::Wire(_)))
    };
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + PERIOD).max(Instant::now());
        let called = observer.now();
        let found = groups::find_coordinator(&mut wire, KEY, Key::Transaction);
        let named = found.as_ref().ok();
        let named = named.and_then(|found| nodes::coordinator(addresses, ids, found));
        view.saw_coordinator(place, (Coordinated::Transaction, KEY), named);
        let seen = Seen::Coordinator {
            of: Coordinated::Transaction,
            key: KEY.into(),
            coordinator: named.map(nodes::name),
        };
        if !observe(called, found.err(), seen) {
            continue;
        }
        let called = observer.now();
        let listed = transactions::list(&mut wire, now_ms());
        let (transactions, error) = parts(listed);
        if !observe(called, error, Seen::Transactions { transactions }) {
            continue;
        }
        for (topic, partition) in places {
            let called = observer.now();
            let (producers, error) = parts(transactions::producers(&mut wire, (topic, *partition)));
            let seen = Seen::Producers {
                topic: topic.into(),
                partition: *partition,
                producers,
            };
            if !observe(called, error, seen) {
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
