//! `slow-commit`: a write is acknowledged later, by a share of the time that its commit took. Correct, but slower: for
//! testing whether a comparison of two builds detects a difference of known size.
//!
//! The commit takes longer, and its syncs do not. A sync took 0.3 ms of the 1.3 ms of an append where this was measured:
//! two fifths of it are less than what counts as a difference, and no honest comparison could find them.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::hooks::{Hook, Outcomes};
use crate::request::Response;

/// An acknowledgement that waits.
#[derive(Debug)]
struct Held {
    due: Instant,
    reply: oneshot::Sender<Response>,
    response: Response,
}

/// Where acknowledgements wait. A thread of its own sends them, because the runtime's timer counts whole milliseconds. It
/// ends when this value is dropped.
#[derive(Debug)]
pub(super) struct SlowCommit {
    percent: u32,
    held: Sender<Held>,
}

impl SlowCommit {
    pub(super) fn new(percent: u32) -> SlowCommit {
        let (held, waiting) = channel();
        thread::spawn(move || send_when_due(&waiting));
        SlowCommit { percent, held }
    }
}

impl Hook for SlowCommit {
    /// Watches the core's answer from a task of its own: the handler looks at it only when the answers before it are out,
    /// and the time until then is not part of the commit.
    fn write_arrived(&self) -> Option<Box<dyn FnOnce(Outcomes) -> Outcomes + Send>> {
        let (arrived, percent, held) = (Instant::now(), self.percent, self.held.clone());
        Some(Box::new(move |outcomes| {
            let (reply, answer) = oneshot::channel();
            tokio::spawn(async move {
                let Ok(response) = outcomes.await else { return };
                let committed = Instant::now();
                let due = committed + (committed - arrived) * percent / 100;
                // The thread ends after the last sender only.
                let _ = held.send(Held {
                    due,
                    reply,
                    response,
                });
            });
            answer
        }))
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
            // The handler may have left.
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
    use std::time::Duration;

    use super::*;

    /// A write that arrives now: where its outcome goes in, and where it comes out.
    fn write(delay: &SlowCommit) -> (oneshot::Sender<Response>, Outcomes) {
        let arrived = delay.write_arrived().expect("it is on");
        let (reply, outcomes) = oneshot::channel();
        (reply, arrived(outcomes))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_write_waits_for_its_share_and_holds_up_no_other() {
        let delay = SlowCommit::new(40);
        let began = Instant::now();
        let (slow, mut slow_answer) = write(&delay);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let took = began.elapsed();
        slow.send(Response::Produce(Vec::new())).expect("awaited");
        let (quick, quick_answer) = write(&delay);
        quick.send(Response::Produce(Vec::new())).expect("awaited");
        quick_answer.await.expect("answered");
        // If the machine did not run this test for that long, the slow one may be out already.
        if began.elapsed() < took + Duration::from_millis(150) {
            assert!(slow_answer.try_recv().is_err());
        }
        slow_answer.await.expect("answered");
        assert!(began.elapsed() >= Duration::from_millis(700));
    }
}
