//! A scenario in the format of its file, and the validation of each value that turns it into a [`Scenario`].

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use checkers::checks::TABLE;
use nemesis::Nodes;
use nemesis::catalogue::Selection;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::Spanned;

use super::{CONCURRENCY, Faults, RATE, Scenario, TIME_LIMIT, WORKLOAD};
use crate::config::limits::LimitChanges;
use crate::config::schema;
use crate::config::shape::{self, Fixed, Shape};
use crate::config::source::Source;
use crate::config::time;
use crate::config::windows::{QUIET_END, WindowFile};
use crate::config::word::Word;

/// A scenario in the format of its file. Values that can be invalid keep their positions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ScenarioFile {
    /// Its name, as in reports and on the command line.
    #[schemars(with = "String", pattern(schema::NAME))]
    pub(in crate::config) name: Spanned<String>,
    /// One line on what it does and what is expected.
    #[serde(default)]
    description: String,
    /// Its established names in the literature.
    #[serde(default)]
    named: Vec<String>,
    /// What the clients do, see `jepsen list workloads`; `append` by default.
    #[schemars(with = "Option<String>")]
    workload: Option<Spanned<String>>,
    /// Classes or kinds of faults that the seed draws from, as `--faults` takes them. A scenario has either these or `windows`.
    #[schemars(with = "Option<String>")]
    faults: Option<Spanned<String>>,
    /// Faults one by one, in order.
    #[serde(default)]
    windows: Vec<WindowFile>,
    /// Faults during formation, before the load starts.
    #[serde(default)]
    before_load: Vec<WindowFile>,
    /// How long after the first each node is started, such as `10s`; a node that is not listed starts at once.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = Nodes::MAX), inner(pattern(schema::TIME)))]
    start_after: Vec<Spanned<String>>,
    /// The length of the load phase, such as `2m`; 60 s by default, and as long as the windows where there are any.
    #[schemars(with = "Option<String>", pattern(schema::TIME))]
    time_limit: Option<Spanned<String>>,
    /// The length of the load after the last of `windows`; 3 s by default.
    #[schemars(with = "Option<String>", pattern(schema::TIME))]
    quiet_end: Option<Spanned<String>>,
    /// Operations per second, over all clients; 1000 by default.
    #[schemars(with = "Option<u32>", range(min = *RATES.start(), max = *RATES.end()))]
    rate: Option<Spanned<u32>>,
    /// The number of clients; 8 by default.
    #[schemars(with = "Option<u32>", range(min = *CLIENTS.start(), max = *CLIENTS.end()))]
    concurrency: Option<Spanned<usize>>,
    /// Fixed values of the load, where the workload draws it.
    #[serde(default)]
    #[schemars(schema_with = "schema::load")]
    load: BTreeMap<String, Spanned<toml::Value>>,
    /// The checks that decide it; all by default.
    #[serde(default)]
    #[schemars(schema_with = "checks")]
    checks: Vec<Spanned<String>>,
    /// Limits in addition to those of the target: a number, or `+N` to add to the target's own.
    #[serde(default)]
    #[schemars(schema_with = "schema::limit_changes")]
    limits: BTreeMap<String, Spanned<toml::Value>>,
    /// Whether it needs the private network, whichever faults are drawn.
    needs_network: Option<bool>,
}

fn checks(_: &mut SchemaGenerator) -> Schema {
    schema::list_of(TABLE.iter().map(|row| row.name))
}

/// The allowed number of operations per second.
const RATES: std::ops::RangeInclusive<u32> = 1..=100_000;
/// The allowed number of clients: one must produce and one must poll.
const CLIENTS: std::ops::RangeInclusive<usize> = 2..=64;
/// The longest allowed delay between the start of a node and the start of the others.
const START_AFTER_MAX: Duration = Duration::from_secs(120);

impl ScenarioFile {
    /// Validates every value.
    ///
    /// # Errors
    /// The first invalid value, with file, line and what is allowed.
    pub(in crate::config) fn read(&self, source: &Source<'_>) -> Result<Scenario> {
        let name = source.read(&self.name, plain_name)?;
        let faults = self.faults(source)?;
        let time_limit = match (&self.time_limit, &faults) {
            (Some(text), _) => Some(source.read(text, time::load_phase)?),
            (None, Faults::Drawn(_)) => Some(TIME_LIMIT),
            (None, Faults::Windows(_)) => None,
        };
        let drawn_network = match &faults {
            Faults::Drawn(words) => words
                .parse::<Selection>()
                .is_ok_and(|selection| selection.needs_network()),
            Faults::Windows(_) => false,
        };
        let before_load = self.before_load.iter().map(|window| window.read(source));
        Ok(Scenario {
            name,
            description: self.description.clone(),
            named: self.named.clone(),
            workload: match &self.workload {
                Some(word) => Word::of(source, word),
                None => Word::default_of(WORKLOAD),
            },
            faults,
            before_load: before_load.collect::<Result<_>>()?,
            start_after: self.start_after(source)?,
            time_limit,
            quiet_end: self.quiet_end(source)?,
            rate: within(source, self.rate.as_ref(), RATE, RATES, "rate")?,
            concurrency: within(
                source,
                self.concurrency.as_ref(),
                CONCURRENCY,
                CLIENTS,
                "concurrency",
            )?,
            load: self.load(source)?,
            checks: self
                .checks
                .iter()
                .map(|word| source.read(word, check))
                .collect::<Result<_>>()?,
            limits: LimitChanges::read(source, &self.limits)?,
            needs_network: self.needs_network.unwrap_or(drawn_network),
        })
    }

    fn faults(&self, source: &Source<'_>) -> Result<Faults> {
        match (&self.faults, self.windows.is_empty()) {
            (Some(words), true) => source.read(words, |words| match words.parse::<Selection>() {
                Ok(_) => Ok(Faults::Drawn(words.to_owned())),
                Err(error) => Err(error.to_string()),
            }),
            (Some(words), false) => Err(source.mistake(
                &words.span(),
                "give either `faults` (drawn by the seed) or `windows` (listed), not both",
            )),
            (None, _) => {
                let windows = self.windows.iter().map(|window| window.read(source));
                Ok(Faults::Windows(windows.collect::<Result<_>>()?))
            }
        }
    }

    /// Fixed values of the load, each possible. Whether they fit together is known when the load is drawn.
    fn load(&self, source: &Source<'_>) -> Result<Vec<Fixed>> {
        let workload = self
            .workload
            .as_ref()
            .map_or(WORKLOAD, |word| word.get_ref());
        let read = |(key, value): (&String, &Spanned<toml::Value>)| {
            let fixed = (key.clone(), shape::text(value.get_ref()));
            match Shape::draw(workload, std::slice::from_ref(&fixed), 0, 0) {
                Ok(_) => Ok(fixed),
                Err(error) => Err(source.mistake(&value.span(), error)),
            }
        };
        self.load.iter().map(read).collect()
    }

    fn quiet_end(&self, source: &Source<'_>) -> Result<Duration> {
        match &self.quiet_end {
            None => Ok(QUIET_END),
            Some(written) if self.windows.is_empty() => Err(source.mistake(
                &written.span(),
                "`quiet_end` is the load after the last of `windows`; there are none",
            )),
            Some(text) => source.read(text, time::parse),
        }
    }

    fn start_after(&self, source: &Source<'_>) -> Result<Vec<Duration>> {
        let most = usize::from(nemesis::Nodes::MAX);
        if let Some(further) = self.start_after.get(most) {
            let what = format!("a cluster has at most {most} nodes");
            return Err(source.mistake(&further.span(), what));
        }
        let start = |text: &Spanned<String>| {
            source.read(text, |text| match time::parse(text)? {
                long if long > START_AFTER_MAX => Err("at most 120s".to_owned()),
                length => Ok(length),
            })
        };
        self.start_after.iter().map(start).collect()
    }
}

/// Names become folder names and parts of commands.
pub(in crate::config) fn plain_name(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(plain) {
        return Err(format!(
            "`{name}` is not a name: use lower-case letters, digits and -, at most 60"
        ));
    }
    Ok(name.to_owned())
}

fn check(word: &str) -> Result<String, String> {
    match checkers::checks::named(word) {
        Ok(row) => Ok(row.name.to_owned()),
        Err(unknown) => Err(unknown.to_string()),
    }
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    source: &Source<'_>,
    value: Option<&Spanned<T>>,
    default: T,
    allowed: std::ops::RangeInclusive<T>,
    name: &str,
) -> Result<T> {
    match value {
        None => Ok(default),
        Some(value) if allowed.contains(value.get_ref()) => Ok(*value.get_ref()),
        Some(value) => {
            let (least, most) = (allowed.start(), allowed.end());
            let what = format!("`{name}` is from {least} to {most}");
            Err(source.mistake(&value.span(), what))
        }
    }
}
