//! One scenario end to end: formation, load under faults, recovery, final reads; everything recorded, nothing judged.
//!
//! Phases wait on evidence, never on sleeps. Whatever goes wrong in one of them is written down, and the later ones run
//! as far as they can: a cluster that never formed is a finding, not an error of the harness.

mod ending;
mod header;
mod opening;
mod setup;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Phase, PhaseEvent, What};
use nemesis::Environment;
use nemesis::process::ProcessTable;

use crate::cluster::Cluster;
use crate::faults;
use crate::output::{progress, say};
use crate::probe::{self, StopFlag, Threads};
use crate::recorder::{Clock, Recorder};
use crate::sight::Sight;
use crate::worker::WorkerIds;
use crate::workloads::{
    Load, WorkloadKind, admin, append, idempotent, poll, producers_of, register,
};
use crate::{ready, topics};

pub use setup::Setup;

/// The produce probe goes on this long after all nodes agreed again, so that the last gap has an end.
const AFTER_AGREEMENT: Duration = Duration::from_millis(300);
/// How long after the load phase the last operations may still be waited for.
const OPERATIONS_END: Duration = Duration::from_secs(13);

/// What is left when a scenario has run.
pub struct Finished {
    /// The recorded history.
    pub history: PathBuf,
    /// The nodes, stopped unless they were to be kept.
    pub cluster: Cluster,
    /// What went wrong beside the history.
    pub warnings: Vec<String>,
}

/// Runs a scenario. `interrupt` is set by the first Ctrl-C.
///
/// # Errors
/// If the harness itself cannot go on (files, threads, a node's program that cannot be started). What was recorded stays.
pub async fn scenario(
    setup: &Setup,
    environment: &Environment,
    table: &ProcessTable,
    interrupt: &StopFlag,
) -> Result<Finished> {
    let history = setup.directory.join("history.jsonl");
    let clock = Clock::begin();
    let (recorder, file) = Recorder::create(&history, &header::of(setup, environment), clock)?;
    let watching = setup
        .shown
        .then(|| progress::show(setup.title.clone(), setup.time_limit, recorder.subscribe()))
        .transpose()
        .context("start the progress thread")?;
    let cluster = Cluster::prepare(
        environment,
        &setup.target,
        &setup.directory,
        setup.seed,
        &setup.plants,
        &recorder,
    )?;
    let mut scene = Scene {
        setup,
        environment,
        table,
        interrupt,
        recorder: recorder.clone(),
        sight: Sight::of(setup.target.nodes.count()),
        cluster: cluster.clone(),
        ids: WorkerIds::default(),
        admin: admin::Topics::default(),
        warnings: Vec::new(),
    };
    let played = scene.play().await;
    let mut warnings = std::mem::take(&mut scene.warnings);
    if let Err(error) = played {
        warnings.push(format!("{error:#}"));
    }
    cluster.stop().await;
    recorder.finish();
    if let Err(error) = file.close() {
        warnings.push(format!("the history is cut short: {error:#}"));
    }
    if watching.is_some_and(|watching| watching.join().is_err()) {
        warnings.push("the progress display failed".into());
    }
    for warning in warnings.iter().filter(|_| setup.shown) {
        say(&format!("  warning: {warning}"));
    }
    Ok(Finished {
        history,
        cluster,
        warnings,
    })
}

/// Everything that the phases share.
struct Scene<'a> {
    setup: &'a Setup,
    environment: &'a Environment,
    table: &'a ProcessTable,
    interrupt: &'a StopFlag,
    recorder: Recorder,
    sight: Sight,
    cluster: Cluster,
    ids: WorkerIds,
    /// The topics that the admin workload has touched.
    admin: admin::Topics,
    warnings: Vec<String>,
}

impl Scene<'_> {
    fn phase(&self, phase: Phase) {
        self.recorder.record(What::Phase(PhaseEvent { phase }));
    }

    async fn play(&mut self) -> Result<()> {
        let mut probes = Threads::default();
        self.phase(Phase::Formation);
        self.open(&mut probes).await?;
        let formed = self.form().await;
        let result = match formed {
            Ok(()) => self.load_and_after(&mut probes).await,
            Err(error) => {
                self.warnings.push(format!("{error:#}"));
                tokio::task::block_in_place(|| self.describe_topics());
                Ok(())
            }
        };
        if self.setup.enough.is_set() {
            self.end_nodes().await;
        }
        let panicked = tokio::task::block_in_place(|| probes.end());
        if panicked > 0 {
            self.warnings.push(format!(
                "{panicked} probe threads ended by a bug of the harness"
            ));
        }
        result?;
        if self.interrupt.is_set() {
            self.phase(Phase::Interrupted);
        }
        self.phase(Phase::Done);
        Ok(())
    }

    /// For faults under load, which wait until what the one before did is over; for those before it, if `forming`.
    fn faults(&self, forming: bool) -> faults::Scene<'_> {
        let settling = (self.setup.target.settling(), topics::watched());
        faults::Scene {
            environment: self.environment,
            table: self.table,
            cluster: &self.cluster,
            sight: &self.sight,
            recorder: &self.recorder,
            settling: (!forming).then_some(settling),
        }
    }

    fn start_probes(&self, probes: &mut Threads) -> Result<()> {
        let names: Vec<String> = topics::names().map(str::to_owned).collect();
        let (target, seen) = (&self.setup.target, (&self.recorder, &self.sight));
        probe::metadata::start(target, &self.cluster, &names, seen, probes)?;
        let recorder = self.recorder.clone();
        probes.start("lateness", move |stop| {
            probe::lateness::watch(&recorder, &stop)
        })?;
        if !target.runs_already() {
            let (recorder, directory) = (self.recorder.clone(), self.setup.directory.clone());
            probes.start("disk", move |stop| {
                probe::disk::watch(&directory, &recorder, &stop);
            })?;
        }
        let (recorder, cluster) = (self.recorder.clone(), self.cluster.clone());
        let table = self.table.clone();
        probes.start("figures", move |stop| {
            probe::figures::watch(&table, &cluster, &recorder, &stop);
        })
    }

    /// Waits until every topic is there and every node names the same leader for every partition.
    async fn form(&self) -> Result<()> {
        let limit = Duration::from_millis(self.setup.target.limits.formation_ms) * 4;
        let deadline = Instant::now() + limit;
        let addresses = self.cluster.addresses();
        let settings = self.setup.target.topic_settings();
        let replicas = self.setup.target.replicas();
        tokio::task::block_in_place(|| {
            ready::wait(&self.setup.target, &self.cluster, self.interrupt, deadline)
        })?;
        let probe_topic = [(probe::produce::TOPIC, 1)];
        for topic in topics::TOPICS.into_iter().chain(probe_topic) {
            tokio::task::block_in_place(|| {
                let (recorder, stop) = ((&self.recorder, &self.ids), self.interrupt);
                topics::create(
                    &addresses, topic, replicas, &settings, recorder, stop, deadline,
                )
            })?;
        }
        let agreed = tokio::select! {
            agreed = topics::agreement(&self.sight, topics::watched(), deadline) => agreed,
            () = self.setup.enough.wait() => anyhow::bail!("ended while it formed"),
        };
        agreed.map(drop).with_context(|| {
            format!(
                "the nodes did not agree on a leader within {} s",
                limit.as_secs()
            )
        })
    }

    async fn load_and_after(&mut self, probes: &mut Threads) -> Result<()> {
        let partitions = topics::partitions();
        for node in self.cluster.nodes() {
            let (address, partitions) = (self.cluster.address(node), partitions.clone());
            let (recorder, ids) = (self.recorder.clone(), self.ids.clone());
            probes.start(&format!("ends-{node}"), move |stop| {
                let node = usize::from(node.number());
                probe::end_offsets::ask(node, address, &partitions, &recorder, &ids, &stop);
            })?;
            if self.setup.watch_delivery {
                let recorder = self.recorder.clone();
                probes.start(&format!("delivery-{node}"), move |stop| {
                    let node = usize::from(node.number());
                    probe::delivery::watch(node, address, &recorder, &stop);
                })?;
            }
        }
        let mut produce = Threads::default();
        self.start_produce_probe(&mut produce)?;
        self.phase(Phase::Load);
        let mut workers = Threads::default();
        self.start_workers(&mut workers, &partitions)?;
        let ending = Instant::now() + self.setup.time_limit;
        let faults = faults::execute(
            &self.setup.plan,
            &self.faults(false),
            ending,
            self.interrupt,
        )
        .await;
        self.warnings.extend(faults);
        while Instant::now() < ending && !self.interrupt.is_set() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if self.setup.enough.is_set() {
            // No faster way to silence the clients than to take their nodes away; none may outlive this run, because
            // the next one has the same addresses.
            self.end_nodes().await;
            tokio::task::block_in_place(|| (workers.end(), produce.end()));
            return Ok(());
        }
        if self.interrupt.is_set() {
            self.phase(Phase::Interrupted);
        }
        self.phase(Phase::Recovery);
        let ended = tokio::task::spawn_blocking(move || workers.end());
        match tokio::time::timeout(OPERATIONS_END, ended).await {
            Ok(Ok(0)) => {}
            Ok(_) => self
                .warnings
                .push("a worker ended by a bug of the harness".into()),
            Err(_) => self
                .warnings
                .push("some operations did not end in time".into()),
        }
        let limit = Duration::from_millis(self.setup.target.limits.recovery_ms) * 2;
        let deadline = Instant::now() + limit;
        let agreed = topics::agreement(&self.sight, topics::watched(), deadline).await;
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
            self.read_everything(&partitions)
        })
    }

    fn start_produce_probe(&self, threads: &mut Threads) -> Result<()> {
        let (bootstrap, recorder) = (self.cluster.bootstrap(), self.recorder.clone());
        let target = self.setup.target.clone();
        threads.start("produce-probe", move |stop| {
            let result = probe::produce::run(&bootstrap, &target, &recorder, &stop);
            if let Err(error) = result {
                say(&format!(
                    "  warning: the produce probe did not run: {error:#}"
                ));
            }
        })
    }

    fn start_workers(&self, threads: &mut Threads, partitions: &[(String, i32)]) -> Result<()> {
        let load = Load {
            recorder: self.recorder.clone(),
            ids: self.ids.clone(),
            stop: threads.stop.clone(),
            partitions: Arc::new(partitions.to_vec()),
            bootstrap: self.cluster.bootstrap(),
            addresses: Arc::new(self.cluster.addresses()),
            client: Arc::new(self.setup.target.client_settings()),
            acks: self.setup.target.acks(),
            replicas: self.setup.target.replicas(),
            not_leader_means_not_written: self.setup.target.promises.not_leader_means_not_written,
            seed: self.setup.seed,
            topics: self.admin.clone(),
        };
        let clients = self.setup.concurrency;
        let producers = producers_of(clients);
        let each = f64::from(self.setup.rate) / clients as f64;
        for at in 0..clients {
            let (load, thread) = (load.clone(), at as u64);
            let workload = self.setup.workload;
            threads.start(&format!("worker-{at}"), move |_| {
                let result = match workload {
                    _ if at >= producers => poll::run(&load, thread, each),
                    WorkloadKind::Admin if at < admin::WORKERS => {
                        admin::run(&load, thread);
                        Ok(())
                    }
                    WorkloadKind::Append | WorkloadKind::Admin => append::run(&load, thread, each),
                    WorkloadKind::Idempotent => idempotent::run(&load, thread, each),
                    WorkloadKind::Register if at + register::readers_of(producers) < producers => {
                        register::write(&load, thread, each)
                    }
                    WorkloadKind::Register => {
                        register::read(&load, thread, each);
                        Ok(())
                    }
                };
                if let Err(error) = result {
                    say(&format!("  warning: a worker did not run: {error:#}"));
                }
            })?;
        }
        Ok(())
    }
}

/// Where a scenario's compressed history lies, given where it was streamed.
pub fn compressed(history: &Path) -> PathBuf {
    history.with_extension("jsonl.zst")
}
