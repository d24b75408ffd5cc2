//! Histories of our own recorder, as a log or a register for each partition.
//!
//! As a *log*: appends, what polls and reads fetched, end offsets. Offsets may have gaps, and an end offset must
//! include what was acknowledged only where the history's header promises it.
//!
//! As a *register*: a partition is a register that holds the value of its last record. An append writes; an end offset
//! `m` reads the value at offset `m - 1`, whichever worker saw that, or nothing if `m` is 0.

use std::collections::BTreeMap;

use crate::history::{
    Call, ClientOperation as Recorded, History, Isolation, Offset, Outcome, Report, Text,
};
use crate::linearizability::Operation;
use crate::linearizability::models::{LogAction, RegisterAction, Value};

/// Topic and partition.
pub(super) type Place = (Text, i32);

/// The operations of each partition, each with the `i` of the call that it came from.
pub(super) type Places<A> = BTreeMap<Place, Vec<(u64, Operation<A>)>>;

/// Every partition as a log.
pub(super) fn logs(history: &History) -> Places<LogAction<Value>> {
    let mut places: Places<LogAction<Value>> = BTreeMap::new();
    each(history, |recorded, place, seen| {
        let action = match seen {
            Seen::Appended { value, offset } => LogAction::Append {
                value: Value::text(value),
                offset,
            },
            Seen::Fetched { offset, value } => LogAction::Fetch {
                offset,
                value: Value::text(value),
            },
            Seen::Ends(offset) => LogAction::End(offset),
        };
        let operation = (recorded.id, timed(recorded, &action, history));
        places.entry(place).or_default().push(operation);
    });
    places
}

/// Every partition as a register.
pub(super) fn registers(history: &History) -> Places<RegisterAction<Value>> {
    let mut values: BTreeMap<(Place, u64), Text> = BTreeMap::new();
    each(history, |_, place, seen| match seen {
        Seen::Appended {
            value,
            offset: Some(offset),
        }
        | Seen::Fetched { offset, value } => {
            values
                .entry((place, offset))
                .or_insert_with(|| value.into());
        }
        _ => {}
    });
    let mut places: Places<RegisterAction<Value>> = BTreeMap::new();
    each(history, |recorded, place, seen| {
        let action = match seen {
            Seen::Appended { value, .. } => RegisterAction::Write(Value::text(value)),
            Seen::Fetched { .. } => return,
            Seen::Ends(0) => RegisterAction::Read(Some(Value::Nil)),
            Seen::Ends(end) => match values.get(&(place.clone(), end - 1)) {
                Some(value) => RegisterAction::Read(Some(Value::text(value))),
                None => return,
            },
        };
        let operation = (recorded.id, timed(recorded, &action, history));
        places.entry(place).or_default().push(operation);
    });
    places
}

/// What one operation of a run shows of one partition.
enum Seen<'a> {
    Appended { value: &'a str, offset: Option<u64> },
    Fetched { offset: u64, value: &'a str },
    Ends(u64),
}

/// Goes through everything that is shown of partitions, in the order of the calls.
fn each(history: &History, mut take: impl FnMut(&Recorded<'_>, Place, Seen<'_>)) {
    for recorded in &history.operations() {
        match (recorded.call, recorded.report()) {
            (Call::Append(append), report) => {
                let place = (append.topic.clone(), append.partition);
                let records = match report {
                    Some(Report::Append(appended)) => appended.records.as_slice(),
                    _ => &[],
                };
                for (at, value) in append.values.iter().enumerate() {
                    let record = records.get(at);
                    let outcome = record.map_or(recorded.outcome, |record| record.outcome);
                    if outcome == Outcome::Fail {
                        continue;
                    }
                    let offset = record.and_then(|record| record.offset).and_then(known);
                    // A record without answer keeps the whole append open; what it reported of others holds.
                    let mut one = recorded.clone();
                    if outcome != Outcome::Ok {
                        one.outcome = Outcome::Info;
                    }
                    take(&one, place.clone(), Seen::Appended { value, offset });
                }
            }
            (Call::Poll(_), Some(Report::Poll(polled))) => {
                for record in &polled.records {
                    fetched(recorded, record, &mut take);
                }
            }
            (Call::Read(_), Some(Report::Read(read))) => {
                for record in &read.records {
                    fetched(recorded, record, &mut take);
                }
            }
            (Call::EndOffset(asked), Some(Report::EndOffset(seen)))
                if recorded.outcome == Outcome::Ok
                    && asked.isolation == Isolation::ReadUncommitted =>
            {
                if let Some(offset) = seen.offset.and_then(known) {
                    let place = (asked.topic.clone(), asked.partition);
                    take(recorded, place, Seen::Ends(offset));
                }
            }
            _ => {}
        }
    }
}

fn fetched(
    recorded: &Recorded<'_>,
    record: &crate::history::Record,
    take: &mut impl FnMut(&Recorded<'_>, Place, Seen<'_>),
) {
    if let Some(offset) = known(record.offset()) {
        let place = (record.0.clone(), record.partition());
        let value = record.value();
        take(recorded, place, Seen::Fetched { offset, value });
    }
}

/// An offset, if it states one.
fn known(offset: Offset) -> Option<u64> {
    u64::try_from(offset).ok()
}

/// With its times. What an unfinished read had seen, it had seen by the end of the history.
fn timed<A: Clone>(recorded: &Recorded<'_>, action: &A, history: &History) -> Operation<A> {
    let reads = !matches!(recorded.call, Call::Append(_));
    Operation {
        process: recorded.worker,
        called: recorded.called,
        returned: recorded.returned().or(reads.then(|| history.end())),
        action: action.clone(),
    }
}
