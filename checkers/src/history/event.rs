//! One line of a history after its header, and the kinds of line that are neither operation, fault nor observation.

use serde::{Deserialize, Serialize};

use super::fault::FaultEvent;
use super::ids::{Moment, NodeName};
use super::observation::Observation;
use super::operation::{Completion, Invocation};

/// One line: its index, its time, and what happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Dense from 0, in the order of `t`.
    pub i: u64,
    /// When it was recorded.
    pub t: Moment,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What a line records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum What {
    /// An operation was called.
    Invoke(Invocation),
    /// The worker's last call happened.
    Ok(Completion),
    /// The worker's last call did not happen.
    Fail(Completion),
    /// The worker's last call may have happened, or may still happen.
    Info(Completion),
    /// A probe saw something.
    Observation(Box<Observation>),
    /// A fault began, was healed, was skipped or failed.
    Fault(Box<FaultEvent>),
    /// A topic was created or deleted by the harness.
    Topic(Box<TopicEvent>),
    /// A node's process started or ended.
    Node(Box<NodeEvent>),
    /// A client that is a process of its own started or ended.
    Client(Box<ClientEvent>),
    /// The harness or a node did not get the processor or the disk when it should have.
    Late(Box<Late>),
    /// The harness had no space left to write.
    Shortage(Shortage),
    /// A phase of the run began.
    Phase(PhaseEvent),
    /// A type that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The harness changed a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicEvent {
    /// Topic name.
    pub name: String,
    /// The topic's id, if the target reported one.
    #[serde(default)]
    pub id: String,
    /// Number of partitions.
    #[serde(default)]
    pub partitions: i32,
    /// `created` or `deleted`.
    pub what: String,
}

/// A node's process started or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEvent {
    /// Which node.
    pub node: NodeName,
    /// What became of it.
    pub what: NodeHappening,
    /// Whether the harness requested it. An exit that was not requested is an anomaly.
    #[serde(default)]
    pub expected: bool,
    /// `exit 0`, `signal 9`, ...
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
}

/// A client's process started or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientEvent {
    /// Which client: `w7`, after the worker that its membership is recorded under.
    pub client: String,
    /// What became of it.
    pub what: NodeHappening,
    /// Whether the harness requested it. An exit that was not requested leaves the run undecided.
    #[serde(default)]
    pub expected: bool,
    /// `pid 4711`, `exit 0`, `signal 9`, ...
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
}

/// What became of a node's or a client's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeHappening {
    /// The process was started.
    Started,
    /// The process ended.
    Exited,
    /// A word that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A process ran later than planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Late {
    /// `harness`, `disk` (a sync beside the nodes' data), or a node's name.
    pub who: String,
    /// The thread of the node that waited, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// By how much, in ms, at the line's time.
    pub by_ms: u64,
    /// Over how many ms, ended at the line's time, it was kept waiting so long in many short waits; none if at once. An
    /// election is not missed by those, but a start that gets a quarter of a processor takes four times as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_ms: Option<u64>,
    /// Share of time in which some task of the machine waited for a processor, 0 to 1, if the kernel reports it (PSI).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_pressure: Option<f64>,
    /// The same for input and output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_pressure: Option<f64>,
}

/// The disk that contains the run is full, or the user's quota is. Nodes that cannot write end, as they must, and would
/// look like nodes that crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The last time at which there was enough space. The shortage began after it.
    pub since: Moment,
    /// Free bytes when the shortage was noticed. None if they are not known, as with a quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
}

/// A phase of the run began; it lasts until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseEvent {
    /// Which one.
    pub phase: Phase,
}

/// The phases of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nodes start, until they agree on a leader.
    Formation,
    /// Workers and faults.
    Load,
    /// Faults are healed; waiting on evidence that every partition has an agreed leader.
    Recovery,
    /// That evidence was seen (the line's time is the time to stable); partitions are read to their ends.
    Final,
    /// Everything was done; a history without this line was cut short.
    Done,
    /// The user interrupted the run.
    Interrupted,
    /// A phase that this version does not know.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million operations are two million lines: a word more here is 16 MB more.
    #[test]
    fn a_line_is_small() {
        assert!(size_of::<Event>() <= 88, "{}", size_of::<Event>());
    }
}
