//! What a sync costs on the disk that the nodes write to: without it nobody can tell a slow broker from a slow disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::quantile::Quantiles;

/// How many syncs are measured.
pub(super) const SYNCS: usize = 200;
/// What is appended before each.
const BYTES: usize = 1_024;

/// Appends and syncs in a file of its own, which it removes again.
///
/// # Errors
/// If the directory cannot be written.
pub(super) fn sync_times(directory: &Path) -> Result<Quantiles> {
    let path = directory.join("sync-times");
    let mut file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
    let block = [0x5a; BYTES];
    let mut times_us = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&block).context("append")?;
        let before = Instant::now();
        file.sync_data().context("sync")?;
        times_us.push(u64::try_from(before.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    let _ = std::fs::remove_file(&path);
    Quantiles::of(times_us).context("no syncs")
}
