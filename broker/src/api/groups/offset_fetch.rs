//! OffsetFetch: how far groups came, linearizably.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse, TopicName};

use super::super::{string, topic_name};
use super::{Context, error_of};
use crate::ask::Ending;
use crate::request::groups::{CommittedOffset, FetchedOffset, GroupRequest, GroupResponse};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    let topics = |shape: &mut Shape<'_>| {
        shape.array(|topic| {
            topic.string()?;
            topic.array(|partition| partition.skip(4))?;
            topic.tags()
        })
    };
    if version >= SEVERAL_FROM {
        shape.array(|group| {
            group.string()?;
            topics(group)?;
            group.tags()
        })?;
    } else {
        shape.string()?;
        topics(shape)?;
    }
    shape.skip(usize::from(version >= 7))?;
    shape.tags()
}

/// From here on a request asks for several groups (KIP-709).
const SEVERAL_FROM: i16 = 8;

/// The first version that has an error for the whole request.
const ERROR_FROM: i16 = 2;

/// The first version that contains leader epochs (KIP-320).
const LEADER_EPOCH_FROM: i16 = 5;

/// Instead of an offset that was never committed.
const NONE: i64 = -1;

/// The partitions of a topic that are asked for.
type Asked = Option<Vec<(TopicName, Vec<i32>)>>;

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: OffsetFetchRequest,
) -> Result<OffsetFetchResponse, Ending> {
    let stable = request.require_stable;
    if version < SEVERAL_FROM {
        let topics = request.topics.into_iter().flatten();
        let topics: Vec<_> = topics
            .map(|topic| (topic.name, topic.partition_indexes))
            .collect();
        // All topics is null; version 1 knows no null and means none by an empty list.
        let all = topics.is_empty() && version >= ERROR_FROM;
        let asked = (!all).then_some(topics);
        let group = request.group_id.to_string();
        return one(context, version, (group, stable), asked).await;
    }
    let mut groups = Vec::with_capacity(request.groups.len());
    for group in request.groups {
        let asked = group.topics.map(|topics| {
            let topics = topics.into_iter();
            topics
                .map(|topic| (topic.name, topic.partition_indexes))
                .collect()
        });
        let answer = OffsetFetchResponseGroup::default().with_group_id(group.group_id.clone());
        groups.push(
            match fetch(context, group.group_id.to_string(), &asked).await? {
                Ok(fetched) => {
                    let topics = by_topic(fetched).into_iter().map(|(name, fetched)| {
                        let partitions = fetched.into_iter().map(|one| {
                            let (partition, committed, error) = plain(one, stable);
                            OffsetFetchResponsePartitions::default()
                                .with_partition_index(partition)
                                .with_committed_offset(committed.offset)
                                .with_committed_leader_epoch(committed.leader_epoch)
                                .with_metadata(Some(string(committed.metadata)))
                                .with_error_code(error)
                        });
                        OffsetFetchResponseTopics::default()
                            .with_name(topic_name(name))
                            .with_partitions(partitions.collect())
                    });
                    answer.with_topics(topics.collect())
                }
                Err(error) => answer.with_error_code(error),
            },
        );
    }
    Ok(OffsetFetchResponse::default().with_groups(groups))
}

/// The form of before: one group.
async fn one(
    context: &Arc<Context>,
    version: i16,
    (group, stable): (String, bool),
    asked: Asked,
) -> Result<OffsetFetchResponse, Ending> {
    let (fetched, error) = match fetch(context, group, &asked).await? {
        Ok(fetched) => (fetched, 0),
        // Version 1 has no place for it but each partition.
        Err(error) => (nothing(asked), error),
    };
    let topics = by_topic(fetched).into_iter().map(|(name, fetched)| {
        let partitions = fetched.into_iter().map(|one| {
            let (partition, committed, unstable) = plain(one, stable);
            OffsetFetchResponsePartition::default()
                .with_partition_index(partition)
                .with_committed_offset(committed.offset)
                .with_committed_leader_epoch(if version >= LEADER_EPOCH_FROM {
                    committed.leader_epoch
                } else {
                    -1
                })
                .with_metadata(Some(string(committed.metadata)))
                .with_error_code(if error == 0 { unstable } else { error })
        });
        OffsetFetchResponseTopic::default()
            .with_name(topic_name(name))
            .with_partitions(partitions.collect())
    });
    let response = OffsetFetchResponse::default().with_topics(topics.collect());
    Ok(response.with_error_code(if version >= ERROR_FROM { error } else { 0 }))
}

async fn fetch(
    context: &Arc<Context>,
    group: String,
    asked: &Asked,
) -> Result<Result<Vec<FetchedOffset>, i16>, Ending> {
    let places = |(topic, partitions): &(TopicName, Vec<i32>)| {
        let topic = topic.to_string();
        let partitions = partitions.iter();
        partitions
            .map(|partition| (topic.clone(), *partition))
            .collect::<Vec<_>>()
    };
    let partitions = asked
        .as_ref()
        .map(|topics| topics.iter().flat_map(places).collect());
    Ok(
        match context
            .group(GroupRequest::Fetch { group, partitions })
            .await?
        {
            GroupResponse::Offsets(offsets) => Ok(offsets),
            other => Err(error_of(other)),
        },
    )
}

fn nothing(asked: Asked) -> Vec<FetchedOffset> {
    let topics = asked.into_iter().flatten();
    let partitions = topics.flat_map(|(topic, partitions)| {
        let topic = topic.to_string();
        partitions.into_iter().map(move |partition| FetchedOffset {
            topic: topic.clone(),
            partition,
            committed: None,
            is_staged: false,
        })
    });
    partitions.collect()
}

/// Offsets in the order of their topics; one entry for each run of a topic.
fn by_topic(fetched: Vec<FetchedOffset>) -> Vec<(String, Vec<FetchedOffset>)> {
    let mut topics: Vec<(String, Vec<FetchedOffset>)> = Vec::new();
    for one in fetched {
        match topics.last_mut().filter(|(topic, _)| *topic == one.topic) {
            Some((_, partitions)) => partitions.push(one),
            None => topics.push((one.topic.clone(), vec![one])),
        }
    }
    topics
}

/// Partition, offset and error. `stable`: not while an open transaction may change it (KIP-447).
fn plain(fetched: FetchedOffset, stable: bool) -> (i32, CommittedOffset, i16) {
    let none = CommittedOffset {
        offset: NONE,
        leader_epoch: -1,
        metadata: String::new(),
    };
    match fetched.is_staged && stable {
        true => {
            let error = ResponseError::UnstableOffsetCommit.code();
            (fetched.partition, none, error)
        }
        false => (fetched.partition, fetched.committed.unwrap_or(none), 0),
    }
}
