//! The workload, faults and time limit of a run with a plant, or of a control run.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use nemesis::catalogue::{Class, Kind};

use super::CalibrateArguments;
use super::table::{RATE, REFERENCE, Row};
use crate::config::find;
use crate::config::near;
use crate::config::promises::lay_over;
use crate::config::scenario::{self, Faults as Planned};
use crate::config::shape::Fixed;
use crate::config::target::Target;
use crate::exit::Stop;
use crate::load::Chosen;

/// The conditions of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// The built-in target.
    pub target: &'static str,
    /// What it states beside its own promises.
    pub promises: &'static [&'static str],
    /// The workload.
    pub workload: Chosen,
    /// Fixed values of its load.
    pub load: Vec<Fixed>,
    /// The faults, as `--faults` takes them.
    pub faults: String,
    /// The longest load phase.
    pub time_limit: Duration,
    /// How long each fault lasts, if that is not drawn.
    pub fault_lasts: Option<Duration>,
    /// Operations per second.
    pub rate: u32,
}

impl Conditions {
    /// The target with what it states.
    ///
    /// # Errors
    /// If there is no such target or no such promise: a bug, which a test prevents.
    pub fn target(&self) -> Result<Arc<Target>> {
        let mut target = Target::load(self.target)?;
        let words: Vec<String> = self.promises.iter().map(|&word| word.to_owned()).collect();
        lay_over(&mut target.promises, &words)?;
        Ok(Arc::new(target))
    }

    /// Whether a correct broker can run under them, too: one that states what only a plant makes true would not meet the
    /// faults.
    pub fn are_for_all(&self) -> bool {
        self.promises.is_empty()
    }
}

impl std::fmt::Display for Conditions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (workload, seconds) = (self.workload.name, self.time_limit.as_secs());
        write!(formatter, "{workload}, {}, {seconds} s", self.faults)?;
        for (key, value) in &self.load {
            write!(formatter, ", {key}={value}")?;
        }
        if let Some(lasts) = self.fault_lasts {
            write!(formatter, ", faults of {} s", lasts.as_secs())?;
        }
        if self.rate != RATE {
            write!(formatter, ", {} operations a second", self.rate)?;
        }
        if self.target != REFERENCE {
            write!(formatter, ", {}", self.target)?;
        }
        for promise in self.promises {
            write!(formatter, ", --promise {promise}")?;
        }
        Ok(())
    }
}

/// The faults under which the plants run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Faults {
    /// Each plant under the faults that provoke it.
    Own,
    /// All plants under the default mix, without some kinds.
    Mix(Vec<Kind>),
}

impl Faults {
    /// Parses the arguments.
    ///
    /// # Errors
    /// If a word is not a fault, or no fault is left.
    pub fn of(arguments: &CalibrateArguments) -> Result<Faults> {
        if !arguments.mix && arguments.without.is_empty() {
            return Ok(Faults::Own);
        }
        let mut without = Vec::new();
        for word in &arguments.without {
            let of_word = |kind: &Kind| kind.name() == word || kind.class().to_string() == *word;
            let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(of_word).collect();
            if kinds.is_empty() {
                let known = Kind::ALL.iter().map(|kind| kind.name());
                let known: Vec<&str> = known
                    .chain(["network", "process", "disk", "clock"])
                    .collect();
                return Err(Stop::usage(format!(
                    "--without: {}; `network`, `process`, `disk` and `clock` mean all faults of a class",
                    near::unknown("fault", word, &known)
                )));
            }
            without.extend(kinds);
        }
        match kept(&without).is_empty() {
            false => Ok(Faults::Mix(without)),
            true => Err(Stop::usage("--without leaves no fault to run under")),
        }
    }

    /// The conditions of a plant.
    ///
    /// # Errors
    /// If the table of plants names a workload that does not exist: a bug.
    pub fn conditions(&self, row: &Row) -> Result<Conditions> {
        let workload = row.workload()?;
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let load: Vec<Fixed> = row.load.iter().map(own).collect();
        Ok(match self {
            Faults::Own => Conditions {
                target: row.target,
                promises: row.promises,
                workload,
                load,
                faults: row.faults.to_owned(),
                time_limit: row.time_limit(),
                fault_lasts: row.fault_seconds.map(Duration::from_secs),
                rate: row.rate,
            },
            Faults::Mix(without) if without.is_empty() => Conditions {
                target: row.target,
                load,
                rate: row.rate,
                ..default_mix(workload)
            },
            Faults::Mix(without) => Conditions {
                target: row.target,
                load,
                rate: row.rate,
                faults: kept(without).join(","),
                ..default_mix(workload)
            },
        })
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Faults::Own => formatter.write_str("those that provoke each plant"),
            Faults::Mix(without) if without.is_empty() => formatter.write_str("the default mix"),
            Faults::Mix(without) => {
                let names: Vec<&str> = without.iter().map(|kind| kind.name()).collect();
                write!(formatter, "the default mix without {}", names.join(", "))
            }
        }
    }
}

/// The kinds of the default mix but these. Clocks are not in it.
fn kept(without: &[Kind]) -> Vec<&'static str> {
    let mixed = Kind::ALL
        .into_iter()
        .filter(|kind| kind.class() != Class::Clock);
    let kept = mixed.filter(|kind| !without.contains(kind));
    kept.map(Kind::name).collect()
}

/// The default faults for one minute.
pub fn default_mix(workload: Chosen) -> Conditions {
    let faults = match find::scenario(scenario::DEFAULT).map(|default| default.faults) {
        Ok(Planned::Drawn(words)) => words,
        _ => "all".to_owned(),
    };
    Conditions {
        target: REFERENCE,
        promises: &[],
        workload,
        load: Vec::new(),
        faults,
        time_limit: scenario::TIME_LIMIT,
        fault_lasts: None,
        rate: RATE,
    }
}
