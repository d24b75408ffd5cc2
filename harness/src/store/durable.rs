//! What survives a power cut. A rename alone does not: on ext4 with default options a file that was renamed but not
//! synced had 0 bytes after a cut 8 s later. So a file is synced before a name points to it, and the directory is
//! synced before anything relies on the name.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use nix::errno::Errno;

/// Makes the names in a directory durable: those that were added, replaced and removed.
///
/// # Errors
/// If the disk failed. A file system that cannot sync directories (some network ones) is not an error.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    let here = Path::new(".");
    let directory = if directory.as_os_str().is_empty() {
        here
    } else {
        directory
    };
    match File::open(directory)?.sync_all() {
        Err(error) if error.raw_os_error() == Some(Errno::EINVAL as i32) => Ok(()),
        synced => synced,
    }
}

/// Creates a directory that must not exist yet, and makes its name durable.
///
/// # Errors
/// If it exists, or cannot be created.
pub fn create_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)?;
    sync_directory(path.parent().unwrap_or(Path::new("")))
}

/// Makes a directory tree durable: every file's content and every name. Links are not followed. Files that another
/// process removes meanwhile are left out.
///
/// # Errors
/// If the disk failed.
pub fn sync_tree(directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sync_tree(&entry.path())?;
        } else if kind.is_file() {
            match File::open(entry.path()).and_then(|file| file.sync_all()) {
                // A node's file that only the node may read is the node's affair.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::NotFound | ErrorKind::PermissionDenied
                    ) => {}
                synced => synced?,
            }
        }
    }
    sync_directory(directory)
}

/// The directory that contains a path's name.
pub(super) fn directory_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}
