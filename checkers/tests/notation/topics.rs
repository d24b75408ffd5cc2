//! Operations on topics.

use checkers::history::{Call, Report, Text, TopicCall, TopicSeen};

use super::words;

/// Reads `create-topic n1 a/3`, and what stands behind the arrow of a `describe-topic`.
pub(crate) fn operation(
    f: &str,
    asked: &[&str],
    got: &[&str],
    phase: Option<Text>,
) -> (Call, Report) {
    let (topic, partitions) = match asked[1].split_once('/') {
        Some((topic, partitions)) => (topic, Some(words::number(partitions))),
        None => (asked[1], None),
    };
    let call = Box::new(TopicCall {
        node: asked[0].into(),
        topic: topic.into(),
        partitions,
        phase,
    });
    match f {
        "create-topic" => (Call::CreateTopic(call), Report::CreateTopic),
        "grow-topic" => (Call::GrowTopic(call), Report::GrowTopic),
        "delete-topic" => (Call::DeleteTopic(call), Report::DeleteTopic),
        "describe-topic" => {
            let partitions = match got {
                [] | ["none"] => None,
                [count, ..] => Some(words::number(count)),
            };
            let seen = TopicSeen { partitions };
            (Call::DescribeTopic(call), Report::DescribeTopic(seen))
        }
        other => panic!("{other:?} is no operation"),
    }
}
