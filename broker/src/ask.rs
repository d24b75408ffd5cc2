//! How request handlers reach the core: a bounded channel in, one reply out, no shared memory.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::messages::{ForwardOutcome, Forwarded};
use crate::request::{Request, Response, Time};

/// Requests on their way to the core. A handler that finds the channel full waits, and its connection
/// with it.
const REQUESTS_QUEUED_MAX: usize = 1024;

/// The monotonic clock of a node, counted from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Time since the start.
    pub(crate) fn now(self) -> Time {
        self.0.elapsed()
    }

    /// The same instant on the clock of the system.
    pub(crate) fn instant(self, time: Time) -> Instant {
        self.0 + time
    }
}

/// One question under way.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The question.
    pub(crate) request: Request,
    /// Where the answer goes. A handler whose client has left no longer listens, which is not an error.
    pub(crate) reply: oneshot::Sender<Response>,
}

/// The core has ended, so the node is about to end. The connection is closed, and the client learns
/// nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the node is ending")]
pub(crate) struct Ending;

/// Asks the core.
#[derive(Clone, Debug)]
pub(crate) struct CoreHandle {
    asks: mpsc::Sender<Ask>,
    clock: Clock,
}

impl CoreHandle {
    /// A handle, and what the core's thread reads.
    pub(crate) fn new(clock: Clock) -> (CoreHandle, mpsc::Receiver<Ask>) {
        let (asks, inbox) = mpsc::channel(REQUESTS_QUEUED_MAX);
        (CoreHandle { asks, clock }, inbox)
    }

    /// Puts the question in line and returns where its answer will be. Questions of one caller
    /// reach the core in the order of these calls.
    pub(crate) async fn begin(
        &self,
        request: Request,
    ) -> Result<oneshot::Receiver<Response>, Ending> {
        let (reply, answer) = oneshot::channel();
        let ask = Ask { request, reply };
        self.asks.send(ask).await.map_err(|_| Ending)?;
        Ok(answer)
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask(&self, request: Request) -> Result<Response, Ending> {
        self.begin(request).await?.await.map_err(|_| Ending)
    }

    /// Asks for what only the leader may do. If this node does not lead, nothing happens, and the outcome says so.
    pub(crate) async fn ask_leader(
        &self,
        what: Forwarded,
        deadline: Time,
    ) -> Result<ForwardOutcome, Ending> {
        let request = match what {
            Forwarded::Change(change) => Request::Admin { change, deadline },
            Forwarded::ProducerId => Request::InitProducerId { deadline },
        };
        Ok(match self.ask(request).await? {
            Response::Admin(outcome) => outcome.map(|()| 0),
            Response::ProducerId(outcome) => outcome,
            other => {
                unreachable!(
                    "the core answers a change or a producer id with its like, not {other:?}"
                )
            }
        })
    }

    /// The core's time that is `wait` from now.
    pub(crate) fn deadline_in(&self, wait: Duration) -> Time {
        self.clock.now() + wait
    }

    /// Time left until `deadline`.
    pub(crate) fn left_until(&self, deadline: Time) -> Duration {
        deadline.saturating_sub(self.clock.now())
    }
}
