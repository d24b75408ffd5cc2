//! One run of a calibration: with a plant, ended at its first proof, or without any, ended at the first finding.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use checkers::history::History;
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use nemesis::Environment;
use nemesis::process::ProcessTable;
use reports::model::{ControlRun, PlantRun};

use super::proof;
use super::settled::Settled;
use super::table::Row;
use super::watch::{self, Flags};
use crate::config::scenario::Opening;
use crate::config::target::Target;
use crate::plants::{Planted, Plants};
use crate::probe::StopFlag;
use crate::run::{self, Setup, compressed};
use crate::workloads::WorkloadKind;
use crate::{faults, judge};

/// Operations a second: fewer than by default, so that what is judged meanwhile is not starved by the judging.
pub const RATE: u32 = 500;
/// Clients.
pub const CONCURRENCY: usize = 8;
/// How often a run is tried while a starved machine leaves undecided what it is about.
const TRIES_MAX: u32 = 3;

/// Where jobs run.
pub struct Place<'a> {
    /// The target.
    pub target: &'a Target,
    /// Where the nodes are.
    pub environment: &'a Environment,
    /// Their processes.
    pub table: &'a ProcessTable,
    /// The user's interrupt.
    pub interrupt: &'a StopFlag,
    /// Below it each run has a directory.
    pub out: &'a Path,
}

/// Under what the nodes are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// The workload.
    pub workload: WorkloadKind,
    /// The faults, as `--faults` takes them.
    pub faults: String,
    /// The longest load phase.
    pub time_limit: Duration,
}

impl std::fmt::Display for Conditions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (workload, seconds) = (self.workload.name(), self.time_limit.as_secs());
        write!(formatter, "{workload}, {}, {seconds} s", self.faults)
    }
}

/// A history that was recorded, and what the watcher saw in it, if it ended the run.
struct Played<T> {
    history: PathBuf,
    seen: Option<T>,
}

impl Place<'_> {
    /// Runs a plant with one seed, again while a starved machine hides it. Nothing if the user interrupted it.
    ///
    /// # Errors
    /// If the harness itself cannot go on.
    pub async fn plant(
        &self,
        (row, planted): (&'static Row, &Planted),
        conditions: &Conditions,
        seed: u64,
    ) -> Result<Option<PlantRun>> {
        let name = format!("{}-{seed:x}", row.name);
        let mut tries = 0;
        loop {
            tries += 1;
            let plants = Plants::from_iter([planted.clone()]);
            let one = planted.clone();
            let is_enough = move |judgement: &Judgement, history: &History, settled: &Settled| {
                let found = proof::sort(judgement, history, row, &one, Some(settled));
                found.is_proof().then(|| (found, history.end()))
            };
            let played = self
                .play(&name, plants, conditions, seed, is_enough)
                .await?;
            if self.interrupt.is_set() {
                return Ok(None);
            }
            let (found, end) = match played.seen {
                Some(seen) => seen,
                None => {
                    let judged = judge::file(&played.history)?;
                    let (judgement, history) = (&judged.judgement, &judged.history);
                    let found = proof::sort(judgement, history, row, planted, None);
                    (found, history.end())
                }
            };
            if !found.is_proof() && found.starved && tries < TRIES_MAX {
                continue;
            }
            return Ok(Some(PlantRun {
                seed: format!("{seed:#x}"),
                caught_by: found.caught_by,
                other: found.other,
                detected_ms: found.proven_at.map(|at| at / 1_000_000),
                account: found.account,
                lasted_ms: end / 1_000_000,
                tries,
                history: keep(&played.history),
            }));
        }
    }

    /// Runs without any plant, again while a starved machine leaves it undecided. Nothing if the user interrupted it.
    ///
    /// # Errors
    /// If the harness itself cannot go on.
    pub async fn control(&self, conditions: &Conditions, seed: u64) -> Result<Option<ControlRun>> {
        let name = format!("control-{seed:x}");
        let mut run = ControlRun {
            setup: conditions.to_string(),
            seed: format!("{seed:#x}"),
            ..ControlRun::default()
        };
        while run.tries < TRIES_MAX {
            run.tries += 1;
            let is_enough = |judgement: &Judgement, _: &History, settled: &Settled| {
                let invalid = judgement.verdicts.iter().filter(|verdict| {
                    let mut anomalies = verdict.anomalies.iter();
                    anomalies.any(|anomaly| settled.since(&verdict.check, anomaly).is_some())
                });
                let invalid: Vec<String> = invalid.map(|verdict| verdict.check.clone()).collect();
                (!invalid.is_empty()).then_some(invalid)
            };
            let plants = Plants::default();
            let played = self
                .play(&name, plants, conditions, seed, is_enough)
                .await?;
            if self.interrupt.is_set() {
                return Ok(None);
            }
            (run.invalid, run.undecided) = match played.seen {
                Some(invalid) => (invalid, Vec::new()),
                None => {
                    let judgement = judge::file(&played.history)?.judgement;
                    let of = |validity| checks(&judgement, validity);
                    (of(Validity::Invalid), of(Validity::Undecided))
                }
            };
            run.history = keep(&played.history);
            if run.undecided.is_empty() || !run.invalid.is_empty() {
                break;
            }
        }
        Ok(Some(run))
    }

    async fn play<T: Send + 'static>(
        &self,
        name: &str,
        plants: Plants,
        conditions: &Conditions,
        seed: u64,
        is_enough: impl Fn(&Judgement, &History, &Settled) -> Option<T> + Send + 'static,
    ) -> Result<Played<T>> {
        let directory = self.out.join("runs").join(name);
        // What an earlier calibration left there would be read as this one's.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("create {}", directory.display()))?;
        let timing = self.target.timing();
        let plan = faults::draw(&conditions.faults, conditions.time_limit, seed, &timing)?;
        let flags = Flags {
            user: self.interrupt.clone(),
            ..Flags::default()
        };
        let watching = watch::start(&directory.join("history.jsonl"), flags.clone(), is_enough)?;
        let setup = Setup {
            target: self.target.clone(),
            name: name.to_owned(),
            run: name.to_owned(),
            workload: conditions.workload,
            plan,
            time_limit: conditions.time_limit,
            rate: RATE,
            concurrency: CONCURRENCY,
            seed,
            directory,
            plants,
            watch_delivery: false,
            enough: flags.enough.clone(),
            shown: false,
            title: name.to_owned(),
            opening: Opening::default(),
        };
        let finished = run::scenario(&setup, self.environment, self.table, &flags.interrupt).await;
        flags.over.set();
        let seen = tokio::task::block_in_place(|| watching.join());
        let finished = finished?;
        finished.cluster.remove_data();
        Ok(Played {
            history: finished.history,
            seen: seen.map_err(|_| anyhow::anyhow!("the watching thread died"))?,
        })
    }
}

/// The names of the checks that came out as this.
fn checks(judgement: &Judgement, validity: Validity) -> Vec<String> {
    let verdicts = judgement.verdicts.iter();
    let with = verdicts.filter(|verdict| verdict.validity == validity);
    with.map(|verdict| verdict.check.clone()).collect()
}

/// Compresses a history and tells where it is now: where it was, if that failed.
fn keep(history: &Path) -> String {
    let packed = compressed(history);
    let at = match judge::compress(history, &packed) {
        Ok(()) => packed,
        Err(_) => history.to_owned(),
    };
    crate::cli::run::shown(&at)
}
