//! The index over runs: newest first, a trend per suite and subject. A pure function of summaries; the only page with
//! links to other files, all of them below its own directory.

use maud::{DOCTYPE, Markup, html};

use super::parts::chip;
use super::{plain_head, raw};
use crate::findings::{symbol, word};
use crate::format::{group, latency_us, length_ms, untrusted};
use crate::limits::{INDEX_RUNS_MAX, TREND_RUNS_MAX};
use crate::model::RunSummary;
use crate::svg::spark;
use crate::wording;

const SCRIPT: &str = include_str!("../assets/index.js");

/// The page. Runs come newest first; those beyond the limit are counted, not listed.
pub(crate) fn page(runs: &[RunSummary]) -> Markup {
    let mut sorted: Vec<&RunSummary> = runs.iter().collect();
    sorted.sort_by(|a, b| (&b.started, &b.id).cmp(&(&a.started, &a.id)));
    let shown = &sorted[..sorted.len().min(INDEX_RUNS_MAX)];
    html! {
        (DOCTYPE)
        html lang="en" {
            (plain_head("Runs"))
            body class="index" {
                header class="verdict" { h1 { "Runs" } p class="facts" { span { (runs.len()) " in total, newest first" } } }
                main id="main" {
                    (trends(&sorted))
                    section aria-labelledby="runs" {
                        h2 id="runs" { "All runs" }
                        p class="filter" hidden { label { "Filter " input type="search" id="filter"; } }
                        (table(shown))
                        @if shown.len() < sorted.len() {
                            p class="cut" { (shown.len()) " of " (sorted.len()) " runs listed. Older runs have reports in their own directories." }
                        }
                    }
                }
                script { (raw(SCRIPT)) }
            }
        }
    }
}

/// Suite and subject, with its runs newest first.
type Line<'a> = (&'a str, &'a str, Vec<&'a RunSummary>);

fn trends(sorted: &[&RunSummary]) -> Markup {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for run in sorted.iter().filter(|r| !r.subject.is_empty()) {
        let (suite, subject) = (run.suite.as_str(), run.subject.as_str());
        match lines
            .iter_mut()
            .find(|(s, n, _)| (*s, *n) == (suite, subject))
        {
            Some((.., runs)) if runs.len() >= TREND_RUNS_MAX => {}
            Some((.., runs)) => runs.push(run),
            None => lines.push((suite, subject, vec![run])),
        }
    }
    html! {
        @if !lines.is_empty() {
            section aria-labelledby="trend" {
                h2 id="trend" { "Trend" " " span class="aside" { "the last " (TREND_RUNS_MAX) " runs of each, oldest first" } }
                div class="scroll" tabindex="0" role="group" aria-label="Verdicts, longest gap and append p99, run by run" {
                    table {
                        caption { "Verdicts, longest gap and append p99, run by run" }
                        thead { tr {
                            th scope="col" { "suite" } th scope="col" { "subject" } th scope="col" { "verdicts" }
                            th scope="col" { "longest gap" } th scope="col" { "append p99" }
                        } }
                        tbody { @for line in &lines { (trend(line)) } }
                    }
                }
            }
        }
    }
}

fn trend((suite, subject, runs): &Line<'_>) -> Markup {
    let oldest_first: Vec<&&RunSummary> = runs.iter().rev().collect();
    let values = |of: fn(&RunSummary) -> Option<u64>| -> Vec<Option<u64>> {
        oldest_first.iter().map(|r| of(r)).collect()
    };
    let newest = |text: Option<String>| text.unwrap_or_else(|| "–".to_string());
    let gaps = values(|r| r.longest_gap_ms);
    let p99s = values(|r| r.append_p99_us);
    html! {
        tr {
            th scope="row" { @if suite.is_empty() { "single scenarios" } @else { (untrusted(suite)) } }
            td { (untrusted(subject)) }
            td class="symbols" { @for run in &oldest_first { (verdict_mark(run)) } }
            td { (spark("longest gap", &gaps)) " " (newest(gaps.last().copied().flatten().map(length_ms))) }
            td { (spark("append p99", &p99s)) " " (newest(p99s.last().copied().flatten().map(latency_us))) }
        }
    }
}

fn verdict_mark(run: &RunSummary) -> Markup {
    let (class, symbol, word) = match run.validity {
        Some(validity) => (validity.word(), symbol(validity), word(validity)),
        None if run.damaged => ("undecided", "?", "damaged"),
        None => ("not_applicable", "…", "incomplete"),
    };
    let says = format!("{} {}: {word}", run.started, run.version);
    html! { span class=(format!("mark {class}")) role="img" aria-label=(untrusted(&says)) title=(untrusted(&says)) { (symbol) } }
}

fn table(runs: &[&RunSummary]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="Runs, newest first" {
            table class="runs" {
                caption { "Runs, newest first" }
                thead { tr {
                    th scope="col" { "verdict" } th scope="col" { "run" } th scope="col" { "subject" } th scope="col" { "suite" }
                    th scope="col" { "scenarios" } th scope="col" class="num" { "longest gap" }
                    th scope="col" class="num" { "append p99" } th scope="col" class="num" { "duration" }
                    th scope="col" { "seed" } th scope="col" { "files" }
                } }
                tbody { @for run in runs { (row(run)) } }
            }
        }
    }
}

fn row(run: &RunSummary) -> Markup {
    let started = run.started.replacen('T', " ", 1).replace('Z', " UTC");
    html! {
        tr {
            td class="status" {
                @match run.validity {
                    Some(validity) => { (chip(validity)) @if run.incomplete { span class="asks" { "incomplete" } } },
                    None if run.damaged => span class="chip undecided" { "? damaged" },
                    None => span class="chip not_applicable" { "… incomplete" },
                }
                @if run.baseline { span class="asks" { "baseline" } }
            }
            th scope="row" {
                @match address(&run.id, "report.html") {
                    Some(address) => a href=(address) { code { (untrusted(&run.id)) } },
                    None => code { (untrusted(&run.id)) },
                }
                span class="asks" { (untrusted(&started)) }
            }
            td {
                (untrusted(&run.subject)) " " (untrusted(&run.version))
                @if !run.plants.is_empty() { span class="asks planted-run" { (wording::planted(&run.plants)) } }
            }
            td { (untrusted(&run.suite)) }
            td { (scenarios(run)) }
            td class="num" { (run.longest_gap_ms.map_or_else(|| "–".to_string(), length_ms)) }
            td class="num" { (run.append_p99_us.map_or_else(|| "–".to_string(), latency_us)) }
            td class="num" { (length_ms(run.duration_ms)) }
            td { code { (untrusted(&run.seed)) } }
            td { @for file in &run.files { @if let Some(address) = address(&run.id, file) {
                a href=(address) { (untrusted(file.rsplit('/').next().unwrap_or(file))) } " "
            } } }
        }
    }
}

fn scenarios(run: &RunSummary) -> String {
    let parts = [
        (run.scenarios_invalid, "invalid"),
        (run.scenarios_undecided, "undecided"),
        (run.scenarios_valid, "valid"),
    ];
    let some = parts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = some
        .map(|(count, word)| format!("{} {word}", group(*count)))
        .collect();
    if words.is_empty() {
        "none".to_string()
    } else {
        words.join(", ")
    }
}

/// A relative address below the index's own directory, or nothing where a name would leave it.
fn address(run: &str, file: &str) -> Option<String> {
    let segments: Vec<&str> = std::iter::once(run).chain(file.split('/')).collect();
    let safe = |s: &&str| !matches!(*s, "" | "." | "..");
    segments.iter().all(safe).then(|| {
        let encoded: Vec<String> = segments.iter().map(|s| encode(s)).collect();
        format!("./{}", encoded.join("/"))
    })
}

/// Percent-encoding of everything but unreserved characters (RFC 3986, section 2.3).
fn encode(segment: &str) -> String {
    let mut encoded = String::new();
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded += &format!("%{other:02X}"),
        }
    }
    encoded
}
