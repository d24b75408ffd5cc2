//! A scenario: workload x fault plan x duration x checks x limits. All of them are data: the built-in ones lie in
//! `harness/suites/`, a user's own in a file of the same shape.

mod file;

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;
use nemesis::plan::Timing;
use serde::Deserialize;

use super::limits::LimitChanges;
use super::plan::{self, Plan};
use super::source::Source;
use super::suite::{AROUND_LOAD, Suite};
use super::windows::{self, WindowSpec};
use super::word::Word;
use crate::exit::Stop;

pub(super) use file::{ScenarioFile, plain_name};

/// What to run, before the user's flags are laid over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name, as in reports and on the command line.
    pub name: String,
    /// One line on what it does and what is expected.
    pub description: String,
    /// The names by which the field knows it: `S8`.
    pub named: Vec<String>,
    /// The workload.
    pub workload: Word,
    /// What happens to the nodes.
    pub faults: Faults,
    /// What happens to them before the load, while they form a cluster.
    pub before_load: Vec<WindowSpec>,
    /// How long after the first each node is started; a node that is not listed starts at once.
    pub start_after: Vec<Duration>,
    /// The load phase; none where the windows say how long it is.
    pub time_limit: Option<Duration>,
    /// How much load follows the last window where the windows say how long it is.
    pub quiet_end: Duration,
    /// Operations a second.
    pub rate: u32,
    /// Clients.
    pub concurrency: usize,
    /// The checks that decide it; all if empty.
    pub checks: Vec<String>,
    /// Limits over the target's own.
    pub limits: LimitChanges,
    /// Whether it needs the private network, whatever is drawn.
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

/// Operations a second.
pub const RATE: u32 = 1_000;

/// Clients.
pub const CONCURRENCY: usize = 8;

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
/// If the program was built with a wrong file: a bug, which a test rules out.
pub fn built_in() -> Result<&'static [Scenario]> {
    BUILT_IN
        .as_deref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// The scenario of that name: a built-in one, or `SUITE/NAME` of a suite or a suite's file.
///
/// # Errors
/// If there is none; the message lists those there are.
pub fn find(name: &str) -> Result<Scenario> {
    if let Some((suite, name)) = name.rsplit_once('/') {
        let suite = Suite::load(suite)?;
        let found = suite.scenarios.iter().find(|one| one.name == name);
        return found
            .cloned()
            .ok_or_else(|| unknown(name, &suite.scenarios, &suite.name));
    }
    let known = built_in()?;
    let found = known.iter().find(|one| one.name == name);
    found.cloned().ok_or_else(|| unknown(name, known, ""))
}

fn unknown(name: &str, known: &[Scenario], suite: &str) -> anyhow::Error {
    let names: Vec<&str> = known.iter().map(|one| one.name.as_str()).collect();
    let place = match suite {
        "" => "those of a suite are written SUITE/NAME, see `jepsen list`".to_owned(),
        suite => format!("in suite {suite}"),
    };
    Stop::usage(format!(
        "no scenario `{name}`; there are: {} ({place})",
        names.join(", ")
    ))
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
            checks: Vec::new(),
            limits: LimitChanges::default(),
            needs_network: false,
        }
    }

    /// The fault classes or kinds that it draws from; none where its windows are given.
    pub fn drawn(&self) -> Option<&str> {
        match &self.faults {
            Faults::Drawn(words) => Some(words),
            Faults::Windows(_) => None,
        }
    }

    /// The length of its load phase where faults are drawn: its own, or longer on a target whose faults need longer.
    pub fn time_limit_on(&self, timing: &Timing) -> Duration {
        let own = self.time_limit.unwrap_or(TIME_LIMIT);
        match self.drawn() == Some("none") || *timing == Timing::default() {
            true => own,
            false => own.max(Plan::time_for_everything(timing)),
        }
    }

    /// Its fault plan for a target with these lengths of faults. The plan's `time_limit_ms` is the length of
    /// the load phase.
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

    /// About how long it takes, formation and final reads included.
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
        let needs =
            |spec: &WindowSpec| spec.kind.needs() == nemesis::catalogue::Needs::PrivateNetwork;
        self.needs_network || plan.needs_network() || self.before_load.iter().any(needs)
    }
}

/// How a scenario's nodes are brought up. By default all at once, undisturbed.
#[derive(Clone, Debug)]
pub struct Opening {
    /// How long after the first each node is started; a node that is not listed starts at once.
    pub start_after: Vec<Duration>,
    /// Faults from the last start on, before anything else is asked of the nodes.
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
        assert_eq!(default.faults, Faults::Drawn("network,process".into()));
        assert_eq!(default.time_limit, Some(Duration::from_secs(60)));
        assert!(default.needs_network);
        assert_eq!((default.rate, default.concurrency), (RATE, CONCURRENCY));
    }

    #[test]
    fn an_unknown_name_lists_the_known() {
        let told = find("defautl").expect_err("unknown").to_string();
        assert!(
            told.contains("default, process") && told.contains("SUITE/NAME"),
            "{told}"
        );
        let told = find("smoke/none").expect_err("unknown").to_string();
        assert!(told.contains("in suite smoke"), "{told}");
        assert_eq!(
            find("smoke/kill-leader").expect("there").name,
            "kill-leader"
        );
    }
}
