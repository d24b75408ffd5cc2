//! What shows a bug: a finding of a check, with what it must say, and a line that the broker itself must have logged, so that
//! another fault with the same effect does not count.

use anyhow::Result;
use checkers::checks::TABLE;
use checkers::judgement::Judgement;
use checkers::verdict::{Anomaly, Finding, Validity};
use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::config::near;
use crate::config::schema;
use crate::config::source::Source;

/// One of the things that show a bug.
#[derive(Clone, Debug)]
pub struct Expected {
    /// By which it is seen.
    pub reason: Reason,
    /// Why it shows the bug, in words.
    pub because: String,
}

/// By what a bug is seen.
#[derive(Clone, Debug)]
pub enum Reason {
    /// A finding of a check.
    Finding {
        /// The check.
        check: String,
        /// What the finding says, at least.
        says: Map<String, Value>,
        /// The least values of some of its numbers.
        at_least: Map<String, Value>,
    },
    /// A line of a node's output that matches.
    Log(Regex),
    /// The evidence of a fault's window that matches: of a command that a fault ran.
    Evidence(Regex),
}

/// The same in the format of its file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedFile {
    /// The check with the finding.
    #[serde(default)]
    #[schemars(schema_with = "checks")]
    check: Option<Spanned<String>>,
    /// What the finding says, at least its `kind`.
    #[serde(default)]
    #[schemars(schema_with = "finding")]
    finding: Option<Spanned<Map<String, Value>>>,
    /// The least values of some numbers of the finding.
    #[serde(default)]
    at_least: Map<String, Value>,
    /// Instead of a finding: a regular expression that a line of a node's output matches.
    #[schemars(with = "Option<String>")]
    log: Option<Spanned<String>>,
    /// Instead of a finding: a regular expression that the evidence of a fault's window matches.
    #[schemars(with = "Option<String>")]
    evidence: Option<Spanned<String>>,
    /// Why it shows the bug, in words.
    because: String,
}

fn checks(_: &mut SchemaGenerator) -> Schema {
    schema::one_of(TABLE.iter().map(|row| row.name))
}

fn finding(_: &mut SchemaGenerator) -> Schema {
    let kinds = schema::one_of(Finding::NAMES.iter().copied());
    json_schema!({ "type": "object", "properties": { "kind": kinds }, "required": ["kind"] })
}

impl ExpectedFile {
    /// Validates the values.
    ///
    /// # Errors
    /// If there is no such check or finding, or the pattern is none.
    pub(super) fn read(&self, source: &Source<'_>) -> Result<Expected> {
        let pattern = |text: &Spanned<String>| {
            source.read(text, |text| {
                Regex::new(text).map_err(|error| error.to_string())
            })
        };
        let reason = match (&self.check, &self.finding, &self.log, &self.evidence) {
            (Some(check), Some(finding), None, None) => {
                let says = finding.get_ref();
                let kind = says.get("kind").and_then(Value::as_str).unwrap_or_default();
                let kinds = Finding::NAMES;
                if !kinds.contains(&kind) {
                    let what = near::unknown("kind of finding", kind, kinds);
                    return Err(source.mistake(&finding.span(), what));
                }
                let known = |word: &str| match checkers::checks::named(word) {
                    Ok(row) => Ok(row.name.to_owned()),
                    Err(unknown) => Err(unknown.to_string()),
                };
                Reason::Finding {
                    check: source.read(check, known)?,
                    says: says.clone(),
                    at_least: self.at_least.clone(),
                }
            }
            (None, None, Some(text), None) => Reason::Log(pattern(text)?),
            (None, None, None, Some(text)) => Reason::Evidence(pattern(text)?),
            _ => {
                let what = "each of `expected` has `check` and `finding`, or `log`, or `evidence`";
                return Err(crate::exit::Stop::usage(format!("{}: {what}", source.name)));
            }
        };
        Ok(Expected {
            reason,
            because: self.because.clone(),
        })
    }
}

impl Expected {
    /// By what, in a word or two.
    pub fn by(&self) -> String {
        match &self.reason {
            Reason::Finding { check, .. } => check.clone(),
            Reason::Log(_) => "the broker's log".to_owned(),
            Reason::Evidence(_) => "a command's answer".to_owned(),
        }
    }

    /// The check whose finding is expected. None if it is no finding.
    pub fn check(&self) -> Option<&str> {
        match &self.reason {
            Reason::Finding { check, .. } => Some(check),
            _ => None,
        }
    }

    /// The finding that shows the bug. None if no finding does.
    pub fn finding<'j>(&self, judgement: &'j Judgement) -> Option<&'j Anomaly> {
        let Reason::Finding {
            check,
            says,
            at_least,
        } = &self.reason
        else {
            return None;
        };
        let verdict = judgement.verdict(check)?;
        let mut anomalies = verdict.anomalies.iter();
        let found = anomalies.find(|anomaly| {
            let Ok(Value::Object(stated)) = serde_json::to_value(anomaly) else {
                return false;
            };
            let equal = |(key, value): (&String, &Value)| stated.get(key) == Some(value);
            let enough = |(key, least): (&String, &Value)| {
                let have = stated.get(key).and_then(Value::as_f64);
                have.zip(least.as_f64())
                    .is_some_and(|(have, least)| have >= least)
            };
            says.iter().all(equal) && at_least.iter().all(enough)
        });
        found.filter(|_| verdict.validity == Validity::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use checkers::verdict::{Class, Evidence, Verdict};

    use super::*;

    fn expected(more: &str) -> Expected {
        let text = format!("check = \"node-responds\"\nbecause = \"\"\n{more}");
        let source = Source {
            name: "x",
            text: &text,
        };
        let file: ExpectedFile = source.parse().expect("right");
        file.read(&source).expect("right")
    }

    #[test]
    fn a_finding_counts_if_it_says_what_is_expected() {
        let silent = Finding::NodeSilent {
            node: "n1".into(),
            length_ms: 20_000,
            limit_ms: 1_500,
            error: None,
            came_back: false,
        };
        let mut verdict = Verdict::new("node-responds", Class::Liveness);
        verdict.found(Anomaly {
            kind: silent,
            certain: false,
            evidence: Evidence::default(),
        });
        let judgement = Judgement {
            verdicts: vec![verdict],
            ..Judgement::default()
        };
        let seen = |more: &str| expected(more).finding(&judgement).is_some();
        assert!(seen("finding = { kind = \"node-silent\" }"));
        assert!(seen(
            "finding = { kind = \"node-silent\", came_back = false }"
        ));
        assert!(!seen(
            "finding = { kind = \"node-silent\", came_back = true }"
        ));
        assert!(!seen("finding = { kind = \"terms-burned\" }"));
        assert!(seen(
            "finding = { kind = \"node-silent\" }\nat_least = { length_ms = 20000 }"
        ));
        assert!(!seen(
            "finding = { kind = \"node-silent\" }\nat_least = { length_ms = 20001 }"
        ));
        assert!(
            expected("finding = { kind = \"node-silent\" }")
                .finding(&Judgement::default())
                .is_none()
        );
    }
}
