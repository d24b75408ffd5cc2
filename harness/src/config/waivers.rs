//! `waivers.toml`: findings that somebody accepted, each by check, kind and subject, with reason, author and the last day
//! on which it counts. A waiver that is expired, unknown or too wide is refused with its line: a file that is not looked
//! after must not turn a failing run into a passing one.

use std::path::Path;

use anyhow::Result;
use checkers::checks::TABLE;
use checkers::verdict::Finding;
use jiff::civil::Date;
use reports::model::Waiver;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::Spanned;

use super::near;
use super::schema;
use super::source::Source;
use crate::bounded;
use crate::exit::Stop;

/// The longest time for which a finding may be waived, in days.
const DAYS_MAX: i32 = 366;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// Findings that somebody accepted for a time.
    #[serde(default)]
    waiver: Vec<Entry>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The check, see `jepsen list checks`.
    #[schemars(schema_with = "checks")]
    check: Spanned<String>,
    /// The kind of finding, as `kind` in results.json.
    #[schemars(schema_with = "kinds")]
    kind: Spanned<String>,
    /// The name of the target, or its name and version.
    #[schemars(with = "String", length(min = 1))]
    subject: Spanned<String>,
    /// The scenario in which it counts; in all by default.
    #[serde(default)]
    scenario: String,
    /// Why the finding is accepted.
    #[schemars(with = "String", length(min = 1))]
    reason: Spanned<String>,
    /// Who accepted it.
    #[schemars(with = "String", length(min = 1))]
    author: Spanned<String>,
    /// The last day on which it counts, such as 2026-12-31; at most 366 days ahead.
    #[schemars(with = "String", length(min = 1))]
    expires: Spanned<String>,
}

fn checks(_: &mut SchemaGenerator) -> Schema {
    schema::one_of(TABLE.iter().map(|row| row.name))
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    schema::one_of(Finding::NAMES.iter().copied())
}

/// The JSON schema of files of waivers.
pub fn schema() -> Schema {
    let about =
        "waivers of jepsen: findings that somebody accepted for a time; see docs/qualification.md";
    schema::of::<File>("file of waivers", about)
}

/// Reads a file of waivers; none without a file.
///
/// # Errors
/// If it cannot be read, or a waiver is expired, unknown or too wide. The message names file, line and column.
pub fn load(file: Option<&Path>) -> Result<Vec<Waiver>> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let name = file.display().to_string();
    let text = bounded::text(file, bounded::CONFIG)
        .map_err(|error| Stop::usage(format!("--waivers {name}: {error}")))?;
    parse(
        &Source {
            name: &name,
            text: &text,
        },
        today(),
    )
}

/// Removes the waivers of a stored run that have ended since, and returns a sentence for each.
pub fn end(waivers: &mut Vec<Waiver>) -> Vec<String> {
    let today = today();
    let (ended, counting) = std::mem::take(waivers)
        .into_iter()
        .partition(|waiver: &Waiver| waiver.expires.parse::<Date>().is_ok_and(|day| day < today));
    *waivers = counting;
    let told = |waiver: Waiver| {
        format!(
            "the waiver of {} by {} ended on {}",
            waiver.kind, waiver.author, waiver.expires
        )
    };
    Vec::into_iter(ended).map(told).collect()
}

fn today() -> Date {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}

fn parse(source: &Source<'_>, today: Date) -> Result<Vec<Waiver>> {
    let file: File = source.parse()?;
    file.waiver
        .into_iter()
        .map(|entry| read(source, entry, today))
        .collect()
}

fn read(source: &Source<'_>, entry: Entry, today: Date) -> Result<Waiver> {
    let checks: Vec<&str> = TABLE.iter().map(|check| check.name).collect();
    let check = source.read(&entry.check, |word| known("check", word, &checks))?;
    let kind = source.read(&entry.kind, |word| known("kind", word, Finding::NAMES))?;
    let subject = source.read(&entry.subject, |word| stated("subject", word))?;
    let reason = source.read(&entry.reason, |word| stated("reason", word))?;
    let author = source.read(&entry.author, |word| stated("author", word))?;
    let expires = source.read(&entry.expires, |word| day(word, today))?;
    Ok(Waiver {
        check,
        kind,
        subject,
        scenario: entry.scenario,
        reason,
        author,
        expires,
    })
}

fn known(what: &str, word: &str, all: &[&str]) -> Result<String, String> {
    let word = stated(what, word)?;
    match all.contains(&word.as_str()) {
        true => Ok(word),
        false => Err(near::unknown(what, &word, all)),
    }
}

/// A value that names one thing.
fn stated(what: &str, word: &str) -> Result<String, String> {
    match word.trim() {
        "" => Err(format!("`{what}` is empty")),
        wide if wide.contains('*') || wide == "all" || wide == "any" => Err(format!(
            "too wide: `{what}` names one {what}, not a pattern"
        )),
        word => Ok(word.to_owned()),
    }
}

fn day(word: &str, today: Date) -> Result<String, String> {
    let day: Date = word
        .parse()
        .map_err(|_| format!("`{word}` is not a day such as 2026-12-31"))?;
    if day < today {
        return Err(format!(
            "expired on {word}; remove it, or state a new day and reason"
        ));
    }
    let days = today.until(day).map_or(i32::MAX, |span| span.get_days());
    match days > DAYS_MAX {
        true => Err(format!(
            "too wide: a finding is waived for at most {DAYS_MAX} days"
        )),
        false => Ok(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[waiver]]
check = "availability"
kind = "gap"
subject = "acme-broker 3.2.0-rc1"
reason = "slow disk of the test machine, ACME-17"
author = "jo"
expires = "2026-12-31"
"#;

    fn told(text: &str) -> Result<Vec<Waiver>, String> {
        let source = Source {
            name: "waivers.toml",
            text,
        };
        let today = Date::constant(2026, 11, 30);
        parse(&source, today).map_err(|error| error.to_string())
    }

    #[test]
    fn a_waiver_names_one_finding_until_a_day() {
        let waivers = told(GOOD).expect("a right file");
        assert_eq!((waivers.len(), waivers[0].kind.as_str()), (1, "gap"));
        assert_eq!(told("").expect("no waivers"), []);
    }

    #[test]
    fn expired_unknown_and_wide_ones_are_refused_with_their_line() {
        let breaks = [
            (
                "2026-12-31",
                "2026-11-29",
                "line 8, column 11: expired on 2026-11-29",
            ),
            ("2026-12-31", "2028-01-01", "line 8, column 11: too wide"),
            ("2026-12-31", "soon", "is not a day"),
            ("\"gap\"", "\"gaps\"", "line 4"),
            ("\"availability\"", "\"*\"", "line 3, column 9: too wide"),
            ("acme-broker 3.2.0-rc1", "*", "line 5, column 11: too wide"),
            ("\"jo\"", "\" \"", "`author` is empty"),
            ("author", "by", "by"),
        ];
        for (old, new, expected) in breaks {
            let error = told(&GOOD.replacen(old, new, 1)).expect_err(new);
            assert!(error.contains(expected), "{new}: {error}");
            assert!(error.contains("waivers.toml: line"), "{error}");
        }
    }

    #[test]
    fn a_stored_waiver_ends_with_its_day() {
        let waiver = |expires: &str| Waiver {
            expires: expires.into(),
            ..Waiver::default()
        };
        let mut waivers = vec![waiver("2020-01-01"), waiver("9999-12-31")];
        let ended = end(&mut waivers);
        assert_eq!((waivers.len(), ended.len()), (1, 1));
        assert!(ended[0].contains("2020-01-01"), "{ended:?}");
    }
}
