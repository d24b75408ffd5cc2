//! One scenario end to end: formation, load under faults, recovery, final reads. Everything is recorded, nothing is
//! judged.
//!
//! Phases wait for evidence and never sleep for a fixed time. A failure in one phase is recorded, and the later phases
//! run as far as possible: a cluster that never formed is a finding, not an error of the harness.

mod case;
mod ending;
pub mod faults;
pub mod final_reads;
mod header;
mod node_reader;
mod opening;
mod probes;
mod raw_reads;
pub mod ready;
mod rolling_reads;
pub mod topics;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Phase, PhaseEvent, Shortage, What};
use tokio::task::JoinHandle;

use crate::cluster::Cluster;
use crate::cluster_view::ClusterView;
use crate::config::topics::{PROBE, partitions, watched};
use crate::load::clients::Seats;
use crate::load::workloads::{Turn, Worker};
use crate::load::{CreatedTopics, Drawing, Load, Workload};
use crate::output::{progress, say};
use crate::probe::reach::Reach;
use crate::record::{Clock, Follow, Recorder, SpaceFlag, StopFlag, Threads, WorkerIds};
use crate::store::layout;

pub use case::{Case, RunContext};
pub use header::header;

/// The produce probe continues this long after all nodes agree again, so that the last gap has an end.
const AFTER_AGREEMENT: Duration = Duration::from_millis(300);
/// The time that the run waits for the last operations after the load phase.
const OPERATIONS_END: Duration = Duration::from_secs(13);
/// The time for those that did not end by then, once their nodes are gone.
const LATE_END: Duration = Duration::from_secs(120);

/// The result of a case.
pub struct Finished {
    /// The recorded history.
    pub history: PathBuf,
    /// Whether it was written to its end.
    pub closed: bool,
    /// The nodes, stopped.
    pub cluster: Cluster,
    /// Warnings of the run that are not in the history.
    pub warnings: Vec<String>,
}

/// Runs a case as a part of run `run`. All its files are written below `directory`, which exists.
///
/// # Errors
/// If the harness itself cannot continue (files, threads, a node's program). Recorded events are kept.
pub async fn play(
    case: &Case,
    run: &str,
    (directory, follow): (&Path, Follow<'_>),
    context: &RunContext<'_>,
) -> Result<Finished> {
    let history = directory.join(layout::HISTORY);
    let workload = (case.workload.make)();
    let mut promises = case.target.promises.clone();
    workload.promise(&mut promises, &case.shape);
    let header = header(
        (run, &case.name),
        &case.target,
        (promises, workload.timeouts(&case.shape)),
        &case.plants,
        context.environment,
    );
    let (recorder, file) = Recorder::create(&history, &header, Clock::begin(), Some(follow))?;
    let watching = case
        .is_shown
        .then(|| {
            let events = recorder.subscribe(progress::glance);
            progress::show(case.time_limit, case.suite_left, events)
        })
        .transpose()
        .context("start the progress thread")?;
    let cluster = Cluster::prepare(
        context.environment,
        &case.target,
        directory,
        case.seed,
        &case.plants,
        &recorder,
    )?;
    let mut running = Running {
        case,
        directory,
        context,
        recorder: recorder.clone(),
        view: ClusterView::of(case.target.nodes.count()),
        cluster: cluster.clone(),
        ids: WorkerIds::default(),
        created: CreatedTopics::default(),
        clients: Seats::default(),
        workload: workload.clone(),
        drawing: Arc::new(None),
        reach: Reach::default(),
        groups: workload.groups(&case.shape),
        warnings: Vec::new(),
        late: None,
    };
    let space = tokio::spawn(end_on_shortage(
        context.space.clone(),
        (context.enough.clone(), context.interrupt.clone()),
        recorder.clone(),
    ));
    let played = running.play(workload.workers(case.concurrency)).await;
    space.abort();
    let mut warnings = std::mem::take(&mut running.warnings);
    if let Err(error) = played {
        warnings.push(format!("{error:#}"));
    }
    warnings.extend(cluster.stop().await);
    let late = running.late.take();
    recorder.finish();
    let closed = file.close();
    if let Err(error) = &closed {
        warnings.push(format!("the history is truncated: {error:#}"));
    }
    if watching.is_some_and(|watching| watching.join().is_err()) {
        warnings.push("the progress display failed".into());
    }
    if let Some(late) = late {
        // With their nodes gone they end soon. The next run has the same addresses: a worker of a run before it once processed
        // its records, and what it wrote was a phantom there.
        let ended = tokio::time::timeout(LATE_END, late).await;
        ended.context("workers of this run do not end although its nodes have: no other run can follow in this process")??;
    }
    for warning in warnings.iter().filter(|_| case.is_shown) {
        say(&format!("  warning: {warning}"));
    }
    Ok(Finished {
        history,
        closed: closed.is_ok(),
        cluster,
        warnings,
    })
}

/// Records a shortage of disk space and ends the run.
async fn end_on_shortage(
    space: SpaceFlag,
    (enough, interrupt): (StopFlag, StopFlag),
    recorder: Recorder,
) {
    let found = space.wait().await;
    recorder.record(What::Shortage(Shortage {
        since: recorder.at(found.since),
        free_bytes: found.free_bytes,
    }));
    enough.set();
    interrupt.set();
}

/// Everything that the phases share.
struct Running<'a> {
    case: &'a Case,
    directory: &'a Path,
    context: &'a RunContext<'a>,
    recorder: Recorder,
    view: ClusterView,
    cluster: Cluster,
    ids: WorkerIds,
    created: CreatedTopics,
    /// The clients that are processes of their own.
    clients: Seats,
    /// Says what is to be asked and read of its topics.
    workload: Arc<dyn Workload>,
    /// How the contents of records are drawn, from the begin of the load on.
    drawing: Arc<Option<Drawing>>,
    /// How far the load's partitions reach, and were read under load.
    reach: Reach,
    /// The consumer groups of the load.
    groups: Vec<String>,
    warnings: Vec<String>,
    /// Workers that did not end in time. None of them may outlive this run.
    late: Option<JoinHandle<usize>>,
}

impl Running<'_> {
    fn phase(&self, phase: Phase) {
        self.recorder.record(What::Phase(PhaseEvent { phase }));
    }

    /// Whether the user ended the run. A full disk ends it too, and is recorded as such.
    fn is_interrupted(&self) -> bool {
        self.context.interrupt.is_set() && !self.context.space.is_set()
    }

    async fn play(&mut self, workers: Vec<Worker>) -> Result<()> {
        let mut probes = Threads::default();
        self.phase(Phase::Formation);
        self.open(&mut probes).await?;
        let formed = self.form().await;
        let result = match formed {
            Ok(()) => self.load_and_after(&mut probes, workers).await,
            Err(error) => {
                self.warnings.push(format!("{error:#}"));
                tokio::task::block_in_place(|| self.describe_topics());
                Ok(())
            }
        };
        if self.context.enough.is_set() {
            self.end_nodes().await;
        }
        let panicked = tokio::task::block_in_place(|| probes.end());
        if panicked > 0 {
            self.warnings.push(format!(
                "{panicked} probe threads panicked (a bug of the harness)"
            ));
        }
        result?;
        if self.is_interrupted() {
            self.phase(Phase::Interrupted);
        }
        self.phase(Phase::Done);
        Ok(())
    }

    /// For faults under load, which wait until the cluster has recovered from the fault before; for those before it, if
    /// `forming`.
    fn faults(&self, forming: bool) -> faults::FaultContext<'_> {
        let settling = (self.case.target.settling(), watched(&self.case.topics()));
        faults::FaultContext {
            environment: self.context.environment,
            table: self.context.table,
            cluster: &self.cluster,
            clients: &self.clients,
            view: &self.view,
            recorder: &self.recorder,
            settling: (!forming).then_some(settling),
        }
    }

    /// Waits until every topic exists and every node names the same leader for every partition.
    async fn form(&self) -> Result<()> {
        let limit = Duration::from_millis(self.case.target.limits.formation_ms) * 4;
        let deadline = Instant::now() + limit;
        let addresses = self.cluster.addresses();
        let settings = self.case.target.topic_settings();
        let replicas = self.case.target.replicas();
        tokio::task::block_in_place(|| {
            ready::wait(
                &self.case.target,
                &self.cluster,
                &self.context.interrupt,
                deadline,
            )
        })?;
        let own = self.case.topics();
        let probe_topic = (PROBE.to_owned(), 1);
        for (topic, partitions) in own.iter().chain([&probe_topic]) {
            let topic = (topic.as_str(), *partitions);
            tokio::task::block_in_place(|| {
                let (recorder, stop) = ((&self.recorder, &self.ids), &self.context.interrupt);
                topics::create(
                    &addresses, topic, replicas, &settings, recorder, stop, deadline,
                )
            })?;
        }
        let agreed = tokio::select! {
            agreed = topics::agreement(&self.view, watched(&own), deadline) => agreed,
            () = self.context.enough.wait() => anyhow::bail!("ended while the cluster formed"),
        };
        agreed.map(drop).with_context(|| {
            format!(
                "the nodes did not agree on a leader within {} s",
                limit.as_secs()
            )
        })
    }

    async fn load_and_after(&mut self, probes: &mut Threads, jobs: Vec<Worker>) -> Result<()> {
        let partitions = partitions(&self.case.topics());
        self.drawing = Arc::new(self.case.drawing());
        self.start_readers(probes, &partitions)?;
        let mut rolling = Threads::default();
        self.start_rolling_reads(&mut rolling, &partitions)?;
        let mut produce = Threads::default();
        self.start_produce_probe(&mut produce)?;
        self.phase(Phase::Load);
        let mut workers = Threads::default();
        self.start_workers(&mut workers, &partitions, jobs)?;
        let ending = Instant::now() + self.case.time_limit;
        let faults = faults::execute(
            &self.case.plan,
            &self.faults(false),
            ending,
            &self.context.interrupt,
        )
        .await;
        self.warnings.extend(faults);
        let ending = match self.case.ends_after_faults {
            Some(quiet) => ending.min(Instant::now() + quiet),
            None => ending,
        };
        while Instant::now() < ending && !self.context.interrupt.is_set() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if self.context.enough.is_set() {
            // The fastest way to stop the clients is to remove their nodes. No client may outlive this run, because the
            // next run uses the same addresses.
            self.end_nodes().await;
            tokio::task::block_in_place(|| (workers.end(), produce.end(), rolling.end()));
            return Ok(());
        }
        if self.is_interrupted() {
            self.phase(Phase::Interrupted);
        }
        self.phase(Phase::Recovery);
        let mut ended = tokio::task::spawn_blocking(move || workers.end() + rolling.end());
        match tokio::time::timeout(OPERATIONS_END, &mut ended).await {
            Ok(Ok(0)) => {}
            Ok(_) => self
                .warnings
                .push("a worker panicked (a bug of the harness)".into()),
            Err(_) => {
                let late = "some operations did not end in time";
                self.warnings.push(late.into());
                self.late = Some(ended);
            }
        }
        let limit = Duration::from_millis(self.case.target.limits.recovery_ms) * 2;
        let deadline = Instant::now() + limit;
        let agreed = topics::agreement(&self.view, partitions.len() + 1, deadline).await;
        if agreed.is_some() && !self.is_interrupted() {
            // `replicas-in-sync` holds every replica to this, so a run that ends before has not seen it. Twice as long, so
            // that a machine that was busy for a moment does not explain it.
            let limit = Duration::from_millis(self.case.target.limits.in_sync_ms) * 2;
            topics::in_sync(&self.view, Instant::now() + limit).await;
        }
        self.phase(Phase::Final);
        if agreed.is_none() {
            self.warnings.push(format!(
                "{} s after the last heal the nodes still do not agree on leaders",
                limit.as_secs()
            ));
        }
        tokio::time::sleep(AFTER_AGREEMENT).await;
        tokio::task::block_in_place(|| produce.end());
        tokio::task::block_in_place(|| {
            self.describe_topics();
            self.await_transactions(&partitions);
            self.fetch_committed(&partitions);
            self.read_everything(&partitions)
        })
    }

    fn start_workers(
        &self,
        threads: &mut Threads,
        partitions: &[(String, i32)],
        workers: Vec<Worker>,
    ) -> Result<()> {
        let target = &self.case.target;
        let load = Load {
            recorder: self.recorder.clone(),
            ids: self.ids.clone(),
            stop: threads.stop.clone(),
            partitions: Arc::new(partitions.to_vec()),
            bootstrap: self.cluster.bootstrap(),
            addresses: Arc::new(self.cluster.addresses()),
            client: Arc::new(target.client_settings()),
            acks: target.acks(),
            replicas: target.replicas(),
            not_leader_means_not_written: target.promises.not_leader_means_not_written,
            seed: self.case.seed,
            created: self.created.clone(),
            clients: self.clients.clone(),
            shape: Arc::new(self.case.shape.clone()),
            drawing: self.drawing.clone(),
        };
        let per_second = f64::from(self.case.rate) / workers.len().max(1) as f64;
        for (thread, worker) in (0..).zip(workers) {
            let load = load.clone();
            threads.start(&format!("worker-{thread}"), move |_| {
                if let Err(error) = worker(&load, Turn { thread, per_second }) {
                    say(&format!("  warning: a worker did not run: {error:#}"));
                }
            })?;
        }
        Ok(())
    }
}
