//! What faults need from the owner of the processes: it started them, so only it can reap and restart
//! them.

use futures::future::BoxFuture;

use crate::needs::Needs;
use crate::node::{Node, Nodes};

/// Any error of the owner, with its own message.
pub type ControlError = Box<dyn std::error::Error + Send + Sync>;

/// Which of two releases a node runs, in an upgrade from one to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Release {
    /// The one that the cluster began with.
    #[default]
    Old,
    /// The one that it is upgraded to.
    New,
}

/// The owner of the nodes' processes.
pub trait ProcessControl: Send + Sync {
    /// The nodes that it owns.
    fn nodes(&self) -> Nodes;

    /// The process group of a running node, which is also its first process's id; nothing if it
    /// is not running.
    fn group(&self, node: Node) -> Option<i32>;

    /// Sends SIGKILL to the node's group, waits until its first process is reaped, and returns
    /// its exit status: `signal 9`. A node that is not running is an error.
    fn kill(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>>;

    /// Starts the node again on the same data, and returns as soon as its process runs: whether it
    /// *serves* is not waited for, since that is what a run measures. Returns what it started:
    /// `process 4711`. A node that is running already stays as it is.
    fn start(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>>;

    /// Asks a node to end, as an operator does (SIGTERM, or what the target takes instead), waits until its first process is
    /// reaped, and returns how it ended: `exit 143`. One that does not end in time is killed, and the text says so. A node
    /// that is not running is an error.
    fn stop(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        let why = format!("{node} cannot be asked to end");
        Box::pin(async { Err(why.into()) })
    }

    /// Which release the node runs at its next start.
    fn release(&self, _node: Node) -> Release {
        Release::Old
    }

    /// Replaces the program of a node that does not run, and its files, by those of this release. Its data stays. Returns
    /// what it runs now. An owner with one release says so, as here.
    fn replace(
        &self,
        node: Node,
        _release: Release,
    ) -> BoxFuture<'_, Result<String, ControlError>> {
        let why = format!("there is no other release for {node}");
        Box::pin(async { Err(why.into()) })
    }

    /// Makes an upgrade final, by whatever the new release offers for that, and returns what it answered.
    fn finalize(&self) -> BoxFuture<'_, Result<String, ControlError>> {
        Box::pin(async { Err("there is no upgrade".into()) })
    }

    /// Removes the data of a node that does not run, so that its next start is that of a new machine. Returns what it
    /// removed. An owner that cannot do that says so, as here.
    fn wipe(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        let why = format!("the data of {node} cannot be removed");
        Box::pin(async { Err(why.into()) })
    }

    /// Why a fault that needs this is not for these nodes, whatever the machine permits; none if it is.
    fn refuses(&self, _needs: Needs) -> Option<String> {
        None
    }
}
