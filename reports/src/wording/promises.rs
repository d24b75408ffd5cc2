//! Which rule applied: the target's promises and limits as rows of a table.

use checkers::history::{Limits, Promises, SurvivedPowerLoss};
use checkers::promises::Subject;

use crate::format::limit_ms;

/// What it takes to test a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// One of these checks came to a verdict.
    Check(&'static [&'static str]),
    /// The same, with producers that wait for all replicas (true) or do not (false).
    CheckWithAcks(&'static str, bool),
    /// The same, with idempotent producers.
    CheckOfIdempotent(&'static str),
    /// A fault took effect whose kind begins so.
    Fault(&'static [&'static str]),
    /// This check came to a verdict, and counted something of this name.
    Seen(&'static str, &'static str),
    /// The same check came to a verdict, calls of this name succeeded, and a node was started again.
    AfterRestart(&'static str, &'static str),
    /// Links were cut or worse.
    Network,
}

/// A promise, whether this target makes it, and the consequence for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PromiseRow {
    /// What it takes to test it.
    pub(crate) test: Test,
    /// The promise.
    pub(crate) promise: &'static str,
    /// Whether it is made.
    pub(crate) made: bool,
    /// The consequence for the verdict.
    pub(crate) consequence: &'static str,
}

/// One row per promise.
pub(crate) fn promise_rows(promises: &Promises) -> [PromiseRow; 15] {
    let row = |test, promise, made, yes, no| PromiseRow {
        test,
        promise,
        made,
        consequence: if made { yes } else { no },
    };
    [
        row(
            Test::CheckWithAcks("lost-write", true),
            "acknowledged records (acks=all) are kept",
            promises.acknowledged_is_kept,
            "a missing acknowledged record is a violation",
            "a missing acknowledged record is reported, but is not a violation",
        ),
        row(
            Test::CheckWithAcks("lost-write", false),
            "records acknowledged with acks=1 or acks=0 are kept too",
            promises.any_acknowledgement_is_kept,
            "strict: a missing acknowledged record is a violation",
            "acks=1 and acks=0 are judged by what Kafka promises for them",
        ),
        row(
            Test::Check(&["lost-write"]),
            "no node outside the in-sync set leads (no unclean election)",
            !promises.unclean_election,
            "a fault on the leader does not excuse a loss",
            "loss after a fault on the leader is expected",
        ),
        row(
            Test::Seen("failed-write-seen", "records of failed appends"),
            "NOT_LEADER_OR_FOLLOWER means not written",
            promises.not_leader_means_not_written,
            "such an append counts as failed; seeing it later is a violation",
            "such an append counts as unknown: it may have been written",
        ),
        row(
            Test::Check(&["log-recency", "linearizable-register"]),
            "end offsets include every acknowledged record",
            promises.end_offset_includes_acknowledged,
            "a stale end offset is a violation (log-recency, linearizable-register)",
            "log-recency is not judged; a stale register is reported, but is not a violation",
        ),
        row(
            Test::CheckOfIdempotent("duplicate"),
            "producers are idempotent",
            promises.idempotent,
            "a duplicate is a violation",
            match promises.producers_retry {
                true => "a duplicate is expected where a producer has retried",
                false => "no producer retries, so a duplicate is a violation",
            },
        ),
        row(
            Test::Check(&["stale-leader"]),
            "a deposed leader stops claiming to lead before the heal",
            !promises.old_leader_claims_until_heal,
            "its limit starts at the new leader's claim, or when the old leader resumes",
            "its limit starts at the heal",
        ),
        row(
            Test::Network,
            "the target bounds the time to re-establish its connections",
            promises.bounds_its_connections,
            "limits after a heal apply as stated",
            "limits after a heal grow by the length of the cut, because of TCP's back-off",
        ),
        row(
            Test::AfterRestart("log-start", "delete-records"),
            "deleted records stay deleted when a node starts again",
            promises.log_start_is_durable,
            "a log start that goes back is a violation",
            "the log of a node that started again may start at an older offset",
        ),
        row(
            Test::Fault(&["failing-sync"]),
            "a node ends when a sync fails",
            promises.stops_on_failed_sync,
            "its end is expected, and a node that goes on is a violation",
            "its end is unprovoked",
        ),
        row(
            Test::Fault(&["failing-write", "disk-full"]),
            "a node ends when a write fails, or its disk is full",
            promises.stops_on_failed_write,
            "its end is expected, and a node that goes on is a violation",
            "its end is unprovoked",
        ),
        row(
            Test::Check(&["synced-before-acknowledged"]),
            "an acknowledged record (acks=all) is synced by a majority",
            promises.acknowledged_is_synced,
            "an acknowledgement before that is a violation",
            "it may be acknowledged before it is synced",
        ),
        row(
            Test::Fault(&["clock-"]),
            "wrong wall clocks disturb nothing, within the skew that the target states",
            promises.tolerates_clock_skew_ms.is_some(),
            "a clock fault within that skew does not explain a change of leader, a gap or an exit",
            "a clock fault explains a change of leader, a gap and an exit",
        ),
        row(
            Test::Fault(&["wipe"]),
            "a node whose disk was replaced gets its data from the others",
            promises.supports_wiped_disk,
            "a node's disk may be replaced; records that are lost with it are a violation",
            "no node's disk is replaced",
        ),
        row(
            Test::Fault(&["power-loss"]),
            match promises.survives_power_loss {
                SurvivedPowerLoss::None => "acknowledged records survive a power loss",
                SurvivedPowerLoss::Minority => {
                    "acknowledged records survive a power loss of a minority of the nodes"
                }
                SurvivedPowerLoss::All => "acknowledged records survive a power loss of all nodes",
            },
            promises.survives_power_loss != SurvivedPowerLoss::None,
            "records lost with it are a violation; where more nodes lose power together than promised, lost records are expected",
            "records lost with it are expected",
        ),
    ]
}

/// The subject of a ruling.
pub(crate) fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::LostRecord => "an acknowledged record that is missing or was never served",
        Subject::LostAfterRead => "a record that was read and is missing later",
        Subject::Duplicate => "one value at several offsets",
        Subject::OffsetReused => "an offset that was acknowledged for one record and has another",
        Subject::OffsetReadTwice => "an offset at which readers got different records",
        Subject::OrderReversed => "offsets that contradict real time or a producer's own order",
        Subject::EndOffsetBehind => "an end offset below an acknowledged record",
        Subject::NotLinearizable => "writes and reads of a last record that have no valid order",
        Subject::PhantomValue => "a record that no client sent",
        Subject::FailedWriteSeen => "a record that is read although its append failed",
        Subject::ConsumerMoved => "a consumer that skips records or goes back between two polls",
        Subject::PollOutOfOrder => "a consumer that skips records or goes back within one poll",
        Subject::ReplicasDiffer => "nodes that have different records at the end",
        Subject::NotAtomic => {
            "a transaction that is visible in part, too early, or although it was aborted"
        }
        Subject::CommitNotVisible => "an acknowledged commit that is not visible yet",
        Subject::GenerationReused => "a group generation that is used twice or goes back",
        Subject::OffsetsNotLinearizable => {
            "commits and fetches of offsets that have no valid order"
        }
    }
}

/// Name and value of every limit.
pub(crate) fn limit_rows(limits: &Limits) -> [(&'static str, String); 15] {
    [
        (
            "formation, from start to an agreed leader",
            limit_ms(limits.formation_ms),
        ),
        (
            "highest term of the first leader",
            limits.formation_term_max.to_string(),
        ),
        (
            "election time-out of the target",
            limit_ms(limits.election_timeout_ms),
        ),
        (
            "fail-over, from a fault on the leader to the next write",
            limit_ms(limits.fail_over_ms),
        ),
        (
            "gap while no fault is active",
            limit_ms(limits.gap_outside_faults_ms),
        ),
        (
            "gap while a fault does not affect the leader",
            limit_ms(limits.gap_unaffected_ms),
        ),
        (
            "claims of a deposed leader",
            limit_ms(limits.old_leader_claims_ms),
        ),
        (
            "disagreement while no fault is active",
            limit_ms(limits.disagreement_ms),
        ),
        (
            "response of a node without a fault",
            limit_ms(limits.response_ms),
        ),
        ("recovery after the last heal", limit_ms(limits.recovery_ms)),
        (
            "all replicas in sync after a heal",
            limit_ms(limits.in_sync_ms),
        ),
        (
            "terms per fault on the leader",
            limits.terms_per_fault_max.to_string(),
        ),
        (
            "change of topics, from its acknowledgement until every node shows it",
            limit_ms(limits.metadata_ms),
        ),
        (
            "growth of a node's resident memory",
            limits
                .resident_growth_bytes
                .map_or_else(not_judged, crate::format::memory),
        ),
        (
            "growth of a node's open descriptors",
            limits
                .descriptor_growth
                .map_or_else(not_judged, crate::format::group),
        ),
    ]
}

fn not_judged() -> String {
    "no limit stated, not judged".to_string()
}
