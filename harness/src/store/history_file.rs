//! The file of a history: plain while the run records, compressed with zstd when it closes. Readers accept both.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::layout;
use super::whole::write_by;
use crate::exit::Stop;

/// The compression level. Histories shrink tenfold at the lowest levels already.
const COMPRESSION: i32 = 3;

/// The path of a scenario's compressed history, given the path of the plain one.
pub fn compressed(history: &Path) -> PathBuf {
    history.with_extension("jsonl.zst")
}

/// The content of a file, decompressed if it is zstd data, regardless of its name.
///
/// # Errors
/// If it cannot be read.
pub fn unpacked(path: &Path) -> std::io::Result<Vec<u8>> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    if file.fill_buf()?.starts_with(&ZSTD) {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
        if let Err(error) = decoder.read_to_end(&mut bytes) {
            // A truncated file is still readable up to the cut.
            if bytes.is_empty() {
                return Err(error);
            }
        }
    } else {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Compresses a closed history and removes the plain one, which the compressed one replaces only when it is durable. If
/// anything fails, the plain one stays.
///
/// # Errors
/// If the compressed file cannot be written.
pub fn compress(plain: &Path, compressed: &Path) -> Result<()> {
    let pack = |packed: &mut File| {
        let mut encoder = zstd::stream::write::Encoder::new(packed, COMPRESSION)?;
        std::io::copy(&mut BufReader::new(File::open(plain)?), &mut encoder)?;
        encoder.finish()?.flush()
    };
    write_by(compressed, pack)
        .and_then(|()| std::fs::remove_file(plain))
        .with_context(|| format!("compress {}", plain.display()))
}

/// The history files that a path names: the path itself, or those of a run directory.
///
/// # Errors
/// If the path is neither a file nor a run.
pub fn histories(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let below = |folder: &Path| {
        let names = [layout::HISTORY_COMPRESSED, layout::HISTORY];
        names
            .iter()
            .map(|name| folder.join(name))
            .find(|file| file.exists())
    };
    let mut found: Vec<PathBuf> = below(path).into_iter().collect();
    if let Ok(entries) = std::fs::read_dir(path.join(layout::SCENARIOS)) {
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        found.extend(folders.iter().filter_map(|folder| below(folder)));
    }
    if found.is_empty() {
        return Err(Stop::usage(format!(
            "{}: neither a history file nor a run directory with scenarios/*/history.jsonl",
            path.display()
        )));
    }
    Ok(found)
}
