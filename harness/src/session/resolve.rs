//! Combines a scenario, the user's options and a target into a [`Case`]. It is pure, and the only place that combines
//! them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use nemesis::catalogue::Kind;
use nemesis::target::Role;

use crate::config::plan::{self, Plan};
use crate::config::plants::Plants;
use crate::config::scenario::{self, Faults, Scenario};
use crate::config::shape::{Fixed, Shape};
use crate::config::target::Target;
use crate::exit::Stop;
use crate::load::workloads::WORKLOADS;
use crate::load::{Chosen, workloads};
use crate::run::Case;

/// The user's options on top of a scenario. None by default.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The workload.
    pub workload: Option<Chosen>,
    /// The faults to draw from, as `--faults` takes them.
    pub faults: Option<String>,
    /// The faults of an earlier run, to replay.
    pub schedule: Option<Plan>,
    /// Length of the load phase.
    pub time_limit: Option<Duration>,
    /// Operations per second.
    pub rate: Option<u32>,
    /// Number of clients.
    pub concurrency: Option<usize>,
    /// Fixed values of the drawn load, on top of the scenario's.
    pub load: Vec<Fixed>,
    /// Deliberate bugs.
    pub plants: Plants,
}

/// What is done, in a sentence: the scenario's own, as long as the user changed neither load nor faults.
fn description(scenario: &Scenario, overrides: &Overrides, workload: Chosen) -> String {
    let faults = match (&overrides.schedule, overrides.faults.as_deref()) {
        (Some(_), _) => "under the faults of an earlier run".to_owned(),
        (None, Some("none")) => "without faults".to_owned(),
        (None, Some(words)) => format!("under faults drawn from {words}"),
        (None, None) if overrides.workload.is_none() => {
            return match overrides.time_limit {
                Some(limit) => {
                    let seconds = limit.as_secs();
                    format!(
                        "{}; as far as {seconds} s have room for it",
                        scenario.description
                    )
                }
                None => scenario.description.clone(),
            };
        }
        (None, None) => format!("under the faults of {}", scenario.name),
    };
    format!("{}; {faults}", workload.description)
}

/// Resolves a scenario on a target.
///
/// # Errors
/// If a word is not a fault or workload, or faults are requested for a running cluster.
pub fn resolve(
    scenario: &Scenario,
    overrides: &Overrides,
    target: &Arc<Target>,
    seed: u64,
) -> Result<Case> {
    let limits = scenario.limits.over(&target.limits);
    let target = match limits == target.limits {
        true => target.clone(),
        false => Arc::new(Target {
            limits,
            ..Target::clone(target)
        }),
    };
    let (plan, drawn) = faults(scenario, overrides, &target, seed)?;
    refused(overrides, &plan, &target)?;
    let by_default = overrides.faults.is_none() && overrides.schedule.is_none();
    let workload = match overrides.workload {
        Some(workload) => workload,
        None => workloads::of_scenario(&scenario.workload)?,
    };
    let time_limit = overrides
        .time_limit
        .unwrap_or(Duration::from_millis(plan.time_limit_ms));
    let ends_after_faults = quiet_after(&plan);
    let time_limit = time_limit + patience(&plan, &target);
    let rate = overrides
        .rate
        .unwrap_or(scenario.rate.min(target.load.rate_max));
    // A workload that the user chose instead of the scenario's draws its own load.
    let own = match overrides.workload {
        Some(_) => &[][..],
        None => &scenario.load[..],
    };
    let fixed = [own, &overrides.load].concat();
    let shape = Shape::draw(
        workload.name,
        &fixed,
        seed,
        u64::from(rate) * time_limit.as_secs(),
    )?;
    coordinated(&plan, workload, &shape)?;
    has_members(&plan, workload)?;
    Ok(Case {
        shape,
        name: scenario.name.clone(),
        description: description(scenario, overrides, workload),
        checks: scenario.checks.clone(),
        workload,
        needs_network: plan.needs_network() || (by_default && scenario.requires_network(&plan)),
        time_limit,
        ends_after_faults,
        plan,
        drawn,
        opening: scenario.opening(seed, &target.timing()),
        rate,
        concurrency: overrides.concurrency.unwrap_or(scenario.concurrency),
        seed,
        plants: overrides.plants.clone(),
        watch_delivery: false,
        is_shown: true,
        suite_left: None,
        target,
    })
}

/// How long a fault that waits for evidence may take for each node, beyond what is planned.
const PATIENCE: Duration = Duration::from_secs(130);

/// How much longer the load may last because of faults that last as long as they take.
fn patience(plan: &Plan, target: &Target) -> Duration {
    let waits = plan
        .windows
        .iter()
        .filter(|window| window.kind.waits_for_evidence());
    PATIENCE * (waits.count() * target.nodes.count()) as u32
}

/// The quiet after the last fault, if any of them lasts as long as it takes.
fn quiet_after(plan: &Plan) -> Option<Duration> {
    let waits = plan
        .windows
        .iter()
        .any(|window| window.kind.waits_for_evidence());
    let last = plan.windows.last().filter(|_| waits)?;
    let ends = last.at_ms + last.duration_ms;
    Some(Duration::from_millis(
        plan.time_limit_ms.saturating_sub(ends),
    ))
}

/// What the user asks for by name and the target refuses is an error. In a scenario it is skipped.
fn refused(overrides: &Overrides, plan: &Plan, target: &Target) -> Result<()> {
    if overrides.faults.is_none() && overrides.schedule.is_none() {
        return Ok(());
    }
    let why = |kind: Kind| Some(format!("{kind}: {}", target.refuses(kind.needs())?));
    let refused = plan.windows.iter().find_map(|window| why(window.kind));
    refused.map_or(Ok(()), |why| Err(Stop::usage(why)))
}

/// A fault at the coordinator needs something that is coordinated.
fn coordinated(plan: &Plan, workload: Chosen, shape: &Shape) -> Result<()> {
    let mut windows = plan.windows.iter();
    let Some(window) = windows.find(|window| window.role == Role::Coordinator) else {
        return Ok(());
    };
    let has_any = |row: Chosen| {
        let made = (row.make)();
        !made.groups(shape).is_empty() || made.timeouts(shape).transaction_ms.is_some()
    };
    if has_any(workload) {
        return Ok(());
    }
    let others = WORKLOADS.iter().filter(|row| has_any(row));
    let others: Vec<&str> = others.map(|row| row.name).collect();
    Err(Stop::usage(format!(
        "{}:{}: the workload {} has neither consumer groups nor transactions, and so nobody coordinates; use another role, \
         or one of the workloads {}",
        window.kind,
        window.role,
        workload.name,
        others.join(", ")
    )))
}

/// A fault at a member needs members that are processes of their own.
fn has_members(plan: &Plan, workload: Chosen) -> Result<()> {
    let mut windows = plan.windows.iter();
    let Some(window) = windows.find(|window| window.role.is_of_clients()) else {
        return Ok(());
    };
    let has_any = |row: Chosen| (row.make)().has_client_processes();
    if has_any(workload) {
        return Ok(());
    }
    let others = WORKLOADS.iter().filter(|row| has_any(row));
    let others: Vec<&str> = others.map(|row| row.name).collect();
    Err(Stop::usage(format!(
        "{}:{}: no client of the workload {} is a process of its own; use another role, or the workload {}",
        window.kind,
        window.role,
        workload.name,
        others.join(", ")
    )))
}

/// The faults under load, and the words from which they were drawn, if they were drawn.
fn faults(
    scenario: &Scenario,
    overrides: &Overrides,
    target: &Target,
    seed: u64,
) -> Result<(Plan, Option<String>)> {
    if let Some(schedule) = &overrides.schedule {
        return Ok((schedule.clone(), None));
    }
    let timing = target.timing();
    if target.runs_already() {
        // The harness never harms a running cluster.
        if overrides
            .faults
            .as_deref()
            .is_some_and(|asked| asked != "none")
        {
            return Err(Stop::usage(
                "--faults: a running cluster gets no faults; use a target whose nodes the harness starts",
            ));
        }
        let time_limit = overrides.time_limit.or(scenario.time_limit);
        let time_limit = time_limit.unwrap_or(scenario::TIME_LIMIT);
        return Ok((plan::draw("none", time_limit, seed, &timing)?, None));
    }
    let own = match &scenario.faults {
        Faults::Drawn(words) => Some(words),
        Faults::Windows(_) => None,
    };
    let Some(words) = overrides.faults.as_ref().or(own) else {
        let mut scenario = scenario.clone();
        scenario.time_limit = overrides.time_limit.or(scenario.time_limit);
        return Ok((scenario.plan(seed, &timing)?, None));
    };
    let by_default = match overrides.faults {
        Some(_) => scenario.time_limit.unwrap_or(scenario::TIME_LIMIT),
        None => scenario.time_limit_on(&timing),
    };
    let time_limit = overrides.time_limit.unwrap_or(by_default);
    let plan = plan::draw(words, time_limit, seed, &timing)?;
    Ok((plan, Some(words.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::find;

    fn reference() -> Arc<Target> {
        Arc::new(Target::load("reference").expect("a built-in target"))
    }

    fn default() -> Scenario {
        find::scenario(scenario::DEFAULT).expect("there")
    }

    #[test]
    fn what_was_typed_wins_over_the_scenario() {
        let typed = Overrides {
            workload: Some(workloads::named("register").expect("known")),
            faults: Some("kill:leader".to_owned()),
            time_limit: Some(Duration::from_secs(20)),
            rate: Some(7),
            concurrency: Some(3),
            ..Overrides::default()
        };
        let case = resolve(&default(), &typed, &reference(), 5).expect("a case");
        assert_eq!(case.workload.name, "register");
        assert_eq!((case.rate, case.concurrency, case.seed), (7, 3, 5));
        assert_eq!(case.time_limit, Duration::from_secs(20));
        assert!(!case.plan.windows.is_empty() && !case.needs_network);
        assert!(
            resolve(&default(), &Overrides::default(), &reference(), 5)
                .expect("a case")
                .needs_network
        );
    }

    #[test]
    fn a_schedule_is_replayed_as_it_is() {
        let earlier = resolve(&default(), &Overrides::default(), &reference(), 9).expect("a case");
        let replayed = Overrides {
            schedule: Some(earlier.plan.clone()),
            ..Overrides::default()
        };
        let case = resolve(&default(), &replayed, &reference(), 1).expect("a case");
        assert_eq!(case.plan, earlier.plan);
        assert_eq!(case.drawn, None);
    }

    #[test]
    fn what_a_target_refuses_is_told_before_the_run() {
        let typed = |faults: &str| Overrides {
            faults: Some(faults.to_owned()),
            ..Overrides::default()
        };
        for (faults, promise) in [
            ("clock-jump=+5s:leader", "reads_wall_clock"),
            ("wipe:follower", "supports_wiped_disk"),
        ] {
            let error = resolve(&default(), &typed(faults), &reference(), 1).expect_err(faults);
            let error = error.to_string();
            assert!(
                error.contains(promise)
                    && error.contains(faults.split(':').next().unwrap_or_default()),
                "{error}"
            );
            let mut target = Target::clone(&reference());
            let words = [promise.to_owned()];
            crate::config::promises::lay_over(&mut target.promises, &words).expect("a promise");
            let case = resolve(&default(), &typed(faults), &Arc::new(target), 1).expect("a case");
            assert!(!case.plan.windows.is_empty());
        }
    }

    #[test]
    fn somebody_must_coordinate_if_a_fault_is_aimed_at_the_coordinator() {
        let typed = |workload: &str| Overrides {
            workload: Some(workloads::named(workload).expect("known")),
            faults: Some("pause:coordinator".to_owned()),
            ..Overrides::default()
        };
        for workload in ["group", "offsets", "transactions", "exactly-once", "fence"] {
            let case = resolve(&default(), &typed(workload), &reference(), 1).expect(workload);
            let mut windows = case.plan.windows.iter();
            assert!(windows.all(|window| window.role == Role::Coordinator));
        }
        let error = resolve(&default(), &typed("append"), &reference(), 1).expect_err("nobody");
        let error = error.to_string();
        assert!(
            error.contains("pause:coordinator") && error.contains("exactly-once"),
            "{error}"
        );
    }

    #[test]
    fn a_fault_at_a_member_needs_clients_that_are_processes() {
        let typed = |workload: &str| Overrides {
            workload: Some(workloads::named(workload).expect("known")),
            faults: Some("pause:member,kill:member".to_owned()),
            ..Overrides::default()
        };
        let case = resolve(&default(), &typed("group-client"), &reference(), 1).expect("a case");
        let mut windows = case.plan.windows.iter();
        assert!(windows.all(|window| window.role == Role::Member));
        let error = resolve(&default(), &typed("group"), &reference(), 1).expect_err("nobody");
        let error = error.to_string();
        assert!(
            error.contains(":member: no client of the workload group")
                && error.ends_with("the workload group-client"),
            "{error}"
        );
    }

    #[test]
    fn limits_of_a_scenario_replace_those_of_the_target() {
        let mut strict = default();
        strict.limits = crate::config::limits::LimitChanges::default();
        let target = reference();
        let same = resolve(&strict, &Overrides::default(), &target, 1).expect("a case");
        assert!(
            Arc::ptr_eq(&same.target, &target),
            "nothing to change, nothing copied"
        );
    }
}
