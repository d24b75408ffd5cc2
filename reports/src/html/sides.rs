//! The two runs of a comparison side by side: what was tested, how, and with which verdict, with links to their pages.

use maud::{Markup, html};

use crate::format::{length_ms, untrusted};
use crate::model::Side;
use crate::wording;

/// The table. The links leave the page, like those of the index: the page of a comparison stands beside runs.
pub(super) fn table(first: &Side, second: &Side) -> Markup {
    let stated = |value: &str| match value.trim() {
        "" => "not stated".to_owned(),
        value => untrusted(value),
    };
    let plants = |side: &Side| match side.subject.plants.as_slice() {
        [] => "none".to_owned(),
        plants => wording::planted(plants),
    };
    let rows: [(&str, [String; 2]); 9] = [
        ("target", [first, second].map(|s| stated(&s.subject.name))),
        (
            "version",
            [first, second].map(|s| stated(&s.subject.version)),
        ),
        (
            "revision",
            [first, second].map(|s| stated(&s.subject.revision)),
        ),
        (
            "program SHA-256",
            [first, second].map(|s| stated(s.subject.binary_sha256.as_deref().unwrap_or_default())),
        ),
        (
            "configuration digest",
            [first, second].map(|s| stated(&s.subject.configuration)),
        ),
        ("planted bugs", [first, second].map(plants)),
        (
            "faults in effect",
            [first, second].map(|s| stated(&s.faults.join(", "))),
        ),
        ("length", [first, second].map(|s| length_ms(s.duration_ms))),
        ("harness", [first, second].map(|s| stated(&s.harness))),
    ];
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="The two runs side by side" {
            table {
                caption { "The two runs side by side" }
                thead { tr { th scope="col" { "" } th scope="col" { "first" } th scope="col" { "second" } } }
                tbody {
                    tr { th scope="row" { "run" } td { (link(first)) } td { (link(second)) } }
                    tr { th scope="row" { "verdict" } td { strong { (untrusted(&first.verdict)) } } td { strong { (untrusted(&second.verdict)) } } }
                    @for (name, [one, other]) in &rows {
                        tr { th scope="row" { (name) } td { (one) } td { @if one != other { strong { (other) } } @else { (other) } } }
                    }
                }
            }
        }
    }
}

fn link(side: &Side) -> Markup {
    html! {
        @if side.page.is_empty() { code { (untrusted(&side.run)) } }
        @else { a href=(side.page) { code { (untrusted(&side.run)) } } }
    }
}
