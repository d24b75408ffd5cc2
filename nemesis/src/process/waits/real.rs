//! Threads of this process on one processor, that another thread of it keeps busy: what the kernel says of their waits,
//! and what is believed.

#![expect(clippy::print_stdout, reason = "what the kernel did is for a reader")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::time::ClockId;
use nix::unistd::{Pid, gettid};

use super::*;

fn processors() -> Vec<usize> {
    let own = sched_getaffinity(Pid::from_raw(0)).expect("the kernel says it");
    let all = 0..CpuSet::count();
    all.filter(|at| own.is_set(*at).unwrap_or(false)).collect()
}

fn bind(thread: Pid, processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor).expect("it is one of ours");
    sched_setaffinity(thread, &set).expect("own threads may be bound");
}

/// Uses a processor for this long.
fn work(time: Duration) {
    let used = || Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now().expect("it is kept"));
    let until = used() + time;
    while used() < until {
        std::hint::spin_loop();
    }
}

fn watched(thread: Pid) -> Thread {
    let directory = PathBuf::from(format!("/proc/self/task/{thread}"));
    let mut watched = Thread::open(&directory, None).expect("it runs");
    let _ = watched.sample(false);
    watched
}

/// A thread works for a moment and sleeps for 300 ms, and is moved whenever it goes to sleep. Within seconds a kernel
/// since 6.12 takes a whole sleep for a wait; no wait that is believed begins before the sleep was over.
#[test]
fn a_sleep_is_no_wait_whatever_the_kernel_says() {
    const SLEEP: Duration = Duration::from_millis(300);
    let [here, there, ..] = processors()[..] else {
        println!("note: there is one processor, and no other to move a thread to");
        return;
    };
    let stop = AtomicBool::new(false);
    let wakes = Mutex::new(Instant::now());
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                bind(Pid::from_raw(0), here);
                while !stop.load(Ordering::Relaxed) {
                    work(SLEEP / 300);
                }
            });
        }
        scope.spawn(|| {
            bind(Pid::from_raw(0), here);
            tell.send(gettid()).expect("somebody listens");
            while !stop.load(Ordering::Relaxed) {
                work(SLEEP / 60);
                *wakes.lock().expect("nothing panics") = Instant::now() + SLEEP;
                std::thread::sleep(SLEEP);
            }
        });
        let sleeper = told.recv().expect("it tells its number");
        let mut thread = watched(sleeper);
        let mut seen = false;
        let begun = Instant::now();
        let mut was_idle = true;
        // As of the sample before: what ended since then may be of the time before the present sleep.
        let mut woke = *wakes.lock().expect("nothing panics");
        while !seen && begun.elapsed() < 40 * SLEEP {
            let before = thread.known.schedule.waited_ns;
            let did = thread.sample(false).expect("it runs");
            let said = Duration::from_nanos(thread.known.schedule.waited_ns - before);
            // It slept until then, so it waited no longer than since then.
            let longest = woke.elapsed() + SLEEP / 3;
            seen |= said > longest;
            if said > SLEEP / 2 || did.waited > SLEEP / 2 {
                println!(
                    "note: said {said:?}, at most {longest:?}, believed {:?}",
                    did.waited
                );
            }
            if did.waited > longest {
                stop.store(true, Ordering::Relaxed);
                panic!(
                    "{:?} of waiting are believed, {longest:?} are possible",
                    did.waited
                );
            }
            let is_idle = thread.known.idle == Some(thread.known.at);
            if is_idle && !was_idle {
                bind(sleeper, there);
                bind(sleeper, here);
            }
            was_idle = is_idle;
            woke = *wakes.lock().expect("nothing panics");
        }
        stop.store(true, Ordering::Relaxed);
        println!("note: the kernel took a sleep for a wait: {seen}");
    });
}

/// A thread of the lowest priority waits for longer than from one sample to the next, and that is believed.
#[test]
fn a_real_wait_is_believed() {
    const LONG: Duration = Duration::from_millis(40);
    let processor = processors()[0];
    let stop = AtomicBool::new(false);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                bind(Pid::from_raw(0), processor);
                while !stop.load(Ordering::Relaxed) {
                    work(Duration::from_millis(1));
                }
            });
        }
        scope.spawn(|| {
            bind(Pid::from_raw(0), processor);
            let lowest = libc::sched_param { sched_priority: 0 };
            // SAFETY: the parameters live for the call.
            let set = unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const lowest) };
            assert_eq!(set, 0, "a thread may lower its own priority");
            tell.send(gettid()).expect("somebody listens");
            while !stop.load(Ordering::Relaxed) {
                work(Duration::from_millis(1));
            }
        });
        let mut thread = watched(told.recv().expect("it tells its number"));
        let begun = Instant::now();
        let mut longest = Duration::ZERO;
        while longest < LONG && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(10));
            let did = thread.sample(false).expect("it runs");
            longest = longest.max(did.waited);
        }
        stop.store(true, Ordering::Relaxed);
        println!("note: it waited for {longest:?} at once");
        assert!(longest >= LONG);
    });
}
