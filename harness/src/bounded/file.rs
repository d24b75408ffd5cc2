//! Opens regular files, and reads small ones whole.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Component, Path};

use nix::libc;

/// The maximum size of a target, a suite, or another file that a person wrote: 1 MiB. The built-in ones have 10 KiB.
pub const CONFIG: u64 = 1 << 20;
/// The maximum size of a fault plan: 16 MiB, which is 50,000 windows.
pub const PLAN: u64 = 16 << 20;
/// The maximum size of a file that marks or describes a run: 1 MiB.
pub const MARK: u64 = 1 << 20;
/// The maximum size of stored values (`report.json`, `results.json`, `pairs.json`): 64 MiB. A suite's run has 1 MiB.
pub const VALUES: u64 = 64 << 20;
/// The maximum size of a node's output in which the harness searches for its readiness: 64 MiB.
pub const LOG: u64 = 64 << 20;

/// Opens a regular file. Links are followed, so this is for paths that a user named.
///
/// # Errors
/// If it cannot be opened, or is not a regular file.
pub fn open(path: &Path) -> Result<File> {
    // Before it is opened, because opening a device may act on it. And again after that, because a path may change.
    regular(&path.metadata()?)?;
    opened(path, 0)
}

/// Opens a regular file below `root`, which a user named. Links below it are refused: the author of a run
/// directory must not choose which other files of the user are read and shown.
///
/// # Errors
/// As of [`open`], or if a part of `relative` is a link or leads upwards.
pub fn open_below(root: &Path, relative: &Path) -> Result<File> {
    let mut path = root.to_owned();
    for part in relative.components() {
        let Component::Normal(name) = part else {
            return Err(refused("it leads out of the run directory"));
        };
        path.push(name);
        if path.symlink_metadata()?.is_symlink() {
            return Err(refused(
                "it is a symbolic link, and links in a run directory are not followed",
            ));
        }
    }
    regular(&path.metadata()?)?;
    opened(&path, libc::O_NOFOLLOW)
}

/// The text of a file of at most `max` bytes. Links are followed.
///
/// # Errors
/// As of [`open`], or if it is larger or not UTF-8 text.
pub fn text(path: &Path, max: u64) -> Result<String> {
    whole(open(path)?, max)
}

/// The text of a file below `root` of at most `max` bytes.
///
/// # Errors
/// As of [`open_below`], or if it is larger or not UTF-8 text.
pub fn text_below(root: &Path, relative: impl AsRef<Path>, max: u64) -> Result<String> {
    whole(open_below(root, relative.as_ref())?, max)
}

fn opened(path: &Path, more: libc::c_int) -> Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY | more)
        .open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

fn whole(file: File, max: u64) -> Result<String> {
    let mut bytes = Vec::new();
    // One byte more than allowed shows that there is more, whatever the size was a moment ago.
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(refused(format!(
            "it is larger than {} MiB, the most for a file of this kind",
            max >> 20
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        refused(format!("line {line} is not UTF-8 text"))
    })
}

fn regular(meta: &Metadata) -> Result<()> {
    let kind = meta.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => {
            return Err(refused(
                "it is a named pipe, which may never end; name a regular file, or `-` and redirect the pipe to \
                 standard input (check and export read it)",
            ));
        }
        () if kind.is_socket() => "a socket",
        () if kind.is_char_device() || kind.is_block_device() => "a device",
        () => "a special file",
    };
    Err(refused(format!("it is {what}; name a regular file")))
}

fn refused(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, why.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let _socket = UnixListener::bind(at("socket")).expect("a socket");
        std::fs::write(at("file"), "text").expect("written");
        symlink("file", at("link")).expect("a link");
        let error = |path: &Path| open(path).expect_err("refused").to_string();
        assert!(error(&at("pipe")).contains("a named pipe"));
        assert!(error(&at("socket")).contains("a socket"));
        assert!(error(folder.path()).contains("a directory"));
        assert!(error(Path::new("/dev/zero")).contains("a device"));
        assert_eq!(text(&at("link"), 4).expect("followed"), "text");
        assert!(
            text(&at("file"), 3)
                .expect_err("large")
                .to_string()
                .contains("larger")
        );
        std::fs::write(at("file"), b"a\nb\xff").expect("written");
        let error = text(&at("file"), 9).expect_err("no text").to_string();
        assert_eq!(error, "line 2 is not UTF-8 text");
    }

    #[test]
    fn links_below_a_run_are_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("run");
        std::fs::create_dir_all(run.join("real")).expect("made");
        std::fs::write(run.join("real/file"), "text").expect("written");
        std::fs::write(folder.path().join("secret"), "text").expect("written");
        symlink("../secret", run.join("file")).expect("a link");
        symlink("real", run.join("folder")).expect("a link");
        symlink("run", folder.path().join("latest")).expect("a link");
        for name in ["file", "folder/file"] {
            let error = text_below(&run, name, 9).expect_err("refused").to_string();
            assert!(error.contains("symbolic link"), "{name}: {error}");
        }
        assert!(text_below(&run, "../secret", 9).is_err());
        let latest = folder.path().join("latest");
        assert_eq!(
            text_below(&latest, "real/file", 9).expect("the run's own"),
            "text"
        );
    }
}
