//! One transaction, from its begin to its end: a single operation of the history, which contains all of its requests.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use checkers::history::{
    Call, CommittedOffset, Ending, Outcome, Report, Transaction, TransactionEnd,
    TransactionRequest, TransactionSend,
};

use super::answers::{Reaction, did_not_end, did_not_store, of_coordinator, of_leader};
use super::producer::{AGAIN_AFTER, Asked, Attempt, LateEnd, Session, TransactionalProducer};
use crate::kafka::questions::NoAnswer;
use crate::kafka::questions::groups::{Identity, Key};
use crate::kafka::questions::transactions::{self, Protocol};
use crate::load::membership::Standing;
use crate::record::Outcome as Reported;

/// The time for one step of a transaction, refusals included.
const STEP: Duration = Duration::from_millis(2_500);

/// A transaction that has begun.
pub(in crate::load) struct Open {
    end: TransactionEnd,
    added: BTreeSet<(String, i32)>,
    has_group: bool,
}

impl Open {
    /// Whether it sent anything.
    pub(in crate::load) fn has_sent(&self) -> bool {
        !self.end.sends.is_empty()
    }

    /// Notes a request that belongs to no step of it.
    pub(super) fn note(&mut self, request: TransactionRequest) {
        self.end.requests.push(request);
    }

    /// Whether it does not know what became of something that it sent.
    pub(in crate::load) fn is_unsure(&self) -> bool {
        let mut sends = self.end.sends.iter();
        sends.any(|send| send.outcome == Outcome::Info)
    }
}

/// How a step of a transaction came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Step {
    /// As wanted.
    Done,
    /// Refused. The transaction can be aborted.
    Refused,
    /// Offsets were refused, because the member is not one of the group's present generation. The transaction can be aborted.
    Fenced(Standing),
    /// Fenced, or without an answer. The transactional id must be initialised again.
    Lost,
}

/// What a transaction is after its end was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Ended {
    /// As wanted. The session can go on.
    Done,
    /// Not committed. The transactional id must be initialised again.
    Failed,
    /// Committed or not. The transactional id must be initialised again.
    Unknown,
}

impl TransactionalProducer<'_> {
    /// Begins a transaction, which may send to these topics and commit offsets of a member's group. Nothing is sent yet.
    pub(in crate::load) fn begin(
        &mut self,
        session: &Session,
        topics: &[String],
        member: Option<&Identity>,
    ) -> Open {
        let call = Transaction {
            transactional_id: session.id.as_str().into(),
            producer_id: session.producer.id,
            epoch: session.producer.epoch.into(),
            group: member.map(|one| one.group.as_str().into()),
            member: member.map(|one| one.member.as_str().into()),
            generation: member.map(|one| one.generation),
            topics: topics.iter().map(|topic| topic.as_str().into()).collect(),
        };
        self.caller.calls(Call::Transaction(Box::new(call)));
        Open {
            end: TransactionEnd::default(),
            added: BTreeSet::new(),
            has_group: false,
        }
    }

    /// Sends values to one partition, which becomes part of the transaction.
    pub(in crate::load) fn send(
        &mut self,
        open: &mut Open,
        session: &mut Session,
        place: &(String, i32),
        values: &[String],
    ) -> Step {
        if self.protocol == Protocol::V1 && !open.added.contains(place) {
            let partitions = [place.clone()];
            let requests = &mut open.end.requests;
            let asked = self.ask(
                (&session.id, Key::Transaction),
                Instant::now() + STEP,
                |wire| transactions::add_partitions(wire, session.sender(), &partitions),
                |attempt| requests.push(noted("add-partitions", attempt)),
            );
            let step = step_of(&asked);
            if step != Step::Done {
                return step;
            }
            open.added.insert(place.clone());
        }
        self.produce(open, session, place, values)
    }

    fn produce(
        &mut self,
        open: &mut Open,
        session: &mut Session,
        place: &(String, i32),
        values: &[String],
    ) -> Step {
        let (load, protocol) = (self.load, self.protocol);
        let sequence = session.sequences.get(place).copied().unwrap_or(0);
        let deadline = Instant::now() + STEP;
        let called = load.recorder.now();
        let mut is_certain = true;
        let (answer, step) = loop {
            let (answer, reaction) = match self.leader(place) {
                None => (Err("no leader was named".to_owned()), Reaction::Elsewhere),
                Some((_, wire)) => {
                    let to = (place.0.as_str(), place.1);
                    let batch = (values, sequence);
                    match transactions::produce(wire, protocol, session.sender(), to, batch) {
                        Ok(offset) => break (Ok(offset), Step::Done),
                        Err(NoAnswer::Wire(error)) => {
                            is_certain = false;
                            self.forget_leader(place);
                            break (Err(error.to_string()), Step::Lost);
                        }
                        Err(NoAnswer::Refused(error)) => {
                            let promised = load.not_leader_means_not_written;
                            is_certain &= did_not_store(&error, promised);
                            let reaction = of_leader(&error);
                            (Err(error), reaction)
                        }
                    }
                }
            };
            match reaction {
                Reaction::Fenced => break (answer, Step::Lost),
                Reaction::GiveUp => break (answer, Step::Refused),
                Reaction::Elsewhere => self.forget_leader(place),
                Reaction::Again => {}
            }
            if Instant::now() >= deadline {
                // A batch that may be stored has a number that another one must not have.
                let step = if is_certain {
                    Step::Refused
                } else {
                    Step::Lost
                };
                break (answer, step);
            }
            std::thread::sleep(AGAIN_AFTER);
        };
        let returned = load.recorder.now();
        let outcome = match (&answer, is_certain) {
            (Ok(_), _) => Outcome::Ok,
            (Err(_), true) => Outcome::Fail,
            (Err(_), false) => Outcome::Info,
        };
        if answer.is_ok() {
            let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
            let next = sequence.wrapping_add(count);
            session.sequences.insert(place.clone(), next);
        }
        for (at, value) in (0..).zip(values) {
            open.end.sends.push(TransactionSend {
                topic: place.0.as_str().into(),
                partition: place.1,
                value: value.as_str().into(),
                called: Some(called),
                returned: Some(returned),
                outcome,
                // -1 is the answer to a batch that was there already and is not remembered any more.
                offset: answer
                    .as_ref()
                    .ok()
                    .filter(|base| **base >= 0)
                    .map(|base| base + at),
                error: answer.as_ref().err().map(|error| error.as_str().into()),
            });
        }
        step
    }

    /// Sends offsets of a member's group, to be committed with the transaction.
    pub(in crate::load) fn send_offsets(
        &mut self,
        open: &mut Open,
        session: &Session,
        member: &Identity,
        offsets: Vec<CommittedOffset>,
    ) -> Step {
        let (protocol, group) = (self.protocol, member.group.as_str());
        let requests = &mut open.end.requests;
        if protocol == Protocol::V1 && !open.has_group {
            let asked = self.ask(
                (&session.id, Key::Transaction),
                Instant::now() + STEP,
                |wire| transactions::add_offsets(wire, session.sender(), group),
                |attempt| requests.push(noted("add-offsets", attempt)),
            );
            let step = step_of(&asked);
            if step != Step::Done {
                return step;
            }
            open.has_group = true;
        }
        // They may be committed even if the answer is lost, so they are recorded before.
        open.end.offsets.extend(offsets.iter().cloned());
        let asked = self.ask(
            (group, Key::Group),
            Instant::now() + STEP,
            |wire| transactions::commit_offsets(wire, protocol, session.sender(), member, &offsets),
            |attempt| requests.push(noted("commit-offsets", attempt)),
        );
        if let Asked::Refused(error) = &asked {
            let standing = Standing::after(error);
            if matches!(standing, Standing::Rebalance | Standing::Evicted) {
                return Step::Fenced(standing);
            }
        }
        step_of(&asked)
    }

    /// Ends a transaction.
    pub(in crate::load) fn end(
        &mut self,
        mut open: Open,
        session: &mut Session,
        ending: Ending,
    ) -> Ended {
        let (protocol, is_commit) = (self.protocol, ending == Ending::Commit);
        open.end.wanted = Some(ending);
        let what = if is_commit { "commit" } else { "abort" };
        let mut is_certain = true;
        let end = &mut open.end;
        let asked = self.ask(
            (&session.id, Key::Transaction),
            Instant::now() + STEP,
            |wire| transactions::end(wire, protocol, session.sender(), ending),
            |attempt| {
                if is_commit && end.end_sent.is_none() {
                    end.end_sent = Some(attempt.called);
                }
                let refusal = attempt
                    .error
                    .as_deref()
                    .filter(|_| attempt.returned.is_some());
                is_certain &= attempt.error.is_none() || refusal.is_some_and(did_not_end);
                end.requests.push(noted(what, attempt));
            },
        );
        let error = match asked {
            Asked::Done(producer) => {
                session.last_end = Some(LateEnd {
                    producer: session.producer,
                    ending,
                });
                session.goes_on_as(producer);
                self.caller.ended(Reported::Ok, reported(open));
                return Ended::Done;
            }
            Asked::Refused(error) | Asked::Silent(error) => error,
        };
        // Without a commit it does not happen, whatever became of the abort.
        let (outcome, ended) = match !is_commit || is_certain {
            true => (Reported::Fail(error), Ended::Failed),
            false => (Reported::Info(error), Ended::Unknown),
        };
        self.caller.ended(outcome, reported(open));
        ended
    }

    /// Gives a transaction up without a word to the coordinator. Its commit was never sent, so it does not happen.
    pub(in crate::load) fn give_up(&mut self, open: Open) {
        let sends = open.end.sends.iter().rev();
        let error = sends.filter_map(|send| send.error.clone()).next();
        let requests = open.end.requests.iter().rev();
        let error = error.or(requests.filter_map(|one| one.error.clone()).next());
        let error = error.map_or_else(|| "given up".to_owned(), |error| error.to_string());
        self.caller.ended(Reported::Fail(error), reported(open));
    }
}

fn reported(open: Open) -> Report {
    Report::Transaction(Box::new(open.end))
}

pub(super) fn noted(what: &str, attempt: Attempt) -> TransactionRequest {
    TransactionRequest {
        what: what.into(),
        called: attempt.called,
        returned: attempt.returned,
        error: attempt.error,
        node: Some(attempt.node),
    }
}

fn step_of<T>(asked: &Asked<T>) -> Step {
    match asked {
        Asked::Done(_) => Step::Done,
        Asked::Refused(error) if of_coordinator(error) == Reaction::Fenced => Step::Lost,
        Asked::Refused(_) => Step::Refused,
        Asked::Silent(_) => Step::Lost,
    }
}
