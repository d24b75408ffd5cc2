//! The shape of a load: how a workload's clients send and read, drawn by the seed from the rows of
//! `harness/suites/load.toml`, unless the user fixed a value. It is data, and a run prints all of it.
//!
//! Each row is drawn from a random stream of its own, so that a fixed value changes no other one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::Result;
use rand::Rng;
use toml::{Table, Value};

use super::near;
use super::seed::random;
use super::topics::TOPICS;
use crate::exit::Stop;

/// The first of the random streams that rows are drawn from.
const STREAM: u64 = 9_000;
/// A number of partitions is drawn only if this many records are meant for each of them. Checks of content need a hundred, and
/// one request in flight with a long linger time gets a tenth of the rate (seen: 47 of 293).
const RECORDS_PER_PARTITION: u64 = 1_200;
/// The most partitions that a user may ask for.
const PARTITIONS_MAX: u64 = 200;

/// Names of the rows that are read here.
const TOPIC_COUNT: &str = "topics";
const PARTITIONS: &str = "partitions";
/// Properties that depend on each other.
const IDEMPOTENCE: &str = "enable.idempotence";
const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
const RETRIES: &str = "message.send.max.retries";
/// The most requests in flight that keep an idempotent producer in order.
const IDEMPOTENT_IN_FLIGHT: u64 = 5;

const TEXT: &str = include_str!("../../suites/load.toml");

static TABLES: LazyLock<Result<Table, String>> = LazyLock::new(|| {
    TEXT.parse()
        .map_err(|error: toml::de::Error| error.to_string())
});

/// The values of one run, in the order of their names. None for a workload that draws nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape(Vec<(String, String)>);

/// A value that a user fixed: its name, and the value.
pub type Fixed = (String, String);

/// Reads `KEY=VALUE`.
///
/// # Errors
/// If there is no `=`.
pub fn fixed(text: &str) -> Result<Fixed, String> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) =
        parts.ok_or_else(|| format!("`{text}` is not KEY=VALUE, e.g. linger.ms=5"))?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A value as `KEY=VALUE` has it.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every row of every workload, with the values that are drawn.
pub(super) fn rows() -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let tables = TABLES.iter().flat_map(|tables| tables.values());
    for (key, values) in tables.filter_map(Value::as_table).flatten() {
        let known = rows.entry(key.clone()).or_default();
        for value in values.as_array().into_iter().flatten().map(text) {
            if !known.contains(&value) {
                known.push(value);
            }
        }
    }
    rows
}

impl Shape {
    /// Draws the load of a workload that will send about this many records. Of several fixed values of one name the last
    /// counts.
    ///
    /// # Errors
    /// If a fixed value is of no row of the workload, is not possible, or contradicts another one.
    pub fn draw(workload: &str, fixed: &[Fixed], seed: u64, records: u64) -> Result<Shape> {
        let tables = TABLES
            .as_ref()
            .map_err(|error| anyhow::anyhow!("load.toml: {error}"))?;
        let empty = Table::new();
        let rows = tables
            .get(workload)
            .and_then(Value::as_table)
            .unwrap_or(&empty);
        if let Some((key, _)) = fixed.iter().find(|(key, _)| !rows.contains_key(key)) {
            return Err(unknown(workload, key, rows));
        }
        let mut drawn = Vec::with_capacity(rows.len());
        for (stream, (key, values)) in (STREAM..).zip(rows) {
            let possible: Vec<String> = values.as_array().into_iter().flatten().map(text).collect();
            let asked = fixed.iter().rev().find(|(name, _)| name == key);
            let value = match asked {
                Some((_, value)) => allowed(key, value, &possible)?,
                None => {
                    let most = (records / RECORDS_PER_PARTITION).max(1);
                    let fits = |value: &&String| {
                        key != PARTITIONS || value.parse().is_ok_and(|count: u64| count <= most)
                    };
                    let fitting: Vec<&String> = possible.iter().filter(fits).collect();
                    let at = random(seed, stream).random_range(0..fitting.len().max(1));
                    // A short run has the least, and fewer records than its checks need.
                    let drawn = fitting.get(at).copied().or(possible.first());
                    drawn.cloned().unwrap_or_default()
                }
            };
            drawn.push((key.clone(), value));
        }
        let mut shape = Shape(drawn);
        shape.reconcile(fixed)?;
        Ok(shape)
    }

    /// Makes drawn properties of an idempotent producer possible. Fixed ones must be.
    fn reconcile(&mut self, fixed: &[Fixed]) -> Result<()> {
        if !self.flag(IDEMPOTENCE) {
            return Ok(());
        }
        let of_retries = self.number(RETRIES) == 0;
        let of_flight = self.number(IN_FLIGHT) > IDEMPOTENT_IN_FLIGHT;
        for (wrong, key, value) in [
            (of_retries, RETRIES, "1000".to_owned()),
            (of_flight, IN_FLIGHT, IDEMPOTENT_IN_FLIGHT.to_string()),
        ] {
            if wrong && fixed.iter().any(|(name, _)| name == key) {
                if fixed.iter().any(|(name, _)| name == IDEMPOTENCE) {
                    return Err(Stop::usage(format!(
                        "load: {IDEMPOTENCE}=true needs retries and at most {IDEMPOTENT_IN_FLIGHT} \
                         requests in flight, and {key}={} is fixed",
                        self.word(key)
                    )));
                }
                self.set(IDEMPOTENCE, "false".to_owned());
                return Ok(());
            }
            if wrong {
                self.set(key, value);
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: String) {
        if let Some(row) = self.0.iter_mut().find(|(name, _)| name == key) {
            row.1 = value;
        }
    }

    /// A value, or an empty text.
    pub fn word(&self, key: &str) -> &str {
        let row = self.0.iter().find(|(name, _)| name == key);
        row.map_or("", |(_, value)| value)
    }

    /// A value that is a number, else 0.
    pub fn number(&self, key: &str) -> u64 {
        self.word(key).parse().unwrap_or(0)
    }

    /// Whether a value is `true`.
    pub fn flag(&self, key: &str) -> bool {
        self.word(key) == "true"
    }

    /// The properties for librdkafka's producers.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &str)> {
        let rows = self.0.iter().filter(|(name, _)| name.contains('.'));
        rows.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The producers' kind: idempotent, requests in flight, retries.
    pub fn producers(&self) -> (bool, u32, bool) {
        let in_flight = u32::try_from(self.number(IN_FLIGHT)).unwrap_or(u32::MAX);
        (self.flag(IDEMPOTENCE), in_flight, self.number(RETRIES) > 0)
    }

    /// The topics of the run, with their partitions.
    pub fn topics(&self) -> Vec<(String, i32)> {
        let (topics, partitions) = (self.number(TOPIC_COUNT), self.number(PARTITIONS));
        if partitions == 0 {
            return TOPICS
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect();
        }
        let topics = topics.clamp(1, partitions);
        let of = |at: u64| partitions / topics + u64::from(at < partitions % topics);
        let count = |at| i32::try_from(of(at)).unwrap_or(i32::MAX);
        (0..topics)
            .map(|at| (format!("t{at}"), count(at)))
            .collect()
    }

    /// Every value.
    pub fn values(&self) -> &[(String, String)] {
        &self.0
    }

    /// All of it in one line. Empty for a workload that draws nothing.
    pub fn line(&self) -> String {
        let words: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        words.join(" ")
    }
}

fn unknown(workload: &str, key: &str, rows: &Table) -> anyhow::Error {
    if rows.is_empty() {
        return Stop::usage(format!(
            "load: the workload {workload} draws nothing, so `{key}` cannot be fixed; `pipeline` does"
        ));
    }
    let known: Vec<&str> = rows.keys().map(String::as_str).collect();
    let told = near::unknown("value", key, &known);
    Stop::usage(format!("load: the workload {workload} has {told}"))
}

/// A fixed value: of a row of words one of them, of a row of numbers any number. librdkafka judges its own properties.
fn allowed(key: &str, value: &str, possible: &[String]) -> Result<String> {
    let is_number = |text: &String| text.parse::<u64>().is_ok();
    let numbers = possible.iter().all(is_number);
    let most = match key {
        PARTITIONS | TOPIC_COUNT => PARTITIONS_MAX,
        _ => 1_000_000,
    };
    let may_be_none = ["headers", "session", "pause", "abort"];
    let least = u64::from(!key.contains('.') && !may_be_none.contains(&key));
    let fits = match numbers {
        true => value
            .parse()
            .is_ok_and(|number: u64| (least..=most).contains(&number)),
        false => possible.iter().any(|one| one == value),
    };
    match fits {
        true => Ok(value.to_owned()),
        false if numbers => Err(Stop::usage(format!(
            "load: {key}={value}: give a number from {least} to {most}"
        ))),
        false => {
            let possible = possible.join(", ");
            Err(Stop::usage(format!(
                "load: {key}={value}: give one of {possible}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(fixed: &[(&str, &str)], seed: u64) -> Result<Shape> {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let fixed: Vec<Fixed> = fixed.iter().map(own).collect();
        Shape::draw("pipeline", &fixed, seed, 1_000_000)
    }

    /// A fixed value leaves the others as they are drawn, so that a run is repeated by its seed and its fixed values.
    #[test]
    fn a_seed_draws_the_same_load_and_a_fixed_value_changes_only_itself() {
        for seed in 0..50 {
            let shape = draw(&[], seed).expect("a load");
            assert_eq!(shape, draw(&[], seed).expect("a load"));
            let fixed = draw(&[("linger.ms", "7")], seed).expect("a load");
            let changed = |(a, b): &(&Fixed, &Fixed)| a != b;
            let pairs = shape.values().iter().zip(fixed.values());
            let changed: Vec<_> = pairs.filter(changed).map(|(_, b)| b.clone()).collect();
            assert_eq!(changed, [("linger.ms".to_owned(), "7".to_owned())]);
        }
    }

    /// Every value of every row comes up, and librdkafka takes each drawn combination.
    #[test]
    fn every_value_is_drawn_and_possible() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..300 {
            let shape = draw(&[], seed).expect("a load");
            seen.extend(shape.values().iter().cloned());
            let mut config = rdkafka::ClientConfig::new();
            for (name, value) in shape.properties() {
                config.set(name, value);
            }
            let made: Result<rdkafka::producer::BaseProducer, _> = config.create();
            made.unwrap_or_else(|error| panic!("{}: {error}", shape.line()));
        }
        let rows = TABLES
            .as_ref()
            .expect("valid")
            .get("pipeline")
            .and_then(Value::as_table);
        for (key, values) in rows.expect("the rows of pipeline") {
            for value in values.as_array().into_iter().flatten() {
                assert!(seen.contains(&(key.clone(), text(value))), "{key}={value}");
            }
        }
    }

    #[test]
    fn partitions_get_enough_records_unless_the_user_says_otherwise() {
        for seed in 0..50 {
            let shape = Shape::draw("pipeline", &[], seed, 5_000).expect("a load");
            assert!(shape.number("partitions") <= 20, "{}", shape.line());
        }
        let many = draw(&[("partitions", "200"), ("topics", "3")], 1)
            .expect("a load")
            .topics();
        let counts: Vec<i32> = many.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [67, 67, 66]);
    }

    #[test]
    fn a_wrong_value_says_what_is_possible() {
        let error = |fixed: &[(&str, &str)]| draw(fixed, 1).expect_err("wrong").to_string();
        assert!(
            error(&[("linger", "5")])
                .contains("has no value `linger`; there are: batch.num.messages")
        );
        assert!(error(&[("sizes", "huge")]).contains("give one of small, mixed, large"));
        assert!(error(&[("partitions", "0")]).contains("from 1 to 200"));
        let both = [
            ("enable.idempotence", "true"),
            ("message.send.max.retries", "0"),
        ];
        assert!(error(&both).contains("needs retries"));
        let alone = draw(&both[1..], 1).expect("a load");
        assert_eq!(alone.producers(), (false, alone.producers().1, false));
        let append = Shape::draw("append", &[("linger.ms".into(), "5".into())], 1, 1);
        assert!(
            append
                .expect_err("wrong")
                .to_string()
                .contains("draws nothing")
        );
        let plain = Shape::draw("append", &[], 1, 1).expect("a load");
        assert_eq!((plain.line().as_str(), plain.topics().len()), ("", 2));
    }
}
