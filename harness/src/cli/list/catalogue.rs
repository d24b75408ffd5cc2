//! Everything that can be selected, as data: sections of entries, each with one line and with details.

use std::fmt::Display;

use anyhow::Result;
use nemesis::catalogue::Kind;
use serde::{Serialize, Serializer};

use super::What;
use crate::config::exhibit;
use crate::config::scenario;
use crate::config::suite::Suite;
use crate::config::target::{RELEASES, Target};
use crate::experiments::calibrate::{mutants, table};
use crate::experiments::incident;
use crate::load::workloads::WORKLOADS;

/// One kind of thing that can be selected.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Section {
    /// Its word on the command line.
    pub(super) what: What,
    /// How its entries are used.
    pub(super) used: &'static str,
    pub(super) entries: Vec<Entry>,
}

/// One thing that can be selected.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Entry {
    pub(super) name: String,
    /// What it is, in one line.
    pub(super) about: String,
    /// More of it: what it is called, and what it is. An object in JSON.
    #[serde(serialize_with = "as_object")]
    pub(super) details: Vec<(&'static str, String)>,
}

impl Entry {
    fn new(name: impl Into<String>, about: impl Into<String>) -> Entry {
        Entry {
            name: name.into(),
            about: about.into(),
            details: Vec::new(),
        }
    }

    /// Its name, unless it belongs to another entry, as a scenario to its suite.
    pub(super) fn alone(&self) -> Option<&str> {
        (!self.name.contains('/')).then_some(&*self.name)
    }

    fn with(mut self, what: &'static str, detail: impl Display) -> Entry {
        self.details.push((what, detail.to_string()));
        self
    }
}

fn as_object<S: Serializer>(
    details: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(details.iter().map(|(what, detail)| (what, detail)))
}

/// The section of one kind.
///
/// # Errors
/// If a built-in file is wrong, which a test prevents.
pub(super) fn section(what: What) -> Result<Section> {
    let (used, entries) = match what {
        What::Scenarios => ("jepsen run NAME", scenarios()?),
        What::Suites => ("jepsen qualify SUITE, jepsen run SUITE/NAME", suites()?),
        What::Workloads => ("jepsen run --workload NAME", workloads()),
        What::Faults => (
            "jepsen run --faults NAME,NAME:ROLE,NAME=SETTING:ROLE",
            faults(),
        ),
        What::Checks => ("jepsen check --only NAME RUN", checks()),
        What::Plants => ("jepsen run --plant NAME, NAME@NODE, NAME=NUMBER", plants()),
        What::Mutants => ("jepsen run --mutant NAME, NAME@NODE", lies()),
        What::Targets => ("jepsen run --target NAME", targets()?),
        What::Exhibits => ("jepsen museum NAME", exhibits()?),
    };
    Ok(Section {
        what,
        used,
        entries,
    })
}

fn scenarios() -> Result<Vec<Entry>> {
    let built_in = scenario::built_in()?.iter();
    let built_in = built_in.map(|one| Entry::new(&one.name, &one.description));
    let incident = Entry::new(incident::NAME, incident::DESCRIPTION);
    Ok(built_in.chain([incident]).collect())
}

fn suites() -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for name in Suite::built_in() {
        let suite = Suite::load(name)?;
        entries.push(Entry::new(name, &suite.description));
        for one in &suite.scenarios {
            let entry = Entry::new(format!("{name}/{}", one.name), &one.description);
            entries.push(match one.named.as_slice() {
                [] => entry,
                names => entry.with("known as", names.join(", ")),
            });
        }
    }
    Ok(entries)
}

fn workloads() -> Vec<Entry> {
    let all = WORKLOADS.iter();
    all.map(|row| Entry::new(row.name, row.description))
        .collect()
}

fn faults() -> Vec<Entry> {
    let fault = |kind: Kind| {
        let roles: Vec<&str> = kind.roles().iter().map(|role| role.name()).collect();
        let entry = Entry::new(kind.name(), kind.description())
            .with("class", kind.class())
            .with("roles", roles.join(", "));
        match kind.setting() {
            None => entry,
            Some(setting) => entry.with("setting", format!("{}=...: {setting}", kind.name())),
        }
    };
    Kind::ALL.into_iter().map(fault).collect()
}

fn checks() -> Vec<Entry> {
    let check = |row: &checkers::checks::Row| {
        Entry::new(row.name, row.rules_out)
            .with("authority", row.authority)
            .with("class", <&str>::from(row.class))
    };
    checkers::checks::TABLE.iter().map(check).collect()
}

fn plants() -> Vec<Entry> {
    let plant = |(row, offered): table::Subject| {
        let entry = Entry::new(row.name, offered.does).with("happened", offered.happened);
        let entry = match offered.parameter {
            None => entry,
            Some(number) => entry.with(
                "number",
                format!(
                    "{}=N: {}, {} if absent",
                    row.name, number.what, number.default
                ),
            ),
        };
        let entry = match row.trigger {
            [] => entry.with("acts", "always"),
            kinds => entry.with("acts after", kinds.join(", ")),
        };
        let entry = entry.with("workload", row.workload);
        match row.not_seen_because {
            None => entry.with("caught by", row.caught_by.join(", ")),
            Some(why) => entry.with("not detectable here", why),
        }
    };
    table::subjects().map(plant).collect()
}

fn lies() -> Vec<Entry> {
    let lie = |(row, mutant): mutants::Subject| {
        let entry = Entry::new(mutant.name, mutant.does)
            .with("API", mutant.api())
            .with("field", mutant.field)
            .with("when", mutant.when)
            .with("begins", "2 s after its node was first asked about records");
        match row.not_seen_because {
            None => entry.with("killed by", row.caught_by.join(", ")),
            Some(why) => entry.with("equivalent", why),
        }
    };
    mutants::subjects().map(lie).collect()
}

fn exhibits() -> Result<Vec<Entry>> {
    let entry = |exhibit: &exhibit::Exhibit| {
        let good = exhibit.good.as_ref().map(|side| side.name.clone());
        let entry = Entry::new(&exhibit.name, &exhibit.title)
            .with("what", &exhibit.about)
            .with("with the bug", &exhibit.bad.name)
            .with(
                "without it",
                good.unwrap_or_else(|| "no release".to_owned()),
            )
            .with("reported", exhibit.links.join(", "));
        match &exhibit.not_here {
            Some(why) => entry.with("not shown here", why),
            None => entry,
        }
    };
    Ok(exhibit::built_in()?.iter().map(entry).collect())
}

fn targets() -> Result<Vec<Entry>> {
    let fixed =
        Target::built_in().map(|name| Ok(Entry::new(name, Target::load(name)?.description)));
    let (name, about) = RELEASES;
    fixed.chain([Ok(Entry::new(name, about))]).collect()
}
