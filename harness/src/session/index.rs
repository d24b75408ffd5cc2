//! The index over runs. It is read from the heads of their results, never from histories.

use std::path::Path;

use reports::model::RunSummary;

use crate::output::say;
use crate::store::digests::{self, Recorded};
use crate::store::marks::mark;
use crate::store::{self, layout, write_whole};

/// Files that a list of runs links to.
const FILES: [&str; 5] = [
    layout::PAGE,
    layout::RESULTS,
    layout::JUNIT,
    layout::METRICS,
    layout::RUN,
];

/// The runs below `out`, newest first. A run without results is incomplete, whatever else it contains.
pub fn runs(out: &Path) -> Vec<RunSummary> {
    let mut ids = store::run_ids(out);
    ids.sort();
    ids.reverse();
    ids.iter().map(|id| summary(&out.join(id), id)).collect()
}

fn summary(run: &Path, id: &str) -> RunSummary {
    let mut summary = match digests::read(run) {
        Ok(None) => RunSummary::without_results(id),
        // `run.json` names the run: the results of another run do not fit it.
        Ok(Some((_, Recorded::Digests(digests))))
            if !digests::differences(run, &digests, |name| name == layout::RUN).is_empty() =>
        {
            RunSummary::damaged(id)
        }
        Ok(Some((text, Recorded::Digests(_) | Recorded::Older))) => {
            RunSummary::read(&text).unwrap_or_else(|_| RunSummary::damaged(id))
        }
        Ok(Some(_)) | Err(_) => RunSummary::damaged(id),
    };
    // Links need the folder's current name, which a user may have changed.
    id.clone_into(&mut summary.id);
    summary.baseline = mark(run).is_some();
    let there = FILES.iter().filter(|name| run.join(name).is_file());
    summary.files = there.map(|name| (*name).to_owned()).collect();
    summary
}

/// The index as a page.
pub fn page(out: &Path) -> String {
    reports::index_html(&runs(out))
}

/// Writes `index.html` next to the runs. A failure is a warning, not a failure of the run.
pub fn write(out: &Path) {
    // Without the lock, a list that another process read earlier could replace the newer one.
    let _lock = store::lock_directory(out, true);
    if let Err(error) = write_whole(&out.join(layout::INDEX), &page(out)) {
        say(&format!("  warning: {error:#}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_results_is_incomplete() {
        let out = tempfile::tempdir().expect("a folder");
        let id = "20260101T000000Z-1";
        std::fs::create_dir(out.path().join(id)).expect("made");
        std::fs::write(out.path().join(id).join("run.json"), "{}").expect("written");
        std::fs::create_dir(out.path().join("pictures")).expect("made");
        let runs = runs(out.path());
        assert_eq!(runs.len(), 1);
        assert!(runs[0].incomplete && runs[0].validity.is_none());
        assert_eq!(runs[0].files, ["run.json"]);
        write(out.path());
        let page = std::fs::read_to_string(out.path().join("index.html")).expect("a page");
        assert!(page.contains(id) && !page.contains("pictures"));
    }
}
