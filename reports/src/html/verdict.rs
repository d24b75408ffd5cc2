//! Section 1: the verdict, its reasons, the main figures, and the commands to repeat it. It fits on the first screen.

use checkers::verdict::{Unit, Validity};
use maud::{Markup, html};

use super::parts::command;
use crate::findings::{Card, UndecidedCheck, headline, symbol};
use crate::format::{
    count, group, latency_us, length_ms, limit_ms, sentence_case, sum_of, untrusted,
};
use crate::limits::REASONS_MAX;
use crate::model::RunReport;
use crate::wording;

/// The page's head.
pub(super) fn header(
    report: &RunReport,
    cards: &[Card<'_>],
    cards_total: usize,
    open: &[UndecidedCheck<'_>],
    open_total: usize,
) -> Markup {
    html! {
        header class=(format!("verdict {}", headline(report).validity.word())) {
            (word(report))
            @if !report.subject.plants.is_empty() {
                p class="planted" { strong { (wording::planted(&report.subject.plants)) }
                    ": failures are expected here and do not describe the product without these bugs." }
            }
            (reasons(cards, open, cards_total + open_total))
            @if let Some(comparison) = &report.comparison { (super::comparison::line(comparison)) }
            (tiles(report))
            div class="commands" {
                (command("reproduce", &report.run.reproduce))
                (command("recheck", &report.run.recheck))
            }
        }
    }
}

/// The head of an outline: the number of findings, without links to them.
pub(super) fn outline(report: &RunReport, cards: usize, open: usize) -> Markup {
    html! {
        header class=(format!("verdict {}", headline(report).validity.word())) {
            (word(report))
            p { (count(cards as u64, "kinds of findings")) ", " (count(open as u64, "undecided checks")) "." }
            div class="commands" {
                (command("reproduce", &report.run.reproduce))
                (command("recheck", &report.run.recheck))
            }
        }
    }
}

/// The verdict in words, and what was judged.
fn word(report: &RunReport) -> Markup {
    let verdict = headline(report);
    html! {
        h1 {
            span class="word" {
                span class="symbol" aria-hidden="true" { (symbol(verdict.validity)) } " " (verdict.word)
            }
            " " span class="subject" {
                (untrusted(&report.subject.name)) " " (untrusted(&report.subject.version))
            }
        }
        p class="facts" { (facts(report)) }
        @for missing in &report.run.incomplete { p class="incomplete" { strong { "Incomplete: " } (untrusted(missing)) } }
        p class="lead" { (lead(report)) }
    }
}

fn facts(report: &RunReport) -> Markup {
    let run = &report.run;
    let started = run.started.replacen('T', " ", 1).replace('Z', " UTC");
    html! {
        @if !run.suite.is_empty() { span { "suite " (untrusted(&run.suite)) } }
        span { (count(u64::from(report.subject.nodes), "nodes")) }
        span { (untrusted(&started)) }
        span { (length_ms(run.duration_ms)) }
        span { "seed " code { (untrusted(&run.seed)) } }
        span { "run " code { (untrusted(&run.id)) } }
        @if run.interrupted { span class="interrupted" { "interrupted: only the recorded part was judged" } }
    }
}

/// The number of invalid and undecided checks, in one sentence.
fn lead(report: &RunReport) -> String {
    let asked = report.count(Validity::Valid)
        + report.count(Validity::Invalid)
        + report.count(Validity::Undecided);
    let invalid = report.count(Validity::Invalid);
    let undecided = report.count(Validity::Undecided);
    let failing = report
        .scenarios
        .iter()
        .filter(|s| s.validity() == Validity::Invalid)
        .count();
    let total = report.scenarios.len();
    let scenarios = match total {
        1 => String::new(),
        many if invalid > 0 => format!(", in {failing} of {many} scenarios"),
        many => format!(", in {many} scenarios"),
    };
    if asked == 0 {
        return "No check was judged.".to_string();
    }
    let mut lead = match (invalid, undecided) {
        (0, 0) => format!("All {asked} applicable checks are valid{scenarios}"),
        (0, some) => format!("{some} of {asked} checks undecided, none invalid{scenarios}"),
        (some, 0) => format!("{some} of {asked} checks invalid{scenarios}"),
        (some, others) => {
            format!("{some} of {asked} checks invalid{scenarios}; {others} undecided")
        }
    };
    let idle = report.count(Validity::NotApplicable);
    if idle > 0 {
        lead += &format!("; {idle} not applicable");
    }
    lead + "."
}

fn reasons(cards: &[Card<'_>], open: &[UndecidedCheck<'_>], total: usize) -> Markup {
    let invalid = cards.iter().map(|card| {
        let title = wording::words(card.first()).title;
        let (scenario, detail) = (
            &card.scenario.name,
            wording::instance_line(card.first(), card.total),
        );
        (Validity::Invalid, &card.id, title, scenario, detail)
    });
    let undecided = open.iter().map(|o| {
        let (scenario, detail) = (&o.scenario.name, wording::headline(o.verdict));
        (
            Validity::Undecided,
            &o.id,
            sentence_case(&o.verdict.check.replace('-', " ")),
            scenario,
            detail,
        )
    });
    html! {
        @if total > 0 {
            ol class="reasons" {
                @for (validity, id, title, scenario, detail) in invalid.chain(undecided).take(REASONS_MAX) {
                    li class=(validity.word()) {
                        (super::parts::mark(validity)) " "
                        a href=(format!("#{id}")) { (untrusted(&title)) }
                        " " span class="where" { (untrusted(scenario)) }
                        " " span class="what" { (super::parts::prose(&detail)) }
                    }
                }
            }
            @if total > REASONS_MAX {
                p class="cut" { "and " (total - REASONS_MAX) " more below" }
            }
        }
    }
}

/// The figures of a run: each the worst of its scenarios, with its limit if it has one.
fn tiles(report: &RunReport) -> Markup {
    let sum = |of: fn(&crate::model::OpsCount) -> u64| -> u64 {
        sum_of(report.scenarios.iter().map(|s| of(&s.ops)))
    };
    let gap = report
        .scenarios
        .iter()
        .flat_map(|s| &s.judgement.gaps)
        .max_by_key(|g| g.length_ms);
    let elections: usize = report.scenarios.iter().map(|s| s.changes_of_leader()).sum();
    let faults: usize = report
        .scenarios
        .iter()
        .map(|s| s.faults_in_effect().count())
        .sum();
    let planned: usize = report.scenarios.iter().map(|s| s.faults.len()).sum();
    let latency = report.scenarios.iter().flat_map(|s| &s.series.latency);
    let slowest = latency
        .filter(|l| l.call == "append")
        .map(|l| l.p99_us)
        .max();
    html! {
        dl class="tiles" {
            (tile("operations ok", &group(sum(|o| o.ok)), &format!(
                "{} fail, {} info", group(sum(|o| o.fail)), group(sum(|o| o.info))), None))
            @if let Some(gap) = gap {
                (tile("longest gap", &length_ms(gap.length_ms),
                    &format!("limit {} ({})", limit_ms(gap.limit_ms), wording::scope_word(gap.scope)),
                    Some(gap.validity)))
            }
            (recovery(report))
            (tile("changes of leader", &elections.to_string(), &unexplained(report), None))
            (tile("faults in effect", &faults.to_string(), &format!("of {planned} started"), None))
            @if let Some(p99) = slowest {
                (tile("append p99", &latency_us(p99), &performance_note(report), None))
            }
        }
    }
}

fn recovery(report: &RunReport) -> Markup {
    let verdicts = report.scenarios.iter().flat_map(|s| &s.judgement.verdicts);
    let figures = verdicts.flat_map(|v| v.figures.iter().map(move |f| (f, v.validity)));
    let recovery = figures
        .filter(|(f, _)| f.unit == Unit::Milliseconds && f.name.contains("recovery"))
        .max_by_key(|(f, _)| f.value);
    html! {
        @if let Some((figure, validity)) = recovery {
            (tile("recovery", &length_ms(figure.value),
                &figure.limit.map(|l| format!("limit {}", limit_ms(l))).unwrap_or_default(),
                Some(validity)))
        }
    }
}

fn unexplained(report: &RunReport) -> String {
    let elections = report.scenarios.iter().flat_map(|s| &s.judgement.elections);
    wording::explained(elections)
}

fn performance_note(report: &RunReport) -> String {
    if report.environment.data_filesystem.figures_apply {
        "over the whole run".to_string()
    } else {
        format!(
            "not applicable on {}",
            report.environment.data_filesystem.kind
        )
    }
}

fn tile(name: &str, value: &str, note: &str, validity: Option<Validity>) -> Markup {
    html! {
        div class=[validity.map(|v| v.word())] {
            dt { (name) }
            dd class="value" {
                (value)
                @if let Some(validity) = validity { " " (super::parts::mark(validity)) }
            }
            dd class="note" { (note) }
        }
    }
}
