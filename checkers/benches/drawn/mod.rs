//! A legal history of any size, drawn by a seed.
#![allow(dead_code, reason = "each bench uses one part")]

pub(crate) mod stream;

use checkers::history::{
    Acks, Append, Appended, Assigned, Call, Completion, EndOffset, EndOffsetSeen, Event, Header,
    Invocation, Isolation, Limits, NodeEntry, Observation, Outcome, PartitionClaim, Phase,
    PhaseEvent, Poll, Polled, Promises, Read, ReadSeen, Record, RecordOutcome, Report, Seen, Text,
    What, WorkerId,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const PARTITIONS: usize = 4;
/// One operation of all workers together begins every so many nanoseconds: 1,000 a second.
const PACE: u64 = 1_000_000;
/// Records in one raw read.
const READ_RECORDS: usize = 4_000;

/// Events in the order of their time.
struct Recorder {
    events: Vec<Event>,
    now: u64,
}

impl Recorder {
    fn record(&mut self, what: What) {
        let i = self.events.len() as u64;
        self.now += 1_000;
        self.events.push(Event {
            i,
            t: self.now,
            what,
        });
    }

    fn invoke(&mut self, worker: WorkerId, call: Call) {
        self.record(What::Invoke(Invocation { worker, call }));
    }

    fn ok(&mut self, worker: WorkerId, report: Report) {
        let error = None;
        self.record(What::Ok(Completion {
            worker,
            error,
            report,
        }));
    }

    fn phase(&mut self, phase: Phase) {
        self.record(What::Phase(PhaseEvent { phase }));
    }
}

fn topic(partition: usize) -> Text {
    format!("t{}", partition / 2).into()
}

fn index(partition: usize) -> i32 {
    (partition % 2) as i32
}

/// A history of so many operations of workers.
pub(crate) fn history(size: u64, seed: u64) -> (Header, Vec<Event>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let events = Vec::with_capacity(size as usize * 2 + size as usize / 10 + 1_000);
    let mut recorder = Recorder { events, now: 0 };
    let mut logs: Vec<Vec<Text>> = vec![Vec::new(); PARTITIONS];
    let mut positions = [0_usize; PARTITIONS];
    recorder.phase(Phase::Load);
    for number in 0..size {
        recorder.now = recorder.now.max((number + 1) * PACE);
        let partition = random.random_range(0..PARTITIONS);
        let log = &mut logs[partition];
        let worker = random.random_range(0..4) + if number % 2 == 0 { 10 } else { 0 };
        if number % 2 == 0 {
            let value = Text::from(format!("{worker}-{number}"));
            let values = [value.clone()].into();
            let (topic, partition) = (topic(partition), index(partition));
            let (acks, idempotent) = (Acks::All, false);
            let call = Call::Append(Append {
                topic,
                partition,
                values,
                acks,
                idempotent,
                sending: None,
            });
            recorder.invoke(worker, call);
            let (outcome, offset) = (Outcome::Ok, Some(log.len() as i64));
            let record = RecordOutcome {
                outcome,
                offset,
                error: None,
                persisted: None,
            };
            log.push(value);
            recorder.ok(
                worker,
                Report::Append(Appended {
                    records: vec![record],
                    node: None,
                }),
            );
        } else {
            let position = positions[partition];
            positions[partition] = log.len();
            let records = records(log, partition, position, log.len());
            let assigned = Assigned {
                topic: topic(partition),
                partition: index(partition),
                position: position as i64,
            };
            let isolation = Isolation::ReadUncommitted;
            let call = Call::Poll(Poll {
                assigned: vec![assigned],
                isolation,
                phase: None,
            });
            recorder.invoke(worker, call);
            recorder.ok(worker, Report::Poll(Polled { records }));
        }
        if number % 100 == 0 {
            end_offset(&mut recorder, log.len(), partition);
            probes(&mut recorder);
        }
    }
    recorder.phase(Phase::Recovery);
    probes(&mut recorder);
    final_reads(&mut recorder, &logs);
    recorder.phase(Phase::Done);
    (header(), recorder.events)
}

fn end_offset(recorder: &mut Recorder, end: usize, partition: usize) {
    let (topic, partition) = (topic(partition), index(partition));
    let isolation = Isolation::ReadUncommitted;
    recorder.invoke(
        90,
        Call::EndOffset(EndOffset {
            topic,
            partition,
            isolation,
            node: None,
        }),
    );
    let seen = EndOffsetSeen {
        offset: Some(end as i64),
        epoch: None,
        node: None,
    };
    recorder.ok(90, Report::EndOffset(Box::new(seen)));
}

fn records(log: &[Text], partition: usize, from: usize, to: usize) -> Vec<Record> {
    let record = |(at, value): (usize, &Text)| {
        Record(
            topic(partition),
            index(partition),
            (from + at) as i64,
            value.clone(),
        )
    };
    log[from..to].iter().enumerate().map(record).collect()
}

pub(crate) fn header() -> Header {
    let node = |id| NodeEntry {
        name: format!("n{id}"),
        address: String::new(),
    };
    Header {
        features: [].into(),
        plants: Vec::new(),
        replicas: None,
        sealed: false,
        format: Header::FORMAT.to_owned(),
        version: Header::VERSION,
        run: String::new(),
        scenario: String::new(),
        target: String::new(),
        nodes: (1..=3).map(node).collect(),
        promises: Promises {
            end_offset_includes_acknowledged: true,
            ..Promises::default()
        },
        limits: Limits::default(),
        timeouts: Default::default(),
    }
}

fn probes(recorder: &mut Recorder) {
    for node in 1..=3 {
        let claim = |partition| PartitionClaim(topic(partition), index(partition), 1, 1);
        let partitions = (0..PARTITIONS).map(claim).collect();
        let observed = |node: String, called, seen| {
            What::Observation(Box::new(Observation {
                called,
                node: node.into(),
                answered: true,
                error: None,
                seen,
            }))
        };
        let called = recorder.now;
        let seen = Seen::Metadata {
            brokers: vec![],
            partitions,
        };
        recorder.record(observed(format!("n{node}"), called, seen));
        let seen = Seen::Quorum {
            leader: 1,
            epoch: 1,
            voters: vec![],
        };
        recorder.record(observed(format!("n{node}"), called, seen));
        let seen = Seen::Produce {
            sequence: 0,
            appended_ago_ms: None,
        };
        recorder.record(observed(String::new(), called, seen));
    }
}

fn final_reads(recorder: &mut Recorder, logs: &[Vec<Text>]) {
    for node in 1..=3_u64 {
        for (partition, log) in logs.iter().enumerate() {
            for from in (0..log.len()).step_by(READ_RECORDS) {
                let to = (from + READ_RECORDS).min(log.len());
                let call = Call::Read(Box::new(Read {
                    node: format!("n{node}").into(),
                    topic: topic(partition),
                    partition: index(partition),
                    position: from as i64,
                    phase: Some("final".into()),
                }));
                recorder.invoke(100 + node, call);
                let seen = ReadSeen {
                    records: records(log, partition, from, to),
                    next: Some(to as i64),
                    high_watermark: Some(log.len() as i64),
                    log_start_offset: Some(0),
                };
                recorder.ok(100 + node, Report::Read(Box::new(seen)));
            }
        }
    }
}
