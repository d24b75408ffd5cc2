//! The mutation score of recorded runs: every lie that a broker could have told in them, and which check reports it.

use checkers::mutants::Fate;
use serde::{Deserialize, Serialize};

use super::Tool;

/// The result of `calibrate --histories`. `histories.json` has exactly these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryScore {
    /// The harness.
    pub tool: Tool,
    /// The command that repeats it.
    pub reproduce: String,
    /// In how many places each mutant was applied to each run.
    pub places: u64,
    /// The runs.
    pub runs: Vec<MutatedRun>,
    /// The mutants, in the order of the catalogue.
    pub mutants: Vec<HistoryMutant>,
    /// Whether all results were as the catalogue states.
    pub as_expected: bool,
}

/// A recorded run that was mutated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MutatedRun {
    /// The file of its history.
    pub history: String,
    /// The scenario.
    pub scenario: String,
    /// The target.
    pub target: String,
    /// How many lines it has.
    pub lines: u64,
    /// Its verdict without a lie.
    pub verdict: String,
    /// The checks that were undecided without a lie: they can detect one, but their silence proves nothing.
    pub undecided: Vec<String>,
}

/// A mutant, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryMutant {
    /// The kind of line.
    pub line: String,
    /// The field.
    pub field: String,
    /// The change.
    pub change: String,
    /// For how long and for whom.
    pub extent: String,
    /// The checks of which one must report it; none if it is legal.
    pub expected: Vec<String>,
    /// Why it is legal, or need not be invalid, or is a known limit.
    pub reason: String,
    /// Each application.
    pub applied: Vec<AppliedLie>,
}

/// One application of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedLie {
    /// The run: an index into [`HistoryScore::runs`].
    pub run: usize,
    /// The seed that chose the place.
    pub seed: u64,
    /// How many answers were changed.
    pub changed: usize,
    /// The line of the first of them.
    pub first: u64,
    /// What became of it.
    pub fate: Fate,
    /// The checks that turned.
    pub by: Vec<String>,
}

/// The worst first: a mutant that survives in one place has survived.
const WORST_FIRST: [Fate; 8] = [
    Fate::FalseAlarm,
    Fate::Survived,
    Fate::Elsewhere,
    Fate::Limit,
    Fate::Undecided,
    Fate::Killed,
    Fate::Equivalent,
    Fate::NotJudged,
];

impl HistoryMutant {
    /// What became of it over all applications: the worst. None if no run had a place for it.
    pub fn fate(&self) -> Option<Fate> {
        let fates = || self.applied.iter().map(|applied| applied.fate);
        WORST_FIRST
            .into_iter()
            .find(|worst| fates().any(|fate| fate == *worst))
    }

    /// How many applications ended so.
    pub fn count(&self, fate: Fate) -> usize {
        self.applied
            .iter()
            .filter(|applied| applied.fate == fate)
            .count()
    }

    /// The checks that turned in any application, with how often, most often first.
    pub fn by(&self) -> Vec<(String, usize)> {
        let mut names: Vec<&String> = self
            .applied
            .iter()
            .flat_map(|applied| &applied.by)
            .collect();
        names.sort_unstable();
        let mut counts: Vec<(String, usize)> = names
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0].clone(), same.len()))
            .collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}

impl HistoryScore {
    /// How many mutants ended so.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants
            .iter()
            .filter(|row| row.fate() == Some(fate))
            .count()
    }

    /// Mutants that were judged in some run.
    pub fn judged(&self) -> usize {
        let judged = |row: &&HistoryMutant| !matches!(row.fate(), None | Some(Fate::NotJudged));
        self.mutants.iter().filter(judged).count()
    }

    /// Mutants that were killed, left undecided for a reason, or are legal for a reason.
    pub fn settled(&self) -> usize {
        [Fate::Killed, Fate::Undecided, Fate::Equivalent]
            .map(|fate| self.count(fate))
            .iter()
            .sum()
    }

    /// The score in one line.
    pub fn line(&self) -> String {
        let judged = self.judged();
        let legal = self.count(Fate::Equivalent);
        let killed = self.count(Fate::Killed);
        let applications: usize = self.mutants.iter().map(|row| row.applied.len()).sum();
        format!(
            "{killed} of {} mutants killed, {} undecided, {legal} legal; {} known limits, {} survivors; {} of {judged} as a \
             reader accepts ({applications} applications, {} mutants had no place)",
            judged - legal,
            self.count(Fate::Undecided),
            self.count(Fate::Limit),
            self.count(Fate::Survived) + self.count(Fate::Elsewhere) + self.count(Fate::FalseAlarm),
            self.settled(),
            self.mutants.len() - judged,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn applied(fate: Fate, by: &[&str]) -> AppliedLie {
        AppliedLie {
            run: 0,
            seed: 1,
            changed: 1,
            first: 7,
            fate,
            by: by.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_mutant_that_survives_once_has_survived() {
        let mut row = HistoryMutant::default();
        assert_eq!(row.fate(), None);
        row.applied = vec![
            applied(Fate::Killed, &["a"]),
            applied(Fate::Killed, &["a", "b"]),
        ];
        assert_eq!(row.fate(), Some(Fate::Killed));
        assert_eq!(row.by(), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        row.applied.push(applied(Fate::Survived, &[]));
        assert_eq!(row.fate(), Some(Fate::Survived));
        assert_eq!(row.count(Fate::Killed), 2);
    }

    #[test]
    fn the_score_counts_what_was_judged() {
        let row = |fate| HistoryMutant {
            applied: vec![applied(fate, &[])],
            ..HistoryMutant::default()
        };
        let score = HistoryScore {
            mutants: vec![
                row(Fate::Killed),
                row(Fate::Equivalent),
                row(Fate::NotJudged),
                row(Fate::Survived),
                HistoryMutant::default(),
            ],
            ..HistoryScore::default()
        };
        assert_eq!((score.judged(), score.settled()), (3, 2));
        let line = score.line();
        assert!(
            line.starts_with(
                "1 of 2 mutants killed, 0 undecided, 1 legal; 0 known limits, 1 survivors"
            ),
            "{line}"
        );
    }
}
