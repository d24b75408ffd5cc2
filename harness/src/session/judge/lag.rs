//! Records acknowledged but not yet read, over time: counted while the lines of a history go by. A consumer that stops
//! early shows as a line that does not come back to zero.

use std::collections::{BTreeMap, HashMap};

use checkers::history::{Call, Event, Moment, RecordOutcome, Report, Text, What, WorkerId};
use reports::model::LagBucket;

/// How far an offset may lie beyond the offsets seen so far: a broker that answers with a huge one must not fill memory.
const JUMP_MAX: usize = 1 << 20;
/// What the tables of all partitions may take together, in bytes. Offsets beyond that are not counted.
const BYTES_MAX: usize = 1 << 28;

const ACKNOWLEDGED: u8 = 1;
const READ: u8 = 2;

/// What was acknowledged and read of one topic.
#[derive(Clone, Debug, Default)]
struct Topic {
    partitions: BTreeMap<i32, Vec<u8>>,
    unread: u64,
}

/// Counts what consumers still have to read.
#[derive(Clone, Debug, Default)]
pub(super) struct Lag {
    /// Where each worker appends, and what it deletes.
    open: HashMap<WorkerId, (Text, Option<i32>)>,
    topics: BTreeMap<String, Topic>,
    bytes: usize,
    /// What was unread at the last change in each millisecond bucket.
    buckets: BTreeMap<u64, u64>,
}

impl Lag {
    /// Counts the next line.
    pub(super) fn take(&mut self, event: &Event, bucket_ms: u64) {
        match &event.what {
            What::Invoke(invocation) => {
                match &invocation.call {
                    Call::Append(append) => {
                        let place = (append.topic.clone(), Some(append.partition));
                        self.open.insert(invocation.worker, place);
                    }
                    Call::DeleteTopic(topic) => {
                        self.open
                            .insert(invocation.worker, (topic.topic.clone(), None));
                    }
                    _ => {
                        self.open.remove(&invocation.worker);
                    }
                }
                return;
            }
            What::Ok(completion) | What::Info(completion) => {
                let called = self.open.remove(&completion.worker);
                match (&completion.report, called) {
                    (Report::Append(appended), Some((topic, Some(partition)))) => {
                        for record in &appended.records {
                            if let (true, Some(offset)) = (is_ok(record), record.offset) {
                                self.mark(&topic, partition, offset, ACKNOWLEDGED);
                            }
                        }
                    }
                    (Report::DeleteTopic, Some((topic, None))) => {
                        self.topics.remove(topic.as_str());
                    }
                    (Report::Poll(polled), _) => {
                        for record in &polled.records {
                            self.mark(record.topic(), record.partition(), record.offset(), READ);
                        }
                    }
                    (Report::Read(read), _) => {
                        for record in &read.records {
                            self.mark(record.topic(), record.partition(), record.offset(), READ);
                        }
                    }
                    _ => return,
                }
            }
            _ => return,
        }
        let unread = self.topics.values().map(|topic| topic.unread).sum();
        self.buckets
            .insert(event.t / 1_000_000 / bucket_ms * bucket_ms, unread);
    }

    fn mark(&mut self, topic: &str, partition: i32, offset: i64, what: u8) {
        let Ok(at) = usize::try_from(offset) else {
            return;
        };
        if !self.topics.contains_key(topic) {
            self.topics.insert(topic.to_owned(), Topic::default());
        }
        let Some(topic) = self.topics.get_mut(topic) else {
            return;
        };
        let seen = topic.partitions.entry(partition).or_default();
        if seen.len() <= at {
            let more = at + 1 - seen.len();
            if more > JUMP_MAX || self.bytes + more > BYTES_MAX {
                return;
            }
            self.bytes += more;
            seen.resize(at + 1, 0);
        }
        match (seen[at], what) {
            (0, ACKNOWLEDGED) => topic.unread += 1,
            (ACKNOWLEDGED, READ) => topic.unread -= 1,
            _ => {}
        }
        seen[at] |= what;
    }

    /// Joins buckets to this width. The last value of each remains.
    pub(super) fn widen(&mut self, bucket_ms: u64) {
        for (begin, unread) in std::mem::take(&mut self.buckets) {
            self.buckets.insert(begin / bucket_ms * bucket_ms, unread);
        }
    }

    /// What was unread at the end of each bucket until `end`; nothing if nothing was acknowledged.
    pub(super) fn finish(self, bucket_ms: u64, end: Moment) -> Vec<LagBucket> {
        let any = self
            .topics
            .values()
            .any(|topic| !topic.partitions.is_empty());
        if !any || bucket_ms == 0 {
            return Vec::new();
        }
        let mut unread = 0;
        let mut series = Vec::new();
        let mut begin_ms = 0;
        while begin_ms <= end / 1_000_000 {
            unread = self.buckets.get(&begin_ms).copied().unwrap_or(unread);
            series.push(LagBucket { begin_ms, unread });
            begin_ms += bucket_ms;
        }
        series
    }
}

fn is_ok(record: &RecordOutcome) -> bool {
    record.outcome == checkers::history::Outcome::Ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_unread_from_its_acknowledgement_to_its_first_read() {
        let lines = [
            r#"{"i":0,"t":0,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["a","b"]}"#,
            r#"{"i":1,"t":150000000,"type":"ok","worker":1,"f":"append","records":[{"offset":0,"outcome":"ok"},{"offset":1,"outcome":"ok"}]}"#,
            r#"{"i":2,"t":160000000,"type":"invoke","worker":2,"f":"poll","assigned":[{"topic":"t","partition":0,"position":0}]}"#,
            r#"{"i":3,"t":250000000,"type":"ok","worker":2,"f":"poll","records":[["t",0,0,"a"],["t",0,7,"early"]]}"#,
            r#"{"i":4,"t":410000000,"type":"ok","worker":2,"f":"poll","records":[["t",0,0,"a"],["t",0,1,"b"]]}"#,
        ];
        let mut lag = Lag::default();
        for line in lines {
            lag.take(&serde_json::from_str(line).expect("a line"), 100);
        }
        let series = |lag: Lag, wide| -> Vec<u64> {
            let series = lag.finish(wide, 500_000_000);
            series.iter().map(|bucket| bucket.unread).collect()
        };
        assert_eq!(series(lag.clone(), 100), [0, 2, 1, 1, 0, 0]);
        lag.widen(200);
        assert_eq!(series(lag, 200), [2, 1, 0]);
        assert!(Lag::default().finish(100, 1).is_empty());
    }
}
