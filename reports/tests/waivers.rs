//! Waived findings: shown like any other, left out of the decision, and gone with their waiver.

use checkers::verdict::Validity;
use reports::RunReport;
use reports::model::Waiver;

use crate::common::{cases, report};

fn waiver(check: &str, kind: &str) -> Waiver {
    Waiver {
        check: check.into(),
        kind: kind.into(),
        subject: "acme-broker 3.2.0-rc1".into(),
        scenario: String::new(),
        reason: "accepted for the beta, ACME-17".into(),
        author: "jo".into(),
        expires: "2026-12-31".into(),
    }
}

/// The invalid run with a waiver for every finding.
fn waived() -> RunReport {
    let mut report = cases::small(report());
    report.comparison = None;
    for verdict in &mut report.scenarios[0].judgement.verdicts {
        if verdict.validity == Validity::Undecided {
            verdict.validity = Validity::NotApplicable;
        }
    }
    let invalid = report.scenarios[0].judgement.verdicts.iter();
    let kinds = invalid.flat_map(|v| v.anomalies.iter().map(|a| (v.check.clone(), a.kind.name())));
    report.waivers = kinds.map(|(check, kind)| waiver(&check, kind)).collect();
    report.waivers.dedup();
    report
}

#[test]
fn a_waived_finding_is_shown_and_does_not_decide() {
    let report = waived();
    assert_eq!(
        report.validity(),
        Validity::Invalid,
        "the checks say what they say"
    );
    assert_eq!(report.decision(), Validity::Valid);
    let page = reports::html(&report).text;
    for text in [
        "VALID WITH WAIVERS",
        "id=\"f1\"",
        "Waived until 2026-12-31",
        "by jo: accepted for the beta, ACME-17",
        "waived until 2026-12-31;",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let results = reports::results_json(&report);
    assert!(
        results.contains("\"validity\": \"invalid\"")
            && results.contains("\"decision\": \"valid\"")
    );
    assert!(reports::summary_text(&report, false).starts_with("✓ VALID WITH WAIVERS"));
    let junit = reports::junit_xml(&report);
    assert!(
        !junit.contains("<failure") && junit.contains("waived: "),
        "{junit}"
    );
}

#[test]
fn a_waiver_counts_for_its_check_kind_and_subject_only() {
    let breaks: [fn(&mut Waiver); 4] = [
        |w| w.check = "duplicate".into(),
        |w| w.kind = "duplicate".into(),
        |w| w.subject = "acme-broker 3.1.4".into(),
        |w| w.scenario = "elsewhere".into(),
    ];
    for (number, spoil) in breaks.into_iter().enumerate() {
        let mut report = waived();
        spoil(&mut report.waivers[0]);
        assert_eq!(report.decision(), Validity::Invalid, "{number}");
    }
    let mut by_name = waived();
    for waiver in &mut by_name.waivers {
        waiver.subject = "acme-broker".into();
    }
    assert_eq!(
        by_name.decision(),
        Validity::Valid,
        "a name alone covers every version"
    );
    by_name.waivers.remove(0);
    assert!(
        reports::html(&by_name).text.contains("INVALID"),
        "one finding is not waived"
    );
}
