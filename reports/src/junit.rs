//! `junit.xml`: a test suite per scenario, a test case per check.
//!
//! It is written here and not by the crate `quick-junit`: that crate always writes `skipped` on `<testsuites>`, and the
//! schema of Jenkins' xUnit plugin (junit-10.xsd) allows it on `<testsuite>` only, so Jenkins rejects the file.
//!
//! XML 1.0 forbids most control characters even when escaped, and CI rejects a file with one of them; other readers fail
//! on long messages. So every text is cleaned, escaped and shortened here.

use std::fmt::Write;

use checkers::verdict::{Validity, Verdict};

use crate::format::{command, plain, untrusted, untrusted_block};
use crate::limits::{INSTANCES_PER_KIND_MAX, JUNIT_BODY_BYTES_MAX, JUNIT_MESSAGE_CHARACTERS_MAX};
use crate::model::{RunReport, ScenarioReport};
use crate::wording;

/// The whole file.
pub(crate) fn xml(report: &RunReport) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total: usize = report
        .scenarios
        .iter()
        .map(|s| s.judgement.verdicts.len())
        .sum();
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{total}\" failures=\"{}\" errors=\"{}\" time=\"{}\">",
        escape(&untrusted(&report.tool.name)),
        report.count(Validity::Invalid),
        report.count(Validity::Undecided),
        seconds(report.run.duration_ms)
    );
    for scenario in &report.scenarios {
        suite(&mut out, report, scenario);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, report: &RunReport, scenario: &ScenarioReport) {
    let verdicts = &scenario.judgement.verdicts;
    let count = |validity| verdicts.iter().filter(|v| v.validity == validity).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">",
        escape(&untrusted(&scenario.name)),
        verdicts.len(),
        count(Validity::Invalid),
        count(Validity::Undecided),
        count(Validity::NotApplicable),
        seconds(scenario.duration_ms)
    );
    out.push_str("    <properties>\n");
    let properties = [
        ("run", &report.run.id),
        ("seed", &scenario.seed),
        ("subject", &report.subject.name),
        ("version", &report.subject.version),
        ("reproduce", &report.run.reproduce),
        ("recheck", &report.run.recheck),
    ];
    for (name, value) in properties {
        let value = escape(&command(value));
        let _ = writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    out.push_str("    </properties>\n");
    for verdict in verdicts {
        case(out, report, scenario, verdict);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, report: &RunReport, scenario: &ScenarioReport, verdict: &Verdict) {
    let (class, name) = (
        escape(&untrusted(&scenario.name)),
        escape(&untrusted(&verdict.check)),
    );
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"");
    let headline = plain(&wording::headline(verdict));
    let message = escape(
        &headline
            .chars()
            .take(JUNIT_MESSAGE_CHARACTERS_MAX)
            .collect::<String>(),
    );
    let _ = match verdict.validity {
        Validity::Valid => writeln!(out, "/>"),
        // The exit code of the run is 0: a red test beside it would contradict it.
        Validity::Invalid if report.is_waived(&scenario.name, verdict) => writeln!(
            out,
            ">\n      <skipped message=\"waived: {message}\"/>\n    </testcase>"
        ),
        Validity::NotApplicable => {
            writeln!(
                out,
                ">\n      <skipped message=\"{message}\"/>\n    </testcase>"
            )
        }
        Validity::Undecided => writeln!(
            out,
            ">\n      <error type=\"undecided\" message=\"{message}\">{}</error>\n    </testcase>",
            body(report, verdict)
        ),
        Validity::Invalid => writeln!(
            out,
            ">\n      <failure type=\"{name}\" message=\"{message}\">{}</failure>\n    </testcase>",
            body(report, verdict)
        ),
    };
}

/// Evidence or reasons, and how to repeat it.
fn body(report: &RunReport, verdict: &Verdict) -> String {
    let mut body = String::new();
    for anomaly in verdict.anomalies.iter().take(INSTANCES_PER_KIND_MAX) {
        let _ = writeln!(body, "{}", wording::text(anomaly));
        if !anomaly.evidence.operations.is_empty() {
            let _ = writeln!(body, "operations: {:?}", anomaly.evidence.operations);
        }
    }
    for doubt in verdict.doubts.iter().take(INSTANCES_PER_KIND_MAX) {
        let _ = writeln!(body, "{}", wording::doubt(doubt));
    }
    let _ = writeln!(body, "reproduce: {}", command(&report.run.reproduce));
    let clean = untrusted_block(&plain(&body), JUNIT_BODY_BYTES_MAX / 8);
    escape(&clean)
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Escapes for attributes and text alike. Control characters become pictures even in text of our own: one of them makes
/// the file invalid.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in untrusted_block(text, JUNIT_BODY_BYTES_MAX).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}
