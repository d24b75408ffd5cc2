//! What a running broker tells of itself, as settings of a target file: how many brokers there are, which requests they
//! answer, and the settings on which promises depend.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use kafka_protocol::messages::ApiKey;

use crate::cluster::running;
use crate::config::target::RunningNode;
use crate::kafka::questions::offer::{self, Offer};
use crate::kafka::questions::{NoAnswer, Quorum, quorum};
use crate::kafka::wire::Wire;
use crate::output::visible;
use crate::store;

/// The time within which a question must be answered.
const ANSWER: Duration = Duration::from_secs(5);

/// The settings of a broker that say what it promises, and how fast it detects a failure.
pub(super) const SETTINGS: [&str; 4] = [
    "min.insync.replicas",
    "unclean.leader.election.enable",
    "log.flush.interval.messages",
    "broker.session.timeout.ms",
];

/// The requests that every run needs, in the versions that it sends.
const NEEDED: [(ApiKey, i16); 5] = [
    (ApiKey::Metadata, 9),
    (ApiKey::CreateTopics, 5),
    (ApiKey::Produce, 7),
    (ApiKey::Fetch, 11),
    (ApiKey::ListOffsets, 5),
];

/// Further requests of workloads, in any version.
const FURTHER: [(&str, &[ApiKey]); 3] = [
    (
        "offsets, group",
        &[
            ApiKey::FindCoordinator,
            ApiKey::JoinGroup,
            ApiKey::SyncGroup,
            ApiKey::Heartbeat,
            ApiKey::LeaveGroup,
            ApiKey::OffsetCommit,
            ApiKey::OffsetFetch,
        ],
    ),
    (
        "transactions, fence",
        &[
            ApiKey::FindCoordinator,
            ApiKey::InitProducerId,
            ApiKey::AddPartitionsToTxn,
            ApiKey::EndTxn,
        ],
    ),
    (
        "exactly-once",
        &[
            ApiKey::InitProducerId,
            ApiKey::AddOffsetsToTxn,
            ApiKey::TxnOffsetCommit,
            ApiKey::EndTxn,
        ],
    ),
];

/// A running cluster, asked.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bootstrap: Vec<String>,
    pub(super) nodes: Vec<RunningNode>,
    pub(super) cluster_id: String,
    pub(super) offer: Offer,
    pub(super) quorum: Result<Quorum, String>,
    pub(super) settings: Result<BTreeMap<String, String>, String>,
}

impl Found {
    /// Asks the first of these addresses that answers for the brokers, and one of them for the rest.
    ///
    /// # Errors
    /// If none answers Metadata, or the broker does not answer ApiVersions (exit code 254).
    pub(super) fn at(bootstrap: &[String]) -> Result<Found> {
        let nodes = running::discover(bootstrap)?.nodes;
        let mut last = None;
        for node in &nodes {
            match Found::ask(node, bootstrap, &nodes) {
                Ok(found) => return Ok(found),
                Err(error) => last = Some(format!("{}: {error}", node.address)),
            }
        }
        let why = last.unwrap_or_else(|| "it names no broker".to_owned());
        Err(crate::exit::Stop::usage(format!(
            "no broker of {} answers ApiVersions: {why}",
            bootstrap.join(",")
        )))
    }

    fn ask(
        node: &RunningNode,
        bootstrap: &[String],
        nodes: &[RunningNode],
    ) -> Result<Found, NoAnswer> {
        let wire = &mut Wire::new(node.address, ANSWER);
        let offer = offer::offer(wire)?;
        let absent = |request: ApiKey| format!("{request:?} is not offered");
        let quorum = match offer.has_any(ApiKey::DescribeQuorum) {
            true => quorum(wire).map_err(|error| error.to_string()),
            false => Err(absent(ApiKey::DescribeQuorum)),
        };
        let settings = match offer.has_any(ApiKey::DescribeConfigs) {
            true => offer::settings(wire, node.id, &SETTINGS).map_err(|error| error.to_string()),
            false => Err(absent(ApiKey::DescribeConfigs)),
        };
        Ok(Found {
            bootstrap: bootstrap.to_vec(),
            nodes: nodes.to_vec(),
            cluster_id: offer::cluster_id(wire)?.unwrap_or_default(),
            offer,
            quorum,
            settings,
        })
    }

    /// What was found and is no setting, as a comment of the file.
    pub(super) fn comment(&self) -> String {
        let mut lines = vec![format!(
            "Found by `jepsen init` at {} on {}:",
            self.bootstrap.join(","),
            store::now()
        )];
        let broker = |node: &RunningNode| format!("{} ({})", node.id, node.address);
        let brokers: Vec<String> = self.nodes.iter().map(broker).collect();
        lines.push(format!(
            "  cluster {}, brokers {}",
            visible(&self.cluster_id),
            brokers.join(", ")
        ));
        if let Ok(quorum) = &self.quorum {
            lines.push(format!(
                "  DescribeQuorum: leader {}, term {}, voters {:?}",
                quorum.leader, quorum.epoch, quorum.voters
            ));
        }
        if let Err(error) = &self.settings {
            lines.push(format!("  its settings are not known: {}", visible(error)));
        }
        let features = self.offer.features.iter();
        let features: Vec<String> = features
            .map(|(name, level)| format!("{} {level}", visible(name)))
            .collect();
        if !features.is_empty() {
            lines.push(format!("  features: {}", features.join(", ")));
        }
        lines.extend(self.workloads().into_iter().map(|line| format!("  {line}")));
        lines.iter().map(|line| format!("# {line}\n")).collect()
    }

    /// Which workloads it answers, one sentence each.
    fn workloads(&self) -> Vec<String> {
        let sentence = |names: &str, lacking: Vec<String>| match lacking.is_empty() {
            true => format!("workloads {names}: every request is offered"),
            false => format!("workloads {names}: not offered are {}", lacking.join(", ")),
        };
        let mut lines = vec![sentence("append, register, pipeline", self.lacking())];
        for (names, requests) in FURTHER {
            let lacking = requests.iter().filter(|one| !self.offer.has_any(**one));
            let lacking = lacking.map(|request| format!("{request:?}")).collect();
            lines.push(sentence(names, lacking));
        }
        lines
    }

    /// What every run needs and is not offered.
    fn lacking(&self) -> Vec<String> {
        let lacking = NEEDED
            .iter()
            .filter(|(request, version)| !self.offer.has(*request, *version));
        lacking
            .map(|(request, version)| format!("{request:?} {version}"))
            .collect()
    }

    /// What was found, for the terminal.
    pub(super) fn summary(&self) -> String {
        let mut text = format!(
            "found {} brokers of cluster {}, {} kinds of requests\n",
            self.nodes.len(),
            visible(&self.cluster_id),
            self.offer.requests.len()
        );
        let lacking = self.lacking();
        if !lacking.is_empty() {
            text += &format!(
                "Every run needs these requests, which are not offered: {}\n",
                lacking.join(", ")
            );
        }
        text
    }
}
