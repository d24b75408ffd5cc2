//! `offset-for-time` against brute force: drawn logs whose timestamps do not grow, questions with right and with any
//! answers. An answer is right if some length that the log can have had meanwhile gives it.

use checkers::history::{
    Append, Appended, Call, Completion, Event, Header, History, Invocation, Moment, OffsetForTime,
    OffsetForTimeSeen, Outcome, Promises, RecordOutcome, Report, Sending, What, jsonl,
};
use checkers::verdict::Validity;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A record: its interval, and its timestamp. Its place in the list is its offset.
struct Sent {
    called: Moment,
    returned: Moment,
    timestamp: i64,
}

/// A question, its interval and its answer.
struct Asked {
    called: Moment,
    returned: Moment,
    time: i64,
    answer: Option<usize>,
}

/// A log: each record is appended at a moment of its own, within its interval.
fn log(random: &mut ChaCha8Rng) -> Vec<Sent> {
    let mut point = 10;
    let mut record = || {
        point += random.random_range(1..10);
        Sent {
            called: point - random.random_range(1..10),
            returned: point + random.random_range(1..30),
            timestamp: random.random_range(0..8),
        }
    };
    (0..12).map(|_| record()).collect()
}

/// Whether an answer is right for a log of this length.
fn is_right(log: &[Sent], asked: &Asked) -> bool {
    match (asked.time, asked.answer) {
        (OffsetForTime::GREATEST, None) => log.is_empty(),
        (OffsetForTime::GREATEST, Some(at)) => {
            let greatest = log.iter().map(|record| record.timestamp).max();
            log.get(at)
                .is_some_and(|record| Some(record.timestamp) == greatest)
        }
        (time, answer) => log.iter().position(|record| record.timestamp >= time) == answer,
    }
}

/// Whether it is right for a length between what was known before and what can exist after.
fn is_possible(log: &[Sent], asked: &Asked) -> bool {
    let known = log
        .iter()
        .rposition(|record| record.returned < asked.called);
    let most = log
        .iter()
        .take_while(|record| record.called <= asked.returned)
        .count();
    (known.map_or(0, |at| at + 1)..=most).any(|length| is_right(&log[..length], asked))
}

fn question(log: &[Sent], random: &mut ChaCha8Rng) -> Asked {
    let called = random.random_range(0..120);
    let time = match random.random_ratio(1, 3) {
        true => OffsetForTime::GREATEST,
        false => random.random_range(0..9),
    };
    let mut asked = Asked {
        called,
        returned: called + random.random_range(1..20),
        time,
        answer: None,
    };
    // Half of them as some length gives it, half anything.
    asked.answer = match random.random_ratio(1, 2) {
        true => {
            let length = random.random_range(0..=log.len());
            let right = |answer: &Option<usize>| {
                let asked = Asked {
                    answer: *answer,
                    ..asked
                };
                is_right(&log[..length], &asked)
            };
            (0..length).map(Some).chain([None]).find(right).flatten()
        }
        false => Some(random.random_range(0..log.len())),
    };
    asked
}

fn history(log: &[Sent], asked: &Asked) -> History {
    let mut lines: Vec<(Moment, What)> = Vec::new();
    for (offset, record) in log.iter().enumerate() {
        let worker = offset as u64;
        let call = Call::Append(Append {
            topic: "t".into(),
            partition: 0,
            values: [format!("v{offset}").as_str().into()].into(),
            acks: Default::default(),
            idempotent: false,
            sending: Some(Box::new(Sending {
                producer: 1,
                in_flight: 100,
                retries: true,
                timestamps: vec![record.timestamp],
            })),
        });
        let outcome = RecordOutcome {
            outcome: Outcome::Ok,
            offset: Some(offset as i64),
            error: None,
            persisted: None,
        };
        let report = Report::Append(Appended {
            records: vec![outcome],
            node: None,
        });
        let ended = Completion {
            worker,
            error: None,
            report,
        };
        lines.push((record.called, What::Invoke(Invocation { worker, call })));
        lines.push((record.returned, What::Ok(ended)));
    }
    let worker = 99;
    let call = Call::OffsetForTime(Box::new(OffsetForTime {
        topic: "t".into(),
        partition: 0,
        timestamp: asked.time,
        node: None,
    }));
    let seen = OffsetForTimeSeen {
        offset: asked.answer.map(|at| at as i64),
        timestamp: asked.answer.map(|at| log[at].timestamp),
    };
    let report = Report::OffsetForTime(Box::new(seen));
    lines.push((asked.called, What::Invoke(Invocation { worker, call })));
    lines.push((
        asked.returned,
        What::Ok(Completion {
            worker,
            error: None,
            report,
        }),
    ));
    lines.sort_by_key(|(at, _)| *at);
    let event = |(i, (t, what))| Event { i, t, what };
    let events = (0..).zip(lines).map(event).collect();
    let header = jsonl::parse("{\"format\":\"jepsen-history\",\"version\":1}\n").expect("a header");
    let promises = Promises {
        end_offset_includes_acknowledged: true,
        ..Promises::default()
    };
    History::new(
        Header {
            promises,
            ..header.header
        },
        events,
    )
}

#[test]
fn every_answer_is_judged_as_brute_force_judges_it() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut counts = [0, 0];
    for round in 0..5_000 {
        let log = log(&mut random);
        let asked = question(&log, &mut random);
        let possible = is_possible(&log, &asked);
        let judgement = checkers::judge(&history(&log, &asked));
        let verdict = judgement
            .verdict("offset-for-time")
            .expect("a check of the table");
        let expected = if possible {
            Validity::Valid
        } else {
            Validity::Invalid
        };
        assert_eq!(verdict.validity, expected, "round {round}: {verdict:#?}");
        counts[usize::from(possible)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
}
