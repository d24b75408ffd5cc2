//! One number for one thing: a name that is shown with two different values, anywhere, is a failure.

use std::collections::BTreeMap;

use crate::common::markup::{tags, text as text_of};
use crate::common::{cases, report, suite};
use reports::RunReport;

/// Every value that a page marks with a name and a scope.
fn marked(page: &str) -> BTreeMap<(String, String), Vec<String>> {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for part in page.split("data-figure=\"").skip(1) {
        let (name, rest) = part.split_once('"').expect("a value");
        let (_, rest) = rest.split_once("data-of=\"").expect("a scope");
        let (of, rest) = rest.split_once('"').expect("a value");
        let (_, rest) = rest.split_once('>').expect("an end");
        let shown = rest.split('<').next().unwrap_or_default();
        found
            .entry((name.into(), of.into()))
            .or_default()
            .push(shown.trim().replace('\u{a0}', " "));
    }
    found
}

/// Names that are shown with different values.
fn contradictions(page: &str) -> Vec<String> {
    let differs = |values: &[String]| values.iter().any(|value| *value != values[0]);
    let all = marked(page)
        .into_iter()
        .filter(|(_, values)| differs(values));
    all.map(|((name, of), values)| format!("{name} of {of}: {}", values.join(" and ")))
        .collect()
}

fn cases() -> Vec<(String, RunReport)> {
    let small = cases::all().map(|(name, report)| (name.to_owned(), report));
    let more = [("full".to_owned(), report()), ("suite".to_owned(), suite())];
    small.into_iter().chain(more).collect()
}

#[test]
fn no_figure_has_two_values_on_a_page() {
    for (name, report) in cases() {
        let page = reports::html(&report).text;
        assert_eq!(contradictions(&page), Vec::<String>::new(), "{name}");
        tags(&page);
    }
    let page = reports::html(&report()).text;
    let times = marked(&page)[&("longest gap".to_owned(), "default".to_owned())].len();
    assert!(times >= 2, "tile and table: {times}");
    let broken = page.replacen(
        "data-of=\"default\">4.93 s<",
        "data-of=\"default\">4.94 s<",
        1,
    );
    assert_eq!(
        contradictions(&broken).len(),
        1,
        "a test that cannot fail proves nothing"
    );
}

/// The figures of a run, as definitions.rs names them.
const OF_THE_RUN: [&str; 9] = [
    "operations ok",
    "operations fail",
    "operations info",
    "longest gap",
    "recovery",
    "changes of leader",
    "faults in effect",
    "append p99",
    "acknowledged in time",
];

/// The value in `results.json`, as the page writes it.
fn shown(name: &str, measures: &serde_json::Value) -> Option<String> {
    let number = |field: &str| measures[field].as_u64();
    let length = |ms: u64| match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10),
        _ => panic!("{ms} ms: no case is so slow"),
    };
    match name {
        "operations ok" => number("operations_ok").map(|n| n.to_string()),
        "operations fail" => number("operations_fail").map(|n| n.to_string()),
        "operations info" => number("operations_info").map(|n| n.to_string()),
        "changes of leader" => number("changes_of_leader").map(|n| n.to_string()),
        "faults in effect" => number("faults_in_effect").map(|n| n.to_string()),
        "longest gap" => number("longest_gap_ms").map(length),
        "recovery" => number("recovery_ms").map(length),
        "append p99" => number("append_p99_us").map(|us| match us {
            0..99_950 => format!("{}.{} ms", (us + 50) / 1_000, (us + 50) / 100 % 10),
            _ => length((us + 500) / 1_000),
        }),
        "acknowledged in time" => {
            let (part, all) = (number("acknowledged_in_time")?, number("probe_records")?);
            let share = part * 10_000 / all.max(1);
            (all > 0).then(|| format!("{}.{:02} %", share / 100, share % 100))
        }
        _ => None,
    }
}

/// Without the spaces that group digits or tie a unit to its number.
fn even(text: &str) -> String {
    let plain = text.replace('\u{a0}', " ");
    plain.replace('\u{202f}', "")
}

#[test]
fn the_terminal_and_the_json_say_what_the_page_says() {
    let (mut in_json, mut on_terminal) = (0, 0);
    for (case, report) in cases() {
        let page = reports::html(&report).text;
        let block = even(&reports::summary_text(&report, false));
        let results: serde_json::Value =
            serde_json::from_str(&reports::results_json(&report)).expect("JSON");
        let scenarios = results["scenarios"].as_array().expect("scenarios");
        for ((name, of), values) in marked(&page) {
            // Those of a single check are stated in its verdict.
            if !OF_THE_RUN.contains(&name.as_str()) {
                continue;
            }
            let value = even(&values[0]);
            let own = scenarios.iter().find(|s| s["name"] == of.as_str());
            let measures = own.map_or(&results["measures"], |own| &own["measures"]);
            let stated = shown(&name, measures);
            assert_eq!(
                stated.as_deref(),
                Some(value.as_str()),
                "{case}: {name} of {of}"
            );
            in_json += 1;
            // The terminal speaks of the run, which is its scenario if it has one only.
            let is_of_the_run = own.is_none() || scenarios.len() == 1;
            if let (true, Some((_, rest))) = (is_of_the_run, block.split_once(&format!("{name} ")))
            {
                let same = rest.replace(' ', "").starts_with(&value.replace(' ', ""));
                assert!(
                    same,
                    "{case}: {name}: {value} on the page, {rest:.20} on the terminal"
                );
                on_terminal += 1;
            }
        }
    }
    assert!(
        in_json >= 30,
        "{in_json} figures were compared with results.json"
    );
    assert!(
        on_terminal >= 5,
        "{on_terminal} figures were compared with the terminal"
    );
    let report = cases::valid();
    let results: serde_json::Value =
        serde_json::from_str(&reports::results_json(&report)).expect("JSON");
    assert_eq!(
        results["measures"]["longest_gap_ms"],
        results["scenarios"][0]["availability"]["longest_gap_ms"]
    );
}

/// Prose may name a figure, too, without a mark.
#[test]
fn prose_does_not_contradict_the_tiles() {
    for (name, report) in [("valid", cases::valid()), ("full", report())] {
        let page = reports::html(&report).text;
        let text = text_of(&page).replace('\u{a0}', " ");
        for ((figure, of), values) in marked(&page) {
            if of != "default" || figure == "recovery" {
                continue;
            }
            for (at, _) in text.match_indices(&format!("{figure} ")) {
                let rest = &text[at + figure.len() + 1..];
                if rest.starts_with(|c: char| c.is_ascii_digit()) {
                    assert!(
                        rest.starts_with(&values[0]),
                        "{name}: {figure}: {} and {:.20}",
                        values[0],
                        rest
                    );
                }
            }
        }
    }
}

#[test]
fn every_marked_figure_is_defined_on_the_page() {
    for (name, report) in cases() {
        let page = reports::html(&report).text;
        for (figure, _) in marked(&page).into_keys() {
            let anchor = format!("id=\"figure-{}\"", figure.replace(' ', "-"));
            assert!(
                page.contains(&anchor),
                "{name}: no definition of {figure}: add a row to definitions.rs"
            );
        }
    }
}
