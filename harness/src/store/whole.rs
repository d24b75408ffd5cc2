//! Files written whole.

use std::path::Path;

use anyhow::{Context, Result};

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
