//! The bytes that members of consumer groups exchange through their coordinator, which does not look into them (Kafka:
//! ConsumerProtocol): what a member subscribes to, and what the leader assigns to it.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition;
use kafka_protocol::messages::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::topic_name;

/// The version that all clients read.
const VERSION: i16 = 0;
/// The newest version of a subscription that is understood here. A newer one has the older fields first.
const SUBSCRIPTION_VERSION_MAX: i16 = 3;

/// A subscription to topics.
pub fn subscription(topics: &[String]) -> Bytes {
    let topics = topics
        .iter()
        .map(|name| StrBytes::from_string(name.clone()));
    let subscription = ConsumerProtocolSubscription::default().with_topics(topics.collect());
    encoded(&subscription)
}

/// The topics of a subscription; none if it cannot be read.
pub fn subscribed(bytes: &Bytes) -> Option<Vec<String>> {
    let (version, mut rest) = versioned(bytes)?;
    let version = version.clamp(0, SUBSCRIPTION_VERSION_MAX);
    let read = ConsumerProtocolSubscription::decode(&mut rest, version).ok()?;
    Some(read.topics.iter().map(ToString::to_string).collect())
}

/// An assignment of partitions.
pub fn assignment(partitions: &[(String, i32)]) -> Bytes {
    let mut topics: BTreeMap<&String, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        TopicPartition::default()
            .with_topic(topic_name(topic))
            .with_partitions(partitions)
    });
    encoded(&ConsumerProtocolAssignment::default().with_assigned_partitions(topics.collect()))
}

/// The partitions of an assignment, in order; none if it cannot be read. A member to which nothing was assigned may get
/// no bytes at all.
pub fn assigned(bytes: &Bytes) -> Option<Vec<(String, i32)>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (_, mut rest) = versioned(bytes)?;
    let read = ConsumerProtocolAssignment::decode(&mut rest, VERSION).ok()?;
    let topics = read.assigned_partitions.iter();
    let places = topics.flat_map(|topic| {
        let partitions = topic.partitions.iter();
        partitions.map(|partition| (topic.topic.0.to_string(), *partition))
    });
    let mut places: Vec<_> = places.collect();
    places.sort();
    Some(places)
}

fn encoded(message: &impl Encodable) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(VERSION);
    // What was built here fits its version.
    let _ = message.encode(&mut bytes, VERSION);
    bytes.freeze()
}

fn versioned(bytes: &Bytes) -> Option<(i16, Bytes)> {
    let head = bytes.first_chunk::<2>()?;
    Some((i16::from_be_bytes(*head), bytes.slice(2..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let topics = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(subscribed(&subscription(&topics)), Some(topics));
        let places = vec![
            ("a".to_owned(), 0),
            ("a".to_owned(), 2),
            ("b".to_owned(), 1),
        ];
        assert_eq!(assigned(&assignment(&places)), Some(places));
        assert_eq!(assigned(&assignment(&[])), Some(Vec::new()));
        assert_eq!(assigned(&Bytes::new()), Some(Vec::new()));
    }

    #[test]
    fn bytes_of_others_are_no_assignment() {
        assert_eq!(assigned(&Bytes::from_static(&[0])), None);
        assert_eq!(assigned(&Bytes::from_static(&[0, 0, 0, 0, 0, 9])), None);
        assert_eq!(subscribed(&Bytes::from_static(b"x")), None);
    }
}
