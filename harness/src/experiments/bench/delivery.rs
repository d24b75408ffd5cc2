//! End-to-end latency: from the send of a record until a consumer has it. One process, one clock.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::Assigned;

use super::load::Aim;
use super::quantile::Quantiles;
use crate::kafka::clients;
use crate::kafka::clients::consumer::Consumer;
use crate::kafka::clients::producer::Producer;

/// The size of a value in bytes. It starts with the time at which it was sent.
const BYTES: usize = 1_024;
/// The time that the measurement waits for the last record.
const LAST: Duration = Duration::from_secs(5);

/// Sends at a rate to partition 0 of the topic, whose end offset is given, and reads concurrently.
///
/// # Errors
/// If a client cannot be created, or no record arrives.
pub(super) fn end_to_end(aim: Aim<'_>, end: i64, rate: u32, length: Duration) -> Result<Quantiles> {
    let assigned = Assigned {
        topic: aim.topic.into(),
        partition: 0,
        position: end,
    };
    let mut consumer = Consumer::new(
        &clients::consumer(aim.bootstrap, aim.client),
        vec![assigned],
    )?;
    let config = clients::one_request(aim.bootstrap, aim.acks, aim.client)
        .set("linger.ms", "0")
        .clone();
    let producer = Producer::new(&config, false)?;
    meet(aim.topic, &producer, &mut consumer)?;
    let began = Instant::now();
    let reading = Reading::of(began, rate, length);
    let times_us = std::thread::scope(|scope| {
        let reader = scope.spawn(|| reading.read(&mut consumer));
        send(aim.topic, &producer, began, rate, length);
        reader.join().unwrap_or_default()
    });
    producer.retire();
    consumer.retire();
    Quantiles::of(times_us).context("no record reached the consumer")
}

/// Sends one uncounted record end to end, so that the records after it wait for no connection.
fn meet(topic: &str, producer: &Producer, consumer: &mut Consumer) -> Result<()> {
    let deadline = Instant::now() + LAST;
    producer.append(topic, 0, &["first"], LAST);
    while Instant::now() < deadline {
        let (records, _) = consumer.poll(Duration::from_millis(100));
        if !records.is_empty() {
            return Ok(());
        }
    }
    anyhow::bail!("the first record did not reach the consumer")
}

/// Sends records at a rate to partition 0. Each value tells when it was sent.
pub(super) fn send(topic: &str, producer: &Producer, began: Instant, rate: u32, length: Duration) {
    let records = records(rate, length);
    let step = Duration::from_secs(1) / rate.max(1);
    let mut due = Instant::now();
    for number in 0..records {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += step;
        let sent_us = began.elapsed().as_micros();
        let value = format!("{sent_us}:{:x<BYTES$}", "");
        let _ = producer.send(topic, 0, &value, number);
        while producer.report(Duration::ZERO).is_some() {}
    }
    while producer.report(Duration::from_millis(500)).is_some() {}
}

fn records(rate: u32, length: Duration) -> u64 {
    (f64::from(rate) * length.as_secs_f64()) as u64
}

/// The state for which the reader waits.
pub(super) struct Reading {
    began: Instant,
    records: u64,
    deadline: Instant,
}

impl Reading {
    /// What arrives of a load that began at this time.
    pub(super) fn of(began: Instant, rate: u32, length: Duration) -> Reading {
        Reading {
            began,
            records: records(rate, length),
            deadline: began + length + LAST,
        }
    }

    /// The latency of each record, in microseconds.
    pub(super) fn read(&self, consumer: &mut Consumer) -> Vec<u64> {
        let mut times_us = Vec::new();
        while (times_us.len() as u64) < self.records && Instant::now() < self.deadline {
            let (records, _) = consumer.poll(Duration::from_millis(100));
            let now_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            let sent = |value: &str| value.split(':').next()?.parse::<u64>().ok();
            let sent = records.iter().filter_map(|record| sent(record.value()));
            times_us.extend(sent.map(|sent_us| now_us.saturating_sub(sent_us)));
        }
        times_us
    }
}
