//! Transactions by librdkafka, as applications run them. It retries by itself, and tells neither producer ids nor when it sends
//! what, so that some outcomes are unknown which a raw client knows.
//!
//! **Outcomes.** A commit that returns ok is ok. If librdkafka demands an abort and a record of the transaction was not
//! delivered, no commit was sent: the flush before it had failed. Any other failure of a commit is unknown, also if an abort
//! is acknowledged after it: the commit may have happened first. Without a commit nothing happened.

use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Call, Ending, InitProducer, Outcome, Report, Transaction, TransactionEnd, TransactionSend,
};

use crate::kafka::clients::transactional::{Called, Transactional, settings};
use crate::load::Load;
use crate::record::{Caller, Outcome as Ended};

/// The time-out of one call.
const CALL: Duration = Duration::from_millis(2_000);
/// The time for one ending, with all of its calls.
const ENDING: Duration = Duration::from_secs(6);
/// How long a report may come after the end of its transaction.
const REPORT: Duration = Duration::from_millis(500);

/// A transactional id in the hands of one librdkafka client.
pub(in crate::load) struct LibraryProducer<'a> {
    load: &'a Load,
    caller: Caller<'a>,
    id: String,
    client: Transactional,
}

impl<'a> LibraryProducer<'a> {
    /// Creates a client and initialises its transactional id. None if that does not succeed in time.
    ///
    /// # Errors
    /// If librdkafka rejects a setting.
    pub(in crate::load) fn init(
        load: &'a Load,
        id: &str,
        timeout_ms: u64,
        patience: Duration,
    ) -> Result<Option<LibraryProducer<'a>>> {
        let config = settings(&load.bootstrap, id, timeout_ms, &load.client);
        let client = Transactional::new(&config, load.not_leader_means_not_written)?;
        let mut caller = Caller::new((&load.recorder, &load.ids));
        caller.calls(Call::InitProducer(Box::new(InitProducer {
            transactional_id: id.into(),
            timeout_ms: Some(timeout_ms),
            node: None,
        })));
        let deadline = Instant::now() + patience;
        let called = again(deadline, || client.init(CALL));
        let report = Report::InitProducer(Box::default());
        Ok(match called {
            Called::Done => {
                caller.ended(Ended::Ok, report);
                Some(LibraryProducer {
                    load,
                    caller,
                    id: id.to_owned(),
                    client,
                })
            }
            Called::Again(error) | Called::Abort(error) | Called::Fatal(error) => {
                caller.ended(Ended::Info(error), report);
                client.retire();
                None
            }
        })
    }

    /// Runs one transaction that sends these values. `pause` waits between two sends. False if the client is of no more use.
    pub(in crate::load) fn transact(
        &mut self,
        topics: &[String],
        sends: &[((String, i32), Vec<String>)],
        ending: Ending,
        mut pause: impl FnMut(),
    ) -> bool {
        self.caller.calls(Call::Transaction(Box::new(Transaction {
            transactional_id: self.id.as_str().into(),
            producer_id: -1,
            epoch: -1,
            group: None,
            member: None,
            generation: None,
            topics: topics.iter().map(|topic| topic.as_str().into()).collect(),
        })));
        let mut end = TransactionEnd {
            wanted: Some(ending),
            ..TransactionEnd::default()
        };
        if let Called::Again(error) | Called::Abort(error) | Called::Fatal(error) =
            self.client.begin()
        {
            self.caller.ended(Ended::Fail(error), reported(end));
            return false;
        }
        for (place, values) in sends {
            for value in values {
                self.send(&mut end, place, value);
            }
            pause();
        }
        let (outcome, goes_on) = match ending {
            Ending::Commit => self.commit(&mut end),
            Ending::Abort => self.abort(&mut end),
        };
        self.caller.ended(outcome, reported(end));
        goes_on
    }

    /// The client is not used any more.
    pub(in crate::load) fn retire(self) {
        self.client.retire();
    }

    fn send(&mut self, end: &mut TransactionEnd, (topic, partition): &(String, i32), value: &str) {
        let called = self.load.recorder.now();
        let number = end.sends.len() as u64;
        let refused = self.client.send((topic, *partition), value, number);
        end.sends.push(TransactionSend {
            topic: topic.as_str().into(),
            partition: *partition,
            value: value.into(),
            called: Some(called),
            returned: None,
            // Until its report comes.
            outcome: refused
                .as_ref()
                .map_or(Outcome::Info, |refused| refused.outcome),
            offset: None,
            error: refused.and_then(|refused| refused.error),
        });
    }

    fn commit(&mut self, end: &mut TransactionEnd) -> (Ended, bool) {
        end.end_sent = Some(self.load.recorder.now());
        let called = again(Instant::now() + ENDING, || self.client.commit(CALL));
        self.take_reports(end);
        let is_whole = end.sends.iter().all(|send| send.outcome == Outcome::Ok);
        match called {
            Called::Done => (Ended::Ok, true),
            Called::Abort(error) => {
                let aborted = again(Instant::now() + ENDING, || self.client.abort(CALL));
                let outcome = match is_whole {
                    true => Ended::Info(error),
                    false => {
                        end.end_sent = None;
                        Ended::Fail(error)
                    }
                };
                (outcome, aborted == Called::Done)
            }
            Called::Again(error) | Called::Fatal(error) => (Ended::Info(error), false),
        }
    }

    fn abort(&mut self, end: &mut TransactionEnd) -> (Ended, bool) {
        let called = again(Instant::now() + ENDING, || self.client.abort(CALL));
        self.take_reports(end);
        match called {
            Called::Done => (Ended::Ok, true),
            Called::Again(error) | Called::Abort(error) | Called::Fatal(error) => {
                (Ended::Fail(error), false)
            }
        }
    }

    /// Takes the reports of a transaction's records, which are there when it ended well.
    fn take_reports(&mut self, end: &mut TransactionEnd) {
        let open = |send: &&TransactionSend| send.returned.is_none() && send.error.is_none();
        let mut missing = end.sends.iter().filter(open).count();
        while missing > 0
            && let Some((number, at, outcome)) = self.client.report(REPORT)
        {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            if let Some(send) = end.sends.get_mut(number) {
                send.returned = Some(self.load.recorder.at(at));
                send.outcome = outcome.outcome;
                send.offset = outcome.offset.filter(|offset| *offset >= 0);
                send.error = outcome.error;
            }
            missing -= 1;
        }
    }
}

/// Calls again while librdkafka says that the same call goes on, until a deadline.
fn again(deadline: Instant, mut call: impl FnMut() -> Called) -> Called {
    loop {
        match call() {
            Called::Again(_) if Instant::now() < deadline => {}
            called => return called,
        }
    }
}

fn reported(end: TransactionEnd) -> Report {
    Report::Transaction(Box::new(end))
}
