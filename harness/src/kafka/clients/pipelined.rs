//! A producer with many records on their way. Each report is passed on by the thread that takes it from librdkafka, at once.
//!
//! The sending thread does not poll: rdkafka's `poll` returns at its deadline only, and waits for its last millisecond by
//! asking the clock again and again.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use checkers::history::{RecordOutcome, WorkerId};
use rdkafka::client::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer,
};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::producer::{not_accepted, outcome_of};
use crate::kafka::contents::Contents;

/// What becomes of a report: who sent the record, and how it came out.
pub type Reported = Box<dyn FnMut(WorkerId, RecordOutcome) + Send>;

/// Passes reports on. Only the client's own thread does, so the lock is free.
pub struct Reports {
    report: Mutex<Reported>,
    not_leader_means_not_written: bool,
}

impl ClientContext for Reports {
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<WorkerId>;

    fn delivery(&self, result: &DeliveryResult<'_>, worker: Box<WorkerId>) {
        let outcome = outcome_of(result, self.not_leader_means_not_written);
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report(*worker, outcome);
    }
}

/// A librdkafka producer whose reports are passed on as they come.
pub struct Pipelined {
    client: ThreadedProducer<Reports>,
}

impl Pipelined {
    /// Creates a client. Nothing is sent yet.
    ///
    /// # Errors
    /// If librdkafka rejects a setting.
    pub fn new(
        config: &rdkafka::ClientConfig,
        not_leader_means_not_written: bool,
        report: Reported,
    ) -> Result<Pipelined> {
        let report = Mutex::new(report);
        let context = Reports {
            report,
            not_leader_means_not_written,
        };
        let client = config
            .create_with_context(context)
            .context("make a producer")?;
        Ok(Pipelined { client })
    }

    /// Hands a record to librdkafka. Its report names `worker`. If librdkafka does not accept it, its outcome is returned.
    pub fn send(
        &self,
        (topic, partition): (&str, i32),
        contents: &Contents,
        worker: WorkerId,
    ) -> Option<RecordOutcome> {
        let mut record =
            BaseRecord::<[u8], [u8], Box<WorkerId>>::with_opaque_to(topic, Box::new(worker))
                .partition(partition)
                .timestamp(contents.timestamp);
        (record.key, record.payload) = (contents.key.as_deref(), contents.value.as_deref());
        if !contents.headers.is_empty() {
            let empty = OwnedHeaders::new_with_capacity(contents.headers.len());
            let headers = contents
                .headers
                .iter()
                .fold(empty, |headers, (key, value)| {
                    headers.insert(Header {
                        key,
                        value: value.as_deref(),
                    })
                });
            record = record.headers(headers);
        }
        let (error, _) = self.client.send(record).err()?;
        Some(not_accepted(
            error.rdkafka_error_code().unwrap_or(Code::Unknown),
        ))
    }

    /// Drops the client on a separate thread, because closing can block for as long as a broker does not answer.
    /// Outstanding reports are lost.
    pub fn retire(self) {
        let context = self.client.context();
        *context
            .report
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Box::new(|_, _| {});
        let closing = std::thread::Builder::new().name("retired".into());
        let _ = closing.spawn(move || {
            self.client
                .purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
            drop(self);
        });
    }
}
