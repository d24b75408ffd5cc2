//! The decision box beside the verdict: what was not tested, how well the harness detects bugs, and which build it was. In
//! print, a line to sign.

use maud::{Markup, html};

use super::parts::spans;
use crate::format::{count, untrusted};
use crate::model::{Detection, FindingStatus, RunReport, Subject};
use crate::untested;

/// Sentences of *not tested* that are shown at once on a failing page; the others unfold.
const OPEN_MAX: usize = 1;

/// Names of planted bugs that are shown in the box.
const NAMES_MAX: usize = 4;

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
                @let (found, how) = strength(report.detection.as_ref());
                p { (found) @if !is_failing { " " (how) } }
                @if is_failing && !how.is_empty() {
                    details class="printed" { summary { "How it was measured" } p { (how) } }
                }
            }
            div class="row" {
                h3 { "Last accepted build" }
                p { (accepted(report)) }
            }
            @if !report.waivers.is_empty() {
                div class="row" {
                    h3 { "Waivers" }
                    p { (waivers(report)) }
                }
            }
            div class="row" {
                h3 { "Build" }
                p { (build(&report.subject)) " " @if report.tool.debug { "Debug build. " } a href="#build" { "Program, files and configuration" } "." }
            }
        }
    }
}

/// A line to sign, in print only. A run with a planted bug decides no release.
pub(super) fn sign_off(report: &RunReport) -> Markup {
    html! {
        p class="sign-off" aria-hidden="true" {
            @if report.subject.plants.is_empty() {
                span { "☐ release" } span { "☐ do not release" }
                span class="blank" { "Name" } span class="blank" { "Date" } span class="blank" { "Signature" }
            } @else { span { "Nothing to sign: this run had a planted bug." } }
        }
    }
}

/// How many planted bugs the harness detects, and how that was measured.
fn strength(detection: Option<&Detection>) -> (String, String) {
    let Some(detection) = detection else {
        let unknown = "Not measured: there is no calibration of this version of the harness beside the runs. \
                       “jepsen calibrate” measures it.";
        return (unknown.to_owned(), String::new());
    };
    let missed = match detection.missed.as_slice() {
        [] => String::new(),
        missed => format!(" Not detected: {}.", some(missed)),
    };
    let measured = match (detection.measured.as_str(), detection.outdated) {
        ("", _) => String::new(),
        (day, false) => format!(
            " Measured on {} and shipped with the program.",
            untrusted(day)
        ),
        (day, true) => format!(
            " Measured on {} and shipped with the program, whose sources have changed since: “jepsen calibrate” measures it again.",
            untrusted(day)
        ),
    };
    let newer = match detection.not_run.as_slice() {
        [] => String::new(),
        newer => format!(" Added since, and not measured: {}.", some(newer)),
    };
    let unseen = match detection.unseen {
        0 => String::new(),
        more => format!(" {more} more are not seen from outside."),
    };
    // What was measured of other sources is not said of these.
    let who = match detection.outdated {
        true => "An earlier state of this harness detected",
        false => "This version of the harness detects",
    };
    let found = format!(
        "{who} {} of {} planted bugs of its reference broker.",
        detection.detected, detection.planted,
    );
    let how = format!(
        "Faults: {}; {}. A shorter run with other faults detects fewer.{missed}{unseen}{measured}{newer}",
        untrusted(&detection.faults),
        count(detection.runs, "runs"),
    );
    (found, how)
}

/// The first names of a list, and how many follow.
fn some(names: &[String]) -> String {
    let shown = names.len().min(NAMES_MAX);
    let more = match names.len() - shown {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    untrusted(&names[..shown].join(", ")) + &more
}

/// What the run was compared with.
fn accepted(report: &RunReport) -> Markup {
    html! {
        @match &report.comparison {
            Some(comparison) => {
                (untrusted(&comparison.baseline.name)) " " (untrusted(&comparison.baseline.version)) ": "
                @if comparison.unlike.is_empty() {
                    (comparison.count(FindingStatus::New)) " new, " (comparison.count(FindingStatus::Ongoing)) " ongoing, "
                    (comparison.count(FindingStatus::Resolved)) " resolved. "
                } @else { "not like for like. " }
                a href="#comparison" { "Comparison" } "."
            },
            None => { "Not compared. " code { "jepsen qualify" } " compares a suite with the last accepted build." },
        }
    }
}

/// How many waivers count, and when the first of them ends.
fn waivers(report: &RunReport) -> String {
    let first = report.waivers.iter().map(|waiver| &waiver.expires).min();
    let first = first.map(|day| untrusted(day)).unwrap_or_default();
    format!(
        "{}; the first ends on {first}. Waived findings are marked on their cards.",
        count(report.waivers.len() as u64, "waivers")
    )
}

/// One digest of all files that the target provides. Where there are some, the program that runs them (a JVM) says nothing
/// about the build.
pub(super) fn digest_of_files(subject: &Subject) -> Option<String> {
    let mut digest = checkers::history::Digest::new();
    for file in &subject.files {
        // Without one of them two builds could look alike.
        let sha256 = file.sha256.as_ref()?;
        digest.add(format!("{sha256}  {}\n", file.path).as_bytes());
    }
    (!subject.files.is_empty()).then(|| digest.text())
}

/// The build in a line: what it is, and by which digest it can be recognized.
pub(super) fn build(subject: &Subject) -> String {
    let version = match subject.version.trim() {
        "" => "version not stated by the target".to_owned(),
        version => untrusted(version),
    };
    let about = match subject.about.trim() {
        "" => String::new(),
        about => format!(" ({})", untrusted(about)),
    };
    let mut parts = vec![format!("{} {version}{about}", untrusted(&subject.name))];
    if !subject.plants.is_empty() {
        parts.push(format!(
            "with the planted bug {}",
            untrusted(&subject.plants.join(", "))
        ));
    }
    if !subject.revision.is_empty() {
        parts.push(format!("revision {}", untrusted(&subject.revision)));
    }
    let short = |digest: &str| untrusted(&digest.chars().take(12).collect::<String>());
    if let Some(digest) = digest_of_files(subject) {
        let files = count(subject.files.len() as u64, "files");
        parts.push(format!("{files} {}", short(&digest)));
    } else if let Some(sha256) = &subject.binary_sha256 {
        parts.push(format!("binary {}", short(sha256)));
    }
    if !subject.configuration.is_empty() {
        parts.push(format!(
            "configuration {}",
            untrusted(&subject.configuration)
        ));
    }
    parts.join(", ") + "."
}
