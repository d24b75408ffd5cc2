//! The supervisor: one thread that answers the kernel's questions for all nodes.
//!
//! If the thread ends, it closes the listeners, and the kernel refuses the calls that it would have asked for: a node
//! then ends, and never hangs.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::count::Count;
use super::filter::Filter;
use super::notice::{Answer, Listener, Notice};
use super::treatment::{Fate, Treatment};
use super::waiting::{Held, Waiting};
use crate::needs::Calls;
use crate::node::Node;
use crate::process::ProcessTable;

/// What the kernel reports of the pipe whose other end is the supervisor. Listeners are numbered from 1.
const PIPE: u64 = 0;

/// The supervisor. Dropping it ends its thread.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    /// Ends the thread when it is closed.
    _lives: PipeWriter,
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
    /// What the thread waits for, by number. A node's sync waits meanwhile, so nothing is made anew for each of them.
    epoll: Epoll,
    state: Mutex<State>,
    ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<Node, Charge>,
    /// Processes that have not sent their listener yet.
    arriving: BTreeMap<u64, Arriving>,
    listeners: BTreeMap<u64, Asking>,
    /// How many processes and listeners there have been.
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
    listener: Listener,
}

impl Supervisor {
    /// Starts the thread, which finds processes in this table.
    pub(crate) fn start(table: ProcessTable) -> io::Result<Supervisor> {
        let (ends, lives) = io::pipe()?;
        let shared = Arc::new(Shared {
            table,
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            state: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let of_thread = shared.clone();
        thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                let ending = Ending(&of_thread);
                let _ = of_thread.serve(&ends);
                drop(ending);
            })?;
        Ok(Supervisor {
            shared,
            _lives: lives,
        })
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
        let number = state.number();
        self.shared.watch(&from, number)?;
        state.arriving.insert(number, Arriving { node, from });
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

    fn watch(&self, descriptor: impl AsFd, number: u64) -> io::Result<()> {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, number);
        Ok(self.epoll.add(descriptor, event)?)
    }

    /// The thread's life: until the other end of the pipe is closed.
    fn serve(&self, ends: &PipeReader) -> io::Result<()> {
        self.watch(ends, PIPE)?;
        let mut events = [EpollEvent::empty(); 16];
        loop {
            let due = self.lock().waiting.first_due();
            let happened = match self.epoll.wait(&mut events, until(due)) {
                Ok(count) => &events[..count],
                Err(nix::errno::Errno::EINTR) => &[],
                Err(errno) => return Err(errno.into()),
            };
            for event in happened {
                match event.data() {
                    PIPE => return Ok(()),
                    number => self.happened(number, event.events()),
                }
            }
            if due.is_some() {
                self.lock().answer_due();
            }
        }
    }

    /// A listener has a question or has lost its last process, or a process has sent its listener.
    fn happened(&self, number: u64, what: EpollFlags) {
        let mut state = self.lock();
        match state.listeners.get(&number) {
            Some(asking) if what.contains(EpollFlags::EPOLLIN) => {
                if let Some(notice) = asking.listener.receive() {
                    state.take(number, notice, &self.table);
                }
            }
            Some(_) => state.forget(number),
            None => self.arrive(number, &mut state),
        }
    }

    /// A process has sent its listener, or ended before.
    fn arrive(&self, number: u64, state: &mut State) {
        let Some(Arriving { node, from }) = state.arriving.remove(&number) else {
            return;
        };
        let Some(listener) = Listener::take(&from) else {
            return;
        };
        let number = state.number();
        // Without anybody who listens, the calls that it would ask for fail, and the process ends.
        if self.watch(&listener, number).is_ok() {
            state.listeners.insert(number, Asking { node, listener });
        }
    }
}

/// How long to wait for what is due then.
fn until(due: Option<Instant>) -> EpollTimeout {
    let Some(due) = due else {
        return EpollTimeout::NONE;
    };
    let nanos = due.saturating_duration_since(Instant::now()).as_nanos();
    // Nothing is answered before it is due.
    i32::try_from(nanos.div_ceil(1_000_000))
        .ok()
        .and_then(|ms| EpollTimeout::try_from(ms).ok())
        .unwrap_or(EpollTimeout::MAX)
}

impl State {
    fn number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }

    /// Decides about a call, and answers unless it has to wait.
    fn take(&mut self, number: u64, notice: Notice, table: &ProcessTable) {
        let Some(node) = self.listeners.get(&number).map(|asking| asking.node) else {
            return;
        };
        let answer = match self.fate(node, &notice, table) {
            Fate::Pass => Answer::Continue,
            Fate::Fail(errno) => Answer::Error(errno),
            Fate::Lie => Answer::Success,
            Fate::Later(delay) => {
                let since = Instant::now();
                let held = Held {
                    notice,
                    listener: number,
                    since,
                    due: since + delay,
                };
                return self.waiting.hold(node, held);
            }
        };
        self.answer(number, &notice, answer);
    }

    /// Answers; false if the question has become void.
    fn answer(&self, number: u64, notice: &Notice, answer: Answer) -> bool {
        let asking = self.listeners.get(&number);
        asking.is_some_and(|asking| asking.listener.answer(notice.id, answer))
    }

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
        self.answer(held.listener, &held.notice, Answer::Continue)
    }

    /// All processes of a listener have ended.
    fn forget(&mut self, number: u64) {
        self.listeners.remove(&number);
        self.waiting.forget(number);
    }
}
