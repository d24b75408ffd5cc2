//! Reads a stored history and returns verdicts and series. `run` judges the history that it just recorded in the same
//! way as `check` judges any file.

mod following;
mod lag;
pub mod meter;
pub mod series;

use anyhow::Result;
use checkers::bounded::{Left, Reducer, Window};
use checkers::checks::TABLE;
use checkers::history::{Event, Header, History, Promises, Unknown, jsonl};
use checkers::judgement::Judgement;
use checkers::verdict::{Class, Doubt, Verdict};

use super::evidence;
use crate::config::promises::lay_over;
use crate::exit::Stop;
use crate::output::{detail, say, shown};
use crate::store::Asked;
use crate::store::history_file::HistoryPath;

pub use following::Following;
pub use meter::Meter;
pub use series::measure;

/// A history and its judgement.
pub struct Judged {
    /// The history.
    pub history: History,
    /// What was measured while its lines were taken.
    pub meter: Option<Meter>,
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
            meter: None,
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
/// It is read line by line, and what is settled is forgotten on the way. A history that was cut is judged as far as it
/// goes, and what is valid so far is undecided. A history of a run that cannot be read is undecided.
///
/// # Errors
/// If a file that the user named cannot be read, is damaged, or is not a history; or if a word is not a promise.
pub fn file_by(path: &HistoryPath, promises: &[String]) -> Result<Judged> {
    read_by(path, promises, Window::default())
}

/// The same with the whole history in memory, for those who look at all of its lines.
///
/// # Errors
/// As of [`file_by`].
pub fn whole(path: &HistoryPath) -> Result<Judged> {
    read_by(path, &[], Window::whole())
}

fn read_by(path: &HistoryPath, promises: &[String], window: Window) -> Result<Judged> {
    // A word that is no promise is an error, whatever the file is.
    lay_over(&mut Promises::default(), promises)?;
    detail(|| format!("reading {}", shown(&path.path)));
    let begin = |header: &mut Header| {
        lay_over(&mut header.promises, promises)?;
        Ok((Reducer::new(header.clone(), window), Meter::default()))
    };
    let take = |(reducer, meter): &mut (Reducer, Meter), event: Event| {
        meter.take(&event);
        reducer.take(event);
    };
    let named = |error| Stop::usage(format!("{}: {error}", path.path.display()));
    let (parsed, (reducer, meter)) = match path.stream(begin, take).map_err(named) {
        Err(error) if path.run.is_some() => return Ok(Judged::damaged(path, &error.to_string())),
        read => read?,
    };
    detail(|| "judging what was read".to_owned());
    let warnings = warnings(path, &parsed);
    match reducer.finish() {
        Ok(left) => {
            let (of, told) = ((left, meter), (parsed.cut, warnings));
            Ok(of_left(path, of, parsed.unknown, told))
        }
        Err(why) if window != Window::whole() => {
            say(&format!("{}: {why}", path.path.display()));
            read_by(path, promises, Window::whole())
        }
        Err(why) => Err(why.into()),
    }
}

/// Judges what is left of a history after its last line.
pub fn of_left(
    path: &HistoryPath,
    (left, meter): (Left, Meter),
    unknown: Unknown,
    (cut, mut warnings): (bool, Vec<String>),
) -> Judged {
    let (history, mut judgement) = left.with_unknown(unknown).judge(TABLE);
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
        meter: Some(meter),
        judgement,
        warnings,
    };
    judged.require_a_check();
    judged
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
