//! What a node costs and how long it waited for a processor, read from `/proc`.
//!
//! The run-queue delay distinguishes a starved machine from a broken node: it is the time that a thread was
//! ready to run and no processor took it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::table::ProcessTable;
use super::waits::{Thread, parse_stat};

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
    /// The longest that a single thread waited for a processor since the sample before.
    pub longest_wait: Wait,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// Open file descriptors.
    pub descriptors: usize,
    /// The state of the group's first process as `stat` shows it: R, S, D, T.
    pub state: Option<char>,
}

/// The longest wait of a single thread for a processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// How long it waited.
    pub length: Duration,
    /// The thread's name; none if nothing waited.
    pub thread: Option<String>,
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
    /// one second ago; the waits of threads that started since then appear with the next one. Waits count from the first
    /// sample on, and not while the node is stopped: a stop wakes all of its threads at once, and they wait for each other.
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
        let stopped = figures.state == Some('T');
        self.threads.retain(|_, thread| {
            let Some(did) = thread.sample(stopped) else {
                return false;
            };
            figures.threads += 1;
            figures.cpu_ns += did.ran_ns;
            figures.cpu_since_ns += did.ran_since_ns;
            figures.longest_wait.extend(did.waited, thread);
            true
        });
        (figures.processes > 0).then_some(figures)
    }

    /// The longest that a single thread waited for a processor between the last sample and the one before this was last asked,
    /// however short each wait was.
    pub fn longest_wait_since_asked(&mut self) -> Wait {
        let mut longest = Wait::default();
        for thread in self.threads.values_mut() {
            longest.extend(thread.waited_since_asked(), thread);
        }
        longest
    }

    /// Reads the list of processes and threads again, with their memory and descriptors.
    fn list(&mut self) {
        self.members = self.table.directories(self.group);
        // Whatever is new was not there at the listing before.
        let unborn = self.listed.replace(Instant::now());
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
                if let Some(thread) = Thread::open(&task, unborn) {
                    self.threads.insert(task, thread);
                }
            }
        }
    }
}

impl Wait {
    fn extend(&mut self, waited: Duration, thread: &Thread) {
        if waited > self.length {
            (self.length, self.thread) = (waited, thread.name());
        }
    }
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
    Some(parse_stat(&text)?.1).filter(|state| *state != 'Z')
}
