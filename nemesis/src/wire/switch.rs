//! The switch: one thread that receives the frames of diverted links, does to each what its link's treatment says, and
//! sends them on when they are due.
//!
//! If the thread ends, diverted links are cut: nothing passes by mistake, and whoever asks is told.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};

use super::connection::Parting;
use super::count::Count;
use super::frame::Frame;
use super::hardware::{Hosts, OF_SWITCH};
use super::lane::{Lane, Nanos};
use super::socket::{Buffer, PacketSocket};
use super::treatment::Treatment;
use crate::link::Link;

/// Frames that are read before those that are due are sent.
const BATCH: usize = 64;

/// The switch. Dropping it ends its thread.
#[derive(Debug)]
pub(crate) struct Switch {
    shared: Arc<Shared>,
    /// Closed with the switch, which wakes the thread.
    _stop: PipeWriter,
}

#[derive(Debug)]
struct Shared {
    socket: PacketSocket,
    epoch: Instant,
    state: Mutex<State>,
    ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<Hosts, Lane>,
    queue: BinaryHeap<Reverse<Queued>>,
    /// How many frames were queued: those that are due at the same time keep their order.
    queued: u64,
    health: Health,
}

/// Whether the switch itself was in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Frames that the kernel dropped because the thread was too slow.
    pub(crate) overrun: u64,
    /// The longest time that the switch added to a frame beyond what its treatment says.
    pub(crate) late_max: Duration,
}

#[derive(Debug, PartialEq, Eq)]
struct Queued {
    due: Nanos,
    number: u64,
    hosts: Hosts,
    frame: Frame,
}

impl Ord for Queued {
    fn cmp(&self, other: &Queued) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Queued) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Switch {
    /// Starts it on an interface of the caller's network namespace.
    pub(crate) fn start(interface: u32) -> io::Result<Switch> {
        let socket = PacketSocket::open(interface)?;
        let (stopped, stop) = io::pipe()?;
        let shared = Arc::new(Shared {
            socket,
            epoch: Instant::now(),
            state: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let of_thread = shared.clone();
        thread::Builder::new()
            .name("switch".to_owned())
            .spawn(move || {
                let ends = Ending(&of_thread);
                let _ = of_thread.serve(&stopped);
                drop(ends);
            })?;
        Ok(Switch {
            shared,
            _stop: stop,
        })
    }

    /// Treats the frames of this link so from now on; they arrive once the sender's neighbour entry says so.
    pub(crate) fn treat(&self, link: Link, treatment: Treatment, seed: u64) {
        let lane = Lane::new(treatment, seed, self.shared.now());
        self.shared.lock().lanes.insert(Hosts::of(link), lane);
    }

    /// Ends the treatment of a link: what waits is sent at once, and frames that still come pass as they are. Returns
    /// what was counted.
    pub(crate) fn end(&self, link: Link) -> Count {
        let hosts = Hosts::of(link);
        let mut state = self.shared.lock();
        state.flush(hosts, &self.shared.socket);
        let Some(mut lane) = state.lanes.remove(&hosts) else {
            return Count::default();
        };
        for parting in lane.part() {
            let (frame, to) = match parting {
                Parting::Released(frame) | Parting::Reset(frame) => (frame, hosts.receiver()),
                Parting::ResetSender(frame) => (frame, hosts.sender()),
            };
            lane.count.failed += u64::from(!self.shared.send(frame, to));
        }
        lane.count
    }

    /// What was counted on a link so far; nothing if it is not treated.
    pub(crate) fn count(&self, link: Link) -> Option<Count> {
        let state = self.shared.lock();
        state.lanes.get(&Hosts::of(link)).map(|lane| lane.count)
    }

    /// Whether its thread still runs.
    pub(crate) fn is_alive(&self) -> bool {
        !self.shared.ended.load(Ordering::Acquire)
    }

    /// Whether it kept up since it was last asked.
    pub(crate) fn health(&self) -> Health {
        let mut state = self.shared.lock();
        let overrun = self.shared.socket.dropped().unwrap_or(0);
        let mut health = std::mem::take(&mut state.health);
        health.overrun += overrun;
        health
    }
}

/// Says that the thread has ended, also if it panics.
struct Ending<'s>(&'s Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Nanos {
        Nanos::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(Nanos::MAX)
    }

    fn send(&self, mut frame: Frame, to: super::frame::HardwareAddress) -> bool {
        frame.readdress(OF_SWITCH, to);
        self.socket.send(&frame)
    }

    /// The thread's life: until the other end of the pipe is closed.
    fn serve(&self, stopped: &PipeReader) -> io::Result<()> {
        let mut buffer = Buffer::new();
        loop {
            let wait = self.lock().until_due(self.now());
            let mut polled = [
                PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
                PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
            ];
            match ppoll(&mut polled, wait.map(Into::into), None) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            if polled[1].any().unwrap_or(false) {
                return Ok(());
            }
            for _ in 0..BATCH {
                let Some((frame, waited)) = self.socket.receive(&mut buffer)? else {
                    break;
                };
                self.take(frame, waited);
            }
            self.send_due();
        }
    }

    fn take(&self, frame: Frame, waited: Duration) {
        let Some(hosts) = Hosts::behind(frame.destination()) else {
            return;
        };
        let now = self.now();
        let mut state = self.lock();
        state.health.late_max = state.health.late_max.max(waited);
        match state.lanes.get_mut(&hosts) {
            Some(lane) => {
                for (due, frame) in lane.take(now, frame) {
                    state.queue(due, hosts, frame);
                }
            }
            // Between the end of a treatment and the sender's new neighbour entry.
            None => state.queue(now, hosts, frame),
        }
    }

    fn send_due(&self) {
        let mut state = self.lock();
        let now = self.now();
        while state
            .queue
            .peek()
            .is_some_and(|Reverse(first)| first.due <= now)
        {
            let Some(Reverse(queued)) = state.queue.pop() else {
                break;
            };
            let late = Duration::from_nanos(now - queued.due);
            state.health.late_max = state.health.late_max.max(late);
            state.send(queued, &self.socket);
        }
    }
}

impl State {
    fn queue(&mut self, due: Nanos, hosts: Hosts, frame: Frame) {
        self.queued += 1;
        let number = self.queued;
        self.queue.push(Reverse(Queued {
            due,
            number,
            hosts,
            frame,
        }));
    }

    fn until_due(&self, now: Nanos) -> Option<Duration> {
        let Reverse(first) = self.queue.peek()?;
        Some(Duration::from_nanos(first.due.saturating_sub(now)))
    }

    /// Sends at once what waits on a link, in the order in which it is due.
    fn flush(&mut self, hosts: Hosts, socket: &PacketSocket) {
        let all = std::mem::take(&mut self.queue).into_sorted_vec();
        // Sorted by the reverse order: the last is the first that is due.
        for Reverse(queued) in all.into_iter().rev() {
            match queued.hosts == hosts {
                true => self.send(queued, socket),
                false => self.queue.push(Reverse(queued)),
            }
        }
    }

    fn send(&mut self, queued: Queued, socket: &PacketSocket) {
        let Queued {
            hosts, mut frame, ..
        } = queued;
        frame.readdress(OF_SWITCH, hosts.receiver());
        if !socket.send(&frame)
            && let Some(lane) = self.lanes.get_mut(&hosts)
        {
            lane.count.failed += 1;
        }
    }
}
