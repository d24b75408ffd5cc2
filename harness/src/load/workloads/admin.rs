//! `admin`: some workers create, describe, grow and delete topics, each request once and through a random node. The
//! other workers append and poll as in `append`.
//!
//! The workers also delete records that the load appends, and read what is deleted: `log-start` judges both. They leave
//! every second partition alone, so that all of its records are there to be compared in the end.
//!
//! Some changes must be refused: a name, a number of partitions or a replication factor that no broker takes, a topic that
//! exists, a deletion of a topic that is gone, a growth that is none. `metadata-agreement` knows that none of them may leave
//! anything behind, and that none may be acknowledged.
//!
//! Some topics come back under the same name ([`returning`]).
//!
//! A topic has one owner, which changes it step by step. Once the outcome of a step is unknown, the topic is only
//! described. The possible states of a topic therefore do not depend on how requests interleaved.

use std::sync::Arc;

use anyhow::Result;
use checkers::history::Offset;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::returning::{self, Returning};
use super::{Row, Turn, Worker, Workload, append, with_pollers};
use crate::config::seed::random;
use crate::load::Load;
use crate::load::admin_client::AdminClient;
use crate::load::pace::Pace;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "admin",
    description: "appends; topics created, grown, described, deleted through any node; records deleted",
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

    fn returning(&self) -> Vec<String> {
        returning::names(WORKERS)
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
    DeleteRecords,
    ReadDeleted,
    /// Create what must be refused.
    CreateInvalid,
    /// Create a topic that exists.
    CreateAgain(usize),
    /// Delete a topic that is deleted.
    DeleteAgain(usize),
    /// Ask for as many partitions as a topic has.
    GrowByNone(usize),
}

/// A creation that no broker may accept.
#[derive(Debug)]
struct Invalid {
    name: String,
    partitions: i32,
    replicas: i16,
}

impl Invalid {
    fn drawn(random: &mut ChaCha8Rng, (thread, number): (u64, u64), replicas: i16) -> Invalid {
        let name = format!("refused{thread}-{number}");
        let valid = Invalid {
            name,
            partitions: 1,
            replicas,
        };
        match random.random_range(0..3) {
            // Kafka's names have letters, digits, dots, underscores and hyphens only.
            0 => Invalid {
                name: format!("{}/slash", valid.name),
                ..valid
            },
            1 => Invalid {
                partitions: 0,
                ..valid
            },
            // More than any cluster of this harness has nodes.
            _ => Invalid {
                replicas: 99,
                ..valid
            },
        }
    }
}

/// The largest share of a partition that one request deletes.
const DELETED_SHARE: f64 = 0.3;

/// What one worker has deleted.
struct Deleted {
    /// By partition: the node that led it last, and below which offset everything is deleted.
    partitions: Vec<(usize, Offset)>,
}

impl Deleted {
    fn of(load: &Load) -> Deleted {
        Deleted {
            partitions: vec![(0, 0); load.partitions.len()],
        }
    }

    /// A partition that records may be deleted from: every second one, the only one too.
    fn any(&self, random: &mut ChaCha8Rng) -> Option<usize> {
        let some: Vec<usize> = (0..self.partitions.len()).step_by(2).collect();
        some.choose(random).copied()
    }

    /// Deletes up to a share of what is left of a partition. A node that does not lead it refuses, and the next one is
    /// asked the next time.
    fn more(
        &mut self,
        asker: &mut AdminClient<'_>,
        _node: usize,
        load: &Load,
        random: &mut ChaCha8Rng,
    ) {
        let (Some(at), share) = (self.any(random), random.random_range(0.0..DELETED_SHARE)) else {
            return;
        };
        let (topic, partition) = &load.partitions[at];
        let place = (topic.as_str(), *partition);
        let (leader, known) = &mut self.partitions[at];
        let Some((start, end)) = asker.span(*leader, place) else {
            *leader = (*leader + 1) % load.addresses.len().max(1);
            return;
        };
        let left = end.saturating_sub(start).max(0);
        let below = start.saturating_add((left as f64 * share) as Offset);
        if let Some(low_watermark) = asker.delete_records(*leader, place, below) {
            *known = (*known).max(low_watermark);
        }
    }

    /// Reads just below what was deleted, through any node.
    fn read(
        &mut self,
        asker: &mut AdminClient<'_>,
        node: usize,
        load: &Load,
        random: &mut ChaCha8Rng,
    ) {
        let Some(at) = self.any(random).filter(|at| self.partitions[*at].1 > 0) else {
            return;
        };
        let (topic, partition) = &load.partitions[at];
        let position = self.partitions[at].1 - 1;
        asker.read_deleted(node, (topic.as_str(), *partition), position);
    }
}

/// Changes topics until asked to stop.
fn run(load: &Load, turn: Turn) -> Result<()> {
    let thread = turn.thread;
    let mut random = random(load.seed, 3_000 + thread);
    let mut pace = Pace::per_second(PER_SECOND);
    let mut asker = AdminClient::new(&load.addresses, &load.recorder, &load.ids);
    let mut topics: Vec<Owned> = Vec::new();
    let mut deleted = Deleted::of(load);
    let mut returning = Returning::of(thread);
    let mut invalid = 0;
    while pace.wait(&mut random, &load.stop) {
        let node = random.random_range(0..load.addresses.len());
        if returning.turn(&mut asker, load) {
            continue;
        }
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
            Step::CreateInvalid => {
                invalid += 1;
                let asked = Invalid::drawn(&mut random, (thread, invalid), load.replicas);
                load.created.add(&asked.name);
                asker.create(node, (&asked.name, asked.partitions), asked.replicas);
            }
            Step::CreateAgain(at) => {
                let topic = &mut topics[at];
                let partitions = topic.partitions.unwrap_or(1) + 1;
                // Without an answer it may be applied once the topic is deleted, so it is not changed any more.
                topic.certain = asker
                    .create(node, (&topic.name, partitions), load.replicas)
                    .is_some();
            }
            Step::DeleteRecords => deleted.more(&mut asker, node, load, &mut random),
            Step::ReadDeleted => deleted.read(&mut asker, node, load, &mut random),
            Step::Describe(at) => {
                asker.describe(node, &topics[at].name, None);
            }
            Step::DeleteAgain(at) => {
                let topic = &mut topics[at];
                topic.certain = asker.delete(node, &topic.name).is_some();
            }
            Step::GrowByNone(at) => {
                let topic = &mut topics[at];
                let same = topic.partitions.unwrap_or(1);
                topic.certain = asker.grow(node, &topic.name, same).is_some();
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
    let certain = |is_there: bool| -> Vec<usize> {
        let topics = topics.iter().enumerate();
        topics
            .filter(|(_, topic)| topic.certain && topic.partitions.is_some() == is_there)
            .map(|(at, _)| at)
            .collect()
    };
    let (alive, gone) = (certain(true), certain(false));
    let drawn = random.random_range(0..100);
    let gone = gone.choose(random).filter(|_| (80..82).contains(&drawn));
    if let Some(at) = gone {
        return Step::DeleteAgain(*at);
    }
    match (drawn, alive.choose(random)) {
        (82..84, Some(at)) => Step::GrowByNone(*at),
        (84..88, _) => Step::CreateInvalid,
        (88..90, Some(at)) => Step::CreateAgain(*at),
        (90..96, _) => Step::DeleteRecords,
        (96..100, _) => Step::ReadDeleted,
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
                Step::Grow(at)
                | Step::Delete(at)
                | Step::CreateAgain(at)
                | Step::GrowByNone(at) => {
                    assert_eq!(at, 2);
                    changed += 1;
                }
                Step::DeleteAgain(at) => assert_eq!(at, 1),
                Step::Create
                | Step::CreateInvalid
                | Step::Describe(_)
                | Step::DeleteRecords
                | Step::ReadDeleted => {}
            }
        }
        assert!(changed > 100);
        let first = (0..100).map(|_| next(&[], &mut random));
        assert!(
            first
                .into_iter()
                .all(|step| !matches!(step, Step::Grow(_) | Step::Delete(_) | Step::Describe(_)))
        );
    }
}
