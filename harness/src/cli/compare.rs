//! `jepsen compare A B`: two stored runs side by side, on the terminal and as a page. A is the earlier run, B the later
//! one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use reports::RunReport;
use reports::model::{Comparison, FindingStatus, Side};

use crate::exit;
use crate::experiments::qualify::baseline::Stored;
use crate::experiments::qualify::comparison;
use crate::output::{comparison as wording, only_json, tell, tell_json};
use crate::session::browser::Browser;
use crate::store::{layout, write_whole};

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
    /// With --html: show the page in a browser: BROWSER, or xdg-open.
    #[arg(long, requires = "html")]
    pub open: bool,
    /// Print the comparison as one JSON document, see docs/output.md.
    #[arg(long)]
    pub json: bool,
}

/// Compares and prints. Exit code 1 if there is a new finding, 3 if only figures are worse, 2 if the runs are not like for
/// like, else 0.
///
/// # Errors
/// If one of them is not a finished run, or the page cannot be written.
pub fn run(arguments: &CompareArguments) -> Result<i32> {
    if arguments.json {
        only_json();
    }
    let before = Stored::load(&arguments.before)?;
    let after = Stored::load(&arguments.after)?;
    let mut compared = compare(&before, &after);
    let reasons = unlike(&before.report, &after.report);
    if !reasons.is_empty() {
        compared.not_alike(reasons);
    }
    compared.earlier = Some(reports::side(&before.report));
    compared.candidate = Some(reports::side(&after.report));
    if arguments.json {
        tell_json(&compared)?;
    } else {
        tell(&wording::text(&compared));
    }
    if let Some(file) = &arguments.html {
        let link = |side: &mut Option<Side>, run: &Path| {
            if let Some(side) = side {
                side.page = address(file, &run.join(layout::PAGE)).unwrap_or_default();
            }
        };
        link(&mut compared.earlier, &arguments.before);
        link(&mut compared.candidate, &arguments.after);
        let title = format!("{} and {}", before.report.run.id, after.report.run.id);
        write_whole(file, &reports::comparison_html(&title, &compared))?;
        Browser::ready(arguments.open).show(file);
    }
    if !compared.unlike.is_empty() {
        return Ok(exit::UNDECIDED);
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

/// How much longer one of two runs may take, in percent, before they are of another length.
const LENGTH_PERCENT: u64 = 25;

/// Why two runs are not like for like, one sentence each. The build may differ: that is the question.
fn unlike(before: &RunReport, after: &RunReport) -> Vec<String> {
    let (first, second) = (reports::side(before), reports::side(after));
    let list = |words: &[String]| match words {
        [] => "none".to_owned(),
        words => words.join(", "),
    };
    let mut reasons = Vec::new();
    let mut differ = |what: &str, one: String, other: String| {
        if one != other {
            reasons.push(format!(
                "{what}: {one} in the first run, {other} in the second"
            ));
        }
    };
    differ(
        "planted bugs",
        list(&first.subject.plants),
        list(&second.subject.plants),
    );
    differ(
        "faults in effect",
        list(&first.faults),
        list(&second.faults),
    );
    differ("target", first.subject.name, second.subject.name);
    let (short, long) = (
        first.duration_ms.min(second.duration_ms),
        first.duration_ms.max(second.duration_ms),
    );
    if long.saturating_mul(100) > short.saturating_mul(100 + LENGTH_PERCENT) {
        let seconds = |ms: u64| format!("{} s", ms / 1_000);
        differ(
            "length",
            seconds(first.duration_ms),
            seconds(second.duration_ms),
        );
    }
    reasons
}

/// The address of a page, relative to the file of another one. None if one of them cannot be found.
fn address(from: &Path, to: &Path) -> Option<String> {
    let folder = match from.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (folder, to) = (folder.canonicalize().ok()?, to.canonicalize().ok()?);
    let shared = folder
        .components()
        .zip(to.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| {
        let text = part.as_os_str().to_string_lossy();
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        let encoded = text.bytes().map(|byte| match is_plain(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        });
        encoded.collect::<String>()
    });
    let parts: Vec<String> = std::iter::once(".".to_owned())
        .chain(up)
        .chain(down)
        .collect();
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_with_other_plants_length_or_target_are_not_alike() {
        let report = |target: &str, plant: Option<&str>, duration_ms| {
            let mut report = RunReport::default();
            report.subject.name = target.into();
            report.subject.plants = plant.map(str::to_owned).into_iter().collect();
            report.run.duration_ms = duration_ms;
            report
        };
        let plain = report("acme", None, 60_000);
        assert_eq!(unlike(&plain, &report("acme", None, 70_000)), [""; 0]);
        let told = unlike(&plain, &report("kafka", Some("late-fence"), 90_000)).join("\n");
        for word in [
            "planted bugs: none in the first run, late-fence",
            "target: acme",
            "length: 60 s",
        ] {
            assert!(told.contains(word), "{told}");
        }
    }

    #[test]
    fn pages_are_linked_from_where_the_comparison_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("runs/a b");
        std::fs::create_dir_all(&run).expect("made");
        std::fs::write(run.join("report.html"), "").expect("written");
        let page = run.join("report.html");
        let beside = address(&folder.path().join("compare.html"), &page);
        assert_eq!(beside.as_deref(), Some("./runs/a%20b/report.html"));
        std::fs::create_dir(folder.path().join("pages")).expect("made");
        let apart = address(&folder.path().join("pages/compare.html"), &page);
        assert_eq!(apart.as_deref(), Some("./../runs/a%20b/report.html"));
    }
}
