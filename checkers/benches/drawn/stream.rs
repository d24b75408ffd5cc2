//! A legal run of any length, line by line. Which partition a record goes to follows from its number, so that a log can
//! be read again without being kept.

use checkers::history::{
    Acks, Append, Appended, Assigned, Call, Completion, EndOffset, EndOffsetSeen, Event,
    Invocation, Isolation, Observation, Outcome, PartitionClaim, Phase, PhaseEvent, Poll, Polled,
    Read, ReadSeen, Record, RecordOutcome, Report, Seen, Text, What, WorkerId,
};

const PARTITIONS: usize = 4;
/// One operation of all workers together begins every so many nanoseconds: 1,000 a second.
const PACE: u64 = 1_000_000;
/// Records in one raw read.
const READ_RECORDS: usize = 4_000;
/// One in so many appends fails.
const FAILS_ONE_IN: u64 = 1_000;
/// The workers that append.
const APPENDING: u64 = 16;

/// What is drawn by a number.
fn mix(number: u64) -> u64 {
    let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 32)
}

fn partition_of(number: u64) -> usize {
    (mix(number) >> 8) as usize % PARTITIONS
}

fn fails(number: u64) -> bool {
    (mix(number) >> 16).is_multiple_of(FAILS_ONE_IN)
}

fn worker_of(number: u64) -> WorkerId {
    10 + (mix(number) >> 40) % APPENDING
}

fn value(number: u64) -> Text {
    format!("{}-{number}", worker_of(number)).into()
}

fn topic(partition: usize) -> Text {
    format!("t{}", partition / 2).into()
}

fn index(partition: usize) -> i32 {
    (partition % 2) as i32
}

/// The records of one partition in their order.
struct Log {
    partition: usize,
    next: u64,
    offset: i64,
}

impl Log {
    fn of(partition: usize) -> Log {
        Log {
            partition,
            next: 0,
            offset: 0,
        }
    }

    /// The next record among those that were appended before some number.
    fn next(&mut self, before: u64) -> Option<Record> {
        while self.next < before {
            let number = self.next;
            self.next += 2;
            if partition_of(number) == self.partition && !fails(number) {
                let (topic, partition) = (topic(self.partition), index(self.partition));
                self.offset += 1;
                return Some(Record(topic, partition, self.offset - 1, value(number)));
            }
        }
        None
    }

    fn records(&mut self, before: u64, most: usize) -> Vec<Record> {
        std::iter::from_fn(|| self.next(before))
            .take(most)
            .collect()
    }
}

struct Recorder<'t> {
    take: &'t mut dyn FnMut(Event),
    lines: u64,
    now: u64,
    /// Records of the produce probe.
    sent: u64,
}

impl Recorder<'_> {
    fn record(&mut self, what: What) {
        self.now += 1_000;
        (self.take)(Event {
            i: self.lines,
            t: self.now,
            what,
        });
        self.lines += 1;
    }

    fn invoke(&mut self, worker: WorkerId, call: Call) {
        self.record(What::Invoke(Invocation { worker, call }));
    }

    fn complete(&mut self, worker: WorkerId, report: Report, fails: bool) {
        let completion = Completion {
            worker,
            error: fails.then(|| "NOT_LEADER_OR_FOLLOWER".into()),
            report,
        };
        self.record(match fails {
            true => What::Fail(completion),
            false => What::Ok(completion),
        });
    }

    fn phase(&mut self, phase: Phase) {
        self.record(What::Phase(PhaseEvent { phase }));
    }
}

/// Hands over the lines of a run of so many operations of workers.
pub(crate) fn run(size: u64, take: &mut dyn FnMut(Event)) {
    let mut recorder = Recorder {
        take,
        lines: 0,
        now: 0,
        sent: 0,
    };
    let mut ends = [0_i64; PARTITIONS];
    let mut consumed: Vec<Log> = (0..PARTITIONS).map(Log::of).collect();
    recorder.phase(Phase::Load);
    for number in 0..size {
        recorder.now = recorder.now.max((number + 1) * PACE);
        let partition = partition_of(number);
        match number % 2 {
            0 => append(&mut recorder, number, &mut ends[partition]),
            _ => poll(&mut recorder, number, &mut consumed[partition]),
        }
        if number.is_multiple_of(100) {
            end_offset(&mut recorder, ends[partition], partition);
            probes(&mut recorder);
        }
    }
    recorder.phase(Phase::Recovery);
    probes(&mut recorder);
    final_reads(&mut recorder, size, ends);
    recorder.phase(Phase::Done);
}

fn append(recorder: &mut Recorder<'_>, number: u64, end: &mut i64) {
    let (worker, fails) = (worker_of(number), fails(number));
    let partition = partition_of(number);
    let call = Append {
        topic: topic(partition),
        partition: index(partition),
        values: [value(number)].into(),
        acks: Acks::All,
        idempotent: false,
        sending: None,
    };
    recorder.invoke(worker, Call::Append(call));
    let (outcome, offset) = match fails {
        true => (Outcome::Fail, None),
        false => (Outcome::Ok, Some(*end)),
    };
    *end += i64::from(!fails);
    let record = RecordOutcome {
        outcome,
        offset,
        error: None,
        persisted: None,
    };
    let report = Appended {
        records: vec![record],
        node: None,
    };
    recorder.complete(worker, Report::Append(report), fails);
}

fn poll(recorder: &mut Recorder<'_>, number: u64, log: &mut Log) {
    let assigned = Assigned {
        topic: topic(log.partition),
        partition: index(log.partition),
        position: log.offset,
    };
    let call = Poll {
        assigned: vec![assigned],
        isolation: Isolation::ReadUncommitted,
        phase: None,
    };
    recorder.invoke(0, Call::Poll(call));
    let records = log.records(number, usize::MAX);
    recorder.complete(0, Report::Poll(Polled { records }), false);
}

fn end_offset(recorder: &mut Recorder<'_>, end: i64, partition: usize) {
    let call = EndOffset {
        topic: topic(partition),
        partition: index(partition),
        isolation: Isolation::ReadUncommitted,
        node: None,
    };
    recorder.invoke(90, Call::EndOffset(call));
    let seen = EndOffsetSeen {
        offset: Some(end),
        epoch: None,
        node: None,
    };
    recorder.complete(90, Report::EndOffset(Box::new(seen)), false);
}

fn probes(recorder: &mut Recorder<'_>) {
    for node in 1..=3 {
        let claim = |partition| PartitionClaim(topic(partition), index(partition), 1, 1);
        let called = recorder.now;
        let observed = |node: String, seen| {
            What::Observation(Box::new(Observation {
                called,
                node: node.into(),
                answered: true,
                error: None,
                seen,
            }))
        };
        let metadata = Seen::Metadata {
            brokers: vec![1, 2, 3],
            partitions: (0..PARTITIONS).map(claim).collect(),
        };
        let quorum = Seen::Quorum {
            leader: 1,
            epoch: 1,
            voters: vec![1, 2, 3],
        };
        recorder.record(observed(format!("n{node}"), metadata));
        recorder.record(observed(format!("n{node}"), quorum));
        let sequence = recorder.sent;
        recorder.sent += 1;
        recorder.record(observed(
            String::new(),
            Seen::Produce {
                sequence,
                appended_ago_ms: None,
            },
        ));
    }
    for node in 1..=3 {
        let sequences = (recorder.sent - 3..recorder.sent).collect();
        recorder.record(What::Observation(Box::new(Observation {
            called: recorder.now,
            node: format!("n{node}").into(),
            answered: true,
            error: None,
            seen: Seen::Delivery { sequences },
        })));
    }
}

fn final_reads(recorder: &mut Recorder<'_>, size: u64, ends: [i64; PARTITIONS]) {
    for node in 1..=3_u64 {
        for (partition, end) in ends.into_iter().enumerate() {
            let mut log = Log::of(partition);
            while log.offset < end {
                let call = Read {
                    node: format!("n{node}").into(),
                    topic: topic(partition),
                    partition: index(partition),
                    position: log.offset,
                    phase: Some("final".into()),
                };
                recorder.invoke(100 + node, Call::Read(Box::new(call)));
                let seen = ReadSeen {
                    records: log.records(size, READ_RECORDS),
                    next: Some(log.offset),
                    high_watermark: Some(end),
                    log_start_offset: Some(0),
                };
                recorder.complete(100 + node, Report::Read(Box::new(seen)), false);
            }
        }
    }
}
