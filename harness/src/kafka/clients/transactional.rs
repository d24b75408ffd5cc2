//! A transactional producer of librdkafka. Its calls block in C, and some are known not to return (librdkafka #4420), so each
//! runs on a thread of its own under a watchdog. A client whose call did not return is never used again.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Assigned, RecordOutcome};
use rdkafka::client::ClientContext;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::idempotent;
use super::producer::{code_name, not_accepted, outcome_of};

/// The watchdog gives a call this much longer than its own time-out. A commit flushes first, and then has the time again.
const GRACE: Duration = Duration::from_millis(1_500);
/// Between two looks whether all records of a transaction have their report.
const LOOK: Duration = Duration::from_micros(500);
/// The longest message time-out.
const MESSAGE_MS_MAX: u64 = 10_000;

/// Settings of one transactional id.
pub fn settings(
    bootstrap: &str,
    id: &str,
    timeout_ms: u64,
    extra: &[(String, String)],
) -> rdkafka::ClientConfig {
    let mut config = idempotent(bootstrap, extra);
    config
        .set("transactional.id", id)
        .set("transaction.timeout.ms", timeout_ms.to_string())
        .set(
            "message.timeout.ms",
            timeout_ms.min(MESSAGE_MS_MAX).to_string(),
        );
    config
}

/// How a call came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// As wanted.
    Done,
    /// It is not over, and the same call goes on with it.
    Again(String),
    /// The transaction must be aborted.
    Abort(String),
    /// The client is of no more use. So it is if it did not return.
    Fatal(String),
}

/// The report about one record: its number, when it came, and how it came out.
pub type Reported = (u64, Instant, RecordOutcome);

struct Reports {
    sink: Sender<Reported>,
    not_leader_means_not_written: bool,
}

impl ClientContext for Reports {
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<u64>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<u64>) {
        let outcome = outcome_of(result, self.not_leader_means_not_written);
        // The receiver is gone if its worker has given up on this client.
        let _ = self.sink.send((*number, Instant::now(), outcome));
    }
}

/// A client with one transactional id.
pub struct Transactional {
    client: Arc<ThreadedProducer<Reports>>,
    reports: Receiver<Reported>,
}

impl Transactional {
    /// Creates a client. Nothing is sent yet.
    ///
    /// # Errors
    /// If librdkafka rejects a setting.
    pub fn new(config: &rdkafka::ClientConfig, not_leader_means_not_written: bool) -> Result<Self> {
        let (sink, reports) = channel();
        let context = Reports {
            sink,
            not_leader_means_not_written,
        };
        let client = config.create_with_context(context);
        let client = Arc::new(client.context("make a transactional producer")?);
        Ok(Transactional { client, reports })
    }

    /// Initialises the transactional id.
    pub fn init(&self, within: Duration) -> Called {
        self.call(within, move |client| client.init_transactions(within))
    }

    /// Begins a transaction, which sends nothing.
    pub fn begin(&self) -> Called {
        self.call(Duration::ZERO, |client| client.begin_transaction())
    }

    /// Sends a consumer's positions, to be committed with the transaction.
    pub fn send_offsets(
        &self,
        group: ConsumerGroupMetadata,
        positions: &[Assigned],
        within: Duration,
    ) -> Called {
        let mut offsets = TopicPartitionList::new();
        for at in positions {
            let offset = Offset::Offset(at.position);
            if let Err(error) = offsets.add_partition_offset(&at.topic, at.partition, offset) {
                return called(&error);
            }
        }
        self.call(within, move |client| {
            client.send_offsets_to_transaction(&offsets, &group, within)
        })
    }

    /// Commits the transaction.
    ///
    /// Its records are waited for here. rdkafka's own flush polls for their reports for 100 ms at a time beside the thread that
    /// takes them, so that each commit took 100 ms more.
    pub fn commit(&self, within: Duration) -> Called {
        self.call(2 * within, move |client| {
            let deadline = Instant::now() + within;
            while client.in_flight_count() > 0 && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
            client.commit_transaction(within)
        })
    }

    /// Aborts the transaction.
    pub fn abort(&self, within: Duration) -> Called {
        self.call(2 * within, move |client| client.abort_transaction(within))
    }

    /// Hands a record to librdkafka. Its report has this number. If it is not accepted, its outcome is returned.
    pub fn send(
        &self,
        (topic, partition): (&str, i32),
        value: &str,
        number: u64,
    ) -> Option<RecordOutcome> {
        let record = BaseRecord::<(), str, Box<u64>>::with_opaque_to(topic, Box::new(number))
            .partition(partition)
            .payload(value);
        let (error, _) = self.client.send(record).err()?;
        Some(not_accepted(
            error.rdkafka_error_code().unwrap_or(Code::Unknown),
        ))
    }

    /// The next report, if one comes within the time.
    pub fn report(&self, within: Duration) -> Option<Reported> {
        self.reports.recv_timeout(within).ok()
    }

    /// Drops the client on a separate thread, because closing can block for as long as a broker does not answer.
    pub fn retire(self) {
        let closing = std::thread::Builder::new().name("retired".into());
        let _ = closing.spawn(move || drop(self));
    }

    fn call(
        &self,
        within: Duration,
        call: impl FnOnce(&ThreadedProducer<Reports>) -> KafkaResult<()> + Send + 'static,
    ) -> Called {
        let (sink, came) = channel();
        let client = self.client.clone();
        let calling = std::thread::Builder::new().name("transaction".into());
        let started = calling.spawn(move || {
            // Nobody listens any more if the watchdog was faster.
            let _ = sink.send(call(&client));
        });
        if let Err(error) = started {
            return Called::Fatal(format!("no thread: {error}"));
        }
        match came.recv_timeout(within + GRACE) {
            Ok(Ok(())) => Called::Done,
            Ok(Err(error)) => called(&error),
            Err(_) => Called::Fatal("the call did not return".to_owned()),
        }
    }
}

fn called(error: &KafkaError) -> Called {
    let code = error.rdkafka_error_code();
    let name = code.map_or_else(|| error.to_string(), code_name);
    match error {
        KafkaError::Transaction(error) if error.is_fatal() => Called::Fatal(name),
        KafkaError::Transaction(error) if error.txn_requires_abort() => Called::Abort(name),
        KafkaError::Transaction(error) if error.is_retriable() => Called::Again(name),
        // The flush before a commit: the transaction is still open.
        KafkaError::Flush(_) => Called::Again(name),
        _ => Called::Fatal(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// librdkafka refuses a message time-out above that of the transaction.
    #[test]
    fn librdkafka_takes_the_settings_for_every_time_out() {
        for timeout_ms in [4_000, 8_000, 60_000] {
            let config = settings("127.0.0.1:9", "id", timeout_ms, &[]);
            let client = Transactional::new(&config, true).expect("a client");
            assert!(
                matches!(client.begin(), Called::Fatal(_)),
                "before its initialisation"
            );
            client.retire();
        }
    }
}
