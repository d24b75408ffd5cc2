//! Compares the files of a stored run with the digests in its `results.json`, before a command relies on them, and
//! reports every difference.

use std::path::Path;

use anyhow::Result;

use crate::exit::Stop;
use crate::output::say;
use crate::store::digests::{self, Digests, Recorded};
use crate::store::history_file::{self, HistoryPath};
use crate::store::layout;

/// What is wrong with the files of a run. Empty if they are as they were written, or if that is not recorded.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    damaged: Digests,
}

impl Evidence {
    /// Compares all files of a run. Prints a line for each difference, and one if nothing can be compared.
    pub fn of(run: &Path) -> Evidence {
        Evidence::of_files(run, |_| true)
    }

    /// The same for some of its files.
    pub fn of_files(run: &Path, is_wanted: impl Fn(&str) -> bool) -> Evidence {
        let shown = run.display();
        let damaged = match digests::recorded(run) {
            Recorded::Digests(digests) => digests::differences(run, &digests, is_wanted),
            Recorded::Damaged(problem) => Digests::from([(layout::RESULTS.to_owned(), problem)]),
            Recorded::Older => {
                say(&format!(
                    "note: {shown}: an older version wrote it without digests, so its files cannot be verified"
                ));
                Digests::new()
            }
            // A folder that is not a run, such as a collection of histories, has none.
            Recorded::Unfinished if !run.join(layout::RUN).exists() => Digests::new(),
            Recorded::Unfinished => {
                say(&format!(
                    "note: {shown}: it has no results.json, so its files cannot be verified"
                ));
                Digests::new()
            }
        };
        for (name, problem) in &damaged {
            say(&format!("damaged: {shown}/{name}: {problem}"));
        }
        Evidence { damaged }
    }

    /// Whether every file is as it was written, as far as that is recorded.
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty()
    }

    /// Whether a file is not as it was written.
    pub fn is_damaged(&self, name: &str) -> bool {
        self.damaged.contains_key(name)
    }

    /// What is wrong, by file.
    pub fn damaged(&self) -> &Digests {
        &self.damaged
    }

    /// What is wrong with the files of a scenario's folder, in one sentence.
    pub fn of_scenario(&self, folder: &str) -> Option<String> {
        let below = digests::history_of(folder);
        let below = below.rsplit_once('/').map_or("", |(folder, _)| folder);
        let wrong = self.damaged.iter().find(|(name, _)| {
            name.strip_prefix(below)
                .is_some_and(|rest| rest.starts_with('/'))
        });
        wrong.map(|(name, problem)| format!("{name}: {problem}"))
    }

    /// An error that names the first difference.
    ///
    /// # Errors
    /// If there is one.
    pub fn require(&self, run: &Path) -> Result<()> {
        match self.damaged.iter().next() {
            None => Ok(()),
            Some((name, problem)) => Err(Stop::usage(format!(
                "{}/{name}: {problem}: the run is damaged; restore it from a copy",
                run.display()
            ))),
        }
    }
}

/// A history that a path names, and what is wrong with the files of its scenario.
#[derive(Clone, Debug)]
pub struct Found {
    /// The history.
    pub history: HistoryPath,
    /// What differs from `results.json`, in one sentence.
    pub damage: Option<String>,
}

/// The histories that a path names, compared with the digests of their run. Differences in files of the run itself,
/// such as `report.json`, are printed and returned as true.
///
/// # Errors
/// If the path is neither a file nor a run, or if it is a file of a run and differs.
pub fn histories(path: &Path) -> Result<(Vec<Found>, bool)> {
    let histories = history_file::histories(path)?;
    let alone = histories.iter().all(|history| history.run.is_none());
    if alone {
        differs(path)?;
    }
    let evidence = match alone {
        true => Evidence::default(),
        false => Evidence::of(path),
    };
    let found = histories.into_iter().map(|history| Found {
        damage: scenario(&history.path).and_then(|folder| evidence.of_scenario(folder)),
        history,
    });
    Ok((found.collect(), !evidence.is_whole()))
}

/// The name of the folder of a history.
pub fn scenario(history: &Path) -> Option<&str> {
    history.parent()?.file_name()?.to_str()
}

/// A single history of a run that has digests must be the one that the run recorded.
fn differs(path: &Path) -> Result<()> {
    let Some((run, name)) = digests::run_of(path) else {
        return Ok(());
    };
    let Recorded::Digests(digests) = digests::recorded(&run) else {
        return Ok(());
    };
    match digests::differences(&run, &digests, |other| other == name).remove(&name) {
        None => Ok(()),
        Some(problem) => Err(Stop::usage(format!(
            "{}: history damaged: {problem}; restore it from a copy",
            path.display()
        ))),
    }
}
