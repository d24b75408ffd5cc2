//! Limits that a scenario sets in addition to the target's: a number, or an increment on the target's own value.
//!
//! [`Limits`] defines what they mean. This file only asks it for the names, so a new limit needs no change here.

use std::collections::BTreeMap;

use anyhow::Result;
use checkers::history::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use super::source::Source;
use super::time;

/// Changes to a target's limits, by the limits' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitChanges(BTreeMap<String, Change>);

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    /// An absolute value, which replaces the target's.
    To(u64),
    /// An increment on the target's own value.
    Plus(u64),
}

impl LimitChanges {
    /// Reads the table `limits` of a scenario.
    ///
    /// # Errors
    /// If a name is not a limit, or a value is not allowed for it. The message has file and line.
    pub fn read(
        source: &Source<'_>,
        table: &BTreeMap<String, Spanned<toml::Value>>,
    ) -> Result<Self> {
        let mut changes = BTreeMap::new();
        for (name, value) in table {
            let wrong = |what: String| source.mistake(&value.span(), what);
            if !names().contains(name) {
                let known = names().join(", ");
                return Err(wrong(format!("no limit `{name}`; there are: {known}")));
            }
            let change = match value.get_ref() {
                toml::Value::Integer(number) => u64::try_from(*number).map(Change::To).ok(),
                toml::Value::String(text) => worded(name, text),
                _ => None,
            };
            let change = change.ok_or_else(|| {
                wrong(format!(
                    "`{name}` is a number from 0, or \"+N\" to add N to the target's own value; \
                     limits in ms also take \"8s\" and \"+8s\""
                ))
            })?;
            changes.insert(name.clone(), change);
        }
        Ok(LimitChanges(changes))
    }

    /// A target's limits with these changes.
    #[must_use]
    pub fn over(&self, limits: &Limits) -> Limits {
        let mut table = table(limits);
        for (name, change) in &self.0 {
            let own = table.get(name).and_then(Value::as_u64).unwrap_or(0);
            let changed = match change {
                Change::To(value) => *value,
                Change::Plus(more) => own.saturating_add(*more),
            };
            table.insert(name.clone(), changed.into());
        }
        serde_json::from_value(Value::Object(table)).unwrap_or_else(|_| limits.clone())
    }
}

/// `+3`, `8s`, `+8s`.
fn worded(name: &str, text: &str) -> Option<Change> {
    let (plus, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let value = match rest.parse() {
        Ok(number) => number,
        Err(_) if name.ends_with("_ms") => {
            u64::try_from(time::parse(rest).ok()?.as_millis()).ok()?
        }
        Err(_) => return None,
    };
    Some(if plus {
        Change::Plus(value)
    } else {
        Change::To(value)
    })
}

fn table(limits: &Limits) -> serde_json::Map<String, Value> {
    match serde_json::to_value(limits) {
        Ok(Value::Object(table)) => table,
        _ => serde_json::Map::new(),
    }
}

/// The names of all limits.
pub(super) fn names() -> Vec<String> {
    table(&Limits::default()).keys().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LimitChanges> {
        #[derive(Deserialize)]
        struct File {
            limits: BTreeMap<String, Spanned<toml::Value>>,
        }
        let source = Source {
            name: "x.toml",
            text,
        };
        LimitChanges::read(&source, &source.parse::<File>()?.limits)
    }

    #[test]
    fn changes_are_laid_over_the_targets_own() {
        let text =
            "[limits]\nformation_ms = \"+8s\"\nterms_per_fault_max = 1\nfail_over_ms = \"2s\"\n";
        let changed = read(text).expect("right").over(&Limits::default());
        let own = Limits::default();
        assert_eq!(changed.formation_ms, own.formation_ms + 8_000);
        assert_eq!(
            (changed.terms_per_fault_max, changed.fail_over_ms),
            (1, 2_000)
        );
        assert_eq!(changed.recovery_ms, own.recovery_ms);
    }

    #[test]
    fn a_mistake_names_line_and_limits() {
        let told = |text: &str| read(text).expect_err("a mistake").to_string();
        let unknown = told("[limits]\n\nfail_over = 3\n");
        assert!(
            unknown.contains("x.toml: line 3") && unknown.contains("fail_over_ms"),
            "{unknown}"
        );
        assert!(told("[limits]\nfail_over_ms = -3\n").contains("line 2"));
        assert!(told("[limits]\nterms_per_fault_max = \"3s\"\n").contains("a number from 0"));
    }
}
