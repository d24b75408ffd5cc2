//! Every field of every kind of line of history version 1: the mutants change it, it follows from one that they change,
//! or it is none of the broker's and why. A test compares this table with what the lines serialise to.

/// What the catalogue does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Some row changes it.
    Mutated,
    /// It is changed together with this field.
    Follows(&'static str),
    /// It is not a broker's word, for this reason.
    Excluded(&'static str),
}

/// A field of a kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// The kind of line: a function, a probe, or a type.
    pub line: &'static str,
    /// The field; of a list, `records.offset`.
    pub field: &'static str,
    /// What the catalogue does with it.
    pub coverage: Coverage,
}

use Coverage::{Excluded, Follows, Mutated};

const CLOCK: Coverage = Excluded("the harness's clock; late answers are bursts without an answer");
const NUMBER: Coverage = Excluded("the recorder numbers the lines");
const ASKED: Coverage = Excluded("what the harness asked, not what it was answered");
const CLIENT: Coverage = Excluded("what the client library infers, not what the broker said");
const MEASURED: Coverage = Excluded("what the harness measured");
const DID: Coverage = Excluded("what the harness did");
const MODEL: Coverage = Excluded(
    "the checks of groups and transactions are measured by mutants of their own model server",
);

const KAFKA: Coverage = Excluded(
    "the runs that mutants are made of have no such answers: changes of drawn runs measure the checks",
);

macro_rules! fields {
    ($($line:literal: $($field:literal $coverage:expr),+;)+) => {
        /// All fields.
        pub const FIELDS: &[FieldRow] = &[
            $($(FieldRow { line: $line, field: $field, coverage: $coverage },)+)+
        ];
    };
}

fields! {
    "append": "i" NUMBER, "t" CLOCK, "type" Follows("records.outcome"), "f" ASKED, "worker" DID, "error" Mutated,
        "records" Mutated, "records.outcome" Mutated, "records.offset" Mutated, "records.error" Mutated,
        "records.persisted" CLIENT, "node" Excluded("librdkafka does not say which node answered, so no run has it");
    "poll": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID, "error" Mutated,
        "records" Mutated, "records.topic" Mutated, "records.partition" Mutated, "records.offset" Mutated,
        "records.value" Mutated;
    "end-offset": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID, "error" Mutated,
        "offset" Mutated, "epoch" Mutated, "node" ASKED;
    "read": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID, "error" Mutated,
        "records" Mutated, "records.topic" ASKED, "records.partition" ASKED, "records.offset" Mutated,
        "records.value" Mutated, "next" Follows("records"), "high_watermark" Mutated, "log_start_offset" Mutated;
    "start-offset": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID,
        "error" Excluded("a refusal is no answer, with whatever code"), "offset" Mutated;
    "delete-records": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID,
        "error" Excluded("it decides nothing"), "low_watermark" Mutated;
    "offset-for-time": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID, "error" Mutated,
        "offset" Mutated, "timestamp" Mutated;
    "content": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" DID,
        "error" DID, "compared" MEASURED, "altered" Mutated, "altered.topic" Follows("altered"),
        "altered.partition" Follows("altered"), "altered.offset" Follows("altered"), "altered.value" Follows("altered"),
        "altered.fields" Follows("altered");
    "change-topic": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID, "error" Mutated;
    "describe-topic": "i" NUMBER, "t" CLOCK, "type" Follows("outcome"), "f" ASKED, "worker" DID, "error" Mutated,
        "partitions" Mutated;
    "metadata": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" Mutated,
        "error" Mutated, "brokers" Mutated, "partitions" Mutated, "partitions.topic" Mutated,
        "partitions.partition" Mutated, "partitions.leader" Mutated, "partitions.epoch" Mutated;
    "replicas": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED,
        "answered" Excluded("only answers are recorded"), "error" Excluded("only answers are recorded"),
        "cluster" Mutated, "topics" Mutated, "topics.topic" ASKED, "topics.id" Follows("topics"), "partitions" Mutated,
        "partitions.topic" ASKED, "partitions.partition" ASKED, "partitions.leader" Excluded("the line of Metadata has it, too, and it is changed there"),
        "partitions.replicas" Mutated, "partitions.in_sync" Mutated;
    "quorum": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" Mutated,
        "error" Mutated, "leader" Mutated, "epoch" Mutated, "voters" Mutated;
    "controller": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" KAFKA,
        "error" KAFKA, "leader" KAFKA, "epoch" KAFKA;
    "features": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED,
        "answered" Excluded("only answers are recorded"), "error" Excluded("only answers are recorded"),
        "finalized" KAFKA;
    "produce": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" Mutated,
        "error" Mutated, "sequence" DID, "appended_ago_ms" Mutated;
    "delivery": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED,
        "answered" Excluded("only answers with records are recorded"),
        "error" Excluded("only answers with records are recorded"), "sequences" Mutated;
    "process": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" MEASURED,
        "error" MEASURED, "resident_bytes" MEASURED, "cpu_ms" MEASURED, "descriptors" MEASURED;
    "find-coordinator": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "coordinator"
        MODEL;
    "join": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "generation" MODEL,
        "member" MODEL, "leader" MODEL, "protocol" MODEL, "members" MODEL, "members.member" MODEL, "members.instance"
        MODEL, "members.topics" MODEL;
    "sync": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "partitions" MODEL,
        "partitions.topic" MODEL, "partitions.partition" MODEL;
    "heartbeat": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "ok_before" MODEL,
        "last_ok" MODEL;
    "leave": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "errors" MODEL;
    "commit-offsets": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "offsets" MODEL,
        "offsets.outcome" MODEL, "offsets.error" MODEL;
    "fetch-offsets": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "offsets" MODEL,
        "offsets.topic" MODEL, "offsets.partition" MODEL, "offsets.offset" MODEL, "offsets.token" MODEL, "offsets.error"
        MODEL;
    "deliver": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "records" MODEL,
        "records.topic" MODEL, "records.partition" MODEL, "records.offset" MODEL, "records.value" MODEL;
    "init-producer": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "producer_id"
        MODEL, "epoch" MODEL;
    "transaction": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "sends" MODEL,
        "sends.topic" MODEL, "sends.partition" MODEL, "sends.value" MODEL, "sends.called" MODEL, "sends.returned" MODEL,
        "sends.outcome" MODEL, "sends.offset" MODEL, "sends.error" MODEL, "offsets" MODEL, "offsets.topic" MODEL,
        "offsets.partition" MODEL, "offsets.offset" MODEL, "offsets.token" MODEL, "wanted" MODEL, "end_sent" MODEL,
        "requests" MODEL, "requests.what" MODEL, "requests.called" MODEL, "requests.returned" MODEL, "requests.error"
        MODEL, "requests.node" MODEL;
    "raw-read": "i" NUMBER, "t" CLOCK, "type" MODEL, "f" ASKED, "worker" DID, "error" MODEL, "records" MODEL,
        "records.offset" MODEL, "records.value" MODEL, "records.producer_id" MODEL, "records.epoch" MODEL,
        "records.transactional" MODEL, "records.marker" MODEL, "next" MODEL, "high_watermark" MODEL,
        "last_stable_offset" MODEL, "log_start_offset" MODEL, "aborted" MODEL, "aborted.producer_id" MODEL,
        "aborted.offset" MODEL;
    "coordinator": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" MODEL,
        "error" MODEL, "of" MODEL, "key" MODEL, "coordinator" MODEL;
    "group": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" MODEL,
        "error" MODEL, "group" MODEL, "state" MODEL, "members" MODEL;
    "transactions": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered"
        MODEL, "error" MODEL, "transactions" MODEL, "transactions.transactional_id" MODEL, "transactions.producer_id"
        MODEL, "transactions.state" MODEL, "transactions.open_ms" MODEL;
    "producers": "i" NUMBER, "t" CLOCK, "type" DID, "called" CLOCK, "node" ASKED, "probe" ASKED, "answered" MODEL,
        "error" MODEL, "topic" MODEL, "partition" MODEL, "producers" MODEL, "producers.producer_id" MODEL,
        "producers.epoch" MODEL, "producers.open_from" MODEL;
    "invoke": "i" NUMBER, "t" CLOCK, "type" DID, "f" DID, "worker" DID, "topic" DID, "partition" DID, "values" DID,
        "acks" DID, "idempotent" DID, "assigned" DID, "assigned.topic" DID, "assigned.partition" DID,
        "assigned.position" Excluded("it follows from what earlier polls returned"), "isolation" DID, "phase" DID,
        "node" DID, "position" DID, "partitions" DID, "offset" DID, "timestamp" DID, "sending" DID,
        "group" DID, "member" DID, "generation" DID, "instance" DID, "topics" DID, "reason" DID, "assignments" DID,
        "assignments.member" DID, "assignments.partitions" DID, "members" DID, "offsets" DID, "offsets.topic" DID,
        "offsets.partition" DID, "offsets.offset" DID, "offsets.token" DID, "require_stable" DID, "transactional_id"
        DID, "timeout_ms" DID, "producer_id" DID, "epoch" DID, "of" DID, "key" DID, "partitions.topic" DID,
        "partitions.partition" DID, "library" DID;
    "fault": "i" NUMBER, "t" CLOCK, "type" DID, "id" DID, "called" CLOCK, "kind" DID, "phase" DID, "targets" DID,
        "links" DID, "links.from" DID, "links.to" DID, "role" DID, "role_held" MEASURED, "affects_leader" MEASURED,
        "disk" DID,
        "disturbed" DID, "disturbed.from" DID, "disturbed.to" DID, "evidence" MEASURED, "counters" MEASURED, "skew_ms" DID,
        "wiped" DID;
    "topic": "i" NUMBER, "t" CLOCK, "type" DID, "name" DID,
        "id" Excluded("any text; it is only compared with that of another creation of the same topic"),
        "partitions" DID, "what" DID;
    "node": "i" NUMBER, "t" CLOCK, "type" DID, "node" MEASURED, "what" MEASURED, "expected" DID, "status" MEASURED;
    "client": "i" NUMBER, "t" CLOCK, "type" DID, "client" DID, "what" MEASURED, "expected" DID, "status" MEASURED;
    "late": "i" NUMBER, "t" CLOCK, "type" DID, "who" MEASURED, "thread" MEASURED, "by_ms" MEASURED, "over_ms" MEASURED,
        "cpu_pressure" MEASURED, "io_pressure" MEASURED;
    "shortage": "i" NUMBER, "t" CLOCK, "type" DID, "since" MEASURED, "free_bytes" MEASURED;
    "phase": "i" NUMBER, "t" CLOCK, "type" DID, "phase" DID;
}

#[cfg(test)]
mod tests;
