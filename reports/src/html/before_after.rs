//! The incident, before and after, as a table.

use maud::{Markup, html};

use super::parts::heading;
use crate::format::untrusted;
use crate::model::BeforeAfter;

/// The whole section.
pub(super) fn section(before_after: &BeforeAfter) -> Markup {
    let verdict: &str = if before_after.as_expected {
        "As expected: the run with the bugs fails for the expected reasons, and the run without them is valid."
    } else {
        match before_after.reasons.iter().all(|reason| reason.seen) {
            true => "Not as expected: the run without the bugs is not valid.",
            false => "Not as expected: a reason below was not observed.",
        }
    };
    html! {
        section aria-labelledby="incident" {
            (heading("incident", "Before and after", ""))
            p { strong { (verdict) } }
            div class="scroll" tabindex="0" role="group" aria-label="Before and after" {
                table {
                    caption {
                        "Measured in this run. Before: with the planted bugs "
                        (untrusted(&before_after.plants.join(", "))) ". After: without them."
                    }
                    thead { tr { th scope="col" { "" } th scope="col" { "before" } th scope="col" { "after" } } }
                    tbody {
                        @for row in &before_after.rows {
                            tr {
                                th scope="row" { (untrusted(&row.what)) }
                                td { (untrusted(&row.before)) }
                                td { (untrusted(&row.after)) }
                            }
                        }
                    }
                }
            }
            div class="scroll" tabindex="0" role="group" aria-label="Reasons for which the run with the bugs must fail" {
                table {
                    caption { "Reasons for which the run with the bugs must fail" }
                    thead { tr { th scope="col" { "reason" } th scope="col" { "check" } th scope="col" { "observed" } } }
                    tbody {
                        @for reason in &before_after.reasons {
                            tr {
                                td { (untrusted(&reason.what)) }
                                td { code { (untrusted(&reason.check)) } }
                                td { @if reason.seen { "✓ yes" } @else { "✗ no" } }
                            }
                        }
                    }
                }
            }
        }
    }
}
