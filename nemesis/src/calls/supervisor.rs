//! The supervisor: one thread that answers the kernel's questions for all nodes.
//!
//! If the thread ends, it closes the listeners, and the kernel refuses the calls that it would have asked for: a node
//! then ends, and never hangs.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, ppoll};

use super::count::Count;
use super::filter::Filter;
use super::notice::{Answer, Listener, Notice};
use super::treatment::{Fate, Treatment};
use super::waiting::{Held, Waiting};
use crate::needs::Calls;
use crate::node::Node;
use crate::process::ProcessTable;

/// The supervisor. Dropping it ends its thread.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    /// Wakes the thread, and ends it when it is closed.
    wake: PipeWriter,
}

/// A filter for one process, and where its listener goes.
#[derive(Debug)]
pub(crate) struct Installing {
    filter: Filter,
    to: UnixStream,
}

#[derive(Debug)]
struct Shared {
    table: ProcessTable,
    state: Mutex<State>,
    ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<Node, Charge>,
    /// Processes that have not sent their listener yet.
    arriving: Vec<Arc<Arriving>>,
    listeners: Vec<Arc<Asking>>,
    /// How many listeners there have been.
    numbered: u64,
    waiting: Waiting,
}

/// What is known of a node.
#[derive(Debug, Default)]
struct Charge {
    /// The directories of its files.
    own: Vec<PathBuf>,
    /// What the kernel asks for.
    calls: Calls,
    treatment: Option<Treatment>,
    count: Count,
}

#[derive(Debug)]
struct Arriving {
    node: Node,
    from: UnixStream,
}

#[derive(Debug)]
struct Asking {
    node: Node,
    number: u64,
    listener: Listener,
}

impl Supervisor {
    /// Starts the thread, which finds processes in this table.
    pub(crate) fn start(table: ProcessTable) -> io::Result<Supervisor> {
        let (woken, wake) = io::pipe()?;
        let shared = Arc::new(Shared {
            table,
            state: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let of_thread = shared.clone();
        thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                let ends = Ending(&of_thread);
                let _ = of_thread.serve(woken);
                drop(ends);
            })?;
        Ok(Supervisor { shared, wake })
    }

    /// Prepares a process of a node, whose files lie below these directories: what is returned is to be installed
    /// between fork and exec.
    ///
    /// # Errors
    /// If the calls of this machine are not known, or the thread has ended.
    pub(crate) fn prepare(
        &self,
        node: Node,
        calls: Calls,
        directories: &[PathBuf],
    ) -> io::Result<Installing> {
        if self.shared.ended.load(Ordering::Acquire) {
            return Err(io::Error::other("the thread that supervises calls is gone"));
        }
        let filter = Filter::of(calls)?;
        let (from, to) = UnixStream::pair()?;
        // As the kernel names them.
        let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        let mut state = self.shared.lock();
        let charge = state.nodes.entry(node).or_default();
        charge.own = directories.iter().map(real).collect();
        charge.calls = calls;
        state.arriving.push(Arc::new(Arriving { node, from }));
        drop(state);
        (&self.wake).write_all(&[0])?;
        Ok(Installing { filter, to })
    }

    /// Treats the calls of a node so from now on, and counts anew. False if the kernel does not ask for them.
    pub(crate) fn treat(&self, node: Node, treatment: Treatment) -> bool {
        let mut state = self.shared.lock();
        let charge = state.nodes.get_mut(&node);
        let Some(charge) = charge.filter(|charge| treatment.calls().within(charge.calls)) else {
            return false;
        };
        (charge.treatment, charge.count) = (Some(treatment), Count::default());
        true
    }

    /// Ends the treatment of a node: calls that wait are executed at once.
    pub(crate) fn end(&self, node: Node) {
        let mut state = self.shared.lock();
        if let Some(charge) = state.nodes.get_mut(&node) {
            charge.treatment = None;
        }
        for (_, held) in state.waiting.take_all(node) {
            state.go_on(&held);
        }
    }

    /// What was counted since the node's treatment began.
    pub(crate) fn count(&self, node: Node) -> Count {
        let state = self.shared.lock();
        state
            .nodes
            .get(&node)
            .map_or_else(Count::default, |charge| charge.count)
    }
}

impl Installing {
    /// Installs the filter in this process, for good. It makes system calls only, so it may run between fork and exec.
    pub(crate) fn install(&self) -> io::Result<()> {
        self.filter.install(self.to.as_fd())
    }
}

/// Closes what the thread served, also if it panics.
struct Ending<'s>(&'s Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        let mut state = self.0.lock();
        state.listeners.clear();
        state.arriving.clear();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's life: until the other end of the pipe is closed.
    fn serve(&self, mut woken: PipeReader) -> io::Result<()> {
        loop {
            let (arriving, listeners, due) = {
                let state = self.lock();
                let due = state.waiting.first_due();
                (state.arriving.clone(), state.listeners.clone(), due)
            };
            let wait = due.map(|due| due.saturating_duration_since(Instant::now()));
            let asks = |from| PollFd::new(from, PollFlags::POLLIN);
            let mut polled = vec![asks(woken.as_fd())];
            polled.extend(arriving.iter().map(|one| asks(one.from.as_fd())));
            polled.extend(listeners.iter().map(|one| asks(one.listener.as_fd())));
            match ppoll(&mut polled, wait.map(Into::into), None) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let seen: Vec<PollFlags> = polled.iter().map(seen).collect();
            let (of_pipe, seen) = (seen[0], &seen[1..]);
            let (of_arriving, of_listeners) = seen.split_at(arriving.len());
            if !of_pipe.is_empty() && woken.read(&mut [0; 64])? == 0 {
                return Ok(());
            }
            for (one, _) in arriving
                .iter()
                .zip(of_arriving)
                .filter(|(_, seen)| !seen.is_empty())
            {
                self.arrive(one);
            }
            for (one, seen) in listeners.iter().zip(of_listeners) {
                if seen.contains(PollFlags::POLLIN) {
                    if let Some(notice) = one.listener.receive() {
                        self.take(one, notice);
                    }
                } else if !seen.is_empty() {
                    self.lock().forget(one.number);
                }
            }
            self.lock().answer_due();
        }
    }

    /// A process has sent its listener, or ended before.
    fn arrive(&self, arriving: &Arc<Arriving>) {
        let mut state = self.lock();
        state.arriving.retain(|other| !Arc::ptr_eq(other, arriving));
        if let Some(listener) = Listener::take(&arriving.from) {
            state.numbered += 1;
            let (node, number) = (arriving.node, state.numbered);
            state.listeners.push(Arc::new(Asking {
                node,
                number,
                listener,
            }));
        }
    }

    fn take(&self, asking: &Asking, notice: Notice) {
        let mut state = self.lock();
        let fate = state.fate(asking.node, &notice, &self.table);
        let answer = match fate {
            Fate::Pass => Answer::Continue,
            Fate::Fail(errno) => Answer::Error(errno),
            Fate::Lie => Answer::Success,
            Fate::Later(delay) => {
                let since = Instant::now();
                let held = Held {
                    notice,
                    listener: asking.number,
                    since,
                    due: since + delay,
                };
                return state.waiting.hold(asking.node, held);
            }
        };
        asking.listener.answer(notice.id, answer);
    }
}

/// What happened to a descriptor.
fn seen(polled: &PollFd<'_>) -> PollFlags {
    // What nix does not know is an error of the descriptor.
    polled.revents().unwrap_or(PollFlags::POLLERR)
}

impl State {
    /// What becomes of a call; counted if it is one that the node's treatment is about.
    fn fate(&mut self, node: Node, notice: &Notice, table: &ProcessTable) -> Fate {
        let Some(charge) = self.nodes.get_mut(&node) else {
            return Fate::Pass;
        };
        let (Some(treatment), Some((kind, descriptor))) = (charge.treatment, notice.kind()) else {
            return Fate::Pass;
        };
        let fate = treatment.fate(kind);
        let is_own = || match descriptor {
            None => true,
            Some(descriptor) => table
                .open_file(notice.thread, descriptor)
                .is_some_and(|path| charge.own.iter().any(|own| path.starts_with(own))),
        };
        if fate == Fate::Pass || !is_own() {
            return Fate::Pass;
        }
        let count = &mut charge.count;
        match kind.syncs {
            true => count.syncs += 1,
            false => count.writes += 1,
        }
        match fate {
            Fate::Fail(_) if kind.syncs => count.syncs_failed += 1,
            Fate::Fail(_) => count.writes_failed += 1,
            Fate::Lie => count.lied += 1,
            Fate::Pass | Fate::Later(_) => {}
        }
        fate
    }

    fn answer_due(&mut self) {
        let now = Instant::now();
        for (node, held) in self.waiting.take_due(now) {
            if self.go_on(&held)
                && let Some(charge) = self.nodes.get_mut(&node)
            {
                let count = &mut charge.count;
                count.delayed += 1;
                count.delay_max = count.delay_max.max(now.duration_since(held.since));
            }
        }
    }

    /// Lets the kernel execute a call that waited; false if it has become void.
    fn go_on(&self, held: &Held) -> bool {
        let asked = self
            .listeners
            .iter()
            .find(|one| one.number == held.listener);
        asked.is_some_and(|asked| asked.listener.answer(held.notice.id, Answer::Continue))
    }

    /// All processes of a listener have ended.
    fn forget(&mut self, number: u64) {
        self.listeners.retain(|one| one.number != number);
        self.waiting.forget(number);
    }
}
