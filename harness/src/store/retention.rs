//! Which runs are below a directory, and which of them are removed when there are too many.
//!
//! Removal is closed by default: whatever is not certainly a finished run of ours stays.

use std::path::Path;

use serde::Deserialize;

use super::durable::sync_directory;
use super::id::is_run_id;
use super::lock::RunLock;
use super::{layout, marks};
use crate::bounded;

/// The start of the name of a run that is being removed. A run that is half removed must not look like a run.
const REMOVED: &str = ".removed-";

/// Removes the oldest runs beyond `keep` and returns their ids. `finished` are the runs that have just ended: they count
/// and are never removed.
///
/// A run is removed only if all of this holds: it is a directory and not a link; its name has exactly the form of a run
/// and is also the name in its `run.json`; it has results; it contains nothing that is not ours; it is not marked as a
/// baseline; and no process writes it.
pub fn prune(out: &Path, keep: usize, finished: &[&str]) -> Vec<String> {
    sweep(out);
    let mut runs = run_ids(out);
    runs.retain(|id| !finished.contains(&id.as_str()) && is_removable(&out.join(id), id));
    runs.sort();
    let surplus = (runs.len() + finished.len()).saturating_sub(keep.max(1));
    runs.truncate(surplus);
    runs.retain(|id| remove(out, id));
    runs
}

/// The ids of the runs below `out`, in no particular order. Links are not followed.
pub fn run_ids(out: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(out) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_run_id(name) && is_file(&out.join(name).join(layout::RUN)))
        .collect()
}

/// The runs below `out` that another process writes just now.
pub fn under_way(out: &Path) -> Vec<String> {
    let mut runs = run_ids(out);
    runs.retain(|id| RunLock::attempt(&out.join(id)).is_none());
    runs.sort();
    runs
}

fn is_removable(run: &Path, id: &str) -> bool {
    is_file(&run.join(layout::RESULTS))
        && !marks::is_marked(run)
        && names_itself(run, id)
        && contains_only_ours(run)
        && RunLock::attempt(run).is_some()
}

/// Whether `run.json` names this run. It does not after a user copied or renamed the run.
fn names_itself(run: &Path, id: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        run: Run,
    }
    #[derive(Deserialize)]
    struct Run {
        id: String,
    }
    let text = bounded::text_below(run, layout::RUN, bounded::VALUES).unwrap_or_default();
    serde_json::from_str(&text).is_ok_and(|head: Head| head.run.id == id)
}

/// Notes that somebody put beside the results are worth more than the space of a run.
fn contains_only_ours(run: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(run) else {
        return false;
    };
    let is_ours = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        Some(name.starts_with('.') || layout::OF_A_RUN.contains(&name.as_str()))
    };
    entries
        .into_iter()
        .all(|entry| is_ours(entry) == Some(true))
}

/// Removes a run: first its name, so that a power cut in the middle leaves no half of a run.
fn remove(out: &Path, id: &str) -> bool {
    let removed = out.join(format!("{REMOVED}{id}"));
    let renamed = std::fs::rename(out.join(id), &removed).and_then(|()| sync_directory(out));
    renamed.is_ok() && std::fs::remove_dir_all(&removed).is_ok()
}

/// Completes removals that were interrupted.
fn sweep(out: &Path) {
    let Ok(entries) = std::fs::read_dir(out) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_removed = name
            .to_str()
            .and_then(|name| name.strip_prefix(REMOVED))
            .is_some_and(is_run_id);
        if is_removed && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn finished(out: &Path, id: &str) {
        let run = out.join(id);
        std::fs::create_dir(&run).expect("made");
        let head = format!(r#"{{"run":{{"id":"{id}"}}}}"#);
        std::fs::write(run.join(layout::RUN), head).expect("written");
        std::fs::write(run.join(layout::RESULTS), "{}").expect("written");
    }

    #[test]
    fn the_oldest_finished_runs_are_removed() {
        let out = tempfile::tempdir().expect("a folder");
        let ids = [
            "20260101T000000Z-1",
            "20260102T000000Z-2",
            "20260103T000000Z-3",
        ];
        for id in ids {
            finished(out.path(), id);
        }
        assert_eq!(prune(out.path(), 2, &[ids[2]]), [ids[0]]);
        assert!(!out.path().join(ids[0]).exists() && out.path().join(ids[1]).exists());
        assert!(prune(out.path(), 2, &[ids[2]]).is_empty());
        assert_eq!(prune(out.path(), 1, &[ids[2]]), [ids[1]]);
    }

    /// Each case was removed by an earlier version, or could be.
    #[test]
    fn whatever_is_not_certainly_a_finished_run_stays() {
        let out = tempfile::tempdir().expect("a folder");
        let path = |id: &str| out.path().join(id);
        let old = |day: u32| format!("202501{day:02}T000000Z-1");
        let made: Vec<String> = (1..=8).map(old).collect();
        made.iter().for_each(|id| finished(out.path(), id));
        // A run in progress of another process has no results. One whose report is being written is locked.
        std::fs::remove_file(path(&made[0]).join(layout::RESULTS)).expect("removed");
        let _held = RunLock::attempt(&path(&made[1])).expect("free");
        // A baseline whose mark is torn.
        std::fs::write(path(&made[2]).join(layout::BASELINE), "{\"run\":").expect("written");
        // A copy under another date, and a run of something else.
        std::fs::write(
            path(&made[3]).join(layout::RUN),
            r#"{"run":{"id":"other"}}"#,
        )
        .expect("written");
        std::fs::write(path(&made[4]).join(layout::RUN), "{}").expect("written");
        // A user's notes in a run.
        std::fs::write(path(&made[5]).join("notes.txt"), "why it failed").expect("written");
        // A mark that is a link to nowhere, and a run.json that is a link.
        symlink("/nowhere", path(&made[6]).join(layout::BASELINE)).expect("linked");
        std::fs::rename(path(&made[7]).join(layout::RUN), path("kept.json")).expect("moved");
        symlink(path("kept.json"), path(&made[7]).join(layout::RUN)).expect("linked");
        // Folders of a user whose names begin like a run's, and a link to a run elsewhere.
        let elsewhere = tempfile::tempdir().expect("a folder");
        finished(elsewhere.path(), "20250120T000000Z-1");
        symlink(
            elsewhere.path().join("20250120T000000Z-1"),
            path("20250120T000000Z-1"),
        )
        .expect("linked");
        for name in ["20250101T000000Z-holiday", ".removed-pictures"] {
            finished(out.path(), name);
        }
        let names = || {
            let entries = std::fs::read_dir(out.path()).expect("a folder");
            let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        let before = names();
        assert_eq!(
            prune(out.path(), 1, &["20260101T000000Z-1"]),
            Vec::<String>::new()
        );
        assert_eq!(names(), before);
        assert!(
            elsewhere
                .path()
                .join("20250120T000000Z-1")
                .join(layout::RESULTS)
                .exists()
        );
    }

    #[test]
    fn a_run_that_another_process_writes_is_under_way() {
        let out = tempfile::tempdir().expect("a folder");
        let ids = ["20260101T000000Z-1", "20260102T000000Z-2"];
        for id in ids {
            finished(out.path(), id);
        }
        assert!(under_way(out.path()).is_empty());
        let held = RunLock::attempt(&out.path().join(ids[1])).expect("free");
        assert_eq!(under_way(out.path()), [ids[1]]);
        drop(held);
        assert!(under_way(out.path()).is_empty());
    }

    #[test]
    fn an_interrupted_removal_is_completed() {
        let out = tempfile::tempdir().expect("a folder");
        let half = out.path().join(".removed-20260101T000000Z-1/scenarios");
        std::fs::create_dir_all(&half).expect("made");
        assert!(run_ids(out.path()).is_empty());
        prune(out.path(), 20, &[]);
        assert!(!half.exists());
    }
}
