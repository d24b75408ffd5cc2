//! A line of every kind of group and transaction operation and probe, with every field.

use super::{called, ended, observed};
use crate::history::{
    Aborted, Assigned, Call, CommitOffsets, CommitOutcome, Committed, CommittedOffset, Coordinated,
    Deliver, Delivered, Ending, FetchOffsets, FetchedOffset, FindCoordinator, Found, GroupMember,
    Heartbeat, Heartbeats, InitProducer, Isolation, Join, Joined, Leave, Left, ListedProducer,
    ListedTransaction, MemberAssignment, OffsetsFetched, Outcome, Partition, ProducerSeen, RawRead,
    RawRecord, RawSeen, Record, Report, Seen, Sync, Synced, Transaction, TransactionEnd,
    TransactionRequest, TransactionSend, What,
};

fn committed() -> CommittedOffset {
    CommittedOffset {
        topic: "t".into(),
        partition: 0,
        offset: 1,
        token: Some("k".into()),
    }
}

fn calls() -> Vec<What> {
    let (node, phase) = (|| Some("n1".into()), || Some("final".into()));
    vec![
        called(Call::FindCoordinator(Box::new(FindCoordinator {
            node: "n1".into(),
            of: Coordinated::Group,
            key: "g".into(),
        }))),
        called(Call::Join(Box::new(Join {
            group: "g".into(),
            member: "m".into(),
            instance: Some("i".into()),
            topics: vec!["t".into()],
            reason: Some("new".into()),
            node: node(),
            library: true,
        }))),
        called(Call::Sync(Box::new(Sync {
            group: "g".into(),
            generation: 1,
            member: "m".into(),
            assignments: vec![MemberAssignment {
                member: "m".into(),
                partitions: vec![Partition("t".into(), 0)],
            }],
            node: node(),
            library: true,
        }))),
        called(Call::Heartbeat(Box::new(Heartbeat {
            group: "g".into(),
            generation: 1,
            member: "m".into(),
            node: node(),
        }))),
        called(Call::Leave(Box::new(Leave {
            group: "g".into(),
            members: vec!["m".into()],
            node: node(),
        }))),
        called(Call::CommitOffsets(Box::new(CommitOffsets {
            group: "g".into(),
            generation: 1,
            member: "m".into(),
            offsets: vec![committed()],
            node: node(),
            library: true,
        }))),
        called(Call::FetchOffsets(Box::new(FetchOffsets {
            group: "g".into(),
            partitions: vec![Partition("t".into(), 0)],
            require_stable: true,
            member: Some("m".into()),
            node: node(),
            phase: phase(),
        }))),
        called(Call::Deliver(Box::new(Deliver {
            group: "g".into(),
            member: "m".into(),
            generation: 1,
            assigned: vec![Assigned {
                topic: "t".into(),
                partition: 0,
                position: 0,
            }],
            isolation: Isolation::ReadCommitted,
        }))),
        called(Call::InitProducer(Box::new(InitProducer {
            transactional_id: "x".into(),
            timeout_ms: Some(1),
            node: node(),
        }))),
        called(Call::Transaction(Box::new(Transaction {
            transactional_id: "x".into(),
            producer_id: 1,
            epoch: 1,
            group: Some("g".into()),
            member: Some("m".into()),
            generation: Some(1),
            topics: vec!["t".into()],
        }))),
        called(Call::RawRead(Box::new(RawRead {
            node: "n1".into(),
            topic: "t".into(),
            partition: 0,
            position: 0,
            isolation: Isolation::ReadCommitted,
            phase: phase(),
        }))),
    ]
}

fn reports() -> Vec<What> {
    vec![
        ended(Report::FindCoordinator(Box::new(Found {
            coordinator: Some("n1".into()),
        }))),
        ended(Report::Join(Box::new(Joined {
            generation: 1,
            member: "m".into(),
            leader: "m".into(),
            protocol: Some("range".into()),
            members: vec![GroupMember {
                member: "m".into(),
                instance: Some("i".into()),
                topics: vec!["t".into()],
            }],
        }))),
        ended(Report::Sync(Box::new(Synced {
            partitions: vec![Partition("t".into(), 0)],
        }))),
        ended(Report::Heartbeat(Box::new(Heartbeats {
            ok_before: 1,
            last_ok: Some(1),
        }))),
        ended(Report::Leave(Box::new(Left {
            errors: vec!["e".into()],
        }))),
        ended(Report::CommitOffsets(Box::new(Committed {
            offsets: vec![CommitOutcome {
                outcome: Outcome::Ok,
                error: Some("e".into()),
            }],
        }))),
        ended(Report::FetchOffsets(Box::new(OffsetsFetched {
            offsets: vec![FetchedOffset {
                topic: "t".into(),
                partition: 0,
                offset: 1,
                token: Some("k".into()),
                error: Some("e".into()),
            }],
        }))),
        ended(Report::Deliver(Box::new(Delivered {
            records: vec![Record("t".into(), 0, 1, "v".into())],
        }))),
        ended(Report::InitProducer(Box::new(ProducerSeen {
            producer_id: 1,
            epoch: 1,
        }))),
        ended(Report::Transaction(Box::new(TransactionEnd {
            sends: vec![TransactionSend {
                topic: "t".into(),
                partition: 0,
                value: "v".into(),
                called: Some(1),
                returned: Some(1),
                outcome: Outcome::Ok,
                offset: Some(1),
                error: Some("e".into()),
            }],
            offsets: vec![committed()],
            wanted: Some(Ending::Commit),
            end_sent: Some(1),
            requests: vec![TransactionRequest {
                what: "commit".into(),
                called: 1,
                returned: Some(1),
                error: Some("e".into()),
                node: Some("n1".into()),
            }],
        }))),
        ended(Report::RawRead(Box::new(RawSeen {
            records: vec![RawRecord(1, Some("v".into()), 1, 1, true, None)],
            next: Some(2),
            high_watermark: Some(2),
            last_stable_offset: Some(2),
            log_start_offset: Some(0),
            aborted: Some(vec![Aborted(1, 1)]),
        }))),
    ]
}

fn probes() -> Vec<What> {
    vec![
        observed(Seen::Coordinator {
            of: Coordinated::Group,
            key: "g".into(),
            coordinator: Some("n1".into()),
        }),
        observed(Seen::Group {
            group: "g".into(),
            state: "Stable".into(),
            members: vec!["m".into()],
        }),
        observed(Seen::Transactions {
            transactions: vec![ListedTransaction {
                transactional_id: "x".into(),
                producer_id: 1,
                state: "Ongoing".into(),
                open_ms: Some(1),
            }],
        }),
        observed(Seen::Producers {
            topic: "t".into(),
            partition: 0,
            producers: vec![ListedProducer {
                producer_id: 1,
                epoch: 1,
                open_from: Some(1),
            }],
        }),
    ]
}

pub(super) fn lines() -> Vec<What> {
    [calls(), reports(), probes()].concat()
}
