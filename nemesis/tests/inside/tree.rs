//! The process tree: exit codes, signals, and that nothing outlives anything.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nemesis::network::{Diversion, partition};
use nemesis::process::ProcessTable;
use nemesis::process::figures::Sampler;
use nemesis::sandbox::Isolation;
use nemesis::wire::Treatment;
use nemesis::{Environment, Nodes, Room, calls};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{enter_or_skip, environment, runtime, sleeper, three};
use crate::{CASE, Case};

pub(crate) const CASES: &[Case] = &[
    ("tree_enters_and_is_second_process", enters),
    ("tree_node_runs_in_its_own_group", own_group),
    ("tree_passes_on_exit_codes_and_signals", passes_on),
    ("tree_terminal_interrupt_arrives_once", interrupt_once),
    ("tree_dies_with_outer", || dies("network", "outer")),
    ("tree_dies_with_init", || dies("network", "init")),
    ("tree_dies_with_harness", || dies("network", "harness")),
    ("tree_dies_diverted", || dies("diverted", "harness")),
    ("tree_dies_syncing", || dies("syncing", "harness")),
    ("tree_on_loopback_dies_with_outer", || {
        dies("loopback", "outer")
    }),
    ("tree_on_loopback_dies_with_init", || {
        dies("plain-loopback", "init")
    }),
    ("tree_on_loopback_dies_with_harness", || {
        dies("loopback", "harness")
    }),
    ("tree_figures_of_a_node", figures),
    ("tree_finds_nodes_without_a_fresh_proc", without_fresh_proc),
];

/// Run by other cases only.
pub(crate) const HELPERS: &[Case] = &[
    ("helper_exits_7", || {
        enter_or_skip(Isolation::Network);
        std::process::exit(7);
    }),
    ("helper_kills_itself", || {
        enter_or_skip(Isolation::Network);
        let _ = kill(nix::unistd::getpid(), Signal::SIGKILL);
    }),
    ("helper_counts_interrupts", counts_interrupts),
    ("helper_runs_network", || {
        runs(environment(Isolation::Network), true)
    }),
    ("helper_runs_diverted", runs_diverted),
    ("helper_runs_syncing", crate::disks::runs_syncing),
    ("helper_runs_loopback", || {
        runs(environment(Isolation::ProcessesOnly), true)
    }),
    ("helper_runs_plain-loopback", || {
        runs(environment(Isolation::ProcessesOnly), false)
    }),
];

/// Marks every process of a helper, through its environment.
const MARK: &str = "NEMESIS_TEST_MARK";

/// How long the kernel may take to end a namespace on a loaded machine.
const END_LIMIT: Duration = Duration::from_secs(5);

fn enters() {
    let outside = std::process::id();
    let entered = enter_or_skip(Isolation::Network);
    assert_ne!(outside, std::process::id());
    assert_eq!(nix::unistd::getppid().as_raw(), 1);
    println!("note: {entered:?}");
    if entered.own_proc().is_ok() {
        let stat = fs::read_to_string("/proc/self/stat").expect("proc");
        assert!(stat.starts_with(&format!("{} ", std::process::id())));
    }
    if entered.own_hosts().is_ok() {
        assert!(
            fs::read_to_string("/etc/hosts")
                .expect("hosts")
                .contains("n2")
        );
    }
}

fn own_group() {
    let environment = environment(Isolation::Network);
    runtime().block_on(async {
        for node in Nodes::THREE {
            let mut child = environment
                .spawn(node, sleeper(), &Room::default())
                .expect("it starts");
            let pid = Pid::from_raw(child.id().expect("it runs") as i32);
            assert_eq!(nix::unistd::getpgid(Some(pid)), Ok(pid));
            let own = fs::read_link("/proc/self/ns/net").expect("own");
            let its = fs::read_link(format!("/proc/{pid}/ns/net")).expect("its");
            assert_ne!(own, its);
            child.kill().await.expect("it is killed");
        }
    });
}

fn passes_on() {
    skip_where_forbidden();
    let code = |case: &str| {
        let status = helper(case, "none").status().expect("it runs");
        status.code()
    };
    assert_eq!(code("helper_exits_7"), Some(7));
    assert_eq!(code("helper_kills_itself"), Some(128 + 9));
}

/// A signal to outer's process group, as a terminal sends it, reaches the harness exactly once, and
/// no node.
fn interrupt_once() {
    skip_where_forbidden();
    let mut command = helper("helper_counts_interrupts", "none");
    let mut child = command
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    let group = Pid::from_raw(child.id() as i32);
    nix::sys::signal::killpg(group, Signal::SIGINT).expect("it is sent");
    let said = lines.next().expect("a line").expect("text");
    assert_eq!(said, "interrupts 1, node alive true");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

fn counts_interrupts() {
    let environment = environment(Isolation::Network);
    runtime().block_on(async {
        let mut node = environment
            .spawn(three()[0], sleeper(), &Room::default())
            .expect("it starts");
        let mut signals =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).expect("yes");
        println!("ready");
        let mut interrupts = 0;
        let limit = Duration::from_millis(500);
        while tokio::time::timeout(limit * (10 - 9 * interrupts.min(1)), signals.recv())
            .await
            .is_ok()
        {
            interrupts += 1;
        }
        let alive = node.try_wait().expect("it is ours").is_none();
        println!("interrupts {interrupts}, node alive {alive}");
    });
}

/// The same while the messages of a node vanish in the switch.
fn runs_diverted() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let links = partition::mute(network.nodes(), three()[0]);
    let treatment = Treatment::MessageCut { reset: false };
    let diversion = Diversion::new(network, links, treatment, 0);
    diversion.begin().expect("it diverts");
    diversion.verify().expect("probes").expect("took effect");
    runs(environment, true);
}

/// A harness in mid-run: three nodes, each with children of its own, one of them paused.
fn runs(environment: Environment, with_children: bool) {
    runtime().block_on(async {
        let mut nodes = Vec::new();
        for node in Nodes::THREE {
            let mut command = tokio::process::Command::new("sh");
            let script = if with_children {
                "sleep 1000 & sleep 1000; :"
            } else {
                "exec sleep 1000"
            };
            command.arg("-c").arg(script);
            nodes.push(
                environment
                    .spawn(node, command, &Room::default())
                    .expect("it starts"),
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let paused = Pid::from_raw(nodes[0].id().expect("it runs") as i32);
        nix::sys::signal::killpg(paused, Signal::SIGSTOP).expect("it is paused");
        println!(
            "ready {}",
            fs::read_link("/proc/self/ns/net")
                .expect("a link")
                .display()
        );
        tokio::time::sleep(Duration::from_secs(1000)).await;
    });
}

fn dies(how: &str, victim: &str) {
    let has_namespaces = matches!(how, "network" | "diverted" | "syncing");
    if has_namespaces {
        skip_where_forbidden();
    }
    let mounts = || {
        fs::read_to_string("/proc/self/mountinfo")
            .expect("proc")
            .lines()
            .count()
    };
    let mounts_before = mounts();
    let mark = format!("{}-{victim}-{how}", std::process::id());
    let mut command = helper(&format!("helper_runs_{how}"), &mark);
    let mut outer: Child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(outer.stdout.take().expect("a pipe")).lines();
    let ready = lines.next().expect("a line").expect("text");
    let namespace = ready
        .strip_prefix("ready ")
        .expect("the helper's word")
        .to_owned();
    let pids = marked(&mark);
    println!("note: {} processes", pids.len());
    assert!(pids.len() >= 6, "{pids:?}");
    let init = child_of(outer.id() as i32);
    let target = match victim {
        "outer" => outer.id() as i32,
        "init" => init,
        _ => child_of(init),
    };
    kill(Pid::from_raw(target), Signal::SIGKILL).expect("it is killed");
    let begun = Instant::now();
    let status = outer.wait().expect("it ends");
    if victim == "outer" {
        assert_eq!(status.code(), None);
    } else {
        assert_eq!(status.code(), Some(128 + 9));
    }
    while !marked(&mark).is_empty() {
        assert!(begun.elapsed() < END_LIMIT, "left: {:?}", marked(&mark));
        sleep(Duration::from_millis(2));
    }
    println!("note: all gone after {:?}", begun.elapsed());
    assert_eq!(mounts(), mounts_before);
    if has_namespaces {
        assert!(
            holders(&namespace).is_empty(),
            "the namespace is still in use"
        );
    }
}

fn figures() {
    let entered = enter_or_skip(Isolation::Network);
    let environment = nemesis::Environment::build(&entered).expect("it is built");
    let table = ProcessTable::of(&entered);
    runtime().block_on(async {
        let mut command = tokio::process::Command::new("sh");
        command.arg("-c").arg("while :; do :; done");
        let mut node = environment
            .spawn(three()[0], command, &Room::default())
            .expect("it starts");
        let mut sampler = Sampler::new(table, node.id().expect("it runs") as i32);
        sampler.sample();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        let figures = sampler.sample().expect("it runs");
        println!("note: {figures:?} in {:?}", begun.elapsed());
        assert!(figures.cpu_since_ns > 10_000_000 && figures.resident_bytes > 0);
        assert!(figures.descriptors >= 3 && figures.processes == 1);
        node.kill().await.expect("it is killed");
        assert_eq!(sampler.sample(), None);
    });
}

/// Where a part of `/proc` is covered, as containers do, the kernel refuses a fresh one. Nodes are
/// then found by translation, and a stranger with the same number is not taken for one.
fn without_fresh_proc() {
    let identity = (nix::unistd::getuid(), nix::unistd::getgid());
    in_user_namespace(identity);
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("private");
    let flags = MsFlags::empty();
    mount(
        Some("none"),
        "/proc/sys",
        Some("tmpfs"),
        flags,
        None::<&str>,
    )
    .expect("covered");
    // What was covered outside cannot be uncovered in a namespace further in.
    in_user_namespace(identity);
    let entered = enter_or_skip(Isolation::Network);
    println!("note: {entered:?}");
    assert!(entered.own_proc().is_err());
    let environment = nemesis::Environment::build(&entered).expect("it is built");
    let table = ProcessTable::of(&entered);
    let syncs = calls::Treatment::LyingSync.calls();
    assert_eq!(environment.supervise(syncs), Ok(()));
    runtime().block_on(async {
        let mut node = environment
            .spawn(three()[0], sleeper(), &Room::default())
            .expect("it starts");
        let group = node.id().expect("it runs") as i32;
        let mut pause = nemesis::catalogue::Pause::new(table.clone(), vec![(three()[0], group)]);
        use nemesis::fault::Fault;
        pause.begin().await.expect("it begins");
        println!(
            "note: {}",
            pause.verify().await.expect("it is seen stopped")
        );
        println!("note: {}", pause.heal().await.expect("it is seen running"));
        assert_eq!(table.members(group).len(), 1);
        assert_eq!(
            Sampler::new(table.clone(), group)
                .sample()
                .map(|seen| seen.processes),
            Some(1)
        );
        node.kill().await.expect("it is killed");
        assert!(table.members(group).is_empty());
    });
}

fn in_user_namespace((user, group): (nix::unistd::Uid, nix::unistd::Gid)) {
    if let Err(errno) = unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS) {
        println!("user namespaces are forbidden: {errno}");
        std::process::exit(crate::SKIPPED);
    }
    let write = |path: &str, text: String| fs::write(path, text).expect(path);
    write("/proc/self/setgroups", "deny".to_owned());
    write("/proc/self/uid_map", format!("{user} {user} 1"));
    write("/proc/self/gid_map", format!("{group} {group} 1"));
}

fn helper(case: &str, mark: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.env(CASE, case).env(MARK, mark);
    command
}

/// Ends this process as skipped where no network can be had, by trying it in another one.
fn skip_where_forbidden() {
    let status = helper("helper_exits_7", "none")
        .stdout(Stdio::null())
        .status();
    if status.expect("it runs").code() == Some(crate::SKIPPED) {
        println!("this machine forbids the sandbox");
        std::process::exit(crate::SKIPPED);
    }
}

fn processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").expect("proc").flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Every living process that carries the mark.
fn marked(mark: &str) -> Vec<i32> {
    let wanted = format!("{MARK}={mark}");
    let carries = |pid: &i32| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted.as_bytes())
    };
    processes().into_iter().filter(carries).collect()
}

fn holders(namespace: &str) -> Vec<i32> {
    let holds = |pid: &i32| {
        fs::read_link(format!("/proc/{pid}/ns/net"))
            .is_ok_and(|link| link.to_string_lossy() == namespace)
    };
    processes().into_iter().filter(holds).collect()
}

fn child_of(parent: i32) -> i32 {
    let parent_of = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?
            .1
            .split_whitespace()
            .nth(1)?
            .parse::<i32>()
            .ok()
    };
    let mut all = processes().into_iter();
    all.find(|pid| parent_of(pid) == Some(parent))
        .expect("it has a child")
}
