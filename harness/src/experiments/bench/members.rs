//! The figures of transactions and consumer groups of one block.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nemesis::Node;
use reports::bench::{Bench, Unit};

use super::block::{Measuring, ONE, SIXTEEN};
use super::rebalance::Group;
use super::transactions::{self, Shape};
use super::work::{HEARTBEAT, PROCESSED_RATE};
use crate::run::ready;

/// The shapes of transactions: one producer, whose commits are timed, and several, whose transactions are counted.
const SHAPES: [Shape; 6] = {
    const fn shape(records: usize, partitions: i32, producers: usize) -> Shape {
        Shape {
            records,
            partitions,
            producers,
        }
    }
    [
        shape(1, 1, 1),
        shape(10, 1, 1),
        shape(1, 16, 1),
        shape(10, 16, 1),
        shape(1, 1, 8),
        shape(10, 16, 8),
    ]
};

/// The sizes of groups.
const MEMBERS: [usize; 3] = [1, 3, 20];

impl Measuring<'_> {
    /// Transactions a second, and the times of commits.
    pub(super) fn transactions(&self, bench: &mut Bench) -> Result<()> {
        for shape in SHAPES {
            if self.stopped() {
                return Ok(());
            }
            let aim = self.aim(if shape.partitions == 1 { ONE } else { SIXTEEN });
            let label = shape.label();
            let done = transactions::run(aim, shape, self.block.work.each)
                .with_context(|| label.clone())?;
            let figure = ("transactions", label.as_str(), Unit::TransactionsPerSecond);
            bench.add(figure, self.name(), done.per_second());
            if done.failed > 0 {
                let name = self.name();
                let warning = format!("{name}, {label}: {} transactions failed", done.failed);
                bench.warnings.push(warning);
            }
            if shape.producers > 1 {
                continue;
            }
            let times = super::quantile::Quantiles::of(done.commits_us);
            let times = times.context("nothing was committed")?;
            for (name, value) in [("p50", times.p50_ms), ("p99", times.p99_ms)] {
                let label = format!("{label}: {name}");
                let figure = (
                    "commit of a transaction",
                    label.as_str(),
                    Unit::Milliseconds,
                );
                bench.add(figure, self.name(), value);
            }
        }
        Ok(())
    }

    /// The time from an input to its output through consume, transform and produce.
    pub(super) fn processed(&self, bench: &mut Bench) -> Result<()> {
        let times = transactions::processed(
            (self.aim(ONE), self.end(ONE)?),
            (self.aim(SIXTEEN), self.end(SIXTEEN)?),
            PROCESSED_RATE,
            self.block.work.each,
        )?;
        let group = format!("consume, transform, produce at {PROCESSED_RATE} records/s, 1 KB");
        for (name, value) in [("p50", times.p50_ms), ("p99", times.p99_ms)] {
            bench.add((&group, name, Unit::Milliseconds), self.name(), value);
        }
        Ok(())
    }

    /// The time until groups are stable after each cause.
    pub(super) async fn rebalances(&self, bench: &mut Bench) -> Result<()> {
        for members in MEMBERS {
            if self.stopped() {
                return Ok(());
            }
            let addresses = self.cluster.addresses();
            let id = format!("bench-{members}");
            // Room for the one that comes and leaves, and for the one that comes and dies.
            let group = Group::new(&addresses, id, members + 2);
            let killed = tokio::task::block_in_place(|| {
                std::thread::scope(|scope| {
                    let told = self.causes(bench, &group, members, |at| {
                        let group = &group;
                        scope.spawn(move || group.live(at));
                    });
                    group.end();
                    told
                })
            });
            self.whole_again(killed?).await?;
        }
        Ok(())
    }

    /// Measures every cause in turn. The last one is the death of the coordinator, which is returned.
    fn causes(
        &self,
        bench: &mut Bench,
        group: &Group<'_>,
        members: usize,
        mut comes: impl FnMut(usize),
    ) -> Result<Node> {
        let name = self.name().to_owned();
        let several = if members == 1 { "member" } else { "members" };
        let mut told = |cause: &str, took: Duration| {
            let label = format!("{members} {several}: {cause}");
            let figure = ("time to stable", label.as_str(), Unit::Milliseconds);
            bench.add(figure, &name, took.as_secs_f64() * 1e3);
        };
        let began = Instant::now();
        (0..members).for_each(&mut comes);
        group.settles(members, None, began)?;
        // A group that forms goes through several generations.
        std::thread::sleep(HEARTBEAT * 4);
        let one_more = members + 1;
        for vanishes in [false, true] {
            let before = group.now(members);
            let at = members + usize::from(vanishes);
            let began = Instant::now();
            comes(at);
            let seats = if vanishes { members } else { one_more };
            let took = group.settles(seats, before, began)?;
            if !vanishes {
                told("one joins", took);
            }
            std::thread::sleep(HEARTBEAT * 4);
            let before = group.now(members);
            let began = Instant::now();
            match vanishes {
                false => group.leaves(at),
                true => group.vanishes(at),
            }
            let took = group.settles(members, before, began)?;
            told(if vanishes { "one dies" } else { "one leaves" }, took);
        }
        std::thread::sleep(HEARTBEAT * 4);
        let (generation, node) = group.now(members).context("the group is not stable")?;
        let coordinator = self.cluster.nodes().into_iter().nth(node);
        let coordinator = coordinator.context("the coordinator is no node")?;
        let began = Instant::now();
        let kill = self.cluster.kill(coordinator);
        tokio::runtime::Handle::current().block_on(kill)?;
        let took = group.settles(members, Some((generation, node)), began)?;
        told("the coordinator is killed", took);
        Ok(coordinator)
    }

    /// Starts a node again and waits until the cluster is whole.
    async fn whole_again(&self, node: Node) -> Result<()> {
        self.cluster.start(node).await?;
        let limit_ms = self.block.target.limits.formation_ms;
        let deadline = Instant::now() + Duration::from_millis(limit_ms) * 4;
        tokio::task::block_in_place(|| {
            let stop = &self.block.session.interrupt;
            ready::wait(self.block.target, &self.cluster, stop, deadline)
        })
    }
}
