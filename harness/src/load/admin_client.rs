//! An admin client. It creates, grows, deletes and describes topics, sends each request once and through one node, and
//! records all of it. Its worker id is retired when an outcome is unknown.

use std::net::SocketAddr;
use std::time::Duration;

use checkers::history::{
    Call, Completion, DeleteRecords, Invocation, Offset, Read, ReadSeen, Record, RecordsDeleted,
    Report, Text, TopicCall, TopicEvent, TopicSeen, What, WorkerId,
};

use crate::kafka::questions::admin::{self, Changed};
use crate::kafka::questions::{self, NoAnswer};
use crate::kafka::wire::Wire;
use crate::probe::start_offset;
use crate::record::{Recorder, WorkerIds};

/// The size of a fetch in bytes.
const FETCH_BYTES: i32 = 1 << 16;
/// The time-out in a request, within which the broker must answer.
const GRANTED_MS: i32 = 1_500;
/// The time that the harness waits for the answer.
const TIMEOUT: Duration = Duration::from_millis(2_500);
/// The number of attempts to describe one topic at the end, if a node does not answer.
const LAST_TRIES: usize = 3;
/// Marks the final descriptions in the history.
const FINAL: &str = "final";

/// Asks every node to describe every topic, after the last heal. The answers show the final state. A node that does not
/// answer is not asked about the remaining topics.
pub fn describe_all(
    topics: &[String],
    addresses: &[SocketAddr],
    recorder: &Recorder,
    ids: &WorkerIds,
) {
    std::thread::scope(|scope| {
        for node in 0..addresses.len() {
            scope.spawn(move || {
                let mut asker = AdminClient::new(addresses, recorder, ids);
                for name in topics {
                    if !asker.describe(node, name, Some(FINAL)) {
                        break;
                    }
                }
            });
        }
    });
}

/// One worker: a connection to each node, and an id that is retired when an outcome is unknown.
pub(super) struct AdminClient<'a> {
    wires: Vec<Wire>,
    recorder: &'a Recorder,
    ids: &'a WorkerIds,
    worker: WorkerId,
}

impl<'a> AdminClient<'a> {
    pub(super) fn new(
        addresses: &[SocketAddr],
        recorder: &'a Recorder,
        ids: &'a WorkerIds,
    ) -> AdminClient<'a> {
        AdminClient {
            wires: addresses.iter().map(|at| Wire::new(*at, TIMEOUT)).collect(),
            recorder,
            ids,
            worker: ids.next(),
        }
    }

    pub(super) fn create(
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

    pub(super) fn grow(&mut self, node: usize, name: &str, partitions: i32) -> Option<bool> {
        let call = Call::GrowTopic(Box::new(call(node, name, Some(partitions))));
        let ask = |wire: &mut Wire| admin::grow(wire, name, partitions, GRANTED_MS);
        let done = self.change(node, call, Report::GrowTopic, ask);
        self.tell(done, name, partitions, "grown")
    }

    pub(super) fn delete(&mut self, node: usize, name: &str) -> Option<bool> {
        let call = Call::DeleteTopic(Box::new(call(node, name, None)));
        let ask = |wire: &mut Wire| admin::delete(wire, name, GRANTED_MS);
        let done = self.change(node, call, Report::DeleteTopic, ask);
        self.tell(done, name, 0, "deleted")
    }

    /// Where a partition begins and ends, by the word of a node; none if it refuses, as one that does not lead must. The
    /// begin is recorded. The end only decides what is asked for next.
    pub(super) fn span(&mut self, node: usize, place: (&str, i32)) -> Option<(Offset, Offset)> {
        let recorded = (self.recorder, self.ids);
        let wire = &mut self.wires[node];
        let start = start_offset::ask((node + 1, wire), place, None, &mut self.worker, recorded)?;
        let end = questions::end_offset(&mut self.wires[node], place.0, place.1).ok()?;
        Some((start, end.offset))
    }

    /// Deletes records through a node. Returns the first offset that is kept, if that was acknowledged.
    pub(super) fn delete_records(
        &mut self,
        node: usize,
        place: (&str, i32),
        offset: Offset,
    ) -> Option<Offset> {
        let call = DeleteRecords {
            node: Some(format!("n{}", node + 1).into()),
            topic: place.0.into(),
            partition: place.1,
            offset,
        };
        self.recorder.record(What::Invoke(Invocation {
            worker: self.worker,
            call: Call::DeleteRecords(Box::new(call)),
        }));
        let wire = &mut self.wires[node];
        let (changed, low_watermark) = admin::delete_records(wire, place, offset, GRANTED_MS);
        self.ended(
            changed,
            Report::DeleteRecords(RecordsDeleted { low_watermark }),
        );
        low_watermark
    }

    /// Reads what was deleted, through a node. It should be refused.
    pub(super) fn read_deleted(&mut self, node: usize, place: (&str, i32), position: Offset) {
        let worker = self.worker;
        let call = Read {
            node: format!("n{}", node + 1).into(),
            topic: place.0.into(),
            partition: place.1,
            position,
            phase: None,
        };
        self.recorder.record(What::Invoke(Invocation {
            worker,
            call: Call::Read(Box::new(call)),
        }));
        let wire = &mut self.wires[node];
        let answer = questions::fetch(wire, place.0, place.1, position, FETCH_BYTES);
        let error = answer.as_ref().err().map(|error| error.to_string().into());
        let silent = matches!(answer, Err(NoAnswer::Wire(_)));
        let seen = answer.ok().map(|fetched| {
            let records = fetched.records.iter();
            let record =
                |one: &questions::Stored| Record(place.0.into(), place.1, one.offset, one.text());
            ReadSeen {
                records: records.map(record).collect(),
                next: Some(fetched.next),
                high_watermark: Some(fetched.high_watermark),
                log_start_offset: Some(fetched.log_start_offset),
            }
        });
        let served = seen.is_some();
        let report = Report::Read(Box::new(seen.unwrap_or_default()));
        let completion = Completion {
            worker,
            error,
            report,
        };
        self.recorder.record(match (served, silent) {
            (true, _) => What::Ok(completion),
            (false, false) => What::Fail(completion),
            (false, true) => {
                self.worker = self.ids.next();
                What::Info(completion)
            }
        });
    }

    /// Whether a change was made. None if the outcome is unknown.
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
        self.ended(changed, report)
    }

    /// Records how a change came out.
    fn ended(&mut self, changed: Changed, report: Report) -> Option<bool> {
        let worker = self.worker;
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

    /// An acknowledged change is also recorded as a change of the topic itself.
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

    /// Asks a node to describe a topic, at the end with retries. Returns whether it answered.
    pub(super) fn describe(&mut self, node: usize, name: &str, phase: Option<&str>) -> bool {
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
