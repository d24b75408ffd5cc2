//! One line after the other: what it says is noted with the call that it belongs to.

use super::asked::{Append, Asked, End, Kind, Part, Poll, Read, State, Topic};
use super::requests::{Answer, METADATA, QUORUM};
use super::stated::Stated;
use super::{Tally, known::Known};
use crate::history::{
    Acks, Call, Completion, Event, Invocation, Moment, Observation, Offset, Outcome, Record,
    Report, Seen, What,
};

/// What clients and brokers call an offset that is out of range: the protocol's name, and librdkafka's where it may not
/// look for another offset.
const OUT_OF_RANGE: &[&str] = &["OFFSET_OUT_OF_RANGE", "_AUTO_OFFSET_RESET"];

/// Whether an error says that an offset is out of range.
pub(in crate::checks) fn is_out_of_range(error: &str) -> bool {
    OUT_OF_RANGE.iter().any(|name| error.contains(name))
}

impl Tally {
    /// Takes the next line.
    pub(in crate::checks) fn take(&mut self, event: &Event) {
        if event.t > self.now {
            self.settle();
        }
        self.now = event.t;
        match &event.what {
            What::Invoke(invocation) => self.invoked(event, invocation),
            What::Ok(completion) => self.completed(event.t, completion, State::Ok),
            What::Fail(completion) => self.completed(event.t, completion, State::Fail),
            What::Info(completion) => self.completed(event.t, completion, State::Info),
            What::Observation(about) => self.observed(event, about),
            What::Topic(topic) => self.leads.topic(event.t, topic),
            _ => {}
        }
    }

    /// Notes what was known when the calls of the last moment were made.
    pub(super) fn settle(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        for number in fresh.drain(..) {
            let Some(at) = number.checked_sub(self.first) else {
                continue;
            };
            let Some(asked) = self.queue.get_mut(at as usize) else {
                continue;
            };
            let called = asked.called;
            match &mut asked.kind {
                Kind::Poll(poll) => {
                    for part in &mut poll.parts {
                        let known = &self.known[part.place as usize];
                        part.known = known.before(called);
                        part.reached = reaches(known, part.position);
                    }
                }
                Kind::Read(read) => {
                    read.reached = reaches(&self.known[read.place as usize], read.position);
                }
                Kind::End(end) => {
                    end.long = self.known[end.place as usize].for_long(called, self.late);
                    if let Some(node) = &end.node {
                        end.leads = self.leads.claims(node, self.names.place(end.place));
                    }
                }
                Kind::Append(_) | Kind::Topic(_) | Kind::Time(_) | Kind::Other => {}
            }
        }
        self.fresh = fresh;
    }

    fn index(&mut self, topic: &str, partition: i32) -> u32 {
        let at = self.names.index(topic, partition);
        if self.known.len() < self.names.len() {
            self.known.resize_with(self.names.len(), Known::default);
        }
        at
    }

    fn invoked(&mut self, event: &Event, invocation: &Invocation) {
        let kind = self.kind(&invocation.call);
        let number = self.first + self.queue.len() as u64;
        if matches!(kind, Kind::Poll(_) | Kind::Read(_) | Kind::End(_)) {
            self.fresh.push(number);
        }
        self.open.insert(invocation.worker, number);
        self.queue.push_back(Asked {
            id: event.i,
            worker: invocation.worker,
            called: event.t,
            ended: Moment::MAX,
            state: State::Open,
            kind,
        });
    }

    fn kind(&mut self, call: &Call) -> Kind {
        match call {
            Call::Append(append) => Kind::Append(Append {
                place: self.index(&append.topic, append.partition),
                values: u32::try_from(append.values.len()).unwrap_or(u32::MAX),
                all: append.acks == Acks::All,
                any: false,
            }),
            Call::Poll(poll) => {
                self.reads += 1;
                let mut parts = smallvec::SmallVec::with_capacity(poll.assigned.len());
                for assigned in &poll.assigned {
                    parts.push(Part {
                        place: self.index(&assigned.topic, assigned.partition),
                        position: assigned.position,
                        known: None,
                        reached: false,
                        given: None,
                    });
                }
                Kind::Poll(Box::new(Poll {
                    parts,
                    last: poll.phase.is_some(),
                    records: 0,
                    error: None,
                    out_of_range: false,
                }))
            }
            Call::Read(read) => {
                self.reads += 1;
                Kind::Read(Box::new(Read {
                    place: self.index(&read.topic, read.partition),
                    position: read.position,
                    reached: false,
                    out_of_range: false,
                }))
            }
            Call::EndOffset(asked) => Kind::End(Box::new(End {
                place: self.index(&asked.topic, asked.partition),
                node: asked.node.clone(),
                long: None,
                leads: false,
                stated: None,
                error: None,
            })),
            Call::OffsetForTime(_) => Kind::Time(None),
            call => match call.of_topic() {
                Some(topic) => Kind::Topic(Box::new(Topic {
                    request: call.name(),
                    describes: matches!(call, Call::DescribeTopic(_)),
                    node: topic.node.clone(),
                    last: topic.phase.is_some(),
                    error: None,
                })),
                None => Kind::Other,
            },
        }
    }

    fn completed(&mut self, at: Moment, completion: &Completion, state: State) {
        let Some(number) = self.open.remove(&completion.worker) else {
            return;
        };
        let Some(place) = number.checked_sub(self.first) else {
            return;
        };
        let Some(asked) = self.queue.get_mut(place as usize) else {
            return;
        };
        (asked.ended, asked.state) = (at, state);
        let error = completion.error.as_ref();
        let out_of_range = error.is_some_and(|error| is_out_of_range(error));
        match (&mut asked.kind, &completion.report) {
            (Kind::Append(append), Report::Append(appended)) => {
                let (place, values) = (append.place, append.values as usize);
                let of_all = appended.records.len() < values && state == State::Ok;
                let mut records = appended.records.iter().take(values);
                let mut highest = None;
                append.any = of_all;
                for record in &mut records {
                    if record.outcome == Outcome::Ok {
                        append.any = true;
                        highest = highest.max(record.offset.filter(|offset| *offset >= 0));
                    }
                }
                if let Some(offset) = highest.filter(|_| append.all) {
                    self.known[place as usize].add(at, offset, self.late);
                }
            }
            (Kind::Append(append), _) => append.any = append.values > 0 && state == State::Ok,
            (Kind::Poll(poll), report) => {
                (poll.error, poll.out_of_range) = (error.cloned(), out_of_range);
                if let Report::Poll(polled) = report {
                    poll.records = polled.records.len() as u64;
                    let mut kind = std::mem::replace(&mut asked.kind, Kind::Other);
                    if let Kind::Poll(poll) = &mut kind {
                        self.saw(at, &polled.records, |place, highest| {
                            let parts = poll.parts.iter_mut();
                            parts
                                .filter(|part| part.place == place)
                                .for_each(|part| part.given = part.given.max(highest));
                        });
                    }
                    self.queue[place as usize].kind = kind;
                }
            }
            (Kind::Read(read), report) => {
                read.out_of_range = out_of_range;
                if let Report::Read(seen) = report {
                    self.saw(at, &seen.records, |_, _| {});
                }
            }
            (Kind::End(end), report) => {
                end.error = error.cloned();
                if let Report::EndOffset(seen) = report {
                    end.stated = seen.offset;
                    let node = seen.node.as_ref().or(end.node.as_ref());
                    if let (State::Ok, Some(node), Some(epoch)) = (state, node, seen.epoch) {
                        let stated = Stated {
                            operation: asked.id,
                            called: asked.called,
                            returned: at,
                            epoch,
                        };
                        self.epochs.end(node, end.place, stated);
                    }
                    if let Some(offset) = seen.offset.filter(|_| state == State::Ok) {
                        let known = &mut self.known[end.place as usize];
                        known.add(at, offset.saturating_sub(1), self.late);
                    }
                }
            }
            (Kind::Topic(topic), _) => topic.error = error.cloned(),
            (Kind::Time(told), _) => *told = error.cloned(),
            (Kind::Other, _) => {}
        }
    }

    /// Records that were read: the highest of each run of one partition is known.
    fn saw(&mut self, at: Moment, records: &[Record], mut of: impl FnMut(u32, Option<Offset>)) {
        let same =
            |a: &Record, b: &Record| a.partition() == b.partition() && a.topic() == b.topic();
        for run in records.chunk_by(same) {
            let place = self.index(run[0].topic(), run[0].partition());
            let highest: Option<Offset> = run.iter().map(Record::offset).max();
            if let Some(offset) = highest {
                self.known[place as usize].add(at, offset, self.late);
            }
            of(place, highest);
        }
    }

    fn observed(&mut self, event: &Event, about: &Observation) {
        match &about.seen {
            Seen::Metadata { partitions, .. } => {
                if about.answered {
                    let times = (event.i, about.called, event.t);
                    for claim in partitions {
                        let place = self.names.find((claim.topic(), claim.partition()));
                        if let Some(place) = place {
                            let lane = (&about.node, place);
                            self.epochs.metadata(lane, times, claim, self.lag);
                        }
                    }
                }
                self.answering
                    .add(&about.node, about.called, about.answered);
                let own = self.nodes.iter().position(|node| *node == about.node);
                let id = own.and_then(|at| i32::try_from(at + 1).ok());
                self.leads.answer(event, about, id);
                if about.answered {
                    self.metadata.push_back(Answer {
                        request: METADATA,
                        served: about.error.is_none(),
                        id: event.i,
                        called: about.called,
                        at: event.t,
                        node: about.node.clone(),
                        error: about.error.clone(),
                    });
                }
            }
            Seen::Quorum { leader, .. } if about.answered => {
                let served = about.error.is_none() && *leader >= 0;
                if served && !self.quorum.contains(&about.node) {
                    self.quorum.insert(about.node.clone());
                }
                if self.quorum.contains(&about.node) {
                    self.metadata.push_back(Answer {
                        request: QUORUM,
                        served,
                        id: event.i,
                        called: about.called,
                        at: event.t,
                        node: about.node.clone(),
                        error: about.error.clone(),
                    });
                }
            }
            Seen::Produce { sequence, .. } => {
                let answer = (about.answered, event.t);
                self.deliveries
                    .sent(*sequence, about.called, answer, event.i);
            }
            Seen::Delivery { sequences } => {
                self.deliveries
                    .served(&about.node, (event.i, event.t), sequences);
            }
            _ => {}
        }
    }
}

/// Whether the record before a position is known to exist.
fn reaches(known: &Known, position: Offset) -> bool {
    known.now() >= Some(position.saturating_sub(1))
}
