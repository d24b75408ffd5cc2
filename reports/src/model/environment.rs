//! The machine, the nodes and the clients of a run: what a reader needs before comparing two runs.

use serde::{Deserialize, Serialize};

/// Machine, network, nodes and clients of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// `Linux 6.1.0 x86_64`.
    pub kernel: String,
    /// Processors that the run could use.
    pub cpus: u32,
    /// The processor's name, if the kernel reports it.
    pub cpu_model: String,
    /// Memory that the run could use.
    pub memory_bytes: u64,
    /// The file system of the nodes' data directories.
    pub data_filesystem: Filesystem,
    /// How the nodes were connected: `sandbox (private network, one namespace per node)` or `loopback`.
    pub network: String,
    /// librdkafka's version.
    pub librdkafka: String,
    /// Each node: command and configuration.
    pub nodes: Vec<NodeSetup>,
    /// The clients' settings, in the order to print.
    pub client: Vec<Setting>,
}

/// The file system of the data directories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filesystem {
    /// `ext4`, `tmpfs`, ...
    pub kind: String,
    /// Whether durability and performance figures are meaningful on it. False on tmpfs.
    pub figures_apply: bool,
}

/// How one node was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeSetup {
    /// `n1`.
    pub name: String,
    /// Its Kafka address.
    pub address: String,
    /// The command line.
    pub command: String,
    /// Its configuration as it was written to disk.
    pub config: String,
}

/// One setting of the clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setting {
    /// `acks`.
    pub name: String,
    /// `all`.
    pub value: String,
}
