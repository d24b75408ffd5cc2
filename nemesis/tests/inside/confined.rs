//! Confinement: a node is a program that attempts what it must not do. Each attempt is made with and without a private
//! network, with and without Landlock, and as an ordinary user as well if the tests run as root.

mod attacker;
mod memory;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nemesis::confinement::Attempt;
use nemesis::sandbox::Isolation;
use nemesis::{Environment, Room};

pub(crate) use attacker::{ATTACK, attack};
pub(crate) use memory::{LEAVE, leave};

use crate::support::{enter_or_skip, runtime, three};
use crate::{CASE, Case, SKIPPED};

pub(crate) const CASES: &[Case] = &[
    ("confined_in_the_network", || {
        everybody("helper_confined_network")
    }),
    ("confined_on_loopback", || {
        everybody("helper_confined_loopback")
    }),
    ("confined_without_landlock", || {
        everybody("helper_confined_without_landlock")
    }),
    ("confined_memory_does_not_outlive_the_run", || {
        memory::ends("helper_leaves_memory");
        memory::ends("helper_leaves_memory_without_landlock");
    }),
    ("confined_tries_what_it_claims", claims),
];

/// Run by other cases only.
pub(crate) const HELPERS: &[Case] = &[
    ("helper_confined_network", || attacks(Isolation::Network)),
    ("helper_confined_loopback", || {
        attacks(Isolation::ProcessesOnly)
    }),
    ("helper_confined_without_landlock", || {
        forbid_landlock();
        attacks(Isolation::Network);
    }),
    ("helper_leaves_memory", memory::leaves),
    ("helper_leaves_memory_without_landlock", || {
        forbid_landlock();
        memory::leaves();
    }),
];

/// An ordinary user, if the tests run as root.
const NOBODY: u32 = 65_534;

/// Runs a helper as this user, and as an ordinary user if this one is root.
fn everybody(case: &str) {
    let own = std::env::current_exe().expect("a path");
    let mut users = vec![None];
    if nix::unistd::geteuid().is_root() {
        users.push(Some(NOBODY));
    }
    for user in users {
        let mut command = Command::new(&own);
        command.env(CASE, case).current_dir("/");
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => {
                println!("note: not tried as user {user:?}: {error}");
                continue;
            }
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code() == Some(SKIPPED) {
            println!("note: skipped as user {user:?}: {said}");
            continue;
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "user {user:?}: {said}{errors}");
        println!("note: user {user:?}: {}", said.trim());
    }
}

/// The room of a node, and files beside it that it must not write.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Ground {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["room", "tmp", "hidden"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        for name in ["history", "output"] {
            fs::write(folder.path().join(name), "before").expect("written");
        }
        Ground { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn room(&self) -> Room {
        Room {
            directories: vec![self.path("room"), self.path("tmp")],
            files: vec![self.path("output")],
            temporary: None,
            hidden: vec![self.path("hidden")],
        }
    }
}

fn attacks(isolation: Isolation) {
    let entered = enter_or_skip(isolation);
    let has_landlock = entered.confinement().landlock().is_ok();
    let is_confined = has_landlock || entered.confinement().view().is_ok();
    if !is_confined {
        println!("neither layer is possible here: {entered:?}");
        std::process::exit(SKIPPED);
    }
    let scopes_signals = entered
        .confinement()
        .landlock()
        .is_ok_and(|version| version >= 6);
    let environment = Environment::build(&entered).expect("it is built");
    let ground = Ground::new();
    // A service of the machine, as a container engine is one.
    let service = std::os::unix::net::UnixListener::bind(ground.path("hidden/service"));
    let _service = service.expect("it listens");
    let said = runtime().block_on(async {
        let [n1, n2, _] = three();
        let mut sleeper = crate::support::sleeper();
        sleeper.current_dir("/");
        let other = environment.spawn(n2, sleeper, &Room::default());
        let mut other = other.expect("it starts");
        let own = std::env::current_exe().expect("a path");
        let mut command = tokio::process::Command::new(own);
        let aim = format!(
            "{} {} {}",
            ground.folder.path().display(),
            std::process::id(),
            other.id().expect("it runs")
        );
        command.env(ATTACK, aim).current_dir(ground.path("room"));
        command.stdout(Stdio::piped());
        // A descriptor that this program has open must not reach the node.
        let leaked = fs::File::open(ground.path("history")).expect("readable");
        let inherited = nix::unistd::dup(&leaked).expect("a descriptor without close-on-exec");
        let node = environment.spawn(n1, command, &ground.room());
        let output = node.expect("it starts").wait_with_output().await;
        drop(inherited);
        other.kill().await.expect("it is killed");
        String::from_utf8(output.expect("it ends").stdout).expect("text")
    });
    let succeeded: Vec<&str> = said
        .lines()
        .filter_map(|l| l.strip_suffix(": yes"))
        .collect();
    let mut expected = vec!["own file", "own rename", "own output", "null"];
    if isolation == Isolation::Network {
        expected.push("shared memory");
    } else {
        // Only a view of its own hides it.
        expected.push("service");
    }
    if !scopes_signals {
        expected.extend(["signal harness", "signal init", "signal other"]);
    }
    if !has_landlock {
        // Root of the machine may make a user namespace, whatever the sandbox forbids; nobody else sees its mounts. And
        // two nodes of one user are kept apart by Landlock only.
        let may_nest = nix::unistd::geteuid().is_root() && !entered.user_namespace();
        expected.extend(may_nest.then_some("mount nested"));
        expected.push("memory of other");
    }
    expected.sort_unstable();
    let mut found = succeeded.clone();
    found.sort_unstable();
    assert_eq!(found, expected, "{said}");
    let history = fs::read_to_string(ground.path("history"));
    assert_eq!(history.expect("readable"), "before");
    assert!(!ground.path("planted").exists());
    println!(
        "refused {} attempts",
        said.lines().count() - succeeded.len()
    );
}

/// What is reported as refused was tried by a confined process; and a machine without Landlock says so.
fn claims() {
    let with = enter_or_skip(Isolation::Network);
    let confinement = with.confinement();
    println!("note: {confinement:?}");
    if confinement.view().is_ok() || confinement.landlock().is_ok() {
        assert!(!confinement.open().contains(&Attempt::Write));
        assert!(!confinement.open().contains(&Attempt::Memory));
        assert!(!confinement.open().contains(&Attempt::Capabilities));
    }
    if confinement.landlock().is_ok_and(|version| version >= 6) {
        assert!(confinement.open().is_empty());
    }
}

/// Makes the kernel answer as one without Landlock, for this process and all that it starts.
fn forbid_landlock() {
    use nix::libc::{
        BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog,
    };
    let step = |code: u32, jt, jf, k| sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let number = nix::libc::SYS_landlock_create_ruleset as u32;
    let refuse = nix::libc::SECCOMP_RET_ERRNO | nix::libc::ENOSYS as u32;
    let mut filter = [
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        step(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number),
        step(BPF_RET | BPF_K, 0, 0, refuse),
        step(BPF_RET | BPF_K, 0, 0, nix::libc::SECCOMP_RET_ALLOW),
    ];
    let program = sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    nix::sys::prctl::set_no_new_privs().expect("always permitted");
    let mode = nix::libc::SECCOMP_MODE_FILTER;
    // SAFETY: the program and its steps are live values.
    let set = unsafe { nix::libc::prctl(nix::libc::PR_SET_SECCOMP, mode, &program, 0, 0) };
    assert_eq!(set, 0, "{}", nix::errno::Errno::last());
}
