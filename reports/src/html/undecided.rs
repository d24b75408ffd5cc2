//! Undecided checks, each with its reasons: *lacked evidence* is not *valid*.

use maud::{Markup, html};

use super::parts::{heading, more, prose};
use crate::findings::UndecidedCheck;
use crate::format::{sentence_case, untrusted};
use crate::limits::INSTANCES_PER_KIND_MAX;
use crate::wording;

/// All undecided checks.
pub(super) fn section(open: &[UndecidedCheck<'_>], total: usize) -> Markup {
    html! {
        @if !open.is_empty() {
            section aria-labelledby="undecided" {
                (heading("undecided", "Undecided", "lacked evidence; not valid"))
                @for one in open { (card(one)) }
                (more(open.len(), total, "results.json"))
            }
        }
    }
}

fn card(open: &UndecidedCheck<'_>) -> Markup {
    let doubts = &open.verdict.doubts;
    let shown = doubts.len().min(INSTANCES_PER_KIND_MAX);
    let question = wording::question(&open.verdict.check);
    html! {
        article class="card undecided" id=(open.id) aria-labelledby=(format!("{}-title", open.id)) {
            h3 id=(format!("{}-title", open.id)) {
                a class="id" href=(format!("#{}", open.id)) { (open.id) }
                " " span class="mark undecided" aria-hidden="true" { "?" } " " (untrusted(&open.verdict.check))
                " " span class="where" { (untrusted(&open.scenario.name)) }
            }
            @if !question.is_empty() { p class="rule" { span class="label" { "Question" } " " (question)
                @if let Some(anchor) = super::glossary::anchor(&open.verdict.check) {
                    " " a href=(format!("#{anchor}")) { "What it means" } "."
                }
            } }
            @if doubts.is_empty() { p { "No reason was recorded." } }
            ul class="doubts" { @for doubt in &doubts[..shown] { li { (prose(&sentence(&wording::doubt(doubt)))) } } }
            (more(shown, doubts.len(), "results.json"))
        }
    }
}

/// A capital letter first and a full stop last.
fn sentence(text: &str) -> String {
    sentence_case(text) + "."
}
