//! What lies in each partition's log, as its readers were told, and what was known of it when.

use std::collections::{BTreeMap, BTreeSet};

use super::{Place, Run};
use crate::history::{Acks, Call, Moment, Offset, Outcome, Report, Text, What};
use crate::mutants::answer::completion;

/// A record that somebody tried to append.
#[derive(Clone, Debug)]
pub(in crate::mutants) struct Sent {
    pub(in crate::mutants) called: Moment,
    pub(in crate::mutants) outcome: Outcome,
    pub(in crate::mutants) offset: Option<Offset>,
    /// Its timestamp in ms, where the append states it.
    pub(in crate::mutants) timestamp: Option<i64>,
}

/// One partition.
#[derive(Clone, Debug, Default)]
pub(in crate::mutants) struct Log {
    /// What its final reads show; of a run without them, what anybody read.
    pub(in crate::mutants) records: BTreeMap<Offset, Text>,
    /// The values that were read by anybody.
    pub(in crate::mutants) read: BTreeSet<Text>,
    pub(in crate::mutants) sent: BTreeMap<Text, Sent>,
    /// When the highest offset became known, ascending in both: by acknowledgements of all replicas, reads, ends.
    known: Vec<(Moment, Offset)>,
    /// When the record at each offset was sent, by offset; and the offset of the last of those.
    calls: Vec<(Offset, Moment)>,
}

impl Log {
    /// The highest offset that was known to be written before a moment.
    pub(in crate::mutants) fn known_before(&self, at: Moment) -> Option<Offset> {
        let count = self.known.partition_point(|(when, _)| *when < at);
        Some(self.known.get(count.checked_sub(1)?)?.1)
    }

    /// The lowest offset, not below another, whose record was sent only after a moment.
    pub(in crate::mutants) fn sent_after(&self, at: Moment, least: Offset) -> Option<Offset> {
        let from = self.calls.partition_point(|(offset, _)| *offset < least);
        let mut later = self.calls[from..].iter().filter(|(_, called)| *called > at);
        later.next().map(|(offset, _)| *offset)
    }

    /// How many records have an unknown outcome: they may be in the log, or still come.
    pub(in crate::mutants) fn unknown(&self) -> Offset {
        let open = |sent: &&Sent| sent.outcome == Outcome::Info;
        self.sent.values().filter(open).count() as Offset
    }

    /// The timestamp of the record at an offset.
    pub(in crate::mutants) fn timestamp(&self, offset: Offset) -> Option<i64> {
        self.sent.get(self.records.get(&offset)?)?.timestamp
    }

    /// The offset after the last record.
    pub(in crate::mutants) fn end(&self) -> Offset {
        self.records
            .last_key_value()
            .map_or(0, |(last, _)| *last + 1)
    }

    /// Whether a record's value was read by anybody.
    pub(in crate::mutants) fn was_read(&self, value: &Text) -> bool {
        self.read.contains(value)
    }
}

pub(super) fn logs(run: &Run<'_>) -> BTreeMap<Place, Log> {
    let mut logs: BTreeMap<Place, Log> = BTreeMap::new();
    let mut read_last: BTreeMap<Place, BTreeMap<Offset, Text>> = BTreeMap::new();
    for (at, event) in run.history.events().iter().enumerate() {
        let Some(completion) = completion(&event.what) else {
            continue;
        };
        let Some((invocation, called)) = run.call(at) else {
            continue;
        };
        match (&invocation.call, &completion.report) {
            (Call::Append(append), Report::Append(appended)) => {
                let log = logs
                    .entry((append.topic.clone(), append.partition))
                    .or_default();
                let operation = match event.what {
                    What::Ok(_) => Outcome::Ok,
                    What::Fail(_) => Outcome::Fail,
                    _ => Outcome::Info,
                };
                for (number, value) in append.values.iter().enumerate() {
                    let record = appended.records.get(number);
                    let outcome = record.map_or(operation, |record| record.outcome);
                    let offset = record.and_then(|record| record.offset);
                    let sending = append.sending.as_deref();
                    let sent = Sent {
                        called,
                        outcome,
                        offset,
                        timestamp: sending.and_then(|s| s.timestamps.get(number).copied()),
                    };
                    if let (Outcome::Ok, Acks::All, Some(offset)) = (outcome, append.acks, offset) {
                        log.known.push((event.t, offset));
                    }
                    log.sent.entry(value.clone()).or_insert(sent);
                }
            }
            (_, Report::Poll(polled)) => {
                for record in &polled.records {
                    let log = logs.entry((record.0.clone(), record.1)).or_default();
                    log.known.push((event.t, record.2));
                    log.read.insert(record.3.clone());
                    log.records
                        .entry(record.2)
                        .or_insert_with(|| record.3.clone());
                }
            }
            (_, Report::Read(seen)) => {
                for record in &seen.records {
                    let place = (record.0.clone(), record.1);
                    let log = logs.entry(place.clone()).or_default();
                    log.known.push((event.t, record.2));
                    log.read.insert(record.3.clone());
                    read_last
                        .entry(place)
                        .or_default()
                        .insert(record.2, record.3.clone());
                }
            }
            (_, Report::Transaction(end)) => {
                for send in end.sends.iter().filter(|send| send.outcome == Outcome::Ok) {
                    if let (Some(at), Some(offset)) = (send.returned, send.offset) {
                        let log = logs
                            .entry((send.topic.clone(), send.partition))
                            .or_default();
                        log.known.push((at, offset));
                    }
                }
            }
            (Call::EndOffset(asked), Report::EndOffset(seen)) => {
                let log = logs
                    .entry((asked.topic.clone(), asked.partition))
                    .or_default();
                if let (What::Ok(_), Some(offset)) = (&event.what, seen.offset) {
                    log.known.push((event.t, offset - 1));
                }
            }
            _ => {}
        }
    }
    for (place, log) in &mut logs {
        if let Some(records) = read_last.remove(place) {
            log.records = records;
        }
        log.known.sort_unstable();
        let mut highest = Offset::MIN;
        log.known.retain(|(_, offset)| {
            let is_higher = *offset > highest;
            highest = highest.max(*offset);
            is_higher
        });
        let call = |(offset, value): (&Offset, &Text)| Some((*offset, log.sent.get(value)?.called));
        log.calls = log.records.iter().filter_map(call).collect();
    }
    logs
}
