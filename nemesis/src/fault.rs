//! What every fault is: something that begins, is seen to have taken effect, lasts, and is healed.
//!
//! *Healed* guarantees that the next packet passes and the next instruction runs; how long a
//! cluster takes to notice is what a run measures. Healing is idempotent, and a fault that is
//! dropped heals itself (a killed node is the exception: see [`crate::process::Kill`]).

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nix::errno::Errno;

use crate::network::NetworkError;
use crate::node::Node;
use crate::process::ControlError;

/// A fault that is about to begin, lasts, or is over.
pub trait Fault: Send {
    /// Makes it happen.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>>;

    /// Looks whether it took effect; the text is the evidence.
    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>>;

    /// Lets it last. A fault of several steps makes the others meanwhile.
    fn hold(&mut self, duration: Duration) -> BoxFuture<'_, Result<(), FaultError>> {
        tokio::time::sleep(duration).map(Ok).boxed()
    }

    /// Ends it and looks whether it is gone; the text is the evidence. May be called again.
    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>>;
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
    /// It is aimed at a process that does not run.
    #[error("{node} does not run")]
    NotRunning {
        /// Which node.
        node: Node,
    },
    /// A signal was refused.
    #[error("{node} could not be signalled: {errno}")]
    Signal {
        /// Which node.
        node: Node,
        /// What the kernel answered.
        errno: Errno,
    },
    /// The owner of the processes failed.
    #[error("{node}: {source}")]
    Control {
        /// Which node.
        node: Node,
        /// Its words.
        source: ControlError,
    },
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The thread pool is gone: the run is being torn down.
    #[error("the runtime is shutting down")]
    ShuttingDown,
}
