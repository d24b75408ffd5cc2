//! Segments, shared memory and queues of nodes: kept over a restart of a node, unseen by other nodes and from outside,
//! and gone after the run.

use std::ffi::CString;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use nemesis::sandbox::Isolation;
use nemesis::{Environment, Room};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{enter_or_skip, runtime, three};
use crate::{CASE, SKIPPED};

pub(super) fn shared_memory(name: &str, create: bool) -> bool {
    let name = CString::new(name).expect("a name");
    let flags = nix::libc::O_RDWR | if create { nix::libc::O_CREAT } else { 0 };
    // SAFETY: the name is a live string.
    unsafe { nix::libc::shm_open(name.as_ptr(), flags, 0o600) >= 0 }
}

fn segment(key: i32, create: bool) -> bool {
    let flags = 0o600 | if create { nix::libc::IPC_CREAT } else { 0 };
    // SAFETY: takes numbers only.
    unsafe { nix::libc::shmget(key, 4096, flags) >= 0 }
}

fn queue(name: &str, create: bool) -> bool {
    let name = CString::new(name).expect("a name");
    let flags = nix::libc::O_RDWR | if create { nix::libc::O_CREAT } else { 0 };
    let attributes = std::ptr::null::<nix::libc::mq_attr>();
    // SAFETY: the name is a live string, and a null attribute stands for the default.
    unsafe { nix::libc::mq_open(name.as_ptr(), flags, 0o600, attributes) >= 0 }
}

/// The objects of one process that looks from outside.
fn objects(of: i32, create: bool) -> [bool; 3] {
    [
        segment(of, create),
        shared_memory(&format!("/nemesis-{of}"), create),
        queue(&format!("/nemesis-{of}"), create),
    ]
}

/// Makes this program a node that leaves segments, shared memory and a queue behind.
pub(crate) const LEAVE: &str = "NEMESIS_TEST_LEAVE";

/// Creates or looks for the objects of the process that the value names.
pub(crate) fn leave(value: &str) {
    let (what, of) = value.split_once(' ').expect("two words");
    println!(
        "{:?}",
        objects(of.parse().expect("a number"), what == "create")
    );
}

pub(super) fn leaves() {
    let entered = enter_or_skip(Isolation::Network);
    let environment = Environment::build(&entered).expect("it is built");
    let of = std::env::var("NEMESIS_TEST_OF").expect("set by the parent");
    // Landlock counts a queue as a file outside the node's room.
    let has_queues = entered.confinement().landlock().is_err();
    let there = format!("{:?}", [true, true, has_queues]);
    runtime().block_on(async {
        let [n1, n2, _] = three();
        let run = async |node, what: &str| {
            let own = std::env::current_exe().expect("a path");
            let mut command = tokio::process::Command::new(own);
            command
                .env(LEAVE, format!("{what} {of}"))
                .stdout(Stdio::piped());
            let node = environment.spawn(node, command, &Room::default());
            let output = node.expect("it starts").wait_with_output().await;
            String::from_utf8(output.expect("it ends").stdout).expect("text")
        };
        assert_eq!(run(n1, "create").await.trim(), there);
        // A restart finds them, as after a crash of the process; another node does not.
        assert_eq!(run(n1, "look").await.trim(), there);
        assert_eq!(run(n2, "look").await.trim(), "[false, false, false]");
        println!("ready");
        environment.renew().expect("a new namespace");
        assert_eq!(run(n1, "look").await.trim(), "[false, false, false]");
        assert_eq!(run(n1, "create").await.trim(), there);
        println!("made");
        std::future::pending::<()>().await;
    });
}

pub(super) fn ends(case: &str) {
    let own = std::env::current_exe().expect("a path");
    let of = std::process::id() as i32;
    let mut child = Command::new(own)
        .env(CASE, case)
        .env("NEMESIS_TEST_OF", of.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let said: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| line != "made")
        .collect();
    if !said.contains(&"ready".to_owned()) {
        let code = child.wait().expect("it ends").code();
        assert_eq!(code, Some(SKIPPED), "{said:?}");
        println!("{said:?}");
        std::process::exit(SKIPPED);
    }
    assert_eq!(objects(of, false), [false; 3], "seen while the node runs");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL).expect("it is killed");
    child.wait().expect("it ends");
    assert_eq!(objects(of, false), [false; 3], "seen after the run");
}
