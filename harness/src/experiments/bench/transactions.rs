//! Transactions: how many a second, how long a commit takes, and how long a record takes through consume, transform and
//! produce. By librdkafka's transactional producers, each with an id of its own and one transaction after the other.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Assigned, Isolation};

use super::delivery::{Reading, send};
use super::load::Aim;
use super::quantile::Quantiles;
use crate::kafka::clients;
use crate::kafka::clients::consumer::Consumer;
use crate::kafka::clients::producer::Producer;
use crate::kafka::clients::transactional::{Called, Transactional, settings};

/// The time-out of a transaction, and the patience with every call.
const WITHIN: Duration = Duration::from_secs(20);
/// How long a processor waits for input before it looks whether it is to end.
const WAIT: Duration = Duration::from_millis(20);

/// What the transactions consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Records of a transaction, each to the next partition.
    pub(super) records: usize,
    /// The number of partitions, used in turn.
    pub(super) partitions: i32,
    /// The number of producers, each with its own client and transactional id.
    pub(super) producers: usize,
}

impl Shape {
    /// `10 records, 16 partitions, 1 producer`.
    pub(super) fn label(self) -> String {
        let counted = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let (records, producers) = (
            counted(self.records, "record"),
            counted(self.producers, "producer"),
        );
        let partitions = counted(usize::try_from(self.partitions).unwrap_or(0), "partition");
        format!("{records}, {partitions}, {producers}")
    }
}

/// What the producers did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The time of each commit, in microseconds: from the call to its return, which waits for the records, too.
    pub(super) commits_us: Vec<u64>,
    /// Transactions that were not committed.
    pub(super) failed: u64,
    /// The longest time of a producer.
    took: Duration,
}

impl Done {
    /// Committed transactions per second.
    pub(super) fn per_second(&self) -> f64 {
        self.commits_us.len() as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// Runs transactions for this time.
///
/// # Errors
/// If a client cannot be created or initialised.
pub(super) fn run(aim: Aim<'_>, shape: Shape, length: Duration) -> Result<Done> {
    let ready = Barrier::new(shape.producers);
    let all: Vec<Result<Done>> = std::thread::scope(|scope| {
        let one = |at: usize| {
            let ready = &ready;
            scope.spawn(move || one(aim, shape, length, at, ready))
        };
        let threads: Vec<_> = (0..shape.producers).map(one).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|ended| ended.unwrap_or_else(|_| anyhow::bail!("a producer panicked")))
            .collect()
    });
    let mut whole = Done::default();
    for done in all {
        let done = done?;
        whole.commits_us.extend(done.commits_us);
        whole.failed += done.failed;
        whole.took = whole.took.max(done.took);
    }
    Ok(whole)
}

fn one(aim: Aim<'_>, shape: Shape, length: Duration, at: usize, ready: &Barrier) -> Result<Done> {
    let begun = begin(aim, &format!("bench-{}-{at}", shape.label()));
    // The first transaction finds coordinator and leaders. It is not counted.
    let begun = begun.and_then(|client| match transact(&client, aim.topic, shape, at) {
        Ok(_) => Ok(client),
        Err(error) => anyhow::bail!("the first transaction: {error}"),
    });
    // A producer that failed waits too, or the others would wait for ever.
    ready.wait();
    let client = begun?;
    let began = Instant::now();
    let mut done = Done::default();
    let mut next = at;
    while began.elapsed() < length {
        match transact(&client, aim.topic, shape, next) {
            Ok(took) => {
                let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                done.commits_us.push(us);
            }
            Err(_) => {
                done.failed += 1;
                if client.abort(WITHIN) != Called::Done {
                    break;
                }
            }
        }
        next += shape.records;
    }
    done.took = began.elapsed();
    client.retire();
    Ok(done)
}

/// A client whose transactional id is initialised.
fn begin(aim: Aim<'_>, id: &str) -> Result<Transactional> {
    let timeout_ms = u64::try_from(WITHIN.as_millis()).unwrap_or(u64::MAX);
    let mut config = settings(aim.bootstrap, id, timeout_ms, aim.client);
    // The measured cluster is healthy: a slow answer is a sample.
    config
        .set("socket.timeout.ms", "20000")
        .set("request.timeout.ms", "20000")
        .set("topic.metadata.refresh.interval.ms", "10000");
    let client = Transactional::new(&config, false)?;
    match client.init(WITHIN) {
        Called::Done => Ok(client),
        other => anyhow::bail!("the transactional id {id} was not initialised: {other:?}"),
    }
}

/// One transaction. Returns how long its commit took.
fn transact(client: &Transactional, topic: &str, shape: Shape, from: usize) -> Result<Duration> {
    done(client.begin())?;
    for record in from..from + shape.records {
        let partition = i32::try_from(record % shape.partitions.max(1) as usize)?;
        if let Some(refused) = client.send((topic, partition), "a record of a transaction", 0) {
            anyhow::bail!("{}", refused.error.as_deref().unwrap_or("not accepted"));
        }
    }
    let began = Instant::now();
    done(client.commit(WITHIN))?;
    let took = began.elapsed();
    while client.report(Duration::ZERO).is_some() {}
    Ok(took)
}

fn done(called: Called) -> Result<()> {
    match called {
        Called::Done => Ok(()),
        Called::Again(error) | Called::Abort(error) | Called::Fatal(error) => {
            anyhow::bail!("{error}")
        }
    }
}

/// Sends inputs at a rate to partition 0 of one topic. A processor writes each on to partition 0 of another one, with the
/// offset of its input in the same transaction: all inputs that a poll returns make one. A reader of committed records measures the
/// time from the send of the input.
///
/// # Errors
/// If a client cannot be created, or no record arrives.
pub(super) fn processed(
    (input, input_end): (Aim<'_>, i64),
    (output, output_end): (Aim<'_>, i64),
    rate: u32,
    length: Duration,
) -> Result<Quantiles> {
    let at = |topic: &str, position: i64| Assigned {
        topic: topic.into(),
        partition: 0,
        position,
    };
    let config = clients::consumer(input.bootstrap, input.client);
    let mut source = Consumer::new(&config, vec![at(input.topic, input_end)])?;
    let committed = clients::isolation_setting(Isolation::ReadCommitted);
    let config = clients::consumer(output.bootstrap, output.client)
        .set("isolation.level", committed)
        .clone();
    let mut reader = Consumer::new(&config, vec![at(output.topic, output_end)])?;
    let processor = begin(output, "bench-processor")?;
    let config = clients::one_request(input.bootstrap, input.acks, input.client)
        .set("linger.ms", "0")
        .clone();
    let producer = Producer::new(&config, false)?;
    let began = Instant::now();
    let reading = Reading::of(began, rate, length);
    let ended = AtomicBool::new(false);
    let (times_us, processed) = std::thread::scope(|scope| {
        let ended = &ended;
        let processing = scope.spawn(move || -> Result<()> {
            while !ended.load(Ordering::Relaxed) {
                process(&mut source, &processor, output.topic)?;
            }
            source.retire();
            processor.retire();
            Ok(())
        });
        let reading = scope.spawn(|| reading.read(&mut reader));
        send(input.topic, &producer, began, rate, length);
        let times_us = reading.join().unwrap_or_default();
        ended.store(true, Ordering::Relaxed);
        let processed = processing.join();
        (
            times_us,
            processed.unwrap_or_else(|_| anyhow::bail!("the processor panicked")),
        )
    });
    producer.retire();
    reader.retire();
    processed?;
    Quantiles::of(times_us).context("no processed record reached the reader")
}

/// One poll and its transaction.
fn process(source: &mut Consumer, processor: &Transactional, topic: &str) -> Result<()> {
    let (records, error) = source.poll(WAIT);
    if let Some(error) = error {
        anyhow::bail!("the inputs: {error}");
    }
    if records.is_empty() {
        return Ok(());
    }
    done(processor.begin())?;
    for record in &records {
        if let Some(refused) = processor.send((topic, 0), record.value(), 0) {
            anyhow::bail!("{}", refused.error.as_deref().unwrap_or("not accepted"));
        }
    }
    let group = source.group().context("the consumer has no group")?;
    done(processor.send_offsets(group, source.assigned(), WITHIN))?;
    done(processor.commit(WITHIN))?;
    while processor.report(Duration::ZERO).is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_says_what_it_is() {
        let shape = Shape {
            records: 10,
            partitions: 16,
            producers: 1,
        };
        assert_eq!(shape.label(), "10 records, 16 partitions, 1 producer");
    }
}
