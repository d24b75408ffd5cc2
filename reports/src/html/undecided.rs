//! Undecided checks: each with every reason, because *could not be judged* is not *valid*.

use maud::{Markup, html};

use super::parts::{heading, more, prose, sentence_case};
use crate::findings::Open;
use crate::format::untrusted;
use crate::limits::INSTANCES_PER_KIND_MAX;
use crate::wording;

/// All undecided checks.
pub(super) fn section(open: &[Open<'_>], total: usize) -> Markup {
    html! {
        @if !open.is_empty() {
            section aria-labelledby="undecided" {
                (heading("undecided", "Undecided", "could not be judged; not valid"))
                @for one in open { (card(one)) }
                (more(open.len(), total, "results.json"))
            }
        }
    }
}

fn card(open: &Open<'_>) -> Markup {
    let doubts = &open.verdict.doubts;
    let shown = doubts.len().min(INSTANCES_PER_KIND_MAX);
    let asks = wording::check(&open.verdict.check)
        .map(|c| c.asks)
        .unwrap_or_default();
    html! {
        article class="card undecided" id=(open.id) aria-labelledby=(format!("{}-title", open.id)) {
            h3 id=(format!("{}-title", open.id)) {
                a class="id" href=(format!("#{}", open.id)) { (open.id) }
                " " span class="mark undecided" aria-hidden="true" { "?" } " " (untrusted(&open.verdict.check))
                span class="where" { (untrusted(&open.scenario.name)) }
            }
            @if !asks.is_empty() { p class="rule" { span class="label" { "Asked" } " " (asks) } }
            @if doubts.is_empty() { p { "No reason was given." } }
            ul class="doubts" { @for doubt in &doubts[..shown] { li { (prose(&sentence(&wording::doubt(doubt)))) } } }
            (more(shown, doubts.len(), "results.json"))
        }
    }
}

/// A capital letter first and a full stop last.
fn sentence(text: &str) -> String {
    sentence_case(text) + "."
}
