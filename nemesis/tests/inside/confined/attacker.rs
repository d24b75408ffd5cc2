//! The node that attacks: it attempts what a node must not do, and what it must be able to do, and reports each.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::memory::shared_memory;

/// Makes this program a node that attacks; the value names the files and processes to attack.
pub(crate) const ATTACK: &str = "NEMESIS_TEST_ATTACK";

/// What the node does. Each attempt is one line, `name: yes` if it succeeded.
pub(crate) fn attack(aim: &str) {
    let mut words = aim.split(' ');
    let mut next = || words.next().expect("three words");
    let (folder, harness, other) = (PathBuf::from(next()), pid(next()), pid(next()));
    let told = |name: &str, succeeded: bool| {
        println!("{name}: {}", if succeeded { "yes" } else { "no" });
    };
    let writes = |path: &Path| {
        let mut options = fs::OpenOptions::new();
        options.append(true).open(path).is_ok()
    };
    let history = folder.join("history");
    told("own file", fs::write("own", "x").is_ok());
    let moved = fs::create_dir("below").and_then(|()| fs::rename("own", "below/own"));
    told("own rename", moved.is_ok());
    told("own output", writes(&folder.join("output")));
    told("null", writes(Path::new("/dev/null")));
    told("history", writes(&history));
    told(
        "history by a relative path",
        writes(Path::new("../history")),
    );
    told("history removed", fs::remove_file(&history).is_ok());
    told(
        "history replaced",
        fs::rename("below/own", &history).is_ok(),
    );
    let linked = fs::hard_link(&history, "link").is_ok() && writes(Path::new("link"));
    told("history by a link", linked);
    told(
        "mode",
        fs::set_permissions(folder.join("room/../history"), mode(0o777)).is_ok()
            && writes(&history),
    );
    told("planted", fs::write(folder.join("planted"), "x").is_ok());
    let service = folder.join("hidden/service");
    told(
        "service",
        std::os::unix::net::UnixStream::connect(service).is_ok(),
    );
    told("etc", writes(Path::new("/etc/passwd")));
    told(
        "setting",
        writes(Path::new("/proc/sys/kernel/core_pattern")),
    );
    let memory = |process: Pid| fs::File::open(format!("/proc/{process}/mem")).is_ok();
    told("memory of harness", memory(harness));
    told("memory of init", memory(Pid::from_raw(1)));
    told("memory of other", memory(other));
    let traced = nix::unistd::Pid::from_raw(1);
    told(
        "environment of harness",
        fs::read(format!("/proc/{harness}/environ")).is_ok(),
    );
    let attached = ptrace_attach(harness) || ptrace_attach(traced);
    told("trace", attached);
    let signals = |process: Pid| kill(process, Signal::SIGCONT).is_ok();
    told("signal harness", signals(harness));
    told("signal init", signals(Pid::from_raw(1)));
    told("signal other", signals(other));
    let status = fs::read_to_string("/proc/self/status").expect("readable");
    let field = |name: &str| {
        let mut lines = status.lines();
        let line = lines
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or("?");
        line.trim().to_owned()
    };
    let empty = |name| field(name).bytes().all(|byte| byte == b'0');
    told(
        "capabilities",
        !(empty("CapPrm:") && empty("CapEff:") && empty("CapAmb:") && empty("CapInh:")),
    );
    told("new privileges", field("NoNewPrivs:") != "1");
    let limit = nix::libc::RLIMIT_CORE;
    let mut core = nix::libc::rlimit {
        rlim_cur: 1,
        rlim_max: 1,
    };
    // SAFETY: the pointer is to a live value.
    unsafe { nix::libc::getrlimit(limit, &mut core) };
    told("core file", core.rlim_max != 0);
    let open = (3..64).filter(|number| fs::read_link(format!("/proc/self/fd/{number}")).is_ok());
    told("inherited descriptors", open.count() > 0);
    told("terminal", fs::File::open("/dev/tty").is_ok());
    told("shared memory", shared_memory("/nemesis-attack", true));
    told("unmounted", nix::mount::umount("/proc").is_ok());
    told("mount", can_mount());
    let flags = nix::sched::CloneFlags::CLONE_NEWUSER | nix::sched::CloneFlags::CLONE_NEWNS;
    let nested = nix::sched::unshare(flags).is_ok() && can_mount();
    told("mount nested", nested);
}

fn mode(bits: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(bits)
}

fn pid(word: &str) -> Pid {
    Pid::from_raw(word.parse().expect("a number"))
}

fn can_mount() -> bool {
    let no = None::<&str>;
    let flags = nix::mount::MsFlags::empty();
    nix::mount::mount(no, "/mnt", Some("tmpfs"), flags, no).is_ok()
}

fn ptrace_attach(process: Pid) -> bool {
    // SAFETY: takes numbers only; a process that is attached to is stopped and let go below.
    let attached = unsafe { nix::libc::ptrace(nix::libc::PTRACE_SEIZE, process.as_raw(), 0, 0) };
    attached == 0
}
