//! The page of a museum: which bugs of real releases were shown, by what, and that the releases without them were clean.

use maud::{DOCTYPE, Markup, html};

use super::parts::command;
use super::plain_head;
use crate::format::{length_ms, untrusted};
use crate::model::{ExhibitRow, Museum, MuseumRun, MuseumSide};

/// The whole page.
pub(crate) fn page(museum: &Museum) -> String {
    let (symbol, word) = match (museum.as_expected, museum.interrupted) {
        (true, _) => ("✓", "valid"),
        (false, true) => ("?", "undecided"),
        (false, false) => ("✗", "invalid"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (plain_head(&format!("{symbol} museum")))
            body {
                header class=(format!("verdict {word}")) {
                    h1 { span class="word" { (symbol) " " (headline(museum)) } }
                    p class="lead" { "Each exhibit is a bug that shipped. It is run on a release with the bug and on one without it; "
                        "the two differ in nothing else." @if museum.interrupted { " The visit was interrupted." } }
                    p class="facts" { span { "sources " code { (untrusted(&museum.sources)) } } }
                    div class="commands" { (command("reproduce", &museum.reproduce)) }
                }
                main id="main" {
                    (matrix(museum))
                    section aria-labelledby="exhibits" {
                        h2 id="exhibits" { "The exhibits" }
                        @for exhibit in &museum.exhibits { (article(exhibit)) }
                    }
                }
                footer { p { "Written by " (untrusted(&museum.tool.name)) " " (untrusted(&museum.tool.version)) ". A run shows a bug only if "
                    "everything is found that the exhibit expects. A run without the bug is clean only if no check finds anything and the "
                    "checks that would show the bug could be judged." } }
            }
        }
    };
    markup.into_string()
}

fn ran(museum: &Museum) -> impl Iterator<Item = &ExhibitRow> {
    let all = museum.exhibits.iter();
    all.filter(|exhibit| exhibit.not_run_because.is_none())
}

fn headline(museum: &Museum) -> String {
    let shown = ran(museum).filter(|exhibit| exhibit.as_expected).count();
    format!("{shown} of {} exhibits as expected", ran(museum).count())
}

fn matrix(museum: &Museum) -> Markup {
    html! {
        section aria-labelledby="matrix" {
            h2 id="matrix" { "Shown on the one, silent on the other" }
            div class="scroll" tabindex="0" role="group" aria-label="Exhibits, with and without the bug" {
                table class="matrix" {
                    thead { tr {
                        th scope="col" { "exhibit" } th scope="col" { "with the bug" } th scope="col" { "shown" }
                        th scope="col" { "median time" } th scope="col" { "without it" } th scope="col" { "clean" }
                        th scope="col" { "seen by" }
                    } }
                    tbody { @for exhibit in &museum.exhibits { (row(exhibit)) } }
                }
            }
        }
    }
}

fn row(exhibit: &ExhibitRow) -> Markup {
    let class = |right: bool| if right { "valid" } else { "invalid" };
    let by: Vec<&str> = exhibit.expected.iter().map(|(by, _)| by.as_str()).collect();
    let shown = exhibit.bad.shown() > 0;
    html! {
        tr {
            th scope="row" { a href=(format!("#{}", anchor(exhibit))) { (untrusted(&exhibit.name)) } }
            td { (untrusted(&exhibit.bad.target)) }
            @match &exhibit.not_run_because {
                Some(why) => td colspan="5" { "not run: " (untrusted(why)) },
                None => {
                    td class=(class(shown)) { (exhibit.bad.shown()) " of " (exhibit.bad.runs.len()) }
                    td { (exhibit.bad.median_ms().map(length_ms).unwrap_or_default()) }
                    @match &exhibit.good {
                        None => { td { "no release" } td {} },
                        Some(good) => {
                            td { (untrusted(&good.target)) }
                            td class=(class(good.clean() == good.runs.len())) { (good.clean()) " of " (good.runs.len()) }
                        }
                    }
                    td { (untrusted(&by.join(", "))) }
                }
            }
        }
    }
}

fn anchor(exhibit: &ExhibitRow) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = exhibit.name.chars().map(plain).collect();
    format!("exhibit-{name}")
}

fn article(exhibit: &ExhibitRow) -> Markup {
    let first = exhibit.bad.runs.iter().find(|run| !run.account.is_empty());
    html! {
        article id=(anchor(exhibit)) {
            h3 { (untrusted(&exhibit.name)) ": " (untrusted(&exhibit.title)) }
            p { (untrusted(&exhibit.about)) }
            ul { @for (by, because) in &exhibit.expected { li { strong { (untrusted(by)) } ": " (untrusted(because)) } } }
            p { "Expected in at least " (exhibit.of_five) " of 5 runs." }
            @if let Some(run) = first {
                blockquote { p { (untrusted(&run.account)) } p class="cut" { "seed " code { (untrusted(&run.seed)) } } }
            }
            @match &exhibit.not_run_because {
                Some(why) => p { "Not run: " (untrusted(why)) },
                None => {
                    (side(&exhibit.bad, "with the bug"))
                    @if let Some(good) = &exhibit.good { (side(good, "without it")) }
                }
            }
            ul { @for link in &exhibit.links { li { code { (untrusted(link)) } } } }
        }
    }
}

fn side(side: &MuseumSide, what: &str) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label={ "Runs of " (untrusted(&side.target)) ", " (what) } {
            table {
                caption { (untrusted(&side.target)) ", " (what) }
                thead { tr {
                    th scope="col" { "seed" } th scope="col" { "seen" } th scope="col" { "not seen" } th scope="col" { "after" }
                    th scope="col" { "other findings" } th scope="col" { "undecided" } th scope="col" { "tries" } th scope="col" { "history" }
                } }
                tbody { @for run in &side.runs { (line(run)) } }
            }
        }
    }
}

fn line(run: &MuseumRun) -> Markup {
    html! {
        tr {
            td { code { (untrusted(&run.seed)) } }
            td { (untrusted(&run.seen.join(", "))) }
            td { (untrusted(&run.missed.join(", "))) }
            td { (run.found_ms.map(length_ms).unwrap_or_default()) }
            td { (untrusted(&run.other.join(", "))) }
            td { (untrusted(&run.undecided.join(", "))) }
            td { (run.tries) }
            td { code { (untrusted(&run.history)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_what_was_shown_and_what_was_not_run() {
        let hit = MuseumRun {
            seed: "0x1".into(),
            seen: vec!["lost-write".into()],
            account: "3,309 records <gone>".into(),
            ..MuseumRun::default()
        };
        let museum = Museum {
            exhibits: vec![
                ExhibitRow {
                    name: "kip-966".into(),
                    bad: MuseumSide {
                        target: "apache-kafka-3.9.1".into(),
                        runs: vec![hit],
                    },
                    good: Some(MuseumSide {
                        target: "apache-kafka-4.4.0".into(),
                        runs: vec![MuseumRun::default()],
                    }),
                    as_expected: true,
                    ..ExhibitRow::default()
                },
                ExhibitRow {
                    name: "kip-890".into(),
                    not_run_because: Some("no transactions".into()),
                    ..ExhibitRow::default()
                },
            ],
            as_expected: true,
            ..Museum::default()
        };
        let page = page(&museum);
        for expected in [
            "1 of 1 exhibits as expected",
            "&lt;gone&gt;",
            "not run: no transactions",
            "1 of 1",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("<gone>"));
    }
}
