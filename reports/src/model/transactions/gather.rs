//! Gathers the transactions of a history while its lines go by. What is kept does not grow with their number.

use std::collections::{BTreeMap, BTreeSet};

use checkers::history::{
    Call, Completion, EndOffset, Ending, Event, Moment, Outcome, Report, Transaction, What,
    WorkerId,
};
use checkers::judgement::Judgement;

use super::stable_offsets::StableOffsets;
use super::{TransactionBucket, TransactionEnds, TransactionOutcome, TransactionRow, Transactions};
use crate::limits::{BUCKET_MS_MIN, TRANSACTION_BUCKETS_MAX, TRANSACTIONS_MAX};

/// The most transactional ids that are told apart.
const IDS_MAX: usize = 100_000;

/// The transactions so far.
#[derive(Clone, Debug)]
pub struct TransactionsSeen {
    open: BTreeMap<WorkerId, Open>,
    ids: BTreeSet<String>,
    ends: TransactionEnds,
    buckets: BTreeMap<u64, TransactionEnds>,
    bucket_ms: u64,
    /// Latencies of commits in µs, cut to two digits, and how often each occurred.
    commit_us: BTreeMap<u64, u64>,
    commit_us_max: u64,
    notable: Vec<TransactionRow>,
    offsets: StableOffsets,
    end: Moment,
}

#[derive(Clone, Debug)]
enum Open {
    Transaction(Box<TransactionRow>),
    EndOffset(Box<EndOffset>),
}

impl Default for TransactionsSeen {
    fn default() -> TransactionsSeen {
        TransactionsSeen {
            open: BTreeMap::new(),
            ids: BTreeSet::new(),
            ends: TransactionEnds::default(),
            buckets: BTreeMap::new(),
            bucket_ms: BUCKET_MS_MIN,
            commit_us: BTreeMap::new(),
            commit_us_max: 0,
            notable: Vec::new(),
            offsets: StableOffsets::default(),
            end: 0,
        }
    }
}

impl TransactionsSeen {
    /// Takes the next line.
    pub fn take(&mut self, event: &Event) {
        self.end = event.t;
        while event.t / 1_000_000 / self.bucket_ms >= TRANSACTION_BUCKETS_MAX {
            self.widen();
        }
        let (completion, outcome) = match &event.what {
            What::Invoke(invocation) => {
                self.left_open(invocation.worker);
                let open = match &invocation.call {
                    Call::Transaction(call) => Open::Transaction(Box::new(begun(event, call))),
                    Call::EndOffset(asked) => Open::EndOffset(Box::new(asked.clone())),
                    _ => return,
                };
                self.open.insert(invocation.worker, open);
                return;
            }
            What::Ok(completion) => (completion, Outcome::Ok),
            What::Fail(completion) => (completion, Outcome::Fail),
            What::Info(completion) => (completion, Outcome::Info),
            _ => return,
        };
        match (self.open.remove(&completion.worker), &completion.report) {
            (Some(Open::Transaction(row)), _) => {
                self.ended(ended(*row, event.t, completion, outcome));
            }
            (Some(Open::EndOffset(asked)), Report::EndOffset(seen)) if outcome == Outcome::Ok => {
                if let Some(offset) = seen.offset {
                    self.offsets.take(event.t, &asked, offset);
                }
            }
            _ => {}
        }
    }

    /// All transactions; none if the scenario had none.
    pub fn finish(mut self) -> Option<Transactions> {
        for worker in self.open.keys().copied().collect::<Vec<_>>() {
            self.left_open(worker);
        }
        if self.ends.total() == 0 {
            return None;
        }
        self.cut();
        self.notable.sort_by_key(|row| (row.begin_ns, row.op));
        let bucket = |(begin, ends): (u64, TransactionEnds)| TransactionBucket {
            begin_ms: begin * self.bucket_ms,
            ends,
        };
        let count: u64 = self.commit_us.values().sum();
        let quantile = |percent: u64| {
            let mut left = (count * percent).div_ceil(100);
            let reached = self.commit_us.iter().find(|(_, often)| {
                left = left.saturating_sub(**often);
                left == 0
            });
            reached.map_or(0, |(us, _)| *us)
        };
        Some(Transactions {
            ends: self.ends,
            producers: self.ids.len() as u64,
            commit_us: (count > 0).then(|| (quantile(50), quantile(99), self.commit_us_max)),
            bucket_ms: self.bucket_ms,
            named: Vec::new(),
            notable: self.notable,
            stalls: self.offsets.finish(self.end),
            buckets: self.buckets.into_iter().map(bucket).collect(),
        })
    }

    /// A call that will never return.
    fn left_open(&mut self, worker: WorkerId) {
        if let Some(Open::Transaction(row)) = self.open.remove(&worker) {
            self.ended(*row);
        }
    }

    fn ended(&mut self, row: TransactionRow) {
        let at = row.end_ns.unwrap_or(self.end) / 1_000_000 / self.bucket_ms;
        let bucket = self.buckets.entry(at).or_default();
        for ends in [&mut self.ends, bucket] {
            *match row.outcome {
                TransactionOutcome::Committed => &mut ends.committed,
                TransactionOutcome::Aborted => &mut ends.aborted,
                TransactionOutcome::Failed => &mut ends.failed,
                TransactionOutcome::Unknown => &mut ends.unknown,
            } += 1;
        }
        if let (TransactionOutcome::Committed, Some(sent), Some(end)) =
            (row.outcome, row.commit_sent_ns, row.end_ns)
        {
            let us = end.saturating_sub(sent) / 1_000;
            self.commit_us_max = self.commit_us_max.max(us);
            *self.commit_us.entry(two_digits(us)).or_default() += 1;
        }
        if self.ids.len() < IDS_MAX && !self.ids.contains(&row.transactional_id) {
            self.ids.insert(row.transactional_id.clone());
        }
        self.notable.push(row);
        if self.notable.len() > TRANSACTIONS_MAX * 4 {
            self.cut();
        }
    }

    /// Keeps those of unknown outcome, and then the longest.
    fn cut(&mut self) {
        let end = self.end;
        self.notable.sort_by_key(|row| {
            let is_known = row.outcome != TransactionOutcome::Unknown;
            (is_known, std::cmp::Reverse(row.length_ns(end)), row.op)
        });
        self.notable.truncate(TRANSACTIONS_MAX);
    }

    fn widen(&mut self) {
        self.bucket_ms *= 2;
        for (at, ends) in std::mem::take(&mut self.buckets) {
            let into = self.buckets.entry(at / 2).or_default();
            into.committed += ends.committed;
            into.aborted += ends.aborted;
            into.failed += ends.failed;
            into.unknown += ends.unknown;
        }
    }
}

impl TransactionRow {
    /// The transactions that a judgement's findings point to, in the order of their begins.
    pub fn collect<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        judgement: &Judgement,
    ) -> Vec<TransactionRow> {
        let findings = judgement.verdicts.iter().flat_map(|v| &v.anomalies);
        let wanted: BTreeSet<u64> = findings
            .flat_map(|anomaly| anomaly.evidence.operations.iter().copied())
            .collect();
        let mut open: BTreeMap<WorkerId, TransactionRow> = BTreeMap::new();
        let mut done: Vec<TransactionRow> = Vec::new();
        for event in events {
            let (completion, outcome) = match &event.what {
                What::Invoke(invocation) => {
                    done.extend(open.remove(&invocation.worker));
                    if let Call::Transaction(call) = &invocation.call
                        && wanted.contains(&event.i)
                    {
                        open.insert(invocation.worker, begun(event, call));
                    }
                    continue;
                }
                What::Ok(completion) => (completion, Outcome::Ok),
                What::Fail(completion) => (completion, Outcome::Fail),
                What::Info(completion) => (completion, Outcome::Info),
                _ => continue,
            };
            let row = open.remove(&completion.worker);
            done.extend(row.map(|row| ended(row, event.t, completion, outcome)));
        }
        done.extend(open.into_values());
        done.sort_by_key(|row| row.op);
        done.truncate(TRANSACTIONS_MAX);
        done
    }
}

fn two_digits(us: u64) -> u64 {
    let mut unit = 1;
    while us / unit >= 100 {
        unit *= 10;
    }
    us / unit * unit
}

fn begun(event: &Event, call: &Transaction) -> TransactionRow {
    TransactionRow {
        op: event.i,
        transactional_id: call.transactional_id.to_string(),
        begin_ns: event.t,
        ..TransactionRow::default()
    }
}

fn ended(
    mut row: TransactionRow,
    at: Moment,
    completion: &Completion,
    outcome: Outcome,
) -> TransactionRow {
    row.end_ns = Some(at);
    if let Some(error) = &completion.error {
        row.error = error.to_string();
    }
    if let Report::Transaction(end) = &completion.report {
        row.wanted = end.wanted;
        row.commit_sent_ns = end.end_sent;
        row.records = end.sends.len() as u64;
        let partitions = end.sends.iter();
        let partitions: BTreeSet<String> = partitions
            .map(|send| format!("{}/{}", send.topic, send.partition))
            .collect();
        row.partitions = partitions.into_iter().collect();
    }
    row.outcome = match (outcome, row.wanted) {
        (Outcome::Ok, Some(Ending::Abort)) => TransactionOutcome::Aborted,
        (Outcome::Ok, _) => TransactionOutcome::Committed,
        (Outcome::Fail, _) => TransactionOutcome::Failed,
        (Outcome::Info, _) => TransactionOutcome::Unknown,
    };
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::jsonl;

    fn seen(lines: &[String]) -> Option<Transactions> {
        let mut text = String::from("{\"format\":\"jepsen-history\",\"version\":1}\n");
        for (i, line) in lines.iter().enumerate() {
            text += &format!("{{\"i\":{i},{line}}}\n");
        }
        let mut seen = TransactionsSeen::default();
        let parsed = jsonl::parse(&text).expect("a history");
        parsed.events.iter().for_each(|event| seen.take(event));
        seen.finish()
    }

    #[test]
    fn transactions_are_counted_by_their_ends_and_the_odd_ones_kept() {
        let mut lines = Vec::new();
        for n in 0..TRANSACTIONS_MAX as u64 * 5 {
            let begin = n * 1_000_000_000;
            lines.push(format!(
                r#""t":{begin},"type":"invoke","worker":{n},"f":"transaction","transactional_id":"x{}""#,
                n % 3
            ));
            let (kind, wanted) = match n {
                7 => continue,
                8 => ("fail", "commit"),
                9 => ("info", "commit"),
                10 => ("ok", "abort"),
                _ => ("ok", "commit"),
            };
            let end = begin + 2_000_000 + n * 1_000;
            let sent = begin + 1_000_000;
            lines.push(format!(
                r#""t":{end},"type":"{kind}","worker":{n},"f":"transaction","wanted":"{wanted}","end_sent":{sent},"sends":[{{"topic":"t","partition":1,"value":"v{n}","outcome":"ok"}}]"#
            ));
        }
        let all = seen(&lines).expect("some");
        let total = TRANSACTIONS_MAX as u64 * 5;
        let ends = TransactionEnds {
            committed: total - 4,
            aborted: 1,
            failed: 1,
            unknown: 2,
        };
        assert_eq!(
            (all.ends, all.ends.total(), all.producers),
            (ends, total, 3)
        );
        let counted: u64 = all.buckets.iter().map(|b| b.ends.total()).sum();
        assert_eq!(counted, total);
        assert!(all.buckets.len() as u64 <= TRANSACTION_BUCKETS_MAX);
        assert_eq!(all.notable.len(), TRANSACTIONS_MAX);
        let kept: Vec<u64> = all
            .notable
            .iter()
            .map(|row| row.begin_ns / 1_000_000_000)
            .collect();
        assert_eq!(
            kept[..2],
            [7, 9],
            "whose outcome is unknown, in the order of begins"
        );
        let (p50, p99, max) = all.commit_us.expect("commits");
        assert!(p50 < p99 && p99 <= max, "{p50} {p99} {max}");
        assert_eq!(seen(&lines[..0]), None);
    }
}
