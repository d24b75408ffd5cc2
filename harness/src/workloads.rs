//! Workloads: what the workers do. One file each; this one holds what they share and their names.

pub mod admin;
pub mod append;
pub mod idempotent;
mod lives;
pub mod poll;
pub mod register;

use std::net::SocketAddr;
use std::sync::Arc;

use checkers::history::{
    Acks, Append, Call, Completion, Invocation, Outcome, Report, What, WorkerId,
};

use crate::clients::producer::Producer;
use crate::probe::StopFlag;
use crate::recorder::Recorder;
use crate::worker::WorkerIds;

/// Which workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WorkloadKind {
    /// One operation is one request; no retries.
    Append,
    /// Idempotent producers with retries; one operation is one record.
    Idempotent,
    /// Topics are created, described, grown and deleted through random nodes, beside appends.
    Admin,
    /// A partition is a register: its value is that of its last record.
    Register,
}

impl WorkloadKind {
    /// Every workload with one line on it.
    pub const ALL: [(WorkloadKind, &'static str, &'static str); 4] = [
        (WorkloadKind::Append, "append", append::DESCRIPTION),
        (
            WorkloadKind::Idempotent,
            "idempotent",
            idempotent::DESCRIPTION,
        ),
        (WorkloadKind::Admin, "admin", admin::DESCRIPTION),
        (WorkloadKind::Register, "register", register::DESCRIPTION),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or("append", |(_, name, _)| name)
    }
}

/// What every worker of a run knows.
#[derive(Clone)]
pub struct Load {
    /// Where events go.
    pub recorder: Recorder,
    /// Fresh worker ids.
    pub ids: WorkerIds,
    /// When to end.
    pub stop: StopFlag,
    /// Topic names and partitions.
    pub partitions: Arc<Vec<(String, i32)>>,
    /// `host:port,host:port,...`
    pub bootstrap: String,
    /// Each node's own Kafka address, for what is asked of one node.
    pub addresses: Arc<Vec<SocketAddr>>,
    /// How many copies of every partition a new topic has.
    pub replicas: i16,
    /// Further librdkafka properties.
    pub client: Arc<Vec<(String, String)>>,
    /// The acknowledgement that appends ask for.
    pub acks: Acks,
    /// The target's promise about NOT_LEADER.
    pub not_leader_means_not_written: bool,
    /// The run's seed.
    pub seed: u64,
    /// The topics that the admin workload has touched.
    pub topics: admin::Topics,
}

impl Load {
    /// Runs one append operation and records it. Returns how it came out.
    fn append(
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

/// How many of the clients produce; the others poll.
pub fn producers_of(clients: usize) -> usize {
    clients - clients * 3 / 8
}
