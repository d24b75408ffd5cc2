//! `jepsen upgrade --from TARGET --to TARGET`: a rolling upgrade under load and faults, as an operator does it. One history covers
//! all of it, so that every check judges across the boundary: a record that the old release acknowledged must be served by the
//! new one.
//!
//! | part | what it is |
//! |---|---|
//! | [`pair`] | two targets as one whose nodes can be upgraded |
//! | [`steps`] | the plan: faults before, while releases are mixed, and after |

pub mod pair;
pub mod steps;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use checkers::history::{FaultPhase, What};
use clap::Args;
use nemesis::catalogue::Needs;

use crate::config::plan;
use crate::config::plants::Plants;
use crate::config::scenario::Scenario;
use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::load::{Chosen, workloads};
use crate::output::{self, say, tell, tell_more, visible};
use crate::session::publish::{Conditions, Publication};
use crate::session::reproduce::reproduce;
use crate::session::{Judged, Overrides, Session, prepare, resolve};
use steps::Steps;

/// The faults that are drawn, if none are named.
const FAULTS: &str = "network,process";

/// Flags of `upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeArguments {
    /// The target that the cluster begins with.
    #[arg(long, value_name = "TARGET")]
    pub from: String,
    /// The target that it is upgraded to.
    #[arg(long, value_name = "TARGET")]
    pub to: String,
    /// Go back to the first target once, before the upgrade is made final, and upgrade again.
    #[arg(long)]
    pub roll_back: bool,
    /// Do not make the upgrade final.
    #[arg(long)]
    pub no_finalize: bool,
    /// The faults before, between and after the steps: classes or kinds, comma-separated, or `none`.
    #[arg(long, value_name = "A,B|none", default_value = FAULTS)]
    pub faults: String,
    /// The workload.
    #[arg(long, value_name = "NAME", value_parser = workloads::parser())]
    pub workload: Option<Chosen>,
    /// Operations per second, over all clients.
    #[arg(long, value_name = "OPS/S", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// The seed of faults and workload, decimal or 0x hexadecimal; drawn if absent.
    #[arg(long, value_name = "N", value_parser = crate::config::seed::parse)]
    pub seed: Option<u64>,
    /// Print the schedule and stop.
    #[arg(long)]
    pub plan: bool,
    /// The directory that contains the runs.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
    /// The number of runs to keep; older finished ones are removed after a verdict.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}

/// Upgrades a cluster under load and judges it.
///
/// # Errors
/// If the targets do not fit together, a fault is unknown, or the machine cannot run them.
pub fn run(arguments: &UpgradeArguments) -> Result<i32> {
    let (old, new) = (Target::load(&arguments.from)?, Target::load(&arguments.to)?);
    let target = Arc::new(pair::joined(&old, &new)?);
    let seed = arguments
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let steps = Steps {
        roll_back: arguments.roll_back,
        finalize: !arguments.no_finalize && !new.upgrade.finalize.is_empty(),
    };
    let timing = target.timing();
    let drawn = plan::draw(
        &arguments.faults,
        steps.time_to_draw(&timing),
        seed,
        &timing,
    )?;
    let schedule = steps::plan(&steps, &drawn, target.nodes, &timing);
    let description = format!(
        "{} is upgraded to {} under load and faults",
        old.name, new.name
    );
    let scenario = Scenario::plain("upgrade", &description);
    let overrides = Overrides {
        workload: arguments.workload,
        schedule: Some(schedule),
        rate: arguments.rate,
        ..Overrides::default()
    };
    let case = resolve(&scenario, &overrides, &target, seed)?;
    if arguments.plan {
        let words = format!("seed {seed:#x}");
        tell(&output::plan::text(&case.name, &words, &case.plan));
        return Ok(exit::VALID);
    }
    // Both before the sandbox, because preparing may need the network.
    prepare::ensure(&old)?;
    prepare::ensure(&new)?;
    let session = Session::open(true, target.nodes, &arguments.out)?;
    if let Some(why) = session.refuses(&case) {
        session.leave();
        return Err(Stop::machine(why));
    }
    let plants = Plants::default();
    let conditions = Conditions {
        target: &target,
        command: reproduce("upgrade", seed),
        seed,
        plants: &plants,
        suite: "",
    };
    let mut run = Publication::begin(&session, &conditions)?;
    run.announce(&session, &conditions);
    let open = left_open(&new, &steps);
    if let Some(why) = &open {
        say(&format!("  {why}"));
        run.report.warnings.push(why.clone());
        run.report.not_tested.push(NOT_FINAL.to_owned());
    }
    let directory = run.directory.scenario(&case.name)?;
    let id = run.directory.id.clone();
    let played = session
        .runtime
        .block_on(session.play(case, &id, &directory))?;
    let judged = played.judge()?;
    let last = open.map(|why| format!("  {why}\n"));
    tell_more(&(story(&judged) + &last.unwrap_or_default()));
    run.add(&played, &judged)?;
    run.settle(&session, 1);
    let code = run.finish(&session, arguments.keep)?;
    session.leave();
    Ok(code)
}

/// What was not tested if an upgrade is not made final.
const NOT_FINAL: &str = "The features of the new release, because the upgrade was not made final.";

/// Why the upgrade is not made final; none if it is.
fn left_open(new: &Target, steps: &Steps) -> Option<String> {
    if steps.finalize {
        return None;
    }
    Some(match new.upgrade.finalize.is_empty() {
        true => format!(
            "the upgrade is not made final, because {} has no command for it ([upgrade] finalize); its new features are not tested",
            new.name
        ),
        false => "the upgrade is not made final (--no-finalize); its new features are not tested"
            .to_owned(),
    })
}

/// The steps of the upgrade with their evidence: which node ran which release from when on.
fn story(judged: &Judged) -> String {
    let mut text = String::from("upgrade\n");
    for event in judged.history.events() {
        let What::Fault(fault) = &event.what else {
            continue;
        };
        let is_step = fault
            .kind
            .parse::<nemesis::catalogue::Kind>()
            .is_ok_and(|kind| kind.needs() == Needs::OtherRelease);
        let says = match fault.phase {
            FaultPhase::Begun if fault.kind == "finalize" => true,
            FaultPhase::Begun | FaultPhase::Unknown => false,
            FaultPhase::Healed => fault.kind != "finalize",
            FaultPhase::Skipped | FaultPhase::Failed => true,
        };
        if is_step && says {
            let seconds = event.t as f64 / 1e9;
            let failed = match fault.phase {
                FaultPhase::Skipped => "SKIPPED: ",
                FaultPhase::Failed => "FAILED: ",
                _ => "",
            };
            text += &format!(
                "  {seconds:>6.1} s  {:<10} {failed}{}\n",
                fault.kind,
                visible(&fault.evidence)
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_that_is_not_made_final_says_why() {
        let steps = |finalize| Steps {
            roll_back: false,
            finalize,
        };
        let kafka = Target::load("apache-kafka").expect("built in");
        assert_eq!(left_open(&kafka, &steps(true)), None);
        let asked = left_open(&kafka, &steps(false)).expect("not made final");
        assert!(asked.contains("--no-finalize"), "{asked}");
        let reference = Target::load("reference").expect("built in");
        let lacks = left_open(&reference, &steps(false)).expect("not made final");
        assert!(lacks.contains("reference has no command"), "{lacks}");
    }
}
