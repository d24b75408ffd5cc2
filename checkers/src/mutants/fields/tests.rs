//! The table of fields against what the lines serialise to. Lines are built without defaults and matched without a
//! wildcard, so that a new field or kind of line does not compile here, and then is missing in the table.

mod members;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Coverage, FIELDS};
use crate::history::{
    Acks, Altered, Append, Appended, Assigned, Call, ClientEvent, Completion, DeleteRecords,
    DiskFault, DiskTrouble, EndOffset, EndOffsetSeen, Event, FaultEvent, FaultPhase, Invocation,
    Isolation, Late, NodeEvent, NodeHappening, Observation, OffsetForTime, OffsetForTimeSeen,
    Outcome, PartitionClaim, Persisted, Phase, PhaseEvent, Poll, Polled, Read, ReadSeen, Record,
    RecordOutcome, RecordsDeleted, ReplicaClaim, Report, Seen, Sending, Shortage, StartOffset,
    StartOffsetSeen, TopicCall, TopicEvent, TopicIdentity, TopicSeen, What,
};
use crate::mutants::lies;

/// The kind of a line, as the table names it.
fn kind(what: &What) -> Option<&'static str> {
    Some(match what {
        What::Invoke(_) => "invoke",
        What::Ok(end) | What::Fail(end) | What::Info(end) => match &end.report {
            Report::Append(_) => "append",
            Report::Poll(_) => "poll",
            Report::EndOffset(_) => "end-offset",
            Report::Read(_) => "read",
            Report::CreateTopic | Report::DeleteTopic | Report::GrowTopic => "change-topic",
            Report::DescribeTopic(_) => "describe-topic",
            Report::DeleteRecords(_) => "delete-records",
            Report::StartOffset(_) => "start-offset",
            Report::OffsetForTime(_) => "offset-for-time",
            Report::FindCoordinator(_) => "find-coordinator",
            Report::Join(_) => "join",
            Report::Sync(_) => "sync",
            Report::Heartbeat(_) => "heartbeat",
            Report::Leave(_) => "leave",
            Report::CommitOffsets(_) => "commit-offsets",
            Report::FetchOffsets(_) => "fetch-offsets",
            Report::Deliver(_) => "deliver",
            Report::InitProducer(_) => "init-producer",
            Report::Transaction(_) => "transaction",
            Report::RawRead(_) => "raw-read",
            Report::Unknown => return None,
        },
        What::Observation(seen) => match &seen.seen {
            Seen::Metadata { .. } => "metadata",
            Seen::Replicas { .. } => "replicas",
            Seen::Quorum { .. } => "quorum",
            Seen::Controller { .. } => "controller",
            Seen::Features { .. } => "features",
            Seen::Produce { .. } => "produce",
            Seen::Delivery { .. } => "delivery",
            Seen::Process { .. } => "process",
            Seen::Content { .. } => "content",
            Seen::Coordinator { .. } => "coordinator",
            Seen::Group { .. } => "group",
            Seen::Transactions { .. } => "transactions",
            Seen::Producers { .. } => "producers",
            Seen::Unknown => return None,
        },
        What::Fault(_) => "fault",
        What::Topic(_) => "topic",
        What::Node(_) => "node",
        What::Client(_) => "client",
        What::Late(_) => "late",
        What::Shortage(_) => "shortage",
        What::Phase(_) => "phase",
        What::Unknown => return None,
    })
}

fn ended(report: Report) -> What {
    What::Ok(Completion {
        worker: 1,
        error: Some("e".into()),
        report,
    })
}

fn observed(seen: Seen) -> What {
    What::Observation(Box::new(Observation {
        called: 1,
        node: "n1".into(),
        answered: true,
        error: Some("e".into()),
        seen,
    }))
}

fn called(call: Call) -> What {
    What::Invoke(Invocation { worker: 1, call })
}

/// A line of every kind, with every field.
fn lines() -> Vec<What> {
    let record = || Record("t".into(), 0, 1, "v".into());
    let topic = || {
        Box::new(TopicCall {
            node: "n1".into(),
            topic: "t".into(),
            partitions: Some(1),
            phase: Some("final".into()),
        })
    };
    let phase = || Some("final".into());
    vec![
        called(Call::Append(Append {
            topic: "t".into(),
            partition: 0,
            values: [("v").into()].into_iter().collect(),
            acks: Acks::All,
            idempotent: true,
            sending: Some(Box::new(Sending {
                producer: 1,
                in_flight: 1,
                retries: true,
                timestamps: vec![1],
            })),
        })),
        called(Call::OffsetForTime(Box::new(OffsetForTime {
            topic: "t".into(),
            partition: 0,
            timestamp: 1,
            node: Some("n1".into()),
        }))),
        called(Call::Poll(Poll {
            assigned: vec![Assigned {
                topic: "t".into(),
                partition: 0,
                position: 0,
            }],
            isolation: Isolation::ReadCommitted,
            phase: phase(),
        })),
        called(Call::EndOffset(EndOffset {
            topic: "t".into(),
            partition: 0,
            isolation: Isolation::ReadCommitted,
            node: Some("n1".into()),
        })),
        called(Call::Read(Box::new(Read {
            node: "n1".into(),
            topic: "t".into(),
            partition: 0,
            position: 0,
            phase: phase(),
        }))),
        called(Call::DeleteRecords(Box::new(DeleteRecords {
            node: Some("n1".into()),
            topic: "t".into(),
            partition: 0,
            offset: 1,
        }))),
        called(Call::StartOffset(Box::new(StartOffset {
            node: "n1".into(),
            topic: "t".into(),
            partition: 0,
            phase: phase(),
        }))),
        called(Call::CreateTopic(topic())),
        called(Call::DeleteTopic(topic())),
        called(Call::GrowTopic(topic())),
        called(Call::DescribeTopic(topic())),
        ended(Report::Append(Appended {
            records: vec![RecordOutcome {
                outcome: Outcome::Ok,
                offset: Some(1),
                error: Some("e".into()),
                persisted: Some(Persisted::Surely),
            }],
            node: Some("n1".into()),
        })),
        ended(Report::Poll(Polled {
            records: vec![record()],
        })),
        ended(Report::EndOffset(Box::new(EndOffsetSeen {
            offset: Some(1),
            epoch: Some(1),
            node: Some("n1".into()),
        }))),
        ended(Report::OffsetForTime(Box::new(OffsetForTimeSeen {
            offset: Some(1),
            timestamp: Some(1),
        }))),
        ended(Report::Read(Box::new(ReadSeen {
            records: vec![record()],
            next: Some(2),
            high_watermark: Some(2),
            log_start_offset: Some(0),
        }))),
        ended(Report::DeleteRecords(RecordsDeleted {
            low_watermark: Some(1),
        })),
        ended(Report::StartOffset(StartOffsetSeen { offset: Some(1) })),
        ended(Report::CreateTopic),
        ended(Report::DeleteTopic),
        ended(Report::GrowTopic),
        ended(Report::DescribeTopic(TopicSeen {
            partitions: Some(1),
        })),
        observed(Seen::Metadata {
            brokers: vec![1],
            partitions: vec![PartitionClaim("t".into(), 0, 1, 1)],
        }),
        observed(Seen::Replicas {
            cluster: "c".into(),
            topics: vec![TopicIdentity("t".into(), "x".into())],
            partitions: vec![ReplicaClaim("t".into(), 0, 1, vec![1], vec![1])],
        }),
        observed(Seen::Quorum {
            leader: 1,
            epoch: 1,
            voters: vec![1],
        }),
        observed(Seen::Controller {
            leader: 1,
            epoch: 1,
        }),
        observed(Seen::Features {
            finalized: [("f".to_owned(), 1)].into(),
        }),
        observed(Seen::Produce {
            sequence: 1,
            appended_ago_ms: Some(2),
        }),
        observed(Seen::Delivery { sequences: vec![1] }),
        observed(Seen::Content {
            compared: 1,
            altered: vec![Altered {
                topic: "t".into(),
                partition: 0,
                offset: 1,
                value: "v".into(),
                fields: vec!["key".into()],
            }],
        }),
        observed(Seen::Process {
            resident_bytes: 1,
            cpu_ms: 1,
            descriptors: 1,
        }),
        What::Fault(Box::new(FaultEvent {
            id: "k".into(),
            called: 1,
            kind: "pause".into(),
            phase: FaultPhase::Begun,
            targets: vec!["n1".into()],
            links: vec![("n1".into(), "n2".into())],
            disturbed: vec![("n2".into(), "n1".into())],
            disk: Some(DiskTrouble {
                fault: DiskFault::SlowSync,
                delay_ms: 1,
            }),
            role: "leader".into(),
            role_held: true,
            affects_leader: true,
            evidence: "e".into(),
            counters: [("frames".into(), 1)].into(),
            skew_ms: Some((0, 5_000)),
            wiped: true,
        })),
        What::Topic(Box::new(TopicEvent {
            name: "t".into(),
            id: "x".into(),
            partitions: 1,
            what: "created".into(),
        })),
        What::Node(Box::new(NodeEvent {
            node: "n1".into(),
            what: NodeHappening::Started,
            expected: true,
            status: "s".into(),
        })),
        What::Client(Box::new(ClientEvent {
            client: "w1".into(),
            what: NodeHappening::Started,
            expected: true,
            status: "s".into(),
        })),
        What::Late(Box::new(Late {
            who: "n1".into(),
            thread: Some("main".into()),
            by_ms: 1,
            over_ms: Some(1),
            cpu_pressure: Some(0.5),
            io_pressure: Some(0.5),
        })),
        What::Shortage(Shortage {
            since: 1,
            free_bytes: Some(1),
        }),
        What::Phase(PhaseEvent { phase: Phase::Load }),
    ]
}

/// The names of a list's places, where its rows are lists.
fn places(line: &str, field: &str) -> &'static [&'static str] {
    match (line, field) {
        ("raw-read", "records") => &[
            "offset",
            "value",
            "producer_id",
            "epoch",
            "transactional",
            "marker",
        ],
        (_, "aborted") => &["producer_id", "offset"],
        ("invoke" | "sync", "partitions") => &["topic", "partition"],
        (_, "records") => &["topic", "partition", "offset", "value"],
        ("replicas", "topics") => &["topic", "id"],
        ("replicas", "partitions") => &["topic", "partition", "leader", "replicas", "in_sync"],
        ("metadata", "partitions") => &["topic", "partition", "leader", "epoch"],
        (_, "links" | "disturbed") => &["from", "to"],
        _ => &[],
    }
}

fn fields(line: &str, value: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut add = |field: String| {
        found.insert((line.to_owned(), field));
    };
    for (name, value) in value.as_object().expect("a line is an object") {
        add(name.clone());
        for row in value.as_array().into_iter().flatten() {
            match row {
                Value::Object(row) => row.keys().for_each(|key| add(format!("{name}.{key}"))),
                Value::Array(row) => {
                    let places = places(line, name);
                    assert_eq!(places.len(), row.len(), "{line} {name}");
                    places
                        .iter()
                        .for_each(|place| add(format!("{name}.{place}")));
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn every_field_of_every_line_is_in_the_table() {
    let mut found = BTreeSet::new();
    for what in lines().into_iter().chain(members::lines()) {
        let line = kind(&what).expect("a kind that is known");
        let event = Event { i: 0, t: 0, what };
        let value = serde_json::to_value(&event).expect("plain data");
        found.extend(fields(line, &value));
    }
    let table: Vec<(String, String)> = FIELDS
        .iter()
        .map(|row| (row.line.to_owned(), row.field.to_owned()))
        .collect();
    let told: BTreeSet<(String, String)> = table.iter().cloned().collect();
    assert_eq!(told.len(), table.len(), "a field is in the table twice");
    let missing: Vec<_> = found.difference(&told).collect();
    let gone: Vec<_> = told.difference(&found).collect();
    assert!(
        missing.is_empty(),
        "without a mutant or a reason: {missing:?}"
    );
    assert!(gone.is_empty(), "no line has: {gone:?}");
}

#[test]
fn the_catalogue_changes_what_the_table_says() {
    let mutated = |row: &&super::FieldRow| row.coverage == Coverage::Mutated;
    let told: BTreeSet<(&str, &str)> = FIELDS
        .iter()
        .filter(mutated)
        .map(|row| (row.line, row.field))
        .collect();
    // The outcome of an operation is the type of its line.
    let changed: BTreeSet<(&str, &str)> = lies().map(|lie| (lie.line.name(), lie.field)).collect();
    let without: Vec<_> = told.difference(&changed).collect();
    assert!(without.is_empty(), "no row changes {without:?}");
    let unknown: Vec<_> = changed
        .difference(&told)
        .filter(|(_, field)| *field != "outcome")
        .collect();
    assert!(unknown.is_empty(), "the table does not know {unknown:?}");
    for row in FIELDS {
        if let Coverage::Follows(other) = row.coverage {
            let known = changed.contains(&(row.line, other));
            assert!(known, "{} {} follows nothing", row.line, row.field);
        }
    }
}
