//! The sections of a target file: how a target is prepared, started and ended, where its leader is read, what of its
//! output is worth keeping. Plain data, as it stands in the file.

use std::collections::BTreeMap;

use checkers::history::Acks;
use nemesis::Nodes;
use serde::{Deserialize, Serialize};

/// `[prepare]`: what fetches or builds a target, once, outside the sandbox and before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prepare {
    /// The program and its arguments; run in `{home}`.
    pub command: Vec<String>,
    /// What must be there afterwards: files or directories.
    pub provides: Vec<String>,
    /// Environment variables that it looks at: when one of them changes, it is run again.
    pub looks_at: Vec<String>,
}

/// `[node]`: how to start and stop one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeCommand {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// A program that is run to its end before a node's first start, in the node's place: to format its storage.
    pub init: Vec<String>,
    /// Environment variables to set.
    pub environment: BTreeMap<String, String>,
    /// The signal that asks a node to end, at the end of a run.
    pub stop_signal: StopSignal,
    /// How long it gets before SIGKILL.
    pub stop_ms: Option<u64>,
}

/// `[lists.NAME]`: a placeholder that is a text repeated for each node, such as a list of voters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeList {
    /// The text for one node, with placeholders.
    pub each: String,
    /// What separates the texts.
    #[serde(default)]
    pub between: String,
}

/// `replication`: how many copies of every partition a run asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub enum Replication {
    /// This many, or one on each node where there are fewer nodes.
    Copies(Nodes),
    /// One on each node.
    All,
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

/// A signal that asks a process to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// SIGKILL: it is not asked at all.
    Kill,
}

/// `[[file]]`: a file to write before a node's first start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTemplate {
    /// Where, with placeholders.
    pub path: String,
    /// What, with placeholders.
    pub text: String,
}

/// `[ready]`: what shows that the nodes are up. Only then are topics created.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ready {
    /// What is looked for.
    pub by: ReadyBy,
    /// For `log`: a regular expression that a line of the node's output matches.
    pub pattern: String,
    /// For `http`: a URL that answers with 200.
    pub url: String,
}

/// What shows that a node is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadyBy {
    /// That some node names all brokers.
    #[default]
    Kafka,
    /// A line of its output.
    Log,
    /// An HTTP answer.
    Http,
}

/// `[leadership]`: where the quorum's leader and term are read. Leaders of partitions are always read from Metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leadership {
    /// Where.
    pub quorum: QuorumSource,
    /// For `http`: the URL on each node.
    pub url: String,
    /// For `http`: a JSON pointer (RFC 6901) to the leader's id, `/raft/leader`.
    pub leader: String,
    /// For `http`: a JSON pointer to the term.
    pub term: String,
    /// For `log`: a regular expression with a group named `term` and, if lines tell it, one named `leader`.
    pub pattern: String,
    /// For `log`: the file; the node's standard output and error if absent.
    pub file: String,
}

/// Where the quorum's leader and term are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuorumSource {
    /// Kafka's DescribeQuorum (KIP-595).
    #[default]
    DescribeQuorum,
    /// JSON over HTTP.
    Http,
    /// Lines of a log.
    Log,
    /// Nowhere: checks of terms do not apply.
    None,
}

/// `[logs]`: what of a node's output a reader should see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    /// Regular expressions of lines worth showing.
    pub show: Vec<String>,
    /// Files to look through besides standard output and error.
    pub files: Vec<String>,
    /// Files and directories copied beside the node's output when a scenario is not valid.
    pub keep_on_failure: Vec<String>,
}

/// `[faults]`: how the fault plan scales with the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultScale {
    /// How long the target needs to notice a dead leader. Windows are drawn longer than this.
    pub detection_ms: u64,
    /// How long it needs after a heal until everything is as before. Gaps between windows are drawn longer than this.
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

/// `[load]`: what the machine can carry of this target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Operations a second that a scenario asks for at most; `--rate` says otherwise. A broker that takes all processors for
    /// its load starves itself when a node starts, and a starved run decides nothing.
    pub rate_max: u32,
}

impl Default for Load {
    fn default() -> Self {
        Load { rate_max: u32::MAX }
    }
}

/// `[bench]`: what is fair to this target when it is compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BenchSetting {
    /// How long it is loaded before warm figures are taken: a just-in-time compiler needs that.
    pub warm_up_ms: u64,
}

impl Default for BenchSetting {
    fn default() -> Self {
        BenchSetting { warm_up_ms: 2_000 }
    }
}

/// `acks`: what producers wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
