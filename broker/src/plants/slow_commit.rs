//! Plant `slow-commit`: a write is acknowledged later, by a share of the time that its commit took. Correct, but slower: for
//! trying whether a comparison of two builds sees the difference that it should.
//!
//! What is made longer is the commit and not its syncs. A sync took 0.3 ms of the 1.3 ms of an append where this was
//! measured: two fifths of it are less than what counts as a difference, and no honest comparison could find them.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Plant, Plants};
use crate::request::Response;

/// An acknowledgement that waits.
#[derive(Debug)]
struct Held {
    due: Instant,
    reply: oneshot::Sender<Response>,
    response: Response,
}

/// Where acknowledgements wait. A thread of its own sends them, because the runtime's timer counts whole milliseconds.
#[derive(Debug)]
pub(crate) struct Delay {
    percent: u32,
    held: Sender<Held>,
}

impl Delay {
    /// The thread, if the plant is on. It ends when this value is dropped.
    pub(crate) fn start(plants: &Plants) -> Option<Delay> {
        let percent = plants.value(Plant::SlowCommit)?;
        let (held, waiting) = channel();
        thread::spawn(move || send_when_due(&waiting));
        Some(Delay { percent, held })
    }

    /// Sends what answers a write later, anything else at once. `took` is the time since the question was put.
    pub(crate) fn send(
        &self,
        took: Duration,
        reply: oneshot::Sender<Response>,
        response: Response,
    ) {
        let delay = match &response {
            Response::Produce(_) => took * self.percent / 100,
            _ => Duration::ZERO,
        };
        let due = Instant::now() + delay;
        // The thread ends after this value only.
        let _ = self.held.send(Held {
            due,
            reply,
            response,
        });
    }
}

/// In the order in which they are due, so that one slow commit holds up no other.
fn send_when_due(waiting: &Receiver<Held>) {
    let mut held: BTreeMap<(Instant, u64), Held> = BTreeMap::new();
    let mut number = 0;
    loop {
        let now = Instant::now();
        while let Some(first) = held.first_entry().filter(|first| first.key().0 <= now) {
            let one = first.remove();
            // Whoever asked may have left.
            let _ = one.reply.send(one.response);
        }
        let received = match held.first_key_value() {
            Some(((due, _), _)) => waiting.recv_timeout(due.saturating_duration_since(now)),
            None => waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(one) => {
                number += 1;
                held.insert((one.due, number), one);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_waits_for_its_share_and_holds_up_nothing_else() {
        assert!(Delay::start(&Plants::default()).is_none());
        let plants = Plants::of(&[Plant::SlowCommit]);
        let delay = Delay::start(&plants).expect("the plant is on");
        let begun = Instant::now();
        let (slow, mut slow_answer) = oneshot::channel();
        delay.send(
            Duration::from_millis(500),
            slow,
            Response::Produce(Vec::new()),
        );
        let (quick, quick_answer) = oneshot::channel();
        delay.send(Duration::ZERO, quick, Response::Produce(Vec::new()));
        quick_answer.blocking_recv().expect("answered");
        // Unless this test stood still for so long, the slow one is still to come.
        if begun.elapsed() < Duration::from_millis(200) {
            assert!(slow_answer.try_recv().is_err());
        }
        slow_answer.blocking_recv().expect("answered");
        assert!(begun.elapsed() >= Duration::from_millis(200));
    }
}
