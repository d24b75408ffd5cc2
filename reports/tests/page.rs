//! What every page promises: links land, nothing is fetched, every finding has words, headings nest.

use std::collections::BTreeSet;

use crate::common::cases;
use crate::common::markup::{Tag, tags};
use checkers::verdict::{Finding, Validity};
use reports::RunReport;

fn pages() -> Vec<(String, String)> {
    let mut suite = crate::common::suite();
    suite.run.suite = "smoke".into();
    let mut odd = cases::small(crate::common::report());
    odd.scenarios[0].judgement.verdicts = crate::common::findings::every_verdict("t0");
    let all = cases::all().map(|(name, report)| (name.to_string(), report));
    let more = [
        ("full".to_string(), crate::common::report()),
        ("suite".to_string(), suite),
        ("every finding".to_string(), odd),
        ("empty".to_string(), RunReport::default()),
    ];
    let pages = all.into_iter().chain(more);
    pages
        .map(|(name, report)| (name, reports::html(&report).text))
        .collect()
}

fn ids(tags: &[Tag]) -> Vec<&str> {
    tags.iter().filter_map(|t| t.get("id")).collect()
}

#[test]
fn every_link_lands_on_this_page() {
    for (name, page) in pages() {
        let tags = tags(&page);
        let ids: BTreeSet<&str> = ids(&tags).into_iter().collect();
        let mut links = 0;
        for tag in &tags {
            for (attribute, value) in &tag.attributes {
                let points = [
                    "href",
                    "src",
                    "xlink:href",
                    "action",
                    "data",
                    "poster",
                    "srcset",
                ];
                if points.contains(&attribute.as_str()) {
                    let id = value.strip_prefix('#');
                    let id =
                        id.unwrap_or_else(|| panic!("{name}: {attribute}={value} leaves the page"));
                    assert!(ids.contains(id), "{name}: #{id} does not exist");
                    links += 1;
                }
                let refers = [
                    "aria-labelledby",
                    "aria-describedby",
                    "aria-controls",
                    "for",
                ];
                if refers.contains(&attribute.as_str()) {
                    for id in value.split_whitespace() {
                        assert!(
                            ids.contains(id),
                            "{name}: {attribute} names {id}, which does not exist"
                        );
                    }
                }
            }
        }
        assert!(links > 3, "{name}: {links} links");
    }
}

#[test]
fn an_id_is_given_once() {
    for (name, page) in pages() {
        let tags = tags(&page);
        let mut seen = BTreeSet::new();
        for id in ids(&tags) {
            assert!(seen.insert(id), "{name}: id {id} twice");
            assert!(
                !id.is_empty() && !id.contains(char::is_whitespace),
                "{name}: id {id:?}"
            );
        }
    }
}

#[test]
fn nothing_is_fetched_or_run_but_its_own() {
    for (name, page) in pages() {
        let tags = tags(&page);
        let of = |wanted: &str| tags.iter().filter(|t| t.name == wanted).count();
        assert_eq!((of("script"), of("style")), (1, 1), "{name}");
        for forbidden in [
            "link", "img", "iframe", "object", "embed", "base", "form", "audio",
        ] {
            assert_eq!(of(forbidden), 0, "{name}: {forbidden}");
        }
        for tag in &tags {
            for (attribute, value) in &tag.attributes {
                assert!(!attribute.starts_with("on"), "{name}: {attribute}={value}");
            }
        }
        let policy = tags
            .iter()
            .find(|t| t.get("http-equiv").is_some())
            .expect("a policy");
        let policy = policy.get("content").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none';"),
            "{name}: {policy}"
        );
        for word in ["http://", "https://", "@import", "url(http", "//cdn"] {
            let own = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!own.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn headings_and_tables_are_structured() {
    for (name, page) in pages() {
        let tags = tags(&page);
        let level = |t: &Tag| t.name.strip_prefix('h').and_then(|n| n.parse::<u32>().ok());
        let levels: Vec<u32> = tags.iter().filter_map(level).collect();
        assert_eq!(
            levels.iter().filter(|l| **l == 1).count(),
            1,
            "{name}: one h1"
        );
        for pair in levels.windows(2) {
            assert!(
                pair[1] <= pair[0] + 1,
                "{name}: h{} follows h{}",
                pair[1],
                pair[0]
            );
        }
        let tables = tags.iter().filter(|t| t.name == "table").count();
        let captions = tags.iter().filter(|t| t.name == "caption").count();
        assert_eq!(tables, captions, "{name}: every table has a caption");
        let landmark = |wanted: &str| tags.iter().filter(|t| t.name == wanted).count();
        assert_eq!((landmark("main"), landmark("footer")), (1, 1), "{name}");
    }
}

#[test]
fn every_kind_of_finding_has_words_of_its_own() {
    let findings = crate::common::findings::every_finding("v1");
    let names: BTreeSet<&str> = findings.iter().map(|f| f.name()).collect();
    // The words of a custom finding are its author's.
    let known = Finding::NAMES.iter().filter(|name| **name != "custom");
    let known: BTreeSet<&str> = known.copied().collect();
    assert_eq!(names, known, "a kind of finding is missing from the tests");
    let mut report = cases::small(crate::common::report());
    let mut therefore = 0;
    // A page shows a limited number of findings.
    for some in crate::common::findings::every_verdict("v1").chunks(40) {
        report.scenarios[0].judgement.verdicts = some.to_vec();
        let page = reports::html(&report).text;
        assert!(
            !page.contains("reported a finding of kind"),
            "a kind without words of its own"
        );
        therefore += page.matches("class=\"therefore\"").count();
    }
    assert_eq!(therefore, known.len(), "each says what follows");
}

/// A reader who has only the page finds what failed, what was promised, which operations prove it, which fault was
/// active, which node led and how to repeat it.
#[test]
fn the_page_answers_a_readers_questions() {
    let report = crate::common::report();
    let page = crate::common::markup::text(&reports::html(&report).text);
    for answer in [
        "Lost write",
        "An acknowledged record is never lost",
        "18820",
        "k7 kill n1 (leader)",
        "n1 (epoch 4)",
        &report.run.reproduce,
        "check runs/20261123T084021Z-5eed --only lost-write",
    ] {
        assert!(page.contains(answer), "the page does not say: {answer}");
    }
}

#[test]
fn the_verdict_comes_first_in_words() {
    for (name, report) in cases::all() {
        let page = reports::html(&report).text;
        let word = match report.validity() {
            Validity::Valid => "✓ VALID",
            Validity::Invalid => "✗ INVALID",
            Validity::Undecided => "? UNDECIDED",
            Validity::NotApplicable => "– NOT RUN",
        };
        let heading = page.find("<h1").expect("a heading");
        let first: String = page[heading..].chars().take(400).collect();
        let text = first
            .split('<')
            .filter_map(|p| p.split_once('>'))
            .map(|(_, t)| t);
        let text: String = text.collect();
        assert!(text.trim_start().starts_with(word), "{name}: {text}");
    }
}
