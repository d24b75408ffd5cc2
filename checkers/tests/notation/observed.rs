//! What probes say of groups and transactions, in the notation.

use checkers::history::{Coordinated, ListedTransaction, ReplicaClaim, Seen, Text, TopicIdentity};

use super::members::member;
use super::words;

/// Where partitions are: `cluster=c id=t:x t/0=1:1,2,3:1,3`, which is leader, replicas, and those in sync.
pub(super) fn replicas(rest: &[&str]) -> Seen {
    let (mut cluster, mut topics, mut partitions) = (Text::new(), Vec::new(), Vec::new());
    for word in rest {
        let (name, value) = word.split_once('=').expect("name=value");
        match name {
            "cluster" => cluster = value.into(),
            "id" => {
                let (topic, id) = value.split_once(':').expect("id=topic:id");
                topics.push(TopicIdentity(topic.into(), id.into()));
            }
            place => {
                let (topic, partition) = words::place(place);
                let lists: Vec<&str> = value.split(':').collect();
                let ids = |list: &str| words::ids(&[list], "");
                partitions.push(ReplicaClaim(
                    topic.into(),
                    partition,
                    words::number(lists[0]),
                    ids(lists[1]),
                    ids(lists[2]),
                ));
            }
        }
    }
    Seen::Replicas {
        cluster,
        topics,
        partitions,
    }
}

/// What a node says of groups and transactions: `coordinates g n2`, `group g Stable m1 m2`,
/// `transactions x1/17/Ongoing/120`; of the quorum at its controller's listener: `controls n1/7`, or `controls -/-`; of
/// its features: `features metadata.version=30`. None if it is something else.
pub(super) fn seen(what: &str, rest: &[&str]) -> Option<Seen> {
    Some(match what {
        "controls" => {
            let (leader, epoch) = words::leader(rest[0]);
            Seen::Controller { leader, epoch }
        }
        "features" => {
            let level = |word: &&str| {
                let (name, level) = word.split_once('=').expect("feature=level");
                (name.to_owned(), words::number(level))
            };
            Seen::Features {
                finalized: rest.iter().map(level).collect(),
            }
        }
        "coordinates" => Seen::Coordinator {
            of: Coordinated::Group,
            key: rest[0].into(),
            coordinator: rest.get(1).map(|node| Text::from(*node)),
        },
        "group" => Seen::Group {
            group: rest[0].into(),
            state: rest[1].into(),
            members: rest[2..].iter().map(|word| member(word)).collect(),
        },
        "transactions" => {
            let listed = rest.iter().map(|word| {
                let parts: Vec<&str> = word.split('/').collect();
                ListedTransaction {
                    transactional_id: parts[0].into(),
                    producer_id: words::number(parts[1]),
                    state: parts[2].into(),
                    open_ms: parts.get(3).map(|word| words::number(word)),
                }
            });
            Seen::Transactions {
                transactions: listed.collect(),
            }
        }
        _ => return None,
    })
}
