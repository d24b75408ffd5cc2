//! Logs that a node wrote itself: cleaned in place after the node has ended.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::scrub::{clean_bytes, knows_nothing};

/// The longest piece that is searched at once. A log's line is shorter.
const PIECE_BYTES_MAX: u64 = 1 << 20;

/// Replaces known values in a file that nobody writes any more. A file without them is not touched, and neither is
/// anything that is not a regular file.
///
/// # Errors
/// If the file cannot be read or replaced.
pub fn scrub_file(path: &Path) -> std::io::Result<()> {
    if knows_nothing() || !contains_any(path)? {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mode = std::fs::symlink_metadata(path)?.permissions();
    let mut clean = tempfile::NamedTempFile::new_in(folder)?;
    pieces(path, |piece| {
        let found = clean_bytes(piece);
        clean.write_all(found.as_deref().unwrap_or(piece))?;
        Ok(true)
    })?;
    clean.as_file().set_permissions(mode)?;
    clean.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn contains_any(path: &Path) -> std::io::Result<bool> {
    let mut found = false;
    pieces(path, |piece| {
        found = clean_bytes(piece).is_some();
        Ok(!found)
    })?;
    Ok(found)
}

/// Gives each line to `each`, until it returns false.
fn pieces(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> std::io::Result<bool>,
) -> std::io::Result<()> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path);
    let file: File = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(());
    }
    let mut reader = BufReader::new(file);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        let read = Read::take(&mut reader, PIECE_BYTES_MAX).read_until(b'\n', &mut piece)?;
        if read == 0 || !each(&piece)? {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_log_is_cleaned_in_place_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, link) = (folder.path().join("log"), folder.path().join("link"));
        std::fs::write(&log, "start\nlogin with s3cr3t-of-files\nend").expect("written");
        std::os::unix::fs::symlink(&log, &link).expect("linked");
        Secret::new("{env.FILES}", "s3cr3t-of-files");
        assert!(scrub_file(&link).is_err());
        scrub_file(&log).expect("cleaned");
        let text = std::fs::read_to_string(&log).expect("readable");
        assert_eq!(text, "start\nlogin with {env.FILES}\nend");
        scrub_file(&folder.path().join("none")).expect("nothing to do");
    }
}
