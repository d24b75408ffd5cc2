//! The mutants of a calibration: the score, those that are left, and the table of all.

use maud::{Markup, html};

use crate::format::{length_ms, untrusted};
use crate::model::{Fate, MutantRow, score, score_text};

/// The section of the page.
pub(super) fn section(rows: &[MutantRow]) -> Markup {
    let left: Vec<&MutantRow> = rows.iter().filter(|row| !row.fate.is_settled()).collect();
    html! {
        section aria-labelledby="mutants" {
            h2 id="mutants" { "Mutants" }
            p { "A mutant is a lie that the broker tells its clients: one field of one answer, or how the answer is sent. "
                (score_text(rows)) "." }
            table {
                thead { tr { th scope="col" { "fate" } th scope="col" { "mutants" } } }
                tbody { @for (fate, count) in score(rows) {
                    tr { th scope="row" { (fate.words()) } td { (count) } }
                } }
            }
            @if !left.is_empty() {
                h3 { "What is left" }
                (table(&left))
            }
            h3 { "All" }
            (table(&rows.iter().collect::<Vec<_>>()))
        }
    }
}

fn table(rows: &[&MutantRow]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="Mutants and the checks that detected them" { table {
            thead { tr {
                th scope="col" { "mutant" } th scope="col" { "API, field" } th scope="col" { "what a client is told" }
                th scope="col" { "when" } th scope="col" { "fate" } th scope="col" { "killed by" } th scope="col" { "after" }
                th scope="col" { "expected, or why equivalent" } th scope="col" { "also noticed by" }
            } }
            tbody { @for row in rows { (line(row)) } }
        } }
    }
}

fn line(row: &MutantRow) -> Markup {
    let class = if row.fate.is_settled() {
        "valid"
    } else {
        "invalid"
    };
    let mark = match row.fate {
        Fate::Killed => "✓ ",
        Fate::Equivalent => "= ",
        _ => "✗ ",
    };
    let expected = row.expected.join(", ");
    html! {
        tr {
            th scope="row" { code { (untrusted(&row.mutant)) } }
            td { (untrusted(&row.api)) ", " (untrusted(&row.field)) }
            td { (untrusted(&row.does)) }
            td { (untrusted(&row.when)) }
            td class=(class) { (mark) (row.fate.words()) }
            td { (untrusted(&row.killers().join(", "))) }
            td { (row.killed_after_ms().map(length_ms).unwrap_or_default()) }
            td { (untrusted(row.equivalent.as_deref().unwrap_or(&expected))) }
            td { (untrusted(&row.noticed().join(", "))) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PlantRun;

    #[test]
    fn survivors_stand_apart_and_hostile_text_stays_text() {
        let killed = MutantRow {
            mutant: "produce-never".into(),
            fate: Fate::Killed,
            runs: vec![PlantRun {
                caught_by: vec!["availability".into()],
                detected_ms: Some(8_000),
                ..PlantRun::default()
            }],
            ..MutantRow::default()
        };
        let survivor = MutantRow {
            mutant: "fetch-nothing".into(),
            does: "<b>nothing</b>".into(),
            fate: Fate::Survived,
            ..MutantRow::default()
        };
        let page = section(&[killed, survivor]).into_string();
        assert!(page.contains("1 of 2 mutants killed, 1 survived"));
        let left = page.split("What is left").nth(1).expect("a part");
        let left = left.split("All").next().expect("before the next part");
        assert!(left.contains("fetch-nothing") && !left.contains("produce-never"));
        assert!(page.contains("8.00 s") && !page.contains("<b>nothing"));
    }
}
