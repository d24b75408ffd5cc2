//! `jepsen compare A B`: two stored runs side by side, on the terminal and as a page. A is the earlier run, B the later
//! one.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use reports::model::{Comparison, FindingStatus};

use crate::exit;
use crate::experiments::qualify::baseline::Stored;
use crate::experiments::qualify::comparison;
use crate::output::{comparison as wording, tell, tell_data};
use crate::store::write_whole;

/// Flags of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The run to compare with.
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// The run under test.
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// Also write a page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Compares and prints. Exit code 1 if there is a new finding, 3 if only figures are worse, else 0.
///
/// # Errors
/// If one of them is not a finished run, or the page cannot be written.
pub fn run(arguments: &CompareArguments) -> Result<i32> {
    let before = Stored::load(&arguments.before)?;
    let after = Stored::load(&arguments.after)?;
    let compared = compare(&before, &after);
    if arguments.json {
        tell_data(&serde_json::to_string_pretty(&compared)?);
    } else {
        tell(&wording::text(&compared));
    }
    if let Some(file) = &arguments.html {
        let title = format!("{} and {}", before.report.run.id, after.report.run.id);
        write_whole(file, &reports::comparison_html(&title, &compared))?;
    }
    Ok(match compared.count(FindingStatus::New) {
        0 if compared.regressed().next().is_some() => exit::PERFORMANCE,
        0 => exit::VALID,
        _ => exit::INVALID,
    })
}

/// The figures of interleaved runs were compared when they ran. All other runs have no comparable figures.
fn compare(before: &Stored, after: &Stored) -> Comparison {
    let beside = after
        .manifest
        .as_ref()
        .map(|manifest| manifest.against.as_str());
    match &after.report.comparison {
        Some(compared) if beside == Some(before.report.run.id.as_str()) => compared.clone(),
        _ => {
            let manifest = after.manifest.clone().unwrap_or_default();
            comparison::with_stored(before, &after.report, &manifest)
        }
    }
}
