//! Which processes belong to a node's group, and whether they are stopped.
//!
//! Inside the sandbox `/proc` is the namespace's own. Where a fresh one was refused the old one
//! shows strangers under our numbers, so a process is then found by `NSpid` and its namespace, and
//! never by its number alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::Entered;

/// Looks processes up.
#[derive(Clone, Debug)]
pub struct ProcessTable {
    /// The process namespace to look for, where `/proc` is not its own.
    foreign: Option<PathBuf>,
}

/// A process of a node's group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its directory in `/proc`.
    pub directory: PathBuf,
    /// How many threads it has.
    pub threads: usize,
    /// How many of them are stopped (state T).
    pub stopped: usize,
}

impl ProcessTable {
    /// The table for the sandbox that was entered.
    pub fn of(entered: &Entered) -> ProcessTable {
        let foreign = match entered.own_proc() {
            Ok(()) => None,
            Err(_) => fs::read_link("/proc/self/ns/pid").ok(),
        };
        ProcessTable { foreign }
    }

    /// The directories in `/proc` of a group's living processes.
    pub fn directories(&self, group: i32) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter(|entry| is_number(&entry.file_name().to_string_lossy()))
            .map(|entry| entry.path())
            .filter(|directory| self.belongs(directory, group))
            .collect()
    }

    /// A group's living processes.
    pub fn members(&self, group: i32) -> Vec<Member> {
        self.directories(group)
            .into_iter()
            .filter_map(member)
            .collect()
    }

    /// The file behind a descriptor of a thread, as the kernel names it.
    pub(crate) fn open_file(&self, thread: u32, descriptor: u64) -> Option<PathBuf> {
        let directory = match &self.foreign {
            None => Path::new("/proc").join(thread.to_string()),
            Some(namespace) => thread_within(namespace, thread)?,
        };
        fs::read_link(directory.join("fd").join(descriptor.to_string())).ok()
    }

    fn belongs(&self, directory: &Path, group: i32) -> bool {
        match &self.foreign {
            None => {
                stat_of(directory).is_some_and(|stat| stat.group == group && !is_dead(stat.state))
            }
            Some(namespace) => {
                fs::read_link(directory.join("ns/pid")).is_ok_and(|have| have == *namespace)
                    && inner_group(directory) == Some(group)
                    && stat_of(directory).is_some_and(|stat| !is_dead(stat.state))
            }
        }
    }
}

/// The parts of a `stat` file that matter here.
struct Stat {
    state: char,
    group: i32,
}

fn stat_of(directory: &Path) -> Option<Stat> {
    let text = fs::read_to_string(directory.join("stat")).ok()?;
    // The command's name, in parentheses, may itself contain spaces and parentheses.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let group = fields.nth(1)?.parse().ok()?;
    Some(Stat { state, group })
}

fn member(directory: PathBuf) -> Option<Member> {
    let states: Vec<char> = fs::read_dir(directory.join("task"))
        .ok()?
        .flatten()
        .filter_map(|task| stat_of(&task.path()))
        .map(|stat| stat.state)
        .filter(|state| !is_dead(*state))
        .collect();
    let stopped = states.iter().filter(|state| **state == 'T').count();
    Some(Member {
        directory,
        threads: states.len(),
        stopped,
    })
}

/// The process group as the innermost namespace numbers it.
fn inner_group(directory: &Path) -> Option<i32> {
    inner(directory, "NSpgid:")
}

/// A number of a `status` file as the innermost namespace has it.
fn inner(directory: &Path, name: &str) -> Option<i32> {
    let status = fs::read_to_string(directory.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().last()?.parse().ok()
}

/// The directory of a thread with this number in a process namespace that `/proc` numbers otherwise.
fn thread_within(namespace: &Path, thread: u32) -> Option<PathBuf> {
    let within = |directory: &PathBuf| {
        fs::read_link(directory.join("ns/pid")).is_ok_and(|have| have == namespace)
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let processes = processes.map(|entry| entry.path()).filter(within);
    let threads = processes.filter_map(|process| fs::read_dir(process.join("task")).ok());
    let mut threads = threads.flat_map(|tasks| tasks.flatten().map(|task| task.path()));
    threads.find(|task| inner(task, "NSpid:").is_some_and(|id| id.unsigned_abs() == thread))
}

fn is_dead(state: char) -> bool {
    matches!(state, 'Z' | 'X' | 'x')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
