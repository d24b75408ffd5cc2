//! Reads a stored history and returns verdicts and series. `run` judges the history that it just recorded in the same
//! way as `check` judges any file.

pub mod series;

use anyhow::Result;
use checkers::history::{History, Unknown, jsonl};
use checkers::judgement::Judgement;
use checkers::verdict::{Class, Doubt, Verdict};

use super::evidence;
use crate::config::promises::lay_over;
use crate::exit::Stop;
use crate::store::Asked;
use crate::store::history_file::HistoryPath;

pub use series::measure;

/// A history and its judgement.
pub struct Judged {
    /// The history.
    pub history: History,
    /// The results of all checks.
    pub judgement: Judgement,
    /// Problems of the file.
    pub warnings: Vec<String>,
}

impl Judged {
    /// The result for a history of a run that is damaged: *undecided*, with the reason. The other scenarios of the run
    /// are still judged.
    pub fn damaged(history: &HistoryPath, problem: &str) -> Judged {
        let mut verdict = Verdict::new("coverage", Class::Safety);
        verdict.doubt(Doubt::Damaged {
            problem: problem.to_owned(),
        });
        let mut header = jsonl::parse("{\"format\":\"jepsen-history\",\"version\":1}\n")
            .map(|parsed| parsed.header)
            .unwrap_or_else(|error| unreachable!("because it is a header: {error}"));
        evidence::scenario(&history.path)
            .unwrap_or_default()
            .clone_into(&mut header.scenario);
        Judged {
            history: History::new(header, Vec::new()),
            judgement: Judgement {
                verdicts: vec![verdict],
                ..Judgement::default()
            },
            warnings: vec![format!(
                "{}: history damaged: {problem}",
                history.path.display()
            )],
        }
    }

    /// If no check is left, nothing was judged: that is *undecided*, and not valid.
    pub fn require_a_check(&mut self) {
        if self.judgement.verdicts.is_empty() {
            let mut verdict = Verdict::new("coverage", Class::Safety);
            verdict.doubt(Doubt::NothingSeen {
                what: "checks that its scenario asked for".to_owned(),
            });
            self.judgement.verdicts.push(verdict);
        }
    }
}

/// Reads a history file, plain or compressed. Also returns the problems of the file.
///
/// # Errors
/// If the file cannot be read, is damaged, or is not a history. The message names file and line.
pub fn read(path: &HistoryPath) -> Result<(History, Vec<String>)> {
    let parsed = parse(path)?;
    let warnings = warnings(path, &parsed);
    Ok((History::from(parsed), warnings))
}

/// Reads and judges a history file by the checks that its scenario asked for.
///
/// # Errors
/// As of [`file_by`].
pub fn file(path: &HistoryPath) -> Result<Judged> {
    file_by(path, &[])
}

/// The same by other promises than those in the history, in the syntax of `--promise`.
///
/// A history that was cut is judged as far as it goes, and what is valid so far is undecided. A history of a run that
/// cannot be read is undecided.
///
/// # Errors
/// If a file that the user named cannot be read, is damaged, or is not a history; or if a word is not a promise.
pub fn file_by(path: &HistoryPath, promises: &[String]) -> Result<Judged> {
    let mut parsed = match parse(path) {
        Err(error) if path.run.is_some() => return Ok(Judged::damaged(path, &error.to_string())),
        parsed => parsed?,
    };
    let mut warnings = warnings(path, &parsed);
    lay_over(&mut parsed.header.promises, promises)?;
    let cut = parsed.cut;
    let history = History::from(parsed);
    let mut judgement = checkers::judge(&history);
    if cut {
        judgement.doubt(&Doubt::CutShort);
    }
    let asked = match path.is_standard_input() {
        // Nothing lies beside it.
        true => Ok(Asked::default()),
        false => Asked::beside(&path.path),
    };
    match asked {
        Ok(asked) => judgement
            .verdicts
            .retain(|verdict| asked.includes(&verdict.check)),
        Err(error) => {
            let problem = format!("{error:#}");
            warnings.push(problem.clone());
            judgement.doubt(&Doubt::Damaged { problem });
        }
    }
    let mut judged = Judged {
        history,
        judgement,
        warnings,
    };
    judged.require_a_check();
    Ok(judged)
}

fn parse(path: &HistoryPath) -> Result<jsonl::Parsed> {
    let named = |error| Stop::usage(format!("{}: {error}", path.path.display()));
    path.parse().map_err(named)
}

fn warnings(path: &HistoryPath, parsed: &jsonl::Parsed) -> Vec<String> {
    let name = path.path.display();
    let named = |warning: &String| format!("{name}: {warning}");
    let unknown = not_understood(&parsed.unknown);
    parsed.warnings.iter().chain(&unknown).map(named).collect()
}

/// What this version does not understand and has not judged, in one sentence.
fn not_understood(unknown: &Unknown) -> Option<String> {
    let kinds = [
        ("event type", &unknown.types),
        ("function", &unknown.functions),
        ("probe", &unknown.probes),
        ("field", &unknown.fields),
    ];
    let named = kinds.into_iter().flat_map(|(kind, names)| {
        let one = move |(name, count): (&String, &u64)| format!("{kind} {name} ({count})");
        names.iter().map(one)
    });
    let more = (unknown.more > 0).then(|| format!("{} others", unknown.more));
    let all: Vec<String> = named.chain(more).collect();
    (!all.is_empty()).then(|| {
        format!(
            "not known to this version and not judged: {}",
            all.join(", ")
        )
    })
}
