//! Section 1: the verdict, its reasons, the main figures, and the commands to repeat it. It fits on the first screen.

use checkers::history::Outcome;
use checkers::verdict::Validity;
use maud::{Markup, html};

use super::parts::{command, figure, figures_anchor};
use crate::findings::{Card, UndecidedCheck, headline, symbol};
use crate::format::{count, length_ms, limit_ms, sentence_case, untrusted};
use crate::limits::REASONS_MAX;
use crate::measures::{Measures, Name};
use crate::model::RunReport;
use crate::wording;

/// The page's head. With failures it is short: the first of them must be on the first screen.
pub(super) fn header(
    report: &RunReport,
    cards: &[Card<'_>],
    cards_total: usize,
    open: &[UndecidedCheck<'_>],
    open_total: usize,
) -> Markup {
    html! {
        header class=(format!("verdict {}", headline(report).validity.word())) {
            div class="answer" {
                div {
                    (word(report))
                    @if !report.subject.plants.is_empty() {
                        p class="planted" { strong { (sentence_case(&wording::planted(&report.subject.plants))) }
                            @if !report.subject.plants_do.is_empty() { " (" (untrusted(&report.subject.plants_do.join("; "))) ")" }
                            ": failures are expected here, and say nothing of a build without these bugs." }
                    }
                    (reasons(report, cards, open, cards_total + open_total))
                    @if let Some(comparison) = &report.comparison { (super::comparison::line(comparison)) }
                    @if cards.is_empty() { (tiles(report)) (commands(report)) }
                }
                (super::decision::part(report, !cards.is_empty()))
            }
        }
    }
}

/// The figures of a failing run, below its failures.
pub(super) fn figures(report: &RunReport) -> Markup {
    html! {
        section aria-labelledby="figures" {
            (super::parts::heading("figures", "Figures of the run", ""))
            (tiles(report))
            (commands(report))
        }
    }
}

fn commands(report: &RunReport) -> Markup {
    html! {
        div class="commands" {
            (command("reproduce", &report.run.reproduce))
            (command("recheck", &report.run.recheck))
        }
    }
}

/// The head of an outline: the number of findings, without links to them.
pub(super) fn outline(report: &RunReport, cards: usize, open: usize) -> Markup {
    html! {
        header class=(format!("verdict {}", headline(report).validity.word())) {
            (word(report))
            p { (count(cards as u64, "kinds of findings")) ", " (count(open as u64, "undecided checks")) "." }
            (commands(report))
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
        @for missing in &report.run.incomplete { p class="incomplete" { strong { "Incomplete: " } (untrusted(missing)) "." } }
        p class="lead" { (lead(report)) }
        @if let Some(sentence) = for_users(report) {
            p class="consequence" { span class="label" { "For users" } " " (sentence) }
        }
    }
}

fn facts(report: &RunReport) -> Markup {
    let run = &report.run;
    let started = run.started.replacen('T', " ", 1).replace('Z', " UTC");
    html! {
        @if !run.suite.is_empty() { span { "suite " (untrusted(&run.suite)) } }
        span { (count(u64::from(report.subject.nodes), "nodes")) }
        span { (untrusted(&started)) }
        span { "took " (length_ms(run.duration_ms)) }
        span { "seed " code { (untrusted(&run.seed)) } }
        span { "run " code { (untrusted(&run.id)) } }
        @if run.interrupted { span class="interrupted" { "interrupted" } }
    }
}

/// What a valid run means for users. A page of failures says it on each card.
fn for_users(report: &RunReport) -> Option<String> {
    let is_valid = headline(report).validity == Validity::Valid;
    if !is_valid || !report.subject.plants.is_empty() {
        return None;
    }
    let measures = Measures::of_run(report);
    let gap = measures.longest_gap.map(|gap| gap.length_ms);
    let wait = measures.append_wait.map(|(wait, _)| wait.value);
    // What was on its way is not in these figures: in one run nothing of the load returned for 1.15 s beside a gap of 525 ms.
    let still = gap.max(wait).map(|ms| {
        format!(
            "new writes were acknowledged again after at most {}; one on its way to a lost leader waited for its time-out",
            length_ms(ms)
        )
    });
    let lost = report.scenarios.iter().map(|scenario| {
        let verdict = scenario.judgement.verdict("lost-write");
        verdict.map(|verdict| (verdict.validity, verdict.tolerated_count))
    });
    let kept = lost
        .into_iter()
        .all(|lost| lost == Some((Validity::Valid, 0)))
        .then(|| "no acknowledged record was lost".to_owned());
    let parts: Vec<String> = kept.into_iter().chain(still).collect();
    (!parts.is_empty()).then(|| format!("In this run {}.", parts.join(", and ")))
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
    let waived = report.scenarios.iter().flat_map(|s| {
        let verdicts = s.judgement.verdicts.iter();
        verdicts.filter(|v| report.is_waived(&s.name, v))
    });
    match waived.count() {
        0 => {}
        some => lead += &format!("; {some} of the invalid ones waived"),
    }
    let idle = report.count(Validity::NotApplicable);
    if idle > 0 {
        lead += &format!("; {idle} not applicable");
    }
    lead += ".";
    if report
        .scenarios
        .iter()
        .all(|s| s.faults_in_effect().count() == 0)
    {
        lead += " No fault was in effect.";
    }
    lead
}

fn reasons(
    report: &RunReport,
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
    total: usize,
) -> Markup {
    let invalid = cards.iter().map(|card| {
        let title = wording::words(card.first()).title;
        let (scenario, detail) = (
            &card.scenario.name,
            wording::instance_line(&card.anomalies, card.total),
        );
        let detail = match card.waiver(report) {
            Some(waiver) => format!("waived until {}; {detail}", untrusted(&waiver.expires)),
            None => detail,
        };
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
    let measures = Measures::of_run(report);
    let shown = |name: Name| measures.shown(name);
    let text = |name: Name| shown(name).unwrap_or_default();
    let of = scope(report);
    let gap = measures.longest_gap.map(|gap| {
        let rule = wording::scope_word(gap.scope);
        (
            format!("limit {} ({rule})", limit_ms(gap.limit_ms)),
            gap.validity,
        )
    });
    let recovery = measures.recovery.map(|(figure, validity)| {
        let limit = figure.limit.map(|l| format!(", limit {}", limit_ms(l)));
        let note = format!("after the last heal{}", limit.unwrap_or_default());
        (note, validity)
    });
    let waits = measures.append_wait.filter(|_| measures.waits_beyond_gap());
    html! {
        dl class="tiles" {
            (tile(of, Name::OperationsOk, shown(Name::OperationsOk), html! {
                (figure(of, Name::OperationsFail, &text(Name::OperationsFail))) " fail, "
                (figure(of, Name::OperationsInfo, &text(Name::OperationsInfo))) " info"
                @if let Some(why) = refused(report) { ": " (why) }
            }, None))
            @if let Some((note, validity)) = gap {
                (tile(of, Name::LongestGap, shown(Name::LongestGap), html! { (note) }, Some(validity)))
            }
            @if let Some((_, validity)) = waits {
                (tile(of, Name::AppendWait, shown(Name::AppendWait), html! { "of the load's clients" }, Some(validity)))
            }
            @if let Some((note, validity)) = recovery {
                (tile(of, Name::Recovery, shown(Name::Recovery), html! { (note) }, Some(validity)))
            }
            (tile(of, Name::ChangesOfLeader, shown(Name::ChangesOfLeader), html! { (unexplained(report)) }, None))
            (tile(of, Name::FaultsInEffect, shown(Name::FaultsInEffect), html! {
                "of " (measures.faults_started) " started" }, None))
            (tile(of, Name::AppendP99, shown(Name::AppendP99), html! { (performance_note(report)) }, None))
        }
    }
}

/// What the tiles describe: the only scenario, or all of them.
fn scope(report: &RunReport) -> &str {
    match report.scenarios.as_slice() {
        [one] => &one.name,
        _ => "the run",
    }
}

/// Why operations failed, in half a line: the most frequent reason.
fn refused(report: &RunReport) -> Option<String> {
    let mut reasons: Vec<&crate::model::Refusal> =
        report.scenarios.iter().flat_map(|s| &s.refusals).collect();
    reasons.sort_by_key(|r| std::cmp::Reverse(r.count));
    let first = reasons.iter().find(|r| r.outcome == Outcome::Fail)?;
    Some(format!(
        "mostly {} {}",
        untrusted(&first.call),
        untrusted(&first.error)
    ))
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

fn tile(
    of: &str,
    name: Name,
    shown: Option<String>,
    note: Markup,
    validity: Option<Validity>,
) -> Markup {
    html! {
        @if let Some(shown) = shown {
            div class=[validity.map(|v| v.word())] {
                dt { a href=(format!("#{}", figures_anchor(name.words()))) { (name.words()) } }
                dd class="value" {
                    (figure(of, name, &shown))
                    @if let Some(validity) = validity { " " (super::parts::mark(validity)) }
                }
                dd class="note" { (note) }
            }
        }
    }
}
