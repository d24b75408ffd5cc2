//! From a configuration to what may be held against a target: what is a *violation*, what is *expected* and what is
//! only *informational*, each with its reason.
//!
//! The same sight means different things. A record that is gone after a kill of the leader breaks `acks=all` and is in
//! the bargain of `acks=1`; a consumer that jumps was moved by a rebalance if it subscribed, and lost records if it was
//! assigned. Jepsen's Kafka workload judges by two switches only (subscribe, ww-deps); this table has one row for each
//! promise, and every check asks it. Pure: the history's own record of what ran decides.

mod rulings;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::history::{
    Acks, AtomicTransactions, Call, ClientOperation, History, Isolation, NodeHappening, NodeName,
    SurvivedPowerLoss, Window,
};

/// What ran: the settings and faults from which the rulings follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Whether the target claims that acknowledged records (acks all) are kept.
    pub acknowledged_is_kept: bool,
    /// Whether it claims that an end offset includes every acknowledged record.
    pub end_offset_includes_acknowledged: bool,
    /// The weakest acknowledgement with which a record was appended.
    pub acks: Acks,
    /// Whether every producer was idempotent.
    pub idempotent: bool,
    /// Whether producers without idempotence send records again.
    pub producers_retry: bool,
    /// Whether a record is to be kept with whatever it was acknowledged.
    pub any_acknowledgement_is_kept: bool,
    /// The weakest isolation level with which something was polled.
    pub isolation: Isolation,
    /// `min.insync.replicas`, if it is known.
    pub min_in_sync_replicas: Option<u32>,
    /// Whether a node outside the in-sync set may be elected.
    pub unclean_election: bool,
    /// How consumers got their partitions.
    pub consumers: Consumers,
    /// Whether more nodes lost power together than the target states that it survives.
    #[serde(default)]
    pub power_lost: bool,
    /// The faults that took effect.
    pub faults: Disturbance,
    /// What is promised of groups and transactions; none if the run had neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<MemberPromises>,
}

/// What is promised of consumer groups and transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPromises {
    /// See [`Promises::generation_unique`](crate::history::Promises::generation_unique).
    pub generation_unique: bool,
    /// See [`Promises::offsets_linearizable`](crate::history::Promises::offsets_linearizable).
    pub offsets_linearizable: bool,
    /// See
    /// [`Promises::commit_visible_when_acknowledged`](crate::history::Promises::commit_visible_when_acknowledged).
    pub commit_visible_when_acknowledged: bool,
    /// See [`Promises::transactions_atomic`](crate::history::Promises::transactions_atomic).
    pub transactions_atomic: AtomicTransactions,
}

/// How consumers got their partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consumers {
    /// They were assigned, and move by themselves only.
    Assigned,
    /// They subscribed: a rebalance moves them to what was committed.
    Subscribed,
}

/// What disturbed the cluster, by the worst of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disturbance {
    /// Nothing.
    None,
    /// Faults that left the leader alone.
    Others,
    /// A fault that affected the leader, or a process that ended unasked.
    Leader,
}

/// What a finding counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Standing {
    /// It breaks a promise.
    Violation,
    /// It is in the bargain of this configuration, given what ran.
    Expected,
    /// Nothing is promised about it; it is reported for information.
    Informational,
}

impl Standing {
    /// `violation`, `expected` or `informational`.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// What a ruling is about. One row of the table each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// An acknowledged record that is gone, or was never served.
    LostRecord,
    /// A record that was read, and is gone.
    LostAfterRead,
    /// One value at several offsets.
    Duplicate,
    /// An offset that was acknowledged for one record and holds another.
    OffsetReused,
    /// An offset at which readers were given different records.
    OffsetReadTwice,
    /// Offsets against real time, or against a producer's own order.
    OrderReversed,
    /// An end offset behind what was acknowledged.
    EndOffsetBehind,
    /// Writes and reads of a partition's last record that have no order.
    NotLinearizable,
    /// A record that nobody sent.
    PhantomValue,
    /// A record that is read although its append failed.
    FailedWriteSeen,
    /// A consumer that jumps or goes back between two polls.
    ConsumerMoved,
    /// A consumer that jumps or goes back within one poll.
    PollOutOfOrder,
    /// Nodes that hold different records in the end.
    ReplicasDiffer,
    /// A transaction that is not visible as a whole, or too early, or although it was aborted.
    NotAtomic,
    /// An acknowledged commit that is not visible yet.
    CommitNotVisible,
    /// A generation that was given twice, or that went back.
    GenerationReused,
    /// Commits and fetches of offsets that have no order, or go back.
    OffsetsNotLinearizable,
}

impl Subject {
    /// Every subject, in the order of the table.
    pub const ALL: [Subject; 13] = [
        Subject::LostRecord,
        Subject::LostAfterRead,
        Subject::Duplicate,
        Subject::OffsetReused,
        Subject::OffsetReadTwice,
        Subject::OrderReversed,
        Subject::EndOffsetBehind,
        Subject::NotLinearizable,
        Subject::PhantomValue,
        Subject::FailedWriteSeen,
        Subject::ConsumerMoved,
        Subject::PollOutOfOrder,
        Subject::ReplicasDiffer,
    ];

    /// The subjects of a run with groups or transactions, which follow those of every run.
    pub const OF_MEMBERS: [Subject; 4] = [
        Subject::NotAtomic,
        Subject::CommitNotVisible,
        Subject::GenerationReused,
        Subject::OffsetsNotLinearizable,
    ];
}

/// What one subject counts for under one configuration, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// What it is about.
    pub subject: Subject,
    /// The checks that ask for it.
    pub checks: &'static str,
    /// What it counts for.
    pub standing: Standing,
    /// Why, in one sentence.
    pub reason: &'static str,
}

impl Configuration {
    /// The configuration that a history shows.
    pub fn of(history: &History) -> Configuration {
        Configuration::from(history, &history.operations(), &history.windows())
    }

    pub(crate) fn from(
        history: &History,
        operations: &[ClientOperation<'_>],
        windows: &[Window],
    ) -> Configuration {
        let promises = history.promises();
        let mut configuration = Configuration {
            acknowledged_is_kept: promises.acknowledged_is_kept,
            end_offset_includes_acknowledged: promises.end_offset_includes_acknowledged,
            acks: Acks::All,
            idempotent: true,
            producers_retry: promises.producers_retry,
            any_acknowledgement_is_kept: promises.any_acknowledgement_is_kept,
            isolation: Isolation::ReadCommitted,
            min_in_sync_replicas: promises.min_in_sync_replicas,
            unclean_election: promises.unclean_election,
            consumers: match promises.consumers_subscribe {
                true => Consumers::Subscribed,
                false => Consumers::Assigned,
            },
            power_lost: power_lost(history, windows),
            faults: disturbance(history, windows),
            members: None,
        };
        let (mut appends, mut reads) = (false, false);
        if let Some(settled) = history.settled() {
            if let Some(weakest) = settled.appends.weakest {
                appends = true;
                configuration.acks = weakest;
                configuration.idempotent = !settled.appends.any_plain;
            }
            if let Some(uncommitted) = settled.polls {
                reads = true;
                if uncommitted {
                    configuration.isolation = Isolation::ReadUncommitted;
                }
            }
        }
        for operation in operations {
            match operation.call {
                Call::Append(append) => {
                    appends = true;
                    configuration.acks = weaker(configuration.acks, append.acks);
                    configuration.idempotent &= append.idempotent;
                }
                Call::Poll(poll) => {
                    reads = true;
                    if poll.isolation == Isolation::ReadUncommitted {
                        configuration.isolation = Isolation::ReadUncommitted;
                    }
                }
                Call::Join(_)
                | Call::CommitOffsets(_)
                | Call::FetchOffsets(_)
                | Call::Deliver(_)
                | Call::Transaction(_) => {
                    configuration.members = Some(MemberPromises {
                        generation_unique: promises.generation_unique,
                        offsets_linearizable: promises.offsets_linearizable,
                        commit_visible_when_acknowledged: promises.commit_visible_when_acknowledged,
                        transactions_atomic: promises.transactions_atomic,
                    });
                }
                _ => {}
            }
        }
        configuration.idempotent &= appends;
        if !reads {
            configuration.isolation = Isolation::ReadUncommitted;
        }
        configuration
    }

    /// The same, for a record that was appended so.
    #[must_use]
    pub fn for_append(self, acks: Acks, idempotent: bool) -> Configuration {
        Configuration {
            acks,
            idempotent,
            ..self
        }
    }

    /// The same, for a transaction of a client that got another epoch for it, or of one that did not.
    #[must_use]
    pub fn for_transaction(self, own_epoch: bool) -> Configuration {
        let mut members = self.members.unwrap_or_default();
        members.transactions_atomic = match (members.transactions_atomic, own_epoch) {
            (AtomicTransactions::WithV2Clients, true) => AtomicTransactions::Yes,
            (AtomicTransactions::WithV2Clients, false) => AtomicTransactions::No,
            (other, _) => other,
        };
        let members = Some(members);
        Configuration { members, ..self }
    }

    /// What a subject counts for.
    pub fn ruling(&self, subject: Subject) -> Ruling {
        rulings::ruling(self, subject)
    }

    /// The whole table, in its order.
    pub fn table(&self) -> Vec<Ruling> {
        let of_members = self.members.iter().flat_map(|_| Subject::OF_MEMBERS);
        let all = Subject::ALL.into_iter().chain(of_members);
        all.map(|subject| self.ruling(subject)).collect()
    }
}

/// Of two acknowledgements the one that promises less.
pub(crate) fn weaker(one: Acks, other: Acks) -> Acks {
    match (one, other) {
        (Acks::None, _) | (_, Acks::None) => Acks::None,
        (Acks::Leader, _) | (_, Acks::Leader) => Acks::Leader,
        (Acks::All, Acks::All) => Acks::All,
    }
}

/// Whether more nodes lost power than the target survives. Two losses count together unless the second one came after all
/// nodes had been back for as long as they may take to agree again.
fn power_lost(history: &History, windows: &[Window]) -> bool {
    let nodes = history.nodes().len();
    let margin = history.limits().recovery_ms.saturating_mul(1_000_000);
    let losses = windows
        .iter()
        .filter(|window| window.took_effect() && window.loses_power());
    let losses: Vec<&Window> = losses.collect();
    losses.iter().any(|last| {
        let together = losses
            .iter()
            .filter(|other| other.called <= last.called && last.called <= other.end(margin));
        let down: BTreeSet<&NodeName> = together.flat_map(|window| &window.targets).collect();
        match history.promises().survives_power_loss {
            SurvivedPowerLoss::None => true,
            SurvivedPowerLoss::Minority => down.len() * 2 > nodes,
            SurvivedPowerLoss::All => false,
        }
    })
}

fn disturbance(history: &History, windows: &[Window]) -> Disturbance {
    let nodes = history.nodes();
    let died = history
        .happenings()
        .any(|(_, _, h)| h.what == NodeHappening::Exited && !h.expected);
    let ran = windows.iter().filter(|window| !window.skipped);
    let worst = ran
        .map(|window| {
            let by_clock = window.moves_clocks() && !window.is_tolerated(history.promises());
            let affects = window.affects_leader || !window.role_held || by_clock;
            match affects || window.breaks_majority(&nodes) {
                true => Disturbance::Leader,
                false => Disturbance::Others,
            }
        })
        .max()
        .unwrap_or(Disturbance::None);
    if died { Disturbance::Leader } else { worst }
}
