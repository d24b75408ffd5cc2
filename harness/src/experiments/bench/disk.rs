//! The cost of a sync on the disk that the nodes write to. Without it a slow broker cannot be distinguished from a slow
//! disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::work::SYNCS;
use anyhow::{Context, Result};

use super::quantile::Quantiles;

/// The size of each append before a sync.
const BYTES: usize = 1_024;

/// Appends and syncs in a temporary file, and removes it.
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
