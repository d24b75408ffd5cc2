//! A suite: a set of scenarios that decides whether a build may be released, as a TOML file. Three suites are built in
//! (`harness/suites/`), and a user's own suite has the same format.
//!
//! ```toml
//! name = "nightly"
//! requires = ["network", "process"]     # without these the suite is undecided
//!
//! [[scenario]]
//! name = "deaf-leader"
//! windows = [{ fault = "deaf:leader", lasts = "5s", times = 4 }]
//! limits = { terms_per_fault_max = 1 }
//! ```

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use nemesis::plan::Timing;
use reports::model::FaultClass;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::Spanned;

use super::digest::digest;
use super::near;
use super::scenario::{Scenario, ScenarioFile};
use super::schema;
use super::source::Source;
use crate::bounded;
use crate::exit::Stop;

/// A set of scenarios that decides together.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// Its name, as in reports, baselines and on the command line.
    pub name: String,
    /// One line on its purpose.
    pub description: String,
    /// Classes of faults that it requires. Without them the suite is undecided.
    pub requires: Vec<FaultClass>,
    /// What a reader may expect and the suite does not cover, one sentence each.
    pub not_reached: Vec<String>,
    /// The scenarios, in the order in which they run. Their names differ.
    pub scenarios: Vec<Scenario>,
    /// How figures of two builds are compared.
    pub figures: FigureBlocks,
    /// Identifies this text: two suites with the same name and different content are not comparable.
    pub digest: String,
}

/// The blocks from which figures are taken when two builds run side by side: short runs that differ only in the build.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureBlocks {
    /// How many pairs of blocks are run; 0 for none.
    pub pairs: u32,
    /// One block.
    pub block: Scenario,
}

const BUILT_IN: [(&str, &str); 6] = [
    ("smoke", include_str!("../../suites/smoke.toml")),
    (
        "qualification",
        include_str!("../../suites/qualification.toml"),
    ),
    (
        "transactions",
        include_str!("../../suites/transactions.toml"),
    ),
    ("groups", include_str!("../../suites/groups.toml")),
    ("soak", include_str!("../../suites/soak.toml")),
    ("figures", include_str!("../../suites/figures.toml")),
];

/// The suite whose blocks are used if a suite defines none.
const FIGURES: &str = "figures";

/// The maximum number of pairs of blocks.
const PAIRS_MAX: u32 = 200;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SuiteFile {
    /// Its name, as in reports, baselines and on the command line.
    #[schemars(with = "String", pattern(schema::NAME))]
    name: Spanned<String>,
    /// One line on its purpose.
    #[serde(default)]
    description: String,
    /// Classes of faults without which the suite is undecided.
    #[serde(default)]
    #[schemars(schema_with = "classes")]
    requires: Vec<Spanned<String>>,
    /// What a reader may expect and the suite does not cover, one sentence each.
    #[serde(default)]
    not_reached: Vec<String>,
    /// The scenarios, in the order in which they run.
    #[serde(default)]
    scenario: Vec<ScenarioFile>,
    /// How figures of two builds are compared; by default by the blocks of the suite `figures`.
    figures: Option<FiguresFile>,
}

/// `[figures]`: the blocks from which figures are taken when two builds run side by side.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FiguresFile {
    /// How many pairs of blocks are run; 0 for none.
    #[schemars(with = "u32", range(max = PAIRS_MAX))]
    pairs: Spanned<u32>,
    /// One block.
    block: ScenarioFile,
}

fn classes(_: &mut SchemaGenerator) -> Schema {
    schema::list_of(FaultClass::ALL.map(FaultClass::word))
}

impl Suite {
    /// The names of the built-in suites.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The JSON schema of suite files. What only a higher floor knows, the names of workloads, is not in it.
    pub fn schema() -> Schema {
        let about = "a suite of jepsen: a set of scenarios that decides whether a build may be released; see docs/qualification.md";
        schema::of::<SuiteFile>("suite file", about)
    }

    /// Loads a built-in suite by name, or a file by path.
    ///
    /// # Errors
    /// If there is no such suite, or the file is invalid. The message names file, line and what is allowed.
    pub fn load(name_or_path: &str) -> Result<Suite> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return Suite::parse(text, &format!("built-in suite {name}"));
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            let known: Vec<_> = Suite::built_in().collect();
            let told = near::unknown("built-in suite and no file", name_or_path, &known);
            return Err(Stop::usage(told));
        }
        let text = bounded::text(path, bounded::CONFIG)
            .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
        Suite::parse(&text, &path.display().to_string())
    }

    /// Parses a suite's text. `name` is its name in error messages.
    ///
    /// # Errors
    /// If it is not valid TOML, or a value is not allowed.
    pub fn parse(text: &str, name: &str) -> Result<Suite> {
        let source = Source { name, text };
        let file: SuiteFile = source.parse()?;
        let mut scenarios = Vec::new();
        let mut names = BTreeSet::new();
        for one in &file.scenario {
            let scenario = one.read(&source)?;
            if !names.insert(scenario.name.clone()) {
                let what = format!("a second scenario `{}`", scenario.name);
                return Err(source.mistake(&one.name.span(), what));
            }
            scenarios.push(scenario);
        }
        if scenarios.is_empty() && file.figures.is_none() {
            let what = "a suite needs at least one [[scenario]], or [figures]";
            return Err(source.mistake(&file.name.span(), what));
        }
        let figures = match &file.figures {
            Some(figures) => figures.read(&source)?,
            None => Suite::load(FIGURES)?.figures,
        };
        let requires = file.requires.iter().map(|word| source.read(word, class));
        Ok(Suite {
            name: source.read(&file.name, super::scenario::plain_name)?,
            description: file.description,
            requires: requires.collect::<Result<_>>()?,
            not_reached: file.not_reached,
            scenarios,
            figures,
            digest: digest(text),
        })
    }

    /// The estimated duration of its scenarios, each run once, for a target whose faults last this long.
    pub fn duration(&self, timing: &Timing) -> Duration {
        self.scenarios
            .iter()
            .map(|scenario| scenario.duration(timing))
            .sum()
    }
}

impl FiguresFile {
    fn read(&self, source: &Source<'_>) -> Result<FigureBlocks> {
        let pairs = *self.pairs.get_ref();
        if pairs > PAIRS_MAX {
            let what = format!("`pairs` is from 0 to {PAIRS_MAX}");
            return Err(source.mistake(&self.pairs.span(), what));
        }
        let block = self.block.read(source)?;
        Ok(FigureBlocks { pairs, block })
    }
}

fn class(word: &str) -> Result<FaultClass, String> {
    let found = FaultClass::ALL
        .into_iter()
        .find(|class| class.word() == word);
    found.ok_or_else(|| {
        let known = FaultClass::ALL.map(FaultClass::word).join(", ");
        format!("no class of faults `{word}`; there are: {known}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(name: &str) -> f64 {
        let suite = Suite::load(name).expect("a built-in suite");
        assert_eq!(suite.name, name);
        suite.duration(&Timing::default()).as_secs_f64() / 60.0
    }

    #[test]
    fn built_in_suites_are_right_and_take_as_long_as_they_say() {
        let (smoke, qualification) = (minutes("smoke"), minutes("qualification"));
        assert!((2.0..=3.5).contains(&smoke), "{smoke}");
        assert!((40.0..=54.0).contains(&qualification), "{qualification}");
        let transactions = minutes("transactions");
        assert!((5.0..=15.0).contains(&transactions), "{transactions}");
        let groups = minutes("groups");
        assert!((4.0..=12.0).contains(&groups), "{groups}");
        assert!(minutes("soak") > 120.0);
        assert!(minutes("figures") < 0.1);
    }

    #[test]
    fn the_qualification_names_what_it_covers_and_what_not() {
        let suite = Suite::load("qualification").expect("built in");
        let wanted = (1..=16).chain(25..=27).chain([31, 37]);
        for number in wanted {
            let name = format!("S{number}");
            let covered = suite.scenarios.iter().any(|one| one.named.contains(&name));
            let excused = suite
                .not_reached
                .iter()
                .any(|why| why.starts_with(&format!("{name} ")));
            assert!(covered || excused, "{name} is neither covered nor excused");
        }
    }

    #[test]
    fn mistakes_are_pointed_at() {
        let told = |text: &str| {
            let error = Suite::parse(text, "mine.toml").expect_err("a mistake");
            let code = error.downcast_ref::<Stop>().map(|stop| stop.code);
            assert_eq!(code, Some(crate::exit::USAGE));
            error.to_string()
        };
        let head = "name = \"mine\"\n";
        let one = "[[scenario]]\nname = \"a\"\n";
        for (text, line, allowed) in [
            (format!("{head}{one}faults = \"comet\"\n"), 4, "network"),
            (
                format!("{head}{one}windows = [{{ fault = \"deaf:all\", lasts = \"3s\" }}]\n"),
                4,
                "deaf:leader",
            ),
            (
                format!("{head}{one}windows = [{{ fault = \"deaf:leader\", lasts = \"3d\" }}]\n"),
                4,
                "ms, s, m, h",
            ),
            (
                format!(
                    "{head}{one}faults = \"all\"\nwindows = [{{ fault = \"deaf:leader\", lasts = \"3s\" }}]\n"
                ),
                4,
                "not both",
            ),
            (
                format!("{head}{one}checks = [\"lost-write\",\n  \"lost\"]\n"),
                5,
                "log-order",
            ),
            (
                format!("{head}{one}faults = \"all\"\nquiet_end = \"1s\"\n"),
                5,
                "there are none",
            ),
            (format!("{head}{one}concurrency = 1\n"), 4, "from 2 to 64"),
            (format!("{head}{one}rate = 0\n"), 4, "from 1 to 100000"),
            (
                format!("{head}{one}[scenario.limits]\nfail_over = 3\n"),
                5,
                "fail_over_ms",
            ),
            (
                format!("{head}{one}start_after = [\"0s\", \"0s\", \"300s\"]\n"),
                4,
                "at most 120s",
            ),
            (format!("{head}{one}{one}"), 5, "second scenario"),
            (
                format!("{head}requires = [\"network\", \"meteor\"]\n{one}"),
                2,
                "network, process, disk, clock",
            ),
            (format!("name = \"Mine\"\n{one}"), 1, "lower-case"),
            (head.to_owned(), 1, "[[scenario]]"),
            (format!("{head}{one}durration = \"60s\"\n"), 4, "time_limit"),
            (format!("{head}{one}rate = \"fast\"\n"), 4, "u32"),
        ] {
            let told = told(&text);
            assert!(told.starts_with("mine.toml: "), "{told}");
            assert!(told.contains(&format!("line {line}")), "{told}");
            assert!(told.contains(allowed), "{told}");
        }
    }
}
