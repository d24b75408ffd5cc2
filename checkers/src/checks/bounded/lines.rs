//! Lines against what is settled: new ones are compared with it, and settled ones are taken out.

use std::collections::BTreeMap;

use super::Reducer;
use super::strip::{self, Trust};
use crate::checks::tally::is_out_of_range;
use crate::history::{Call, Event, Isolation, Offset, Outcome, Polled, Report, What, WorkerId};

impl Reducer {
    /// Compares the lines that are new with what is settled, and takes out what is the same.
    pub(super) fn compare(&mut self) -> Result<(), &'static str> {
        let mut kept = std::mem::take(&mut self.kept);
        let from = self.compared;
        let recency = self.header.promises.end_offset_includes_acknowledged;
        let mut open: BTreeMap<WorkerId, usize> = BTreeMap::new();
        for at in 0..kept.len() {
            let (called, completed) = kept.split_at_mut(at);
            let event = &mut completed[0];
            let is_new = event.i >= from;
            let (completion, outcome) = match &mut event.what {
                What::Invoke(invocation) => {
                    let worker = invocation.worker;
                    if open.insert(worker, at).is_some() {
                        return Err("a worker with two calls at once");
                    }
                    match &invocation.call {
                        Call::Append(append) if is_new => strip::called(append, &mut self.places)?,
                        Call::EndOffset(_) if is_new => drop(self.asked.insert(worker)),
                        Call::Poll(_) if is_new && self.asked.contains(&worker) => {
                            self.registers = true;
                        }
                        _ => {}
                    }
                    continue;
                }
                What::Ok(completion) => (completion, Outcome::Ok),
                What::Fail(completion) => (completion, Outcome::Fail),
                What::Info(completion) => (completion, Outcome::Info),
                _ => continue,
            };
            let Some(invoked) = open.remove(&completion.worker) else {
                return Err("an answer without a call");
            };
            let id = called[invoked].i;
            let What::Invoke(invocation) = &mut called[invoked].what else {
                continue;
            };
            if !is_new {
                continue;
            }
            let (places, trust) = (&mut self.places, Trust(&[]));
            match (&mut invocation.call, &mut completion.report) {
                (Call::Append(append), Report::Append(report)) => {
                    strip::appended(append, report, places)?;
                }
                (Call::Poll(poll), Report::Poll(polled)) => {
                    let before = polled.records.len();
                    strip::polled(id, poll, polled, trust, places)?;
                    in_range(completion.error.as_deref(), before, polled)?;
                }
                (Call::Read(read), Report::Read(seen)) => {
                    strip::read(read, seen, outcome, trust, places)?;
                }
                (Call::StartOffset(asked), Report::StartOffset(seen)) => {
                    strip::started(asked, *seen, places)?;
                }
                (Call::EndOffset(asked), Report::EndOffset(seen)) => {
                    strip::ended(asked, seen, recency, places)?;
                }
                _ => {}
            }
        }
        if self.registers && self.settled.operations > 0 {
            return Err("reads of the last record that began late");
        }
        self.compared = kept.last().map_or(from, |event| event.i + 1);
        self.kept = kept;
        Ok(())
    }

    /// Takes the settled operations out of the lines, and settled records out of the answers that stay.
    pub(super) fn forget(
        &mut self,
        mut events: Vec<Event>,
        mut drop: Vec<bool>,
        forgotten: &[u64],
        before: &[Offset],
    ) -> Result<(), &'static str> {
        let mut limits = before.to_vec();
        limits.resize(self.places.all.len(), Offset::MIN);
        let trust = Trust(&limits);
        let mut open: BTreeMap<WorkerId, usize> = BTreeMap::new();
        for at in 0..events.len() {
            let (called, completed) = events.split_at_mut(at);
            let event = &mut completed[0];
            let (completion, outcome) = match &mut event.what {
                What::Invoke(invocation) => {
                    open.insert(invocation.worker, at);
                    continue;
                }
                What::Ok(completion) => (completion, Outcome::Ok),
                What::Fail(completion) => (completion, Outcome::Fail),
                What::Info(completion) => (completion, Outcome::Info),
                _ => continue,
            };
            let Some(invoked) = open.remove(&completion.worker) else {
                continue;
            };
            let id = called[invoked].i;
            let What::Invoke(invocation) = &mut called[invoked].what else {
                continue;
            };
            let gone = match (&mut invocation.call, &mut completion.report) {
                (Call::Poll(poll), Report::Poll(polled)) if !self.registers => {
                    let before = polled.records.len();
                    strip::polled(id, poll, polled, trust, &mut self.places)?;
                    in_range(completion.error.as_deref(), before, polled)?;
                    let gone = polled.records.is_empty() && outcome == Outcome::Ok;
                    if gone {
                        let uncommitted = poll.isolation == Isolation::ReadUncommitted;
                        let known = self.settled.polls.unwrap_or(false);
                        self.settled.polls = Some(known || uncommitted);
                    }
                    gone
                }
                (Call::Read(read), Report::Read(seen)) => {
                    strip::read(read, seen, outcome, trust, &mut self.places)?;
                    false
                }
                _ => forgotten.binary_search(&id).is_ok(),
            };
            if gone {
                (drop[invoked], drop[at]) = (true, true);
                self.settled.operations += 1;
            }
        }
        self.places.moved.clear();
        let mut dropped = drop.into_iter();
        events.retain(|_| !dropped.next().unwrap_or(false));
        self.kept = events;
        Ok(())
    }
}

/// A poll that was out of range is told with its positions, which move with the records that are taken out.
fn in_range(error: Option<&str>, before: usize, polled: &Polled) -> Result<(), &'static str> {
    match error.is_some_and(is_out_of_range) && polled.records.len() < before {
        true => Err("a poll that is out of range and returns what is settled"),
        false => Ok(()),
    }
}
