//! Ids that never change: that of the cluster, and those of topics that were made once (KIP-516). A client that is told
//! another id takes the topic for a new one and forgets its positions, or its leaders' epochs.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use crate::history::{NodeName, Observation, Observed, Seen, TopicIdentity};
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

/// What of the cluster has an id.
const CLUSTER: &str = "cluster";

/// The ids in an answer, and of what each is.
fn identities<'o>(
    known: &Known,
    about: &'o Observation,
) -> impl Iterator<Item = (String, &'o str)> {
    let (cluster, topics) = match &about.seen {
        Seen::Replicas {
            cluster, topics, ..
        } => (cluster.as_str(), topics.as_slice()),
        _ => ("", &[][..]),
    };
    let of_cluster = (!cluster.is_empty()).then(|| (CLUSTER.to_owned(), cluster));
    let made_once = |identity: &&TopicIdentity| known.partitions.contains_key(identity.0.as_str());
    let of_topic = |identity: &'o TopicIdentity| {
        let TopicIdentity(name, id) = identity;
        (format!("topic {name}"), id.as_str())
    };
    let of_topics: Vec<_> = topics.iter().filter(made_once).map(of_topic).collect();
    of_cluster.into_iter().chain(of_topics)
}

/// How many ids an answer has that are compared.
pub(in crate::checks) fn identified(known: &Known, about: &Observation) -> u64 {
    identities(known, about).count() as u64
}

/// The ids that were stated first.
pub(super) struct Identities<'a> {
    known: &'a Known,
    /// By what: the id, the line that stated it, and its node.
    first: BTreeMap<String, (String, u64, NodeName)>,
    told: BTreeSet<(NodeName, String)>,
}

impl<'a> Identities<'a> {
    pub(super) fn of(known: &'a Known) -> Self {
        Identities {
            known,
            first: BTreeMap::new(),
            told: BTreeSet::new(),
        }
    }

    /// Compares the ids of an answer with what was stated before. Returns how many there are.
    pub(super) fn compare(&mut self, observed: Observed<'_>, verdict: &mut Verdict) -> u64 {
        let mut compared = 0;
        for (what, id) in identities(self.known, observed.observation) {
            compared += 1;
            self.one(what, id, observed, verdict);
        }
        compared
    }

    fn one(&mut self, what: String, id: &str, observed: Observed<'_>, verdict: &mut Verdict) {
        let node = observed.observation.node.to_string();
        let Some((first, line, of)) = self.first.get(&what) else {
            let stated = (id.to_owned(), observed.id, node);
            self.first.insert(what, stated);
            return;
        };
        if first == id || !self.told.insert((node.clone(), what.clone())) {
            return;
        }
        let mut nodes = vec![of.clone(), node.clone()];
        nodes.dedup();
        verdict.found(Anomaly {
            kind: Finding::IdentityDiffers {
                node,
                what,
                id: id.to_owned(),
                before: first.clone(),
                before_by: of.clone(),
            },
            certain: true,
            evidence: Evidence {
                events: vec![*line, observed.id],
                nodes,
                window: Some((observed.observation.called, observed.at)),
                ..Evidence::default()
            },
        });
    }
}
