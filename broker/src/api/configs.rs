//! Settings of topics and nodes as Kafka names them: which are accepted, and what they really are
//! here.
//!
//! A setting that would promise what this broker does not do (compaction, broker timestamps) is
//! refused rather than stored; one that is already the case, or that only concerns clients'
//! expectations, is stored and shown.

use std::collections::BTreeMap;

use crate::config::NodeConfig;

/// Where a value comes from, as DescribeConfigs numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub(super) enum Source {
    /// Given when the topic was created.
    Topic = 1,
    /// The node's configuration file.
    Node = 4,
    /// Built in.
    Default = 5,
}

/// What a value is, as DescribeConfigs numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub(super) enum Kind {
    Boolean = 1,
    String = 2,
    Int = 3,
    Long = 5,
    List = 7,
}

/// One setting.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) source: Source,
    pub(super) kind: Kind,
}

/// The setting whose possible values depend on the number of nodes.
const MIN_INSYNC: &str = "min.insync.replicas";

/// Topic settings that may be given, and the values that are possible (any value if none are
/// listed; those of [`MIN_INSYNC`] are in [`possible`]).
const ACCEPTED: &[(&str, Kind, &[&str])] = &[
    ("cleanup.policy", Kind::List, &["delete"]),
    ("compression.type", Kind::String, &["producer"]),
    ("max.message.bytes", Kind::Int, &[]),
    ("message.timestamp.type", Kind::String, &["CreateTime"]),
    (MIN_INSYNC, Kind::Int, &[]),
    ("retention.bytes", Kind::Long, &[]),
    ("retention.ms", Kind::Long, &[]),
    ("segment.bytes", Kind::Int, &[]),
    ("unclean.leader.election.enable", Kind::Boolean, &["false"]),
];

/// Checks the settings of a new topic; returns them sorted by name.
pub(super) fn check<'a>(
    given: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    nodes: usize,
) -> Result<Vec<(String, String)>, String> {
    let mut settings = BTreeMap::new();
    for (name, value) in given {
        let Some((_, kind, listed)) = ACCEPTED.iter().find(|(accepted, ..)| *accepted == name)
        else {
            return Err(format!("unknown topic setting {name:?}"));
        };
        let Some(value) = value else {
            return Err(format!("topic setting {name} has no value"));
        };
        let values = possible(name, listed, nodes);
        if !values.is_empty() && !values.iter().any(|possible| possible == value) {
            return Err(format!(
                "{name} of this broker's {nodes} nodes can only be {}",
                values.join(" or ")
            ));
        }
        if matches!(kind, Kind::Int | Kind::Long) && value.parse::<i64>().is_err() {
            return Err(format!("{name} must be a number, not {value:?}"));
        }
        if settings.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("{name} is given twice"));
        }
    }
    Ok(settings.into_iter().collect())
}

/// The values that a setting can have; any if there are none. A write is on a majority, so no topic can ask for more.
fn possible(name: &str, listed: &[&str], nodes: usize) -> Vec<String> {
    if name == MIN_INSYNC {
        return (1..=majority(nodes))
            .map(|count| count.to_string())
            .collect();
    }
    listed.iter().map(|value| (*value).to_owned()).collect()
}

fn majority(nodes: usize) -> usize {
    nodes / 2 + 1
}

/// All settings of a topic. What was given is shown as given; the others are what is in force.
pub(super) fn of_topic(config: &NodeConfig, given: &[(String, String)]) -> Vec<Setting> {
    let majority = majority(config.peers.len());
    let (node, built_in) = (Source::Node, Source::Default);
    let real = [
        ("cleanup.policy", "delete".to_owned(), built_in),
        ("compression.type", "producer".to_owned(), built_in),
        (
            "max.message.bytes",
            config.limits.message_bytes.to_string(),
            node,
        ),
        ("message.timestamp.type", "CreateTime".to_owned(), built_in),
        // acks=all means a majority, whatever a topic was created with.
        (MIN_INSYNC, majority.to_string(), built_in),
        (
            "retention.bytes",
            config.log.retention_bytes.to_string(),
            node,
        ),
        ("retention.ms", "-1".to_owned(), built_in),
        ("segment.bytes", config.log.segment_bytes.to_string(), node),
        (
            "unclean.leader.election.enable",
            "false".to_owned(),
            built_in,
        ),
    ];
    let settings =
        real.into_iter()
            .zip(ACCEPTED)
            .map(|((name, value, source), (accepted, kind, _))| {
                debug_assert_eq!(name, *accepted, "both lists are in the same order");
                match given.iter().find(|(given, _)| given == name) {
                    Some((_, value)) => Setting {
                        name: name.to_owned(),
                        value: value.clone(),
                        source: Source::Topic,
                        kind: *kind,
                    },
                    None => Setting {
                        name: name.to_owned(),
                        value,
                        source,
                        kind: *kind,
                    },
                }
            });
    settings.collect()
}

/// All settings of this node.
pub(super) fn of_node(config: &NodeConfig) -> Vec<Setting> {
    let majority = majority(config.peers.len());
    let advertised = config.advertised(config.own());
    let values = [
        (
            "advertised.listeners",
            format!("PLAINTEXT://{advertised}"),
            Kind::List,
        ),
        (
            "auto.create.topics.enable",
            config.auto_create_topics.to_string(),
            Kind::Boolean,
        ),
        ("broker.id", config.node_id.to_string(), Kind::Int),
        (
            "default.replication.factor",
            config.peers.len().to_string(),
            Kind::Int,
        ),
        (
            "listeners",
            format!("PLAINTEXT://{}", config.kafka.listen),
            Kind::List,
        ),
        (
            "log.dirs",
            config.data_dir.display().to_string(),
            Kind::String,
        ),
        // Every batch is synced before it counts, for acks=1 as well.
        ("log.flush.interval.messages", "1".to_owned(), Kind::Long),
        (
            "log.retention.bytes",
            config.log.retention_bytes.to_string(),
            Kind::Long,
        ),
        (
            "log.segment.bytes",
            config.log.segment_bytes.to_string(),
            Kind::Int,
        ),
        (
            "message.max.bytes",
            config.limits.message_bytes.to_string(),
            Kind::Int,
        ),
        (MIN_INSYNC, majority.to_string(), Kind::Int),
        (
            "num.partitions",
            config.default_partitions.to_string(),
            Kind::Int,
        ),
        (
            "socket.request.max.bytes",
            config.limits.request_bytes.to_string(),
            Kind::Int,
        ),
        (
            "unclean.leader.election.enable",
            "false".to_owned(),
            Kind::Boolean,
        ),
    ];
    let setting = |(name, value, kind): (&str, String, Kind)| Setting {
        name: name.to_owned(),
        value,
        source: Source::Node,
        kind,
    };
    values.into_iter().map(setting).collect()
}
