//! The mutants of a calibration: lies that a broker told its clients, and what became of each.

use serde::{Deserialize, Serialize};

use super::planted_run::PlantRun;

/// One mutant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MutantRow {
    /// As `--mutant` takes it.
    pub mutant: String,
    /// The API whose answers it changes.
    pub api: String,
    /// The field.
    pub field: String,
    /// What a client is told.
    pub does: String,
    /// Which answers it changes.
    pub when: String,
    /// The workload that it was run with.
    pub workload: String,
    /// The faults that it was run under.
    pub faults: String,
    /// The checks that must detect it; one of them is enough.
    pub expected: Vec<String>,
    /// Why no client can suffer from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equivalent: Option<String>,
    /// What became of it; derived from the runs.
    pub fate: Fate,
    /// One entry for each seed.
    pub runs: Vec<PlantRun>,
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// A check that the row names detected it, in every run.
    Killed,
    /// No client can suffer from it, and no check found anything.
    Equivalent,
    /// The row says that no client can suffer from it, but a check found something: the row or the check is wrong.
    Contradicted,
    /// Checks found something, but not what the row names.
    Otherwise,
    /// Checks could not be judged, and none found anything.
    Undecided,
    /// No client asked for what the lie is about.
    Untold,
    /// Everything was valid.
    Survived,
    /// It was not run.
    #[default]
    Missing,
}

impl Fate {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Fate; 8] = [
        Fate::Killed,
        Fate::Equivalent,
        Fate::Contradicted,
        Fate::Otherwise,
        Fate::Undecided,
        Fate::Untold,
        Fate::Survived,
        Fate::Missing,
    ];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Fate::Killed => "killed",
            Fate::Equivalent => "equivalent",
            Fate::Contradicted => "equivalent, and yet a check found something",
            Fate::Otherwise => "noticed by other checks only",
            Fate::Undecided => "undecided",
            Fate::Untold => "never told",
            Fate::Survived => "survived",
            Fate::Missing => "not run",
        }
    }

    /// Whether nothing is left to be done about it.
    pub fn is_settled(self) -> bool {
        matches!(self, Fate::Killed | Fate::Equivalent)
    }
}

impl MutantRow {
    /// Its fate, by its runs. With several, the worst decides.
    pub fn judged(&self) -> Fate {
        let of = |run: &PlantRun| match (&self.equivalent, run) {
            (_, run) if run.untold && run.caught_by.is_empty() && run.other.is_empty() => {
                Fate::Untold
            }
            (Some(_), run) if !run.other.is_empty() => Fate::Contradicted,
            (Some(_), _) => Fate::Equivalent,
            (None, run) if !run.caught_by.is_empty() => Fate::Killed,
            (None, run) if !run.other.is_empty() => Fate::Otherwise,
            (None, run) if !run.undecided.is_empty() => Fate::Undecided,
            (None, _) => Fate::Survived,
        };
        self.runs.iter().map(of).max().unwrap_or_default()
    }

    /// The checks that killed it.
    pub fn killers(&self) -> Vec<&str> {
        let named = self.runs.iter().flat_map(|run| &run.caught_by);
        let mut names: Vec<&str> = named.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whatever else its runs showed: other checks that found something, and those that could not be judged.
    pub fn noticed(&self) -> Vec<&str> {
        let seen = self
            .runs
            .iter()
            .flat_map(|run| run.other.iter().chain(&run.undecided));
        let mut names: Vec<&str> = seen.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The longest that it took to kill it.
    pub fn killed_after_ms(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.detected_ms).max()
    }
}

/// The score: how many have each fate.
pub fn score(rows: &[MutantRow]) -> Vec<(Fate, usize)> {
    let count = |fate: Fate| rows.iter().filter(|row| row.fate == fate).count();
    let all = Fate::ALL.into_iter().map(|fate| (fate, count(fate)));
    all.filter(|(_, count)| *count > 0).collect()
}

/// `180 of 204 mutants killed, 12 equivalent, 12 survived`.
pub fn score_text(rows: &[MutantRow]) -> String {
    let killed = rows.iter().filter(|row| row.fate == Fate::Killed).count();
    let mut text = format!("{killed} of {} mutants killed", rows.len());
    for (fate, count) in score(rows) {
        if fate != Fate::Killed {
            text += &format!(", {count} {}", fate.words());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(equivalent: bool, runs: &[(&[&str], &[&str], &[&str])]) -> MutantRow {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let run = |(caught, other, undecided): &(&[&str], &[&str], &[&str])| PlantRun {
            caught_by: owned(caught),
            other: owned(other),
            undecided: owned(undecided),
            ..PlantRun::default()
        };
        let mut row = MutantRow {
            equivalent: equivalent.then(|| "a reason".to_owned()),
            runs: runs.iter().map(run).collect(),
            ..MutantRow::default()
        };
        row.fate = row.judged();
        row
    }

    #[test]
    fn only_a_finding_of_a_named_check_kills() {
        let killed = row(false, &[(&["a"], &["b"], &["c"])]);
        assert_eq!(killed.fate, Fate::Killed);
        assert_eq!(killed.killers(), ["a"]);
        assert_eq!(killed.noticed(), ["b", "c"]);
        assert_eq!(row(false, &[(&[], &["b"], &[])]).fate, Fate::Otherwise);
        assert_eq!(row(false, &[(&[], &[], &["c"])]).fate, Fate::Undecided);
        assert_eq!(row(false, &[(&[], &[], &[])]).fate, Fate::Survived);
        assert_eq!(row(false, &[]).fate, Fate::Missing);
        let twice = row(false, &[(&["a"], &[], &[]), (&[], &[], &[])]);
        assert_eq!(twice.fate, Fate::Survived, "the worst run decides");
    }

    #[test]
    fn an_equivalent_that_is_noticed_is_a_contradiction() {
        assert_eq!(row(true, &[(&[], &[], &["c"])]).fate, Fate::Equivalent);
        let noticed = row(true, &[(&[], &["b"], &[])]);
        assert_eq!(noticed.fate, Fate::Contradicted);
        assert!(!noticed.fate.is_settled());
    }

    #[test]
    fn a_lie_that_was_not_told_has_not_survived() {
        let mut untold = row(false, &[(&[], &[], &["c"])]);
        untold.runs[0].untold = true;
        assert_eq!(untold.judged(), Fate::Untold);
        untold.equivalent = Some("a reason".to_owned());
        assert_eq!(untold.judged(), Fate::Untold);
    }

    #[test]
    fn the_score_names_every_fate_that_occurs() {
        let rows = [
            row(false, &[(&["a"], &[], &[])]),
            row(true, &[(&[], &[], &[])]),
            row(false, &[(&[], &[], &[])]),
        ];
        assert_eq!(
            score_text(&rows),
            "1 of 3 mutants killed, 1 equivalent, 1 survived"
        );
    }
}
