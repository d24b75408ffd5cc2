//! A target: a broker product plus how to start a cluster of it, from a short TOML file. `docs/targets.md` lists every key.
//!
//! A file may be laid over another (`base`): tables are merged, everything else is replaced. A target may also be a
//! cluster that runs already, named by its bootstrap addresses; then nothing is started, and no process is harmed.

mod built_in;
mod check;
mod layers;
mod placeholders;
mod sections;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use checkers::history::{Acks, Limits, Promises};
use nemesis::plan::Timing;
use nemesis::{Environment, Node, Nodes};
use serde::{Deserialize, Serialize};

pub use placeholders::NodePlace;
pub use sections::{
    AcksSetting, BenchSetting, FaultScale, FileTemplate, Leadership, Load, Logs, NodeCommand,
    NodeList, Prepare, QuorumSource, Ready, ReadyBy, Replication, StopSignal,
};

use layers::Layers;

/// A target, as its file and the files below it say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// The target that this one is laid over: a built-in name, or a file beside this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its name, as in reports.
    pub name: String,
    /// One line on what it is.
    pub description: String,
    /// The nodes: 1 to 9, of a cluster that runs already as many as were found.
    pub nodes: Nodes,
    /// How many copies of every partition a run asks for.
    pub replication: Replication,
    /// The addresses of a cluster that runs already. Then nothing is started.
    pub bootstrap: Vec<String>,
    /// What producers wait for.
    pub acks: AcksSetting,
    /// Placeholders of the file's own.
    pub variables: BTreeMap<String, String>,
    /// Further placeholders: a text repeated for each node.
    pub lists: BTreeMap<String, NodeList>,
    /// Ports, the same on every node, each on the node's own address. `kafka` must be there.
    pub ports: BTreeMap<String, u16>,
    /// How it is fetched or built.
    pub prepare: Prepare,
    /// How to start and stop a node.
    pub node: NodeCommand,
    /// Files to write before a node's first start.
    pub file: Vec<FileTemplate>,
    /// What shows that a node is up.
    pub ready: Ready,
    /// Where the quorum's leader and term are read.
    pub leadership: Leadership,
    /// What of a node's output a reader should see.
    pub logs: Logs,
    /// Settings for the topics that a run creates.
    pub topic: BTreeMap<String, String>,
    /// Further librdkafka properties.
    pub client: BTreeMap<String, String>,
    /// What it promises.
    pub promises: Promises,
    /// What it is held to.
    pub limits: Limits,
    /// How the fault plan scales with it.
    pub faults: FaultScale,
    /// What the machine can carry of it.
    pub load: Load,
    /// What is fair to it when it is compared.
    pub bench: BenchSetting,
    /// The nodes of a cluster that runs already, once they were found.
    #[serde(skip)]
    pub running: Vec<RunningNode>,
    /// Where `prepare` puts what it fetches: a directory of this user's cache.
    #[serde(skip)]
    pub home: PathBuf,
    /// Where the target file is, or where a built-in target's further files are unpacked.
    #[serde(skip)]
    pub here: PathBuf,
    /// The further files of a built-in target: names and texts, unpacked into `here` before it is prepared.
    #[serde(skip)]
    pub companions: Vec<(&'static str, &'static str)>,
}

impl Target {
    /// The names of the built-in targets.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        built_in::TARGETS.iter().map(|(name, _)| *name)
    }

    /// Loads a built-in target by name, a file by path, or a running cluster by `host:port,host:port,...`.
    ///
    /// # Errors
    /// If there is no such target, or the file is wrong; the message names file, line, column and what is allowed.
    pub fn load(word: &str) -> Result<Target> {
        Layers::named(word)?.target()
    }

    /// Reads a target file's text; `source` names it in errors.
    ///
    /// # Errors
    /// If it is no TOML, or a field is unknown, missing or impossible.
    pub fn parse(text: &str, source: &str) -> Result<Target> {
        Layers::of_text(text, source)?.target()
    }

    /// Whether it is a cluster that runs already.
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

    /// How many copies of every partition a run asks for.
    pub fn replicas(&self) -> i16 {
        let nodes = self.nodes.count();
        let copies = match self.replication {
            Replication::Copies(copies) => copies.count().min(nodes),
            Replication::All => nodes,
        };
        copies as i16
    }

    /// Takes over what was found of a cluster that runs already.
    pub fn found(&mut self, running: RunningCluster) {
        self.nodes = running.count;
        self.running = running.nodes;
    }

    /// The Kafka port.
    pub fn kafka_port(&self) -> u16 {
        self.ports.get("kafka").copied().unwrap_or(9092)
    }

    /// What producers wait for.
    pub fn acks(&self) -> Acks {
        self.acks.into()
    }

    /// Settings for topics as pairs.
    pub fn topic_settings(&self) -> Vec<(String, String)> {
        pairs(&self.topic)
    }

    /// librdkafka properties as pairs.
    pub fn client_settings(&self) -> Vec<(String, String)> {
        pairs(&self.client)
    }

    /// How long the target needs to notice a dead leader.
    pub fn detection(&self) -> Duration {
        Duration::from_millis(self.faults.detection_ms)
    }

    /// How long it needs after a heal until everything is as before.
    pub fn settling(&self) -> Duration {
        Duration::from_millis(self.faults.settling_ms)
    }

    /// How long its faults last and how far apart they are.
    pub fn timing(&self) -> Timing {
        Timing::for_target(self.detection(), self.settling())
    }

    /// Everything that may hold placeholders, with its path in the file.
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
        let lists: [(&[&str], &Vec<String>); 5] = [
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

    /// Whether it can be started with deliberate bugs.
    pub fn takes_plants(&self) -> bool {
        self.texts()
            .iter()
            .any(|(_, text)| text.contains("{plants}"))
    }
}

/// A cluster that runs already, as it was found.
#[derive(Clone, Debug)]
pub struct RunningCluster {
    /// How many nodes it has.
    pub count: Nodes,
    /// In the order of their ids.
    pub nodes: Vec<RunningNode>,
}

/// A node of a cluster that runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningNode {
    /// Its broker id, whatever it is.
    pub id: i32,
    /// Its advertised address.
    pub address: SocketAddr,
}

fn pairs(table: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let pair = |(name, value): (&String, &String)| (name.clone(), value.clone());
    table.iter().map(pair).collect()
}
