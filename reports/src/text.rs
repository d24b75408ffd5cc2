//! The terminal's final block, and the same for a pull request. The last thing printed, once, 15 lines at most.

use std::fmt::Write;

use checkers::verdict::{Validity, Verdict};

use crate::findings::{self, Card, Open, symbol, verdict_word, word};
use crate::format::{group, length_ms, plain, untrusted};
use crate::limits::{REASONS_MAX, SUMMARY_LINES_MAX};
use crate::model::RunReport;
use crate::wording;

/// The block for a terminal.
pub(crate) fn block(report: &RunReport, colour: bool) -> String {
    let validity = report.validity();
    let cards = findings::cards(report);
    let open = findings::open(report);
    let mut lines = vec![head(report, validity, colour)];
    lines.extend(reasons(report, &cards, &open, colour));
    let run = &report.run;
    let page = format!("{}/report.html", untrusted(&run.directory));
    lines.push(pair("report", &page));
    lines.push(pair("seed", &run.seed));
    lines.push(pair("reproduce", &run.reproduce));
    lines.push(pair("recheck", &run.recheck));
    debug_assert!(
        lines.len() <= SUMMARY_LINES_MAX,
        "because reasons are limited"
    );
    lines.join("\n") + "\n"
}

fn head(report: &RunReport, validity: Validity, colour: bool) -> String {
    let counts = [
        Validity::Invalid,
        Validity::Undecided,
        Validity::Valid,
        Validity::NotApplicable,
    ]
    .map(|v| (report.count(v), v))
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, v)| format!("{count} {}", word(v)))
    .collect::<Vec<_>>()
    .join(", ");
    let verdict = format!("{} {}", symbol(validity), verdict_word(report));
    let mut line = format!("{}  {counts}", paint(&verdict, validity, colour));
    let subject = format!("{} {}", report.subject.name, report.subject.version);
    let _ = write!(
        line,
        "  ({}, {})",
        untrusted(subject.trim()),
        length_ms(report.run.duration_ms)
    );
    if report.run.interrupted {
        line += "  interrupted";
    }
    if !report.subject.plants.is_empty() {
        let _ = write!(line, "  {}", wording::planted(&report.subject.plants));
    }
    line
}

fn reasons(report: &RunReport, cards: &[Card<'_>], open: &[Open<'_>], colour: bool) -> Vec<String> {
    let total = cards.len() + open.len();
    let mut lines: Vec<String> = Vec::new();
    for card in cards.iter().take(REASONS_MAX) {
        let title = wording::rule(&card.first().kind).title.to_lowercase();
        let line = wording::instance_line(card.first(), card.total);
        lines.push(reason(
            Validity::Invalid,
            &card.scenario.name,
            &title,
            &line,
            colour,
        ));
    }
    for open in open.iter().take(REASONS_MAX.saturating_sub(cards.len())) {
        let (check, why) = (&open.verdict.check, wording::headline(open.verdict));
        lines.push(reason(
            Validity::Undecided,
            &open.scenario.name,
            check,
            &why,
            colour,
        ));
    }
    if total > lines.len() {
        lines.push(format!("  and {} more", total - lines.len()));
    }
    if total == 0 {
        let ok: u64 = report.scenarios.iter().map(|s| s.ops.ok).sum();
        let gaps = report.scenarios.iter().flat_map(|s| &s.judgement.gaps);
        let gap = gaps.map(|g| g.length_ms).max();
        let gap = gap
            .map(|g| format!(", longest gap {}", length_ms(g)))
            .unwrap_or_default();
        let elections: usize = report
            .scenarios
            .iter()
            .map(|s| s.judgement.elections.len())
            .sum();
        let faults: usize = report
            .scenarios
            .iter()
            .map(|s| s.faults_in_effect().count())
            .sum();
        lines.push(format!(
            "  {} operations ok, {faults} faults in effect, {elections} changes of leader{gap}",
            plain(&group(ok))
        ));
    }
    lines
}

fn reason(validity: Validity, scenario: &str, title: &str, detail: &str, colour: bool) -> String {
    let mark = paint(symbol(validity), validity, colour);
    let detail = plain(detail);
    let line = format!(
        "  {mark} {}  {}  {detail}",
        untrusted(scenario),
        untrusted(title)
    );
    line.trim_end().to_string()
}

fn pair(name: &str, value: &str) -> String {
    format!("  {name:<10} {}", untrusted(value))
}

/// Our own colours; whatever comes from elsewhere has lost its control characters before.
fn paint(text: &str, validity: Validity, colour: bool) -> String {
    let code = match validity {
        Validity::Valid => "32",
        Validity::Invalid => "1;31",
        Validity::Undecided => "33",
        Validity::NotApplicable => "2",
    };
    if colour {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_string()
    }
}

/// The verdict and the checks as Markdown.
pub(crate) fn markdown(report: &RunReport) -> String {
    let validity = report.validity();
    let subject = format!("{} {}", report.subject.name, report.subject.version);
    let mut out = format!(
        "## {} {}: {}\n\n",
        symbol(validity),
        verdict_word(report),
        cell(subject.trim())
    );
    if !report.subject.plants.is_empty() {
        let _ = writeln!(out, "{}\n", cell(&wording::planted(&report.subject.plants)));
    }
    for scenario in &report.scenarios {
        let _ = writeln!(
            out,
            "| {} | check | what was found |\n|---|---|---|",
            cell(&scenario.name)
        );
        let mut verdicts: Vec<_> = scenario.judgement.verdicts.iter().collect();
        verdicts.sort_by_key(|v| {
            (
                findings::validity_rank(v.validity),
                findings::class_rank(v.class),
            )
        });
        for v in verdicts {
            let mark = format!("{} {}", symbol(v.validity), word(v.validity));
            let _ = writeln!(out, "| {mark} | {} | {} |", cell(&v.check), cell(&found(v)));
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "Reproduce: `{}`",
        untrusted(&report.run.reproduce).replace('`', "'")
    );
    out
}

/// What was found, or what was looked at and measured.
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
