//! `jepsen list`: everything that can be selected. A line each; `jepsen list plants no-pre-vote` says all of one.

mod catalogue;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;
use strum::IntoEnumIterator;

use crate::config::near;
use crate::exit::{self, Stop};
use crate::output::{tell, tell_json};
use catalogue::{Entry, Section, section};

/// Where a line ends, in characters: what every terminal shows.
const WIDTH: usize = 80;

/// The most characters that a name takes before its description moves to a line of its own.
const NAME_MAX: usize = 27;

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArguments {
    /// What to list, with a description of each. If absent, the names of everything.
    pub what: Option<What>,
    /// Names of this kind, to see everything about each.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Print one JSON document with all details of what is listed, see docs/output.md.
    #[arg(long)]
    pub json: bool,
}

/// What can be listed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum, strum::Display, strum::EnumIter,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum What {
    /// What a run plays.
    #[value(alias = "scenario")]
    Scenarios,
    /// Many scenarios, for a release.
    #[value(alias = "suite")]
    Suites,
    /// What clients do.
    #[value(alias = "workload")]
    Workloads,
    /// What happens to the nodes and their links.
    #[value(alias = "fault")]
    Faults,
    /// What a history is judged by.
    #[value(alias = "check")]
    Checks,
    /// Deliberate bugs of the reference broker.
    #[value(alias = "plant")]
    Plants,
    /// The clusters under test.
    #[value(alias = "target")]
    Targets,
    /// Bugs that shipped in real releases.
    #[value(alias = "exhibit")]
    Exhibits,
    /// The lies of the reference broker.
    #[value(alias = "mutant")]
    Mutants,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    sections: &'a [Section],
}

/// Prints what is asked.
///
/// # Errors
/// If there is no such name. The message says what was probably meant.
pub fn run(arguments: &ListArguments) -> Result<i32> {
    let mut sections: Vec<Section> = match arguments.what {
        Some(what) => vec![section(what)?],
        None => What::iter().map(section).collect::<Result<_>>()?,
    };
    if !arguments.names.is_empty() {
        for section in &mut sections {
            section.entries = named(section, &arguments.names)?;
        }
    }
    if arguments.json {
        let sections = &sections;
        tell_json(&Document { sections })?;
        return Ok(exit::VALID);
    }
    tell(&match (sections.as_slice(), arguments.names.is_empty()) {
        ([one], true) => lines(one),
        (all, true) => index(all),
        (all, false) => details(all),
    });
    Ok(exit::VALID)
}

/// The entries with these names, in the order of the names.
fn named(section: &Section, names: &[String]) -> Result<Vec<Entry>> {
    let find = |name: &String| {
        let found = section.entries.iter().find(|entry| entry.name == *name);
        found.cloned().ok_or_else(|| {
            let what = section.what.to_string();
            let known: Vec<&str> = section
                .entries
                .iter()
                .map(|entry| entry.name.as_str())
                .collect();
            Stop::usage(near::unknown(what.trim_end_matches('s'), name, &known))
        })
    };
    names.iter().map(find).collect()
}

/// The names of everything, and how to see more.
fn index(sections: &[Section]) -> String {
    let mut text = String::new();
    for Section {
        what,
        used,
        entries,
    } in sections
    {
        text += &format!("{what}  ({used})\n");
        let names: Vec<&str> = match what {
            // There are hundreds.
            What::Mutants => vec![],
            // The scenarios of a suite are listed with the suites.
            What::Suites => entries.iter().filter_map(Entry::alone).collect(),
            _ => entries.iter().map(|entry| &*entry.name).collect(),
        };
        text += &match names.as_slice() {
            [] => format!("  {} of them: jepsen list {what}\n", entries.len()),
            names => block("  ", &(names.join(", "))),
        };
        text.push('\n');
    }
    let fault = "jepsen list faults";
    let plant = "jepsen list plants no-pre-vote";
    text += &format!("{fault:<NAME_MAX$}    describes each; so for every other word above\n");
    text += &format!("{plant:<NAME_MAX$} says everything about one\n");
    text
}

/// A line for each entry, or more if its description is long.
fn lines(section: &Section) -> String {
    let Section {
        what,
        used,
        entries,
    } = section;
    let name = |entry: &Entry| match entry.name.split_once('/') {
        // Below its suite.
        Some((_, name)) => format!("    {name}"),
        None => format!("  {}", entry.name),
    };
    let lengths = entries.iter().map(|entry| name(entry).chars().count());
    let column = lengths.filter(|length| *length <= NAME_MAX).max();
    let column = column.unwrap_or(NAME_MAX) + 2;
    let mut text = format!("{what}  ({used})\n");
    for entry in entries {
        let name = name(entry);
        let described = block(&" ".repeat(column), &entry.about);
        text += &match name.chars().count() + 2 <= column {
            // Beside the first line of its description.
            true => format!("{name:<column$}{}", &described[column..]),
            false => format!("{name}\n{described}"),
        };
    }
    text + &format!("\njepsen list {what} NAME says everything about one, --json about all\n")
}

/// A text in lines that begin with an indent and end between words, each with a line break.
fn block(indent: &str, text: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        let is_begun = line > indent.len();
        if is_begun && line + 1 + word.chars().count() > WIDTH {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
}

/// All of each entry.
fn details(sections: &[Section]) -> String {
    let entries = sections.iter().flat_map(|section| &section.entries);
    let shown = entries.map(
        |Entry {
             name,
             about,
             details,
         }| {
            let rows = [("", about.clone())]
                .into_iter()
                .chain(details.iter().cloned());
            let rows = rows.map(|(what, detail)| row(what, &detail));
            format!("{name}\n{}", rows.collect::<String>())
        },
    );
    shown.collect::<Vec<_>>().join("\n")
}

/// One detail, broken between words so that it fits.
fn row(what: &str, detail: &str) -> String {
    const INDENT: usize = 22;
    let described = block(&" ".repeat(INDENT), detail);
    format!("  {what:<20}{}", &described[INDENT..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_into_80_columns_and_no_description_is_cut() {
        let all: Vec<Section> = What::iter()
            .map(|what| section(what).expect("built in"))
            .collect();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for section in &all {
            assert!(!section.entries.is_empty(), "{}", section.what);
            let text = lines(section);
            for entry in &section.entries {
                assert!(
                    words(&text).contains(&words(&entry.about)),
                    "{}",
                    entry.name
                );
            }
            for line in text.lines().chain(index(&all).lines()) {
                assert!(
                    line.chars().count() <= WIDTH && line == line.trim_end(),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn the_index_names_everything_that_is_not_in_a_list_of_its_own() {
        let all: Vec<Section> = What::iter()
            .map(|what| section(what).expect("built in"))
            .collect();
        let text = index(&all);
        for word in [
            "default,",
            "smoke,",
            "lossy-link,",
            "lost-write,",
            "no-pre-vote,",
            "kip-966,",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(text.contains("of them: jepsen list mutants"), "{text}");
        assert!(text.lines().count() < 100, "{text}");
    }

    #[test]
    fn the_scenarios_of_a_suite_are_below_it() {
        let text = lines(&section(What::Suites).expect("built in"));
        assert!(
            text.contains("\n  smoke  ") && text.contains("\n    kill-leader  "),
            "{text}"
        );
    }

    #[test]
    fn one_is_shown_with_all_that_is_known() {
        let plants = section(What::Plants).expect("built in");
        let found = named(&plants, &["no-pre-vote".to_owned()]).expect("there");
        let text = details(&[Section {
            entries: found,
            ..plants.clone()
        }]);
        for word in ["caught by", "happened", "acts after"] {
            assert!(text.contains(word), "{text}");
        }
        let error = named(&plants, &["no-prevote".to_owned()]).expect_err("a slip");
        assert!(
            error.to_string().contains("did you mean `no-pre-vote`?"),
            "{error}"
        );
    }
}
