//! The roster: for each group who joined, was assigned, committed, fetched and was given what, as one list of each kind in
//! the order of the calls. A commit of several partitions is one entry for each, and so is a transaction's.

use std::collections::BTreeMap;

use crate::checks::view::Place;
use crate::history::{
    Call, ClientOperation, CommitOffsets, Committed, CommittedOffset, Deliver, Delivered, Ending,
    FetchOffsets, Join, Joined, Moment, Offset, Outcome, Partition, Report, Sync, Synced,
    Transaction, TransactionEnd,
};

/// A JoinGroup that was answered ok with a generation.
#[derive(Debug)]
pub(crate) struct JoinOk<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) call: &'a Join,
    pub(crate) answer: &'a Joined,
    pub(crate) returned: Moment,
}

/// A SyncGroup, with its answer if that was ok.
#[derive(Debug)]
pub(crate) struct SyncCall<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) call: &'a Sync,
    pub(crate) answer: Option<(&'a Synced, Moment)>,
}

/// The commit of one partition's offset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Commit<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) member: &'a str,
    /// -1 outside of a membership.
    pub(crate) generation: i32,
    pub(crate) place: Place<'a>,
    pub(crate) offset: Offset,
    pub(crate) token: Option<&'a str>,
    pub(crate) outcome: Outcome,
    /// When it was acknowledged; none if it was not.
    pub(crate) acknowledged: Option<Moment>,
    /// Whether a transaction committed it.
    pub(crate) transactional: bool,
}

impl Commit<'_> {
    pub(crate) fn called(&self) -> Moment {
        self.operation.called
    }

    /// Whether it may take effect again after it was acknowledged: a client library sends a commit once more when its
    /// connection is lost, and the first copy may still be under way.
    pub(crate) fn may_land_again(&self) -> bool {
        matches!(self.operation.call, Call::CommitOffsets(call) if call.library)
    }

    /// Whether nothing that was sent of it can take effect after this other one was called: it was sent once, or the other
    /// is of a later generation, and the coordinator refuses what is left of the earlier one.
    pub(crate) fn is_settled_before(&self, other: &Commit<'_>) -> bool {
        !self.may_land_again() || (self.generation >= 0 && self.generation < other.generation)
    }
}

/// One partition's offset in an answer without an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetch<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) call: &'a FetchOffsets,
    pub(crate) returned: Moment,
    pub(crate) place: Place<'a>,
    pub(crate) offset: Offset,
    pub(crate) token: Option<&'a str>,
}

impl Fetch<'_> {
    pub(crate) fn is_final(&self) -> bool {
        self.call.phase.as_deref() == Some("final")
    }
}

/// A member's poll, with what it returned if it did.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) call: &'a Deliver,
    pub(crate) answer: Option<&'a Delivered>,
}

/// One group.
#[derive(Debug, Default)]
pub(crate) struct Group<'a> {
    pub(crate) joins: Vec<JoinOk<'a>>,
    pub(crate) syncs: Vec<SyncCall<'a>>,
    pub(crate) commits: Vec<Commit<'a>>,
    pub(crate) fetches: Vec<Fetch<'a>>,
    pub(crate) deliveries: Vec<Delivery<'a>>,
    /// Every call about it as a group: joins, syncs, heartbeats, leaves, commits.
    pub(crate) calls: Vec<&'a ClientOperation<'a>>,
    /// The last committed offset of each partition in the end, and the fetch that shows it.
    pub(crate) last_fetches: BTreeMap<Place<'a>, (Offset, u64)>,
    /// Whether a transaction may have committed offsets for it that its client did not live to report.
    pub(crate) unreported: bool,
}

/// All groups.
#[derive(Debug, Default)]
pub(crate) struct Roster<'a> {
    /// By their names.
    pub(crate) groups: BTreeMap<&'a str, Group<'a>>,
}

impl<'a> Roster<'a> {
    /// That of a history; an empty one if it has no groups.
    pub(crate) fn of(operations: &'a [ClientOperation<'a>], any: bool) -> Roster<'a> {
        let mut roster = Roster::default();
        let operations = if any { operations } else { &[] };
        for operation in operations {
            roster.take(operation);
        }
        roster
    }

    /// Whether all members are those of client libraries, which do not tell of their own requests.
    pub(crate) fn is_of_libraries(&self) -> bool {
        let calls = self.groups.values().flat_map(|group| &group.calls);
        let mut joins = calls.filter_map(|operation| match operation.call {
            Call::Join(join) => Some(join),
            _ => None,
        });
        let first = joins.next();
        first.is_some_and(|join| join.library) && joins.all(|join| join.library)
    }

    fn group(&mut self, name: &'a str) -> &mut Group<'a> {
        self.groups.entry(name).or_default()
    }

    fn take(&mut self, operation: &'a ClientOperation<'a>) {
        let (outcome, report) = (operation.outcome, operation.report());
        let returned = operation.returned().filter(|_| outcome == Outcome::Ok);
        match operation.call {
            Call::Join(call) => {
                let group = self.group(&call.group);
                group.calls.push(operation);
                if let (Some(returned), Some(Report::Join(answer))) = (returned, report)
                    && answer.generation >= 0
                {
                    group.joins.push(JoinOk {
                        operation,
                        call,
                        answer,
                        returned,
                    });
                }
            }
            Call::Sync(call) => {
                let answer = match (returned, report) {
                    (Some(returned), Some(Report::Sync(answer))) => Some((&**answer, returned)),
                    _ => None,
                };
                let group = self.group(&call.group);
                group.calls.push(operation);
                group.syncs.push(SyncCall {
                    operation,
                    call,
                    answer,
                });
            }
            Call::Heartbeat(call) => self.group(&call.group).calls.push(operation),
            Call::Leave(call) => self.group(&call.group).calls.push(operation),
            Call::CommitOffsets(call) => {
                let answer = match report {
                    Some(Report::CommitOffsets(answer)) => Some(&**answer),
                    _ => None,
                };
                let group = self.group(&call.group);
                group.calls.push(operation);
                group.commits.extend(commits(operation, call, answer));
            }
            Call::Transaction(call) => self.transaction(operation, call),
            Call::FetchOffsets(call) => {
                if let (Some(returned), Some(Report::FetchOffsets(fetched))) = (returned, report) {
                    let group = self.group(&call.group);
                    for one in fetched.offsets.iter().filter(|one| one.error.is_none()) {
                        let place = (one.topic.as_str(), one.partition);
                        let fetch = Fetch {
                            operation,
                            call,
                            returned,
                            place,
                            offset: one.offset,
                            token: one.token.as_deref(),
                        };
                        if fetch.is_final() {
                            let last = (one.offset.max(0), operation.id);
                            group.last_fetches.insert(place, last);
                        }
                        group.fetches.push(fetch);
                    }
                }
            }
            Call::Deliver(call) => {
                let answer = match report {
                    Some(Report::Deliver(answer)) => Some(&**answer),
                    _ => None,
                };
                self.group(&call.group).deliveries.push(Delivery {
                    operation,
                    call,
                    answer,
                });
            }
            _ => {}
        }
    }

    fn transaction(&mut self, operation: &'a ClientOperation<'a>, call: &'a Transaction) {
        let Some(name) = call.group.as_deref() else {
            return;
        };
        let end: Option<&'a TransactionEnd> = match operation.report() {
            Some(Report::Transaction(end)) => Some(end),
            _ => None,
        };
        let group = self.group(name);
        let Some(end) = end else {
            group.unreported = true;
            return;
        };
        let outcome = match (operation.outcome, end.wanted) {
            (Outcome::Ok, Some(Ending::Abort)) => Outcome::Fail,
            (outcome, _) => outcome,
        };
        let of = |one: &'a CommittedOffset| Commit {
            operation,
            member: call.member.as_deref().unwrap_or_default(),
            generation: call.generation.unwrap_or(-1),
            place: (one.topic.as_str(), one.partition),
            offset: one.offset,
            token: one.token.as_deref(),
            outcome,
            acknowledged: operation.returned().filter(|_| outcome == Outcome::Ok),
            transactional: true,
        };
        group.commits.extend(end.offsets.iter().map(of));
    }
}

fn commits<'a>(
    operation: &'a ClientOperation<'a>,
    call: &'a CommitOffsets,
    answer: Option<&'a Committed>,
) -> impl Iterator<Item = Commit<'a>> {
    let outcome = move |at: usize| {
        let own = answer.and_then(|answer| answer.offsets.get(at));
        own.map_or(operation.outcome, |own| own.outcome)
    };
    call.offsets
        .iter()
        .enumerate()
        .map(move |(at, one)| Commit {
            operation,
            member: &call.member,
            generation: call.generation,
            place: (one.topic.as_str(), one.partition),
            offset: one.offset,
            token: one.token.as_deref(),
            outcome: outcome(at),
            acknowledged: operation.completed().filter(|_| outcome(at) == Outcome::Ok),
            transactional: false,
        })
}

/// Topic and index of a partition.
pub(crate) fn place(partition: &Partition) -> Place<'_> {
    (partition.topic(), partition.index())
}

/// By partition, in their order.
pub(crate) fn by_place<'a, T: Copy>(
    all: &[T],
    place: impl Fn(&T) -> Place<'a>,
) -> BTreeMap<Place<'a>, Vec<T>> {
    let mut places: BTreeMap<Place<'a>, Vec<T>> = BTreeMap::new();
    for one in all {
        places.entry(place(one)).or_default().push(*one);
    }
    places
}

/// For each moment the highest number that was known by then: in the order of moments.
#[derive(Debug, Default)]
pub(crate) struct Highest(Vec<(Moment, i64, u64)>);

impl Highest {
    /// Of (when it was known, number, operation).
    pub(crate) fn of(mut known: Vec<(Moment, i64, u64)>) -> Highest {
        known.sort_unstable();
        for at in 1..known.len() {
            if known[at - 1].1 > known[at].1 {
                (known[at].1, known[at].2) = (known[at - 1].1, known[at - 1].2);
            }
        }
        Highest(known)
    }

    /// The highest that was known before a moment, and who showed it.
    pub(crate) fn before(&self, at: Moment) -> Option<(i64, u64)> {
        let before = self.0.partition_point(|one| one.0 < at);
        self.0[..before].last().map(|one| (one.1, one.2))
    }
}
