//! A raw client's place in a consumer group: it joins, syncs, lives by heartbeats, commits and leaves. Each of its requests is
//! one operation. What it reads, and when it goes, is decided by others.

mod shares;

use std::time::{Duration, Instant};

use checkers::history::{
    Call, Heartbeat, Join, Joined, Leave, MemberAssignment, Report, Sync, Synced, Text, WorkerId,
};

use super::Load;
use super::committed::{self, TIMEOUT, is_elsewhere};
use super::coordinator::Coordinator;
use crate::config::shape::Shape;
use crate::kafka::questions::groups::{self, Identity, Key, Place};
use crate::kafka::questions::{NoAnswer, embedded, outcome_of};
use crate::probe::reach;
use crate::record::{Caller, Outcome};
use shares::{recorded, shared, shown};

/// The key of the load that holds the session time-out in ms: a member that is silent for longer is removed.
const SESSION: &str = "session_ms";
/// The key of the load that says whether one member in two is a static one.
const STATIC: &str = "static";
/// A member that does not join again within this is removed.
pub(super) const REBALANCE_MS: i32 = 6_000;
/// How many heartbeats a member sends in a session.
const BEATS_PER_SESSION: u64 = 6;
/// The time that a member waits for the others to join and sync.
const JOIN_TIMEOUT: Duration = Duration::from_millis(REBALANCE_MS as u64 + 3_000);
/// What a coordinator answers that may have taken a JoinGroup or SyncGroup.
const PERHAPS: &[&str] = &["NOT_COORDINATOR"];
/// The answer that carries a member id (KIP-394).
const ID_REQUIRED: &str = "MEMBER_ID_REQUIRED";

/// The session time-out of a run's members, in ms.
pub(super) fn session_ms(shape: &Shape) -> u64 {
    shape.number(SESSION).max(1)
}

/// The static id of a group's `nth` member, if it is a static one: every second is, where the load says so.
pub(super) fn instance(shape: &Shape, group: &str, nth: usize) -> Option<String> {
    let is_static = shape.flag(STATIC) && nth.is_multiple_of(2);
    is_static.then(|| format!("{group}-static-{nth}"))
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
    /// What a coordinator's refusal says.
    pub(super) fn after(error: &str) -> Standing {
        match error {
            "REBALANCE_IN_PROGRESS" => Standing::Rebalance,
            "UNKNOWN_MEMBER_ID" | "ILLEGAL_GENERATION" | "FENCED_INSTANCE_ID" => Standing::Evicted,
            _ => Standing::Unknown,
        }
    }

    /// Why it joins now: as [`Join::reason`] says it. None: it need not, or it goes on with what it was about to do.
    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Standing::Good | Standing::Unknown => None,
            Standing::Rebalance => Some("rebalance"),
            Standing::Evicted => Some("evicted"),
        }
    }
}

/// A place in a group.
pub(super) struct Membership<'a> {
    load: &'a Load,
    caller: Caller<'a>,
    coordinator: Coordinator<'a>,
    identity: Identity,
    topics: Vec<String>,
    /// The node that gave it the assignment of its generation.
    assigner: Option<Text>,
    next_beat: Instant,
}

impl<'a> Membership<'a> {
    /// Of nobody yet: the `nth` client of a group that subscribes to these topics.
    pub(super) fn new(
        load: &'a Load,
        (group, topics): (&str, Vec<String>),
        instance: Option<String>,
        nth: usize,
    ) -> Self {
        Membership {
            load,
            caller: Caller::new((&load.recorder, &load.ids)),
            coordinator: Coordinator::new(&load.addresses, (group, Key::Group), nth, TIMEOUT),
            identity: Identity {
                group: group.to_owned(),
                generation: -1,
                instance,
                ..Identity::default()
            },
            topics,
            assigner: None,
            next_beat: Instant::now(),
        }
    }

    /// Who it is in its group.
    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The worker that its operations are recorded under.
    pub(super) fn worker(&self) -> WorkerId {
        self.caller.worker()
    }

    /// The worker, for operations of the member that no coordinator is asked for.
    pub(super) fn caller(&mut self) -> &mut Caller<'a> {
        &mut self.caller
    }

    /// Joins and syncs. `reason`: `new`, `rebalance` or `evicted`. Returns what it was assigned.
    pub(super) fn enter(&mut self, reason: &str) -> Result<Vec<reach::Place>, Standing> {
        if reason == "evicted" {
            self.identity.member.clear();
        }
        self.assigner = None;
        let joined = self.join(reason)?;
        self.sync(joined)
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
                library: false,
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

    fn sync(&mut self, joined: groups::Joined) -> Result<Vec<reach::Place>, Standing> {
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
            node: Some(node.clone()),
            library: false,
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
                    self.assigner = Some(node);
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

    /// Whether the node that it would ask now is the one that gave it its assignment. That one knew every offset that was
    /// committed before its generation; another one may be a former coordinator, and answer from memory.
    pub(super) fn asks_its_assigner(&mut self) -> bool {
        let asked = self.coordinator.wire(&mut self.caller);
        let asked = asked.map(|(node, _)| node);
        asked.is_some() && asked == self.assigner
    }

    /// Asks for committed offsets; none if one of them is not known now.
    pub(super) fn fetch(&mut self, partitions: &[reach::Place]) -> Option<Vec<Place>> {
        let member = self.identity.member.as_str();
        committed::fetch(
            &mut self.caller,
            &mut self.coordinator,
            &self.identity.group,
            partitions,
            (Some(member), None),
        )
    }

    /// Commits offsets.
    pub(super) fn commit(&mut self, offsets: &[Place]) -> Standing {
        let (caller, coordinator) = (&mut self.caller, &mut self.coordinator);
        match committed::commit(caller, coordinator, &self.identity, offsets) {
            Some(Ok(())) => Standing::Good,
            Some(Err(error)) => Standing::after(&error),
            None => Standing::Unknown,
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
        self.assigner = None;
    }

    /// Becomes somebody else: the next time it joins without a member id. A static member keeps its static id and does not
    /// leave, as a client that ended and was started again.
    pub(super) fn begin_anew(&mut self) {
        if self.identity.instance.is_none() && !self.identity.member.is_empty() {
            self.leave();
        }
        self.identity.member.clear();
        self.identity.generation = -1;
        self.assigner = None;
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
