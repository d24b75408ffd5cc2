//! What the checks of groups and transactions cost over a million deliveries: an exactly-once workload in which every input
//! is delivered once, in transactions of ten. `cargo test --test members_cost -- --ignored --nocapture` prints processor
//! time and memory.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that measures"
)]

#[path = "../benches/process/mod.rs"]
mod process;

use checkers::checks::{TABLE, judge_with};
use checkers::history::{
    Assigned, Call, CommittedOffset, Completion, Deliver, Delivered, Ending, Event, FetchOffsets,
    FetchedOffset, Header, History, Invocation, Isolation, Moment, Offset, OffsetsFetched, Outcome,
    Partition, RawRead, RawRecord, RawSeen, Record, Report, Text, Transaction, TransactionEnd,
    TransactionSend, What,
};
use checkers::verdict::Validity;
use process::{memory_mb, processor_seconds};

/// Records of one transaction.
const BATCH: usize = 10;
/// Partitions of the input, and of the output.
const PARTITIONS: usize = 4;
/// Records of one raw reading.
const FETCH: usize = 1_000;

struct Lines(Vec<Event>);

impl Lines {
    fn add(&mut self, what: What) -> Moment {
        let i = self.0.len() as u64;
        let t = i * 1_000;
        self.0.push(Event { i, t, what });
        t
    }

    fn operation(&mut self, worker: u64, call: Call, report: impl FnOnce(Moment) -> Report) {
        let called = self.add(What::Invoke(Invocation { worker, call }));
        let completion = Completion {
            worker,
            error: None,
            report: report(called),
        };
        self.add(What::Ok(completion));
    }
}

fn text(text: String) -> Text {
    Text::from(text.as_str())
}

/// A history of this many deliveries.
fn history(deliveries: usize) -> History {
    let mut lines = Lines(Vec::new());
    let mut inputs = [0_usize; PARTITIONS];
    let mut outputs: Vec<Vec<RawRecord>> = vec![Vec::new(); PARTITIONS];
    for batch in 0..deliveries / BATCH {
        let partition = batch % PARTITIONS;
        let first = inputs[partition];
        inputs[partition] += BATCH;
        let worker = partition as u64 + 1;
        let record = |at: usize| {
            let value = text(format!("{partition}-{at}"));
            Record("in".into(), partition as i32, at as Offset, value)
        };
        let records: Vec<Record> = (first..first + BATCH).map(record).collect();
        let deliver = Call::Deliver(Box::new(Deliver {
            group: "g".into(),
            member: text(format!("m{worker}")),
            generation: 1,
            assigned: vec![Assigned {
                topic: "in".into(),
                partition: partition as i32,
                position: first as Offset,
            }],
            isolation: Isolation::ReadCommitted,
        }));
        let log = &mut outputs[partition];
        let base = log.len();
        let values: Vec<Text> = records
            .iter()
            .map(|one| text(format!("{partition}:{}:{}#1", one.offset(), one.value())))
            .collect();
        let data = |(at, value): (usize, &Text)| {
            RawRecord(
                (base + at) as Offset,
                Some(value.clone()),
                worker as i64,
                0,
                true,
                None,
            )
        };
        log.extend(values.iter().enumerate().map(data));
        let marker = (base + BATCH) as Offset;
        log.push(RawRecord(
            marker,
            None,
            worker as i64,
            0,
            true,
            Some(Ending::Commit),
        ));
        lines.operation(worker, deliver, |_| {
            Report::Deliver(Box::new(Delivered { records }))
        });
        let transaction = Call::Transaction(Box::new(Transaction {
            transactional_id: text(format!("x{worker}")),
            producer_id: worker as i64,
            epoch: 0,
            group: Some("g".into()),
            member: None,
            generation: None,
            topics: vec!["out".into()],
        }));
        lines.operation(worker, transaction, |called| {
            let send = |(at, value): (usize, Text)| TransactionSend {
                topic: "out".into(),
                partition: partition as i32,
                value,
                called: Some(called),
                returned: Some(called),
                outcome: Outcome::Ok,
                offset: Some((base + at) as Offset),
                error: None,
            };
            Report::Transaction(Box::new(TransactionEnd {
                sends: values.into_iter().enumerate().map(send).collect(),
                offsets: vec![CommittedOffset {
                    topic: "in".into(),
                    partition: partition as i32,
                    offset: (first + BATCH) as Offset,
                    token: Some(text(format!("k{batch}"))),
                }],
                wanted: Some(Ending::Commit),
                end_sent: Some(called),
                requests: Vec::new(),
            }))
        });
    }
    finals(&mut lines, &inputs, outputs);
    let header = r#"{"format":"jepsen-history","version":1,"nodes":[{"name":"n1","address":""}]}"#;
    let header: Header = serde_json::from_str(header).expect("a header");
    History::new(header, lines.0)
}

/// Readings of all partitions, and the committed offsets.
fn finals(lines: &mut Lines, inputs: &[usize; PARTITIONS], outputs: Vec<Vec<RawRecord>>) {
    let input = |partition: usize, at: usize| {
        let value = Some(text(format!("{partition}-{at}")));
        RawRecord(at as Offset, value, -1, -1, false, None)
    };
    let logs = (0..PARTITIONS).map(|at| {
        let records = (0..inputs[at]).map(|n| input(at, n)).collect::<Vec<_>>();
        ("in", at, records)
    });
    let logs = logs.collect::<Vec<_>>().into_iter();
    let outputs = (0..).zip(outputs).map(|(at, records)| ("out", at, records));
    for (topic, partition, records) in logs.chain(outputs) {
        let end = Some(records.len() as Offset);
        for chunk in records.chunks(FETCH) {
            let read = Call::RawRead(Box::new(RawRead {
                node: "n1".into(),
                topic: topic.into(),
                partition: partition as i32,
                position: chunk[0].offset(),
                isolation: Isolation::ReadCommitted,
                phase: Some("final".into()),
            }));
            let records = chunk.to_vec();
            lines.operation(90, read, |_| {
                Report::RawRead(Box::new(RawSeen {
                    next: records.last().map(|last| last.offset() + 1),
                    records,
                    high_watermark: end,
                    last_stable_offset: end,
                    log_start_offset: Some(0),
                    aborted: Some(Vec::new()),
                }))
            });
        }
    }
    for (partition, end) in (0..).zip(inputs) {
        let fetch = Call::FetchOffsets(Box::new(FetchOffsets {
            group: "g".into(),
            partitions: vec![Partition("in".into(), partition)],
            require_stable: true,
            member: None,
            node: None,
            phase: Some("final".into()),
        }));
        lines.operation(91, fetch, |_| {
            Report::FetchOffsets(Box::new(OffsetsFetched {
                offsets: vec![FetchedOffset {
                    topic: "in".into(),
                    partition,
                    offset: *end as Offset,
                    token: None,
                    error: None,
                }],
            }))
        });
    }
}

fn measured(deliveries: usize) -> f64 {
    let history = history(deliveries);
    let before_mb = memory_mb("VmRSS");
    let started = processor_seconds();
    let judgement = judge_with(&history, TABLE);
    let seconds = processor_seconds() - started;
    println!(
        "{deliveries} deliveries: history {before_mb} MB, judged in {seconds:.2} s, peak {} MB",
        memory_mb("VmHWM")
    );
    for check in [
        "processed-once",
        "nothing-beyond",
        "torn-transaction",
        "at-least-once",
    ] {
        let verdict = judgement.verdict(check).expect("asked");
        assert_eq!(verdict.validity, Validity::Valid, "{verdict:#?}");
    }
    seconds
}

/// Ten times the deliveries take about ten times the time: nothing is quadratic.
#[test]
fn the_cost_grows_with_the_length() {
    let (one, ten) = (measured(10_000), measured(100_000));
    assert!(ten < one.max(0.01) * 40.0, "{one} s, {ten} s");
}

#[test]
#[ignore = "half a minute, half a GB"]
fn a_million_deliveries() {
    measured(1_000_000);
}
