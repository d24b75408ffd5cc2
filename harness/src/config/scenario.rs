//! A scenario: workload, fault plan, duration, checks and limits. All of them are data. The built-in scenarios are in
//! `harness/suites/`, and a user's own file has the same format.

mod file;

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;
use nemesis::plan::Timing;
use serde::Deserialize;

use super::limits::LimitChanges;
use super::plan::{self, Plan};
use super::shape::Fixed;
use super::source::Source;
use super::windows::{self, WindowSpec};
use super::word::Word;

pub(super) use file::{ScenarioFile, plain_name};

/// What to run, before the user's flags are applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name, as in reports and on the command line.
    pub name: String,
    /// One line on what it does and what is expected.
    pub description: String,
    /// Its established names in the literature: `S8`.
    pub named: Vec<String>,
    /// The workload.
    pub workload: Word,
    /// What happens to the nodes.
    pub faults: Faults,
    /// Faults during formation, before the load starts.
    pub before_load: Vec<WindowSpec>,
    /// How long after the first each node is started; a node that is not listed starts at once.
    pub start_after: Vec<Duration>,
    /// The length of the load phase. None if the windows determine it.
    pub time_limit: Option<Duration>,
    /// The length of the load after the last window, if the windows determine the load phase.
    pub quiet_end: Duration,
    /// Operations per second.
    pub rate: u32,
    /// Clients.
    pub concurrency: usize,
    /// Fixed values of the load, where the workload draws it.
    pub load: Vec<Fixed>,
    /// The checks that decide it; all if empty.
    pub checks: Vec<String>,
    /// Limits on top of the target's own.
    pub limits: LimitChanges,
    /// Whether it always needs the private network, whichever faults are drawn.
    pub needs_network: bool,
}

/// What happens to the nodes under load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Faults {
    /// Drawn by the seed from these classes or kinds, as `--faults` takes them.
    Drawn(String),
    /// These windows, in order.
    Windows(Vec<WindowSpec>),
}

/// The scenario of `jepsen` alone.
pub const DEFAULT: &str = "default";

/// The workload of a scenario that names none.
pub const WORKLOAD: &str = "append";

/// Operations per second.
pub const RATE: u32 = 1_000;

/// Clients.
pub const CONCURRENCY: usize = 8;

/// The time that a scenario needs in addition to its load: nodes start and agree, recover, are read to the end and
/// stop.
pub const AROUND_LOAD: Duration = Duration::from_secs(8);

/// The load phase of a scenario that states none.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

const TEXT: &str = include_str!("../../suites/scenarios.toml");

static BUILT_IN: LazyLock<Result<Vec<Scenario>, String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        scenario: Vec<ScenarioFile>,
    }
    let source = Source {
        name: "built-in scenarios",
        text: TEXT,
    };
    let read = || {
        let file: File = source.parse()?;
        let scenarios = file.scenario.iter().map(|one| one.read(&source));
        scenarios.collect::<Result<Vec<Scenario>>>()
    };
    read().map_err(|error| error.to_string())
});

/// The scenarios that belong to no suite.
///
/// # Errors
/// If a built-in file is invalid. That is a bug, and a test prevents it.
pub fn built_in() -> Result<&'static [Scenario]> {
    BUILT_IN
        .as_deref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

impl Scenario {
    /// A scenario that asks for nothing special: no faults, the default load, every check.
    pub fn plain(name: &str, description: &str) -> Scenario {
        Scenario {
            name: name.to_owned(),
            description: description.to_owned(),
            named: Vec::new(),
            workload: Word::default_of(WORKLOAD),
            faults: Faults::Drawn("none".to_owned()),
            before_load: Vec::new(),
            start_after: Vec::new(),
            time_limit: None,
            quiet_end: windows::QUIET_END,
            rate: RATE,
            concurrency: CONCURRENCY,
            load: Vec::new(),
            checks: Vec::new(),
            limits: LimitChanges::default(),
            needs_network: false,
        }
    }

    /// The fault classes or kinds that it draws from. None if it names its windows.
    pub fn drawn(&self) -> Option<&str> {
        match &self.faults {
            Faults::Drawn(words) => Some(words),
            Faults::Windows(_) => None,
        }
    }

    /// The length of its load phase if faults are drawn: its own, or longer if the target's faults need more time.
    pub fn time_limit_on(&self, timing: &Timing) -> Duration {
        let own = self.time_limit.unwrap_or(TIME_LIMIT);
        // Words that are no faults are an error when the plan is drawn.
        let selection = self.drawn().and_then(|words| words.parse().ok());
        match selection {
            Some(selection) if *timing != Timing::default() => {
                own.max(Plan::time_for_everything(timing, &selection))
            }
            _ => own,
        }
    }

    /// Its fault plan for a target whose faults last this long. The plan's `time_limit_ms` is the length of the load
    /// phase.
    ///
    /// # Errors
    /// If it draws from faults that do not exist.
    pub fn plan(&self, seed: u64, timing: &Timing) -> Result<Plan> {
        match &self.faults {
            Faults::Drawn(words) => plan::draw(words, self.time_limit_on(timing), seed, timing),
            Faults::Windows(specs) => Ok(windows::plan(
                specs,
                self.time_limit,
                self.quiet_end,
                seed,
                timing,
            )),
        }
    }

    /// Its estimated duration, formation and final reads included.
    pub fn duration(&self, timing: &Timing) -> Duration {
        let load_ms = self.plan(0, timing).map_or(0, |plan| plan.time_limit_ms);
        let opening = self.opening(0, timing);
        let started = opening
            .start_after
            .iter()
            .max()
            .copied()
            .unwrap_or_default();
        let disturbed = Duration::from_millis(opening.plan.time_limit_ms);
        Duration::from_millis(load_ms) + started + disturbed + AROUND_LOAD
    }

    /// What happens while the nodes form a cluster.
    pub fn opening(&self, seed: u64, timing: &Timing) -> Opening {
        Opening {
            start_after: self.start_after.clone(),
            plan: windows::plan(&self.before_load, None, windows::QUIET_END, seed, timing),
        }
    }

    /// Whether it cannot run without the private network.
    pub fn requires_network(&self, plan: &Plan) -> bool {
        let needs = |spec: &WindowSpec| spec.kind.needs().namespaces();
        self.needs_network || plan.needs_network() || self.before_load.iter().any(needs)
    }
}

/// How a scenario's nodes are started. By default all start at once, without faults.
#[derive(Clone, Debug)]
pub struct Opening {
    /// How long after the first each node is started; a node that is not listed starts at once.
    pub start_after: Vec<Duration>,
    /// Faults that start after the last node started, before any other request to the nodes.
    pub plan: Plan,
}

impl Default for Opening {
    fn default() -> Self {
        Opening {
            start_after: Vec::new(),
            plan: Plan::empty(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_scenarios_are_right_and_the_default_is_there() {
        let known = built_in().expect("a right file");
        let default = known.iter().find(|one| one.name == DEFAULT).expect("there");
        assert_eq!(
            default.faults,
            Faults::Drawn("network,process,slow-sync=100ms:followers".into())
        );
        assert_eq!(default.time_limit, Some(Duration::from_secs(60)));
        assert!(default.needs_network);
        assert_eq!((default.rate, default.concurrency), (RATE, CONCURRENCY));
    }
}
