//! The time until a consumer group is stable again after a member came, left or died, and after its coordinator was killed.
//! By raw members, which send a heartbeat every 50 ms: so the figure is the coordinator's, and not that of a client library
//! that asks every three seconds.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::block::SIXTEEN;
use super::work::{HEARTBEAT, SESSION_MS};
use crate::kafka::nodes;
use crate::kafka::questions::embedded;
use crate::kafka::questions::groups::{self, Identity, Joined, Key};
use crate::kafka::wire::Wire;
use crate::record::StopFlag;

/// How long the members of a group may take to join again.
const REBALANCE_MS: i32 = 10_000;
/// A JoinGroup waits for the other members.
const PATIENCE: Duration = Duration::from_secs(12);
/// The time for the question who coordinates.
const FIND: Duration = Duration::from_millis(500);
/// Before a refused request is sent again, and between two looks at the group.
const AGAIN: Duration = Duration::from_millis(5);
/// The longest time until a group is stable.
const STABLE_MAX: Duration = Duration::from_secs(60);

/// What a member does next.
const LIVES: u8 = 0;
/// It says that it leaves.
const LEAVES: u8 = 1;
/// It says nothing more, as if its process had been killed.
const VANISHES: u8 = 2;

/// Where a member stands: its generation and its coordinator, and since when both are so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    generation: i32,
    node: usize,
    since: Instant,
}

/// One member, as the others see it.
struct Seat {
    order: AtomicU8,
    standing: Mutex<Option<Standing>>,
}

/// A consumer group of raw members.
pub(super) struct Group<'a> {
    addresses: &'a [SocketAddr],
    id: String,
    seats: Vec<Seat>,
    ended: StopFlag,
}

impl<'a> Group<'a> {
    /// A group with room for so many members, of which none lives yet.
    pub(super) fn new(addresses: &'a [SocketAddr], id: String, room: usize) -> Group<'a> {
        let seat = || Seat {
            order: AtomicU8::new(LIVES),
            standing: Mutex::new(None),
        };
        Group {
            addresses,
            id,
            seats: std::iter::repeat_with(seat).take(room).collect(),
            ended: StopFlag::default(),
        }
    }

    /// Lives as the member at this place until it is ordered otherwise or the group ends.
    pub(super) fn live(&self, at: usize) {
        let mut member = Member {
            group: self,
            at,
            asks: at,
            coordinator: None,
            identity: Identity {
                group: self.id.clone(),
                generation: -1,
                ..Identity::default()
            },
        };
        while !member.is_done() {
            if member.join().is_none() {
                self.put(at, None);
                std::thread::sleep(AGAIN);
            }
        }
        if self.seats[at].order.load(Ordering::Relaxed) == LEAVES {
            member.leave();
        }
        self.put(at, None);
    }

    /// The member leaves.
    pub(super) fn leaves(&self, at: usize) {
        self.seats[at].order.store(LEAVES, Ordering::Relaxed);
    }

    /// The member dies without a word.
    pub(super) fn vanishes(&self, at: usize) {
        self.seats[at].order.store(VANISHES, Ordering::Relaxed);
    }

    /// All members end without a word.
    pub(super) fn end(&self) {
        self.ended.set();
    }

    /// The generation in which all of these members are, and the coordinator; none if they are not.
    pub(super) fn now(&self, members: usize) -> Option<(i32, usize)> {
        let stable = self.stable(members)?;
        Some((stable.generation, stable.node))
    }

    /// Waits until the first `members` members are in one generation that is not this one, or have another coordinator. Returns
    /// the time from `began` until the last of them knew it.
    ///
    /// # Errors
    /// If that takes too long.
    pub(super) fn settles(
        &self,
        members: usize,
        before: Option<(i32, usize)>,
        began: Instant,
    ) -> Result<Duration> {
        while began.elapsed() < STABLE_MAX {
            let stable = self.stable(members);
            let other = |stable: &Standing| Some((stable.generation, stable.node)) != before;
            if let Some(stable) = stable.filter(other) {
                return Ok(stable.since.saturating_duration_since(began));
            }
            std::thread::sleep(AGAIN);
        }
        anyhow::bail!(
            "a group of {members} was not stable within {} s",
            STABLE_MAX.as_secs()
        )
    }

    /// The common standing, since the last of the members has it.
    fn stable(&self, members: usize) -> Option<Standing> {
        let of = |seat: &Seat| *seat.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Option<Vec<Standing>> = self.seats.iter().take(members).map(of).collect();
        let all = all?;
        let last = *all.iter().max_by_key(|standing| standing.since)?;
        let same = |one: &Standing| (one.generation, one.node) == (last.generation, last.node);
        all.iter().all(same).then_some(last)
    }

    fn put(&self, at: usize, standing: Option<(i32, usize)>) {
        let mut known = self.seats[at]
            .standing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let same = known.map(|known| (known.generation, known.node)) == standing;
        if !same {
            *known = standing.map(|(generation, node)| Standing {
                generation,
                node,
                since: Instant::now(),
            });
        }
    }
}

/// A member's own side.
struct Member<'a> {
    group: &'a Group<'a>,
    at: usize,
    /// Whom it asks next who coordinates.
    asks: usize,
    coordinator: Option<(usize, Wire)>,
    identity: Identity,
}

impl Member<'_> {
    fn is_done(&self) -> bool {
        let order = self.group.seats[self.at].order.load(Ordering::Relaxed);
        self.group.ended.is_set() || order != LIVES
    }

    /// The coordinator and the connection to it.
    fn coordinator(&mut self) -> Option<(usize, &mut Wire)> {
        if self.coordinator.is_none() {
            let asked = self.asks % self.group.addresses.len().max(1);
            self.asks += 1;
            let mut wire = Wire::new(*self.group.addresses.get(asked)?, FIND);
            let (_, address) =
                groups::find_coordinator(&mut wire, &self.group.id, Key::Group).ok()?;
            let node = nodes::place(self.group.addresses, &address)?;
            self.coordinator = Some((node, Wire::new(address, PATIENCE)));
        }
        let (node, wire) = self.coordinator.as_mut()?;
        Some((*node, wire))
    }

    /// Joins, and stays until something ends that. None if it did not get in.
    fn join(&mut self) -> Option<()> {
        let subscription = embedded::subscription(&[SIXTEEN.to_owned()]);
        let identity = self.identity.clone();
        let (_, wire) = self.coordinator()?;
        let times = (SESSION_MS, REBALANCE_MS);
        let joined = match groups::join(wire, &identity, times, subscription) {
            Ok(joined) => joined,
            Err((error, member)) => {
                self.refused(&error.to_string(), member);
                return None;
            }
        };
        (self.identity.generation, self.identity.member) =
            (joined.generation, joined.member.clone());
        let (identity, shares) = (self.identity.clone(), shares(&joined));
        let (node, wire) = self.coordinator()?;
        if let Err(error) = groups::sync(wire, &identity, shares) {
            self.refused(&error.to_string(), String::new());
            return None;
        }
        self.group.put(self.at, Some((identity.generation, node)));
        self.stay(&identity);
        Some(())
    }

    /// Sends heartbeats until one says that the group rebalances, or that it is no member any more.
    fn stay(&mut self, identity: &Identity) {
        loop {
            std::thread::sleep(HEARTBEAT);
            if self.is_done() {
                return;
            }
            let Some((node, wire)) = self.coordinator() else {
                std::thread::sleep(AGAIN);
                continue;
            };
            match groups::heartbeat(wire, identity) {
                Ok(()) => self.group.put(self.at, Some((identity.generation, node))),
                Err(error) => {
                    self.group.put(self.at, None);
                    let error = error.to_string();
                    self.refused(&error, String::new());
                    if is_of_membership(&error) {
                        return;
                    }
                }
            }
        }
    }

    /// What a refusal changes.
    fn refused(&mut self, error: &str, member: String) {
        match error {
            "MEMBER_ID_REQUIRED" => self.identity.member = member,
            "UNKNOWN_MEMBER_ID" => {
                self.identity.member = String::new();
                self.identity.generation = -1;
            }
            error if is_of_membership(error) => {}
            // Another node coordinates, or none does just now.
            _ => self.coordinator = None,
        }
    }

    fn leave(&mut self) {
        let identity = self.identity.clone();
        if let Some((_, wire)) = self.coordinator() {
            let _ = groups::leave(wire, &identity);
        }
    }
}

/// A refusal after which a member joins again.
fn is_of_membership(error: &str) -> bool {
    matches!(
        error,
        "REBALANCE_IN_PROGRESS" | "ILLEGAL_GENERATION" | "UNKNOWN_MEMBER_ID" | "MEMBER_ID_REQUIRED"
    )
}

/// What the leader assigns: a share of the partitions for each member. The others assign nothing.
fn shares(joined: &Joined) -> Vec<(String, bytes::Bytes)> {
    let members = joined.members.len().max(1);
    let share = |(at, (member, ..)): (usize, &(String, Option<String>, bytes::Bytes))| {
        let own = (0..16).filter(|partition| *partition as usize % members == at);
        let own: Vec<(String, i32)> = own
            .map(|partition| (SIXTEEN.to_owned(), partition))
            .collect();
        (member.clone(), embedded::assignment(&own))
    };
    joined.members.iter().enumerate().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stable is who has the last word: all in one generation at one coordinator, since the last of them is.
    #[test]
    fn a_group_is_stable_when_its_last_member_is() {
        let addresses = [];
        let group = Group::new(&addresses, "g".into(), 2);
        let began = Instant::now();
        group.put(0, Some((3, 1)));
        assert_eq!(group.now(2), None);
        group.put(1, Some((2, 1)));
        assert_eq!(group.now(2), None, "two generations");
        group.put(1, Some((3, 1)));
        assert_eq!(group.now(2), Some((3, 1)));
        let since = group.stable(2).expect("stable").since;
        group.put(0, Some((3, 1)));
        assert_eq!(
            group.stable(2).expect("stable").since,
            since,
            "nothing changed"
        );
        assert!(group.settles(2, Some((2, 1)), began).is_ok());
        group.put(0, None);
        assert_eq!(group.now(2), None);
    }
}
