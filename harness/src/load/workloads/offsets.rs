//! `offsets`: committed offsets as registers. Clients that are no members commit offsets, back and forth, each with a token
//! of its own, and fetch them. Half of the producing clients append, so that the partitions have records.

use std::sync::Arc;

use anyhow::Result;
use rand::Rng;

use super::{Row, Turn, Worker, Workload, append, with_pollers};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::kafka::questions::groups::{Identity, Key};
use crate::load::Load;
use crate::load::committed::{self, TIMEOUT};
use crate::load::coordinator::Coordinator;
use crate::load::pace::Pace;
use crate::record::Caller;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "offsets",
    description: "committed offsets are registers: commits with tokens, back and forth, and fetches",
    make: || Arc::new(Offsets),
};

struct Offsets;

impl Workload for Offsets {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_pollers(clients, |at, producers| match at < producers / 2 {
            true => Box::new(append::run),
            false => Box::new(run),
        })
    }

    fn groups(&self, _shape: &Shape) -> Vec<String> {
        GROUPS.map(str::to_owned).into()
    }
}

const GROUPS: [&str; 2] = ["offsets-0", "offsets-1"];
/// Offsets are drawn below this. They need not exist.
const OFFSETS: i64 = 1_000;

/// Commits and fetches until asked to stop.
///
/// # Errors
/// None.
fn run(load: &Load, turn: Turn) -> Result<()> {
    let mut random = random(load.seed, 6_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let mut caller = Caller::new((&load.recorder, &load.ids));
    let first = turn.thread as usize;
    let mut ways =
        GROUPS.map(|group| Coordinator::new(&load.addresses, (group, Key::Group), first, TIMEOUT));
    let mut count = 0_u64;
    while pace.wait(&mut random, &load.stop) {
        let at = random.random_range(0..GROUPS.len());
        let (group, way) = (GROUPS[at], &mut ways[at]);
        let place = load.partitions[random.random_range(0..load.partitions.len())].clone();
        if random.random_bool(0.5) {
            committed::fetch(&mut caller, way, group, &[place], (None, None));
            continue;
        }
        count += 1;
        let identity = Identity {
            group: group.to_owned(),
            generation: -1,
            ..Identity::default()
        };
        let token = format!("o{}-{count}", caller.worker());
        let offset = random.random_range(0..OFFSETS);
        committed::commit(
            &mut caller,
            way,
            &identity,
            &[(place.0, place.1, offset, token)],
        );
    }
    Ok(())
}
