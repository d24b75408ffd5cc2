//! `group`: members of consumer groups that come, read, commit, and go in every way there is: they leave, vanish without a
//! word, or fall silent for longer than their session and then go on as if nothing had been (a zombie, which the group must
//! have fenced). Static members vanish and come back under their static ids. The other clients append.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::Timeouts;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{Row, Turn, Worker, Workload, append, poll};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::load::Load;
use crate::load::member::Member;
use crate::load::membership::{REBALANCE_MS, Standing, instance, session_ms};
use crate::load::pace::Pace;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "group",
    description: "members of consumer groups join, read, commit, leave, vanish, and come back as zombies",
    make: || Arc::new(Groups),
};

struct Groups;

impl Workload for Groups {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        let (members, pollers) = (members_of(clients), clients / 4);
        let appending = (members + pollers..clients).map(|_| -> Worker { Box::new(append::run) });
        let polling = (0..pollers).map(|_| -> Worker { Box::new(poll::run) });
        let consuming = (0..members)
            .map(|at| -> Worker { Box::new(move |load, turn| consume(load, turn, at)) });
        appending.chain(polling).chain(consuming).collect()
    }

    fn groups(&self, shape: &Shape) -> Vec<String> {
        names(shape)
    }

    fn timeouts(&self, shape: &Shape) -> Timeouts {
        Timeouts {
            session_ms: Some(session_ms(shape)),
            rebalance_ms: Some(REBALANCE_MS as u64),
            ..Timeouts::default()
        }
    }
}

/// The key of the load that holds the number of groups.
const GROUPS: &str = "groups";
/// The approximate life of a member.
const LIFE: Duration = Duration::from_secs(8);
/// The pause before a member that was refused asks again.
const AGAIN: Duration = Duration::from_millis(100);
/// A member reads so often between two commits.
const READS_PER_COMMIT: u32 = 5;

/// Three of eight clients are members, and two poll without a group, as witnesses of what the members read.
fn members_of(clients: usize) -> usize {
    (clients * 3 / 8).max(1)
}

/// The groups of a run.
fn names(shape: &Shape) -> Vec<String> {
    let count = shape.number(GROUPS).max(1);
    (0..count).map(|at| format!("group-{at}")).collect()
}

/// How a member's life ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Leaves,
    Vanishes,
    FallsSilent,
}

impl End {
    fn draw(random: &mut ChaCha8Rng) -> End {
        match random.random_range(0..4) {
            0 => End::Vanishes,
            1 => End::Leaves,
            // Most often, because only a zombie shows whether it is fenced.
            _ => End::FallsSilent,
        }
    }
}

/// One member after another until asked to stop.
///
/// # Errors
/// None.
fn consume(load: &Load, turn: Turn, at: usize) -> Result<()> {
    let mut random = random(load.seed, 5_000 + turn.thread);
    let groups = names(&load.shape);
    let group = &groups[at % groups.len()];
    let own = instance(&load.shape, group, at / groups.len());
    while !load.stop.is_set() {
        let mut member = Member::new(load, group, own.clone(), at);
        live(&mut member, load, turn, &mut random);
    }
    Ok(())
}

fn live(member: &mut Member<'_>, load: &Load, turn: Turn, random: &mut ChaCha8Rng) {
    let mut pace = Pace::per_second(turn.per_second);
    let mut reason = Some("new");
    let until = Instant::now() + LIFE.mul_f64(random.random_range(0.5..1.5));
    let mut reads = 0;
    while pace.wait(random, &load.stop) {
        if Instant::now() > until && reason.is_none() {
            break;
        }
        let standing = match reason {
            Some(why) => member.enter(why),
            None => {
                member.read(random.random_range(0..usize::MAX));
                reads += 1;
                match reads % READS_PER_COMMIT == 0 {
                    true => member.commit(),
                    false => Standing::Good,
                }
            }
        };
        let standing = match standing {
            Standing::Good => member.beat(),
            other => other,
        };
        reason = match standing {
            // It has no generation yet, or its coordinator is away: in the second case it still is a member.
            Standing::Unknown => reason,
            known => known.reason(),
        };
        if standing == Standing::Unknown {
            load.stop.sleep_until(Instant::now() + AGAIN);
        }
    }
    match End::draw(random) {
        End::Vanishes if !load.stop.is_set() => {}
        End::FallsSilent if !load.stop.is_set() => {
            let silent = Duration::from_millis(session_ms(&load.shape))
                .mul_f64(random.random_range(1.2..1.8));
            load.stop.sleep_until(Instant::now() + silent);
            // It wakes up and does what it was about to do.
            member.read(0);
            member.commit();
        }
        _ => member.leave(),
    }
}
