//! A target: a broker product and how to start a cluster of it, from a short TOML file. `docs/targets.md` lists every
//! key.
//!
//! A file may extend another file (`base`): tables are merged, every other value is replaced. A target may also be a
//! running cluster, named by its bootstrap addresses. The harness then starts no nodes and harms no process.

mod built_in;
mod check;
pub mod cluster_secret;
pub mod environment;
mod features;
mod layers;
mod placeholders;
pub mod program;
mod releases;
mod sections;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use checkers::history::{Acks, Limits, Promises};
use nemesis::catalogue::Needs;
use nemesis::plan::Timing;
use nemesis::{Environment, Node, Nodes};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use placeholders::NodePlace;
pub use releases::LISTED as RELEASES;
pub use sections::{
    AcksSetting, BenchSetting, FaultScale, FileTemplate, Leadership, Load, Logs, NodeCommand,
    NodeList, Prepare, QuorumSource, Ready, ReadyBy, Replication, StopSignal, Upgrade,
};

use super::schema;
use layers::Layers;

/// A target, merged from its file and the files that it extends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// The target that this file extends: a built-in name, or a file in the same directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its name, as in reports.
    pub name: String,
    /// One line that describes it.
    pub description: String,
    /// The version of the build, as in reports.
    pub version: String,
    /// The revision of the sources of the build, as in reports.
    pub revision: String,
    /// The number of nodes: 1 to 9, or the number of brokers found in a running cluster.
    #[schemars(with = "u8", range(min = Nodes::MIN, max = Nodes::MAX))]
    pub nodes: Nodes,
    /// The replication factor of the topics of a run.
    #[schemars(schema_with = "sections::replication")]
    pub replication: Replication,
    /// The addresses of a running cluster. If there are any, the harness starts no nodes.
    pub bootstrap: Vec<String>,
    /// The acknowledgements that producers wait for.
    pub acks: AcksSetting,
    /// Placeholders that the file defines.
    pub variables: BTreeMap<String, String>,
    /// Further placeholders: a text repeated for each node.
    pub lists: BTreeMap<String, NodeList>,
    /// Ports, the same on every node, each on the node's own address. `kafka` is required.
    pub ports: BTreeMap<String, u16>,
    /// How it is fetched or built.
    pub prepare: Prepare,
    /// How to start and stop a node.
    pub node: NodeCommand,
    /// Files to write before a node's first start.
    pub file: Vec<FileTemplate>,
    /// How an upgrade to it ends.
    pub upgrade: Upgrade,
    /// How to detect that a node is up.
    pub ready: Ready,
    /// Where the quorum's leader and term are read from.
    pub leadership: Leadership,
    /// Which parts of a node's output a report shows.
    pub logs: Logs,
    /// Settings for the topics that a run creates.
    pub topic: BTreeMap<String, String>,
    /// Further librdkafka properties.
    pub client: BTreeMap<String, String>,
    /// What it promises.
    #[schemars(schema_with = "schema::promises")]
    pub promises: Promises,
    /// The limits that it must keep.
    #[schemars(schema_with = "schema::limits")]
    pub limits: Limits,
    /// How the fault plan scales with the target.
    pub faults: FaultScale,
    /// The load that the machine can carry with this target.
    pub load: Load,
    /// What a fair comparison of this target needs.
    pub bench: BenchSetting,
    /// The target that the nodes are upgraded to during a run.
    #[serde(skip)]
    pub next: Option<Arc<Target>>,
    /// The nodes of a running cluster, once they were found.
    #[serde(skip)]
    pub running: Vec<RunningNode>,
    /// Where `prepare` puts what it downloads: a directory in this user's cache.
    #[serde(skip)]
    pub home: PathBuf,
    /// What error messages call the file that sets the nodes' command.
    #[serde(skip)]
    pub source: String,
    /// The directory of the target file, or the directory into which a built-in target's further files are unpacked.
    #[serde(skip)]
    pub here: PathBuf,
    /// The further files of a built-in target, as names and texts. They are unpacked into `here` before it is prepared.
    #[serde(skip)]
    pub companions: Vec<(&'static str, &'static str)>,
}

/// What the names of librdkafka's secret properties contain.
const SECRET_PROPERTIES: [&str; 4] = ["password", "secret", "key.pem", "oauthbearer.config"];

/// The value of such a property in a report.
const NOT_SHOWN: &str = "(not shown)";

impl Target {
    /// The names of the built-in targets.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        built_in::TARGETS.iter().map(|(name, _)| *name)
    }

    /// Loads a built-in target by name, a file by path, or a running cluster by `host:port,host:port,...`.
    ///
    /// # Errors
    /// If there is no such target, or the file is invalid. The message names file, line, column and what is allowed.
    pub fn load(word: &str) -> Result<Target> {
        Target::of(&Layers::named(word)?)
    }

    /// Parses a target file's text. `source` is its name in error messages.
    ///
    /// # Errors
    /// If it is not valid TOML, or a field is unknown, missing or not allowed.
    pub fn parse(text: &str, source: &str) -> Result<Target> {
        Target::of(&Layers::of_text(text, source)?)
    }

    /// The JSON schema of target files.
    pub fn schema() -> Schema {
        let about = "a target of jepsen: a broker product and how to start a cluster of it; docs/targets.md explains every key";
        let mut schema = schema::of::<Target>("target file", about);
        // A file that extends another may leave everything to it.
        let ways = json!([
            { "required": ["base"] },
            { "required": ["name", "bootstrap"] },
            { "required": ["name", "node", "ports"] },
        ]);
        schema.insert("anyOf".to_owned(), ways);
        schema
    }

    fn of(layers: &Layers) -> Result<Target> {
        let target = layers.target()?;
        check::check(&target, layers)?;
        Ok(target)
    }

    /// The digest of everything that its files define: targets with the same name and different content differ.
    pub fn digest(&self) -> String {
        super::digest::digest(&serde_json::to_string(self).unwrap_or_default())
    }

    /// Why a fault that needs this is not for this target, and what to do; none if it is.
    pub fn refuses(&self, needs: Needs) -> Option<String> {
        let (promise, because) = match needs {
            Needs::WallClock if !self.promises.reads_wall_clock => {
                ("reads_wall_clock", "that it reads its wall clock")
            }
            Needs::ReplaceableDisk if !self.promises.supports_wiped_disk => (
                "supports_wiped_disk",
                "that a node may come back without its disk",
            ),
            Needs::OtherRelease if self.next.is_none() => {
                let name = &self.name;
                return Some(format!(
                    "the nodes of {name} have no other release in this run; `jepsen upgrade --from {name} --to TARGET` has one"
                ));
            }
            _ => return None,
        };
        let name = &self.name;
        Some(format!(
            "the target {name} does not state {because} ([promises] {promise}); `--promise {promise}` tries it"
        ))
    }

    /// Whether it is a running cluster.
    pub fn runs_already(&self) -> bool {
        !self.bootstrap.is_empty()
    }

    /// A node's Kafka address.
    pub fn address(&self, environment: &Environment, node: Node) -> SocketAddr {
        match self.running.get(node.index()) {
            Some(running) => running.address,
            None => SocketAddr::new(environment.address(node).into(), self.kafka_port()),
        }
    }

    /// The broker ids of n1, n2 and so on.
    pub fn broker_ids(&self) -> Vec<i32> {
        let id = |node: Node| {
            let running = self.running.get(node.index());
            running.map_or(i32::from(node.number()), |running| running.id)
        };
        self.nodes.into_iter().map(id).collect()
    }

    /// The replication factor of the topics of a run.
    pub fn replicas(&self) -> i16 {
        let nodes = self.nodes.count();
        let copies = match self.replication {
            Replication::Copies(copies) => copies.count().min(nodes),
            Replication::All => nodes,
        };
        copies as i16
    }

    /// Stores the nodes that were found in a running cluster.
    pub fn found(&mut self, running: RunningCluster) {
        self.nodes = running.count;
        self.running = running.nodes;
    }

    /// The Kafka port.
    pub fn kafka_port(&self) -> u16 {
        self.ports.get("kafka").copied().unwrap_or(9092)
    }

    /// The acknowledgements that producers wait for.
    pub fn acks(&self) -> Acks {
        self.acks.into()
    }

    /// Settings for topics as pairs.
    pub fn topic_settings(&self) -> Vec<(String, String)> {
        pairs(&self.topic)
    }

    /// librdkafka properties as pairs, placeholders filled.
    pub fn client_settings(&self) -> Vec<(String, String)> {
        let filled = |(name, value): (&String, &String)| {
            let value = self.fill(value, &NodePlace::nowhere()).ok()?;
            Some((name.clone(), value.reveal().to_owned()))
        };
        self.client.iter().filter_map(filled).collect()
    }

    /// The same as a report shows them: a password or a key that the file contains is not shown either.
    pub fn client_settings_shown(&self) -> Vec<(String, String)> {
        let is_secret = |name: &str| SECRET_PROPERTIES.iter().any(|word| name.contains(word));
        let shown = |(name, value): (&String, &String)| match is_secret(name)
            && !value.starts_with("{env.")
        {
            true => (name.clone(), NOT_SHOWN.to_owned()),
            false => (name.clone(), value.clone()),
        };
        self.client.iter().map(shown).collect()
    }

    /// The time that the target needs to detect a dead leader.
    pub fn detection(&self) -> Duration {
        Duration::from_millis(self.faults.detection_ms)
    }

    /// The time that it needs after a heal until it has fully recovered.
    pub fn settling(&self) -> Duration {
        Duration::from_millis(self.faults.settling_ms)
    }

    /// The length of its faults and the gaps between them.
    pub fn timing(&self) -> Timing {
        Timing::for_target(self.detection(), self.settling())
    }

    /// Every text that may contain placeholders, with its path in the file.
    fn texts(&self) -> Vec<(Vec<String>, &str)> {
        let mut texts: Vec<(Vec<String>, &str)> = Vec::new();
        let mut add = |path: &[&str], text| {
            texts.push((path.iter().map(|key| (*key).to_owned()).collect(), text));
        };
        for (name, value) in &self.variables {
            add(&["variables", name], value);
        }
        for name in self.lists.keys() {
            add(&["lists", name, "each"], &self.lists[name].each);
        }
        for (name, value) in &self.node.environment {
            add(&["node", "environment", name], value);
        }
        for (name, value) in &self.prepare.environment {
            add(&["prepare", "environment", name], value);
        }
        for (name, value) in &self.client {
            add(&["client", name], value);
        }
        for (name, value) in &self.upgrade.features {
            add(&["upgrade", "features", name], value);
        }
        let lists: [(&[&str], &Vec<String>); 7] = [
            (&["upgrade", "finalize"], &self.upgrade.finalize),
            (&["node", "writable"], &self.node.writable),
            (&["prepare", "command"], &self.prepare.command),
            (&["prepare", "provides"], &self.prepare.provides),
            (&["node", "command"], &self.node.command),
            (&["node", "init"], &self.node.init),
            (&["logs", "files"], &self.logs.files),
        ];
        for (path, list) in lists {
            for (at, text) in list.iter().enumerate() {
                let at = at.to_string();
                add(&[path[0], path[1], &at], text);
            }
        }
        for (at, text) in self.logs.keep_on_failure.iter().enumerate() {
            add(&["logs", "keep_on_failure", &at.to_string()], text);
        }
        for (at, file) in self.file.iter().enumerate() {
            add(&["file", &at.to_string(), "path"], &file.path);
            add(&["file", &at.to_string(), "text"], &file.text);
        }
        add(&["ready", "url"], &self.ready.url);
        add(&["leadership", "url"], &self.leadership.url);
        add(&["leadership", "file"], &self.leadership.file);
        texts
    }

    /// Whether it can be started with planted bugs (`{plants}`) or lies (`{mutants}`).
    pub fn takes(&self, placeholder: &str) -> bool {
        self.texts()
            .iter()
            .any(|(_, text)| text.contains(placeholder))
    }
}

/// A running cluster, as it was found.
#[derive(Clone, Debug)]
pub struct RunningCluster {
    /// How many nodes it has.
    pub count: Nodes,
    /// In the order of their ids.
    pub nodes: Vec<RunningNode>,
}

/// A node of a running cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningNode {
    /// Its broker id.
    pub id: i32,
    /// Its advertised address.
    pub address: SocketAddr,
}

fn pairs(table: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let pair = |(name, value): (&String, &String)| (name.clone(), value.clone());
    table.iter().map(pair).collect()
}
