//! The series behind the charts of a run of many hours, measured while its lines go by: counts in buckets that become
//! wider as the run becomes longer, so that their size does not. A quantile is that of a histogram whose steps are three
//! hundredths wide; the largest value is exact. A shorter history is measured exactly, by [`measure`](super::measure).

mod bucket;

use std::collections::BTreeMap;

use checkers::history::{Call, Event, Moment, Outcome, Phase, Seen, What, WorkerId};
use reports::model::{
    AvailabilityBucket, DensityCell, Groups, LatencySeries, Mark, PhaseMark, QuantileBucket,
    RateBucket, Refusals, ScenarioReport, Series, TransactionsSeen,
};

use super::lag::Lag;
use super::series::{BUCKET_MS_MIN, BUCKETS_MAX, COLUMNS, IN_TIME_NS, MARKS_MAX, low, row};
use bucket::Histogram;

/// The calls that have a chart of their latency.
const CALLS: [&str; 3] = ["append", "poll", "end-offset"];

/// What was measured so far.
#[derive(Clone, Debug)]
pub struct Meter {
    bucket_ms: u64,
    open: BTreeMap<WorkerId, (Option<usize>, Moment)>,
    latency: [Latency; 3],
    rate: BTreeMap<u64, RateBucket>,
    availability: BTreeMap<u64, AvailabilityBucket>,
    phases: Vec<PhaseMark>,
    lag: Lag,
    refusals: Refusals,
    groups: Groups,
    transactions: TransactionsSeen,
    /// Operations that were ok, that failed, and whose outcome is unknown.
    ops: [u64; 3],
    end: Moment,
}

#[derive(Clone, Debug, Default)]
struct Latency {
    buckets: BTreeMap<u64, Histogram>,
    /// The slowest of those that failed, and the first of those whose outcome is unknown.
    failed: Vec<Mark>,
    unknown: Vec<Mark>,
    marks: u64,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter {
            bucket_ms: BUCKET_MS_MIN,
            open: BTreeMap::new(),
            latency: Default::default(),
            rate: BTreeMap::new(),
            availability: BTreeMap::new(),
            phases: Vec::new(),
            lag: Lag::default(),
            refusals: Refusals::default(),
            groups: Groups::default(),
            transactions: TransactionsSeen::default(),
            ops: [0; 3],
            end: 0,
        }
    }
}

impl Meter {
    /// Measures the next line.
    pub fn take(&mut self, event: &Event) {
        self.end = event.t;
        while event.t / 1_000_000 / self.bucket_ms > BUCKETS_MAX * 2 {
            self.widen();
        }
        self.lag.take(event, self.bucket_ms);
        self.refusals.take(event);
        self.groups.take(event);
        self.transactions.take(event);
        match &event.what {
            What::Invoke(invocation) => {
                let kind = match invocation.call {
                    Call::Append(_) => Some(0),
                    Call::Poll(_) => Some(1),
                    Call::EndOffset(_) => Some(2),
                    _ => None,
                };
                self.open.insert(invocation.worker, (kind, event.t));
            }
            What::Ok(completion) => self.completed(event.t, completion.worker, Outcome::Ok),
            What::Fail(completion) => self.completed(event.t, completion.worker, Outcome::Fail),
            What::Info(completion) => self.completed(event.t, completion.worker, Outcome::Info),
            What::Observation(observed) => {
                if let Seen::Produce { .. } = observed.seen {
                    let begin_ms = observed.called / 1_000_000 / self.bucket_ms * self.bucket_ms;
                    let bucket = self.availability.entry(begin_ms).or_default();
                    bucket.attempted += 1;
                    let waited = event.t.saturating_sub(observed.called);
                    bucket.acknowledged += u64::from(observed.answered && waited < IN_TIME_NS);
                }
            }
            What::Phase(phase) if phase.phase != Phase::Unknown => self.phases.push(PhaseMark {
                phase: phase.phase,
                at_ns: event.t,
            }),
            _ => {}
        }
    }

    fn completed(&mut self, at: Moment, worker: WorkerId, outcome: Outcome) {
        let Some((kind, called)) = self.open.remove(&worker) else {
            return;
        };
        self.ops[outcome as usize] += 1;
        let Some(kind) = kind else {
            return;
        };
        let at_ms = at / 1_000_000;
        let begin_ms = at_ms / self.bucket_ms * self.bucket_ms;
        let latency_us = at.saturating_sub(called) / 1_000;
        let latency = &mut self.latency[kind];
        let mark = Mark {
            at_ms: called / 1_000_000,
            latency_us,
            outcome,
        };
        match outcome {
            Outcome::Ok => latency.buckets.entry(begin_ms).or_default().add(latency_us),
            // A node that refuses an end offset because it does not lead is not a failure that needs a mark.
            Outcome::Fail if kind == 2 => {}
            Outcome::Fail => {
                latency.marks += 1;
                latency.failed.push(mark);
                if latency.failed.len() > MARKS_MAX * 2 {
                    slowest(&mut latency.failed);
                }
            }
            Outcome::Info => {
                latency.marks += 1;
                if latency.unknown.len() < MARKS_MAX {
                    latency.unknown.push(mark);
                }
            }
        }
        if kind < 2 {
            let bucket = self.rate.entry(begin_ms).or_default();
            match outcome {
                Outcome::Ok => bucket.ok += 1,
                Outcome::Fail => bucket.fail += 1,
                Outcome::Info => bucket.info += 1,
            }
        }
    }

    fn widen(&mut self) {
        self.bucket_ms *= 2;
        let wide = self.bucket_ms;
        self.lag.widen(wide);
        for latency in &mut self.latency {
            for (begin, narrow) in std::mem::take(&mut latency.buckets) {
                let into = latency.buckets.entry(begin / wide * wide).or_default();
                into.join(narrow);
            }
        }
        for (begin, narrow) in std::mem::take(&mut self.rate) {
            let into = self.rate.entry(begin / wide * wide).or_default();
            into.ok += narrow.ok;
            into.fail += narrow.fail;
            into.info += narrow.info;
        }
        for (begin, narrow) in std::mem::take(&mut self.availability) {
            let into = self.availability.entry(begin / wide * wide).or_default();
            into.attempted += narrow.attempted;
            into.acknowledged += narrow.acknowledged;
        }
    }

    /// Fills in what only a pass over all lines can tell: what consumers had yet to read, why operations failed, groups and
    /// transactions.
    pub fn tell(mut self, entry: &mut ScenarioReport) {
        while self.end / 1_000_000 / self.bucket_ms > BUCKETS_MAX {
            self.widen();
        }
        entry.lag = self.lag.finish(self.bucket_ms, self.end);
        entry.calls = self.refusals.calls();
        entry.refusals = self.refusals.finish();
        entry.groups = self.groups.finish();
        entry.transactions = self.transactions.finish();
    }

    /// Fills in the data of a scenario's report: series, counts, phases, duration.
    pub fn measure(mut self, entry: &mut ScenarioReport) {
        let duration_ms = self.end / 1_000_000;
        while duration_ms / self.bucket_ms > BUCKETS_MAX {
            self.widen();
        }
        entry.duration_ms = duration_ms;
        entry.ops.ok += self.ops[0];
        entry.ops.fail += self.ops[1];
        entry.ops.info += self.ops[2] + self.open.len() as u64;
        entry.phases = self.phases;
        let (bucket_ms, end) = (self.bucket_ms, self.end);
        let series = CALLS.into_iter().zip(self.latency);
        let series = series.map(|(call, latency)| latency.series(call, bucket_ms, end));
        let rate = self.rate.into_iter();
        let availability = self.availability.into_iter();
        entry.series = Series {
            duration_ms,
            bucket_ms,
            latency: series
                .filter(|series| series.count > 0 || series.marks_total > 0)
                .collect(),
            rate: rate
                .map(|(begin_ms, bucket)| RateBucket { begin_ms, ..bucket })
                .collect(),
            availability: availability
                .map(|(begin_ms, bucket)| AvailabilityBucket { begin_ms, ..bucket })
                .collect(),
        };
    }
}

impl Latency {
    fn series(mut self, call: &str, bucket_ms: u64, end: Moment) -> LatencySeries {
        // How long an unknown outcome takes is not known before the end.
        for mark in &mut self.unknown {
            mark.latency_us = (end / 1_000).saturating_sub(mark.at_ms * 1_000);
        }
        let mut marks = self.failed;
        marks.append(&mut self.unknown);
        slowest(&mut marks);
        marks.sort_by_key(|mark| mark.at_ms);
        let columns = (end / 1_000_000 / bucket_ms + 1).div_ceil(COLUMNS).max(1);
        let width_ms = columns * bucket_ms;
        let mut all = Histogram::default();
        let mut cells: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        let mut quantiles = Vec::with_capacity(self.buckets.len());
        for (begin_ms, bucket) in self.buckets {
            quantiles.push(QuantileBucket {
                begin_ms,
                p50_us: bucket.quantile(50),
                p95_us: bucket.quantile(95),
                p99_us: bucket.quantile(99),
                max_us: bucket.max_us,
            });
            for (latency_us, count) in bucket.counts() {
                let cell = (begin_ms / width_ms, row(latency_us));
                *cells.entry(cell).or_default() += count;
            }
            all.join(bucket);
        }
        let density = cells.into_iter().map(|((column, row), count)| DensityCell {
            begin_ms: column * width_ms,
            width_ms,
            low_us: low(row),
            high_us: low(row + 1),
            count,
        });
        LatencySeries {
            call: call.to_owned(),
            count: all.count,
            p50_us: all.quantile(50),
            p95_us: all.quantile(95),
            p99_us: all.quantile(99),
            max_us: all.max_us,
            quantiles,
            density: density.collect(),
            marks,
            marks_total: self.marks,
        }
    }
}

/// Keeps the slowest.
fn slowest(marks: &mut Vec<Mark>) {
    marks.sort_by_key(|mark| (std::cmp::Reverse(mark.latency_us), mark.at_ms));
    marks.truncate(MARKS_MAX);
}

#[cfg(test)]
mod tests {
    use super::super::series::measure;
    use super::*;
    use checkers::history::{History, jsonl};

    /// An append every 7 ms for some minutes, with a latency that grows again and again, one in a hundred refused.
    fn history(appends: u64) -> History {
        let mut text = String::from("{\"format\":\"jepsen-history\",\"version\":1}\n");
        for number in 0..appends {
            let called = number * 7_000_000;
            let outcome = if number % 100 == 7 { "fail" } else { "ok" };
            let ended = called + 1_000_000 + number % 10_000 * 500;
            for (t, kind) in [(called, "invoke"), (ended, outcome)] {
                let i = number * 2 + u64::from(kind != "invoke");
                let rest = match kind {
                    "invoke" => {
                        format!("\"topic\":\"t\",\"partition\":0,\"values\":[\"{number}\"]")
                    }
                    _ => "\"records\":[]".to_owned(),
                };
                text += &format!(
                    "{{\"i\":{i},\"t\":{t},\"type\":\"{kind}\",\"worker\":1,\"f\":\"append\",{rest}}}\n"
                );
            }
        }
        let parsed = jsonl::parse(&text).expect("a history");
        History::new(parsed.header, parsed.events)
    }

    /// What is measured on the way is what is measured at the end, within the steps of a histogram.
    #[test]
    fn a_long_run_is_measured_like_a_short_one() {
        for appends in [50, 30_000] {
            let history = history(appends);
            let (mut whole, mut entry) = (ScenarioReport::default(), ScenarioReport::default());
            measure(&history, &mut whole);
            let mut meter = Meter::default();
            history.events().iter().for_each(|event| meter.take(event));
            meter.measure(&mut entry);
            assert_eq!(
                (entry.ops, entry.duration_ms),
                (whole.ops, whole.duration_ms)
            );
            let (exact, near) = (&whole.series.latency[0], &entry.series.latency[0]);
            assert_eq!((near.count, near.max_us), (exact.count, exact.max_us));
            assert_eq!(
                (near.marks_total, &near.marks),
                (exact.marks_total, &exact.marks)
            );
            for (near, exact) in [(near.p50_us, exact.p50_us), (near.p99_us, exact.p99_us)] {
                assert!(
                    near.abs_diff(exact) * 100 <= exact * 4,
                    "{near} for {exact}"
                );
            }
            let count = |series: &Series| series.rate.iter().map(|b| b.ok + b.fail).sum::<u64>();
            assert_eq!(count(&entry.series), count(&whole.series));
            assert!(entry.series.rate.len() as u64 <= BUCKETS_MAX + 1);
        }
    }
}
