//! What is missing for a verdict: scenarios that did not run, classes of faults that could not run. An incomplete run
//! is undecided, never valid, because the missing part may be the one that fails.

use std::collections::{BTreeMap, BTreeSet};

use reports::model::{FaultClass, RunReport};

use super::manifest::Manifest;

/// What is missing, one sentence each. Empty for a complete run. `shards` are the joined parts, if the run was split
/// into several.
pub fn missing(manifest: &Manifest, report: &RunReport, shards: &[u32]) -> Vec<String> {
    let mut sentences = Vec::new();
    let absent: Vec<String> = (1..=manifest.shards)
        .filter(|number| manifest.shards > 1 && !shards.contains(number))
        .map(|number| number.to_string())
        .collect();
    if !absent.is_empty() {
        let (noun, verb) = if absent.len() == 1 {
            ("shard", "is")
        } else {
            ("shards", "are")
        };
        let of = manifest.shards;
        sentences.push(format!(
            "{noun} {} of {of} {verb} missing",
            absent.join(", ")
        ));
    }
    // A part alone cannot know what the other parts had.
    if absent.is_empty() {
        sentences.extend(cells(&manifest.cells, report));
        sentences.extend(classes(manifest, report));
    } else {
        sentences.extend(cells(&manifest.mine, report));
    }
    sentences
}

fn cells(wanted: &[String], report: &RunReport) -> Option<String> {
    let ran: BTreeSet<&str> = report
        .scenarios
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let absent = wanted.iter().filter(|cell| !ran.contains(cell.as_str()));
    let absent: Vec<&str> = absent.map(String::as_str).collect();
    if absent.is_empty() {
        return None;
    }
    const SHOWN: usize = 8;
    let shown = absent[..absent.len().min(SHOWN)].join(", ");
    let more = match absent.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("did not run: {shown}{more}"))
}

fn classes(manifest: &Manifest, report: &RunReport) -> Vec<String> {
    let mut effects: BTreeMap<&str, usize> = BTreeMap::new();
    for window in report
        .scenarios
        .iter()
        .flat_map(|one| one.faults_in_effect())
    {
        *effects.entry(window.class.word()).or_default() += 1;
    }
    let without = |class: &&String| !effects.contains_key(class.as_str());
    manifest
        .requires
        .iter()
        .filter(without)
        .map(|class| {
            let unavailable = report
                .faults_unavailable
                .iter()
                .find(|one| one.class == *class);
            let why = match unavailable {
                Some(unavailable) => unavailable.why.clone(),
                None => "none of them took effect".into(),
            };
            format!("{class} faults are required by the suite: {why}")
        })
        .collect()
}

/// Why a class of faults cannot run in this version, on any machine.
pub fn unsupported(class: FaultClass) -> Option<&'static str> {
    match class {
        FaultClass::Network | FaultClass::Process | FaultClass::Disk | FaultClass::Clock => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::model::{FaultWindow, ScenarioReport, Unavailable};

    fn manifest(shards: u32) -> Manifest {
        Manifest {
            shards,
            cells: vec!["a".into(), "b".into()],
            mine: vec!["a".into()],
            requires: vec!["network".into()],
            ..Manifest::default()
        }
    }

    fn report(names: &[&str], faults: usize) -> RunReport {
        let scenario = |name: &&str| ScenarioReport {
            name: (*name).into(),
            faults: vec![FaultWindow::default(); faults],
            ..ScenarioReport::default()
        };
        RunReport {
            scenarios: names.iter().map(scenario).collect(),
            ..RunReport::default()
        }
    }

    #[test]
    fn a_complete_run_misses_nothing() {
        assert_eq!(
            missing(&manifest(1), &report(&["a", "b"], 1), &[1]),
            [""; 0]
        );
        assert_eq!(
            missing(&manifest(2), &report(&["a", "b"], 1), &[2, 1]),
            [""; 0]
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let told = missing(&manifest(1), &report(&["a"], 1), &[1]);
        assert_eq!(told, ["did not run: b"]);
        let told = missing(&manifest(3), &report(&["a"], 1), &[2]);
        assert_eq!(told, ["shards 1, 3 of 3 are missing"]);
        let told = missing(&manifest(3), &report(&[], 1), &[2]);
        assert_eq!(told, ["shards 1, 3 of 3 are missing", "did not run: a"]);
    }

    #[test]
    fn a_required_class_needs_an_effect() {
        let mut without = report(&["a", "b"], 0);
        let told = missing(&manifest(1), &without, &[1]);
        assert_eq!(
            told,
            ["network faults are required by the suite: none of them took effect"]
        );
        without.faults_unavailable.push(Unavailable {
            class: "network".into(),
            why: "no namespaces here".into(),
        });
        assert!(missing(&manifest(1), &without, &[1])[0].ends_with("no namespaces here"));
    }
}
