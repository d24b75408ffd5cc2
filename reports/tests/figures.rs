//! One number for one thing: a name that is shown with two different values, anywhere, is a failure.

use std::collections::BTreeMap;

use crate::common::markup::tags;
use crate::common::{cases, report, suite};
use reports::RunReport;

/// The text of a page without its tags.
fn visible(page: &str) -> String {
    let body = &page[page.find("<body").expect("a body")..];
    let body = &body[..body.find("<script").unwrap_or(body.len())];
    let parts = body
        .split('<')
        .map(|part| part.split_once('>').map_or("", |(_, text)| text));
    parts.collect::<Vec<_>>().join("")
}

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

#[test]
fn the_terminal_and_the_json_say_what_the_page_says() {
    let report = cases::valid();
    let page = reports::html(&report).text;
    let marked = marked(&page);
    let block = reports::summary_text(&report, false);
    let results: serde_json::Value =
        serde_json::from_str(&reports::results_json(&report)).expect("JSON");
    let mut compared = 0;
    for ((name, of), values) in &marked {
        if of != "default" {
            continue;
        }
        let value = values[0].replace('\u{202f}', " ");
        if let Some((_, rest)) = block.split_once(&format!("{name} ")) {
            assert!(
                rest.starts_with(&value),
                "{name}: {value} on the page, {rest} on the terminal"
            );
            compared += 1;
        }
        let stated = &results["scenarios"][0]["measures"];
        let number = match name.as_str() {
            "changes of leader" => &stated["changes_of_leader"],
            "faults in effect" => &stated["faults_in_effect"],
            _ => continue,
        };
        assert_eq!(number.to_string(), value, "{name}");
        compared += 1;
    }
    assert!(compared >= 5, "{compared} figures were compared");
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
        let text = visible(&page).replace('\u{a0}', " ");
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
