//! The reference broker: a few nodes, one Raft group, the Kafka protocol outside.
//!
//! [`run`] is a node from its configuration to SIGTERM; [`Node`] is the same for programs that end
//! it themselves.
//!
//! # Layout
//!
//! A request comes in through `server`, `connection`, `frame` and `shape`, finds its file below
//! `api`, and becomes a [`request::Request`] to the core. `node` owns the threads: the
//! [`core`](mod@core), which decides and does no IO, and the one that writes the [`log`], which is
//! also the data. `peers` carries messages between nodes, `forward` takes to the leader what only
//! it may do. What is in an entry and what it does is in `command` and `state`. What could be decided
//! otherwise is in [`rules`]; where somebody else may interfere, in `hooks`. Deliberate bugs, off unless a
//! configuration names them, change both; they are in [`plants`]. Deliberate lies at the edge are in [`mutants`].

mod api;
mod ask;
mod clients;
mod codec;
mod command;
mod config;
mod connection;
pub mod core;
pub mod disk;
mod forward;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod hooks;
pub mod log;
mod messages;
pub mod mutants;
mod node;
mod peers;
pub mod plants;
mod pools;
pub mod record_batch;
mod refusals;
pub mod request;
pub mod rules;
mod server;
mod shape;
mod shutdown;
mod state;
mod topic_name;

pub use config::{
    Address, ClusterSecret, ConfigError, KafkaConfig, LimitsConfig, LogConfig, NodeConfig,
    PeerConfig, TimingConfig,
};
pub use frame::OTHER_REQUEST_BYTES_MAX;
pub use hooks::Hooks;
pub use node::{Error, Node, run};
