//! An ext4 in a file. It needs root and a loop device.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// `_IOR('X', 125, __u32)`.
const FS_IOC_SHUTDOWN: u64 = 0x8004_587d;
/// Nothing is written any more, not even the journal.
const NO_LOG_FLUSH: u32 = 2;
/// Enough for two runs, and more than a run demands.
const IMAGE_BYTES: u64 = 1 << 30;

/// Makes an empty file system in a new file. A file of the same name may still be mounted in the namespace of another
/// run, and would be the same file system as before.
///
/// # Errors
/// If this machine does not permit it.
pub(crate) fn make(image: &Path) -> Result<(), String> {
    let _ = std::fs::remove_file(image);
    let created = File::create(image).and_then(|file| file.set_len(IMAGE_BYTES));
    created.map_err(|error| error.to_string())?;
    tool("mkfs.ext4", &["-q", "-m", "0"], &[image])
}

/// The program under test.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("JEPSEN_PROGRAM").map_or(env!("CARGO_BIN_EXE_jepsen").into(), PathBuf::from)
}

/// An ext4 in a file, mounted.
pub(crate) struct Mounted {
    at: PathBuf,
}

impl Mounted {
    /// Mounts an image.
    ///
    /// # Errors
    /// If this machine does not permit it.
    pub(crate) fn mount(image: &Path, at: &Path) -> Result<Mounted, String> {
        std::fs::create_dir_all(at).map_err(|error| error.to_string())?;
        tool("mount", &["-o", "loop"], &[image, at])?;
        Ok(Mounted { at: at.to_owned() })
    }

    /// The directory of its runs.
    pub(crate) fn out(&self) -> PathBuf {
        self.at.join("runs")
    }

    /// Loses power.
    pub(crate) fn cut(&self) {
        let root = File::open(&self.at).expect("mounted");
        // SAFETY: the request reads one u32.
        let result = unsafe { libc::ioctl(root.as_raw_fd(), FS_IOC_SHUTDOWN as _, &NO_LOG_FLUSH) };
        assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    }
}

impl Drop for Mounted {
    /// Unmounts it here. The namespaces of other runs on this machine may hold copies of the mount for as long as they
    /// last, so what an image holds is looked at in a copy of it.
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline && tool("umount", &[], &[&self.at]).is_err() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Runs a program.
///
/// # Errors
/// If it fails, with what it said.
pub(crate) fn tool(name: &str, flags: &[&str], paths: &[&Path]) -> Result<(), String> {
    let mut command = Command::new(name);
    let output = command
        .args(flags)
        .args(paths)
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}

/// The run directories below `out`, oldest first.
pub(crate) fn runs(out: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let runs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut runs: Vec<PathBuf> = runs.map(|entry| entry.path()).collect();
    runs.retain(|path| {
        !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'))
    });
    runs.sort();
    runs
}
