//! An exhibit of the museum: a bug that shipped in a release of a real broker, and the release that mended it. It says which
//! scenario shows the bug, and which finding of which check counts as having shown it.
//!
//! Exhibits are data (`harness/museum/*.toml`). A target with the configuration that the bug needs is laid over both
//! releases, so that they differ in nothing but the release.

mod expected;

use std::sync::{Arc, LazyLock};

use anyhow::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::{Spanned, Table};

use super::near;
use super::scenario::{Scenario, ScenarioFile, plain_name};
use super::schema;
use super::source::Source;
use super::target::Target;
use crate::exit::Stop;

use expected::ExpectedFile;
pub use expected::{Expected, Reason};

/// A bug that shipped.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Its id in the project's tracker, in lower case.
    pub name: String,
    /// The bug, in one line.
    pub title: String,
    /// What goes wrong, and how the scenario provokes it.
    pub about: String,
    /// Where it was reported and mended.
    pub links: Vec<String>,
    /// The release with the bug.
    pub bad: Release,
    /// The release without it. None if no release has mended it.
    pub good: Option<Release>,
    /// What happens.
    pub scenario: Scenario,
    /// What shows the bug; all of it has to be found.
    pub expected: Vec<Expected>,
    /// In how many of five runs on the bad release it must be shown. Less than five where timing decides.
    pub of_five: u32,
    /// Why it cannot be shown yet. Such an exhibit is listed and not run.
    pub not_here: Option<String>,
}

/// One side of an exhibit: a release, and how a run of it starts.
#[derive(Clone, Debug)]
pub struct Release {
    /// The target's name.
    pub name: String,
    /// The release with what the exhibit lays over it.
    pub target: Target,
}

/// An exhibit in the format of its file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExhibitFile {
    /// Its id in the project's tracker, in lower case.
    #[schemars(with = "String", pattern(schema::NAME))]
    name: Spanned<String>,
    /// The bug, in one line.
    title: String,
    /// What goes wrong, and how the scenario provokes it.
    about: String,
    /// Where it was reported and mended.
    links: Vec<String>,
    /// The release with the bug.
    #[schemars(with = "String")]
    bad: Spanned<String>,
    /// What the nodes are upgraded to in the scenario.
    next: Option<String>,
    /// The release without it; absent if no release has mended it.
    #[schemars(with = "Option<String>")]
    good: Option<Spanned<String>>,
    /// In how many of five runs on the bad release it must be shown; 4 by default.
    #[schemars(with = "Option<u32>", range(min = OF_FIVE_MIN, max = 5))]
    of_five: Option<Spanned<u32>>,
    /// Why it cannot be shown yet. Such an exhibit is listed and not run.
    not_here: Option<String>,
    /// What is laid over both releases.
    #[serde(default)]
    #[schemars(schema_with = "part_of_a_target")]
    target: Table,
    /// What happens.
    scenario: ScenarioFile,
    /// What shows the bug; all of it has to be found.
    expected: Vec<ExpectedFile>,
}

fn part_of_a_target(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Target>()
}

/// In how many of five runs a bug must be shown, unless its exhibit says otherwise.
const OF_FIVE: u32 = 4;
/// Below this an exhibit shows nothing that can be relied on.
const OF_FIVE_MIN: u32 = 2;

macro_rules! exhibits {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../museum/", $name, ".toml")))),*]
    };
}

const TEXTS: [(&str, &str); 11] = exhibits![
    "kip-966",
    "kafka-15583",
    "kafka-15495",
    "kafka-14946",
    "kip-996",
    "kafka-14392",
    "kafka-15021",
    "kafka-17754",
    "librdkafka-5423",
    "kafka-21426",
    "kafka-14616",
];

static BUILT_IN: LazyLock<Result<Vec<Exhibit>, String>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| Exhibit::parse(text, &format!("exhibit {name}"));
    let all: Result<Vec<Exhibit>> = TEXTS.iter().map(read).collect();
    all.map_err(|error| format!("{error:#}"))
});

/// All exhibits, in the order of the museum.
///
/// # Errors
/// If a built-in file is invalid. That is a bug, and a test prevents it.
pub fn built_in() -> Result<&'static [Exhibit]> {
    BUILT_IN
        .as_deref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// The exhibits with these names, in the order of the museum; all if none is named.
///
/// # Errors
/// If there is no such exhibit. The message lists those that there are.
pub fn named(names: &[String]) -> Result<Vec<&'static Exhibit>> {
    let all = built_in()?;
    for name in names {
        if !all.iter().any(|exhibit| exhibit.name == *name) {
            let known: Vec<&str> = all.iter().map(|exhibit| exhibit.name.as_str()).collect();
            return Err(Stop::usage(near::unknown("exhibit", name, &known)));
        }
    }
    let wanted = |exhibit: &&Exhibit| names.is_empty() || names.contains(&exhibit.name);
    Ok(all.iter().filter(wanted).collect())
}

impl Exhibit {
    /// The JSON schema of the files of exhibits.
    pub fn schema() -> Schema {
        let about =
            "an exhibit of jepsen's museum: a bug that shipped in a release; see docs/museum.md";
        schema::of::<ExhibitFile>("exhibit", about)
    }

    /// Reads an exhibit's text. `name` is its name in error messages.
    ///
    /// # Errors
    /// If it is not valid, with file, line and what is allowed.
    pub fn parse(text: &str, name: &str) -> Result<Exhibit> {
        let source = Source { name, text };
        let file: ExhibitFile = source.parse()?;
        let next = file
            .next
            .as_ref()
            .map(|word| Release::of(word, &file.target, name));
        let next = next.transpose()?.map(|next| Arc::new(next.target));
        let side = |word: &Spanned<String>| {
            let mut side = Release::of(word.get_ref(), &file.target, name)?;
            side.target.next.clone_from(&next);
            anyhow::Ok(side)
        };
        let expected = file.expected.iter().map(|one| one.read(&source));
        let expected = expected.collect::<Result<Vec<Expected>>>()?;
        if expected.is_empty() {
            return Err(Stop::usage(format!("{name}: `expected` is empty")));
        }
        let of_five = match &file.of_five {
            Some(written) if !(OF_FIVE_MIN..=5).contains(written.get_ref()) => {
                let what = format!("`of_five` is from {OF_FIVE_MIN} to 5");
                return Err(source.mistake(&written.span(), what));
            }
            Some(written) => *written.get_ref(),
            None => OF_FIVE,
        };
        Ok(Exhibit {
            name: source.read(&file.name, plain_name)?,
            title: file.title,
            about: file.about.split_whitespace().collect::<Vec<_>>().join(" "),
            links: file.links,
            bad: side(&file.bad)?,
            good: file.good.as_ref().map(side).transpose()?,
            scenario: file.scenario.read(&source)?,
            expected,
            of_five,
            not_here: file.not_here,
        })
    }

    /// Whether so many of so many runs are enough.
    pub fn is_shown(&self, shown: usize, runs: usize) -> bool {
        shown > 0 && shown * 5 >= self.of_five as usize * runs
    }
}

impl Release {
    /// A target with a table laid over it.
    fn of(word: &str, over: &Table, exhibit: &str) -> Result<Release> {
        let mut text = format!("base = {word:?}\nname = {word:?}\n");
        text += &over.to_string();
        Ok(Release {
            name: word.to_owned(),
            target: Target::parse(&text, &format!("{exhibit}, target {word}"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
name = "x-1"
title = "t"
about = "a\n  b"
links = []
bad = "apache-kafka-3.9.1"
good = "apache-kafka-4.4.0"
[target.limits]
fail_over_ms = 7
[scenario]
name = "x"
windows = [{ fault = "pause:controller", lasts = "26s" }]
[[expected]]
check = "terms-burned"
finding = { kind = "terms-burned" }
because = "b"
"#;

    #[test]
    fn built_in_exhibits_are_right_and_named_after_their_files() {
        let all = built_in().expect("right files");
        for (exhibit, (name, _)) in all.iter().zip(TEXTS) {
            assert_eq!(exhibit.name, name);
            assert!(!exhibit.links.is_empty(), "{name}");
            assert!(exhibit.title.chars().count() <= 80, "{name}");
        }
    }

    #[test]
    fn both_releases_have_what_is_laid_over_them() {
        let exhibit = Exhibit::parse(TEXT, "x").expect("right");
        let good = exhibit.good.expect("stated");
        for side in [&exhibit.bad, &good] {
            assert_eq!(side.target.limits.fail_over_ms, 7);
            assert_eq!(side.target.name, side.name);
            assert!(side.target.home.ends_with(&side.name));
        }
        assert_eq!(exhibit.about, "a b");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let wrong = |from: &str, to: &str| {
            let text = TEXT.replace(from, to);
            assert_ne!(text, TEXT);
            Exhibit::parse(&text, "x").expect_err(to).to_string()
        };
        assert!(wrong("\"terms-burned\"\nfinding", "\"terms\"\nfinding").contains("line 14"));
        assert!(wrong("kind = \"terms-burned\"", "kind = \"terms\"").contains("terms-burned"));
        assert!(wrong("links = []", "links = []\nof_five = 1").contains("from 2 to 5"));
        assert!(wrong("fail_over_ms", "fail_ms").contains("fail_ms"));
        assert!(wrong("3.9.1", "2.0.0").contains("3.3.0"));
    }

    #[test]
    fn a_share_of_the_runs_is_enough() {
        let exhibit = Exhibit::parse(TEXT, "x").expect("right");
        for (shown, runs, enough) in [
            (4, 5, true),
            (3, 5, false),
            (1, 1, true),
            (0, 0, false),
            (2, 3, false),
        ] {
            assert_eq!(exhibit.is_shown(shown, runs), enough, "{shown} of {runs}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known() {
        let told = named(&["kip-967".to_owned()])
            .expect_err("unknown")
            .to_string();
        assert!(told.contains("kip-966"), "{told}");
        assert_eq!(named(&[]).expect("all").len(), TEXTS.len());
    }
}
