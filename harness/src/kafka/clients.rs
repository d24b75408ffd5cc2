//! librdkafka clients, and the table that maps librdkafka's results to ok, fail and info.
//!
//! **One operation is one request** (design section 8). A message that librdkafka sent twice would be one operation
//! with two effects, and every check of order would be wrong. If an error asks for a metadata refresh, librdkafka sends
//! the message again and does not count that as a retry, unless its back-off is longer than the message's own time-out.
//! The settings below prevent it.

pub mod consumer;
pub mod grouped;
pub mod pipelined;
pub mod producer;
mod served;
pub mod transactional;
pub mod warm;

use std::time::Duration;

use checkers::history::{Acks, Isolation, Outcome, Persisted};
use rdkafka::ClientConfig;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::config::shape::Shape;

/// How long a message may wait for its acknowledgement before it is `info`.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_millis(2_000);

/// The settings of every client of the harness. They reconnect fast, so that measurements show the target.
///
/// A client is connected to every node, not only to the leaders. By default librdkafka asks only its connected brokers
/// for metadata, and that is the old leader alone. An isolated old leader cannot name a new one, and the client stays
/// with it until the heal (observed: 3.6 s without an acknowledgement, although the cluster had elected after 0.4 s).
pub fn common(bootstrap: &str, extra: &[(String, String)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("client.id", "jepsen")
        .set("socket.timeout.ms", "1000")
        .set("socket.connection.setup.timeout.ms", "1000")
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "200")
        .set("topic.metadata.refresh.interval.ms", "100")
        .set("enable.sparse.connections", "false")
        .set("log_level", "0");
    for (name, value) in extra {
        config.set(name, value);
    }
    config
}

/// Settings of a producer whose every message is sent at most once.
pub fn one_request(bootstrap: &str, acks: Acks, extra: &[(String, String)]) -> ClientConfig {
    let mut config = common(bootstrap, extra);
    let backoff_ms = (2 * MESSAGE_TIMEOUT + Duration::from_secs(2)).as_millis();
    config
        .set("acks", acks_setting(acks))
        .set("enable.idempotence", "false")
        .set("message.send.max.retries", "0")
        .set("retry.backoff.ms", backoff_ms.to_string())
        .set("retry.backoff.max.ms", backoff_ms.to_string())
        .set(
            "message.timeout.ms",
            MESSAGE_TIMEOUT.as_millis().to_string(),
        )
        .set("request.timeout.ms", "1500")
        // A short linger time, so that the records of one append leave in one request.
        .set("linger.ms", "1");
    config
}

/// Settings of an idempotent producer with retries: its operation is one record until its delivery report.
pub fn idempotent(bootstrap: &str, extra: &[(String, String)]) -> ClientConfig {
    let mut config = common(bootstrap, extra);
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("retry.backoff.ms", "50")
        .set("retry.backoff.max.ms", "200")
        .set("message.timeout.ms", "10000")
        .set("request.timeout.ms", "1500")
        .set("linger.ms", "0");
    config
}

/// Settings of a producer of a drawn load. Without retries a message is sent at most once, as by [`one_request`].
pub fn pipelined(
    bootstrap: &str,
    acks: Acks,
    shape: &Shape,
    extra: &[(String, String)],
) -> ClientConfig {
    let (idempotent, _, retries) = shape.producers();
    let mut config = match retries {
        true => self::idempotent(bootstrap, extra),
        false => one_request(bootstrap, acks, extra),
    };
    if !idempotent {
        config.set("acks", acks_setting(acks));
    }
    for (name, value) in shape.properties() {
        config.set(name, value);
    }
    config
}

/// Settings of a consumer by assignment. `auto.offset.reset=error`: otherwise the client would seek back and thereby
/// hide a truncated log.
pub fn consumer(bootstrap: &str, extra: &[(String, String)]) -> ClientConfig {
    let mut config = common(bootstrap, extra);
    config
        // librdkafka requires a group name even for assign(). The group is never joined.
        .set("group.id", "jepsen")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_uncommitted")
        .set("check.crcs", "true")
        .set("fetch.wait.max.ms", "100")
        .set("fetch.error.backoff.ms", "50")
        .set("fetch.queue.backoff.ms", "50");
    config
}

/// librdkafka's value for it.
pub fn acks_setting(acks: Acks) -> &'static str {
    match acks {
        Acks::None => "0",
        Acks::Leader => "1",
        Acks::All => "all",
    }
}

/// librdkafka's value for it.
pub fn isolation_setting(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::ReadUncommitted => "read_uncommitted",
        Isolation::ReadCommitted => "read_committed",
    }
}

/// The outcome of the operation of a failed message.
///
/// `Fail` requires that librdkafka reports the message as *not persisted*, and that there is a reason to believe the
/// broker: a code on the list of definite refusals, or a target that promises that NOT_LEADER means not written. For
/// `_MSG_TIMED_OUT` with *not persisted* the broker's last code is lost. It can only be one of those that librdkafka
/// counts as not persisted, and of these NOT_LEADER is the one that needs the promise.
pub fn outcome_of_failure(
    code: Code,
    persisted: Persisted,
    not_leader_means_not_written: bool,
) -> Outcome {
    if persisted != Persisted::Not {
        return Outcome::Info;
    }
    let refused = matches!(
        code,
        Code::MessageSizeTooLarge
            | Code::InvalidMessage
            | Code::InvalidMessageSize
            | Code::InvalidRecord
            | Code::InvalidTimestamp
            | Code::InvalidRequest
            | Code::InvalidRequiredAcks
            | Code::InvalidTopic
            | Code::TopicAuthorizationFailed
            | Code::UnknownTopicOrPartition
            | Code::UnsupportedVersion
            | Code::PolicyViolation
            | Code::NotEnoughReplicas
            | Code::InvalidProducerEpoch
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::QueueFull
    );
    let believed = matches!(
        code,
        Code::NotLeaderForPartition | Code::LeaderNotAvailable | Code::MessageTimedOut
    );
    if refused || (believed && not_leader_means_not_written) {
        Outcome::Fail
    } else {
        Outcome::Info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_unknown_unless_surely_not_sent_and_promised() {
        let timed_out = Code::MessageTimedOut;
        assert_eq!(
            outcome_of_failure(timed_out, Persisted::Possibly, true),
            Outcome::Info
        );
        assert_eq!(
            outcome_of_failure(timed_out, Persisted::Not, false),
            Outcome::Info
        );
        assert_eq!(
            outcome_of_failure(timed_out, Persisted::Not, true),
            Outcome::Fail
        );
    }

    #[test]
    fn a_refusal_is_a_failure_only_with_librdkafkas_word_for_it() {
        let large = Code::MessageSizeTooLarge;
        assert_eq!(
            outcome_of_failure(large, Persisted::Not, false),
            Outcome::Fail
        );
        assert_eq!(
            outcome_of_failure(large, Persisted::Possibly, false),
            Outcome::Info
        );
        let after = Code::NotEnoughReplicasAfterAppend;
        assert_eq!(
            outcome_of_failure(after, Persisted::Possibly, true),
            Outcome::Info
        );
    }
}
