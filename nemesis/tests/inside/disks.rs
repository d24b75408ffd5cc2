//! Disks that are made worse, under processes that do nothing but write and sync: late, refused, untrue and full; healed
//! without a trace; and a process that waits for an answer can be paused and killed as before.

mod owner;

use std::time::{Duration, Instant};

use checkers::history::{FaultEvent, FaultPhase};
use nemesis::calls::Calls;
use nemesis::catalogue::{Kind, Pause};
use nemesis::doctor::Capability;
use nemesis::fault::Fault;
use nemesis::process::ProcessControl;
use nemesis::sandbox::Isolation;
use nemesis::target::Role;
use nemesis::{Environment, Room};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::Case;
use crate::support::{enter_or_skip, runtime, sleeper, three};
use owner::{Bench, LIMIT};

pub(crate) use owner::{SYNC, serve};

pub(crate) const CASES: &[Case] = &[
    ("disk_slow", || slow(Isolation::Network)),
    ("disk_slow_on_loopback", || slow(Isolation::ProcessesOnly)),
    ("disk_failing_sync", || {
        failing("failing-sync", "syncs_failed")
    }),
    ("disk_failing_write", || {
        failing("failing-write", "writes_failed")
    }),
    ("disk_full", || failing("disk-full", "writes_failed")),
    ("disk_lying", lying),
    ("disk_slow_on_all_nodes", slow_on_all),
    ("disk_of_an_idle_node_has_no_effect", idle),
    ("disk_without_supervision_has_no_effect", not_supervised),
    (
        "disk_is_refused_where_somebody_supervises_already",
        supervised_already,
    ),
    (
        "disk_slow_node_is_paused_and_killed_as_before",
        paused_and_killed,
    ),
    ("disk_slow_is_healed_when_dropped", dropped),
];

const SYNCS: Calls = Calls {
    syncs: true,
    writes: false,
};

const BOTH: Calls = Calls {
    syncs: true,
    writes: true,
};

fn kind(name: &str) -> Kind {
    name.parse().expect("a kind")
}

async fn next(steps: &mut UnboundedReceiver<FaultEvent>, phase: FaultPhase) -> FaultEvent {
    let step = steps.recv().await.expect("a step");
    println!("note: {step:?}");
    assert_eq!(step.phase, phase);
    step
}

fn slow(isolation: Isolation) {
    let entered = enter_or_skip(isolation);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let [leader, follower, _] = three();
        let (task, mut steps) = bench.execute(kind("slow-sync=500ms"), Role::Leader, 1_500);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(begun.affects_leader && begun.disk.is_some_and(|disk| disk.delay_ms == 500));
        let during = bench
            .owner
            .beats_within(leader, Duration::from_millis(1_100))
            .await;
        assert!(during <= 3, "{during} syncs in 1.1 s, each 0.5 s late");
        bench.owner.until_beating(follower).await;
        let healed = next(&mut steps, FaultPhase::Healed).await;
        // Of two threads.
        assert!(healed.counters["syncs_delayed"] >= 4);
        assert!(healed.counters["sync_delay_max_ms"] >= 500);
        assert!(!healed.counters.contains_key("syncs_failed"));
        let after = Instant::now();
        bench.owner.until_beating(leader).await;
        assert!(
            after.elapsed() < Duration::from_millis(1_500),
            "three syncs, none late"
        );
        task.await.expect("no panic");
    });
}

fn slow_on_all() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, BOTH).await;
        let (task, mut steps) = bench.execute(kind("slow-sync"), Role::All, 300);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(begun.targets.len() == 3 && begun.affects_leader);
        assert!(begun.counters["syncs_delayed"] >= 3);
        next(&mut steps, FaultPhase::Healed).await;
        for node in three() {
            bench.owner.until_beating(node).await;
        }
        task.await.expect("no panic");
    });
}

/// A process that ends when a call fails is seen to have met it, and is started again.
fn failing(name: &str, counter: &str) {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, BOTH).await;
        let [leader, follower, _] = three();
        let before = bench.owner.group(leader);
        let (task, mut steps) = bench.execute(kind(name), Role::Leader, 700);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(begun.affects_leader);
        bench.owner.until_beating(follower).await;
        let healed = next(&mut steps, FaultPhase::Healed).await;
        assert!(healed.counters[counter] >= 1);
        assert!(healed.evidence.contains("n1 started again: process"));
        let after = bench.owner.group(leader);
        assert!(after.is_some() && after != before);
        bench.owner.until_beating(leader).await;
        task.await.expect("no panic");
    });
}

fn lying() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let before = bench.owner.group(three()[0]);
        let (task, mut steps) = bench.execute(kind("lying-sync"), Role::Leader, 300);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(!begun.affects_leader);
        bench.owner.until_beating(three()[0]).await;
        let healed = next(&mut steps, FaultPhase::Healed).await;
        assert!(healed.counters["syncs_skipped"] >= 3);
        assert_eq!(bench.owner.group(three()[0]), before);
        bench.owner.until_beating(three()[0]).await;
        task.await.expect("no panic");
    });
}

/// A node that makes no call has not met the fault.
fn idle() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::build(&entered, SYNCS);
        for node in three() {
            let directory = bench.owner.directory(node);
            std::fs::create_dir_all(&directory).expect("created");
            std::fs::write(directory.join("idle"), "").expect("written");
            bench.owner.launch(node).expect("it starts");
        }
        let (task, mut steps) = bench.execute(kind("failing-sync"), Role::Follower, 100);
        let failed = next(&mut steps, FaultPhase::Failed).await;
        assert!(failed.evidence.contains("nothing counted"));
        task.await.expect("no panic");
    });
}

/// A filter for other calls, or none, is no supervision.
fn not_supervised() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        for calls in [SYNCS, Calls::default()] {
            let bench = Bench::at_work(&entered, calls).await;
            let (task, mut steps) = bench.execute(kind("disk-full"), Role::Leader, 100);
            let failed = next(&mut steps, FaultPhase::Failed).await;
            assert!(failed.evidence.contains("supervised"), "{failed:?}");
            task.await.expect("no panic");
            for node in three() {
                bench.owner.kill(node).await.expect("it is killed");
            }
        }
    });
}

/// Another listener above this process, as LXD has one: it is tried, refused and told, and nodes start as ever.
fn supervised_already() {
    nix::sys::prctl::set_no_new_privs().expect("permitted");
    let mut allow = libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_ALLOW,
    };
    let program = libc::sock_fprog {
        len: 1,
        filter: &raw mut allow,
    };
    // SAFETY: the kernel reads the program, which is a live value.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &program,
        )
    };
    if listener < 0 {
        println!("a listener is refused: {}", std::io::Error::last_os_error());
        std::process::exit(crate::SKIPPED);
    }
    let trials = nemesis::doctor::examine().expect("a single thread").trials;
    let of = |trial: &&nemesis::doctor::Trial| trial.capability == Capability::Supervision;
    let trial = trials.iter().find(of).expect("it is tried");
    println!("note: {trial:?}");
    assert!(!trial.works() && trial.remedies[0].contains("Incus"));
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    let environment = Environment::build(&entered).expect("it is built");
    let refused = environment
        .supervise(SYNCS)
        .expect_err("there is a listener");
    assert!(
        refused.to_string().contains("another listener"),
        "{refused}"
    );
    runtime().block_on(async {
        let mut child = environment
            .spawn(three()[0], sleeper(), &Room::default())
            .expect("it starts");
        child.kill().await.expect("it is killed");
    });
}

/// A thread that waits for its answer is stopped and killed like any other.
fn paused_and_killed() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let [leader, ..] = three();
        let (task, mut steps) = bench.execute(kind("slow-sync=1s"), Role::Leader, 60_000);
        next(&mut steps, FaultPhase::Begun).await;
        let group = bench.owner.group(leader).expect("it runs");
        let mut pause = Pause::new(bench.table.clone(), vec![(leader, group)]);
        pause.begin().await.expect("it begins");
        println!(
            "note: {}",
            pause.verify().await.expect("every thread is stopped")
        );
        // Stopped for longer than the delay: it is due when it continues.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let before = bench.owner.beats(leader);
        pause.heal().await.expect("it continues");
        let limit = Instant::now() + LIMIT;
        while bench.owner.beats(leader) == before {
            assert!(Instant::now() < limit, "it does not go on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let begun = Instant::now();
        bench.owner.kill(leader).await.expect("it is reaped");
        assert!(
            begun.elapsed() < Duration::from_millis(900),
            "it did not wait for its sync"
        );
        task.abort();
        let _ = task.await;
    });
}

/// What waits is answered when the engine goes away.
fn dropped() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let (task, mut steps) = bench.execute(kind("slow-sync=1s"), Role::All, 60_000);
        next(&mut steps, FaultPhase::Begun).await;
        task.abort();
        assert!(task.await.expect_err("it was aborted").is_cancelled());
        let after = Instant::now();
        for node in three() {
            bench.owner.until_beating(node).await;
        }
        assert!(
            after.elapsed() < Duration::from_secs(3),
            "nine syncs, none late"
        );
    });
}

/// A harness in mid-run, with every sync of every node pending.
pub(crate) fn runs_syncing() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, BOTH).await;
        // Their tasks go on.
        for (kind, role) in [
            (kind("slow-sync=2s"), Role::All),
            (Kind::PAUSE, Role::Leader),
        ] {
            let (_task, mut steps) = bench.execute(kind, role, 600_000);
            let step = steps.recv().await.expect("a step");
            assert_eq!(step.phase, FaultPhase::Begun, "{step:?}");
        }
        let namespace = std::fs::read_link("/proc/self/ns/net").expect("a link");
        println!("ready {}", namespace.display());
        tokio::time::sleep(Duration::from_secs(1_000)).await;
    });
}
