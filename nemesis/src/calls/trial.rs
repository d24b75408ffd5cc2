//! The trial: a process that syncs is supervised, and its sync comes late.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use super::supervisor::Supervisor;
use super::treatment::Treatment;
use crate::needs::Calls;
use crate::node::{Node, Nodes};

/// How late the sync comes.
const DELAY: Duration = Duration::from_millis(50);

/// How long the process may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How often it is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Why system calls cannot be supervised here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        let why = match error.raw_os_error() {
            Some(libc::EBUSY) => " (another listener supervises this process)",
            Some(libc::EINVAL) => " (Linux 5.5 or later is needed)",
            Some(libc::EPERM | libc::EACCES | libc::ENOSYS) => " (seccomp is not permitted here)",
            _ => "",
        };
        Refused(format!("supervise system calls: {error}{why}"))
    }
}

/// Tries it while no node runs. The text is what was seen.
///
/// # Errors
/// If it is refused, or has no effect.
pub(crate) fn attempt(supervisor: &Supervisor) -> Result<String, Refused> {
    let node = Nodes::THREE.into_iter().next();
    let node = node.ok_or_else(|| io::Error::other("no node"))?;
    let begun = Instant::now();
    let outcome = synced_late(supervisor, node);
    let took = begun.elapsed();
    let count = supervisor.count(node);
    supervisor.end(node);
    let status = outcome?;
    if !status.success() || count.delayed != 1 || took < DELAY {
        let why = format!(
            "supervise system calls: a sync was to come {} ms late, {} did; the process ended with {status}",
            DELAY.as_millis(),
            count.delayed
        );
        return Err(Refused(why));
    }
    Ok(format!(
        "a sync was answered {} ms late",
        count.delay_max.as_millis()
    ))
}

fn synced_late(supervisor: &Supervisor, node: Node) -> io::Result<ExitStatus> {
    let directory = tempfile::tempdir()?;
    let mut file = File::create(directory.path().join("synced"))?;
    file.write_all(b"trial")?;
    let calls = Calls {
        syncs: true,
        writes: true,
    };
    let installing = supervisor.prepare(node, calls, &[directory.path().to_owned()])?;
    supervisor.treat(node, Treatment::SlowSync(DELAY));
    let descriptor = file.as_raw_fd();
    // The program is never executed: the process ends before.
    let mut command = Command::new("/proc/self/exe");
    // SAFETY: the closure runs between fork and exec, and makes system calls only.
    unsafe {
        command.pre_exec(move || {
            nix::sys::prctl::set_no_new_privs()?;
            installing.install()?;
            let failed = libc::fdatasync(descriptor) != 0;
            libc::_exit(i32::from(failed))
        });
    }
    let mut child = command.spawn()?;
    drop(command);
    wait(&mut child)
}

fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let limit = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= limit {
            child.kill()?;
            return child.wait();
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
}
