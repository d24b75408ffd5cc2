//! Transactions that their producers leave open: after their time-out the leader aborts them and raises the epoch, so that
//! the producer learns of it.
//!
//! The time runs on the leader's monotonic clock and in its memory. A new leader lets it run again in full, because clocks
//! of two nodes cannot be compared. While the leader itself did not run, no time has passed for its producers either: their
//! requests wait in its sockets.

use std::time::Duration;

use super::{Core, marker};
use crate::command::{Command, EndTransaction};
use crate::hooks::Timed;
use crate::request::Time;
use crate::state::transactions::next_epoch;

/// How often open transactions are looked at.
const SCAN_INTERVAL: Duration = Duration::from_secs(1);

/// A tick this late means that the whole process did not run.
const STANDSTILL: Duration = Duration::from_millis(100);

/// An open transaction.
#[derive(Debug)]
pub(super) struct Watched {
    /// Index of the entry that began it.
    begun: u64,
    /// Since when this leader knows it, moved on by the time in which the leader did not run.
    since: Time,
}

impl Core {
    /// A tick came this long after the one before.
    pub(in crate::core) fn check_timeouts(&mut self, passed: Duration) {
        let stood_still = passed.saturating_sub(self.config.tick);
        if stood_still > STANDSTILL {
            for watched in self.transacting.watched.values_mut() {
                watched.since += stood_still;
            }
        }
        if !self.serves() {
            return;
        }
        self.repeat_late_ends();
        if self.now < self.transacting.next_scan {
            return;
        }
        self.transacting.next_scan = self.now + SCAN_INTERVAL;
        let all = self.state.transactions.iter();
        let open: Vec<String> = all
            .filter(|(_, known)| known.is_open())
            .map(|(id, _)| id.clone())
            .collect();
        self.transacting
            .watched
            .retain(|id, _| open.binary_search(id).is_ok());
        for id in open {
            if self.watch(id.clone()) {
                self.abort_timed_out(&id);
            }
        }
    }

    /// Takes note of a transaction if it is open. True if its time is over.
    pub(super) fn watch(&mut self, id: String) -> bool {
        let known = self.state.transactions.get(&id);
        let Some(known) = known.filter(|known| known.is_open()) else {
            self.transacting.watched.remove(&id);
            return false;
        };
        let now = self.config.hooks.time_of(Timed::Transactions);
        let now = now.unwrap_or(self.now);
        let fresh = || Watched {
            begun: known.begun,
            since: now,
        };
        let watched = self.transacting.watched.entry(id).or_insert_with(fresh);
        if watched.begun != known.begun {
            *watched = fresh();
        }
        let timeout = Duration::from_millis(known.timeout_ms.max(0) as u64);
        now.saturating_sub(watched.since) >= timeout
    }

    fn abort_timed_out(&mut self, id: &str) {
        let known = self.state.transactions.get(id);
        let Some(known) = known.filter(|_| !self.transacting.in_flight.contains_key(id)) else {
            return;
        };
        let (epoch, next) = next_epoch(known.producer.epoch);
        // The core has no wall clock: the time of the begin, and what has passed since, as far as is known.
        let stamp_ms = known
            .started_ms
            .saturating_add(known.timeout_ms.max(0).into());
        let marker = marker(known.producer.id, epoch, false, stamp_ms);
        let end = EndTransaction {
            id: id.to_owned(),
            producer: known.producer,
            commit: false,
            named: false,
            next,
            markers: self.markers(known, marker),
        };
        // Without room for it, the next scan tries again.
        let _ = self.propose_transaction(id, &Command::EndTransaction(end));
    }
}
