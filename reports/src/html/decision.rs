//! The decision box beside the verdict: what was not tested, how well the harness detects bugs, and which build it was. In
//! print, a line to sign.

use maud::{Markup, html};

use super::parts::spans;
use crate::format::{count, untrusted};
use crate::model::{Detection, RunReport, Subject};
use crate::untested;

/// Sentences of *not tested* that are shown at once on a failing page; the others unfold.
const OPEN_MAX: usize = 2;

/// The box. On a failing page it is short, because the first failure must be on the first screen.
pub(super) fn part(report: &RunReport, is_failing: bool) -> Markup {
    let untested = untested::sentences(report);
    let open = if is_failing { OPEN_MAX } else { untested.len() };
    let (first, rest) = untested.split_at(open.min(untested.len()));
    html! {
        section class="decision" aria-labelledby="decision" {
            h2 id="decision" { "For the decision" }
            div class="row" {
                h3 id="not-tested" { "Not tested" }
                ul { @for sentence in first { li { (spans(sentence)) } } }
                @if !rest.is_empty() {
                    details class="printed" {
                        summary { (count(rest.len() as u64, "further points")) }
                        ul { @for sentence in rest { li { (spans(sentence)) } } }
                    }
                }
            }
            div class="row" {
                h3 { "Detection strength" }
                p { (strength(report.detection.as_ref())) }
            }
            div class="row" {
                h3 { "Build" }
                p { (build(&report.subject)) " " a href="#build" { "All of it" } "." }
            }
        }
    }
}

/// A line to sign, in print only.
pub(super) fn sign_off() -> Markup {
    html! {
        p class="sign-off" aria-hidden="true" {
            span { "☐ release" } span { "☐ do not release" }
            span class="blank" { "Name" } span class="blank" { "Date" } span class="blank" { "Signature" }
        }
    }
}

/// How many planted bugs the harness detects.
fn strength(detection: Option<&Detection>) -> String {
    let Some(detection) = detection else {
        return "Not measured: there is no calibration of this version of the harness beside the runs. \
                “jepsen calibrate” measures it."
            .to_owned();
    };
    let missed = match detection.missed.as_slice() {
        [] => String::new(),
        missed => format!(" Not detected: {}.", untrusted(&missed.join(", "))),
    };
    format!(
        "This version of the harness detects {} of {} planted bugs of its reference broker ({}, {}).{missed}",
        detection.detected,
        detection.planted,
        untrusted(&detection.faults),
        count(detection.runs, "runs"),
    )
}

/// The build in a line: what it is, and by which digest it can be recognized.
pub(super) fn build(subject: &Subject) -> String {
    let version = match subject.version.trim() {
        "" => "version not stated by the target".to_owned(),
        version => untrusted(version),
    };
    let mut parts = vec![format!("{} {version}", untrusted(&subject.name))];
    if !subject.revision.is_empty() {
        parts.push(format!("revision {}", untrusted(&subject.revision)));
    }
    if let Some(sha256) = &subject.binary_sha256 {
        let short: String = sha256.chars().take(12).collect();
        parts.push(format!("binary {}", untrusted(&short)));
    }
    if !subject.configuration.is_empty() {
        parts.push(format!(
            "configuration {}",
            untrusted(&subject.configuration)
        ));
    }
    parts.join(", ") + "."
}
