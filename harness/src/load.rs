//! Load: the operations of clients on a cluster under test. Each workload is one file. This file contains what all
//! workers share.

mod admin_client;
pub mod clients;
pub mod committed;
pub mod compared;
pub mod contents;
pub mod coordinator;
mod created;
mod member;
mod membership;
pub mod pace;
mod transactional;
pub mod workloads;

use std::net::SocketAddr;
use std::sync::Arc;

use checkers::history::{
    Acks, Append, Call, Completion, Invocation, Outcome, Report, What, WorkerId,
};

use crate::config::shape::Shape;
use crate::kafka::clients::producer::Producer;
use crate::record::{Recorder, StopFlag, WorkerIds};

pub use admin_client::describe_all;
pub use compared::Compared;
pub use contents::Drawing;
pub use created::CreatedTopics;
pub use workloads::{Chosen, Workload};

/// What every worker of a run needs.
#[derive(Clone)]
pub struct Load {
    /// Where events are recorded.
    pub recorder: Recorder,
    /// Fresh worker ids.
    pub ids: WorkerIds,
    /// When to stop.
    pub stop: StopFlag,
    /// Topic names and partitions.
    pub partitions: Arc<Vec<(String, i32)>>,
    /// `host:port,host:port,...`
    pub bootstrap: String,
    /// Each node's own Kafka address, for requests to one node.
    pub addresses: Arc<Vec<SocketAddr>>,
    /// The replication factor of new topics.
    pub replicas: i16,
    /// Further librdkafka properties.
    pub client: Arc<Vec<(String, String)>>,
    /// The acknowledgements that appends request.
    pub acks: Acks,
    /// The target's promise about NOT_LEADER.
    pub not_leader_means_not_written: bool,
    /// The run's seed.
    pub seed: u64,
    /// How the load was drawn.
    pub shape: Arc<Shape>,
    /// How the contents of its records are drawn. None if a record is its value.
    pub drawing: Arc<Option<Drawing>>,
    /// The topics that workers created, in addition to the run's own.
    pub created: CreatedTopics,
    /// The clients that are processes of their own.
    pub clients: clients::Seats,
}

impl Load {
    /// Runs one append operation and records it. Returns its outcome.
    pub fn append(
        &self,
        producer: &Producer,
        worker: WorkerId,
        append: Append,
        patience: std::time::Duration,
    ) -> Outcome {
        let (topic, partition) = (append.topic.clone(), append.partition);
        let values = append.values.clone();
        self.recorder.record(What::Invoke(Invocation {
            worker,
            call: Call::Append(append),
        }));
        let records = producer.append(&topic, partition, &values, patience);
        let any = |outcome| records.iter().any(|record| record.outcome == outcome);
        let outcome = if any(Outcome::Info) {
            Outcome::Info
        } else if any(Outcome::Ok) {
            Outcome::Ok
        } else {
            Outcome::Fail
        };
        let error = records.iter().find_map(|record| record.error.clone());
        let appended = checkers::history::Appended {
            records,
            node: None,
        };
        let completion = Completion {
            worker,
            error,
            report: Report::Append(appended),
        };
        self.recorder.record(match outcome {
            Outcome::Ok => What::Ok(completion),
            Outcome::Fail => What::Fail(completion),
            Outcome::Info => What::Info(completion),
        });
        outcome
    }
}
