//! The terminal's final block: printed last and once. With a failure it explains the first one.

mod first;

use std::fmt::Write;

use checkers::verdict::{Validity, Verdict};

use crate::findings::{self, Card, Headline, UndecidedCheck, headline, symbol, word};
use crate::format::{command, count, length_ms, plain, untrusted};
use crate::limits::{REASONS_MAX, SUMMARY_LINES_MAX};
use crate::measures::{Measures, Name};
use crate::model::{RunReport, ScenarioReport};
use crate::wording;

/// Sentences about what a run lacks that are shown; the page has all.
const INCOMPLETE_MAX: usize = 3;

/// The verdict and its reasons alone: the first lines of the block.
pub(crate) fn verdict(report: &RunReport, colour: bool) -> String {
    let cards = findings::cards(report);
    let open = findings::undecided_checks(report);
    let mut lines = vec![head(report, colour)];
    lines.extend(reasons(report, &cards, &open, colour));
    lines.join("\n") + "\n"
}

/// The block for a terminal.
pub(crate) fn block(report: &RunReport, colour: bool) -> String {
    let cards = findings::cards(report);
    let open = findings::undecided_checks(report);
    let mut lines = vec![head(report, colour)];
    lines.extend(reasons(report, &cards, &open, colour));
    let run = &report.run;
    let page = match run.directory.as_str() {
        "" => String::new(),
        directory => format!("{directory}/report.html"),
    };
    if let Some(card) = cards.first() {
        lines.extend(first::lines(card, &page));
    }
    // A history that is judged alone has no run: unknown values get no line.
    let known = [
        ("report", &page),
        ("seed", &run.seed),
        ("reproduce", &run.reproduce),
        ("recheck", &run.recheck),
    ];
    let known = known.into_iter().filter(|(_, value)| !value.is_empty());
    lines.extend(known.map(|(name, value)| pair(name, value)));
    debug_assert!(
        lines.len() <= SUMMARY_LINES_MAX,
        "because reasons are limited"
    );
    lines.join("\n") + "\n"
}

fn head(report: &RunReport, colour: bool) -> String {
    let Headline {
        validity,
        word: verdict,
    } = headline(report);
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
    let is_calm = report
        .scenarios
        .iter()
        .all(|s| s.faults_in_effect().count() == 0);
    let counts = match is_calm && report.run.duration_ms > 0 {
        true => format!("{counts}, without faults"),
        false => counts,
    };
    let verdict = format!("{} {verdict}", symbol(validity));
    let mut line = format!("{}  {counts}", paint(&verdict, validity, colour));
    let subject = format!("{} {}", report.subject.name, report.subject.version);
    let subject = untrusted(subject.trim());
    // A history that is judged alone has no duration of its own.
    let _ = match report.run.duration_ms {
        0 => write!(line, "  ({subject})"),
        duration => write!(line, "  ({subject}, {})", length_ms(duration)),
    };
    if report.run.interrupted {
        line += "  interrupted";
    }
    if !report.subject.plants.is_empty() {
        let _ = write!(line, "  {}", wording::planted(&report.subject.plants));
    }
    for missing in report.run.incomplete.iter().take(INCOMPLETE_MAX) {
        let _ = write!(line, "\n  incomplete: {}", untrusted(missing));
    }
    line
}

fn reasons(
    report: &RunReport,
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
    colour: bool,
) -> Vec<String> {
    let total = cards.len() + open.len();
    let mut lines: Vec<String> = Vec::new();
    for card in cards.iter().take(REASONS_MAX) {
        let title = wording::words(card.first()).title.to_lowercase();
        let line = wording::instance_line(&card.anomalies, card.total);
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
        let measures = Measures::of_run(report);
        let waits = measures.waits_beyond_gap().then_some(Name::AppendWait);
        let names = [
            Some(Name::OperationsOk),
            Some(Name::FaultsInEffect),
            Some(Name::ChangesOfLeader),
            Some(Name::LongestGap),
            waits,
            Some(Name::Recovery),
        ];
        let named = |name: Name| {
            Some(format!(
                "{} {}",
                name.words(),
                plain(&measures.shown(name)?)
            ))
        };
        let line: Vec<String> = names.into_iter().flatten().filter_map(named).collect();
        lines.push(format!("  {}", line.join(", ")));
        lines.extend(tolerated(report, colour));
    }
    lines
}

/// Findings that are not violations: a reader of *valid* should know if records were lost.
fn tolerated(report: &RunReport, colour: bool) -> Vec<String> {
    let verdicts = report.scenarios.iter().flat_map(|scenario| {
        let all = scenario.judgement.verdicts.iter();
        all.map(move |verdict| (scenario, verdict))
    });
    let expected = verdicts.filter(|(_, verdict)| verdict.tolerated_count > 0);
    let line = |(scenario, verdict): (&ScenarioReport, &Verdict)| {
        let found = count(verdict.tolerated_count, "findings");
        let detail = format!("{found}, expected: not violations under this target's promises");
        reason(
            Validity::Valid,
            &scenario.name,
            &verdict.check,
            &detail,
            colour,
        )
    };
    expected.take(REASONS_MAX).map(line).collect()
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
    format!("  {name:<10} {}", command(value))
}

/// Our own colours. Text from elsewhere has already lost its control characters.
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
