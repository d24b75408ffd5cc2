//! The page of a mutation score: which lies in recorded runs the checks report, which are legal and why, and which
//! survive.

use checkers::mutants::Fate;
use maud::{DOCTYPE, Markup, html};

use super::parts::command;
use super::plain_head;
use crate::format::untrusted;
use crate::model::{HistoryMutant, HistoryScore};

/// The whole page.
pub(crate) fn page(score: &HistoryScore) -> String {
    let (symbol, word) = match score.as_expected {
        true => ("✓", "valid"),
        false => ("✗", "invalid"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (plain_head(&format!("{symbol} mutation score")))
            body {
                header class=(format!("verdict {word}")) {
                    h1 { span class="word" { (symbol) " " (headline(score)) } }
                    p class="lead" { (untrusted(&score.line())) "." }
                    div class="commands" { (command("reproduce", &score.reproduce)) }
                }
                main id="main" { (section(score)) }
                footer { p { "Written by " (untrusted(&score.tool.name)) " " (untrusted(&score.tool.version))
                    ". A mutant is killed only if a check that its row names turns to invalid in every place." } }
            }
        }
    };
    markup.into_string()
}

fn headline(score: &HistoryScore) -> String {
    let judged = score.judged();
    format!(
        "{} of {judged} lies in recorded runs reported or legal",
        score.settled()
    )
}

/// The tables, also within the page of a calibration.
pub(crate) fn section(score: &HistoryScore) -> Markup {
    html! {
        section aria-labelledby="lies" {
            h2 id="lies" { "Lies in recorded histories" }
            p { (untrusted(&score.line())) "." }
            (runs(score))
            (table(score, "Survivors: no check that must report them does", &[Fate::Survived, Fate::Elsewhere, Fate::FalseAlarm]))
            (table(score, "Known limits", &[Fate::Limit]))
            (table(score, "Undecided", &[Fate::Undecided]))
            (table(score, "Killed", &[Fate::Killed]))
            (table(score, "Legal", &[Fate::Equivalent]))
            (table(score, "Not judged: the checks do not apply to these runs", &[Fate::NotJudged]))
            (unplaced(score))
        }
    }
}

fn runs(score: &HistoryScore) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="Recorded runs" {
            table {
                thead { tr {
                    th scope="col" { "run" } th scope="col" { "scenario" } th scope="col" { "target" } th scope="col" { "lines" }
                    th scope="col" { "verdict without a lie" } th scope="col" { "undecided without a lie" }
                } }
                tbody {
                    @for run in &score.runs {
                        tr {
                            td { code { (untrusted(&run.history)) } }
                            td { (untrusted(&run.scenario)) }
                            td { (untrusted(&run.target)) }
                            td { (run.lines) }
                            td { (untrusted(&run.verdict)) }
                            td { (untrusted(&run.undecided.join(", "))) }
                        }
                    }
                }
            }
        }
    }
}

fn table(score: &HistoryScore, title: &str, fates: &[Fate]) -> Markup {
    let of = |row: &&HistoryMutant| row.fate().is_some_and(|fate| fates.contains(&fate));
    let rows: Vec<&HistoryMutant> = score.mutants.iter().filter(of).collect();
    html! {
        @if !rows.is_empty() {
            h3 { (title) " (" (rows.len()) ")" }
            div class="scroll" tabindex="0" role="group" aria-label="Recorded histories and the lies that the checks reported" {
                table {
                    thead { tr {
                        th scope="col" { "line" } th scope="col" { "field" } th scope="col" { "change" }
                        th scope="col" { "extent" } th scope="col" { "must be reported by" }
                        th scope="col" { "reported by (applications)" } th scope="col" { "reason" }
                    } }
                    tbody { @for row in rows { (one(row)) } }
                }
            }
        }
    }
}

fn one(row: &HistoryMutant) -> Markup {
    let by: Vec<String> = row
        .by()
        .iter()
        .map(|(check, count)| format!("{check} {count}"))
        .collect();
    html! {
        tr {
            td { (untrusted(&row.line)) }
            td { code { (untrusted(&row.field)) } }
            td { (untrusted(&row.change)) }
            td { (untrusted(&row.extent)) }
            td { (untrusted(&row.expected.join(", "))) }
            td { (untrusted(&by.join(", "))) " of " (row.applied.len()) }
            td { (untrusted(&row.reason)) }
        }
    }
}

fn unplaced(score: &HistoryScore) -> Markup {
    let rows = score.mutants.iter().filter(|row| row.applied.is_empty());
    let names: Vec<String> = rows
        .map(|row| format!("{} {}: {}, {}", row.line, row.field, row.change, row.extent))
        .collect();
    html! {
        @if !names.is_empty() {
            h3 { "Without a place in these runs (" (names.len()) ")" }
            ul { @for name in &names { li { (untrusted(name)) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AppliedLie;

    #[test]
    fn survivors_come_first_and_text_stays_text() {
        let row = |change: &str, fate| HistoryMutant {
            line: "end-offset".into(),
            change: change.into(),
            applied: vec![AppliedLie {
                run: 0,
                seed: 1,
                changed: 1,
                first: 1,
                fate,
                by: Vec::new(),
            }],
            ..HistoryMutant::default()
        };
        let score = HistoryScore {
            mutants: vec![
                row("<b>killed", Fate::Killed),
                row("survivor", Fate::Survived),
                HistoryMutant::default(),
            ],
            ..HistoryScore::default()
        };
        let page = page(&score);
        assert!(page.contains("1 of 2 lies in recorded runs"));
        assert!(page.contains("&lt;b&gt;killed") && !page.contains("<b>killed"));
        assert!(page.find("survivor").expect("there") < page.find("killed</td>").expect("there"));
        assert!(page.contains("Without a place in these runs (1)"));
    }
}
