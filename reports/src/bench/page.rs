//! The comparison as a page: conditions first, because figures cannot be read without them, then the charts, then the
//! table with every spread. One file, no scripts, no references to anything outside.

use maud::{DOCTYPE, Markup, html};

use super::{Bench, Figure, chart, table};
use crate::format::{memory, untrusted};
use crate::html::head_of;

const OWN_STYLE: &str = "
main { padding-block: 1rem 3rem; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; }
svg { width: 100%; max-width: 900px; height: auto; font-size: 13px; }
svg text { fill: var(--text); } svg .value { fill: var(--soft); }
.bar.t0 { fill: var(--ok); } .bar.t1 { fill: var(--info); } .bar.t2 { fill: var(--fail); } .bar.t3 { fill: var(--leader); }
.sample { fill: var(--ground); stroke: var(--text); }
table.figures { border-collapse: collapse; } table.figures td, table.figures th { padding: .2rem .8rem; border-bottom: 1px solid var(--line); }
table.figures td { text-align: right; white-space: nowrap; }
.spread { display: block; color: var(--soft); font-size: .85em; }
";
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page.
pub fn page(bench: &Bench) -> String {
    let title = format!("Comparison: {}", untrusted(&bench.targets.join(", ")));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head_of(&title, POLICY, None, OWN_STYLE))
            body {
                main {
                    h1 { (title) }
                    (conditions(bench))
                    @for group in groups(bench) {
                        h2 { (group) }
                        @for figure in bench.figures.iter().filter(|f| f.group == group) {
                            figure { figcaption { (figure.label) } (chart::bars(bench, figure)) }
                        }
                    }
                    h2 { "All figures" }
                    (figures(bench))
                }
            }
        }
    };
    crate::visible::block(&markup.into_string()).into_owned()
}

fn groups(bench: &Bench) -> Vec<&str> {
    let mut groups: Vec<&str> = bench.figures.iter().map(|f| f.group.as_str()).collect();
    groups.dedup();
    groups
}

fn conditions(bench: &Bench) -> Markup {
    let machine = &bench.environment;
    html! {
        p { "Started " (bench.started) " with jepsen " (bench.version) ", librdkafka " (machine.librdkafka) "." }
        ul {
            li {
                (machine.cpus) " processors (" (untrusted(&machine.cpu_model)) "), " (memory(machine.memory_bytes)) ", "
                (untrusted(&machine.kernel)) ", data on " (untrusted(&machine.data_filesystem.kind))
            }
            @for condition in &bench.conditions { li { (untrusted(condition)) } }
        }
        @if !bench.warnings.is_empty() {
            h2 { "Warnings" }
            ul { @for warning in &bench.warnings { li { (untrusted(warning)) } } }
        }
        p { "Reproduce: " code { (untrusted(&bench.command)) } }
    }
}

fn figures(bench: &Bench) -> Markup {
    let first = bench.targets.first().map_or("", String::as_str);
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="All figures of all targets" {
            table class="figures" {
                thead { tr { th scope="col" { "figure" } @for target in &bench.targets { th scope="col" { (untrusted(target)) } } } }
                tbody {
                    @for figure in &bench.figures {
                        tr {
                            th scope="row" { (figure.group) ": " (figure.label) }
                            @for target in &bench.targets { (cell(figure, target, first)) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(figure: &Figure, target: &str, first: &str) -> Markup {
    let Some(spread) = figure.spread(target) else {
        return html! { td { "-" } };
    };
    html! {
        td {
            (table::cell(figure, target, first))
            span class="spread" { (figure.unit.shown(spread.least)) " to " (figure.unit.shown(spread.most)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_page_has_bars_and_spreads_and_escapes_names() {
        let page = page(&example());
        assert!(page.contains("class=\"bar t0\"") && page.contains("100/s to 400/s"));
        assert!(page.contains("&lt;other&gt;") && !page.contains("<other>"));
        assert!(page.contains("not measured"));
    }
}
