//! A raw member of a consumer group: it joins, syncs, lives by heartbeats, reads what it was assigned, and commits. Each of
//! its requests is one operation. What it does when, and how it ends, is the workload's business.

mod shares;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use checkers::history::{
    Assigned, Call, Deliver, Delivered, Heartbeat, Isolation, Join, Joined, Leave,
    MemberAssignment, Offset, Record, Report, Sync, Synced, Text,
};

use super::Load;
use super::caller::{Caller, Outcome, outcome_of};
use super::committed::{self, TIMEOUT, is_elsewhere};
use super::coordinator::Coordinator;
use crate::config::shape::Shape;
use crate::kafka::questions::groups::{self, Identity, Key};
use crate::kafka::questions::{self, NoAnswer, embedded};
use crate::kafka::wire::Wire;
use shares::{recorded, shared, shown};

/// The key of the load that holds the session time-out in ms: a member that is silent for longer is removed.
const SESSION: &str = "session_ms";
/// A member that does not join again within this is removed.
pub(super) const REBALANCE_MS: i32 = 6_000;
/// How many heartbeats a member sends in a session.
const BEATS_PER_SESSION: u64 = 6;
/// The time that a member waits for the others to join and sync.
const JOIN_TIMEOUT: Duration = Duration::from_millis(REBALANCE_MS as u64 + 3_000);
/// The size of a fetch in bytes.
const FETCH_BYTES: i32 = 64 << 10;
/// What a coordinator answers that may have taken a JoinGroup or SyncGroup.
const PERHAPS: &[&str] = &["NOT_COORDINATOR"];
/// The answer that carries a member id (KIP-394).
const ID_REQUIRED: &str = "MEMBER_ID_REQUIRED";

/// The session time-out of a run's members, in ms.
pub(super) fn session_ms(shape: &Shape) -> u64 {
    shape.number(SESSION).max(1)
}

/// Where a member stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is a member of its generation.
    Good,
    /// The others join again, and so must it.
    Rebalance,
    /// It is no member any more.
    Evicted,
    /// Nobody knows now.
    Unknown,
}

impl Standing {
    fn after(error: &str) -> Standing {
        match error {
            "REBALANCE_IN_PROGRESS" => Standing::Rebalance,
            "UNKNOWN_MEMBER_ID" | "ILLEGAL_GENERATION" | "FENCED_INSTANCE_ID" => Standing::Evicted,
            _ => Standing::Unknown,
        }
    }
}

/// A member.
pub(super) struct Member<'a> {
    load: &'a Load,
    caller: Caller<'a>,
    coordinator: Coordinator<'a>,
    identity: Identity,
    topics: Vec<String>,
    /// Where it reads next in each partition that it was assigned, and where it committed last.
    places: BTreeMap<(String, i32), (Offset, Offset)>,
    /// For each node: a connection to read from, and whom it asks next.
    readers: (Vec<Wire>, usize),
    next_beat: Instant,
    tokens: u64,
}

impl<'a> Member<'a> {
    /// A member of a group that subscribes to all topics of the load.
    pub(super) fn new(load: &'a Load, group: &str, instance: Option<String>, at: usize) -> Self {
        let mut topics: Vec<String> = load
            .partitions
            .iter()
            .map(|(topic, _)| topic.clone())
            .collect();
        topics.dedup();
        let wires = load.addresses.iter().map(|node| Wire::new(*node, TIMEOUT));
        Member {
            load,
            caller: Caller::new((&load.recorder, &load.ids)),
            coordinator: Coordinator::new(&load.addresses, (group, Key::Group), at, TIMEOUT),
            identity: Identity {
                group: group.to_owned(),
                generation: -1,
                instance,
                ..Identity::default()
            },
            topics,
            places: BTreeMap::new(),
            readers: (wires.collect(), at % load.addresses.len().max(1)),
            next_beat: Instant::now(),
            tokens: 0,
        }
    }

    /// Joins, syncs, and finds out where to read. `reason`: `new`, `rebalance` or `evicted`.
    pub(super) fn enter(&mut self, reason: &str) -> Standing {
        if reason == "evicted" {
            self.identity.member.clear();
        }
        self.places.clear();
        let joined = match self.join(reason) {
            Ok(joined) => joined,
            Err(standing) => return standing,
        };
        let assigned = match self.sync(joined) {
            Ok(assigned) => assigned,
            Err(standing) => return standing,
        };
        if assigned.is_empty() {
            return Standing::Good;
        }
        let (group, member) = (self.identity.group.clone(), self.identity.member.clone());
        let asking = (Some(member.as_str()), None);
        for _ in 0..3 {
            let fetched = committed::fetch(
                &mut self.caller,
                &mut self.coordinator,
                &group,
                &assigned,
                asking,
            );
            if let Some(fetched) = fetched {
                let places = fetched.into_iter().map(|(topic, partition, offset, _)| {
                    // Nothing was committed: from the first record on.
                    ((topic, partition), (offset.max(0), offset))
                });
                self.places = places.collect();
                return Standing::Good;
            }
        }
        Standing::Unknown
    }

    fn join(&mut self, reason: &str) -> Result<groups::Joined, Standing> {
        // The second time with the id that the first one gave.
        for _ in 0..2 {
            let (node, _) = self
                .coordinator
                .wire(&mut self.caller)
                .ok_or(Standing::Unknown)?;
            let mut wire = self
                .coordinator
                .another(JOIN_TIMEOUT)
                .ok_or(Standing::Unknown)?;
            self.caller.calls(Call::Join(Box::new(Join {
                group: self.identity.group.as_str().into(),
                member: self.identity.member.as_str().into(),
                instance: self.identity.instance.as_deref().map(Text::from),
                topics: self
                    .topics
                    .iter()
                    .map(|name| name.as_str().into())
                    .collect(),
                reason: Some(reason.into()),
                node: Some(node),
            })));
            let session = i32::try_from(session_ms(&self.load.shape)).unwrap_or(i32::MAX);
            let times = (session, REBALANCE_MS);
            let subscription = embedded::subscription(&self.topics);
            match groups::join(&mut wire, &self.identity, times, subscription) {
                Ok(joined) => {
                    self.caller
                        .ended(Outcome::Ok, Report::Join(Box::new(shown(&joined))));
                    self.identity.member.clone_from(&joined.member);
                    self.identity.generation = joined.generation;
                    return Ok(joined);
                }
                Err((error, id)) => {
                    let asked_to_come_again = error.to_string() == ID_REQUIRED && !id.is_empty();
                    let given = if asked_to_come_again {
                        id
                    } else {
                        String::new()
                    };
                    let report = Joined {
                        member: given.as_str().into(),
                        ..Joined::default()
                    };
                    let standing = self.failed(&error, Report::Join(Box::new(report)));
                    if !asked_to_come_again {
                        return Err(standing);
                    }
                    self.identity.member = given;
                }
            }
        }
        Err(Standing::Unknown)
    }

    fn sync(&mut self, joined: groups::Joined) -> Result<Vec<(String, i32)>, Standing> {
        let shares = match joined.leader == joined.member {
            true => shared(&joined, &self.load.partitions),
            false => Vec::new(),
        };
        let (node, _) = self
            .coordinator
            .wire(&mut self.caller)
            .ok_or(Standing::Unknown)?;
        let mut wire = self
            .coordinator
            .another(JOIN_TIMEOUT)
            .ok_or(Standing::Unknown)?;
        let assignments = shares.iter().map(|(member, partitions)| MemberAssignment {
            member: member.as_str().into(),
            partitions: recorded(partitions),
        });
        self.caller.calls(Call::Sync(Box::new(Sync {
            group: self.identity.group.as_str().into(),
            generation: self.identity.generation,
            member: self.identity.member.as_str().into(),
            assignments: assignments.collect(),
            node: Some(node),
        })));
        let sent = shares.iter();
        let sent =
            sent.map(|(member, partitions)| (member.clone(), embedded::assignment(partitions)));
        match groups::sync(&mut wire, &self.identity, sent.collect()) {
            Ok(bytes) => match embedded::assigned(&bytes) {
                Some(assigned) => {
                    let partitions = recorded(&assigned);
                    let report = Report::Sync(Box::new(Synced { partitions }));
                    self.caller.ended(Outcome::Ok, report);
                    Ok(assigned)
                }
                None => {
                    let why = "the assignment cannot be read".to_owned();
                    let report = Report::Sync(Box::default());
                    self.caller.ended(Outcome::Fail(why), report);
                    Err(Standing::Unknown)
                }
            },
            Err(error) => Err(self.failed(&error, Report::Sync(Box::default()))),
        }
    }

    /// Sends a heartbeat if it is time.
    pub(super) fn beat(&mut self) -> Standing {
        if Instant::now() < self.next_beat {
            return Standing::Good;
        }
        self.next_beat = Instant::now()
            + Duration::from_millis(session_ms(&self.load.shape) / BEATS_PER_SESSION);
        let Some((node, wire)) = self.coordinator.wire(&mut self.caller) else {
            return Standing::Unknown;
        };
        self.caller.calls(Call::Heartbeat(Box::new(Heartbeat {
            group: self.identity.group.as_str().into(),
            generation: self.identity.generation,
            member: self.identity.member.as_str().into(),
            node: Some(node),
        })));
        let report = Report::Heartbeat(Box::default());
        match groups::heartbeat(wire, &self.identity) {
            Ok(()) => {
                self.caller.ended(Outcome::Ok, report);
                Standing::Good
            }
            Err(error) => self.failed(&error, report),
        }
    }

    /// Reads on in one of its partitions, chosen by `drawn`. What it got is recorded before it can be committed.
    pub(super) fn read(&mut self, drawn: usize) {
        let count = self.places.len().max(1);
        let Some((place, (position, _))) = self.places.iter().nth(drawn % count) else {
            return;
        };
        let ((topic, partition), position) = (place.clone(), *position);
        self.caller.calls(Call::Deliver(Box::new(Deliver {
            group: self.identity.group.as_str().into(),
            member: self.identity.member.as_str().into(),
            generation: self.identity.generation,
            assigned: vec![Assigned {
                topic: topic.as_str().into(),
                partition,
                position,
            }],
            isolation: Isolation::ReadUncommitted,
        })));
        let (wires, asked) = &mut self.readers;
        match questions::fetch(&mut wires[*asked], &topic, partition, position, FETCH_BYTES) {
            Ok(fetched) => {
                let records = fetched.records.iter();
                let record = |one: &questions::Stored| {
                    Record(topic.as_str().into(), partition, one.offset, one.text())
                };
                let records = records.map(record).collect();
                self.caller.ended(
                    Outcome::Ok,
                    Report::Deliver(Box::new(Delivered { records })),
                );
                if let Some((next, _)) = self.places.get_mut(&(topic, partition)) {
                    *next = fetched.next;
                }
            }
            Err(error) => {
                *asked = (*asked + 1) % wires.len().max(1);
                self.caller
                    .ended(outcome_of(&error, &[]), Report::Deliver(Box::default()));
            }
        }
    }

    /// Commits how far it came.
    pub(super) fn commit(&mut self) -> Standing {
        self.tokens += 1;
        let token = format!("c{}-{}", self.caller.worker(), self.tokens);
        let changed = self.places.iter().filter(|(_, (next, last))| next > last);
        let offsets: Vec<groups::Place> = changed
            .map(|((topic, partition), (next, _))| {
                (
                    topic.clone(),
                    *partition,
                    *next,
                    format!("{token}-{topic}-{partition}"),
                )
            })
            .collect();
        if offsets.is_empty() {
            return Standing::Good;
        }
        let done = committed::commit(
            &mut self.caller,
            &mut self.coordinator,
            &self.identity,
            &offsets,
        );
        match done {
            Some(Ok(())) => {
                for (topic, partition, offset, _) in offsets {
                    if let Some((_, last)) = self.places.get_mut(&(topic, partition)) {
                        *last = offset;
                    }
                }
                Standing::Good
            }
            Some(Err(error)) => Standing::after(&error),
            None => Standing::Unknown,
        }
    }

    /// Leaves the group.
    pub(super) fn leave(&mut self) {
        let Some((node, wire)) = self.coordinator.wire(&mut self.caller) else {
            return;
        };
        self.caller.calls(Call::Leave(Box::new(Leave {
            group: self.identity.group.as_str().into(),
            members: vec![self.identity.member.as_str().into()],
            node: Some(node),
        })));
        let report = Report::Leave(Box::default());
        match groups::leave(wire, &self.identity) {
            Ok(()) => self.caller.ended(Outcome::Ok, report),
            Err(error) => {
                self.failed(&error, report);
            }
        }
        self.identity.generation = -1;
        self.places.clear();
    }

    /// Records that a request to the coordinator had no good answer, and says what it means.
    fn failed(&mut self, error: &NoAnswer, report: Report) -> Standing {
        self.caller.ended(outcome_of(error, PERHAPS), report);
        match error {
            NoAnswer::Refused(name) => {
                if is_elsewhere(name) {
                    self.coordinator.forget();
                }
                Standing::after(name)
            }
            NoAnswer::Wire(_) => {
                self.coordinator.forget();
                Standing::Unknown
            }
        }
    }
}
