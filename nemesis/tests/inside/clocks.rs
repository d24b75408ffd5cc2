//! Wall clocks of real processes are moved: they tell another time, other nodes and monotonic clocks do not, and a clock
//! that nobody reads has not been moved.

use std::time::Duration;

use checkers::history::FaultPhase;
use nemesis::catalogue::Kind;
use nemesis::clock::{Shift, now_ns};
use nemesis::sandbox::Isolation;
use nemesis::target::Role;
use nemesis::{Environment, Room};

use crate::Case;
use crate::echo::{ECHO, address, told_ns};
use crate::faults::{Bench, plan};
use crate::support::{enter_or_skip, runtime, three};

pub(crate) const CASES: &[Case] = &[
    ("clock_jumps", || jumps(Isolation::Network)),
    ("clock_jumps_on_loopback", || {
        jumps(Isolation::ProcessesOnly);
    }),
    ("clock_drifts_and_strobes", drifts_and_strobes),
    ("clock_is_slewed_back", slewed),
    ("clock_that_nobody_reads", unread),
    ("clock_behind_wrappers", wrapped),
];

const SECOND: i64 = 1_000_000_000;

/// How late an answer may be on a loaded machine.
const LATE: i64 = SECOND;

const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// How far each node's clock is ahead. It is asked for in between, so that there is something to see.
async fn ahead(bench: &Bench) -> Vec<i64> {
    let mut all = Vec::new();
    for node in three() {
        let address = address(&bench.environment, node);
        let told = tokio::task::spawn_blocking(move || told_ns(address, ANSWER_LIMIT)).await;
        all.push(told.expect("no panic").expect("it answers") - now_ns());
    }
    all
}

fn is_about(ahead_ns: i64, expected_ns: i64) -> bool {
    (expected_ns - LATE..=expected_ns + LATE).contains(&ahead_ns)
}

/// Runs a window while the nodes are asked for the time, and returns what each step says and what they told in between.
async fn window(
    bench: &Bench,
    kind: &str,
    ms: u64,
) -> (Vec<checkers::history::FaultEvent>, Vec<i64>) {
    let kind: Kind = kind.parse().expect("a kind");
    let (task, mut steps) = bench.execute(plan(kind, Role::Leader, ms), std::future::pending());
    let begun = loop {
        tokio::select! {
            step = steps.recv() => break step.expect("a step").event,
            _ = ahead(bench) => {}
        }
    };
    println!("note: {begun:?}");
    assert_eq!(
        (begun.phase, begun.affects_leader),
        (FaultPhase::Begun, false)
    );
    assert!(begun.counters["told_another_time"] > 0);
    let told = ahead(bench).await;
    let healed = steps.recv().await.expect("a step").event;
    println!("note: {healed:?}");
    assert_eq!(healed.phase, FaultPhase::Healed);
    task.await.expect("no panic");
    (vec![begun, healed], told)
}

fn jumps(isolation: Isolation) {
    let entered = enter_or_skip(isolation);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        for (kind, expected_s) in [("clock-jump=+100s", 100), ("clock-jump=-100s", -100)] {
            let before = ahead(&bench).await;
            assert!(before.iter().all(|ns| is_about(*ns, 0)), "{before:?}");
            let (steps, told) = window(&bench, kind, 500).await;
            assert!(is_about(told[0], expected_s * SECOND), "{told:?}");
            assert!(is_about(told[1], 0) && is_about(told[2], 0), "{told:?}");
            let skew = (expected_s.min(0) * 1_000, expected_s.max(0) * 1_000);
            assert_eq!(steps[1].skew_ms, Some(skew));
        }
        let after = ahead(&bench).await;
        assert!(after.iter().all(|ns| is_about(*ns, 0)), "{after:?}");
    });
}

fn drifts_and_strobes() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (steps, _) = window(&bench, "clock-drift=+50%", 500).await;
        let (least, most) = steps[1].skew_ms.expect("a clock");
        assert!(least == 0 && most >= 250, "{steps:?}");
        let (steps, _) = window(&bench, "clock-strobe=-100s/1ms", 500).await;
        assert_eq!(steps[1].skew_ms, Some((-100_000, 0)));
        let after = ahead(&bench).await;
        assert!(after.iter().all(|ns| is_about(*ns, 0)), "{after:?}");
    });
}

/// Half a second takes five: 10 % of the time.
fn slewed() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (steps, _) = window(&bench, "clock-jump=+500ms/slew", 100).await;
        let took = steps[1].called - steps[0].called;
        println!("note: {took}");
        assert!(steps[1].evidence.starts_with("slewed back"));
        assert_eq!(steps[1].skew_ms.map(|skew| skew.1), Some(500));
        let after = ahead(&bench).await;
        assert!(after.iter().all(|ns| is_about(*ns, 0)), "{after:?}");
    });
}

fn unread() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let kind = plan(Kind::CLOCK_JUMP, Role::All, 100);
        let (task, mut steps) = bench.execute(kind, std::future::pending());
        let failed = steps.recv().await.expect("a step").event;
        println!("note: {failed:?}");
        assert_eq!(failed.phase, FaultPhase::Failed);
        assert!(failed.evidence.contains("n1 did not read its wall clock"));
        assert_eq!(task.await.expect("no panic").without_effect.len(), 1);
        let after = ahead(&bench).await;
        assert!(after.iter().all(|ns| is_about(*ns, 0)), "{after:?}");
    });
}

/// A shell executes `env`, which executes the program; a second start has the clock that was set before.
fn wrapped() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    let environment = Environment::build(&entered).expect("it is built");
    let [n1, ..] = three();
    let own = std::env::current_exe().expect("this program has a path");
    let name = own
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    runtime().block_on(async {
        for program in [None, Some(name), Some("another".to_owned())] {
            let is_meant = program.as_deref() != Some("another");
            environment.clocks().want(true, program);
            let clock = environment
                .clocks()
                .of(n1)
                .expect("memory")
                .expect("wanted");
            clock.set(Shift::jump(-1_000 * SECOND));
            let mut command = tokio::process::Command::new("sh");
            command.args(["-c", "true; exec env \"$0\""]).arg(&own);
            command.env(ECHO, address(&environment, n1).to_string());
            let mut child = environment
                .spawn(n1, command, &Room::default())
                .expect("started");
            let told = || told_ns(address(&environment, n1), ANSWER_LIMIT);
            let told = (0..500).find_map(|_| {
                std::thread::sleep(Duration::from_millis(20));
                told().ok()
            });
            let ahead = told.expect("it answers") - now_ns();
            println!("note: {:?}, {ahead}", clock.works());
            assert_eq!(clock.works().is_ok(), is_meant);
            assert!(
                is_about(ahead, if is_meant { -1_000 * SECOND } else { 0 }),
                "{ahead}"
            );
            let group = nix::unistd::Pid::from_raw(child.id().expect("it runs") as i32);
            nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).expect("killed");
            child.wait().await.expect("reaped");
        }
    });
}
