//! Files written in one piece.

use std::path::Path;

use anyhow::{Context, Result};

use crate::secret::written;

/// Writes a file in one piece: under another name, then renamed. Secrets are replaced by their placeholders.
///
/// # Errors
/// If it cannot be written. The previous content stays.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("part");
    std::fs::write(&beside, &*written(path, text))
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("write {}", path.display()))
}
