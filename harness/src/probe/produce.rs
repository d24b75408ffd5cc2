//! The produce probe: an open-loop producer with retries. It sends one record every 20 ms, regardless of the records in
//! flight, to a separate topic. Gaps and fail-over are measured with it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use checkers::history::{Acks, Moment, Observation, Outcome, Seen, Text, What};
use nemesis::clock::now_ns;
use rdkafka::ClientConfig;

use crate::config::target::Target;
use crate::config::topics::PROBE;
use crate::kafka::clients::producer::{Delivered, Producer};
use crate::kafka::clients::warm::Warm;
use crate::kafka::clients::{acks_setting, common};
use crate::record::{Recorder, StopFlag};

/// The interval between records.
pub const INTERVAL: Duration = Duration::from_millis(20);

/// The time within which the probe retries a record.
const MESSAGE_TIMEOUT_MS: &str = "15000";

/// The prefix of a record's number.
const VALUE: &str = "probe-";

fn value(sequence: u64) -> String {
    format!("{VALUE}{sequence}")
}

/// The number of a record of the probe.
pub fn sequence(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value)
        .ok()?
        .strip_prefix(VALUE)?
        .parse()
        .ok()
}

fn settings(bootstrap: &str, acks: Acks, extra: &[(String, String)]) -> ClientConfig {
    let mut config = common(bootstrap, extra);
    config
        .set("acks", acks_setting(acks))
        .set("enable.idempotence", "false")
        .set("retry.backoff.ms", "20")
        .set("retry.backoff.max.ms", "100")
        .set("message.timeout.ms", MESSAGE_TIMEOUT_MS)
        .set("request.timeout.ms", "1000")
        .set("linger.ms", "0");
    config
}

/// Sends until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
pub fn run(
    bootstrap: &str,
    target: &Target,
    recorder: &Recorder,
    stop: &StopFlag,
) -> anyhow::Result<()> {
    let config = settings(bootstrap, target.acks(), &target.client_settings());
    let producer = Producer::new(&config, false)?;
    let mut sent: BTreeMap<u64, Moment> = BTreeMap::new();
    let mut warm = Warm::new(&producer, target.broker_ids());
    let mut next = Instant::now();
    for sequence in 0.. {
        sent.insert(sequence, recorder.now());
        if let Some(refused) = producer.send(PROBE, 0, &value(sequence), sequence) {
            tell(recorder, &mut sent, &refused);
        }
        warm.keep();
        next = (next + INTERVAL).max(Instant::now());
        loop {
            let left = next.saturating_duration_since(Instant::now());
            match producer.report(left) {
                Some(delivered) => tell(recorder, &mut sent, &delivered),
                None => break,
            }
        }
        if stop.is_set() {
            break;
        }
    }
    // Wait for the last records: their acknowledgements end the last gap.
    let patience = Instant::now() + Duration::from_millis(300);
    while !sent.is_empty() {
        let left = patience.saturating_duration_since(Instant::now());
        match producer.report(left) {
            Some(delivered) => tell(recorder, &mut sent, &delivered),
            None => break,
        }
    }
    drop(warm);
    producer.retire();
    Ok(())
}

fn tell(recorder: &Recorder, sent: &mut BTreeMap<u64, Moment>, delivered: &Delivered) {
    let Some(called) = sent.remove(&delivered.place) else {
        return;
    };
    recorder.record(What::Observation(Box::new(Observation {
        called,
        node: Text::default(),
        answered: delivered.outcome.outcome == Outcome::Ok,
        error: delivered.outcome.error.clone(),
        seen: Seen::Produce {
            sequence: delivered.place,
            appended_ago_ms: delivered.appended_ms.map(|ms| now_ns() / 1_000_000 - ms),
        },
    })));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_its_number() {
        assert_eq!(sequence(value(7).as_bytes()), Some(7));
        assert_eq!(sequence(b"8-7"), None);
    }
}
