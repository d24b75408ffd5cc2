//! The page of a calibration: which check detected which planted bug, in how many runs, and how fast.

use maud::{DOCTYPE, Markup, html};

use super::mutation;
use super::parts::command;
use super::plain_head;
use crate::format::{length_ms, limit_ms, untrusted};
use crate::model::{Calibration, PlantRow, score_text};

/// The whole page. `known` are the names of all checks, in their order.
pub(crate) fn page(calibration: &Calibration, known: &[&str]) -> String {
    let checks = calibration.checks(known);
    let (symbol, word) = match (calibration.as_expected, calibration.interrupted) {
        (true, _) => ("✓", "valid"),
        (false, true) => ("?", "undecided"),
        (false, false) => ("✗", "invalid"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (plain_head(&format!("{symbol} calibration")))
            body {
                header class=(format!("verdict {word}")) {
                    h1 { span class="word" { (symbol) " " (headline(calibration)) } }
                    p class="lead" { (lead(calibration)) }
                    p class="facts" { span { "faults: " (untrusted(&calibration.faults)) }
                        span { "sources " code { (calibration.sources) } } }
                    div class="commands" { (command("reproduce", &calibration.reproduce)) }
                }
                main id="main" {
                    @if !calibration.plants.is_empty() {
                        (matrix(calibration, &checks))
                        (plants(calibration))
                    }
                    @if !calibration.mutants.is_empty() { (mutation::section(&calibration.mutants)) }
                    (controls(calibration))
                }
                footer { p { "Written by " (untrusted(&calibration.tool.name)) " " (untrusted(&calibration.tool.version)) ". A finding counts as a "
                    "detection only if the plant names its check, if it is of the kind that the plant causes, and if it occurs at the "
                    "time and on the node where the plant acts. Other findings are counted separately." } }
            }
        }
    };
    markup.into_string()
}

fn headline(calibration: &Calibration) -> String {
    let run: Vec<&PlantRow> = ran(calibration).collect();
    let found = run.iter().filter(|plant| plant.detected()).count();
    let plants = format!("{found} of {} planted bugs detected", run.len());
    match (run.is_empty(), calibration.mutants.is_empty()) {
        (_, true) => plants,
        (true, false) => score_text(&calibration.mutants),
        (false, false) => format!("{plants}; {}", score_text(&calibration.mutants)),
    }
}

fn ran(calibration: &Calibration) -> impl Iterator<Item = &PlantRow> {
    calibration
        .plants
        .iter()
        .filter(|plant| plant.not_seen_because.is_none())
}

fn lead(calibration: &Calibration) -> String {
    let clean = calibration
        .controls
        .iter()
        .filter(|control| control.clean())
        .count();
    let stopped = if calibration.interrupted {
        " The calibration was interrupted."
    } else {
        ""
    };
    format!(
        "{clean} of {} control runs, without a planted bug, were clean.{stopped}",
        calibration.controls.len()
    )
}

fn matrix(calibration: &Calibration, checks: &[&str]) -> Markup {
    html! {
        section aria-labelledby="matrix" {
            h2 id="matrix" { "Which check detected which bug" }
            div class="scroll" tabindex="0" role="group" aria-label="Number of runs in which the check detected the bug for the expected reason" {
                table class="matrix" {
                    caption { "Number of runs in which the check detected the bug for the expected reason; in brackets, runs in which it fired for "
                        "another reason. A dot marks an expected check that did not fire." }
                    thead {
                        tr {
                            th scope="col" { "bug" } th scope="col" { "detected" } th scope="col" { "median time" }
                            @for check in checks { th scope="col" class="check" { span { (check) } } }
                        }
                    }
                    tbody { @for plant in ran(calibration) { (row(plant, checks)) } }
                }
            }
        }
    }
}

fn row(plant: &PlantRow, checks: &[&str]) -> Markup {
    let class = if plant.detected() { "valid" } else { "invalid" };
    html! {
        tr {
            th scope="row" { a href=(format!("#{}", anchor(plant))) { (untrusted(&plant.plant)) } }
            td class=(class) { (if plant.detected() { "✓ " } else { "✗ " }) (plant.caught()) " of " (plant.runs.len()) }
            td { (plant.median_ms().map(length_ms).unwrap_or_default()) }
            @for check in checks {
                td {
                    @match plant.by(check) {
                        (0, 0) => { @if plant.expected.iter().any(|name| name == check) { "·" } }
                        (0, other) => { "(" (other) ")" }
                        (caught, 0) => { strong { (caught) } }
                        (caught, other) => { strong { (caught) } " (" (other) ")" }
                    }
                }
            }
        }
    }
}

fn anchor(plant: &PlantRow) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!(
        "plant-{}",
        plant.plant.chars().map(plain).collect::<String>()
    )
}

fn plants(calibration: &Calibration) -> Markup {
    html! {
        section aria-labelledby="plants" {
            h2 id="plants" { "The bugs" }
            @for plant in &calibration.plants {
                article id=(anchor(plant)) {
                    h3 { (untrusted(&plant.plant)) }
                    p { "Effect: " (untrusted(&plant.does)) "." }
                    p { "Real case: " (untrusted(&plant.happened)) "." }
                    @match &plant.not_seen_because {
                        Some(why) => p { "Not detectable here: " (untrusted(why)) "." },
                        None => { (particulars(plant)) }
                    }
                }
            }
        }
    }
}

fn particulars(plant: &PlantRow) -> Markup {
    let trigger = if plant.trigger.is_empty() {
        "always".to_string()
    } else {
        plant.trigger.join(", ")
    };
    let proof = plant.runs.iter().find(|run| !run.account.is_empty());
    html! {
        p { "Trigger: " (untrusted(&trigger)) ". Workload " code { (untrusted(&plant.workload)) } ", faults "
            code { (untrusted(&plant.faults)) } ", at most " (limit_ms(plant.time_limit_ms)) ". " (untrusted(&plant.reason)) }
        @if let Some(run) = proof {
            blockquote { p { (untrusted(&run.account)) } p class="cut" { "seed " code { (untrusted(&run.seed)) } } }
        }
        div class="scroll" tabindex="0" role="group" aria-label="Runs with a planted bug" {
            table {
                thead { tr {
                    th scope="col" { "seed" } th scope="col" { "detected by" } th scope="col" { "after" }
                    th scope="col" { "other checks" } th scope="col" { "history" }
                } }
                tbody {
                    @for run in &plant.runs {
                        tr {
                            td { code { (untrusted(&run.seed)) } }
                            td { @if run.caught_by.is_empty() { "✗ not detected" } @else { (untrusted(&run.caught_by.join(", "))) } }
                            td { (run.detected_ms.map(length_ms).unwrap_or_default()) }
                            td { (untrusted(&run.other.join(", "))) }
                            td { code { (untrusted(&run.history)) } }
                        }
                    }
                }
            }
        }
    }
}

fn controls(calibration: &Calibration) -> Markup {
    html! {
        section aria-labelledby="controls" {
            h2 id="controls" { "Control runs, without a planted bug" }
            div class="scroll" tabindex="0" role="group" aria-label="Runs without a planted bug" {
                table {
                    thead { tr {
                        th scope="col" { "setup" } th scope="col" { "seed" } th scope="col" { "verdict" }
                        th scope="col" { "tries" } th scope="col" { "history" }
                    } }
                    tbody {
                        @for control in &calibration.controls {
                            tr {
                                td { (untrusted(&control.setup)) }
                                td { code { (untrusted(&control.seed)) } }
                                td {
                                    @if control.clean() { "✓ clean" }
                                    @if !control.invalid.is_empty() { "✗ " (untrusted(&control.invalid.join(", "))) " " }
                                    @if !control.undecided.is_empty() { "? " (untrusted(&control.undecided.join(", "))) }
                                }
                                td { (control.tries) }
                                td { code { (untrusted(&control.history)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ControlRun, PlantRun};

    /// The page shows detections apart from other findings, and hostile text stays text.
    #[test]
    fn the_page_separates_detections_from_other_findings() {
        let calibration = Calibration {
            plants: vec![PlantRow {
                plant: "serial-sender".into(),
                does: "<b>one task</b>".into(),
                expected: vec!["availability".into(), "terms-burned".into()],
                runs: vec![PlantRun {
                    seed: "0x1".into(),
                    caught_by: vec!["availability".into()],
                    other: vec!["recovery".into()],
                    detected_ms: Some(8_200),
                    account: "Nothing was acknowledged.".into(),
                    ..PlantRun::default()
                }],
                ..PlantRow::default()
            }],
            controls: vec![ControlRun {
                undecided: vec!["coverage".into()],
                ..ControlRun::default()
            }],
            ..Calibration::default()
        };
        let page = page(
            &calibration,
            &["recovery", "availability", "terms-burned", "lost-write"],
        );
        assert!(
            page.contains("1 of 1 planted bugs detected") && page.contains("0 of 1 control runs")
        );
        assert!(page.contains("&lt;b&gt;one task") && !page.contains("<b>one task"));
        assert!(page.contains("<td>(1)</td>") && page.contains("<strong>1</strong>"));
        assert!(
            !page.contains("lost-write"),
            "a check without findings has no column"
        );
    }
}
