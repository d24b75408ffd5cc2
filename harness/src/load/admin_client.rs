//! An admin client. It creates, grows, deletes and describes topics, sends each request once and through one node, and
//! records all of it.

use std::net::SocketAddr;
use std::time::Duration;

use checkers::history::{
    Call, DeleteRecords, Offset, Read, ReadSeen, Record, RecordsDeleted, Report, Text, TopicCall,
    TopicEvent, TopicSeen, What,
};

use crate::kafka::questions::admin::{self, Changed};
use crate::kafka::wire::Wire;
use crate::kafka::{nodes, questions};
use crate::probe::start_offset;
use crate::record::{Caller, Outcome, Recorder, WorkerIds};

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

/// One worker, with a connection to each node.
pub(super) struct AdminClient<'a> {
    wires: Vec<Wire>,
    recorder: &'a Recorder,
    caller: Caller<'a>,
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
            caller: Caller::new((recorder, ids)),
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
        let wire = &mut self.wires[node];
        let start = start_offset::ask((node + 1, wire), place, None, &mut self.caller)?;
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
        self.caller
            .calls(Call::DeleteRecords(Box::new(DeleteRecords {
                node: Some(nodes::name(node)),
                topic: place.0.into(),
                partition: place.1,
                offset,
            })));
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
        self.caller.calls(Call::Read(Box::new(Read {
            node: nodes::name(node),
            topic: place.0.into(),
            partition: place.1,
            position,
            phase: None,
        })));
        let wire = &mut self.wires[node];
        let answer = questions::fetch(wire, place.0, place.1, position, FETCH_BYTES);
        let outcome = questions::outcome(&answer);
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
        let report = Report::Read(Box::new(seen.unwrap_or_default()));
        self.caller.ended(outcome, report);
    }

    /// Whether a change was made. None if the outcome is unknown.
    fn change(
        &mut self,
        node: usize,
        call: Call,
        report: Report,
        ask: impl FnOnce(&mut Wire) -> Changed,
    ) -> Option<bool> {
        self.caller.calls(call);
        let changed = ask(&mut self.wires[node]);
        self.ended(changed, report)
    }

    /// Records how a change came out.
    fn ended(&mut self, changed: Changed, report: Report) -> Option<bool> {
        let (outcome, done) = match changed {
            Changed::Acknowledged => (Outcome::Ok, Some(true)),
            Changed::Refused(why) => (Outcome::Fail(why), Some(false)),
            Changed::Unknown(why) => (Outcome::Info(why), None),
        };
        self.caller.ended(outcome, report);
        done
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
            let mut call = call(node, name, None);
            call.phase = phase.map(Text::from);
            self.caller.calls(Call::DescribeTopic(Box::new(call)));
            let answer = admin::describe(&mut self.wires[node], name);
            let outcome = questions::outcome(&answer);
            let partitions = answer.unwrap_or_default();
            let done = outcome == Outcome::Ok;
            self.caller
                .ended(outcome, Report::DescribeTopic(TopicSeen { partitions }));
            if done {
                return true;
            }
        }
        false
    }
}

fn call(node: usize, topic: &str, partitions: Option<i32>) -> TopicCall {
    TopicCall {
        node: nodes::name(node),
        topic: topic.into(),
        partitions,
        phase: None,
    }
}
