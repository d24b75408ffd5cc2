//! The figures of a healthy cluster, in a fixed order: cold, warm-up, warm.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reports::bench::{Bench, Unit};

use super::block::{Measuring, ONE, SIXTEEN};
use super::load::{self, Aim, Loaded, Pace, Shape};
use super::quantile::Quantiles;
use super::work::{Group, SATURATION_MAX};
use super::{delivery, resources};
use crate::run::final_reads;

/// The time within which a node must report the end of a partition.
const END: Duration = Duration::from_secs(5);

/// The shapes that are measured warm.
const SHAPES: [Shape; 8] = {
    const fn shape(bytes: usize, partitions: i32, producers: usize) -> Shape {
        Shape {
            bytes,
            partitions,
            producers,
        }
    }
    [
        shape(100, 1, 1),
        shape(100, 1, 8),
        shape(100, 16, 1),
        shape(100, 16, 8),
        shape(1_024, 1, 1),
        shape(1_024, 1, 8),
        shape(1_024, 16, 1),
        shape(1_024, 16, 8),
    ]
};
/// The shapes for cold figures, for the overhead, and for the warm-up.
const PLAIN: Shape = SHAPES[4];
const PLAIN_SIXTEEN: Shape = SHAPES[6];

impl Measuring<'_> {
    pub(super) fn aim<'s>(&'s self, topic: &'s str) -> Aim<'s> {
        Aim {
            bootstrap: &self.bootstrap,
            topic,
            client: &self.client,
            acks: self.block.target.acks(),
            history: None,
        }
    }

    fn aim_at(&self, shape: Shape) -> Aim<'_> {
        self.aim(if shape.partitions == 1 { ONE } else { SIXTEEN })
    }

    /// All measurements that need no fault, in order: cold, warm-up, warm.
    pub(super) fn loads(&self, bench: &mut Bench) {
        let work = self.block.work;
        if work.has(Group::Throughput) {
            for shape in [PLAIN, PLAIN_SIXTEEN] {
                let done = self.throughput(bench, "throughput, cold", shape).map(drop);
                self.warn(bench, "cold throughput", done);
            }
        }
        let warm_up = Duration::from_millis(self.block.target.bench.warm_up_ms);
        let warmed = load::run(
            self.aim_at(PLAIN_SIXTEEN),
            PLAIN_SIXTEEN,
            Pace::Full,
            warm_up,
        );
        self.warn(bench, "warm-up", warmed.map(drop));
        for shape in SHAPES {
            if self.stopped() {
                return;
            }
            let done = self.shape(bench, shape);
            self.warn(bench, &shape.label(), done);
        }
        if work.has(Group::EndToEnd) {
            let done = self.end_to_end(bench);
            self.warn(bench, "end-to-end latency", done);
        }
        if work.has(Group::Transactions) && !self.stopped() {
            let done = self.transactions(bench);
            self.warn(bench, "transactions", done);
            let done = self.processed(bench);
            self.warn(bench, "consume, transform, produce", done);
        }
        if work.has(Group::Overhead) {
            let done = self.overhead(bench);
            self.warn(bench, "overhead", done);
        }
    }

    fn throughput(&self, bench: &mut Bench, group: &str, shape: Shape) -> Result<Loaded> {
        let work = self.block.work;
        let run = || load::run(self.aim_at(shape), shape, Pace::Full, work.each);
        let (loaded, used) = resources::during(&self.cluster, &self.block.session.table, run);
        let loaded = loaded?;
        let label = shape.label();
        bench.add(
            (group, &label, Unit::RecordsPerSecond),
            self.name(),
            loaded.per_second(),
        );
        if group == "throughput" && shape == PLAIN {
            let each_us = used.processor.as_secs_f64() * 1e6 / loaded.acknowledged.max(1) as f64;
            let cost = format!("processor time of all nodes for a record: {label}");
            bench.add(
                ("cost", &cost, Unit::MicrosecondsPerRecord),
                self.name(),
                each_us,
            );
            let memory = (
                "cost",
                "memory of the largest node, under load",
                Unit::Bytes,
            );
            bench.add(memory, self.name(), used.resident_bytes as f64);
        }
        self.count_failed(bench, &label, &loaded);
        Ok(loaded)
    }

    fn count_failed(&self, bench: &mut Bench, label: &str, loaded: &Loaded) {
        if loaded.failed > 0 {
            let warning = format!("{}, {label}: {} records failed", self.name(), loaded.failed);
            bench.warnings.push(warning);
        }
    }

    /// Throughput of a shape, and latency at the rate if the rate is well below that throughput.
    fn shape(&self, bench: &mut Bench, shape: Shape) -> Result<()> {
        let work = self.block.work;
        let (wanted, latency) = (work.has(Group::Throughput), work.has(Group::Latency));
        if !wanted && !latency {
            return Ok(());
        }
        let carried = self.throughput(bench, "throughput", shape)?.per_second();
        if !latency {
            return Ok(());
        }
        if f64::from(work.rate) > carried * SATURATION_MAX {
            let warning = format!(
                "{}, {}: no latency, because {} records/s exceed {:.0} % of the {carried:.0} that it carried",
                self.name(),
                shape.label(),
                work.rate,
                SATURATION_MAX * 100.0
            );
            bench.warnings.push(warning);
            return Ok(());
        }
        let loaded = load::run(self.aim_at(shape), shape, Pace::Rate(work.rate), work.each)?;
        self.count_failed(bench, &shape.label(), &loaded);
        let times = Quantiles::of(loaded.latencies_us).context("nothing was acknowledged")?;
        let group = format!("latency at {} records/s", work.rate);
        let quantiles = [
            ("p50", times.p50_ms),
            ("p99", times.p99_ms),
            ("p999", times.p999_ms),
        ];
        for (name, value) in quantiles {
            let label = format!("{}: {name}", shape.label());
            bench.add((&group, &label, Unit::Milliseconds), self.name(), value);
        }
        Ok(())
    }

    /// The end offset of a topic's first partition.
    pub(super) fn end(&self, topic: &str) -> Result<i64> {
        let addresses = self.cluster.addresses();
        let place = [(topic.to_owned(), 0)];
        let recorded = (&self.recorder, &self.ids);
        let spans = final_reads::spans(&addresses, &place, recorded, Instant::now() + END)?;
        Ok(spans.first().context("no end offset")?.end)
    }

    fn end_to_end(&self, bench: &mut Bench) -> Result<()> {
        let work = self.block.work;
        let times = delivery::end_to_end(self.aim(ONE), self.end(ONE)?, work.rate, work.each)?;
        let group = format!(
            "end-to-end latency at {} records/s, 1 KB, 1 partition",
            work.rate
        );
        for (name, value) in [("p50", times.p50_ms), ("p99", times.p99_ms)] {
            bench.add((&group, name, Unit::Milliseconds), self.name(), value);
        }
        Ok(())
    }

    /// The same load without and with a recorded history.
    fn overhead(&self, bench: &mut Bench) -> Result<()> {
        let each = self.block.work.each;
        let without = load::run(self.aim_at(PLAIN), PLAIN, Pace::Full, each)?;
        let mut aim = self.aim_at(PLAIN);
        aim.history = Some((&self.recorder, &self.ids));
        let with = load::run(aim, PLAIN, Pace::Full, each)?;
        let share = 100.0 * (1.0 - with.per_second() / without.per_second().max(1e-9));
        let label = "throughput lost by recording a history";
        bench.add(("harness", label, Unit::Percent), self.name(), share);
        Ok(())
    }
}
