//! The topics of a run, and the wait for a cluster to form. Both wait for evidence and never sleep for a fixed time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Call, Completion, Invocation, Report, Text, TopicCall, TopicEvent, What};

use crate::cluster_view::{ClusterView, Leader};
use crate::config::topics::names;
use crate::exit::{self, Stop};
use crate::kafka::questions;
use crate::kafka::questions::admin::Changed;
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag, WorkerIds};

/// The time limit of one attempt to create a topic.
const TRY: Duration = Duration::from_secs(2);
/// The interval between two checks.
const STEP: Duration = Duration::from_millis(10);

/// Creates one topic. It asks one node after the other until one accepts.
///
/// # Errors
/// If no node accepts before the deadline. The message contains the last refusal.
pub fn create(
    addresses: &[SocketAddr],
    (name, partitions): (&str, i32),
    replicas: i16,
    settings: &[(String, String)],
    (recorder, ids): (&Recorder, &WorkerIds),
    stop: &StopFlag,
    deadline: Instant,
) -> anyhow::Result<()> {
    let timeout_ms = i32::try_from(TRY.as_millis()).unwrap_or(i32::MAX);
    let mut last = String::from("no node answered");
    let mut worker = ids.next();
    for (at, address) in addresses.iter().enumerate().cycle() {
        if Instant::now() >= deadline || stop.is_set() {
            break;
        }
        let mut wire = Wire::new(*address, TRY);
        recorder.record(What::Invoke(Invocation {
            worker,
            call: Call::CreateTopic(Box::new(TopicCall {
                node: format!("n{}", at + 1).into(),
                topic: name.into(),
                partitions: Some(partitions),
                phase: None,
            })),
        }));
        let answer =
            questions::create_topic(&mut wire, name, partitions, replicas, settings, timeout_ms);
        let completion = |error: Option<String>| Completion {
            worker,
            error: error.map(Text::from),
            report: Report::CreateTopic,
        };
        match answer {
            Ok(by_this_try) => {
                recorder.record(if by_this_try {
                    What::Ok(completion(None))
                } else {
                    // An earlier attempt created it, perhaps with another shape.
                    What::Info(completion(Some("TOPIC_ALREADY_EXISTS".to_owned())))
                });
                let what = "created".to_owned();
                let (name, id) = (name.to_owned(), String::new());
                recorder.record(What::Topic(Box::new(TopicEvent {
                    name,
                    id,
                    partitions,
                    what,
                })));
                return Ok(());
            }
            Err(error) => {
                recorder.record(What::Info(completion(Some(error.to_string()))));
                worker = ids.next();
                last = format!("{address}: {error}");
            }
        }
        std::thread::sleep(STEP);
    }
    let message = format!("topic {name} could not be created: {last}; see the nodes' stderr.log");
    Err(Stop {
        code: exit::INVALID,
        message,
    }
    .into())
}

/// Rejects a cluster that already has one of the run's topics. Its records would be judged too, or would be lost.
///
/// # Errors
/// If one exists (exit code 254), or no node answers.
pub fn refuse_existing(addresses: &[SocketAddr], topics: &[(String, i32)]) -> anyhow::Result<()> {
    let wanted = names(topics);
    for address in addresses {
        let known = questions::metadata(&mut Wire::new(*address, TRY), &wanted)?;
        if let Some(there) = known.partitions.first() {
            return Err(Stop::usage(format!(
                "topic {} exists on this cluster, and a run creates its own: delete it \
                 first if an earlier run left it there, or use another cluster",
                there.topic()
            )));
        }
    }
    Ok(())
}

/// Deletes the run's topics from a cluster that continues to run. Returns the topics that could not be deleted.
pub fn delete_all(addresses: &[SocketAddr], topics: &[(String, i32)]) -> Vec<String> {
    let timeout_ms = i32::try_from(TRY.as_millis()).unwrap_or(i32::MAX);
    let stays = |name: &String| {
        !addresses.iter().any(|address| {
            let mut wire = Wire::new(*address, 2 * TRY);
            matches!(
                questions::admin::delete(&mut wire, name, timeout_ms),
                Changed::Acknowledged
            )
        })
    };
    names(topics).into_iter().filter(stays).collect()
}

/// Waits until every node names the same leader for every partition, or the deadline comes.
pub async fn agreement(view: &ClusterView, partitions: usize, deadline: Instant) -> Option<Leader> {
    loop {
        if let Some(leader) = view.agreed(partitions) {
            return Some(leader);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(STEP).await;
    }
}

/// Waits until no node names a replica that is not in sync, or the deadline comes.
pub async fn in_sync(view: &ClusterView, deadline: Instant) {
    while !view.in_sync() && Instant::now() < deadline {
        tokio::time::sleep(STEP).await;
    }
}
