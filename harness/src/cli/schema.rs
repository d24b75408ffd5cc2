//! `jepsen schema FILE`: prints the JSON schema of a kind of file, for editors and for other tools. The schemas are in the
//! program, so they fit its version and need no network.

use anyhow::Result;
use clap::{Args, ValueEnum};
use schemars::Schema;
use serde_json::json;

use crate::config::exhibit::Exhibit;
use crate::config::suite::Suite;
use crate::config::target::Target;
use crate::config::waivers;
use crate::exit;
use crate::load::workloads::WORKLOADS;
use crate::output::tell_data;

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The kind of file.
    #[arg(value_name = "FILE")]
    pub of: Kind,
}

/// The files that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// How to start the nodes of a broker, and what it promises: docs/targets.md.
    Target,
    /// Scenarios that decide about a release: docs/qualification.md.
    Suite,
    /// Findings that somebody accepted: docs/qualification.md.
    Waivers,
    /// A bug that shipped, for the museum: docs/museum.md.
    Exhibit,
}

impl Kind {
    /// The name of the file that contains its schema, as `jepsen init` writes it.
    pub fn file_name(self) -> &'static str {
        match self {
            Kind::Target => "jepsen-target.schema.json",
            Kind::Suite => "jepsen-suite.schema.json",
            Kind::Waivers => "jepsen-waivers.schema.json",
            Kind::Exhibit => "jepsen-exhibit.schema.json",
        }
    }

    /// Its schema.
    pub fn schema(self) -> Schema {
        let mut schema = match self {
            Kind::Target => Target::schema(),
            Kind::Suite => Suite::schema(),
            Kind::Waivers => waivers::schema(),
            Kind::Exhibit => Exhibit::schema(),
        };
        // Files name workloads, and only this floor knows which there are.
        let workload = "/definitions/ScenarioFile/properties/workload";
        if let Some(workload) = schema.pointer_mut(workload) {
            let names: Vec<&str> = WORKLOADS.iter().map(|row| row.name).collect();
            workload["enum"] = json!(names);
        }
        schema
    }

    /// Its schema as a text, which ends with a line break.
    ///
    /// # Errors
    /// None today: a schema is JSON.
    pub fn text(self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.schema())? + "\n")
    }
}

/// Prints a schema.
///
/// # Errors
/// As of [`Kind::text`].
pub fn run(arguments: &SchemaArguments) -> Result<i32> {
    tell_data(&arguments.of.text()?);
    Ok(exit::VALID)
}
