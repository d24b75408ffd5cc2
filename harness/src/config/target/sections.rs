//! The sections of a target file: how a target is prepared, started and stopped, where its leader is read from, and
//! which output is kept. Plain data, in the format of the file.

use std::collections::BTreeMap;

use checkers::history::Acks;
use nemesis::Nodes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `[prepare]`: how a target is downloaded or built, once, outside the sandbox and before it starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prepare {
    /// The program and its arguments, run in `{home}`.
    pub command: Vec<String>,
    /// What must be there afterwards: files or directories.
    pub provides: Vec<String>,
    /// Environment variables that it reads. If one of them changes, it runs again.
    pub looks_at: Vec<String>,
    /// Environment variables to set, beyond PATH, HOME, LANG, those of a proxy, and `looks_at`.
    pub environment: BTreeMap<String, String>,
}

/// `[node]`: how to start and stop one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NodeCommand {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The name of the program that `command` executes in the end, if it is a script: the one whose wall clock is moved. By
    /// default the first one that is no shell and no usual wrapper.
    pub program: Option<String>,
    /// A program that runs to completion before a node's first start, in the node's place, for example to format its
    /// storage.
    pub init: Vec<String>,
    /// Environment variables to set, beyond PATH, HOME and LANG. A node inherits nothing else.
    pub environment: BTreeMap<String, String>,
    /// Files and directories that it may write besides `{dir}`, `{tmp}` and its home. They must exist.
    pub writable: Vec<String>,
    /// The signal that stops a node at the end of a run.
    pub stop_signal: StopSignal,
    /// The time between that signal and SIGKILL.
    pub stop_ms: Option<u64>,
}

/// `[upgrade]`: how a rolling upgrade to this target ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Upgrade {
    /// The program and its arguments that make the upgrade final, run once outside the nodes when all of them run this
    /// target. Before it, the nodes can go back. Empty for a target that has no such step.
    pub finalize: Vec<String>,
    /// Feature levels that it leaves, by their names: a number, or `kept` for the level that the feature had before.
    pub features: BTreeMap<String, String>,
}

/// `[lists.NAME]`: a placeholder that is a text repeated for each node, such as a list of voters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeList {
    /// The text for one node, with placeholders.
    pub each: String,
    /// What separates the texts.
    #[serde(default)]
    pub between: String,
}

/// `replication`: the replication factor of the topics of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub enum Replication {
    /// This many, or one on each node if there are fewer nodes.
    Copies(Nodes),
    /// One on each node.
    All,
}

/// The schema of `replication`.
pub(super) fn replication(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "integer", "minimum": Nodes::MIN, "maximum": Nodes::MAX },
        { "type": "string", "enum": ["all"] },
    ] })
}

impl Default for Replication {
    fn default() -> Self {
        Replication::Copies(Nodes::THREE)
    }
}

impl TryFrom<toml::Value> for Replication {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let copies = value
            .as_integer()
            .and_then(|copies| u64::try_from(copies).ok());
        match copies.and_then(|copies| Nodes::try_from(copies).ok()) {
            Some(copies) => Ok(Replication::Copies(copies)),
            None if value.as_str() == Some("all") => Ok(Replication::All),
            None => Err("`replication` is a number from 1 to 9, or \"all\"".to_owned()),
        }
    }
}

impl From<Replication> for toml::Value {
    fn from(replication: Replication) -> toml::Value {
        match replication {
            Replication::Copies(copies) => toml::Value::Integer(copies.count() as i64),
            Replication::All => toml::Value::String("all".to_owned()),
        }
    }
}

/// A signal that stops a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// SIGTERM.
    #[default]
    Term,
    /// SIGINT.
    Int,
    /// SIGQUIT.
    Quit,
    /// SIGHUP.
    Hup,
    /// SIGKILL: the process cannot handle it.
    Kill,
}

/// `[[file]]`: a file to write before a node's first start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTemplate {
    /// The path, with placeholders.
    pub path: String,
    /// The content, with placeholders.
    pub text: String,
}

/// `[ready]`: how to detect that the nodes are up. Topics are created only after that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ready {
    /// The kind of evidence.
    pub by: ReadyBy,
    /// For `log`: a regular expression that a line of the node's output matches.
    pub pattern: String,
    /// For `http`: a URL that answers with 200.
    pub url: String,
}

/// The evidence that a node is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadyBy {
    /// Some node names all brokers.
    #[default]
    Kafka,
    /// A line of its output.
    Log,
    /// An HTTP answer.
    Http,
}

/// `[leadership]`: where the quorum's leader and term are read from. Leaders of partitions are always read from
/// Metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Leadership {
    /// The source.
    pub quorum: QuorumSource,
    /// For `http`: the URL on each node.
    pub url: String,
    /// For `http`: a JSON pointer (RFC 6901) to the leader's id, `/raft/leader`.
    pub leader: String,
    /// For `http`: a JSON pointer to the term.
    pub term: String,
    /// For `log`: a regular expression with a group named `term` and, if the lines name the leader, one named `leader`.
    pub pattern: String,
    /// For `log`: the file. The node's standard output and error if absent.
    pub file: String,
    /// The name of the port at which a node's controller answers DescribeQuorum by itself. Empty if nodes have none.
    pub controller: String,
}

/// Where the quorum's leader and term are read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuorumSource {
    /// Kafka's DescribeQuorum (KIP-595).
    #[default]
    DescribeQuorum,
    /// JSON over HTTP.
    Http,
    /// Lines of a log.
    Log,
    /// No source: checks of terms do not apply.
    None,
}

/// `[logs]`: which parts of a node's output a report shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    /// Regular expressions of lines worth showing.
    pub show: Vec<String>,
    /// Files to search in addition to standard output and error.
    pub files: Vec<String>,
    /// Files and directories that are copied next to the node's output if a scenario is not valid.
    pub keep_on_failure: Vec<String>,
}

/// `[faults]`: how the fault plan scales with the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FaultScale {
    /// The time that the target needs to detect a dead leader. Windows are longer than this.
    pub detection_ms: u64,
    /// The time that it needs after a heal until it has fully recovered. Gaps between windows are longer than this.
    pub settling_ms: u64,
}

impl Default for FaultScale {
    fn default() -> Self {
        FaultScale {
            detection_ms: 1_000,
            settling_ms: 1_000,
        }
    }
}

/// `[load]`: the load that the machine can carry with this target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// The maximum number of operations per second that a scenario uses. `--rate` overrides it. A broker that uses all
    /// processors for its load starves itself when a node starts, and a starved run decides nothing.
    pub rate_max: u32,
}

impl Default for Load {
    fn default() -> Self {
        Load { rate_max: u32::MAX }
    }
}

/// `[bench]`: what a fair comparison of this target needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BenchSetting {
    /// The length of the load before warm figures are taken: a just-in-time compiler needs that time.
    pub warm_up_ms: u64,
}

impl Default for BenchSetting {
    fn default() -> Self {
        BenchSetting { warm_up_ms: 2_000 }
    }
}

/// `acks`: the acknowledgements that producers wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AcksSetting {
    /// The in-sync replicas.
    #[default]
    #[serde(rename = "all")]
    All,
    /// The leader.
    #[serde(rename = "1")]
    Leader,
    /// Nothing.
    #[serde(rename = "0")]
    None,
}

impl From<AcksSetting> for Acks {
    fn from(setting: AcksSetting) -> Acks {
        match setting {
            AcksSetting::All => Acks::All,
            AcksSetting::Leader => Acks::Leader,
            AcksSetting::None => Acks::None,
        }
    }
}
