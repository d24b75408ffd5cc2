//! Polling: the reading half of every workload. A consumer by assignment reads all partitions continuously. From time
//! to time a new consumer replaces it and starts a little earlier, so that some records are read twice. This detects an
//! offset whose value changed after an election. Where its offset was deleted, the next one begins with what is left. A
//! consumer that gets nothing is not replaced meanwhile: a new one asks other questions, and hid that all who had read
//! before an election got nothing after it.

use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Assigned, Call, Completion, Invocation, Isolation, Poll, Polled, Report, What,
};
use rand::Rng;

use super::Turn;
use super::starts::{Starts, is_out_of_range};
use crate::config::seed::random;
use crate::kafka::clients::consumer::Consumer;
use crate::kafka::clients::{consumer as settings, isolation_setting};
use crate::load::Load;
use crate::load::pace::Pace;

/// The time that a poll waits for a first record.
const WAIT: Duration = Duration::from_millis(100);
/// The approximate lifetime of a consumer.
const LIFE: Duration = Duration::from_secs(8);
/// How much longer a consumer lives that gets nothing.
const PATIENCE: Duration = Duration::from_secs(15);
/// The number of records that a new consumer reads again.
const AGAIN_RECORDS: i64 = 200;

/// Polls until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
pub(super) fn run(load: &Load, turn: Turn) -> Result<()> {
    run_as(load, turn, Isolation::ReadUncommitted)
}

/// The same with an isolation level.
///
/// # Errors
/// If librdkafka rejects a setting.
pub(super) fn run_as(load: &Load, turn: Turn, isolation: Isolation) -> Result<()> {
    let mut random = random(load.seed, 2_000 + turn.thread);
    let mut config = settings(&load.bootstrap, &load.client);
    config.set("isolation.level", isolation_setting(isolation));
    let mut pace = Pace::per_second(turn.per_second);
    let start = |(topic, partition): &(String, i32)| Assigned {
        topic: topic.into(),
        partition: *partition,
        position: 0,
    };
    let mut assigned: Vec<Assigned> = load.partitions.iter().map(start).collect();
    let mut starts = Starts::of(load);
    while !load.stop.is_set() {
        let worker = load.ids.next();
        let mut gone = false;
        let mut consumer = Consumer::new(&config, assigned)?;
        let until = Instant::now() + LIFE.mul_f64(random.random_range(0.5..1.5));
        let mut given = true;
        let lives =
            |given: bool| Instant::now() < until + if given { Duration::ZERO } else { PATIENCE };
        while lives(given) && pace.wait(&mut random, &load.stop) {
            let poll = Poll {
                assigned: consumer.assigned().to_vec(),
                isolation,
                phase: None,
            };
            load.recorder.record(What::Invoke(Invocation {
                worker,
                call: Call::Poll(poll),
            }));
            let (records, error) = consumer.poll(WAIT);
            let failed = error.is_some();
            gone = error.as_deref().is_some_and(is_out_of_range);
            given = !records.is_empty();
            let report = Report::Poll(Polled { records });
            let completion = Completion {
                worker,
                error,
                report,
            };
            let what = if failed {
                What::Fail(completion)
            } else {
                What::Ok(completion)
            };
            load.recorder.record(what);
            if failed {
                break;
            }
        }
        assigned = consumer.assigned().to_vec();
        for place in &mut assigned {
            place.position = (place.position - AGAIN_RECORDS).max(0);
        }
        starts.skip_deleted(&mut assigned, gone);
        consumer.retire();
    }
    Ok(())
}
