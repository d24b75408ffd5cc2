//! The fields that this version reads of each kind of line.

use crate::history::event::What;
use crate::history::observation::Seen;
use crate::history::operation::{Call, Completion, Report};

/// Fields that every line has.
pub(super) const COMMON: &[&str] = &["i", "t", "type"];

type Fields = &'static [&'static str];

/// The fields that this version reads of such a line; none where it knows the line's name only.
pub(super) fn known(what: &What) -> Option<[Fields; 2]> {
    Some(match what {
        What::Unknown => return None,
        What::Invoke(invocation) => [&["worker", "f"], of_call(&invocation.call)?],
        What::Ok(completion) | What::Fail(completion) | What::Info(completion) => {
            [&["worker", "f", "error"], of_report(completion)?]
        }
        What::Observation(observation) => [
            &["called", "node", "answered", "error", "probe"],
            of_probe(&observation.seen)?,
        ],
        What::Fault(_) => [
            &["id", "called", "kind", "phase", "targets", "links"],
            &[
                "role",
                "role_held",
                "affects_leader",
                "evidence",
                "disturbed",
                "disk",
                "counters",
                "skew_ms",
                "wiped",
            ],
        ],
        What::Topic(_) => [&["name", "id"], &["partitions", "what"]],
        What::Node(_) => [&["node", "what"], &["expected", "status"]],
        What::Client(_) => [&["client", "what"], &["expected", "status"]],
        What::Late(_) => [
            &["who", "thread", "by_ms", "over_ms"],
            &["cpu_pressure", "io_pressure"],
        ],
        What::Shortage(_) => [&["since"], &["free_bytes"]],
        What::Phase(_) => [&["phase"], &[]],
    })
}

fn of_call(call: &Call) -> Option<Fields> {
    Some(match call {
        Call::Append(_) => &[
            "topic",
            "partition",
            "values",
            "acks",
            "idempotent",
            "sending",
        ],
        Call::Poll(_) => &["assigned", "isolation", "phase"],
        Call::EndOffset(_) => &["topic", "partition", "isolation", "node"],
        Call::Read(_) => &["node", "topic", "partition", "position", "phase"],
        Call::CreateTopic(_)
        | Call::DeleteTopic(_)
        | Call::GrowTopic(_)
        | Call::DescribeTopic(_) => &["node", "topic", "partitions", "phase"],
        Call::DeleteRecords(_) => &["node", "topic", "partition", "offset"],
        Call::OffsetForTime(_) => &["topic", "partition", "timestamp", "node"],
        Call::StartOffset(_) => &["node", "topic", "partition", "phase"],
        Call::FindCoordinator(_) => &["node", "of", "key"],
        Call::Join(_) => &[
            "group", "member", "instance", "topics", "reason", "node", "library",
        ],
        Call::Sync(_) => &[
            "group",
            "generation",
            "member",
            "assignments",
            "node",
            "library",
        ],
        Call::Heartbeat(_) => &["group", "generation", "member", "node"],
        Call::Leave(_) => &["group", "members", "node"],
        Call::CommitOffsets(_) => &[
            "group",
            "generation",
            "member",
            "offsets",
            "node",
            "library",
        ],
        Call::FetchOffsets(_) => &[
            "group",
            "partitions",
            "require_stable",
            "member",
            "node",
            "phase",
        ],
        Call::Deliver(_) => &["group", "member", "generation", "assigned", "isolation"],
        Call::InitProducer(_) => &["transactional_id", "timeout_ms", "node"],
        Call::Transaction(_) => &[
            "transactional_id",
            "producer_id",
            "epoch",
            "group",
            "member",
            "generation",
            "topics",
        ],
        Call::RawRead(_) => &[
            "node",
            "topic",
            "partition",
            "position",
            "isolation",
            "phase",
        ],
        Call::Unknown => return None,
    })
}

fn of_report(completion: &Completion) -> Option<Fields> {
    Some(match &completion.report {
        Report::Append(_) => &["records", "node"],
        Report::Poll(_) => &["records"],
        Report::EndOffset(_) => &["offset", "epoch", "node"],
        Report::Read(_) => &["records", "next", "high_watermark", "log_start_offset"],
        Report::CreateTopic | Report::DeleteTopic | Report::GrowTopic => &[],
        Report::DescribeTopic(_) => &["partitions"],
        Report::DeleteRecords(_) => &["low_watermark"],
        Report::OffsetForTime(_) => &["offset", "timestamp"],
        Report::StartOffset(_) => &["offset"],
        Report::FindCoordinator(_) => &["coordinator"],
        Report::Join(_) => &["generation", "member", "leader", "protocol", "members"],
        Report::Sync(_) => &["partitions"],
        Report::Heartbeat(_) => &["ok_before", "last_ok"],
        Report::Leave(_) => &["errors"],
        Report::CommitOffsets(_) | Report::FetchOffsets(_) => &["offsets"],
        Report::Deliver(_) => &["records"],
        Report::InitProducer(_) => &["producer_id", "epoch"],
        Report::Transaction(_) => &["sends", "offsets", "wanted", "end_sent", "requests"],
        Report::RawRead(_) => &[
            "records",
            "next",
            "high_watermark",
            "last_stable_offset",
            "log_start_offset",
            "aborted",
        ],
        Report::Unknown => return None,
    })
}

fn of_probe(seen: &Seen) -> Option<Fields> {
    Some(match seen {
        Seen::Metadata { .. } => &["brokers", "partitions"],
        Seen::Replicas { .. } => &["cluster", "topics", "partitions"],
        Seen::Quorum { .. } => &["leader", "epoch", "voters"],
        Seen::Controller { .. } => &["leader", "epoch"],
        Seen::Features { .. } => &["finalized"],
        Seen::Produce { .. } => &["sequence", "appended_ago_ms"],
        Seen::Delivery { .. } => &["sequences"],
        Seen::Content { .. } => &["compared", "altered"],
        Seen::Process { .. } => &["resident_bytes", "cpu_ms", "descriptors"],
        Seen::Coordinator { .. } => &["of", "key", "coordinator"],
        Seen::Group { .. } => &["group", "state", "members"],
        Seen::Transactions { .. } => &["transactions"],
        Seen::Producers { .. } => &["topic", "partition", "producers"],
        Seen::Unknown => return None,
    })
}

pub(super) fn kind(what: &What) -> &'static str {
    match what {
        What::Invoke(invocation) => invocation.call.name(),
        What::Ok(_) | What::Fail(_) | What::Info(_) => "completion",
        What::Observation(_) => "observation",
        What::Fault(_) => "fault",
        What::Topic(_) => "topic",
        What::Node(_) => "node",
        What::Client(_) => "client",
        What::Late(_) => "late",
        What::Shortage(_) => "shortage",
        What::Phase(_) => "phase",
        What::Unknown => "unknown",
    }
}
