//! Calls paired with their completions, by process.
//!
//! A process has one operation at a time. What is not a client's (the nemesis) is left out. A call
//! without completion is `info`, as is one that says so: its interval never ends. Jepsen never uses
//! a process number again after `info`; where a history does, the number names a new process from
//! there on, see [`EdnOperation::session`].

use std::collections::BTreeMap;

use super::entries::{Entry, EntryType, Process};
use super::error::{EdnError, Problem};
use crate::history::Outcome;

/// A client's call with its completion.
#[derive(Clone, Debug, PartialEq)]
pub struct EdnOperation<'a> {
    /// The process number.
    pub process: i64,
    /// Dense number of the process, counted anew after each `info`: order within a session is the
    /// order of one client, and an operation that is still open is its session's last.
    pub session: usize,
    /// The call.
    pub call: Entry<'a>,
    /// The completion; none if the history ends first.
    pub completion: Option<Entry<'a>>,
    /// How it came out.
    pub outcome: Outcome,
}

impl<'a> EdnOperation<'a> {
    /// The index of the call where it has one, else its place: the operation's name in evidence.
    pub fn id(&self) -> i64 {
        id_of(&self.call)
    }

    /// The place of the call among the history's entries.
    pub fn called(&self) -> usize {
        self.call.place
    }

    /// The place of the completion; none for `info`.
    pub fn returned(&self) -> Option<usize> {
        let completion = self.completion.as_ref()?;
        (self.outcome != Outcome::Info).then_some(completion.place)
    }

    /// That the values that are judged can be read: those of the call and of the completion, where that is `ok` or, with
    /// `always`, whatever it is.
    ///
    /// # Errors
    /// If one of them has a form that cannot be read back ([`EdnValue::Opaque`](super::EdnValue)).
    pub fn require_readable(&self, always: bool) -> Result<(), EdnError> {
        let done = self.completion.as_ref();
        let done = done.filter(|_| always || self.outcome == Outcome::Ok);
        for entry in [Some(&self.call), done].into_iter().flatten() {
            let judged = ["key", "offset"].map(|field| (field, entry.other(field)));
            for (field, value) in [("value", Some(&entry.value))].into_iter().chain(judged) {
                if let Some(found) = value.and_then(super::EdnValue::opaque) {
                    let found = super::atoms::shortened(found).to_owned();
                    return Err(EdnError {
                        line: entry.line,
                        column: 1,
                        problem: Problem::Opaque { field, found },
                    });
                }
            }
        }
        Ok(())
    }

    /// The value of the completion if there is one, else of the call.
    pub fn value(&self) -> &super::EdnValue<'a> {
        self.completion
            .as_ref()
            .map_or(&self.call.value, |completion| &completion.value)
    }
}

fn id_of(entry: &Entry<'_>) -> i64 {
    // A place fits: it counts values that are in memory.
    entry.index.unwrap_or(entry.place as i64)
}

/// Pairs calls with completions; the result is in the order of the calls.
///
/// # Errors
/// If a process calls while its last call is open, completes without a call, or completes another
/// function than it called. The text is not at hand here, so the error's column is always 1.
pub fn operations<'a>(entries: Vec<Entry<'a>>) -> Result<Vec<EdnOperation<'a>>, EdnError> {
    let mut operations: Vec<EdnOperation<'a>> = Vec::with_capacity(entries.len() / 2 + 1);
    let mut sessions = 0;
    let mut processes: BTreeMap<i64, Client> = BTreeMap::new();
    for entry in entries {
        let Process::Client(process) = entry.process else {
            continue;
        };
        let fail = |problem| EdnError {
            line: entry.line,
            column: 1,
            problem,
        };
        if entry.entry_type == EntryType::Invoke {
            let client = processes.entry(process).or_insert_with(|| {
                sessions += 1;
                Client {
                    session: sessions - 1,
                    open: None,
                }
            });
            if let Some(open) = client.open {
                let line = operations[open].call.line;
                return Err(fail(Problem::StillOpen { process, line }));
            }
            client.open = Some(operations.len());
            operations.push(EdnOperation {
                process,
                session: client.session,
                call: entry,
                completion: None,
                outcome: Outcome::Info,
            });
            continue;
        }
        let open = processes
            .get_mut(&process)
            .and_then(|client| client.open.take());
        let Some(open) = open else {
            return Err(fail(Problem::NeverCalled { process }));
        };
        let operation = &mut operations[open];
        if let (Some(completed), Some(called)) = (&entry.function, &operation.call.function)
            && completed != called
        {
            let (completed, called) = (completed.to_string(), called.to_string());
            return Err(fail(Problem::OtherFunction {
                completed,
                called,
                line: operation.call.line,
            }));
        }
        operation.outcome = match entry.entry_type {
            EntryType::Ok => Outcome::Ok,
            EntryType::Fail => Outcome::Fail,
            EntryType::Invoke | EntryType::Info => {
                processes.remove(&process);
                Outcome::Info
            }
        };
        operation.completion = Some(entry);
    }
    Ok(operations)
}

struct Client {
    session: usize,
    /// Which operation it waits for.
    open: Option<usize>,
}
