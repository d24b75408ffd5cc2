//! The run directory: its name, its phases, the `latest` link, and what is removed when there are too many.
//!
//! Everything that is written whole is written beside its place and renamed, so that a reader never sees half a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use nix::sys::statvfs::statvfs;

use crate::exit::Stop;
use crate::qualify::baseline;

/// Below this much free space a run is refused: a minute at the default rate needs about a tenth of it.
pub const FREE_BYTES_MIN: u64 = 512 << 20;

/// Below this much free space a run ends early, while there is still room to save what it has.
pub const FREE_BYTES_LOW: u64 = 128 << 20;

/// A run's directory.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    /// `<UTC time>-<seed>`.
    pub id: String,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// When the run started, RFC 3339 in UTC.
    pub started: String,
}

impl RunDirectory {
    /// Makes a new run directory below `out` and points `out/latest` to it.
    ///
    /// # Errors
    /// If `out` cannot be written, or too little space is free there.
    pub fn create(out: &Path, seed: u64) -> Result<RunDirectory> {
        let refuse = |error: std::io::Error| {
            Stop::usage(format!(
                "--out {}: {error}; name a directory that can be written",
                out.display()
            ))
        };
        std::fs::create_dir_all(out).map_err(refuse)?;
        let out = out.canonicalize().map_err(refuse)?;
        let free = free_bytes(&out);
        if free.is_some_and(|free| free < FREE_BYTES_MIN) {
            return Err(Stop::usage(format!(
                "--out {}: only {} MiB are free there, a run needs {} MiB; remove old runs (--keep) or name another place",
                out.display(),
                free.unwrap_or(0) >> 20,
                FREE_BYTES_MIN >> 20
            )));
        }
        let (compact, started) = written(Timestamp::now());
        let mut id = format!("{compact}-{seed:x}");
        let mut again = 1;
        while out.join(&id).exists() {
            again += 1;
            id = format!("{compact}-{seed:x}-{again}");
        }
        let path = out.join(&id);
        std::fs::create_dir_all(path.join("scenarios")).map_err(refuse)?;
        let link = out.join(format!(".latest-{}", std::process::id()));
        let _ = std::fs::remove_file(&link);
        // A file system without links is no reason not to run.
        if std::os::unix::fs::symlink(&id, &link).is_ok() {
            let _ = std::fs::rename(&link, out.join("latest"));
        }
        Ok(RunDirectory { id, path, started })
    }

    /// The directory of one scenario, made if need be.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn scenario(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join("scenarios").join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
        Ok(path)
    }
}

/// Writes a file whole: beside its place, then renamed.
///
/// # Errors
/// If it cannot be written; what was there before stays.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("part");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("write {}", path.display()))
}

/// Removes the oldest runs beyond `keep`, and returns their ids. Only directories that look like runs are touched, and no
/// baseline: what later runs are compared with must not age away.
pub fn prune(out: &Path, keep: usize, current: &str) -> Vec<String> {
    let mut runs = run_ids(out);
    runs.retain(|id| id != current && baseline::mark(&out.join(id)).is_none());
    runs.sort();
    let surplus = (runs.len() + 1).saturating_sub(keep.max(1));
    runs.truncate(surplus);
    runs.retain(|name| std::fs::remove_dir_all(out.join(name)).is_ok());
    runs
}

/// The ids of the runs below `out`, in no order.
pub fn run_ids(out: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(out) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_run_id(name) && out.join(name).join("run.json").exists())
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

/// Free bytes for this user on the file system of `path`.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let stat = statvfs(path).ok()?;
    Some(stat.blocks_available() * stat.fragment_size())
}

/// The name of the file system of `path`, and whether what is synced there survives a power loss.
pub fn file_system(path: &Path) -> (String, bool) {
    let Ok(stat) = nix::sys::statfs::statfs(path) else {
        return ("unknown".into(), false);
    };
    // Numbers from statfs(2); nix names only some of them.
    let magic = stat.filesystem_type().0;
    let (name, real) = match magic {
        0x0102_1994 => ("tmpfs", false),
        0x8584_58f6 => ("ramfs", false),
        0xef53 => ("ext4", true),
        0x5846_5342 => ("xfs", true),
        0x9123_683e => ("btrfs", true),
        0x794c_7630 => ("overlayfs", true),
        0x2fc1_2fc1 => ("zfs", true),
        0xf2f5_2010 => ("f2fs", true),
        0x6969 => ("nfs", true),
        _ => return (format!("{magic:#x}"), true),
    };
    (name.into(), real)
}

/// Now, RFC 3339 in UTC.
pub fn now() -> String {
    written(Timestamp::now()).1
}

/// A time in UTC as `20261123T084021Z` and as `2026-11-23T08:40:21Z`.
fn written(time: Timestamp) -> (String, String) {
    (
        time.strftime("%Y%m%dT%H%M%SZ").to_string(),
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        let at = |second| written(Timestamp::from_second(second).expect("a time"));
        assert_eq!(at(0).1, "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400).1, "2000-02-29T00:00:00Z");
        let (compact, full) = at(20_781 * 86_400 + 3_661);
        assert_eq!(full, "2026-11-24T01:01:01Z");
        assert_eq!(compact, "20261124T010101Z");
    }

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
        for name in ["run.json", baseline::FILE] {
            std::fs::write(out.path().join("20250101T000000Z-9").join(name), "{}")
                .expect("written");
        }
        assert_eq!(prune(out.path(), 2, ids[2]), [ids[0]]);
        assert!(out.path().join("20250101T000000Z-9").exists());
        assert!(out.path().join(ids[1]).exists() && out.path().join("holiday-pictures").exists());
    }
}
