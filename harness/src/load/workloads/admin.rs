//! `admin`: some workers create, describe, grow and delete topics, each request once and through a random node. The
//! other workers append and poll as in `append`.
//!
//! A topic has one owner, which changes it step by step. Once the outcome of a step is unknown, the topic is only
//! described. The possible states of a topic therefore do not depend on how requests interleaved.

use std::sync::Arc;

use anyhow::Result;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::{Row, Turn, Worker, Workload, append, with_pollers};
use crate::config::seed::random;
use crate::load::Load;
use crate::load::admin_client::AdminClient;
use crate::load::pace::Pace;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "admin",
    description: "appends, and topics created, grown, described, deleted through a random node",
    make: || Arc::new(Admin),
};

struct Admin;

impl Workload for Admin {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_pollers(clients, |at, _| match at {
            0..WORKERS => Box::new(run),
            _ => Box::new(append::run),
        })
    }
}

/// The number of producing clients that change topics instead.
const WORKERS: usize = 2;
/// The rate of each of them, in requests per second.
const PER_SECOND: f64 = 10.0;
/// The maximum number of partitions at creation.
const PARTITIONS_MAX: i32 = 4;
/// The maximum number of topics that a worker creates.
const TOPICS_MAX: usize = 150;

/// A topic, as its owner knows it.
struct Owned {
    name: String,
    /// The number of its partitions. None once it is deleted.
    partitions: Option<i32>,
    /// False once the outcome of a change is unknown. The topic is not changed after that.
    certain: bool,
}

/// The next step.
enum Step {
    Create,
    Describe(usize),
    Grow(usize),
    Delete(usize),
}

/// Changes topics until asked to stop.
fn run(load: &Load, turn: Turn) -> Result<()> {
    let thread = turn.thread;
    let mut random = random(load.seed, 3_000 + thread);
    let mut pace = Pace::per_second(PER_SECOND);
    let mut asker = AdminClient::new(&load.addresses, &load.recorder, &load.ids);
    let mut topics: Vec<Owned> = Vec::new();
    while pace.wait(&mut random, &load.stop) {
        let node = random.random_range(0..load.addresses.len());
        match next(&topics, &mut random) {
            Step::Create => {
                let name = format!("a{thread}-{}", topics.len());
                let partitions = random.random_range(1..=PARTITIONS_MAX);
                load.created.add(&name);
                let done = asker.create(node, (&name, partitions), load.replicas);
                topics.push(Owned {
                    name,
                    partitions: (done == Some(true)).then_some(partitions),
                    certain: done.is_some(),
                });
            }
            Step::Describe(at) => {
                asker.describe(node, &topics[at].name, None);
            }
            Step::Grow(at) => {
                let topic = &mut topics[at];
                let wanted = topic.partitions.unwrap_or(0) + random.random_range(1..=2);
                match asker.grow(node, &topic.name, wanted) {
                    Some(true) => topic.partitions = Some(wanted),
                    Some(false) => {}
                    None => topic.certain = false,
                }
            }
            Step::Delete(at) => {
                let topic = &mut topics[at];
                match asker.delete(node, &topic.name) {
                    Some(true) => topic.partitions = None,
                    Some(false) => {}
                    None => topic.certain = false,
                }
            }
        }
    }
    Ok(())
}

/// Draws a step: mostly creations and descriptions, rarely deletions, so that topics exist to describe.
fn next(topics: &[Owned], random: &mut ChaCha8Rng) -> Step {
    let alive: Vec<usize> = topics
        .iter()
        .enumerate()
        .filter(|(_, topic)| topic.certain && topic.partitions.is_some())
        .map(|(at, _)| at)
        .collect();
    let drawn = random.random_range(0..100);
    match (drawn, alive.choose(random)) {
        (0..15, Some(at)) => Step::Grow(*at),
        (15..30, Some(at)) => Step::Delete(*at),
        (30..70, _) if !topics.is_empty() => Step::Describe(random.random_range(0..topics.len())),
        _ if topics.len() < TOPICS_MAX => Step::Create,
        _ => Step::Describe(random.random_range(0..topics.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(partitions: Option<i32>, certain: bool) -> Owned {
        Owned {
            name: "a".into(),
            partitions,
            certain,
        }
    }

    /// A topic whose last change has an unknown outcome is never changed again. The order of its owner's steps is what
    /// limits its possible states.
    #[test]
    fn uncertain_and_deleted_topics_are_only_described() {
        let topics = [
            owned(Some(3), false),
            owned(None, true),
            owned(Some(2), true),
        ];
        let mut random = random(1, 1);
        let mut changed = 0;
        for _ in 0..2_000 {
            match next(&topics, &mut random) {
                Step::Grow(at) | Step::Delete(at) => {
                    assert_eq!(at, 2);
                    changed += 1;
                }
                Step::Create | Step::Describe(_) => {}
            }
        }
        assert!(changed > 100);
        assert!(matches!(next(&[], &mut random), Step::Create));
    }
}
