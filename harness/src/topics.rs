//! The topics of a run, and the wait for a cluster to form: both on evidence, never on sleeps.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{TopicEvent, What};

use crate::exit::{self, Stop};
use crate::probe::StopFlag;
use crate::questions;
use crate::recorder::Recorder;
use crate::sight::{Leader, Sight};
use crate::wire::Wire;

/// The workloads' topics: name and partitions.
pub const TOPICS: [(&str, i32); 2] = [("t0", 2), ("t1", 2)];
/// Copies of every partition.
const REPLICAS: i16 = 3;
/// How long one try to create a topic may take.
const TRY: Duration = Duration::from_secs(2);
/// Between two looks.
const STEP: Duration = Duration::from_millis(10);

/// Every partition of the workloads' topics.
pub fn partitions() -> Vec<(String, i32)> {
    let of = |(name, partitions): &(&str, i32)| {
        let name = (*name).to_owned();
        (0..*partitions)
            .map(move |partition| (name.clone(), partition))
            .collect::<Vec<_>>()
    };
    TOPICS.iter().flat_map(of).collect()
}

/// Creates one topic, asking one node after the other until one takes it.
///
/// # Errors
/// If none takes it before the deadline; the message tells the last refusal.
pub fn create(
    addresses: &[SocketAddr],
    (name, partitions): (&str, i32),
    settings: &[(String, String)],
    recorder: &Recorder,
    stop: &StopFlag,
    deadline: Instant,
) -> anyhow::Result<()> {
    let timeout_ms = i32::try_from(TRY.as_millis()).unwrap_or(i32::MAX);
    let mut last = String::from("no node answered");
    for address in addresses.iter().cycle() {
        if Instant::now() >= deadline || stop.is_set() {
            break;
        }
        let mut wire = Wire::new(*address, TRY);
        match questions::create_topic(&mut wire, name, partitions, REPLICAS, settings, timeout_ms) {
            Ok(()) => {
                let what = "created".to_owned();
                let (name, id) = (name.to_owned(), String::new());
                recorder.record(What::Topic(TopicEvent {
                    name,
                    id,
                    partitions,
                    what,
                }));
                return Ok(());
            }
            Err(error) => last = format!("{address}: {error}"),
        }
        std::thread::sleep(STEP);
    }
    let message = format!(
        "topic {name} could not be created: {last}; the nodes' own words are in their stderr.log"
    );
    Err(Stop {
        code: exit::INVALID,
        message,
    }
    .into())
}

/// Waits until every node names the same leader for every partition, or the deadline comes.
pub async fn agreement(sight: &Sight, partitions: usize, deadline: Instant) -> Option<Leader> {
    loop {
        if let Some(leader) = sight.agreed(partitions) {
            return Some(leader);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(STEP).await;
    }
}
