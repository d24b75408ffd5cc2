//! The directory of a new run: its name, and the link `latest` to it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use jiff::Timestamp;

use super::date::written;
use super::layout;
use super::space::{FREE_BYTES_MIN, free_bytes};
use crate::exit::Stop;

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
    /// Creates a new run directory below `out` and points `out/latest` to it.
    ///
    /// # Errors
    /// If `out` is not writable, or has too little free space.
    pub fn create(out: &Path, seed: u64) -> Result<RunDirectory> {
        let refuse = |error: std::io::Error| {
            Stop::usage(format!(
                "--out {}: {error}; name a writable directory",
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
        std::fs::create_dir_all(path.join(layout::SCENARIOS)).map_err(refuse)?;
        let link = out.join(format!(".latest-{}", std::process::id()));
        let _ = std::fs::remove_file(&link);
        // A file system without links must not prevent a run.
        if std::os::unix::fs::symlink(&id, &link).is_ok() {
            let _ = std::fs::rename(&link, out.join(layout::LATEST));
        }
        Ok(RunDirectory { id, path, started })
    }

    /// The directory of one scenario, created if necessary.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn scenario(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(layout::SCENARIOS).join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
        Ok(path)
    }
}
