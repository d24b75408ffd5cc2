//! A producer with many records on their way. Each report is passed on by the thread that takes it from librdkafka, at once.
//!
//! The sending thread does not take them: it would be late with its next record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{RecordOutcome, WorkerId};
use rdkafka::client::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::producer::{not_accepted, outcome_of};
use super::served::Served;
use crate::kafka::contents::Contents;

/// How often the thread that takes the reports looks whether it is still needed.
const LOOK_EVERY: Duration = Duration::from_millis(100);

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
    served: Arc<Served<Reports>>,
    retired: Arc<AtomicBool>,
}

impl Pipelined {
    /// Creates a client. Nothing is sent yet.
    ///
    /// # Errors
    /// If librdkafka rejects a setting, or there is no thread for its reports.
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
        let served = Arc::new(Served::new(config, context)?);
        let retired = Arc::new(AtomicBool::new(false));
        let (serving, until) = (served.clone(), retired.clone());
        let serve = move || {
            while !until.load(Ordering::Relaxed) {
                serving.wait(Instant::now() + LOOK_EVERY);
                serving.take();
            }
        };
        std::thread::Builder::new()
            .name("reports".into())
            .spawn(serve)
            .context("start the thread for delivery reports")?;
        Ok(Pipelined { served, retired })
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
        let (error, _) = self.served.client.send(record).err()?;
        Some(not_accepted(
            error.rdkafka_error_code().unwrap_or(Code::Unknown),
        ))
    }

    /// Drops the client on a separate thread, because closing can block for as long as a broker does not answer.
    /// Outstanding reports are lost.
    pub fn retire(self) {
        self.retired.store(true, Ordering::Relaxed);
        let context = self.served.client.context();
        *context
            .report
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Box::new(|_, _| {});
        let closing = std::thread::Builder::new().name("retired".into());
        let _ = closing.spawn(move || {
            self.served
                .client
                .purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
            drop(self);
        });
    }
}

impl Drop for Pipelined {
    fn drop(&mut self) {
        self.retired.store(true, Ordering::Relaxed);
    }
}
