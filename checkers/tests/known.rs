//! Small histories with known verdicts, one fault each, which lie beside this test: each is judged as the table says.
//!
//! They are part of the project, so that their absence fails. Larger ones of other projects: `known_histories.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use checkers::foreign::{ModelName, judge};
use checkers::linearizability::SearchOptions;
use checkers::verdict::Validity;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known")
}

#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn read(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// File, model, verdict and why, from the table.
fn rows() -> Vec<[String; 4]> {
    let table = String::from_utf8(read("verdicts.tsv")).expect("a table is text");
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<String>>();
    let row = |line: &str| cells(line).try_into().expect("four cells");
    table.lines().skip(1).map(row).collect()
}

#[test]
fn each_history_is_judged_as_the_table_says() {
    let mut judged: BTreeSet<(ModelName, &str)> = BTreeSet::new();
    for [file, model, verdict, why] in rows() {
        let model: ModelName = model.parse().expect("a model");
        let options = SearchOptions::default();
        let found = judge(&file, &read(&file), Some(model), &options)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(found.validity().word(), verdict, "{file}: {why}");
        // An invalid history is shown, a valid one has nothing to show.
        if found.validity() == Validity::Invalid {
            assert!(!found.lines().is_empty(), "{file}");
        }
        // The search decides alike without its shortcuts.
        let plain = SearchOptions::default().deciders(false).explain(false);
        let again = judge(&file, &read(&file), Some(model), &plain).expect("read before");
        assert_eq!(again.validity(), found.validity(), "{file} by search alone");
        judged.insert((model, found.validity().word()));
    }
    for model in ModelName::ALL {
        assert!(
            judged.contains(&(model, "invalid")),
            "{}: none is invalid",
            model.name()
        );
        let other = if model == ModelName::Kafka {
            "undecided"
        } else {
            "valid"
        };
        assert!(
            judged.contains(&(model, other)),
            "{}: none is {other}",
            model.name()
        );
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn each_file_has_its_row() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("the histories are here")
        .map(|entry| {
            entry
                .expect("a file")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .filter(|name| name != "verdicts.tsv")
        .collect();
    let named: Vec<String> = rows().into_iter().map(|[file, ..]| file).collect();
    assert_eq!(
        named.len(),
        files.len(),
        "a row is there twice, or is missing"
    );
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), files);
}
