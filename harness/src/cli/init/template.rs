//! The text of a new target file: a template in which every key has one line with its explanation. Keys that are not set
//! stand behind `#`, without a space, so that they are told apart from prose.

use serde_json::Value;

use crate::cli::schema::Kind;
use crate::config::schema::{self, Key};

const TEMPLATE: &str = include_str!("template.toml");

/// Where explanations begin.
const COLUMN: usize = 43;

/// The longest explanation that is not shortened.
const LONG: usize = 120;

/// Promises that the workload of a run sets, whatever the file states.
const OF_WORKLOADS: &str = "set by the workload";

/// What followers wait before a campaign: a fact of the target, by which delays of the machine are measured.
const ELECTION_TIMEOUT: &str = "election_timeout_ms";

/// Examples for keys that have no default.
const EXAMPLES: [(&str, u64); 6] = [
    ("min_in_sync_replicas", 2),
    ("tolerates_clock_skew_ms", 1_000),
    ("retention_ms", 604_800_000),
    ("retention_bytes", 1_073_741_824),
    ("resident_growth_bytes", 134_217_728),
    ("descriptor_growth", 1_000),
];

/// A value that replaces the one of the template.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// The table; empty for the top of the file.
    pub(super) table: &'static str,
    /// The key.
    pub(super) key: &'static str,
    /// The value, as TOML.
    pub(super) value: toml::Value,
    /// How it was found out.
    pub(super) why: String,
}

/// A new target file.
pub(super) fn text(name: &str) -> String {
    let promises = schema::all_promises();
    let promises = promises
        .iter()
        .filter(|key| !key.meaning.starts_with(OF_WORKLOADS))
        .map(promise)
        .collect::<String>();
    let limits = schema::all_limits();
    let limits = limits.iter().map(limit).collect::<String>();
    TEMPLATE
        .replace("@SCHEMA@", Kind::Target.file_name())
        .replace("@PROMISES@\n", &(promises + "\n"))
        .replace("@LIMITS@\n", &(limits + "\n"))
        .replace("@NAME@", name)
}

/// What everybody promises is set. For the others the line shows what a promise would be.
fn promise(key: &Key) -> String {
    let is_set = key.name == "acknowledged_is_kept";
    let value = match &key.default {
        Value::Bool(default) => (*default == is_set).to_string(),
        Value::Null => example(key.name),
        word => word.to_string(),
    };
    let mark = if is_set { "" } else { "#" };
    line(
        &format!("{mark}{} = {value}", key.name),
        &short(key.meaning),
    )
}

fn limit(key: &Key) -> String {
    let value = match &key.default {
        Value::Null => example(key.name),
        number => number.to_string(),
    };
    let meaning = short(key.meaning);
    // A fact of the target, or already the longest: not the maximum of something.
    let is_itself = key.name == ELECTION_TIMEOUT || meaning.starts_with("the longest ");
    let meaning = match is_itself {
        true => meaning,
        false => format!("maximum of {meaning}"),
    };
    line(&format!("#{} = {value}", key.name), &meaning)
}

fn example(name: &str) -> String {
    let found = EXAMPLES.iter().find(|(key, _)| *key == name);
    found.map_or(1, |(_, example)| *example).to_string()
}

/// The first sentence, and less of a long one.
fn short(meaning: &str) -> String {
    let sentence = meaning.split(". ").next().unwrap_or_default();
    let part = match sentence.chars().count() > LONG {
        true => sentence.split("; ").next().unwrap_or_default(),
        false => sentence,
    };
    part.replace('`', "")
}

fn line(setting: &str, explanation: &str) -> String {
    let width = COLUMN - 1;
    format!("{setting:<width$} # {explanation}\n")
}

/// The file with a value set. None if the template has no such key.
pub(super) fn set(text: &str, setting: &Setting) -> Option<String> {
    let new = format!("{} = {}", setting.key, setting.value);
    replaced(text, (setting.table, setting.key), |_| {
        line(&new, &setting.why)
    })
}

/// The file without a value that the template sets. None if it has no such key.
pub(super) fn unset(text: &str, table: &str, key: &str) -> Option<String> {
    replaced(text, (table, key), |old| format!("#{old}\n"))
}

/// The file without the first `[[file]]`.
pub(super) fn without_files(text: &str) -> String {
    let mut inside = false;
    let mark = |line: &str| {
        inside = match line {
            "[[file]]" => true,
            "" => false,
            _ => inside,
        };
        format!("{}{line}\n", if inside { "#" } else { "" })
    };
    text.lines().map(mark).collect()
}

fn replaced(text: &str, (table, key): (&str, &str), by: impl Fn(&str) -> String) -> Option<String> {
    let (mut here, mut found) = (String::new(), false);
    let mut changed = String::with_capacity(text.len());
    for line in text.lines() {
        let plain = line.strip_prefix('#').unwrap_or(line);
        if let Some(header) = header(plain) {
            here = header.to_owned();
        }
        let is_it = here == table
            && plain
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(" = "));
        match is_it && !found {
            true => changed += &by(line),
            false => changed += &format!("{line}\n"),
        }
        found |= is_it;
    }
    found.then_some(changed)
}

/// The name in a table's header.
fn header(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.split(']').next()?;
    Some(name.trim_start_matches('['))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::target::Target;

    /// The lines that set something, or would: the table, the key and the line's number.
    fn keys(text: &str) -> Vec<(String, String, usize)> {
        let (mut here, mut inside, mut found) = (String::new(), false, Vec::new());
        for (number, line) in text.lines().enumerate() {
            let plain = line.strip_prefix('#').unwrap_or(line);
            if inside || plain.starts_with(' ') {
                inside &= !plain.starts_with("\"\"\"");
                continue;
            }
            if let Some(header) = header(plain) {
                here = header.to_owned();
            } else if let Some((key, value)) = plain.split_once(" = ") {
                inside = value.starts_with("\"\"\"");
                found.push((here.clone(), key.trim_matches('"').to_owned(), number));
            }
        }
        found
    }

    #[test]
    fn a_new_file_is_accepted_and_each_key_has_one_comment() {
        let text = text("acme");
        let target = Target::parse(&text, "acme.toml").expect("accepted as it stands");
        assert_eq!(
            (target.name.as_str(), target.node.command.len()),
            ("acme", 3)
        );
        assert_eq!(target.limits, Default::default());
        assert_eq!(target.promises, Default::default());
        let first = text.lines().next().expect("a line");
        assert_eq!(first, format!("#:schema ./{}", Kind::Target.file_name()));
        assert!(
            !text.contains("@NAME") && !text.contains("@LIMITS"),
            "{text}"
        );
        let lines: Vec<&str> = text.lines().collect();
        for (table, key, number) in keys(&text) {
            let mut line = lines[number];
            if line.ends_with("\"\"\"") {
                line = lines[number..]
                    .iter()
                    .find(|line| line.starts_with("\"\"\""))
                    .expect("an end");
            }
            assert!(line.contains(" # "), "{table}.{key} has no comment: {line}");
        }
        for line in lines {
            assert!(line.chars().count() <= 200, "{line}");
        }
    }

    /// Each key that is not set can be set alone, with the value that the file shows.
    #[test]
    fn a_key_that_is_not_set_can_be_set() {
        let text = text("acme");
        for (table, key, number) in keys(&text) {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let Some(plain) = lines[number].strip_prefix('#').map(str::to_owned) else {
                continue;
            };
            lines[number] = plain;
            // A table that is not set is set with all of its keys.
            if let Some(at) = lines
                .iter()
                .position(|line| line.starts_with(&format!("#[{table}]")))
            {
                for line in lines[at..].iter_mut().take_while(|line| !line.is_empty()) {
                    *line = line.trim_start_matches('#').to_owned();
                }
            }
            let mut changed = lines.join("\n");
            if key == "bootstrap" {
                changed = unset(&changed, "node", "command").expect("there");
            }
            Target::parse(&changed, "acme.toml")
                .unwrap_or_else(|error| panic!("{table}.{key}: {error}"));
        }
    }

    /// Whatever the reader accepts is in the file, so a new key cannot be forgotten there.
    #[test]
    fn every_key_of_a_target_is_in_the_file() {
        let shown: BTreeSet<(String, String)> = keys(&text("acme"))
            .into_iter()
            .map(|(table, key, _)| (table, key))
            .collect();
        let shows = |table: &str, key: &str| shown.contains(&(table.to_owned(), key.to_owned()));
        let schema = Kind::Target.schema().to_value();
        let properties = schema["properties"].as_object().expect("properties");
        let mut count = 0;
        for (key, kind) in properties {
            // A reference stands alone or beside a description.
            let kind = [
                &kind["$ref"],
                &kind["allOf"][0]["$ref"],
                &kind["items"]["$ref"],
            ]
            .iter()
            .find_map(|reference| reference.as_str()?.strip_prefix('#'))
            .map_or(kind, |path| schema.pointer(path).expect("a definition"));
            let Some(keys) = kind["properties"].as_object() else {
                let is_shown = shown
                    .iter()
                    .any(|(table, _)| table.split('.').next() == Some(key));
                assert!(shows("", key) || is_shown, "{key}");
                continue;
            };
            for inner in keys.keys() {
                let of_workloads = ["idempotent", "consumers_subscribe", "producers_retry"];
                let is_shown = shows(key, inner) || of_workloads.contains(&inner.as_str());
                assert!(is_shown, "{key}.{inner}");
                count += 1;
            }
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn values_are_replaced_where_they_stand() {
        let setting = |table, key| Setting {
            table,
            key,
            value: 7.into(),
            why: "found".to_owned(),
        };
        let text = set(&text("acme"), &setting("faults", "detection_ms")).expect("there");
        let target = Target::parse(&text, "x.toml").expect("right");
        assert_eq!(target.faults.detection_ms, 7);
        assert!(text.contains("# found\n"));
        assert!(set(&text, &setting("faults", "name")).is_none());
        let text = without_files(&unset(&text, "node", "command").expect("there"));
        let error = Target::parse(&text, "x.toml").expect_err("no command");
        assert!(error.to_string().contains("[node]"), "{error}");
        assert!(!text.contains("\n[[file]]") && text.contains("\n[variables]"));
    }
}
