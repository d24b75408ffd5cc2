//! The configuration of one node: a TOML file, checked whole before anything is opened.
//!
//! Every problem names the file, the field (the line, where the parser knows it) and what to do.
//! Unknown fields are errors: a misspelt limit that is silently ignored is worse than a node that
//! does not start.

mod address;
mod check;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::mutants::Mutants;
use crate::plants::Plants;
use crate::request::NodeId;

pub use address::Address;
pub use secret::ClusterSecret;

/// The configuration of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// This node's id; one of `peers`.
    pub node_id: NodeId,
    /// Name of the cluster. Peers of another cluster are turned away.
    pub cluster_id: String,
    /// What the nodes of this cluster, and nobody else, know. A node without one does not start: its peer port would
    /// obey everybody who reaches it, because the name of a cluster can be guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_secret: Option<ClusterSecret>,
    /// Directory of the log. Made if it is missing.
    pub data_dir: PathBuf,
    /// Where other nodes reach this one; by default the `peer` address of its own entry in `peers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_listen: Option<Address>,
    /// Whether Metadata for an unknown topic creates it, if the client allows that too.
    #[serde(default = "yes")]
    pub auto_create_topics: bool,
    /// Partitions of a topic for which no number was given.
    #[serde(default = "one")]
    pub default_partitions: i32,
    /// Deliberate bugs, see [`crate::plants`]. None by default, and in every broker that is meant to
    /// work.
    #[serde(default, skip_serializing_if = "Plants::is_empty")]
    pub plants: Plants,
    /// Deliberate lies to clients, see [`crate::mutants`]. None by default.
    #[serde(default, skip_serializing_if = "Mutants::is_empty")]
    pub mutants: Mutants,
    /// The listener for Kafka clients.
    pub kafka: KafkaConfig,
    /// Every node of the cluster, this one included.
    pub peers: Vec<PeerConfig>,
    /// Clocks of the consensus and of requests.
    #[serde(default)]
    pub timing: TimingConfig,
    /// Bounds on what clients may ask.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The log on disk.
    #[serde(default)]
    pub log: LogConfig,
}

/// The listener for Kafka clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaConfig {
    /// Where to listen.
    pub listen: Address,
    /// The address that this node's Metadata names for itself; by default its `kafka` address in
    /// `peers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advertised: Option<Address>,
}

/// One node, as the others know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// The node's id, above 0.
    pub id: NodeId,
    /// Where Kafka clients reach it.
    pub kafka: Address,
    /// Where the other nodes reach it.
    pub peer: Address,
}

/// Clocks of the consensus and of requests, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimingConfig {
    /// The consensus clock's step.
    pub tick_ms: u64,
    /// How often a leader is heard.
    pub heartbeat_ms: u64,
    /// A follower that hears no leader for at least this long asks for votes.
    pub election_min_ms: u64,
    /// ... and for at most this long (drawn again each time).
    pub election_max_ms: u64,
    /// No request waits longer than this, whatever the client would allow.
    pub request_deadline_ms: u64,
    /// The same for what a follower passes on to the leader.
    pub forward_deadline_ms: u64,
}

impl Default for TimingConfig {
    fn default() -> TimingConfig {
        TimingConfig {
            tick_ms: 10,
            heartbeat_ms: 50,
            election_min_ms: 300,
            election_max_ms: 600,
            request_deadline_ms: 5_000,
            forward_deadline_ms: 2_000,
        }
    }
}

/// Bounds on what clients may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Largest Produce request; every other request is bounded by
    /// [`crate::OTHER_REQUEST_BYTES_MAX`].
    pub request_bytes: usize,
    /// Largest record batch, shown as `message.max.bytes`.
    pub message_bytes: usize,
    /// Most record bytes in one Fetch response (a single larger batch is still returned).
    pub fetch_bytes: usize,
    /// Most client connections at a time. One more closes a slow or an idle one; if there is none, it is turned away.
    pub connections: usize,
    /// Most client connections from one address at a time, with the same consequence. No bound of its own unless given:
    /// behind one address may be a whole test bench.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_connections: Option<usize>,
    /// Most topics of the cluster.
    pub topics: u32,
    /// Most partitions of the cluster, all topics together.
    pub partitions: u32,
    /// Most partitions that one CreateTopics or CreatePartitions request may ask for.
    pub request_partitions: u32,
    /// A compressed record batch may have at most this many bytes of records.
    pub uncompressed_bytes: usize,
}

impl LimitsConfig {
    /// What the leader writes into a change of topics, so that all nodes decide alike.
    pub(crate) fn of_topics(&self) -> crate::request::TopicLimits {
        crate::request::TopicLimits {
            topics: self.topics,
            partitions: self.partitions,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> LimitsConfig {
        LimitsConfig {
            request_bytes: 16 << 20,
            // Kafka's own default: 1 MiB and the 12 bytes that frame a batch.
            message_bytes: (1 << 20) + 12,
            fetch_bytes: 8 << 20,
            connections: 256,
            address_connections: None,
            topics: 2_000,
            partitions: 10_000,
            request_partitions: 5_000,
            uncompressed_bytes: 16 << 20,
        }
    }
}

/// The log on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Oldest segments go when the log exceeds this.
    pub retention_bytes: u64,
    /// Size at which a new segment begins.
    pub segment_bytes: u64,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig {
            retention_bytes: 4 << 30,
            segment_bytes: 64 << 20,
        }
    }
}

fn yes() -> bool {
    true
}

fn one() -> i32 {
    1
}

/// Why a configuration is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read {}: {source}; check the path given with --config", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML, or not of this shape; the message names line and field.
    #[error("{}: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What the parser says, with the line.
        message: String,
    },
    /// A value that cannot work.
    #[error("{}: field `{field}`: {problem}", path.display())]
    Value {
        /// The file, or `(configuration)` where there is none.
        path: PathBuf,
        /// The field, dotted.
        field: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl NodeConfig {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When the file cannot be read, is not of this shape, or a value cannot work.
    pub fn load(path: &Path) -> Result<NodeConfig, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let config = NodeConfig::parse(&text, path)?;
        warn_if_readable(path);
        Ok(config)
    }

    /// Reads and checks a text; `path` is only named in errors.
    ///
    /// # Errors
    /// When the text is not of this shape, or a value cannot work.
    pub fn parse(text: &str, path: &Path) -> Result<NodeConfig, ConfigError> {
        let config: NodeConfig = toml::from_str(text).map_err(|error| ConfigError::Parse {
            path: path.to_owned(),
            message: message_of(&error, text),
        })?;
        config
            .check()
            .map_err(|(field, problem)| ConfigError::Value {
                path: path.to_owned(),
                field: field.to_owned(),
                problem,
            })?;
        Ok(config)
    }

    /// The file that [`NodeConfig::load`] reads back to the same value.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect(
            "a configuration holds only what TOML can say, because it is made of plain fields",
        )
    }

    /// Ids of all nodes, ascending.
    #[must_use]
    pub fn voters(&self) -> Vec<NodeId> {
        let ids: BTreeSet<NodeId> = self.peers.iter().map(|peer| peer.id).collect();
        ids.into_iter().collect()
    }

    /// What the nodes of this cluster share; what is wrong with it otherwise.
    pub(crate) fn secret(&self) -> Result<&ClusterSecret, &'static str> {
        let secret = self.cluster_secret.as_ref();
        let secret = secret.ok_or(
            "missing: give 64 hexadecimal characters, the same on every node and known to nobody else \
             (`openssl rand -hex 32`)",
        )?;
        secret.bytes().map(|_| secret)
    }

    /// This node's own entry.
    pub(crate) fn own(&self) -> &PeerConfig {
        let own = self.peers.iter().find(|peer| peer.id == self.node_id);
        own.expect("`check` has found this node among its peers")
    }

    /// Where to listen for the other nodes.
    pub(crate) fn peer_listen(&self) -> &Address {
        self.peer_listen.as_ref().unwrap_or(&self.own().peer)
    }

    /// The address that a node's Metadata names for `peer`.
    pub(crate) fn advertised<'a>(&'a self, peer: &'a PeerConfig) -> &'a Address {
        match &self.kafka.advertised {
            Some(address) if peer.id == self.node_id => address,
            _ => &peer.kafka,
        }
    }

    /// No request waits longer than this.
    pub(crate) fn request_deadline(&self) -> Duration {
        Duration::from_millis(self.timing.request_deadline_ms)
    }

    /// No forwarded request waits longer than this.
    pub(crate) fn forward_deadline(&self) -> Duration {
        Duration::from_millis(self.timing.forward_deadline_ms)
    }
}

/// The parser's message. It quotes the line of the mistake, unless that line contains the secret.
fn message_of(error: &toml::de::Error, text: &str) -> String {
    let Some(span) = error.span() else {
        return error.to_string();
    };
    let before = text.get(..span.start).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(span.end.max(begin)..).unwrap_or_default();
    let end = text.len() - rest.len() + rest.find('\n').unwrap_or(rest.len());
    let quoted = text.get(begin..end).unwrap_or(text);
    // Also a misspelt name: `cluster_secre` is followed by the same characters.
    if !quoted.contains("secre") {
        return error.to_string();
    }
    let line = before.matches('\n').count() + 1;
    format!(
        "line {line}, which is not quoted because it contains a secret: write \
         `cluster_secret = \"...\"` with 64 hexadecimal characters, once"
    )
}

/// Whoever reads the file can speak as a node.
fn warn_if_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o077 != 0 {
        let path = path.display();
        tracing::warn!(
            "{path} contains the cluster's secret, and other users may read it (mode {:o}); chmod 600 {path}",
            mode & 0o777
        );
    }
}
