//! Which runs are below a directory, and which of them are removed when there are too many.

use std::path::Path;

use super::{layout, marks};

/// Removes the oldest runs beyond `keep`, and returns their ids. Only directories that look like runs are removed. A
/// baseline is never removed, because later runs are compared with it.
pub fn prune(out: &Path, keep: usize, current: &str) -> Vec<String> {
    let mut runs = run_ids(out);
    runs.retain(|id| id != current && marks::mark(&out.join(id)).is_none());
    runs.sort();
    let surplus = (runs.len() + 1).saturating_sub(keep.max(1));
    runs.truncate(surplus);
    runs.retain(|name| std::fs::remove_dir_all(out.join(name)).is_ok());
    runs
}

/// The ids of the runs below `out`, in no particular order.
pub fn run_ids(out: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(out) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_run_id(name) && out.join(name).join(layout::RUN).exists())
        .collect()
}

fn is_run_id(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() > 17
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes[16] == b'-'
        && bytes[..8]
            .iter()
            .chain(&bytes[9..15])
            .all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_runs_are_pruned() {
        let out = tempfile::tempdir().expect("a folder");
        let ids = [
            "20260101T000000Z-1",
            "20260102T000000Z-2",
            "20260103T000000Z-3",
        ];
        for id in ids {
            std::fs::create_dir(out.path().join(id)).expect("made");
            std::fs::write(out.path().join(id).join("run.json"), "{}").expect("written");
        }
        std::fs::create_dir(out.path().join("holiday-pictures")).expect("made");
        std::fs::create_dir(out.path().join("20250101T000000Z-9")).expect("made");
        for name in ["run.json", layout::BASELINE] {
            std::fs::write(out.path().join("20250101T000000Z-9").join(name), "{}")
                .expect("written");
        }
        assert_eq!(prune(out.path(), 2, ids[2]), [ids[0]]);
        assert!(out.path().join("20250101T000000Z-9").exists());
        assert!(out.path().join(ids[1]).exists() && out.path().join("holiday-pictures").exists());
    }
}
