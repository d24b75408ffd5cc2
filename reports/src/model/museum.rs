//! A museum: bugs that shipped in releases of real brokers, run on a release with each bug and on one without it.

use serde::{Deserialize, Serialize};

use super::Tool;

/// The result of a visit. `museum.json` has exactly these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Museum {
    /// The harness.
    pub tool: Tool,
    /// The hash of the sources on which the results depend.
    pub sources: String,
    /// The command that repeats it.
    pub reproduce: String,
    /// One row for each exhibit.
    pub exhibits: Vec<ExhibitRow>,
    /// Whether all verdicts were as expected.
    pub as_expected: bool,
    /// Whether the user stopped it before its end.
    pub interrupted: bool,
}

/// One exhibit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExhibitRow {
    /// Its id in the project's tracker, in lower case.
    pub name: String,
    /// The bug, in one line.
    pub title: String,
    /// What goes wrong, and how it is provoked.
    pub about: String,
    /// Where it was reported and mended.
    pub links: Vec<String>,
    /// What shows the bug: by what it is seen, and why that shows it.
    pub expected: Vec<(String, String)>,
    /// In how many of five runs it must be shown.
    pub of_five: u32,
    /// The release with the bug.
    pub bad: MuseumSide,
    /// The release without it. None if no release has mended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good: Option<MuseumSide>,
    /// Why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_run_because: Option<String>,
    /// Whether the bug was shown often enough on the one, and never on the other.
    pub as_expected: bool,
}

/// One release of an exhibit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MuseumSide {
    /// The target's name.
    pub target: String,
    /// One entry for each seed.
    pub runs: Vec<MuseumRun>,
}

/// One run of one release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MuseumRun {
    /// Its seed.
    pub seed: String,
    /// What was seen of what shows the bug.
    pub seen: Vec<String>,
    /// What was not seen of it.
    pub missed: Vec<String>,
    /// Checks that found something else.
    pub other: Vec<String>,
    /// Checks that could not be judged.
    pub undecided: Vec<String>,
    /// Whether a check that would show the bug is among these.
    pub unclear: bool,
    /// The first finding that shows the bug, in words.
    pub account: String,
    /// When it had happened, since the start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_ms: Option<u64>,
    /// How long the run lasted.
    pub lasted_ms: u64,
    /// How often it was tried, until it was clear.
    pub tries: u32,
    /// Its history.
    pub history: String,
}

impl MuseumRun {
    /// Whether the bug was shown: all that is expected was seen.
    pub fn shows_it(&self) -> bool {
        self.missed.is_empty() && !self.seen.is_empty()
    }

    /// Whether nothing was found, and what would show the bug could be judged.
    pub fn is_clean(&self) -> bool {
        self.seen.is_empty() && self.other.is_empty() && !self.unclear
    }
}

impl MuseumSide {
    /// How many runs showed the bug.
    pub fn shown(&self) -> usize {
        self.runs.iter().filter(|run| run.shows_it()).count()
    }

    /// How many runs were clean.
    pub fn clean(&self) -> usize {
        self.runs.iter().filter(|run| run.is_clean()).count()
    }

    /// The median of the times at which the bug was seen.
    pub fn median_ms(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.runs.iter().filter_map(|run| run.found_ms).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_shown_by_all_that_is_expected_and_a_run_is_clean_without_any() {
        let name = || vec!["lost-write".to_owned()];
        let half = MuseumRun {
            seen: name(),
            missed: vec!["the broker's log".into()],
            ..MuseumRun::default()
        };
        assert!(!half.shows_it() && !half.is_clean());
        let whole = MuseumRun {
            seen: name(),
            found_ms: Some(7),
            ..MuseumRun::default()
        };
        assert!(whole.shows_it());
        let nothing = MuseumRun::default();
        assert!(!nothing.shows_it() && nothing.is_clean());
        let other = MuseumRun {
            other: name(),
            ..MuseumRun::default()
        };
        let unclear = MuseumRun {
            unclear: true,
            ..MuseumRun::default()
        };
        assert!(!other.is_clean() && !unclear.is_clean());
        let side = MuseumSide {
            runs: vec![half, whole, nothing],
            ..MuseumSide::default()
        };
        assert_eq!(
            (side.shown(), side.clean(), side.median_ms()),
            (1, 1, Some(7))
        );
    }
}
