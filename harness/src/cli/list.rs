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

/// How many characters a name takes before its description moves to the right.
const NAME_WIDTH: usize = 24;

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArguments {
    /// What to list; everything but mutants if absent.
    pub what: Option<What>,
    /// Names of this kind, to see all of each.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Print JSON: all details of what is listed.
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
    Scenarios,
    /// Many scenarios, for a release.
    Suites,
    /// What clients do.
    Workloads,
    /// What happens to the nodes and their links.
    Faults,
    /// What a history is judged by.
    Checks,
    /// Deliberate bugs of the reference broker.
    Plants,
    /// The clusters under test.
    Targets,
    /// Bugs that shipped in real releases.
    Exhibits,
    /// The lies of the reference broker.
    Mutants,
}

/// Prints what is asked.
///
/// # Errors
/// If there is no such name. The message lists the names.
pub fn run(arguments: &ListArguments) -> Result<i32> {
    let mut sections: Vec<Section> = match arguments.what {
        Some(what) => vec![section(what)?],
        // There are hundreds.
        None => What::iter()
            .filter(|what| *what != What::Mutants)
            .map(section)
            .collect::<Result<_>>()?,
    };
    if !arguments.names.is_empty() {
        for section in &mut sections {
            section.entries = named(section, &arguments.names)?;
        }
    }
    if arguments.json {
        tell_json(&sections)?;
        return Ok(exit::VALID);
    }
    match arguments.names.is_empty() {
        true => tell(&lines(&sections, arguments.what.is_none())),
        false => tell(&details(&sections)),
    }
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

/// A line for each entry.
fn lines(sections: &[Section], everything: bool) -> String {
    let mut text = String::new();
    for Section {
        what,
        used,
        entries,
    } in sections
    {
        text += &format!("{what}  ({used})\n");
        for Entry { name, about, .. } in entries {
            let line = format!("  {name:<NAME_WIDTH$} {about}");
            text += &shortened(&line, WIDTH);
            text.push('\n');
        }
        text.push('\n');
    }
    text += "jepsen list WHAT NAME shows all of one, --json everything\n";
    if everything {
        text += "jepsen list mutants lists the lies of the reference broker\n";
    }
    text
}

/// A line that ends at a word before the width, if it is longer.
fn shortened(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let within: String = line.chars().take(width - 3).collect();
    let end = within.rfind(' ').unwrap_or(within.len());
    format!(
        "{}...",
        within[..end].trim_end_matches([',', ';', ':', ' '])
    )
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
    let mut text = format!("  {what:<20}");
    let mut column = INDENT;
    for word in detail.split_whitespace() {
        let length = word.chars().count();
        if column > INDENT && column + length >= WIDTH {
            text += &format!("\n{:INDENT$}", "");
            column = INDENT;
        }
        text += word;
        text.push(' ');
        column += length + 1;
    }
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_into_80_columns() {
        for what in What::iter() {
            let section = section(what).expect("built in");
            assert!(!section.entries.is_empty(), "{what}");
            for line in lines(&[section], true).lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
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
