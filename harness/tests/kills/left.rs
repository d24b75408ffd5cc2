//! What a run may leave behind: its files, and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

/// The kernel ends processes and namespaces within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The children of a process.
pub(crate) fn children(process: Pid) -> Vec<Pid> {
    let text = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"))
        .unwrap_or_default();
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .map(Pid::from_raw)
        .collect()
}

/// The mounts of this machine.
pub(crate) fn mounts() -> Vec<String> {
    let text = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// # Errors
/// What is left: a process whose command line names this directory, or a mount that was not there before.
pub(crate) fn nothing(directory: &Path, before: &[String]) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut left = processes(&directory.to_string_lossy());
        left.extend(mounts().into_iter().filter(|mount| !before.contains(mount)));
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(left.join("\n"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn processes(named: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = entries.filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(named)
            .then(|| format!("{}: {line}", entry.file_name().display()))
    });
    lines.collect()
}

/// # Errors
/// A hidden file in the run: a temporary one, or the reserve.
pub(crate) fn temporary(run: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(run).map_err(|error| error.to_string())?;
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with('.') {
            return Err(path.display().to_string());
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            temporary(&path)?;
        }
    }
    Ok(())
}
