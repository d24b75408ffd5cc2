//! Files written in one piece.

use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file in one piece: under another name, then renamed.
///
/// # Errors
/// If it cannot be written. The previous content stays.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("part");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("write {}", path.display()))
}
