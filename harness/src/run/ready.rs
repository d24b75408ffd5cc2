//! Checks whether the nodes are up, by the target's criterion: a node names all brokers, a line of every node's output
//! matches, or every node answers over HTTP. Topics are created only after that: a creation that is refused or lost
//! while the cluster forms would leave the history without a definite order of events for the topic.

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nemesis::Node;
use regex::Regex;

use crate::bounded;
use crate::cluster::Cluster;
use crate::config::target::{ReadyBy, Target};
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::probe::quorum::agent;
use crate::record::StopFlag;
use crate::secret::Filled;

/// The interval between two checks.
const STEP: Duration = Duration::from_millis(20);
/// The time limit of one check.
const LOOK: Duration = Duration::from_millis(1_000);

/// Waits until all nodes are up.
///
/// # Errors
/// If a node is not up before the deadline. The message names the node and the expected evidence.
pub fn wait(target: &Target, cluster: &Cluster, stop: &StopFlag, deadline: Instant) -> Result<()> {
    let ended = || Instant::now() >= deadline || stop.is_set();
    if target.ready.by == ReadyBy::Kafka {
        while !cluster
            .nodes()
            .into_iter()
            .any(|node| names_all(cluster, node))
        {
            let all = cluster.nodes().count();
            anyhow::ensure!(!ended(), "no node names all {all} brokers");
            std::thread::sleep(STEP);
        }
        return Ok(());
    }
    for node in cluster.nodes() {
        let look = Look::of(target, cluster, node)?;
        while !look.is_up() {
            anyhow::ensure!(!ended(), "{node} is not up: {}", look.wanted());
            std::thread::sleep(STEP);
        }
    }
    Ok(())
}

/// Whether a node answers and knows the whole cluster.
fn names_all(cluster: &Cluster, node: Node) -> bool {
    let mut wire = Wire::new(cluster.address(node), LOOK);
    questions::brokers(&mut wire).is_ok_and(|brokers| brokers.len() >= cluster.nodes().count())
}

/// How one node is checked.
enum Look {
    Log(Vec<PathBuf>, Regex),
    Http(ureq::Agent, Filled),
}

impl Look {
    fn of(target: &Target, cluster: &Cluster, node: Node) -> Result<Look> {
        Ok(match target.ready.by {
            ReadyBy::Http => {
                let url = target.fill(&target.ready.url, cluster.place(node))?;
                Look::Http(agent(LOOK), url)
            }
            ReadyBy::Log | ReadyBy::Kafka => {
                let logs = cluster.logs(node);
                let files = ["stdout.log", "stderr.log"].map(|name| logs.join(name));
                let pattern = Regex::new(&target.ready.pattern).context("ready.pattern")?;
                Look::Log(files.into(), pattern)
            }
        })
    }

    fn is_up(&self) -> bool {
        match self {
            Look::Log(files, pattern) => files.iter().any(|file| {
                // A node may replace its output by anything.
                let mut text = Vec::new();
                let read = bounded::open(file)
                    .and_then(|file| file.take(bounded::LOG).read_to_end(&mut text));
                read.is_ok() && pattern.is_match(&String::from_utf8_lossy(&text))
            }),
            Look::Http(agent, url) => agent.get(url.reveal()).call().is_ok(),
        }
    }

    fn wanted(&self) -> String {
        match self {
            Look::Log(_, pattern) => format!("no line of its output matches `{pattern}`"),
            Look::Http(_, url) => format!("{url} does not answer with success"),
        }
    }
}
