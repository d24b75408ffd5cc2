//! The first finding on the terminal: what was promised, what was seen and what follows, with node and fault, and where to
//! read on. Lines of at most 80 columns, which a terminal need not break in the middle of a word.

use crate::findings::Card;
use crate::format::{moment, untrusted};
use crate::model::FaultWindow;
use crate::wording;

/// Where a line ends.
const WIDTH: usize = 80;

/// Before the text of each line.
const INDENT: usize = 13;

/// What one label may take.
const LINES_MAX: usize = 3;

/// The lines for a card.
pub(super) fn lines(card: &Card<'_>, page: &str) -> Vec<String> {
    let anomaly = card.first();
    let words = wording::words(anomaly);
    let evidence = &anomaly.evidence;
    let faults = evidence
        .faults
        .iter()
        .filter_map(|id| card.scenario.fault(id));
    let faults: Vec<String> = faults.map(fault).collect();
    let place = match (&evidence.topic, evidence.partition) {
        (Some(topic), Some(partition)) => format!("{topic}/{partition}"),
        _ => String::new(),
    };
    let mut lines = vec![String::new()];
    for (label, text) in [
        ("promised", &words.promise),
        ("seen", &words.seen),
        ("so", &words.therefore),
        (
            "for users",
            &wording::consequence(&card.verdict.check).to_owned(),
        ),
        ("node", &evidence.nodes.join(", ")),
        ("partition", &place),
        ("fault", &faults.join(", ")),
    ] {
        if !text.is_empty() {
            lines.extend(labelled(label, &untrusted(text)));
        }
    }
    if !page.is_empty() {
        let rules = format!("the page explains the check {}", card.verdict.check);
        lines.extend(labelled("read on", &untrusted(&rules)));
        // One word, so that it can be copied as a whole.
        lines.push(format!(
            "  {:<10} {}",
            "",
            untrusted(&format!("{page}#{}", card.id))
        ));
    }
    lines.push(String::new());
    lines
}

fn fault(fault: &FaultWindow) -> String {
    format!(
        "{} {} at {}",
        fault.id,
        fault.title(),
        moment(fault.begin_ns)
    )
}

/// Words of a text; a unit belongs to its number.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = ["s", "ms", "min"].contains(&word.trim_end_matches([',', '.', ';', ')']));
        let after_number = |last: &String| last.ends_with(|c: char| c.is_ascii_digit());
        match words
            .last_mut()
            .filter(|last| is_unit && after_number(last))
        {
            Some(number) => *number += &format!(" {word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// A text beside its label, broken between words.
fn labelled(label: &str, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![format!("  {label:<10} ")];
    let mut has_more = false;
    for word in words(text) {
        let word = word.as_str();
        let line = lines.last_mut().expect("there is one from the start");
        let length = line.chars().count();
        if length == INDENT {
            *line += word;
        } else if length + 1 + word.chars().count() <= WIDTH {
            *line += " ";
            *line += word;
        } else if lines.len() < LINES_MAX {
            lines.push(format!("{:INDENT$}{word}", ""));
        } else {
            has_more = true;
            break;
        }
    }
    if has_more && let Some(line) = lines.last_mut() {
        *line += " ...";
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_broken_between_words_and_ends() {
        let lines = labelled("seen", &"word ".repeat(100));
        assert_eq!(lines.len(), LINES_MAX);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH + 4));
        assert!(lines[0].starts_with("  seen       word word"));
        assert!(lines[2].ends_with("word ..."));
        let at_the_end = labelled("fault", &format!("{} at 9.929 s, then", "x".repeat(56)));
        assert!(
            at_the_end[1].trim_start().starts_with("9.929 s, then"),
            "{at_the_end:?}"
        );
        assert_eq!(labelled("node", "n2"), ["  node       n2"]);
    }
}
