//! What every fault is: it begins, is verified to have taken effect, lasts, and is healed.
//!
//! *Healed* guarantees that the next packet passes and the next instruction runs; how long a
//! cluster takes to notice is what a run measures. Healing is idempotent, and a fault that is
//! dropped heals itself (a killed node is the exception: see [`crate::catalogue::Kill`]).

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nix::errno::Errno;

use crate::evidence::Counters;
use crate::node::Node;

/// An error of what a fault acts on, with its own message.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A fault that is about to begin, lasts, or is over.
pub trait Fault: Send {
    /// Makes it happen.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>>;

    /// Finds out whether it took effect; the text is the evidence.
    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>>;

    /// Waits while it lasts. A fault of several steps takes the others meanwhile.
    fn hold(&mut self, duration: Duration) -> BoxFuture<'_, Result<(), FaultError>> {
        tokio::time::sleep(duration).map(Ok).boxed()
    }

    /// Ends it and finds out whether it is gone; the text is the evidence. May be called again.
    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>>;

    /// What it counted since it took effect, for a fault that counts. Asked after its begin and after its heal.
    fn counters(&self) -> Counters {
        Counters::default()
    }

    /// The least and the most that it has added to the wall clocks of its nodes so far, in ms; none if it moves no
    /// clocks. Asked after its begin and after its heal.
    fn skew_ms(&self) -> Option<(i64, i64)> {
        None
    }
}

/// Why a fault did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// Every call succeeded, and nothing changed.
    #[error("not as it should be: {evidence}")]
    NoEffect {
        /// What was seen instead.
        evidence: String,
    },
    /// It cuts links, and there are none.
    #[error(
        "a network fault needs the private network; run process faults only, or see `jepsen doctor`"
    )]
    NeedsNetwork,
    /// It is aimed at a process that is not running.
    #[error("{node} is not running")]
    NotRunning {
        /// Which node.
        node: Node,
    },
    /// A signal was refused.
    #[error("{who} could not be signalled: {errno}")]
    Signal {
        /// Which node, or which client.
        who: String,
        /// What the kernel answered.
        errno: Errno,
    },
    /// The owner of the processes failed.
    #[error("{node}: {source}")]
    Control {
        /// Which node.
        node: Node,
        /// Its error.
        source: Cause,
    },
    /// The owner of a client's process failed.
    #[error("{client}: {source}")]
    Client {
        /// Which client.
        client: String,
        /// Its error.
        source: Cause,
    },
    /// A kind that acts on nodes was aimed at clients.
    #[error("it acts on nodes, not on clients")]
    NotForClients,
    /// What it acts on failed: the network, or whatever a fault of your own needs.
    #[error(transparent)]
    Other(#[from] Cause),
    /// The thread pool is gone: the run is being torn down.
    #[error("the runtime is shutting down")]
    ShuttingDown,
}
