//! One target once: started, measured in a fixed order, stopped.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::Event;
use reports::bench::{Bench, Unit};

use super::load::{self, Pace, Shape};
use super::work::{Group, Work};
use super::{disk, fail_over, resources};
use crate::cluster::Cluster;
use crate::cluster_view::ClusterView;
use crate::config::plants::Plants;
use crate::config::target::Target;
use crate::config::topics::PROBE;
use crate::load::clients::Seats;
use crate::output::say;
use crate::probe;
use crate::record::{Clock, Recorder, StopFlag, Threads, WorkerIds};
use crate::run::{self, faults, topics};
use crate::session::Session;
use crate::store::layout;

/// The topics, by their partitions.
pub(super) const ONE: &str = "bench-1";
pub(super) const SIXTEEN: &str = "bench-16";

/// The duration of the measurement of idle nodes.
const IDLE: Duration = Duration::from_millis(300);

/// One target once.
pub struct Block<'a> {
    /// The target.
    pub target: &'a Arc<Target>,
    /// The measurements.
    pub work: &'a Work,
    /// The environment.
    pub session: &'a Session,
    /// The directory of its files.
    pub directory: &'a Path,
    /// The seed of the target's random draws, if it has any.
    pub seed: u64,
}

/// A block in progress.
pub(super) struct Measuring<'a> {
    pub(super) block: &'a Block<'a>,
    pub(super) cluster: Cluster,
    pub(super) recorder: Recorder,
    view: ClusterView,
    pub(super) ids: WorkerIds,
    pub(super) bootstrap: String,
    pub(super) client: Vec<(String, String)>,
}

impl Block<'_> {
    /// The cost of a sync on the nodes' disk, as a figure of every target: all of them use the same disk.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn measure_disk(directory: &Path, targets: &[String], bench: &mut Bench) -> Result<()> {
        let times = disk::sync_times(directory)?;
        for target in targets {
            bench.add(
                ("disk", "fdatasync p50", Unit::Milliseconds),
                target,
                times.p50_ms,
            );
            bench.add(
                ("disk", "fdatasync p99", Unit::Milliseconds),
                target,
                times.p99_ms,
            );
        }
        Ok(())
    }

    /// Runs the block and adds its figures. If one part fails, that is a warning, and the other parts are still
    /// measured.
    ///
    /// # Errors
    /// If the nodes cannot be started or do not form a cluster.
    pub async fn run(&self, bench: &mut Bench) -> Result<()> {
        let history = self.directory.join(layout::HISTORY);
        let header = run::header(
            ("bench", "bench"),
            self.target,
            (self.target.promises.clone(), Default::default()),
            &Plants::default(),
            &self.session.environment,
        );
        let (recorder, file) = Recorder::create(&history, &header, Clock::begin(), None)?;
        let events = recorder.subscribe(|event| Some(event.clone()));
        let cluster = Cluster::prepare(
            &self.session.environment,
            self.target,
            self.directory,
            self.seed,
            &Plants::default(),
            &recorder,
        )?;
        let measuring = Measuring {
            block: self,
            bootstrap: cluster.bootstrap(),
            cluster,
            recorder: recorder.clone(),
            view: ClusterView::of(self.target.nodes.count()),
            ids: WorkerIds::default(),
            client: self.target.client_settings(),
        };
        let measured = measuring.measure(bench, &events).await;
        let _ = measuring.cluster.stop().await;
        recorder.finish();
        let closed = file.close();
        measuring.cluster.remove_data();
        measured?;
        closed.map(drop)
    }
}

impl Measuring<'_> {
    pub(super) fn name(&self) -> &str {
        &self.block.target.name
    }

    pub(super) fn stopped(&self) -> bool {
        self.block.session.interrupt.is_set()
    }

    async fn measure(&self, bench: &mut Bench, events: &Receiver<Event>) -> Result<()> {
        let mut probes = Threads::default();
        let formed = self.form(bench, &mut probes).await;
        tokio::task::block_in_place(|| probes.end());
        formed?;
        let work = self.block.work;
        let ((), used) = tokio::task::block_in_place(|| {
            let idle = || std::thread::sleep(IDLE);
            resources::during(&self.cluster, &self.block.session.table, idle)
        });
        let memory = ("cost", "memory of the largest node, idle", Unit::Bytes);
        bench.add(memory, self.name(), used.resident_bytes as f64);
        tokio::task::block_in_place(|| self.loads(bench));
        if work.has(Group::Rebalance) && !self.stopped() {
            let done = self.rebalances(bench).await;
            self.warn(bench, "rebalance", done);
        }
        if work.has(Group::FailOver) && !self.stopped() {
            let done = self.fail_over(bench, events).await;
            self.warn(bench, "fail-over", done);
        }
        Ok(())
    }

    /// A part that failed is a warning. The other parts still count.
    pub(super) fn warn(&self, bench: &mut Bench, part: &str, done: Result<()>) {
        if let Err(error) = done {
            let warning = format!("{}, {part}: {error:#}", self.name());
            say(&format!("  warning: {warning}"));
            bench.warnings.push(warning);
        }
    }

    /// Asks every node who leads, until the threads are stopped.
    fn watch(&self, topics: &[String], threads: &mut Threads) -> Result<()> {
        let (cluster, target) = (&self.cluster, self.block.target);
        let seen = (&self.recorder, &self.view);
        probe::metadata::start(target, cluster, (topics, &[]), seen, threads)
    }

    async fn form(&self, bench: &mut Bench, probes: &mut Threads) -> Result<()> {
        for node in self.cluster.nodes() {
            self.cluster.start(node).await?;
        }
        let started = Instant::now();
        let limit = Duration::from_millis(self.block.target.limits.formation_ms) * 4;
        let deadline = started + limit;
        let made = [(ONE, 1), (SIXTEEN, 16), (PROBE, 1)];
        let topics = made.map(|(name, _)| name.to_owned());
        self.watch(&topics, probes)?;
        let settings = self.block.target.topic_settings();
        let replicas = self.block.target.replicas();
        let addresses = self.cluster.addresses();
        tokio::task::block_in_place(|| -> Result<()> {
            let stop = &self.block.session.interrupt;
            crate::run::ready::wait(self.block.target, &self.cluster, stop, deadline)?;
            for topic in made {
                let record = (&self.recorder, &self.ids);
                topics::create(
                    &addresses, topic, replicas, &settings, record, stop, deadline,
                )?;
            }
            Ok(())
        })?;
        let partitions = made
            .iter()
            .map(|(_, partitions)| *partitions as usize)
            .sum();
        topics::agreement(&self.view, partitions, deadline)
            .await
            .context("the nodes did not agree on leaders")?;
        let aim = self.aim(ONE);
        let first = Shape {
            bytes: 100,
            partitions: 1,
            producers: 1,
        };
        tokio::task::block_in_place(|| load::run(aim, first, Pace::Rate(1), Duration::ZERO))?;
        let took = started.elapsed().as_secs_f64() * 1e3;
        let figure = (
            "formation",
            "from the last start to a record acknowledged",
            Unit::Milliseconds,
        );
        bench.add(figure, self.name(), took);
        Ok(())
    }

    async fn fail_over(&self, bench: &mut Bench, events: &Receiver<Event>) -> Result<()> {
        let target = self.block.target;
        let timing = target.timing();
        let plan = fail_over::plan(&timing);
        // The events recorded so far are not needed here.
        while events.try_recv().is_ok() {}
        let mut threads = Threads::default();
        let topics = [PROBE.to_owned()];
        self.watch(&topics, &mut threads)?;
        let (recorder, bootstrap) = (self.recorder.clone(), self.bootstrap.clone());
        let probed = target.clone();
        threads.start("produce-probe", move |stop| {
            if let Err(error) = probe::produce::run(&bootstrap, &probed, &recorder, &stop) {
                say(&format!(
                    "  warning: the produce probe did not run: {error:#}"
                ));
            }
        })?;
        let looking = self.recorder.subscribe(|event| Some(event.clone()));
        let (cluster, ended) = (self.cluster.clone(), StopFlag::default());
        let stop = ended.clone();
        let back = tokio::task::spawn_blocking(move || fail_over::back(&looking, &cluster, &stop));
        let context = faults::FaultContext {
            environment: &self.block.session.environment,
            table: &self.block.session.table,
            cluster: &self.cluster,
            clients: &Seats::default(),
            view: &self.view,
            recorder: &self.recorder,
            settling: Some((self.block.target.settling(), 1)),
        };
        let ending = Instant::now() + Duration::from_millis(plan.time_limit_ms);
        let warnings =
            faults::execute(&plan, &context, ending, &self.block.session.interrupt).await;
        tokio::time::sleep(timing.quiet_end).await;
        ended.set();
        let back = back.await.context("measure the return of the follower")?;
        tokio::task::block_in_place(|| threads.end());
        for warning in warnings {
            self.warn(bench, "fail-over", Err(anyhow::anyhow!(warning)));
        }
        let seen: Vec<Event> = events.try_iter().collect();
        for (fault, gap_ms) in fail_over::gaps(&seen) {
            let label = format!("gap after the leader's {fault}");
            bench.add(
                ("fail-over", &label, Unit::Milliseconds),
                self.name(),
                gap_ms,
            );
        }
        if let Some(back_ms) = back? {
            let label = "return of a follower that was killed";
            bench.add(
                ("fail-over", label, Unit::Milliseconds),
                self.name(),
                back_ms,
            );
        }
        Ok(())
    }
}
