//! The JSON schemas agree with the readers of the files: every file of this repository is accepted by both, and unknown keys,
//! missing keys and wrong types are refused by both. What a reader accepts, its schema accepts.

mod validator;

use std::path::{Path, PathBuf};

use harness::cli::schema::Kind;
use harness::config::exhibit::Exhibit;
use harness::config::suite::Suite;
use harness::config::target::Target;
use harness::config::waivers;
use harness::load::workloads;
use toml::{Table, Value};
use validator::Validator;

/// What reads the text of a file: nothing, or why not.
type Reader = fn(&str) -> Result<(), String>;

struct Case {
    kind: Kind,
    reader: Reader,
    files: Vec<(String, Table)>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The files of a folder, apart from those that have another form.
fn folder(name: &str, without: &[&str]) -> Vec<(String, Table)> {
    let entries = std::fs::read_dir(root().join(name))
        .expect("a folder")
        .flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.retain(|path| !without.iter().any(|name| path.ends_with(name)));
    paths.sort();
    assert!(!paths.is_empty(), "{name}");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("readable");
        (path.display().to_string(), text.parse().expect("TOML"))
    };
    paths.into_iter().map(read).collect()
}

/// The blocks of TOML in a document that begin with this line.
fn example(document: &str, begin: &str) -> Table {
    let text = std::fs::read_to_string(root().join(document)).expect("readable");
    let at = text
        .find(&format!("```toml\n{begin}"))
        .unwrap_or_else(|| panic!("{document}: {begin}"));
    let block = text[at + 8..].split("```").next().expect("an end");
    block.parse().expect("TOML")
}

/// A waiver must not have ended.
fn waiver() -> Table {
    let mut file = example("docs/qualification.md", "[[waiver]]");
    let day = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let day = day.checked_add(jiff::Span::new().days(30)).expect("a day");
    let list = file["waiver"].as_array_mut().expect("waivers");
    list[0]["expires"] = Value::String(day.to_string());
    file
}

/// Reads a suite, and the names in it that a run reads.
fn suite(text: &str) -> Result<(), String> {
    let read = || -> anyhow::Result<()> {
        let suite = Suite::parse(text, "x")?;
        let blocks = std::iter::once(&suite.figures.block);
        for scenario in suite.scenarios.iter().chain(blocks) {
            workloads::of_scenario(&scenario.workload)?;
        }
        Ok(())
    };
    read().map_err(|error| error.to_string())
}

fn exhibit(text: &str) -> Result<(), String> {
    let exhibit = Exhibit::parse(text, "x").map_err(|error| error.to_string())?;
    let workload = workloads::of_scenario(&exhibit.scenario.workload);
    workload.map(drop).map_err(|error| error.to_string())
}

fn cases() -> Vec<Case> {
    let mut targets = folder("harness/targets", &[]);
    targets.push((
        "docs/targets.md".to_owned(),
        example("docs/targets.md", "# my-broker.toml"),
    ));
    let mut suites = folder("harness/suites", &["load.toml", "scenarios.toml"]);
    suites.push((
        "docs/qualification.md".to_owned(),
        example("docs/qualification.md", "name = \"nightly\""),
    ));
    vec![
        Case {
            kind: Kind::Target,
            reader: |text| {
                Target::parse(text, "x")
                    .map(drop)
                    .map_err(|error| error.to_string())
            },
            files: targets,
        },
        Case {
            kind: Kind::Suite,
            reader: suite,
            files: suites,
        },
        Case {
            kind: Kind::Exhibit,
            reader: exhibit,
            files: folder("harness/museum", &[]),
        },
        Case {
            kind: Kind::Waivers,
            reader: |text| {
                let folder = tempfile::tempdir().expect("a folder");
                let path = folder.path().join("waivers.toml");
                std::fs::write(&path, text).expect("written");
                waivers::load(Some(&path))
                    .map(drop)
                    .map_err(|error| error.to_string())
            },
            files: vec![("docs/qualification.md".to_owned(), waiver())],
        },
    ]
}

fn validator(kind: Kind) -> Validator {
    Validator::of(kind.schema().to_value())
}

fn accepts(validator: &Validator, file: &Table) -> Result<(), String> {
    validator.accepts(&serde_json::to_value(file).expect("no dates"))
}

/// The paths of all values below a value, tables included.
fn paths(value: &Value, here: &[String], found: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Table(table) => table
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        let path = [here, &[key]].concat();
        found.push(path.clone());
        paths(value, &path, found);
    }
}

fn at<'a>(file: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(file, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().expect("an index")],
        value => &mut value[key.as_str()],
    })
}

/// Each file with one change, and what was changed.
fn changed(file: &Table) -> Vec<(String, Table)> {
    let whole = Value::Table(file.clone());
    let mut all = vec![Vec::new()];
    paths(&whole, &[], &mut all);
    let mut changes = Vec::new();
    for path in all {
        let name = path.join(".");
        let mut change = |what: &str, by: &dyn Fn(&mut Value)| {
            let mut copy = whole.clone();
            by(at(&mut copy, &path));
            if let (true, Value::Table(table)) = (copy != whole, copy) {
                changes.push((format!("{name} {what}"), table));
            }
        };
        change("with an unknown key", &|value| {
            if let Value::Table(table) = value {
                table.insert("unknown-key".to_owned(), "7".into());
            }
        });
        if path.is_empty() {
            continue;
        }
        change("as a number", &|value| *value = 7.into());
        change("as a text", &|value| *value = "7".into());
        change("as a list", &|value| {
            *value = Value::Array(vec![true.into()])
        });
        change("as a negative number", &|value| {
            if value.is_integer() {
                *value = (-1).into();
            }
        });
        let (last, parent) = path.split_last().expect("not empty");
        let mut without = whole.clone();
        if let Value::Table(table) = at(&mut without, parent) {
            table.remove(last);
            changes.push((
                format!("without {name}"),
                without.as_table().expect("a table").clone(),
            ));
        }
    }
    changes
}

/// Mistakes that only a reader can see: what depends on other values, on librdkafka, or on what a text means.
fn only_a_reader_sees(what: &str) -> bool {
    let tables = ["client.", "variables.", "lists.", "target."];
    let words = [
        "ports",
        "load.",
        "pairs",
        "figures",
        // Another target by its name, which only the reader looks up.
        "base as a text",
        // A port by its name.
        "controller as a text",
        "quiet_end",
        "without",
        "faults as",
        "expires as",
    ];
    let releases = ["bad as", "good as", "next as"];
    let words = [&words[..], &releases].concat();
    tables.iter().any(|table| what.starts_with(table))
        || words.iter().any(|word| what.contains(word))
}

#[test]
fn the_files_of_this_repository_are_accepted_by_reader_and_schema() {
    for Case {
        kind,
        reader,
        files,
    } in cases()
    {
        let validator = validator(kind);
        for (name, file) in files {
            reader(&file.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
            accepts(&validator, &file).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn a_mistake_is_refused_by_both() {
    let (mut both, mut unknown) = (0, 0);
    for Case {
        kind,
        reader,
        files,
    } in cases()
    {
        let validator = validator(kind);
        for (name, file) in files {
            for (what, changed) in changed(&file) {
                let (read, valid) = (reader(&changed.to_string()), accepts(&validator, &changed));
                match (&read, &valid) {
                    // serde reads a list as a table's values in their order. No editor should propose that.
                    (Ok(()), Err(_)) if what.ends_with("as a list") => {}
                    (Ok(()), Err(error)) => {
                        panic!("{name}: {what}: only the schema refuses it: {error}")
                    }
                    (Err(error), Ok(())) if what.ends_with("unknown key") => {
                        assert!(
                            what.starts_with("client"),
                            "{name}: {what}: only the reader refuses it: {error}"
                        );
                    }
                    (Err(error), Ok(())) => {
                        assert!(
                            only_a_reader_sees(&what),
                            "{name}: {what}: only the reader refuses it: {error}"
                        );
                    }
                    (Err(_), Err(_)) => {
                        both += 1;
                        unknown += usize::from(what.ends_with("unknown key"));
                    }
                    (Ok(()), Ok(())) => {}
                }
            }
        }
    }
    assert!(
        both > 500 && unknown > 50,
        "{both} mistakes, {unknown} unknown keys"
    );
}

/// The reader of each table lists the keys that it knows when it finds an unknown one; the schema has the same.
#[test]
fn a_schema_has_exactly_the_keys_of_its_reader() {
    let known = |error: &str| -> Vec<String> {
        let list = error
            .split("expected ")
            .nth(1)
            .unwrap_or_else(|| panic!("{error}"));
        let list = list.lines().next().unwrap_or_default();
        let mut keys: Vec<String> = list
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        keys.sort();
        keys
    };
    let suite = "name = \"x\"\n";
    for (kind, reader, text, path) in [
        (Kind::Target, cases().remove(0).reader, "unknown = 1\n", ""),
        (
            Kind::Target,
            cases().remove(0).reader,
            "[node]\nunknown = 1\n",
            "/definitions/NodeCommand",
        ),
        (
            Kind::Target,
            cases().remove(0).reader,
            "[leadership]\nunknown = 1\n",
            "/definitions/Leadership",
        ),
        (
            Kind::Suite,
            cases().remove(1).reader,
            &format!("{suite}unknown = 1\n"),
            "",
        ),
        (
            Kind::Suite,
            cases().remove(1).reader,
            &format!("{suite}[[scenario]]\nunknown = 1\n"),
            "/definitions/ScenarioFile",
        ),
        (
            Kind::Suite,
            cases().remove(1).reader,
            &format!("{suite}[[scenario]]\nname = \"x\"\n[[scenario.windows]]\nunknown = 1\n"),
            "/definitions/WindowFile",
        ),
        (
            Kind::Waivers,
            cases().remove(3).reader,
            "[[waiver]]\nunknown = 1\n",
            "/definitions/Entry",
        ),
    ] {
        let told = reader(text).expect_err("an unknown key");
        let schema = kind.schema().to_value();
        let table = schema.pointer(path).unwrap_or_else(|| panic!("no {path}"));
        let mut keys: Vec<String> = table["properties"]
            .as_object()
            .expect("keys")
            .keys()
            .cloned()
            .collect();
        keys.sort();
        assert_eq!(keys, known(&told), "{path}: {told}");
        for (key, value) in table["properties"].as_object().expect("keys") {
            let text = value["description"]
                .as_str()
                .or(value["allOf"][0]["$ref"].as_str());
            assert!(
                text.is_some_and(|text| text.len() > 8),
                "{path}.{key} has no description"
            );
        }
    }
}

#[test]
fn a_workload_that_does_not_exist_is_refused() {
    let validator = validator(Kind::Suite);
    let file = |workload: &str| -> Table {
        let text = format!("name = \"x\"\n[[scenario]]\nname = \"y\"\nworkload = \"{workload}\"\n");
        text.parse().expect("TOML")
    };
    assert!(accepts(&validator, &file("append")).is_ok());
    assert!(accepts(&validator, &file("apend")).is_err());
}
