//! A consumer by assignment. It reads on from its position and reports its position.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Assigned, Record, Text};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::producer::code_name;

/// The maximum number of records in one poll, so that an operation's evidence stays readable.
const RECORDS_PER_POLL_MAX: usize = 500;

/// A context that discards librdkafka's log lines.
pub struct Silent;

impl ClientContext for Silent {
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Silent {}

fn is_of_connection(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(Code::BrokerTransportFailure | Code::AllBrokersDown | Code::Resolve)
    )
}

fn assign(client: &BaseConsumer<Silent>, assigned: &[Assigned]) -> Result<()> {
    let mut list = TopicPartitionList::new();
    for row in assigned {
        list.add_partition_offset(&row.topic, row.partition, Offset::Offset(row.position))
            .context("assign")?;
    }
    client.assign(&list).context("assign")
}

/// A librdkafka consumer with a fixed assignment.
pub struct Consumer {
    client: BaseConsumer<Silent>,
    assigned: Vec<Assigned>,
}

impl Consumer {
    /// Creates a client and assigns it these partitions at these positions.
    ///
    /// # Errors
    /// If librdkafka refuses a setting or the assignment.
    pub fn new(config: &rdkafka::ClientConfig, assigned: Vec<Assigned>) -> Result<Self> {
        let client: BaseConsumer<Silent> = config
            .create_with_context(Silent)
            .context("make a consumer")?;
        assign(&client, &assigned)?;
        Ok(Consumer { client, assigned })
    }

    /// Who it is to a transaction that commits its offsets. None before librdkafka has made it.
    pub fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.client.group_metadata()
    }

    /// Its position.
    pub fn assigned(&self) -> &[Assigned] {
        &self.assigned
    }

    /// Waits up to `wait` for a first record, then takes all available ones. Records before an error are kept, because
    /// the client has seen them.
    ///
    /// A connection that is lost or refused is no error of the poll: librdkafka reports it for information, goes on by
    /// itself, and other nodes may serve. (Observed: while one of three nodes was away for 27 s, every consumer was
    /// given up for it before it had read a record.)
    pub fn poll(&mut self, wait: Duration) -> (Vec<Record>, Option<Text>) {
        let value = |message: &BorrowedMessage<'_>| {
            String::from_utf8_lossy(message.payload().unwrap_or_default()).into()
        };
        self.poll_as(wait, value)
    }

    /// The same, with a function that names each record.
    pub fn poll_as(
        &mut self,
        wait: Duration,
        mut value: impl FnMut(&BorrowedMessage<'_>) -> Text,
    ) -> (Vec<Record>, Option<Text>) {
        let deadline = Instant::now() + wait;
        let mut records: Vec<Record> = Vec::new();
        while records.len() < RECORDS_PER_POLL_MAX {
            let left = if records.is_empty() {
                deadline.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            match self.client.poll(left) {
                None => break,
                Some(Ok(message)) => {
                    let value = value(&message);
                    let (topic, partition) = (Text::from(message.topic()), message.partition());
                    let place = self
                        .assigned
                        .iter_mut()
                        .find(|a| a.topic == topic && a.partition == partition);
                    if let Some(place) = place {
                        place.position = message.offset() + 1;
                    }
                    records.push(Record(topic, partition, message.offset(), value));
                }
                Some(Err(error)) if is_of_connection(&error) => {
                    if records.is_empty() && Instant::now() >= deadline {
                        break;
                    }
                }
                Some(Err(error)) => {
                    let code = error.rdkafka_error_code();
                    let name = code.map_or_else(|| error.to_string(), code_name);
                    return (records, Some(name.into()));
                }
            }
        }
        (records, None)
    }

    /// Goes on elsewhere, as after a seek.
    ///
    /// # Errors
    /// If librdkafka refuses the assignment.
    pub fn seek(&mut self, assigned: Vec<Assigned>) -> Result<()> {
        assign(&self.client, &assigned)?;
        self.assigned = assigned;
        Ok(())
    }

    /// Drops the client on a separate thread, because closing can block for as long as a broker does not answer.
    pub fn retire(self) {
        let _ = std::thread::Builder::new()
            .name("retired".into())
            .spawn(move || drop(self));
    }
}
