//! The reading half of `pipeline`: consumers by assignment that come late, go on from somewhere else and leave. Every
//! record is compared as a whole with what was sent.

use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Assigned, Call, Completion, Invocation, Isolation, Poll, Polled, Report, What,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Turn;
use crate::config::seed::random;
use crate::kafka::clients::consumer as settings;
use crate::kafka::clients::consumer::Consumer;
use crate::load::pace::Pace;
use crate::load::{Compared, Load};

/// The time that a poll waits for a first record.
const WAIT: Duration = Duration::from_millis(100);
/// A consumer of a run without sessions stays about this long.
const LIFE: Duration = Duration::from_secs(8);
/// A consumer begins up to this long after its client.
const LATE_MS: u64 = 1_500;
/// One poll in this many goes on elsewhere.
const SEEK_ONE_IN: u32 = 60;
/// The number of records that a new consumer reads again.
const AGAIN_RECORDS: i64 = 200;
/// A consumer polls at most so often: it takes all that there is.
const PER_SECOND: f64 = 50.0;

/// Polls until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
pub(super) fn run(load: &Load, turn: Turn) -> Result<()> {
    let mut random = random(load.seed, 2_000 + turn.thread);
    let mut config = settings(&load.bootstrap, &load.client);
    let isolation = match load.shape.word("isolation") {
        "read_committed" => Isolation::ReadCommitted,
        _ => Isolation::ReadUncommitted,
    };
    config.set("isolation.level", load.shape.word("isolation"));
    let stays = match load.shape.number("session") {
        0 => LIFE,
        seconds => Duration::from_secs(seconds),
    };
    let mut pace = Pace::per_second(turn.per_second.min(PER_SECOND));
    let start = |(topic, partition): &(String, i32)| Assigned {
        topic: topic.into(),
        partition: *partition,
        position: 0,
    };
    let mut assigned: Vec<Assigned> = load.partitions.iter().map(start).collect();
    while !load.stop.is_set() {
        let late = Duration::from_millis(random.random_range(0..LATE_MS));
        if !load.stop.sleep_until(Instant::now() + late) {
            break;
        }
        let worker = load.ids.next();
        let mut compared = Compared::begin((*load.drawing).as_ref(), &load.recorder);
        let mut consumer = Consumer::new(&config, assigned)?;
        let until = Instant::now() + stays.mul_f64(random.random_range(0.5..1.5));
        while Instant::now() < until && pace.wait(&mut random, &load.stop) {
            if random.random_ratio(1, SEEK_ONE_IN) {
                consumer.seek(elsewhere(consumer.assigned(), &mut random))?;
            }
            let poll = Poll {
                assigned: consumer.assigned().to_vec(),
                isolation,
                phase: None,
            };
            let call = Call::Poll(poll);
            load.recorder
                .record(What::Invoke(Invocation { worker, call }));
            let (records, error) = consumer.poll_as(WAIT, |message| compared.consumed(message));
            let failed = error.is_some();
            let report = Report::Poll(Polled { records });
            let completion = Completion {
                worker,
                error,
                report,
            };
            load.recorder.record(match failed {
                true => What::Fail(completion),
                false => What::Ok(completion),
            });
            if failed {
                break;
            }
        }
        assigned = consumer.assigned().to_vec();
        for place in &mut assigned {
            place.position = (place.position - AGAIN_RECORDS).max(0);
        }
        consumer.retire();
    }
    Ok(())
}

/// The same partitions, one of them somewhere before its position.
fn elsewhere(assigned: &[Assigned], random: &mut ChaCha8Rng) -> Vec<Assigned> {
    let mut assigned = assigned.to_vec();
    if !assigned.is_empty() {
        let at = random.random_range(0..assigned.len());
        let position = &mut assigned[at].position;
        *position = random.random_range(0..=*position);
    }
    assigned
}
