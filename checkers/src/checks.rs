//! The table of checks: what each rules out, on whose authority, and the function that judges.
//!
//! A check is a pure function of a history that is prepared once for all of them ([`Check`]). [`judge`] runs every
//! check of [`TABLE`] on one history, [`judge_with`] those that you give it, your own among them. A check that panics
//! is *undecided* with the panic's message: it does not pass, and it does not end the judging. The same holds for a
//! check that needs a preparation which panicked.
//!
//! A new check is one new file here, its `mod` line below, and one row of the table. A check outside of this crate is a
//! [`Row`] of your own:
//!
//! ```
//! use checkers::checks::{Check, Row, TABLE, judge_with};
//! use checkers::history::{History, Outcome, jsonl};
//! use checkers::verdict::{Anomaly, Class, Evidence, Finding, Validity, Verdict};
//!
//! /// Every call that failed is a violation.
//! fn no_failures(check: &Check<'_>) -> Verdict {
//!     let mut verdict = check.verdict();
//!     check.saw(check.operations().len() as u64, "operations", &mut verdict);
//!     for failed in check.operations().iter().filter(|o| o.outcome == Outcome::Fail) {
//!         verdict.found(Anomaly {
//!             kind: Finding::Custom { name: "failed".into(), text: "a call failed".into() },
//!             certain: true,
//!             evidence: Evidence { operations: vec![failed.id], ..Evidence::default() },
//!         });
//!     }
//!     verdict
//! }
//!
//! const MINE: Row =
//!     Row::new("no-failures", Class::Liveness, "a call that failed", "us", no_failures);
//!
//! let text = concat!(
//!     r#"{"format":"jepsen-history","version":1}"#, "\n",
//!     r#"{"i":0,"t":10,"type":"invoke","worker":1,"f":"end-offset","topic":"t","partition":0}"#, "\n",
//!     r#"{"i":1,"t":20,"type":"fail","worker":1,"f":"end-offset"}"#, "\n",
//! );
//! let parsed = jsonl::parse(text).unwrap();
//! let history = History::new(parsed.header, parsed.events);
//! let judgement = judge_with(&history, &[TABLE, &[MINE]].concat());
//! assert_eq!(judgement.verdict("no-failures").unwrap().validity, Validity::Invalid);
//! ```

mod altered_record;
mod append_liveness;
mod availability;
mod away;
pub mod bounded;
mod check;
mod claims;
mod cluster_shape;
mod content;
mod disks;
mod effects;
mod elections;
mod epochs;
mod fail_over;
mod features;
mod gaps;
mod groups;
mod guard;
mod judging;
mod lanes;
mod leaders;
mod linearizable_register;
mod log_order;
mod log_recency;
mod log_start;
mod lost_write;
mod metadata_agreement;
mod nodes;
mod offset_for_time;
mod offsets_served;
mod phases;
mod pipeline;
mod poll_order;
mod prepared;
mod probe;
mod probe_delivery;
mod read_contradiction;
mod read_liveness;
mod regimes;
mod register_uses;
mod replicas;
mod replicas_in_sync;
mod request_liveness;
mod resource_growth;
mod row;
mod scope;
mod send_order;
mod stalls;
mod stretches;
mod tally;
mod timestamps;
mod transactions;
mod unrest;
mod unseen;
mod view;

pub use check::{ACKNOWLEDGED_MIN, Check};
pub use judging::judge_with;
pub use row::Row;
pub use scope::Scope;

use crate::history::History;
use crate::judgement::Judgement;
use crate::verdict::Class;

/// Judges a history by every check of [`TABLE`].
pub fn judge(history: &History) -> Judgement {
    judge_with(history, TABLE)
}

/// The check of [`TABLE`] with this name.
///
/// # Errors
/// If there is none; the message lists the names that there are.
pub fn named(name: &str) -> Result<&'static Row, UnknownCheck> {
    let found = TABLE.iter().find(|row| row.name == name);
    found.ok_or_else(|| UnknownCheck(name.to_owned()))
}

/// A name that no check of [`TABLE`] has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no check `{0}`; there are: {names}", names = names())]
pub struct UnknownCheck(pub String);

fn names() -> String {
    let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
    names.join(", ")
}

/// Makes the table and its documentation out of the same rows.
macro_rules! table {
    ($($name:literal, $class:ident, $judge:path, $rules_out:literal, $authority:literal $(, $scope:ident)?;)+) => {
        /// All checks, in the order of their verdicts.
        ///
        /// | check | class | rules out | authority |
        /// |---|---|---|---|
        $(#[doc = concat!(
            "| `", $name, "` | ", stringify!($class), " | ", $rules_out, " | ", $authority, " |"
        )])+
        pub const TABLE: &[Row] = &[
            $(Row::new($name, Class::$class, $rules_out, $authority, $judge)$(.of(Scope::$scope))?,)+
        ];
    };
}

table! {
    "log-order", Safety, log_order::check,
        "offsets against real time, reads before sends", "linearizability of a log (Herlihy, Wing 1990)", Every;
    "log-recency", Safety, log_recency::check,
        "an end offset behind what was known", "linearizability of a log", Every;
    "offset-for-time", Safety, offset_for_time::check,
        "another record than the first one at or after a time", "Kafka consumer: offsetsForTimes; KIP-79, KIP-734";
    "linearizable-register", Safety, linearizable_register::check,
        "a last record that is stale, lost or never written, as a register", "linearizability (Herlihy, Wing 1990); Jepsen";
    "lost-write", Safety, lost_write::check,
        "an acknowledged record that was lost", "Jepsen kafka: lost-write", Appends;
    "log-start", Safety, log_start::check,
        "records removed from the beginning of a log without a reason", "KIP-107: DeleteRecords; retention of the topic", Every;
    "offsets-served", Safety, offsets_served::check,
        "an offset that exists and is called out of range", "Kafka protocol: Fetch";
    "duplicate", Safety, content::duplicate,
        "one value at several offsets", "Jepsen kafka: duplicate", Appends;
    "inconsistent-offset", Safety, content::inconsistent_offset,
        "several values at one offset", "Jepsen kafka: inconsistent-offsets", Every;
    "phantom-value", Safety, content::phantom_value,
        "a value that no client sent", "no creation", Every;
    "altered-record", Safety, altered_record::check,
        "a record with another key, value, header or timestamp", "Kafka protocol: records are stored as they were sent", Appends;
    "failed-write-seen", Safety, content::failed_write_seen,
        "a value whose append failed for certain", "Adya: G1a", Appends;
    "outcome-contradiction", Safety, content::outcome_contradiction,
        "an acknowledgement without an offset", "Kafka protocol: Produce", Appends;
    "poll-skip", Safety, poll_order::poll_skip,
        "a consumer that jumps over records", "Jepsen kafka: poll-skip", Every;
    "nonmonotonic-poll", Safety, poll_order::nonmonotonic_poll,
        "a consumer that goes back", "Jepsen kafka: nonmonotonic-poll", Every;
    "send-order", Safety, send_order::check,
        "a producer's later record at the lower offset", "Jepsen kafka: nonmonotonic-send; KIP-98", Appends;
    "replicas-agree", Safety, replicas::agree,
        "nodes that hold different records", "Raft: state machine safety", Appends;
    "unseen", Safety, unseen::check,
        "an acknowledged record that no node ever served", "Jepsen kafka: unseen", Appends;
    "read-contradiction", Safety, read_contradiction::check,
        "a raw read that contradicts itself", "Kafka protocol: Fetch, high watermark", Appends;
    "probe-delivery", Safety, probe_delivery::check,
        "an acknowledged record of the produce probe that a node passes over", "linearizability of a log";
    "synced-before-acknowledged", Safety, disks::synced,
        "a record that is acknowledged before a majority can have synced it", "Raft: a committed entry is durable on a majority";
    "stops-on-failed-disk", Safety, disks::stops,
        "a node that goes on after its sync or write failed", "promises of the target; PostgreSQL: fsync errors, 2018";
    "timestamps", Safety, timestamps::check,
        "a leader's time of a record outside of what its clock can say", "Kafka: message.timestamp.type=LogAppendTime";
    "metadata-agreement", Safety, metadata_agreement::check,
        "an acknowledged change of topics that a node does not show", "KIP-4: CreateTopics, DeleteTopics; limits of the target";
    "cluster-shape", Safety, cluster_shape::check,
        "brokers, voters or partitions that are not those of the run", "Kafka protocol: Metadata, DescribeQuorum; limits of the target";
    "finalized-features", Safety, features::check,
        "features that differ between nodes, change by themselves, or are not what an upgrade was to leave",
        "KIP-584: finalized features; the target's file";
    "one-leader-per-epoch", Safety, epochs::one_per_epoch,
        "two leaders of one epoch", "Raft: election safety";
    "epochs-go-forward", Safety, epochs::forward,
        "a node whose epoch goes back", "Raft: terms are monotone";
    "coverage", Safety, phases::coverage,
        "a run that saw too little to judge", "undecided is not valid";
    "formation", Leadership, phases::formation,
        "a slow or stormy start", "limits of the target";
    "unexplained-election", Leadership, elections::unexplained,
        "a change of leader without a cause", "limits of the target";
    "terms-burned", Leadership, elections::terms,
        "more terms than the faults explain", "limits of the target; Raft thesis 9.6";
    "stale-leader", Leadership, leaders::stale,
        "an old leader that still claims to lead", "limits of the target; Raft thesis 6.2";
    "disagreement", Leadership, leaders::disagreement,
        "healthy nodes that name different leaders", "limits of the target";
    "recovery", Leadership, phases::recovery,
        "no agreement in time after the last heal", "limits of the target";
    "node-responds", Liveness, nodes::responds,
        "a frozen node", "limits of the target";
    "replicas-in-sync", Liveness, replicas_in_sync::check,
        "a replica that does not come back, an acknowledgement with too few in sync", "limits of the target; Kafka: min.insync.replicas, KIP-966";
    "unprovoked-exit", Liveness, nodes::exits,
        "a process that exited without being stopped", "no process exits unless it is stopped";
    "resource-growth", Liveness, resource_growth::check,
        "memory or descriptors that grow without bound", "limits of the target";
    "availability", Liveness, availability::availability,
        "gaps in acknowledgements", "limits of the target";
    "append-liveness", Liveness, append_liveness::check,
        "a loaded partition that does not acknowledge appends", "limits of the target", Appends;
    "read-liveness", Liveness, read_liveness::check,
        "acknowledged records that no consumer gets", "limits of the target";
    "request-liveness", Liveness, request_liveness::check,
        "ListOffsets, Metadata or changes of topics that keep failing", "limits of the target";
    "fail-over", Liveness, fail_over::check,
        "a leader's fault to which no other node answers", "limits of the target; Raft thesis 3.4";
    "served-after-heal", Liveness, availability::served,
        "a cluster that does not serve again after the last heal", "limits of the target";
    "processed-once", Safety, transactions::processed_once::check,
        "an input that was processed not at all, or more than once", "KIP-98, KIP-447: consume, transform, produce", ExactlyOnce;
    "value-intact", Safety, transactions::value_intact::check,
        "an output that names another input than there is", "KIP-98, KIP-447", ExactlyOnce;
    "nothing-beyond", Safety, transactions::nothing_beyond::check,
        "a visible output of an input that does not count as consumed", "KIP-98, KIP-447", ExactlyOnce;
    "output-order", Safety, transactions::output_order::check,
        "outputs of one input partition out of its order", "KIP-98: a producer's order; KIP-447: one producer at a time", ExactlyOnce;
    "input-progress", Liveness, transactions::input_progress::check,
        "an input that is not processed to its end", "limits of the target", ExactlyOnce;
    "torn-transaction", Safety, transactions::torn::check,
        "a transaction that is visible in part", "KIP-98: atomic writes", Transactions;
    "aborted-read", Safety, transactions::aborted_read::check,
        "a record of an aborted transaction that is read", "Adya: G1a; KIP-98", Transactions;
    "early-read", Safety, transactions::early_read::check,
        "a record that is read before its transaction asked for its commit", "KIP-98: read_committed", Transactions;
    "one-outcome", Safety, transactions::one_outcome::check,
        "a transaction that is committed in one partition and aborted in another", "KIP-98; KAFKA-17754", Transactions;
    "one-owner", Safety, groups::one_owner::check,
        "a partition with two owners in one generation", "Kafka consumer: group membership", Groups;
    "fenced-commit", Safety, groups::fenced_commit::check,
        "a commit of a former generation that is accepted", "Kafka consumer: group membership; KIP-447", Groups;
    "lost-transaction", Safety, transactions::lost::check,
        "an acknowledged transaction that is not visible", "KIP-98; Jepsen kafka: lost-write", Transactions;
    "zombie-accepted", Safety, transactions::zombie_accepted::check,
        "a request of a fenced producer that is accepted", "KIP-98: fencing", Transactions;
    "zombie-published", Safety, transactions::zombie_published::check,
        "a visible record that a fenced producer sent or committed", "KIP-98: fencing", Transactions;
    "lso-too-high", Safety, transactions::lso_too_high::check,
        "a last stable offset beyond an open transaction", "KIP-98: last stable offset", Transactions;
    "lso-stuck", Liveness, transactions::lso_stuck::check,
        "a last stable offset that stays below the end", "KIP-664, KIP-890: hanging transactions", Transactions;
    "open-too-long", Liveness, transactions::open_too_long::check,
        "a transaction that outlives its time-out", "KIP-98: transaction.timeout.ms", Transactions;
    "commit-not-visible", Safety, transactions::commit_not_visible::check,
        "an acknowledged commit that a later read_committed end offset leaves out", "promises of the target", Transactions;
    "offsets-early", Safety, transactions::offsets_early::check,
        "offsets of a transaction that are fetched before it asked for its commit", "KIP-98: transactional offsets", ExactlyOnce;
    "offsets-of-aborted", Safety, transactions::offsets_of_aborted::check,
        "offsets of an aborted transaction that are fetched", "KIP-98: transactional offsets", ExactlyOnce;
    "offsets-torn", Safety, transactions::offsets_torn::check,
        "offsets of a transaction that end differently from its records", "KIP-98: atomic writes and transactional offsets", ExactlyOnce;
    "unstable-for-ever", Liveness, transactions::unstable_for_ever::check,
        "stable offsets that are refused though no transaction can be open", "KIP-447: require_stable; KIP-98: transaction.timeout.ms", ExactlyOnce;
    "transaction-duplicate", Safety, transactions::written::duplicate,
        "a record of a transaction at two offsets", "KIP-98: idempotent producer; Jepsen kafka: duplicate", Transactions;
    "transaction-order", Safety, transactions::written::order,
        "records of a transaction in another order than they were sent in", "KIP-98: idempotent producer; Jepsen kafka: int-nonmonotonic-send", Transactions;
    "marker-agreement", Safety, transactions::marker_agreement::check,
        "nodes that differ about who wrote what and how it ended", "Raft: state machine safety", Transactions;
    "false-fence", Liveness, transactions::false_fence::check,
        "a producer that is fenced without a successor or a time-out", "KIP-588", Transactions;
    "offset-register", Safety, groups::offset_register::check,
        "committed offsets without an order that explains every fetch", "linearizability (Herlihy, Wing 1990)", Offsets;
    "commit-lost", Safety, groups::commit_lost::check,
        "an acknowledged commit of offsets that is gone", "Kafka consumer: committed offsets are durable", Offsets;
    "commit-phantom", Safety, groups::commit_phantom::check,
        "a committed offset that nobody committed", "no creation", Offsets;
    "commit-backwards", Safety, groups::commit_backwards::check,
        "a committed offset that is followed by an older one", "Kafka consumer: committed offsets", Offsets;
    "generation-reused", Safety, groups::generation_reused::check,
        "two generations of a group with one number", "promises of the target", Groups;
    "generation-backwards", Safety, groups::generation_backwards::check,
        "a generation that is followed by a lower one", "promises of the target", Groups;
    "sync-faithful", Safety, groups::sync_faithful::check,
        "a member with another assignment than its leader sent", "Kafka protocol: SyncGroup", Groups;
    "rebalance-told", Safety, groups::rebalance_told::check,
        "members that are not told of a rebalance, or of one that is none", "Kafka protocol: REBALANCE_IN_PROGRESS", Groups;
    "unassigned-partition", Safety, groups::unassigned_partition::check,
        "a partition that the leader of a generation assigns to nobody", "Kafka consumer: group membership", Groups;
    "zombie-member", Safety, groups::zombie_member::check,
        "a member that is accepted after it was removed", "Kafka protocol: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID", Groups;
    "static-takeover", Safety, groups::static_takeover::check,
        "a static member's old id that is accepted, or its return that makes a rebalance", "KIP-345: static membership", Groups;
    "commit-beyond", Safety, groups::commit_beyond::check,
        "a committed offset higher than anybody read or committed", "no creation", Deliveries;
    "resume-skip", Safety, groups::resume_skip::check,
        "a member that jumps over records from its position", "Jepsen kafka: poll-skip", Deliveries;
    "at-least-once", Safety, groups::at_least_once::check,
        "a record below the committed offset that no member got", "Kafka consumer: at least once", Deliveries;
    "rebalance-ends", Liveness, groups::rebalance_ends::check,
        "a rebalance that does not end", "time-outs of the group; limits of the target", Groups;
    "wrong-eviction", Liveness, groups::wrong_eviction::check,
        "a member that is removed within its session", "Kafka protocol: session.timeout.ms", Groups;
    "dead-member-stays", Liveness, groups::dead_member_stays::check,
        "a silent member that stays in its group", "Kafka protocol: session.timeout.ms; limits of the target", Groups;
    "unexplained-rebalance", Liveness, groups::unexplained_rebalance::check,
        "a rebalance without a cause", "limits of the target", Groups;
    "coordinator-agreement", Safety, groups::coordinator_agreement::check,
        "two nodes that coordinate one group", "limits of the target", Coordinators;
    "coordinator-liveness", Liveness, groups::coordinator_liveness::check,
        "requests to coordinators that keep failing", "limits of the target; time-outs of groups and transactions", Coordinators;
}
