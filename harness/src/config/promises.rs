//! Promises selected by name. A run or a stored history is judged by them instead of by the target's own promises.

use anyhow::Result;
use checkers::history::Promises;
use serde_json::{Map, Value};

use super::near;
use crate::exit::Stop;

/// The set of promises of a system that never loses an acknowledged write, regardless of its configuration.
const STRICT: &str = "strict";

/// The words of promises that are neither made nor withdrawn, but stated by a word.
const WORDS: &[(&str, &str)] = &[
    ("survives_power_loss", "none|minority|all"),
    ("transactions_atomic", "yes|with-v2-clients|no"),
];

/// Applies words to a set of promises: `strict`, `NAME`, `no-NAME`, `NAME=NUMBER` or `NAME=WORD`. Underscores and hyphens are equal.
///
/// # Errors
/// If a word is not a promise. The message lists the promises.
pub fn lay_over(promises: &mut Promises, words: &[String]) -> Result<()> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&*promises) else {
        return Ok(());
    };
    for word in words {
        if word == STRICT {
            fields.insert("acknowledged_is_kept".into(), true.into());
            fields.insert("any_acknowledgement_is_kept".into(), true.into());
            fields.insert("unclean_election".into(), false.into());
            fields.insert("survives_power_loss".into(), "all".into());
            continue;
        }
        let plain = word.replace('-', "_");
        let (name, value) = match plain.split_once('=') {
            Some((name, word)) if fields.get(name).is_some_and(Value::is_string) => {
                (name, Some(Value::from(word)))
            }
            Some((name, number)) => (name, number.parse::<u32>().map(Value::from).ok()),
            None => match plain
                .strip_prefix("no_")
                .filter(|_| !fields.contains_key(&plain))
            {
                Some(name) => (name, Some(false.into())),
                None => (plain.as_str(), Some(true.into())),
            },
        };
        let known = fields.get(name).is_some_and(|old| match &value {
            Some(Value::Bool(_)) => old.is_boolean(),
            Some(word @ Value::String(_)) => is_possible(name, word),
            Some(_) => !old.is_boolean(),
            None => false,
        });
        let (true, Some(value)) = (known, value) else {
            return Err(unknown(word, &fields));
        };
        fields.insert(name.to_owned(), value);
    }
    *promises = serde_json::from_value(Value::Object(fields))?;
    Ok(())
}

/// Whether a promise that is a word can be this one.
fn is_possible(name: &str, word: &Value) -> bool {
    let alone = Map::from_iter([(name.to_owned(), word.clone())]);
    serde_json::from_value::<Promises>(Value::Object(alone)).is_ok()
}

/// The words that a promise can be, as a hint.
pub(super) fn words_of(name: &str) -> &'static str {
    let row = WORDS.iter().find(|(known, _)| *known == name);
    row.map_or("WORD", |(_, words)| words)
}

fn unknown(word: &str, fields: &Map<String, Value>) -> anyhow::Error {
    let name = |(name, value): (&String, &Value)| match value {
        Value::Bool(_) => name.clone(),
        Value::String(_) => format!("{name}={}", words_of(name)),
        _ => format!("{name}=NUMBER"),
    };
    let names: Vec<String> = fields.iter().map(name).collect();
    if let Some(meant) = meant(word, fields) {
        return Stop::usage(format!(
            "--promise {word}: no such promise; did you mean `{meant}`? docs/targets.md explains all"
        ));
    }
    Stop::usage(format!(
        "--promise {word}: no such promise; there are {STRICT} and each of these, where no- before a name without = withdraws it: {}",
        names.join(", ")
    ))
}

/// The promise that was probably meant, in the notation of the word.
fn meant(word: &str, fields: &Map<String, Value>) -> Option<String> {
    let plain = word.replace('-', "_");
    let (name, value) = match plain.split_once('=') {
        Some((name, value)) => (name, format!("={value}")),
        None => (plain.as_str(), String::new()),
    };
    let (no, name) = match name.strip_prefix("no_") {
        Some(name) => ("no-", name),
        None => ("", name),
    };
    let known = fields.keys().map(String::as_str).chain([STRICT]);
    let meant = near::nearest(name, known).filter(|known| *known != name)?;
    Some(format!("{no}{meant}{value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(words: &[&str]) -> Result<Promises> {
        let mut promises = Promises {
            unclean_election: true,
            ..Promises::default()
        };
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        lay_over(&mut promises, &words).map(|()| promises)
    }

    #[test]
    fn words_change_what_they_name() {
        let strict = laid(&["strict"]).expect("known");
        assert!(strict.any_acknowledgement_is_kept && !strict.unclean_election);
        let changed = laid(&[
            "no-acknowledged-is-kept",
            "idempotent",
            "min_in_sync_replicas=1",
        ]);
        let changed = changed.expect("known");
        assert!(!changed.acknowledged_is_kept && changed.idempotent && changed.unclean_election);
        assert_eq!(changed.min_in_sync_replicas, Some(1));
        // `not_leader...` begins with `no`, but does not withdraw a promise.
        let promised = laid(&["not_leader_means_not_written"]).expect("known");
        assert!(promised.not_leader_means_not_written);
    }

    #[test]
    fn a_word_that_names_nothing_is_told() {
        for (slip, meant) in [
            ("strct", "`strict`"),
            ("no-idempotant", "`no-idempotent`"),
            ("min-in-sync-replica=1", "`min_in_sync_replicas=1`"),
        ] {
            let error = laid(&[slip]).expect_err("unknown").to_string();
            assert!(error.contains(&format!("did you mean {meant}?")), "{error}");
        }
        for word in ["comet", "idempotent=1", "min-in-sync-replicas", "no-strict"] {
            let error = laid(&[word]).expect_err("unknown").to_string();
            assert!(
                error.contains(word) && error.contains("idempotent"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_promise_that_is_a_word_is_hinted_with_its_own_words() {
        let promises = serde_json::to_value(Promises::default()).expect("plain values");
        for (name, value) in promises.as_object().expect("fields") {
            if !value.is_string() {
                continue;
            }
            for word in words_of(name).split('|') {
                laid(&[&format!("{name}={word}")]).unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
        let error = laid(&["transactions-atomic=minority"]).expect_err("not one of its words");
        let error = error.to_string();
        assert!(
            error.contains("transactions_atomic=yes|with-v2-clients|no")
                && error.contains("survives_power_loss=none|minority|all"),
            "{error}"
        );
    }
}
