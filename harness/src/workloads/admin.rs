//! `admin`: topics are created, described, grown and deleted, each request once and through a node drawn at random, while
//! the other workers append and poll as in `append`.
//!
//! A topic has one owner, which changes it one step after the other; once the outcome of a step is unknown, the topic is
//! only described any more. So what a topic may look like is known without guessing how requests interleaved.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use checkers::history::{
    Call, Completion, Invocation, Report, Text, TopicCall, TopicEvent, TopicSeen, What, WorkerId,
};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::Load;
use crate::questions::NoAnswer;
use crate::questions::admin::{self, Changed};
use crate::recorder::Recorder;
use crate::wire::Wire;
use crate::worker::{Pace, WorkerIds, random};

/// One line for `jepsen list`.
pub const DESCRIPTION: &str =
    "topics created, grown, described, deleted through a random node, beside appends";

/// This many of the producing clients change topics instead.
pub const WORKERS: usize = 2;
/// Requests a second of each of them.
const PER_SECOND: f64 = 10.0;
/// At most this many partitions at creation.
const PARTITIONS_MAX: i32 = 4;
/// A worker creates no more topics than this.
const TOPICS_MAX: usize = 150;
/// What a request grants the broker.
const GRANTED_MS: i32 = 1_500;
/// What the harness waits for its answer.
const TIMEOUT: Duration = Duration::from_millis(2_500);
/// How often a node is asked about one topic in the end, if it does not answer.
const LAST_TRIES: usize = 3;
/// The word that marks the last questions in the history.
const FINAL: &str = "final";

/// The names of all topics that were touched. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Topics(Arc<Mutex<Vec<String>>>);

impl Topics {
    fn add(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name.to_owned());
    }

    /// All of them, in the order of their creation.
    pub fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A topic as its owner knows it.
struct Owned {
    name: String,
    /// Its partitions; none once it is deleted.
    partitions: Option<i32>,
    /// False once the outcome of a change is unknown: it is left alone from then on.
    certain: bool,
}

/// What to do next.
enum Step {
    Create,
    Describe(usize),
    Grow(usize),
    Delete(usize),
}

/// Changes topics until told to stop.
pub fn run(load: &Load, thread: u64) {
    let mut random = random(load.seed, 3_000 + thread);
    let mut pace = Pace::per_second(PER_SECOND);
    let mut asker = Asker::new(&load.addresses, &load.recorder, &load.ids);
    let mut topics: Vec<Owned> = Vec::new();
    while pace.wait(&mut random, &load.stop) {
        let node = random.random_range(0..load.addresses.len());
        match next(&topics, &mut random) {
            Step::Create => {
                let name = format!("a{thread}-{}", topics.len());
                let partitions = random.random_range(1..=PARTITIONS_MAX);
                load.topics.add(&name);
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
}

/// Draws a step: creations and questions mostly, deletions rarely, so that there is something to look at.
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

/// Asks every node about every topic, after the last heal: what it answers now is what it has. A node that does not
/// answer is not asked about the rest.
pub fn describe_all(
    topics: &[String],
    addresses: &[SocketAddr],
    recorder: &Recorder,
    ids: &WorkerIds,
) {
    std::thread::scope(|scope| {
        for node in 0..addresses.len() {
            scope.spawn(move || {
                let mut asker = Asker::new(addresses, recorder, ids);
                for name in topics {
                    if !asker.describe(node, name, Some(FINAL)) {
                        break;
                    }
                }
            });
        }
    });
}

/// One worker that asks: a connection to each node, and an id that is retired when an outcome is unknown.
struct Asker<'a> {
    wires: Vec<Wire>,
    recorder: &'a Recorder,
    ids: &'a WorkerIds,
    worker: WorkerId,
}

impl<'a> Asker<'a> {
    fn new(addresses: &[SocketAddr], recorder: &'a Recorder, ids: &'a WorkerIds) -> Asker<'a> {
        Asker {
            wires: addresses.iter().map(|at| Wire::new(*at, TIMEOUT)).collect(),
            recorder,
            ids,
            worker: ids.next(),
        }
    }

    fn create(
        &mut self,
        node: usize,
        (name, partitions): (&str, i32),
        replicas: i16,
    ) -> Option<bool> {
        let call = Call::CreateTopic(Box::new(call(node, name, Some(partitions))));
        let ask = |wire: &mut Wire| admin::create(wire, name, partitions, replicas, GRANTED_MS);
        let done = self.change(node, call, Report::CreateTopic, ask);
        self.tell(done, name, partitions, "created")
    }

    fn grow(&mut self, node: usize, name: &str, partitions: i32) -> Option<bool> {
        let call = Call::GrowTopic(Box::new(call(node, name, Some(partitions))));
        let ask = |wire: &mut Wire| admin::grow(wire, name, partitions, GRANTED_MS);
        let done = self.change(node, call, Report::GrowTopic, ask);
        self.tell(done, name, partitions, "grown")
    }

    fn delete(&mut self, node: usize, name: &str) -> Option<bool> {
        let call = Call::DeleteTopic(Box::new(call(node, name, None)));
        let ask = |wire: &mut Wire| admin::delete(wire, name, GRANTED_MS);
        let done = self.change(node, call, Report::DeleteTopic, ask);
        self.tell(done, name, 0, "deleted")
    }

    /// Whether a change was made; nothing if nobody knows.
    fn change(
        &mut self,
        node: usize,
        call: Call,
        report: Report,
        ask: impl FnOnce(&mut Wire) -> Changed,
    ) -> Option<bool> {
        let worker = self.worker;
        self.recorder
            .record(What::Invoke(Invocation { worker, call }));
        let changed = ask(&mut self.wires[node]);
        let completion = |error: Option<String>| Completion {
            worker,
            error: error.map(Text::from),
            report,
        };
        match changed {
            Changed::Acknowledged => {
                self.recorder.record(What::Ok(completion(None)));
                Some(true)
            }
            Changed::Refused(why) => {
                self.recorder.record(What::Fail(completion(Some(why))));
                Some(false)
            }
            Changed::Unknown(why) => {
                self.recorder.record(What::Info(completion(Some(why))));
                self.worker = self.ids.next();
                None
            }
        }
    }

    /// Records a change that was acknowledged as one of the topic itself, too.
    fn tell(&self, done: Option<bool>, name: &str, partitions: i32, what: &str) -> Option<bool> {
        if done == Some(true) {
            self.recorder.record(What::Topic(Box::new(TopicEvent {
                name: name.to_owned(),
                id: String::new(),
                partitions,
                what: what.to_owned(),
            })));
        }
        done
    }

    /// Asks a node about a topic, in the end again if it does not answer; tells whether it did.
    fn describe(&mut self, node: usize, name: &str, phase: Option<&str>) -> bool {
        let tries = if phase.is_some() { LAST_TRIES } else { 1 };
        for _ in 0..tries {
            let worker = self.worker;
            let mut call = call(node, name, None);
            call.phase = phase.map(Text::from);
            let call = Call::DescribeTopic(Box::new(call));
            self.recorder
                .record(What::Invoke(Invocation { worker, call }));
            let answer = admin::describe(&mut self.wires[node], name);
            let completion = |error: Option<&NoAnswer>, partitions| Completion {
                worker,
                error: error.map(|error| error.to_string().into()),
                report: Report::DescribeTopic(TopicSeen { partitions }),
            };
            match answer {
                Ok(partitions) => {
                    self.recorder.record(What::Ok(completion(None, partitions)));
                    return true;
                }
                Err(error @ NoAnswer::Refused(_)) => {
                    self.recorder
                        .record(What::Fail(completion(Some(&error), None)));
                }
                Err(error @ NoAnswer::Wire(_)) => {
                    self.recorder
                        .record(What::Info(completion(Some(&error), None)));
                    self.worker = self.ids.next();
                }
            }
        }
        false
    }
}

fn call(node: usize, topic: &str, partitions: Option<i32>) -> TopicCall {
    TopicCall {
        node: format!("n{}", node + 1).into(),
        topic: topic.into(),
        partitions,
        phase: None,
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

    /// A topic whose last change nobody knows the outcome of is never changed again: only its owner's order of steps
    /// makes its possible states few.
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
