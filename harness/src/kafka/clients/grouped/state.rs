//! What a member knows of itself: its partitions, how far it read and committed in each, and what it has not told yet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use checkers::history::{
    Assigned, Call, CommitOffsets, Committed, CommittedOffset, Deliver, Delivered, FetchOffsets,
    FetchedOffset, Isolation, Join, Offset, OffsetsFetched, Outcome, Partition, Record, Report,
};
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};

use super::identity::identity;
use super::journal::{Journal, Lane};
use super::task::Task;
use crate::kafka::clients::producer::code_name;

/// The time that a question for committed offsets may take.
const FETCH: Duration = Duration::from_secs(2);
/// The pause before they are asked for again.
const AGAIN: Duration = Duration::from_millis(100);
/// Records are told after this time at the latest.
const TELL_AFTER: Duration = Duration::from_millis(100);

/// Topic and partition.
pub(super) type Place = (String, i32);

/// How far a member is in a partition.
#[derive(Clone, Copy, Debug)]
struct Progress {
    next: Offset,
    committed: Offset,
}

/// A member's own view.
pub(super) struct State<J> {
    pub(super) task: Task,
    pub(super) journal: J,
    /// Whether a JoinGroup is told as called, and not yet as answered.
    pub(super) joining: bool,
    pub(super) closing: bool,
    /// The generation of its assignment, and its member id.
    identity: (i32, String),
    places: BTreeMap<Place, Progress>,
    /// What it read and has not told, since when, and where it stood before.
    batch: Vec<Record>,
    since: Instant,
    stood: Vec<Assigned>,
    tokens: u64,
}

impl<J: Journal> State<J> {
    pub(super) fn new(task: Task, journal: J) -> State<J> {
        State {
            task,
            journal,
            joining: false,
            closing: false,
            identity: (-1, String::new()),
            places: BTreeMap::new(),
            batch: Vec::new(),
            since: Instant::now(),
            stood: Vec::new(),
            tokens: 0,
        }
    }

    pub(super) fn is_asked_to_end(&self) -> bool {
        self.journal.is_asked_to_end()
    }

    /// Tells that it asks to join, for a reason as [`Join::reason`] says it. Nothing if it is about to already.
    pub(super) fn join(&mut self, reason: &str) {
        if std::mem::replace(&mut self.joining, true) {
            return;
        }
        let member = match reason {
            "rebalance" => self.member().to_owned(),
            _ => String::new(),
        };
        let topics = self.task.topics.iter();
        self.journal.calls(
            Lane::Group,
            Call::Join(Box::new(Join {
                group: self.task.group.as_str().into(),
                member: member.as_str().into(),
                instance: self.task.instance.as_deref().map(Into::into),
                topics: topics.map(|topic| topic.as_str().into()).collect(),
                reason: Some(reason.into()),
                node: None,
                library: true,
            })),
        );
    }

    /// Its member id; empty before it has one.
    pub(super) fn member(&self) -> &str {
        &self.identity.1
    }

    /// From now on it is this one.
    pub(super) fn becomes(&mut self, generation: i32, member: String) {
        self.identity = (generation, member);
    }

    /// The next offset of each partition.
    pub(super) fn positions(&self) -> Vec<(Place, Offset)> {
        let places = self.places.iter();
        places
            .map(|(place, progress)| (place.clone(), progress.next))
            .collect()
    }

    /// Its partitions.
    pub(super) fn partitions(&self) -> Vec<Partition> {
        let places = self.places.keys();
        places
            .map(|(topic, partition)| Partition(topic.as_str().into(), *partition))
            .collect()
    }

    /// It has these partitions no more; all if none are named.
    pub(super) fn gives_up(&mut self, places: Option<&[Place]>) {
        match places {
            None => self.places.clear(),
            Some(places) => self.places.retain(|place, _| !places.contains(place)),
        }
    }

    /// It was given a record.
    pub(super) fn took(&mut self, message: &BorrowedMessage<'_>, most: usize) {
        if self.batch.is_empty() {
            self.since = Instant::now();
            let places = self.places.iter();
            let stood = places.map(|((topic, partition), progress)| Assigned {
                topic: topic.as_str().into(),
                partition: *partition,
                position: progress.next,
            });
            self.stood = stood.collect();
        }
        let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
        let value = String::from_utf8_lossy(message.payload().unwrap_or_default());
        let record = Record(topic.into(), partition, offset, (*value).into());
        self.batch.push(record);
        if let Some(progress) = self.places.get_mut(&(topic.to_owned(), partition)) {
            progress.next = offset + 1;
        }
        if self.batch.len() >= most || self.since.elapsed() >= TELL_AFTER {
            self.tell();
        }
    }

    /// Tells what it was given.
    pub(super) fn tell(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let (generation, member) = &self.identity;
        self.journal.calls(
            Lane::Work,
            Call::Deliver(Box::new(Deliver {
                group: self.task.group.as_str().into(),
                member: member.as_str().into(),
                generation: *generation,
                assigned: std::mem::take(&mut self.stood),
                isolation: Isolation::ReadCommitted,
            })),
        );
        let records = std::mem::take(&mut self.batch);
        let report = Report::Deliver(Box::new(Delivered { records }));
        self.journal.ended(Lane::Work, Outcome::Ok, None, report);
    }

    /// Commits how far it came. That anything failed says only that it may not have happened: librdkafka sends a commit again
    /// when a connection is lost, and tells of the last answer.
    pub(super) fn commit<C: ConsumerContext>(&mut self, consumer: &BaseConsumer<C>) {
        self.tell();
        let moved = self.places.iter().filter(|(_, at)| at.next > at.committed);
        let moved: Vec<(Place, Offset)> =
            moved.map(|(place, at)| (place.clone(), at.next)).collect();
        if moved.is_empty() {
            return;
        }
        self.tokens += 1;
        let token = format!("{}-{}", self.task.name, self.tokens);
        let of = |(topic, partition): &Place| format!("{token}-{topic}-{partition}");
        let mut list = TopicPartitionList::new();
        for ((topic, partition), next) in &moved {
            let mut row = list.add_partition(topic, *partition);
            // An offset from a record is a possible one.
            let _ = row.set_offset(Position::Offset(*next));
            row.set_metadata(of(&(topic.clone(), *partition)));
        }
        let offsets = moved.iter().map(|(place, next)| CommittedOffset {
            topic: place.0.as_str().into(),
            partition: place.1,
            offset: *next,
            token: Some(of(place).as_str().into()),
        });
        self.journal.calls(
            Lane::Work,
            Call::CommitOffsets(Box::new(CommitOffsets {
                group: self.task.group.as_str().into(),
                generation: self.generation_sent(consumer),
                member: self.identity.1.as_str().into(),
                offsets: offsets.collect(),
                node: None,
                library: true,
            })),
        );
        let committed = consumer.commit(&list, CommitMode::Sync);
        let report = Report::CommitOffsets(Box::<Committed>::default());
        match committed {
            Ok(()) => {
                for (place, next) in moved {
                    if let Some(at) = self.places.get_mut(&place) {
                        at.committed = next;
                    }
                }
                self.journal.ended(Lane::Work, Outcome::Ok, None, report);
            }
            Err(error) => {
                let why = Some(name_of(&error));
                self.journal.ended(Lane::Work, Outcome::Info, why, report);
            }
        }
    }

    /// The generation that a commit carries, or -1 where that is not sure: a cooperative member commits while it joins again, and
    /// the library may be ahead of what it has told.
    fn generation_sent<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>) -> i32 {
        let cooperative = self.task.assignor.starts_with("cooperative");
        let own = self.identity.0;
        let sure = !cooperative && identity(consumer).0 == own;
        if sure { own } else { -1 }
    }

    /// Asks where to go on in partitions that it is given, until there is an answer or it is to end. It begins with the first
    /// record where nothing was committed.
    pub(super) fn begins<C: ConsumerContext>(
        &mut self,
        consumer: &BaseConsumer<C>,
        places: &[Place],
    ) -> Vec<(Place, Offset)> {
        while !places.is_empty() {
            if let Some(fetched) = self.fetch(consumer, places) {
                for (place, committed) in &fetched {
                    let (next, committed) = ((*committed).max(0), *committed);
                    self.places
                        .insert(place.clone(), Progress { next, committed });
                }
                return fetched;
            }
            if self.is_asked_to_end() {
                break;
            }
            std::thread::sleep(AGAIN);
        }
        Vec::new()
    }

    fn fetch<C: ConsumerContext>(
        &mut self,
        consumer: &BaseConsumer<C>,
        places: &[Place],
    ) -> Option<Vec<(Place, Offset)>> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in places {
            list.add_partition(topic, *partition);
        }
        let asked = places.iter();
        self.journal.calls(
            Lane::Work,
            Call::FetchOffsets(Box::new(FetchOffsets {
                group: self.task.group.as_str().into(),
                partitions: asked
                    .map(|(topic, partition)| Partition(topic.as_str().into(), *partition))
                    .collect(),
                require_stable: true,
                member: Some(self.identity.1.as_str().into()),
                node: None,
                phase: None,
            })),
        );
        let mut fetched = Vec::new();
        let mut shown = Vec::new();
        let answer = consumer.committed_offsets(list, FETCH);
        let mut failed = answer.as_ref().err().map(name_of);
        for row in answer.iter().flat_map(TopicPartitionList::elements) {
            let error = row.error().err().map(|error| name_of(&error));
            let offset = match row.offset() {
                Position::Offset(offset) => offset,
                _ => -1,
            };
            shown.push(FetchedOffset {
                topic: row.topic().into(),
                partition: row.partition(),
                offset,
                token: (offset >= 0).then(|| row.metadata().into()),
                error: error.as_deref().map(Into::into),
            });
            fetched.push(((row.topic().to_owned(), row.partition()), offset));
            failed = failed.or(error);
        }
        let outcome = match failed {
            None => Outcome::Ok,
            Some(_) => Outcome::Fail,
        };
        let done = failed.is_none();
        let report = Report::FetchOffsets(Box::new(OffsetsFetched { offsets: shown }));
        self.journal.ended(Lane::Work, outcome, failed, report);
        done.then_some(fetched)
    }

    /// It is about to leave: what it did is told and committed, and a JoinGroup that waits will not be answered.
    pub(super) fn close<C: ConsumerContext>(&mut self, consumer: &BaseConsumer<C>) {
        self.commit(consumer);
        self.closing = true;
        if std::mem::take(&mut self.joining) {
            let why = Some("it left before it was answered".to_owned());
            let report = Report::Join(Box::default());
            self.journal.ended(Lane::Group, Outcome::Info, why, report);
        }
    }
}

/// librdkafka's name of an error.
fn name_of(error: &KafkaError) -> String {
    let code = error.rdkafka_error_code();
    code.map_or_else(|| error.to_string(), code_name)
}
