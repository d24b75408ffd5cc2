//! What a run recorded: a header and events in the order of one monotonic clock.
//!
//! The types here are the lines of `history.jsonl`, version 1, field for field. A recorder makes them, checks
//! read them; nothing here judges. Unknown fields, types, operations and probes are ignored, so that an older
//! reader reads a newer history.

mod event;
mod fault;
mod faults;
mod features;
mod groups;
mod header;
mod ids;
mod index;
pub mod jsonl;
mod lateness;
mod observation;
mod offset_for_time;
mod operation;
mod raw_read;
mod record;
mod replicas;
mod seal;
mod sending;
#[cfg_attr(
    not(feature = "kafka"),
    expect(dead_code, reason = "only the checks of a run count what is settled")
)]
mod settled;
mod start_offset;
mod topics;
mod transaction;
mod unknown;
mod window;

pub use event::{
    ClientEvent, Event, Late, NodeEvent, NodeHappening, Phase, PhaseEvent, Shortage, TopicEvent,
    What,
};
pub use fault::{DiskFault, DiskTrouble, FaultEvent, FaultPhase, Link};
pub use features::StatedLevel;
pub use groups::{
    CommitOffsets, CommitOutcome, Committed, CommittedOffset, Coordinated, Deliver, Delivered,
    FetchOffsets, FetchedOffset, FindCoordinator, Found, GroupMember, Heartbeat, Heartbeats, Join,
    Joined, Leave, Left, MemberAssignment, OffsetsFetched, Partition, Sync, Synced,
};
pub use header::{
    AtomicTransactions, Header, Limits, NodeEntry, Promises, SurvivedPowerLoss, Timeouts,
};
pub use ids::{Moment, Nanoseconds, NodeName, Offset, Text, WorkerId};
pub use index::{ClientOperation, History, Observed};
pub use lateness::Lateness;
#[cfg(feature = "kafka")]
pub(crate) use lateness::Listener;
pub use observation::{
    Altered, ListedProducer, ListedTransaction, Observation, PartitionClaim, Probe, Seen,
};
pub use offset_for_time::{OffsetForTime, OffsetForTimeSeen};
pub use operation::{
    Acks, Append, Appended, Call, Completion, EndOffset, EndOffsetSeen, Invocation, Persisted,
    Poll, Polled, Read, ReadSeen, RecordOutcome, Report, Values,
};
pub use raw_read::{Aborted, RawRead, RawRecord, RawSeen};
pub use record::{Assigned, Isolation, Outcome, Record};
pub use replicas::{ReplicaClaim, TopicIdentity};
pub use seal::{Digest, Seal};
pub use sending::Sending;
pub use settled::Settled;
#[cfg(feature = "kafka")]
pub(crate) use settled::{Answers, Counts};
pub use start_offset::{StartOffset, StartOffsetSeen};
pub use topics::{DeleteRecords, RecordsDeleted, TopicCall, TopicSeen};
pub use transaction::{
    Ending, InitProducer, ProducerSeen, Transaction, TransactionEnd, TransactionRequest,
    TransactionSend,
};
pub use unknown::Unknown;
pub use window::Window;

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the contract (design section 7) are read and written back with the same meaning.
    #[test]
    fn contract_lines_survive_a_round_trip() {
        let lines = [
            r#"{"i":0,"t":1200345,"type":"invoke","worker":3,"f":"append","topic":"t0","partition":1,"values":["3-17","3-18"],"acks":"all"}"#,
            r#"{"i":1,"t":2100345,"type":"ok","worker":3,"f":"append","records":[{"offset":41,"outcome":"ok"},{"offset":42,"outcome":"ok"}],"node":"n2"}"#,
            r#"{"i":2,"t":2200000,"type":"invoke","worker":4,"f":"poll","assigned":[{"topic":"t0","partition":1,"position":40}],"isolation":"read_uncommitted"}"#,
            r#"{"i":3,"t":2300000,"type":"ok","worker":4,"f":"poll","records":[["t0",1,41,"3-17"],["t0",1,42,"3-18"]]}"#,
            r#"{"i":4,"t":2310000,"type":"invoke","worker":5,"f":"end-offset","topic":"t0","partition":1,"isolation":"read_uncommitted"}"#,
            r#"{"i":5,"t":2350000,"type":"ok","worker":5,"f":"end-offset","offset":43,"epoch":2,"node":"n2"}"#,
            r#"{"i":6,"t":2400000,"type":"invoke","worker":9,"f":"read","node":"n3","topic":"t0","partition":1,"position":0,"phase":"final"}"#,
            r#"{"i":7,"t":2450000,"type":"ok","worker":9,"f":"read","records":[["t0",1,0,"1-1"]],"next":43,"high_watermark":43,"error":null}"#,
            r#"{"i":8,"t":2500000,"type":"info","worker":3,"f":"append","records":[{"outcome":"info","error":"_MSG_TIMED_OUT","persisted":"possibly"}]}"#,
            r#"{"i":9,"t":2600000,"called":2590000,"type":"observation","probe":"metadata","node":"n1","answered":true,"brokers":[1,2,3],"partitions":[["t0",1,2,2]]}"#,
            r#"{"i":10,"t":2610000,"called":2600100,"type":"observation","probe":"quorum","node":"n1","answered":true,"leader":2,"epoch":7,"voters":[1,2,3]}"#,
            r#"{"i":11,"t":2700000,"called":2690000,"type":"fault","id":"k7","kind":"isolate","phase":"begun","targets":["n2"],"links":[["n2","n1"],["n1","n2"]],"role":"leader","role_held":true,"evidence":"..."}"#,
            r#"{"i":12,"t":2750000,"type":"topic","name":"t0","id":"9pQ...","partitions":2,"what":"created"}"#,
            r#"{"i":13,"t":2800000,"type":"node","node":"n2","what":"exited","expected":true,"status":"signal 9"}"#,
            r#"{"i":15,"t":2900000,"type":"invoke","worker":7,"f":"create-topic","node":"n1","topic":"a7-0","partitions":3}"#,
            r#"{"i":16,"t":2900000,"type":"ok","worker":7,"f":"create-topic"}"#,
            r#"{"i":17,"t":2900000,"type":"invoke","worker":7,"f":"describe-topic","node":"n2","topic":"a7-0","phase":"final"}"#,
            r#"{"i":18,"t":2900000,"type":"ok","worker":7,"f":"describe-topic","partitions":3}"#,
            r#"{"i":19,"t":2900000,"type":"invoke","worker":7,"f":"delete-records","node":"n2","topic":"t0","partition":1,"offset":40}"#,
            r#"{"i":20,"t":2900000,"type":"ok","worker":7,"f":"delete-records","low_watermark":40}"#,
            r#"{"i":21,"t":2900000,"type":"invoke","worker":7,"f":"start-offset","node":"n2","topic":"t0","partition":1,"phase":"final"}"#,
            r#"{"i":22,"t":2900000,"type":"ok","worker":7,"f":"start-offset","offset":40}"#,
            r#"{"i":14,"t":2900000,"type":"late","who":"harness","by_ms":180,"cpu_pressure":0.7}"#,
        ];
        for line in lines {
            let event: Event = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
            assert!(!matches!(event.what, What::Unknown), "{line}");
            let written = serde_json::to_string(&event).expect("events are plain data");
            let again: Event = serde_json::from_str(&written).expect("what was written reads");
            assert_eq!(event, again, "{written}");
        }
    }

    /// A newer writer's types, functions, probes and fields are ignored.
    #[test]
    fn unknown_words_are_ignored() {
        for line in [
            r#"{"i":0,"t":1,"type":"comet","tail":"long"}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"dance","shoes":2}"#,
            r#"{"i":0,"t":1,"called":0,"type":"observation","node":"n1","probe":"smell"}"#,
            r#"{"i":0,"t":1,"type":"late","who":"n1","by_ms":3,"mood":"bad"}"#,
        ] {
            let _: Event = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }
}
