//! Files that were changed, removed, added, exchanged or compressed again.

use super::*;

fn run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for scenario in ["a", "b"] {
        let path = folder.path().join(layout::SCENARIOS).join(scenario);
        std::fs::create_dir_all(&path).expect("made");
        std::fs::write(path.join(layout::HISTORY), format!("history {scenario}")).expect("written");
        std::fs::write(path.join(layout::FAULTS), "{}").expect("written");
    }
    std::fs::write(folder.path().join(layout::RUN), "{}").expect("written");
    std::fs::write(folder.path().join(layout::PAGE), "page").expect("written");
    let digests = of_run(folder.path(), &Digests::new());
    let results = serde_json::json!({ "schema": 1, "evidence": digests });
    let text = serde_json::to_string_pretty(&results).expect("JSON");
    std::fs::write(folder.path().join(layout::RESULTS), close(&text)).expect("written");
    folder
}

fn wrong(run: &Path) -> Vec<String> {
    let Recorded::Digests(digests) = recorded(run) else {
        panic!("{:?}", recorded(run));
    };
    differences(run, &digests, |_| true).into_keys().collect()
}

#[test]
fn what_was_changed_is_named() {
    let folder = run();
    let at = |name: &str| folder.path().join(name);
    let (a, b) = (
        at("scenarios/a/history.jsonl"),
        at("scenarios/b/history.jsonl"),
    );
    assert_eq!(wrong(folder.path()), [""; 0]);
    // Packing changes nothing.
    history_file::compress(&a, &history_file::compressed(&a)).expect("compressed");
    assert_eq!(wrong(folder.path()), [""; 0]);
    std::fs::copy(history_file::compressed(&a), history_file::compressed(&b)).expect("exchanged");
    assert_eq!(wrong(folder.path()), ["scenarios/b/history.jsonl"]);
    std::fs::remove_file(history_file::compressed(&b)).expect("removed");
    std::fs::remove_file(&b).expect("removed");
    std::fs::write(at("run.json"), "{ }").expect("written");
    std::fs::write(at("scenarios/a/verdict.json"), "{}").expect("added");
    let all = [
        "run.json",
        "scenarios/a/verdict.json",
        "scenarios/b/history.jsonl",
    ];
    assert_eq!(wrong(folder.path()), all);
}

#[test]
fn every_changed_byte_of_the_results_is_reported() {
    let folder = run();
    let path = folder.path().join(layout::RESULTS);
    let bytes = std::fs::read(&path).expect("read");
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 7);
        std::fs::write(&path, &changed).expect("written");
        assert!(
            matches!(recorded(folder.path()), Recorded::Damaged(_)),
            "byte {at}"
        );
        std::fs::write(&path, &bytes[..at]).expect("written");
        assert!(
            matches!(recorded(folder.path()), Recorded::Damaged(_)),
            "cut at {at}"
        );
    }
    std::fs::write(&path, "{\"schema\":1}").expect("written");
    assert_eq!(recorded(folder.path()), Recorded::Older);
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(recorded(folder.path()), Recorded::Unfinished);
}

#[test]
fn a_page_that_is_rendered_again_is_recorded_again() {
    let folder = run();
    std::fs::write(folder.path().join(layout::PAGE), "another page").expect("written");
    assert_eq!(wrong(folder.path()), ["report.html"]);
    renew_rendered(folder.path()).expect("recorded");
    assert_eq!(wrong(folder.path()), [""; 0]);
    let before = std::fs::read(folder.path().join(layout::RESULTS)).expect("read");
    renew_rendered(folder.path()).expect("recorded");
    let after = std::fs::read(folder.path().join(layout::RESULTS)).expect("read");
    assert_eq!(before, after);
}

#[test]
fn a_history_knows_its_run() {
    let folder = run();
    let root = folder.path().canonicalize().expect("a path");
    let history = root.join("scenarios/a/history.jsonl");
    assert_eq!(
        run_of(&history),
        Some((root.clone(), "scenarios/a/history.jsonl".to_owned()))
    );
    assert_eq!(run_of(&root.join("run.json")), None);
}
