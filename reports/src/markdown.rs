//! The run as Markdown, for `GITHUB_STEP_SUMMARY`: verdict, reasons, the matrix, and the checks folded away.

use std::fmt::Write;

use checkers::verdict::{Class, Validity, Verdict};

use crate::findings::{self, headline, symbol, word};
use crate::format::{command, length_ms, plain, untrusted};
use crate::limits::{MARKDOWN_BYTES_MAX, REASONS_MAX};
use crate::measures::{Measures, Name};
use crate::model::{Comparison, FindingStatus, RunReport, ScenarioReport};
use crate::untested;
use crate::wording;

const CLASSES: [Class; 4] = [
    Class::Safety,
    Class::Leadership,
    Class::Liveness,
    Class::Performance,
];

/// The whole summary. Tables that would make it too long for GitHub are left out, and it says so.
pub(crate) fn summary(report: &RunReport) -> String {
    let mut out = head(report);
    if !report.subject.plants.is_empty() {
        let _ = writeln!(
            out,
            "{}\n",
            untrusted(&wording::planted(&report.subject.plants))
        );
    }
    reasons(&mut out, report);
    if let Some(comparison) = &report.comparison {
        versus(&mut out, comparison);
    }
    if report.scenarios.len() > 1 {
        let table = matrix(report);
        append(&mut out, &table, "matrix");
    }
    let mut left_out = 0;
    for scenario in &report.scenarios {
        let table = checks(scenario, report.scenarios.len() > 1);
        if out.len() + table.len() < MARKDOWN_BYTES_MAX {
            out += &table;
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "Checks of {left_out} scenarios are left out; see report.html.\n"
        );
    }
    let untested = untested::sentences(report);
    if !untested.is_empty() && out.len() < MARKDOWN_BYTES_MAX {
        out += "<details><summary>Not tested</summary>\n\n";
        for sentence in untested {
            let _ = writeln!(out, "* {}", cell(&sentence));
        }
        out += "\n</details>\n\n";
    }
    let _ = writeln!(
        out,
        "Reproduce: `{}`",
        command(&report.run.reproduce).replace('`', "'")
    );
    out
}

fn append(out: &mut String, table: &str, name: &str) {
    if out.len() + table.len() < MARKDOWN_BYTES_MAX {
        *out += table;
    } else {
        let _ = writeln!(
            out,
            "The {name} is left out because it is too long for this summary; see report.html.\n"
        );
    }
}

fn head(report: &RunReport) -> String {
    let verdict = headline(report);
    let subject = format!("{} {}", report.subject.name, report.subject.version);
    let mut out = format!(
        "## {} {}: {}\n\n",
        symbol(verdict.validity),
        verdict.word,
        cell(subject.trim())
    );
    let all = [
        Validity::Invalid,
        Validity::Undecided,
        Validity::Valid,
        Validity::NotApplicable,
    ];
    let counts = all.map(|v| (report.count(v), word(v)));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let counts = if counts.is_empty() {
        "no check was judged".to_string()
    } else {
        counts.join(", ")
    };
    let _ = write!(
        out,
        "{counts}; {}; seed {}",
        length_ms(report.run.duration_ms),
        cell(&report.run.seed)
    );
    if report.run.interrupted {
        out += "; **interrupted**";
    }
    out += "\n\n";
    for missing in &report.run.incomplete {
        let _ = writeln!(out, "**Incomplete:** {}\n", cell(missing));
    }
    out
}

fn reasons(out: &mut String, report: &RunReport) {
    let (cards, open) = (findings::cards(report), findings::undecided_checks(report));
    let total = cards.len() + open.len();
    let failing = cards.iter().map(|c| {
        let title = wording::words(c.first()).title;
        (
            Validity::Invalid,
            title,
            &c.scenario.name,
            wording::instance_line(&c.anomalies, c.total),
        )
    });
    let undecided = open.iter().map(|o| {
        (
            Validity::Undecided,
            o.verdict.check.clone(),
            &o.scenario.name,
            wording::headline(o.verdict),
        )
    });
    for (validity, title, scenario, detail) in failing.chain(undecided).take(REASONS_MAX) {
        let (title, scenario, detail) = (cell(&title), cell(scenario), cell(&plain(&detail)));
        let _ = writeln!(
            out,
            "- {} **{title}** in {scenario}: {detail}",
            symbol(validity)
        );
    }
    if total > REASONS_MAX {
        let _ = writeln!(out, "- and {} more", total - REASONS_MAX);
    }
    if total > 0 {
        out.push('\n');
    }
}

fn versus(out: &mut String, comparison: &Comparison) {
    let count = |status| comparison.count(status);
    let _ = write!(
        out,
        "Against {}: new {}, ongoing {}, resolved {}",
        cell(&comparison.baseline.version),
        count(FindingStatus::New),
        count(FindingStatus::Ongoing),
        count(FindingStatus::Resolved)
    );
    for figure in comparison.regressed() {
        let change = figure
            .change_percent()
            .map_or_else(String::new, |c| format!(" {c:+.0} %"));
        let _ = write!(out, "; worse: {}{change}", cell(&figure.name));
    }
    out.push_str(".\n\n");
}

/// Scenarios by classes: in Markdown a column per check would be too wide.
fn matrix(report: &RunReport) -> String {
    let mut out = String::from("| scenario | verdict |");
    for class in CLASSES {
        let _ = write!(out, " {} |", class.name());
    }
    out += " longest gap |\n|---|---|---|---|---|---|---|\n";
    for scenario in &report.scenarios {
        let validity = scenario.validity();
        let _ = write!(
            out,
            "| {} | {} {} |",
            cell(&scenario.name),
            symbol(validity),
            word(validity)
        );
        for class in CLASSES {
            let of = || {
                scenario
                    .judgement
                    .verdicts
                    .iter()
                    .filter(|v| v.class == class)
            };
            let worst = Validity::of_all(of().map(|v| v.validity));
            let names: Vec<String> = of()
                .filter(|v| {
                    v.validity == worst && matches!(worst, Validity::Invalid | Validity::Undecided)
                })
                .map(|v| cell(&v.check))
                .collect();
            let _ = write!(out, " {} {} |", symbol(worst), names.join(", "));
        }
        let gap = Measures::of_scenario(scenario).shown(Name::LongestGap);
        let _ = writeln!(out, " {} |", gap.unwrap_or_else(|| "–".to_string()));
    }
    out.push('\n');
    out
}

fn checks(scenario: &ScenarioReport, folded: bool) -> String {
    let mut out = String::new();
    let name = cell(&scenario.name);
    if folded {
        let _ = writeln!(
            out,
            "<details><summary>{} {name}</summary>\n",
            symbol(scenario.validity())
        );
    }
    let _ = writeln!(out, "| {name} | check | result |\n|---|---|---|");
    let mut verdicts: Vec<&Verdict> = scenario.judgement.verdicts.iter().collect();
    verdicts.sort_by_key(|v| (findings::validity_rank(v.validity), v.class));
    for v in verdicts {
        let mark = format!("{} {}", symbol(v.validity), word(v.validity));
        let _ = writeln!(out, "| {mark} | {} | {} |", cell(&v.check), cell(&found(v)));
    }
    out += if folded { "\n</details>\n\n" } else { "\n" };
    out
}

/// What was found, or what was examined and measured.
fn found(verdict: &Verdict) -> String {
    let parts = [
        plain(&wording::headline(verdict)),
        plain(&wording::figures(verdict)),
    ];
    parts
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

/// A table cell: no markup, no bars.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for character in untrusted(text).chars() {
        match character {
            '<' => cell.push_str("&lt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '#' | '@' => {
                cell.push('\\');
                cell.push(character);
            }
            other => cell.push(other),
        }
    }
    cell
}
