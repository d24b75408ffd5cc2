//! Answers to what waits: when its entry is applied or durable, when its deadline has passed, when leadership ended.
//!
//! After an append the only failure is *perhaps written* (REQUEST_TIMED_OUT): clients take NOT_LEADER_OR_FOLLOWER for
//! *not written*, and the entry may yet commit. Of a transaction it is the error that its request names: clients abort
//! when an EndTxn is answered with REQUEST_TIMED_OUT, and send it again after NOT_COORDINATOR.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;

use super::Core;
use super::append::{Change, Changing, Produce};
use crate::request::transactions::TransactionRefusal;
use crate::request::{Acks, AdminError, RequestId, Response, Time};
use crate::rules::DeposedAnswer;
use crate::state::Applied;

impl Core {
    /// An entry was applied: requests that wait for it, or for an older one, are answered.
    pub(super) fn answer_applied(&mut self, index: u64, applied: Applied) {
        self.transactions_applied(index);
        if let Some(Change { id, what, .. }) = self.appends.changes.remove(&index) {
            let response = match applied {
                Applied::Admin(outcome) => Response::Admin(outcome.map_err(AdminError::Refused)),
                Applied::ProducerId(producer) => Response::ProducerId(Ok(producer)),
                Applied::Deleted(outcome) => Response::Deleted(outcome),
                Applied::Transaction(outcome) => {
                    Response::Transaction(outcome.map_err(TransactionRefusal::Error))
                }
                // Skipped: not applied, on any node.
                _ => match what {
                    Changing::ProducerId => Response::ProducerId(Err(AdminError::NotLeader(None))),
                    Changing::Transaction(_) => {
                        Response::Transaction(Err(ResponseError::NotCoordinator.into()))
                    }
                    Changing::Topics => Response::Admin(Err(AdminError::NotLeader(None))),
                    Changing::Records => Response::Deleted(Err(ResponseError::NotLeaderOrFollower)),
                },
            };
            self.respond(id, response);
            return;
        }
        if self.group_applied(index, applied == Applied::Group) {
            return;
        }
        while let Some(entry) = self.appends.produces.first_entry() {
            let (waits_for, id) = *entry.key();
            if waits_for > index {
                break;
            }
            let mut produce = entry.remove();
            if waits_for == index
                && let Applied::Data(appended) = &applied
            {
                for (at, done) in produce.appended.iter().zip(appended) {
                    if !done {
                        // The topic was deleted in between. It is lost, but after an append one says no more than this.
                        produce.outcomes[*at] = Err(ResponseError::RequestTimedOut);
                    }
                }
            }
            if self.lacks_a_replica(waits_for) {
                self.appends.lagging.insert((waits_for, id), produce);
            } else {
                self.respond(id, Response::Produce(produce.outcomes));
            }
        }
    }

    /// More of this node's own log is durable: requests with acks 1 are answered.
    pub(super) fn answer_synced(&mut self) {
        let synced = self.synced_index;
        let done = |(key, produce): (&(u64, u64), &Produce)| {
            (produce.acks == Acks::Leader && key.0 <= synced).then_some(*key)
        };
        let keys: Vec<_> = self.appends.produces.iter().filter_map(done).collect();
        for key in keys {
            if let Some(produce) = self.appends.produces.remove(&key) {
                self.respond(key.1, Response::Produce(produce.outcomes));
            }
        }
    }

    /// Deadlines have passed.
    pub(super) fn expire(&mut self) {
        let now = self.now;
        let mut late = take_late(&mut self.appends.produces, now);
        late.extend(take_late(&mut self.appends.lagging, now));
        for (id, produce) in late {
            self.fail_produce(id, produce, ResponseError::RequestTimedOut);
        }
        let changes = self.appends.changes.iter();
        let indexes: Vec<_> = changes
            .filter(|(_, c)| c.deadline <= now)
            .map(|(index, _)| *index)
            .collect();
        for index in indexes {
            if let Some(change) = self.appends.changes.remove(&index) {
                self.time_out_change(&change);
            }
        }
        self.release_overtaken();
        self.expire_reads();
        self.expire_groups();
        self.wake_fetches();
    }

    /// Leadership ended: what was appended may yet commit or not, and this node will not be the one to know.
    pub(super) fn fail_appends(&mut self) {
        let error = match self.config.rules.deposed_answer {
            DeposedAnswer::Unknown => ResponseError::RequestTimedOut,
            DeposedAnswer::NotWritten => ResponseError::NotLeaderOrFollower,
        };
        let waiting = std::mem::take(&mut self.appends.produces);
        let lagging = std::mem::take(&mut self.appends.lagging);
        for ((_, id), produce) in waiting.into_iter().chain(lagging) {
            self.fail_produce(id, produce, error);
        }
        for change in std::mem::take(&mut self.appends.changes).into_values() {
            self.time_out_change(&change);
        }
        self.appends.clear_optimistic();
        self.release_overtaken();
    }

    fn fail_produce(&mut self, id: u64, produce: Produce, error: ResponseError) {
        let failed = |outcome: Result<_, _>| outcome.and(Err(error));
        let outcomes = produce.outcomes.into_iter().map(failed).collect();
        self.respond(id, Response::Produce(outcomes));
    }

    fn time_out_change(&mut self, change: &Change) {
        let refused = AdminError::Refused(ResponseError::RequestTimedOut);
        let response = match change.what {
            Changing::ProducerId => Response::ProducerId(Err(refused)),
            Changing::Transaction(perhaps) => Response::Transaction(Err(perhaps.into())),
            Changing::Topics => Response::Admin(Err(refused)),
            Changing::Records => Response::Deleted(Err(ResponseError::RequestTimedOut)),
        };
        self.respond(change.id, response);
    }
}

/// Takes out those whose deadline has passed.
fn take_late(
    waiting: &mut BTreeMap<(u64, RequestId), Produce>,
    now: Time,
) -> Vec<(RequestId, Produce)> {
    let late = waiting.iter().filter(|(_, one)| one.deadline <= now);
    let keys: Vec<_> = late.map(|(key, _)| *key).collect();
    let taken = |key: (u64, RequestId)| Some((key.1, waiting.remove(&key)?));
    keys.into_iter().filter_map(taken).collect()
}
