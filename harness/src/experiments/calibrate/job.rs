//! One run of a calibration. With a plant it ends at the first proof, without a plant at the first finding.

use anyhow::Result;
use checkers::history::History;
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use nemesis::plan::Timing;
use reports::model::{ControlRun, PlantRun};

use super::conditions::Conditions;
use super::proof::{self, Found};
use super::settled::Settled;
use super::table::Row;
use super::watch::{self, Flags};
use crate::bounded;
use crate::config::plan;
use crate::config::plants::{Planted, Plants};
use crate::config::scenario::Scenario;
use crate::exit::Stop;
use crate::output::shown;
use crate::reference;
use crate::run::{self, Case};
use crate::session::{Overrides, Recorded, Session, play, resolve};
use crate::store::{self, layout};

/// Clients.
pub const CONCURRENCY: usize = 8;
/// The number of attempts if a starved machine leaves the relevant checks undecided.
const TRIES_MAX: u32 = 3;

/// Runs the jobs of a calibration.
pub struct Runner<'a> {
    /// The session. Each run has a directory below its `out`.
    pub session: &'a Session,
}

/// A case after its run, and the watcher's result, if the watcher ended the run.
struct Played<T> {
    recorded: Recorded,
    seen: Option<T>,
}

impl Runner<'_> {
    /// Runs a plant with one seed. Retries if a starved machine hides the plant. None if the user interrupted it.
    ///
    /// # Errors
    /// If the harness itself cannot continue.
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
            if self.session.interrupt.is_set() {
                return Ok(None);
            }
            let (found, end) = match played.seen {
                // A history that ends at the proof leaves other checks undecided.
                Some((found, end)) => (
                    Found {
                        undecided: Vec::new(),
                        ..found
                    },
                    end,
                ),
                None => {
                    let judged = played.recorded.judge()?;
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
                undecided: found.undecided,
                untold: planted.mutant().is_some() && !has_lied(&played.recorded),
                lasted_ms: end / 1_000_000,
                tries,
                history: keep(&played.recorded),
            }));
        }
    }

    /// Runs without a plant. Retries if a starved machine leaves it undecided. None if the user interrupted it.
    ///
    /// # Errors
    /// If the harness itself cannot continue.
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
            if self.session.interrupt.is_set() {
                return Ok(None);
            }
            (run.invalid, run.undecided) = match played.seen {
                Some(invalid) => (invalid, Vec::new()),
                None => {
                    let judgement = played.recorded.judge()?.judgement;
                    let of = |validity| checks(&judgement, validity);
                    (of(Validity::Invalid), of(Validity::Undecided))
                }
            };
            run.history = keep(&played.recorded);
            if run.undecided.is_empty() || !run.invalid.is_empty() {
                break;
            }
        }
        Ok(Some(run))
    }

    /// Whether the faults of a run can run here, before any run begins.
    ///
    /// # Errors
    /// Which cannot, and what to do.
    pub fn require(&self, conditions: &Conditions, seed: u64) -> Result<()> {
        let case = self.case("calibration", Plants::default(), conditions, seed)?;
        match self.session.refuses(&case) {
            None => Ok(()),
            Some(why) => Err(Stop::machine(why)),
        }
    }

    /// A run without display.
    fn case(&self, name: &str, plants: Plants, conditions: &Conditions, seed: u64) -> Result<Case> {
        let target = conditions.target()?;
        let lasting = |lasts| {
            let timing = Timing {
                window_min: lasts,
                window_max: lasts,
                ..target.timing()
            };
            plan::draw(&conditions.faults, conditions.time_limit, seed, &timing)
        };
        let overrides = Overrides {
            workload: Some(conditions.workload),
            faults: Some(conditions.faults.clone()),
            schedule: conditions.fault_lasts.map(lasting).transpose()?,
            time_limit: Some(conditions.time_limit),
            load: conditions.load.clone(),
            rate: Some(conditions.rate),
            concurrency: Some(CONCURRENCY),
            plants,
        };
        let scenario = Scenario::plain(name, "");
        Ok(Case {
            is_shown: false,
            ..resolve(&scenario, &overrides, &target, seed)?
        })
    }

    async fn play<T: Send + 'static>(
        &self,
        name: &str,
        plants: Plants,
        conditions: &Conditions,
        seed: u64,
        is_enough: impl Fn(&Judgement, &History, &Settled) -> Option<T> + Send + 'static,
    ) -> Result<Played<T>> {
        let directory = self.session.out.join("runs").join(name);
        store::replace_scenario(&directory)?;
        let case = self.case(name, plants, conditions, seed)?;
        let flags = Flags {
            user: self.session.interrupt.clone(),
            ..Flags::default()
        };
        let history = directory.join(layout::HISTORY);
        let watching = watch::start(&history, flags.clone(), is_enough)?;
        let context = run::RunContext {
            interrupt: flags.interrupt.clone(),
            enough: flags.enough.clone(),
            ..self.session.context()
        };
        let recorded = play(case, name, &directory, &context).await;
        flags.over.set();
        let seen = tokio::task::block_in_place(|| watching.join());
        let recorded = recorded?;
        recorded.cluster.remove_data();
        Ok(Played {
            recorded,
            seen: seen.map_err(|_| anyhow::anyhow!("the watching thread died"))?,
        })
    }
}

/// Whether any node of a run with a mutant has told its lie.
fn has_lied(recorded: &Recorded) -> bool {
    recorded.cluster.nodes().into_iter().any(|node| {
        let log = recorded.cluster.logs(node).join("stderr.log");
        bounded::text(&log, bounded::LOG).is_ok_and(|log| reference::has_lied(&log))
    })
}

/// The names of the checks with this verdict.
fn checks(judgement: &Judgement, validity: Validity) -> Vec<String> {
    let verdicts = judgement.verdicts.iter();
    let with = verdicts.filter(|verdict| verdict.validity == validity);
    with.map(|verdict| verdict.check.clone()).collect()
}

/// Compresses a history and returns its new path, or the old one if that fails.
fn keep(recorded: &Recorded) -> String {
    shown(&recorded.compress().0)
}
