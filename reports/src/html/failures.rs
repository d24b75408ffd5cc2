//! Section 3: one card per kind of anomaly, check and scenario, worst first, with the minimal evidence that proves it.

use std::collections::BTreeSet;

use checkers::verdict::Anomaly;
use maud::{Markup, html};

use super::evidence;
use super::parts::{command, heading, more, prose};
use super::scenario::rules_anchor;
use crate::findings::Card;
use crate::format::{count, untrusted};
use crate::limits::INSTANCES_PER_KIND_MAX;
use crate::model::{RunReport, ScenarioReport};
use crate::timelines::Timeline;
use crate::wording;

/// All cards.
pub(super) fn section(
    report: &RunReport,
    cards: &[Card<'_>],
    total: usize,
    timelines: &[Timeline<'_>],
) -> Markup {
    html! {
        @if !cards.is_empty() {
            section aria-labelledby="failures" {
                (heading("failures", "Failures", "worst first"))
                @for (index, card) in cards.iter().enumerate() { (one(report, card, same(&cards[..index], card), timelines)) }
                (more(cards.len(), total, "results.json"))
            }
        }
    }
}

/// The operations that its anomalies are about: the first of each one's evidence.
fn subjects(card: &Card<'_>) -> BTreeSet<u64> {
    let evidence = card.anomalies.iter().map(|anomaly| &anomaly.evidence);
    let first = evidence.filter_map(|evidence| evidence.operations.first().copied());
    first.collect()
}

/// The card before it that is about the same operations. One lost batch is a lost write, an offset with two values and a
/// record that nobody read; a reader who is not told so looks for three causes.
fn same<'a>(before: &'a [Card<'_>], card: &Card<'_>) -> Option<&'a str> {
    let own = subjects(card);
    let found = before.iter().find(|other| {
        let (others, shared) = (subjects(other), std::ptr::eq(other.scenario, card.scenario));
        shared && !own.is_empty() && own.intersection(&others).count() * 10 >= own.len() * 9
    });
    found.map(|other| other.id.as_str())
}

fn one(
    report: &RunReport,
    card: &Card<'_>,
    same: Option<&str>,
    timelines: &[Timeline<'_>],
) -> Markup {
    let words = wording::words(card.first());
    let shown = card.anomalies.len().min(INSTANCES_PER_KIND_MAX);
    html! {
        article class="card invalid" id=(card.id) aria-labelledby=(format!("{}-title", card.id)) {
            h3 id=(format!("{}-title", card.id)) {
                a class="id" href=(format!("#{}", card.id)) { (card.id) }
                " " span class="mark invalid" aria-hidden="true" { "✗" } " " (words.title)
                " " span class="where" { (untrusted(&card.scenario.name)) }
                " " (confidence(card.first()))
            }
            @if let Some(waiver) = card.waiver(report) {
                p class="waived" {
                    strong { "Waived until " (untrusted(&waiver.expires)) } " by " (untrusted(&waiver.author)) ": "
                    (untrusted(&waiver.reason))
                }
            }
            p class="rule" {
                span class="label" { "Promised" } " " (words.promise)
                " " span class="authority" { "Authority: " (authority(report, card, &words.authority)) ". Check: " (check(&card.verdict.check)) "." }
            }
            @let consequence = wording::consequence(&card.verdict.check);
            @if !consequence.is_empty() {
                p class="consequence" { span class="label" { "For users" } " " (consequence) }
            }
            @if let Some(id) = same {
                p class="cut" { "About the same operations as " a href=(format!("#{id}")) { (id) } "." }
            }
            @let instances = alike(card, shown);
            @for alike in instances.iter().take(1) { (instance(card, alike, timelines)) }
            @if instances.len() > 1 {
                details class="numbers" {
                    @let further: usize = instances[1..].iter().map(Vec::len).sum();
                    summary { (count(further as u64, "further findings")) }
                    @for alike in &instances[1..] { (instance(card, alike, timelines)) }
                }
            }
            (more(shown, card.total as usize, "results.json"))
            (commands(report, card))
        }
    }
}

/// What the authority of a limit names on the page.
const RULES: &str = "“Which rules applied”";

/// Who says so. A limit links to the rules of its scenario.
fn authority(report: &RunReport, card: &Card<'_>, words: &str) -> Markup {
    let same = |s: &ScenarioReport| std::ptr::eq(s, card.scenario);
    let number = report.scenarios.iter().position(same).map(|at| at + 1);
    html! {
        @match (words.split_once(RULES), number) {
            (Some((before, after)), Some(number)) => {
                (before) a href=(format!("#{}", rules_anchor(number))) { (RULES) } (after)
            },
            _ => (words),
        }
    }
}

/// The check's name, with a link to its explanation on this page.
fn check(name: &str) -> Markup {
    html! {
        @match super::glossary::anchor(name) {
            Some(anchor) => a href=(format!("#{anchor}")) { code { (untrusted(name)) } },
            None => code { (untrusted(name)) },
        }
    }
}

fn confidence(anomaly: &Anomaly) -> Markup {
    html! {
        span class="confidence" {
            @if anomaly.certain { "certain: the history contradicts itself" }
            @else if wording::words(anomaly).authority == wording::LIMIT { "measured: a limit was exceeded" }
            @else { "inferred from several observations" }
        }
    }
}

/// Instances that read the same, by their numbers: one change of leader is an instance in each partition, and a reader of
/// eight equal texts looks for the difference.
fn alike(card: &Card<'_>, shown: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, anomaly) in card.anomalies.iter().take(shown).enumerate() {
        let seen = wording::words(anomaly).seen;
        match all.iter_mut().find(|(text, _)| *text == seen) {
            Some((_, indices)) => indices.push(index),
            None => all.push((seen, vec![index])),
        }
    }
    all.into_iter().map(|(_, indices)| indices).collect()
}

/// Where the other instances of the same text were seen. Each keeps its anchor.
fn others(card: &Card<'_>, indices: &[usize]) -> Markup {
    let place = |index: usize| {
        let evidence = &card.anomalies[index].evidence;
        match (&evidence.topic, evidence.partition) {
            (Some(topic), Some(partition)) => format!("{}/{partition}", untrusted(topic)),
            (Some(topic), None) => untrusted(topic),
            _ => card.instance_id(index),
        }
    };
    html! {
        @if let [first, rest @ ..] = indices {
            @if !rest.is_empty() {
                p class="cut" {
                    "Seen for " code { (place(*first)) }
                    @for index in rest { ", " code id=(card.instance_id(*index)) { (place(*index)) } } "."
                }
            }
        }
    }
}

fn instance(card: &Card<'_>, alike: &[usize], timelines: &[Timeline<'_>]) -> Markup {
    let Some((index, anomaly)) = alike
        .first()
        .and_then(|index| Some((*index, *card.anomalies.get(*index)?)))
    else {
        return html! {};
    };
    let words = wording::words(anomaly);
    let id = card.instance_id(index);
    let mark = timelines.iter().find_map(|t| t.mark_id(&id));
    html! {
        div class="instance" id=[(index > 0).then_some(&id)] {
            p class="seen" { span class="label" { "Seen" } " " (prose(&words.seen)) }
            p class="therefore" { span class="label" { "Conclusion" } " " (prose(&words.therefore)) }
            (others(card, alike))
            (evidence::context(card.scenario, anomaly))
            @if let Some(mini) = crate::svg::mini(card.scenario, anomaly) {
                figure class="drawing" {
                    (mini.drawing)
                    figcaption {
                        (evidence::caption(card.scenario, &mini))
                        @if let Some(mark) = &mark { " " a class="to-timeline" href=(format!("#{mark}")) { "Show on the timeline" } "." }
                    }
                }
            }
            (evidence::operations(card.scenario, anomaly, timelines))
        }
    }
}

/// The commands to repeat and to recheck it, and where the operations are stored.
fn commands(report: &RunReport, card: &Card<'_>) -> Markup {
    let operation = card.first().evidence.operations.first();
    let history = card
        .scenario
        .files
        .iter()
        .find(|f| f.name.starts_with("history"));
    let reproduce = match card.scenario.reproduce.as_str() {
        "" => &report.run.reproduce,
        own => own,
    };
    html! {
        (command("reproduce", reproduce))
        @if !report.run.recheck.is_empty() {
            (command("recheck", &format!("{} --only {}", report.run.recheck, shell(&card.verdict.check))))
        }
        @if let (Some(file), Some(operation)) = (history, operation) {
            p class="cut" {
                "Operation numbers are the field " code { "i" } " of " code { (untrusted(&file.path)) }
                "; the first here is " code { (operation) } "."
            }
        }
    }
}

/// A word for a shell, quoted where necessary.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:=,".contains(c);
    if word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
