//! What a node costs and how long it waited for a processor, read from `/proc`.
//!
//! The run-queue delay distinguishes a starved machine from a broken node: it is the time that a thread was
//! ready to run and no processor took it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::table::ProcessTable;

/// How long a list of a group's processes is used before it is read again.
const MEMBERS_VALID: Duration = Duration::from_secs(1);

/// A node at one moment. Sums over all processes of its group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Living processes.
    pub processes: usize,
    /// Living threads.
    pub threads: usize,
    /// Processor time that its living threads have used since they started, in nanoseconds.
    pub cpu_ns: u64,
    /// Processor time since the sample before, in nanoseconds.
    pub cpu_since_ns: u64,
    /// The longest that a single thread waited for a processor since the sample before, in
    /// nanoseconds.
    pub waited_longest_ns: u64,
    /// How long all threads together waited since the sample before, in nanoseconds.
    pub waited_sum_ns: u64,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// Open file descriptors.
    pub descriptors: usize,
    /// The state of the group's first process as `stat` shows it: R, S, D, T.
    pub state: Option<char>,
}

/// Samples one node. Remembers each thread's counters, because a sum would fall when a thread ends; and keeps their files open:
/// a JVM has a hundred threads, and finding their files ten times a second took more of a processor than the load did.
#[derive(Debug)]
pub struct Sampler {
    table: ProcessTable,
    group: i32,
    members: Vec<PathBuf>,
    listed: Option<Instant>,
    threads: BTreeMap<PathBuf, Thread>,
    resident_bytes: u64,
    descriptors: usize,
}

/// A thread's `schedstat`, open, and what it said last.
#[derive(Debug)]
struct Thread {
    file: File,
    last: Schedule,
    /// How long it had waited in all at the last [`Sampler::waited_longest_since_asked_ns`].
    asked_ns: u64,
}

/// A thread's `schedstat`: nanoseconds on a processor, and nanoseconds waiting for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Schedule {
    ran_ns: u64,
    waited_ns: u64,
}

impl Sampler {
    /// For the group of a running node. A restarted node needs a new sampler.
    pub fn new(table: ProcessTable, group: i32) -> Sampler {
        Sampler {
            table,
            group,
            members: Vec::new(),
            listed: None,
            threads: BTreeMap::new(),
            resident_bytes: 0,
            descriptors: 0,
        }
    }

    /// The node now, or nothing if it is not running. Threads, memory and descriptors are as of the last listing, at most
    /// one second ago; the waits of threads that started since then appear with the next one.
    pub fn sample(&mut self) -> Option<Figures> {
        if self
            .listed
            .is_none_or(|listed| listed.elapsed() >= MEMBERS_VALID)
        {
            self.list();
        }
        let mut figures = Figures {
            resident_bytes: self.resident_bytes,
            descriptors: self.descriptors,
            ..Figures::default()
        };
        for directory in &self.members {
            let Some(state) = state_of(directory) else {
                continue;
            };
            figures.state = figures.state.or(Some(state));
            figures.processes += 1;
        }
        self.threads.retain(|_, thread| {
            let Some(now) = schedule(&thread.file) else {
                return false;
            };
            let before = std::mem::replace(&mut thread.last, now);
            let waited_ns = now.waited_ns.saturating_sub(before.waited_ns);
            figures.threads += 1;
            figures.cpu_ns += now.ran_ns;
            figures.cpu_since_ns += now.ran_ns.saturating_sub(before.ran_ns);
            figures.waited_sum_ns += waited_ns;
            figures.waited_longest_ns = figures.waited_longest_ns.max(waited_ns);
            true
        });
        (figures.processes > 0).then_some(figures)
    }

    /// The longest that a single thread waited for a processor between the last sample and the one before this was last asked,
    /// however short each wait was.
    pub fn waited_longest_since_asked_ns(&mut self) -> u64 {
        let waited = self.threads.values_mut().map(|thread| {
            let now = thread.last.waited_ns;
            now.saturating_sub(std::mem::replace(&mut thread.asked_ns, now))
        });
        waited.max().unwrap_or(0)
    }

    /// Reads the list of processes and threads again, with their memory and descriptors.
    fn list(&mut self) {
        self.members = self.table.directories(self.group);
        self.listed = Some(Instant::now());
        let resident = self.members.iter().filter_map(|d| resident_bytes(d));
        self.resident_bytes = resident.sum();
        self.descriptors = self.members.iter().map(|d| entries(&d.join("fd"))).sum();
        for directory in &self.members {
            let tasks = fs::read_dir(directory.join("task"));
            for task in tasks.into_iter().flatten().flatten() {
                let task = task.path();
                if self.threads.contains_key(&task) {
                    continue;
                }
                if let Ok(file) = File::open(task.join("schedstat")) {
                    let thread = Thread {
                        file,
                        last: Schedule::default(),
                        asked_ns: 0,
                    };
                    self.threads.insert(task, thread);
                }
            }
        }
    }
}

/// What a thread's file says now; none if the thread has ended.
fn schedule(file: &File) -> Option<Schedule> {
    let mut line = [0; 96];
    let read = file.read_at(&mut line, 0).ok()?;
    parse_schedule(std::str::from_utf8(&line[..read]).ok()?)
}

fn parse_schedule(text: &str) -> Option<Schedule> {
    let mut fields = text.split_whitespace();
    let ran_ns = fields.next()?.parse().ok()?;
    let waited_ns = fields.next()?.parse().ok()?;
    Some(Schedule { ran_ns, waited_ns })
}

fn resident_bytes(directory: &Path) -> Option<u64> {
    let text = fs::read_to_string(directory.join("statm")).ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_bytes())
}

fn page_bytes() -> u64 {
    // SAFETY: sysconf takes a number and returns a number.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory)
        .map(|entries| entries.count())
        .unwrap_or(0)
}

fn state_of(directory: &Path) -> Option<char> {
    let text = fs::read_to_string(directory.join("stat")).ok()?;
    text.rsplit_once(')')?
        .1
        .trim_start()
        .chars()
        .next()
        .filter(|state| *state != 'Z')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_line_is_read() {
        let schedule = parse_schedule("12 34 5\n").expect("it is one");
        assert_eq!(
            schedule,
            Schedule {
                ran_ns: 12,
                waited_ns: 34
            }
        );
        assert_eq!(parse_schedule(""), None);
    }
}
