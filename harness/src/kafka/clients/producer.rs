//! A producer that sends one operation's records and waits for every delivery report.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{Outcome, Persisted, RecordOutcome};
use rdkafka::client::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, Timestamp};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka_sys as sys;

use super::outcome_of_failure;
use super::served::Served;

/// How a message ended, with the number that lets the caller find its record.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The index of the record in its operation, or another number that the caller chose.
    pub place: u64,
    /// The outcome.
    pub outcome: RecordOutcome,
    /// When the leader appended it, by its clock, in ms since 1970; none where records keep their producers' times.
    pub appended_ms: Option<i64>,
}

/// Delivery reports go to a channel. A delivery opaque carries the record's index.
pub struct Reports {
    sink: Sender<Delivered>,
    not_leader_means_not_written: bool,
}

impl ClientContext for Reports {
    // librdkafka's own log lines are of no use to a reader of the run, because errors are reported as outcomes.
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<u64>;

    fn delivery(&self, result: &DeliveryResult<'_>, place: Box<u64>) {
        let outcome = outcome_of(result, self.not_leader_means_not_written);
        let appended_ms = match result.as_ref().map(|message| message.timestamp()) {
            Ok(Timestamp::LogAppendTime(ms)) => Some(ms),
            _ => None,
        };
        // The receiver is gone if its worker has given up on this client. The report is not needed then.
        let _ = self.sink.send(Delivered {
            place: *place,
            outcome,
            appended_ms,
        });
    }
}

/// The outcome of a message, from its delivery report.
pub(super) fn outcome_of(
    result: &DeliveryResult<'_>,
    not_leader_means_not_written: bool,
) -> RecordOutcome {
    match result {
        Ok(message) => RecordOutcome {
            outcome: Outcome::Ok,
            offset: Some(message.offset()),
            error: None,
            persisted: None,
        },
        Err((error, message)) => {
            // SAFETY: the pointer is to the message that this very report is about, alive during the call.
            let status = unsafe { sys::rd_kafka_message_status(message.ptr()) };
            let persisted = match status {
                sys::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_NOT_PERSISTED => Persisted::Not,
                sys::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_PERSISTED => Persisted::Surely,
                _ => Persisted::Possibly,
            };
            let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
            let outcome = outcome_of_failure(code, persisted, not_leader_means_not_written);
            failed(code, persisted, outcome)
        }
    }
}

/// The outcome of a message that librdkafka did not accept: it is definitely not in a log.
pub(super) fn not_accepted(code: Code) -> RecordOutcome {
    failed(code, Persisted::Not, Outcome::Fail)
}

/// The outcome of a message without a report in time.
pub fn not_reported() -> RecordOutcome {
    failed(Code::MessageTimedOut, Persisted::Possibly, Outcome::Info)
}

fn failed(code: Code, persisted: Persisted, outcome: Outcome) -> RecordOutcome {
    RecordOutcome {
        outcome,
        offset: None,
        error: Some(code_name(code).into()),
        persisted: Some(persisted),
    }
}

/// librdkafka's name of an error: `_MSG_TIMED_OUT`, `NOT_LEADER_FOR_PARTITION`.
pub fn code_name(code: Code) -> String {
    let mut table: *const sys::rd_kafka_err_desc = std::ptr::null();
    let mut rows = 0;
    // SAFETY: the function stores a pointer to librdkafka's static table and its length.
    unsafe { sys::rd_kafka_get_err_descs(&mut table, &mut rows) };
    if table.is_null() {
        return format!("{code:?}");
    }
    // SAFETY: the table is static and has that many rows.
    let table = unsafe { std::slice::from_raw_parts(table, rows) };
    let row = table
        .iter()
        .find(|row| row.code as i32 == code as i32 && !row.name.is_null());
    match row {
        // SAFETY: librdkafka's names are static, NUL-terminated strings.
        Some(row) => unsafe { std::ffi::CStr::from_ptr(row.name) }
            .to_string_lossy()
            .into_owned(),
        None => format!("{code:?}"),
    }
}

/// A librdkafka producer, and the channel for its reports. The thread that waits for a report takes them.
pub struct Producer {
    served: Served<Reports>,
    reports: std::sync::mpsc::Receiver<Delivered>,
}

impl Producer {
    /// Creates a client. Nothing is sent yet.
    ///
    /// # Errors
    /// If librdkafka rejects a setting. The target file's `client` table may contain one.
    pub fn new(config: &rdkafka::ClientConfig, not_leader_means_not_written: bool) -> Result<Self> {
        let (sink, reports) = channel();
        let context = Reports {
            sink,
            not_leader_means_not_written,
        };
        let served = Served::new(config, context)?;
        Ok(Producer { served, reports })
    }

    /// librdkafka's handle. It lives as long as this value.
    pub(super) fn native(&self) -> *mut sys::rd_kafka_t {
        self.served.client.client().native_ptr()
    }

    /// Hands one record to librdkafka. Its report will carry `place`. A record that librdkafka does not accept is
    /// reported at once.
    pub fn send(&self, topic: &str, partition: i32, value: &str, place: u64) -> Option<Delivered> {
        let record = BaseRecord::<(), str, Box<u64>>::with_opaque_to(topic, Box::new(place))
            .partition(partition)
            .payload(value);
        let (error, _) = self.served.client.send(record).err()?;
        let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
        Some(Delivered {
            place,
            outcome: not_accepted(code),
            appended_ms: None,
        })
    }

    /// The next delivery report, or None if none arrives within the time.
    pub fn report(&self, within: Duration) -> Option<Delivered> {
        let until = Instant::now() + within;
        loop {
            if let Ok(delivered) = self.reports.try_recv() {
                return Some(delivered);
            }
            self.served.take();
            if let Ok(delivered) = self.reports.try_recv() {
                return Some(delivered);
            }
            if Instant::now() >= until {
                return None;
            }
            self.served.wait(until);
        }
    }

    /// Sends an operation's values and waits until each has its report, or until `patience` is over. Values without a
    /// report are `info`. Returns one outcome per value, in order.
    pub fn append(
        &self,
        topic: &str,
        partition: i32,
        values: &[impl AsRef<str>],
        patience: Duration,
    ) -> Vec<RecordOutcome> {
        let mut outcomes: Vec<Option<RecordOutcome>> = vec![None; values.len()];
        let mut missing = values.len();
        let mut put = |delivered: Delivered| {
            let place = usize::try_from(delivered.place).unwrap_or(usize::MAX);
            if let Some(slot @ None) = outcomes.get_mut(place) {
                *slot = Some(delivered.outcome);
                missing -= 1;
            }
            missing
        };
        for (place, value) in values.iter().enumerate() {
            if let Some(refused) = self.send(topic, partition, value.as_ref(), place as u64) {
                put(refused);
            }
        }
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(delivered) = self.report(left) else {
                break;
            };
            if put(delivered) == 0 {
                break;
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(not_reported))
            .collect()
    }

    /// Drops the client on a separate thread, because closing can block for as long as a broker does not answer.
    pub fn retire(self) {
        let closing = std::thread::Builder::new().name("retired".into());
        let _ = closing.spawn(move || {
            self.served
                .client
                .purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
            drop(self);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::clients::one_request;
    use checkers::history::Acks;
    use rdkafka::mocking::MockCluster;

    /// One append is one Produce request, even if the broker answers with an error that makes librdkafka refresh its
    /// metadata. The operation then ends by its time-out, and the request is not sent again.
    #[test]
    fn an_append_is_never_sent_twice() {
        let cluster = MockCluster::new(1).expect("a mock cluster");
        cluster.create_topic("t", 1, 1).expect("a topic");
        let config = one_request(&cluster.bootstrap_servers(), Acks::All, &[]);
        let producer = Producer::new(&config, true).expect("a producer");
        let patience = Duration::from_secs(8);
        let values = ["a".to_owned(), "b".to_owned()];
        let first = producer.append("t", 0, &values, patience);
        assert!(first.iter().all(|r| r.outcome == Outcome::Ok), "{first:?}");
        assert_eq!(first[1].offset, Some(1));
        // One error is queued. If the request were sent again, the second attempt would succeed and be acknowledged.
        let not_leader = [sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION];
        cluster.request_errors(rdkafka::types::RDKafkaApiKey::Produce, &not_leader);
        let second = producer.append("t", 0, &["c".to_owned()], patience);
        assert_eq!(second[0].outcome, Outcome::Fail, "{second:?}");
        assert_eq!(second[0].persisted, Some(Persisted::Not), "{second:?}");
    }
}
