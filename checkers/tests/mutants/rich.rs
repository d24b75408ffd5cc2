//! A legal run with what the drawn runs leave out: brokers, voters, epochs of end offsets, what nodes serve of the
//! produce probe, changes of topics, refusals.

use std::collections::BTreeMap;

use checkers::history::{Event, History, Moment, Observation, Report, Seen, What};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::times;
use crate::generate::Run;
use crate::notation;

const MS: Moment = 1_000_000;

/// Changes of topics and refusals, beside the drawn load.
const LINES: &str = "
replication 3
1100..1110 w900 create-topic n1 a/3
1200..1210 w900 create-topic n1 b/2
1210..1220 w900 grow-topic n2 b/4
1230..1240 w900 create-topic n3 c/1
1250..1260 w900 delete-topic n1 c
1270..1280 w900 create-topic n1 d/2 -> fail
1280..1290 w904 describe-topic n1 d -> fail
5280..5290 w904 describe-topic n1 d -> fail
9280..9290 w904 describe-topic n1 d -> fail
1290..1300 w900 create-topic n1 e/2
1310..1320 w900 grow-topic n1 e/3 -> fail
9300..9310 w901 describe-topic n1 a -> 3
9320..9330 w901 describe-topic n2 b -> 4
9340..9350 w901 describe-topic n2 c -> none
9500..9510 w905 create-topic n2 g/2
9500..9510 w906 create-topic n2 h/2 -> info
9600..9610 w906 describe-topic n2 h -> none
13250..13260 w901 describe-topic n1 g phase=final -> 2
13260..13270 w901 describe-topic n1 h phase=final -> none
13200..13210 w901 describe-topic n1 a phase=final -> 3
13200..13210 w902 describe-topic n2 a phase=final -> 3
13200..13210 w903 describe-topic n3 a phase=final -> 3
13210..13220 w901 describe-topic n1 b phase=final -> 4
13210..13220 w902 describe-topic n2 b phase=final -> 4
13210..13220 w903 describe-topic n3 b phase=final -> 4
13220..13230 w901 describe-topic n1 c phase=final -> none
13220..13230 w902 describe-topic n2 c phase=final -> none
13220..13230 w903 describe-topic n3 c phase=final -> none
13230..13240 w901 describe-topic n1 d phase=final -> none
13240..13250 w901 describe-topic n1 e phase=final -> 2
1050..1060 w910 end t/0 n2 -> fail
4000..4010 w910 end t/0 n3 -> fail
7000..7010 w910 end t/1 n1 -> fail
9000..9010 w910 end t/1 n1 -> fail
2100..2200 w920 append t/0 lost1 lost2 -> ?
5100..5200 w921 append t/1 lost3 -> ?
9000..9010 w922 append t/1 refused1 -> x
9000..9010 w922 poll t/1@0 -> fail
13000..13010 w923 read n1 t/1@0 phase=final -> fail
1400..1410 w900 create-topic n1 f/2 -> fail
7400..7410 w900 create-topic n1 f/2 -> fail
9400..9410 w900 create-topic n1 f/2 -> fail
8100..8110 w910 end t/0 n2 -> fail
8300..8310 w910 end t/0 n2 -> fail
1000 topic t created id
every 300 1100..12900 +5 w940 start n1 t/0 -> 0
every 300 1200..12900 +5 w941 start n2 t/1 -> 0
every 300 1300..12900 +5 w942 start n3 t/0 -> 0
13300..13310 w943 delete-records n1 t/1@1 -> 1
";

/// The run of a seed, with or without faults.
pub(crate) fn run(seed: u64, quiet: bool) -> History {
    let mut drawn = Run::drawn(&mut ChaCha8Rng::seed_from_u64(seed), quiet);
    drawn.lines.extend(LINES.lines().map(str::to_owned));
    let told = notation::history(&drawn.text()).history;
    let header = told.header().clone();
    let mut events: Vec<Event> = told.events().to_vec();
    let ends = ends(&events);
    let mut sequence = 0;
    let mut fresh: Vec<Event> = Vec::new();
    for event in &mut events {
        times::stamp(event);
        match &mut event.what {
            What::Topic(topic) => topic.partitions = 2,
            What::Observation(seen) => {
                if !seen.answered && matches!(seen.seen, Seen::Metadata { .. }) {
                    continue;
                }
                match &mut seen.seen {
                    Seen::Metadata { brokers, .. } => *brokers = vec![1, 2, 3],
                    Seen::Quorum { voters, .. } => *voters = vec![1, 2, 3],
                    Seen::Produce {
                        sequence: number,
                        appended_ago_ms,
                    } => {
                        *number = sequence;
                        *appended_ago_ms = seen.answered.then_some(0);
                        sequence += 1;
                        if seen.answered {
                            fresh.extend(served(*number, event.t));
                        }
                    }
                    _ => {}
                }
            }
            What::Ok(ended) => match &mut ended.report {
                Report::EndOffset(seen) => {
                    seen.epoch = Some(if quiet { 1 } else { epoch(event.t) })
                }
                Report::Read(seen) => {
                    let first = seen.records.first().map(|record| record.1);
                    seen.log_start_offset = Some(0);
                    seen.high_watermark = first.and_then(|partition| ends.get(&partition).copied());
                }
                _ => {}
            },
            _ => {}
        }
    }
    fresh.extend(times::questions(&events));
    events.extend(fresh);
    events.sort_by_key(|event| event.t);
    for (i, event) in events.iter_mut().enumerate() {
        event.i = i as u64;
    }
    History::new(header, events)
}

/// The end of each partition.
fn ends(events: &[Event]) -> BTreeMap<i32, i64> {
    let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
    for event in events {
        if let What::Ok(ended) = &event.what
            && let Report::Read(seen) = &ended.report
            && let Some(record) = seen.records.last()
        {
            let end = ends.entry(record.1).or_default();
            *end = (*end).max(record.2 + 1);
        }
    }
    ends
}

/// Each node serves a record of the probe soon after it was acknowledged; every second one with the one before it.
fn served(sequence: u64, at: Moment) -> Vec<Event> {
    if sequence.is_multiple_of(2) {
        return Vec::new();
    }
    let one = |node: u64| Event {
        i: 0,
        t: at + node * MS,
        what: What::Observation(Box::new(Observation {
            called: at,
            node: format!("n{node}").into(),
            answered: true,
            error: None,
            seen: Seen::Delivery {
                sequences: vec![sequence - 1, sequence],
            },
        })),
    };
    (1..=3).map(one).collect()
}

/// The epoch of the leader that answers then.
fn epoch(at: Moment) -> i32 {
    match at / MS {
        0..2_400 => 1,
        2_400..5_400 => 2,
        _ => 3,
    }
}
