//! Small pieces that several sections share: navigation, symbols, commands, warnings, the footer.

use checkers::verdict::Validity;
use maud::{Markup, html};

use crate::findings::{Card, UndecidedCheck, symbol, word};
use crate::format::{self, group, untrusted};
use crate::measures::Name;
use crate::model::RunReport;

/// Symbol and word in the word's colour, so that colour is never the only mark.
pub(super) fn chip(validity: Validity) -> Markup {
    html! {
        span class=(format!("chip {}", validity.word())) {
            span class="symbol" aria-hidden="true" { (symbol(validity)) }
            " " (word(validity))
        }
    }
}

/// The symbol alone, where the word is in the same row; screen readers read the word.
pub(super) fn mark(validity: Validity) -> Markup {
    html! {
        span class=(format!("mark {}", validity.word())) role="img" aria-label=(word(validity)) {
            (symbol(validity))
        }
    }
}

/// A command to copy. Selectable as text where no script runs.
pub(super) fn command(label: &str, command: &str) -> Markup {
    html! {
        div class="command" {
            span class="label" { (label) }
            code { (words(command)) }
            button type="button" class="copy" hidden aria-label=(format!("copy: {label}")) { "copy" }
        }
    }
}

/// The words of a command, so that a line ends between two of them and not within `--faults`.
fn words(command: &str) -> Markup {
    let shown = format::command(command);
    html! {
        @for (index, word) in shown.split(' ').enumerate() {
            @if index > 0 { " " }
            span { (word) }
        }
    }
}

/// A section's head with an anchor.
pub(super) fn heading(id: &str, title: &str, aside: &str) -> Markup {
    html! {
        h2 id=(id) {
            a href=(format!("#{id}")) { (title) }
            @if !aside.is_empty() { " " span class="aside" { (aside) } }
        }
    }
}

/// A figure with its name: `data-figure` and `data-of` name it for readers of the page that are programs.
pub(super) fn figure(of: &str, name: Name, shown: &str) -> Markup {
    html! { span data-figure=(name.words()) data-of=(untrusted(of)) { (shown) } }
}

/// The anchor of a figure's definition.
pub(super) fn figures_anchor(words: &str) -> String {
    format!("figure-{}", words.replace(' ', "-"))
}

/// How much of a table or list was left out, or nothing.
pub(super) fn more(shown: usize, total: usize, wherever: &str) -> Markup {
    html! {
        @if total > shown {
            p class="cut" {
                (format!("{} of {} shown; ", group(shown as u64), group(total as u64)))
                "the rest is in " code { (wherever) } "."
            }
        }
    }
}

/// The bar at the top: links to the sections.
pub(super) fn navigation(
    report: &RunReport,
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
    timelines: bool,
) -> Markup {
    html! {
        nav class="bar" aria-label="Sections" {
            a class="skip" href="#main" { "Skip to the findings" }
            span class="brand" { (untrusted(&report.tool.name)) }
            ul {
                li { a href="#decision" { "Decision" } }
                @if !cards.is_empty() { li { a href="#failures" { "Failures " span class="n" { (cards.len()) } } } }
                @if !open.is_empty() { li { a href="#undecided" { "Undecided " span class="n" { (open.len()) } } } }
                li { a href="#checks" { "Checks" } }
                @if timelines { li { a href="#timeline" { "Timeline" } } }
                @if let [scenario] = report.scenarios.as_slice() {
                    li { a href="#leaders-1" { "Leaders" } }
                    @if !scenario.groups.is_empty() { li { a href="#groups-1" { "Groups" } } }
                    @if scenario.transactions.is_some() { li { a href="#transactions-1" { "Transactions" } } }
                    li { a href="#gaps-1" { "Gaps" } }
                    li { a href="#faults-1" { "Faults" } }
                } @else if !report.scenarios.is_empty() {
                    li { a href="#scenario-1" { "Scenarios" } }
                }
                @if report.scenarios.iter().any(|s| !s.logs.is_empty()) { li { a href="#logs" { "Logs" } } }
                @if report.comparison.is_some() { li { a href="#comparison" { "Comparison" } } }
                li { a href="#environment" { "Environment" } }
                li { a href="#glossary" { "Glossary" } }
            }
            button type="button" id="theme" hidden { "Light / dark" }
        }
    }
}

/// Problems that do not change the verdict.
pub(super) fn warnings(report: &RunReport, drawing: &[String]) -> Markup {
    let all: Vec<&String> = report.warnings.iter().chain(drawing).collect();
    html! {
        @if !all.is_empty() {
            aside class="warnings" aria-label="Warnings" {
                h2 { "Warnings" } p { "Warnings do not change a verdict." }
                ul { @for warning in all { li { (spans(warning)) } } }
            }
        }
    }
}

/// Who wrote the page.
pub(super) fn footer(report: &RunReport) -> Markup {
    html! {
        footer {
            p {
                "Written by " (untrusted(&report.tool.name)) " " (untrusted(&report.tool.version))
                @if !report.tool.commit.is_empty() {
                    ", commit " code { (untrusted(&report.tool.commit)) }
                    @if report.tool.dirty { " with changes" }
                }
                @if report.tool.debug { ", a debug build" }
                ". Times count from the start of the run, on one monotonic clock. "
                "The seed determines schedule and faults, but not the interleaving."
            }
        }
    }
}

/// Text for terminals in which `code` stands between backticks, as markup. An odd one is a character like any other.
pub(super) fn spans(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1;
    html! {
        @if is_paired {
            @for (index, part) in parts.iter().enumerate() {
                @if index % 2 == 1 { code { (untrusted(part)) } } @else { (untrusted(part)) }
            }
        } @else { (untrusted(text)) }
    }
}

/// Prose of ours with its numbers tied to their units, so that no line ends between them.
pub(super) fn prose(text: &str) -> String {
    const UNITS: [&str; 5] = ["s", "ms", "min", "µs", "h"];
    let mut tied = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        let unit = word.trim_end_matches([',', '.', ';', ':', ')']);
        let after_digit = tied.ends_with(|c: char| c.is_ascii_digit());
        if index > 0 {
            tied.push(if after_digit && UNITS.contains(&unit) {
                '\u{a0}'
            } else {
                ' '
            });
        }
        tied += word;
    }
    tied
}
