//! How long a thread waited for a processor, and which of the kernel's figures can be true.
//!
//! A kernel since 6.12 leaves a thread that goes to sleep on its run queue for a moment. If the thread is moved to another
//! processor in that moment, the kernel takes it for one that waits: when it wakes, all of its sleep is added to its
//! waits. A thread that looks after something every 30 s then waited for 30 s. Whatever wakes all threads at once, as
//! stopping the process does, shows the longest such sleep.
//!
//! Therefore a thread's state is read with its figures. A thread that sleeps or is stopped waits for nothing, so no wait is
//! longer than the time since the thread was last seen so, or was seen to have run. What the kernel adds beyond that is no
//! wait. How much of it was one cannot be known, so none of it counts.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The kernel's clock and ours are read one after the other.
const SLACK: Duration = Duration::from_millis(5);

/// A thread's files, open, and what they said last.
#[derive(Debug)]
pub(super) struct Thread {
    schedule: File,
    stat: File,
    known: Known,
    /// How long it has waited in all.
    waited: Duration,
    /// How long it had waited when it was last asked.
    asked: Duration,
}

/// What a thread did since the sample before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Did {
    /// On a processor since it started, in nanoseconds.
    pub(super) ran_ns: u64,
    /// On a processor since the sample before, in nanoseconds.
    pub(super) ran_since_ns: u64,
    /// Waiting for a processor since the sample before.
    pub(super) waited: Duration,
}

/// A thread's `schedstat`: nanoseconds on a processor, and nanoseconds waiting for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Schedule {
    ran_ns: u64,
    waited_ns: u64,
}

/// A thread's files, read once.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Whether it ran or waited for a processor. Else it slept or was stopped.
    runnable: bool,
    schedule: Schedule,
    /// Before its state was read.
    from: Instant,
    /// After its schedule was read.
    to: Instant,
}

/// What is known of a thread from one reading to the next.
#[derive(Clone, Copy, Debug)]
struct Known {
    schedule: Schedule,
    at: Instant,
    /// When it surely did not wait for a processor, the last time; none if that is not known.
    idle: Option<Instant>,
}

impl Thread {
    /// The thread with this directory in `/proc`. `unborn` is when it was not there yet, if that is known.
    pub(super) fn open(directory: &Path, unborn: Option<Instant>) -> Option<Thread> {
        Some(Thread {
            schedule: File::open(directory.join("schedstat")).ok()?,
            stat: File::open(directory.join("stat")).ok()?,
            known: Known {
                schedule: Schedule::default(),
                at: unborn.unwrap_or_else(Instant::now),
                idle: unborn,
            },
            waited: Duration::ZERO,
            asked: Duration::ZERO,
        })
    }

    /// What it did since the sample before; none if it has ended. What it waited for while its process was being
    /// `stopped` does not count.
    pub(super) fn sample(&mut self, stopped: bool) -> Option<Did> {
        let from = Instant::now();
        // The state comes first: what was waited between the two is in the figures already.
        let runnable = matches!(parse_stat(&read(&self.stat)?)?.1, 'R');
        let schedule = parse_schedule(&read(&self.schedule)?)?;
        let reading = Reading {
            runnable,
            schedule,
            from,
            to: Instant::now(),
        };
        let before = self.known.schedule;
        let mut waited = self.known.next(&reading);
        if stopped {
            waited = Duration::ZERO;
        }
        self.waited += waited;
        Some(Did {
            ran_ns: schedule.ran_ns,
            ran_since_ns: schedule.ran_ns.saturating_sub(before.ran_ns),
            waited,
        })
    }

    /// How long it waited since this was last asked, up to the last sample.
    pub(super) fn waited_since_asked(&mut self) -> Duration {
        let since = self.waited.saturating_sub(self.asked);
        self.asked = self.waited;
        since
    }

    /// Its name, as its process set it.
    pub(super) fn name(&self) -> Option<String> {
        Some(parse_stat(&read(&self.stat)?)?.0.to_owned())
    }
}

impl Known {
    /// Takes the next reading; returns how long the thread waited since the one before.
    fn next(&mut self, reading: &Reading) -> Duration {
        let ran = reading.schedule.ran_ns > self.schedule.ran_ns;
        let claimed = (reading.schedule.waited_ns).saturating_sub(self.schedule.waited_ns);
        let claimed = Duration::from_nanos(claimed);
        let possible = |idle| reading.to.saturating_duration_since(idle) + SLACK;
        let is_true = self.idle.is_some_and(|idle| claimed <= possible(idle));
        if !reading.runnable {
            self.idle = Some(reading.from);
        } else if ran {
            // It ran between the two readings, so what it waits for now began after the one before.
            self.idle = self.idle.max(Some(self.at));
        }
        (self.schedule, self.at) = (reading.schedule, reading.from);
        if is_true { claimed } else { Duration::ZERO }
    }
}

/// A small file of `/proc`; none if what it is about has ended.
fn read(file: &File) -> Option<String> {
    let mut text = [0; 512];
    let read = file.read_at(&mut text, 0).ok()?;
    Some(String::from_utf8_lossy(&text[..read]).into_owned())
}

fn parse_schedule(text: &str) -> Option<Schedule> {
    let mut fields = text.split_whitespace();
    let ran_ns = fields.next()?.parse().ok()?;
    let waited_ns = fields.next()?.parse().ok()?;
    Some(Schedule { ran_ns, waited_ns })
}

/// Name and state of a `stat` file. The name may contain anything, parentheses too.
pub(super) fn parse_stat(text: &str) -> Option<(&str, char)> {
    let (begin, rest) = text.rsplit_once(')')?;
    let name = begin.split_once('(')?.1;
    Some((name, rest.trim_start().chars().next()?))
}

#[cfg(test)]
mod real;

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that was first read at 0 ms, and these readings of it: when in ms, whether it was runnable, and for how many
    /// ms it had run and waited in all. What it waited before each, in ms.
    fn waits(readings: &[(u64, bool, u64, u64)]) -> Vec<u128> {
        let begun = Instant::now();
        let mut known = Known {
            schedule: Schedule::default(),
            at: begun,
            idle: None,
        };
        let mut take = |&(at, runnable, ran, waited): &(u64, bool, u64, u64)| {
            let at = begun + Duration::from_millis(at);
            let (ran_ns, waited_ns) = (ran * 1_000_000, waited * 1_000_000);
            let schedule = Schedule { ran_ns, waited_ns };
            let (from, to) = (at, at);
            let reading = Reading {
                runnable,
                schedule,
                from,
                to,
            };
            known.next(&reading).as_millis()
        };
        readings.iter().map(&mut take).collect()
    }

    #[test]
    fn a_sleep_that_the_kernel_adds_to_the_waits_is_none() {
        let sleeps = [
            (0, false, 10, 7_000),
            (100, false, 10, 7_000),
            (200, false, 10, 7_000),
            (229, true, 11, 50_840),
            (300, false, 12, 50_850),
        ];
        assert_eq!(waits(&sleeps), [0, 0, 0, 0, 10]);
    }

    #[test]
    fn a_wait_of_a_thread_that_was_runnable_all_the_while_counts() {
        let starved = [
            (0, false, 10, 0),
            (100, true, 10, 0),
            (200, true, 10, 0),
            (3_000, true, 10, 0),
            (3_100, true, 12, 3_050),
            (3_200, true, 12, 3_050),
            (4_200, true, 13, 4_149),
        ];
        assert_eq!(waits(&starved), [0, 0, 0, 0, 3_050, 0, 1_099]);
    }

    #[test]
    fn a_wait_begins_after_the_thread_was_last_seen_to_sleep_or_run() {
        // It ran between 100 and 200 ms, so it cannot have waited for 900 ms at 1000 ms; and 850 ms it may.
        let seen = |waited| {
            [
                (0, false, 10, 0),
                (100, true, 10, 0),
                (200, true, 11, 0),
                (1_000, true, 12, waited),
            ]
        };
        assert_eq!(waits(&seen(950)).last(), Some(&0));
        assert_eq!(waits(&seen(850)).last(), Some(&850));
    }

    #[test]
    fn the_waits_of_a_thread_that_nobody_watched_begin_with_its_first_sample() {
        assert_eq!(waits(&[(0, true, 9, 60), (100, true, 12, 80)]), [0, 20]);
    }

    #[test]
    fn lines_are_read() {
        let (ran_ns, waited_ns) = (12, 34);
        let schedule = Some(Schedule { ran_ns, waited_ns });
        assert_eq!(parse_schedule("12 34 5\n"), schedule);
        assert_eq!(parse_schedule(""), None);
        assert_eq!(parse_stat("7 (a) b (c)) R 1 2"), Some(("a) b (c)", 'R')));
        assert_eq!(parse_stat("7"), None);
    }
}
