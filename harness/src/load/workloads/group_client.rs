//! `group-client`: members of a consumer group by librdkafka, each in a process of its own, so that faults can stop and kill them
//! (`pause:member`, `kill:member`). They come, read, commit and leave; a killed one leaves without a word. The other clients
//! append, and one polls without a group, as a witness.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use checkers::history::Timeouts;

use super::{Row, Turn, Worker, Workload, append, poll};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::kafka::clients::grouped::Task;
use crate::load::Load;
use crate::load::clients;
use crate::load::membership::{instance, session_ms};

/// Its row.
pub(super) const ROW: Row = Row {
    name: "group-client",
    description: "members of a consumer group by librdkafka, each a process that faults can pause and kill",
    make: || Arc::new(GroupClient),
};

/// The one group.
const GROUP: &str = "members";
/// Keys of the load: how many members there are, the assignor, and the milliseconds between two commits.
const MEMBERS: &str = "members";
const ASSIGNOR: &str = "assignor";
const COMMIT: &str = "commit_ms";
/// A member that does not join again, or does not poll, within this is removed. librdkafka wants no less than a session.
const REBALANCE_MS: u64 = 12_000;
/// The approximate life of a member. The faults end some earlier.
const LIFE: Duration = Duration::from_secs(25);
/// One of so many clients appends.
const OTHERS_OF: usize = 8;

struct GroupClient;

impl Workload for GroupClient {
    /// A part of the clients append, and one polls, so that reads are judged whatever the seed draws. How many of the others are members
    /// the seed decides; what is left of them polls.
    fn workers(&self, clients: usize) -> Vec<Worker> {
        let appending = (clients / OTHERS_OF).max(1);
        let others = (0..appending).map(|_| -> Worker { Box::new(append::run) });
        let first = appending + 1;
        let seats = (first..clients)
            .map(|at| -> Worker { Box::new(move |load, turn| sit(load, turn, at - first)) });
        let polls: Worker = Box::new(poll::run);
        others.chain([polls]).chain(seats).collect()
    }

    fn groups(&self, _: &Shape) -> Vec<String> {
        vec![GROUP.to_owned()]
    }

    fn timeouts(&self, shape: &Shape) -> Timeouts {
        Timeouts {
            session_ms: Some(session_ms(shape)),
            rebalance_ms: Some(REBALANCE_MS),
            ..Timeouts::default()
        }
    }

    fn has_client_processes(&self) -> bool {
        true
    }
}

/// A member, or a witness where the load has fewer members than seats.
///
/// # Errors
/// If this program cannot be started again, or librdkafka rejects a setting.
fn sit(load: &Load, turn: Turn, at: usize) -> Result<()> {
    let members = usize::try_from(load.shape.number(MEMBERS)).unwrap_or(usize::MAX);
    if at >= members {
        return poll::run(load, turn);
    }
    let mut topics: Vec<String> = load
        .partitions
        .iter()
        .map(|(topic, _)| topic.clone())
        .collect();
    topics.dedup();
    let task = Task {
        bootstrap: load.bootstrap.clone(),
        group: GROUP.to_owned(),
        topics,
        instance: instance(&load.shape, GROUP, at),
        session_ms: session_ms(&load.shape),
        rebalance_ms: REBALANCE_MS,
        assignor: load.shape.word(ASSIGNOR).to_owned(),
        commit_ms: load.shape.number(COMMIT),
        // Each of its processes has a name of its own.
        name: String::new(),
        properties: load.client.to_vec(),
    };
    let mut random = random(load.seed, 8_000 + turn.thread);
    clients::keep(load, &task, LIFE, &mut random)
}
