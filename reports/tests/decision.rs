//! What a release engineer needs first: failures before everything else, what they mean, what was not tested, and how well
//! the harness detects bugs.

use checkers::checks::TABLE;
use checkers::verdict::{Class, Verdict};

use crate::common::{cases, findings, report};

/// Where each of these stands on the page; all must be there.
fn places(page: &str, marks: &[&str]) -> Vec<usize> {
    let place = |mark: &&str| {
        page.find(*mark)
            .unwrap_or_else(|| panic!("the page lacks {mark}"))
    };
    marks.iter().map(place).collect()
}

#[test]
fn the_first_failure_stands_before_figures_warnings_and_valid_checks() {
    let mut failing = report();
    failing.warnings = vec!["the disk is slow".into()];
    let page = reports::html(&failing).text;
    let order = [
        "id=\"decision\"",
        "id=\"f1\"",
        "class=\"tiles\"",
        "class=\"warnings\"",
        "id=\"checks\"",
        "id=\"leaders-1\"",
    ];
    let places = places(&page, &order);
    assert!(places.is_sorted(), "{places:?}");
    let valid = page
        .find("checks</summary>")
        .or(page.find(" without a finding"));
    assert!(valid.is_some(), "valid checks unfold on a failing page");
    let calm = reports::html(&cases::valid()).text;
    assert!(
        !calm.contains(" without a finding"),
        "and stand open on a valid one"
    );
}

#[test]
fn every_check_says_what_its_failure_means_for_users() {
    for check in TABLE {
        let mut report = cases::small(report());
        let mut verdict = Verdict::new(check.name, Class::Safety);
        verdict.found(findings::every_verdict("t0")[0].anomalies[0].clone());
        report.scenarios[0].judgement.verdicts = vec![verdict];
        let page = reports::html(&report).text;
        assert!(
            page.contains("class=\"consequence\""),
            "{}: add a row to reports/src/wording/consequences.rs",
            check.name
        );
        assert!(
            page.contains(&format!("href=\"#check-{}\"", check.name)),
            "{}: add a row to reports/src/wording/checks.rs",
            check.name
        );
    }
}

#[test]
fn the_box_says_what_was_not_tested_and_how_much_is_detected() {
    let mut report = report();
    let page = reports::html(&report).text;
    for text in [
        "Brokers on more than one machine.",
        "Transactions.",
        "clock faults could not run here",
        "detected 22 of 24 planted bugs",
        "Not detected: late-fence, stale-tail.",
        "☐ do not release",
        "revision 4be1d02",
    ] {
        assert!(page.contains(text), "{text}");
    }
    report.detection = None;
    assert!(reports::html(&report).text.contains("Not measured"));
    let results = reports::results_json(&report);
    assert!(
        results.contains("Transactions."),
        "results.json says the same"
    );
}

#[test]
fn a_build_with_a_planted_bug_cannot_be_signed() {
    let mut report = report();
    report.subject.plants = vec!["late-fence".to_owned()];
    let page = reports::html(&report).text;
    assert!(!page.contains("☐ release"), "a line to sign");
    assert!(page.contains("Nothing to sign"));
}

#[test]
fn sections_without_content_are_absent() {
    let mut bare = cases::valid();
    bare.scenarios[0].lag.clear();
    let page = reports::html(&bare).text;
    for absent in [
        "id=\"logs\"",
        "id=\"comparison\"",
        "not recorded",
        "Not recorded",
        "not yet read",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
}
