//! Clients that run as processes of their own: what faults need from their owner. A client is named as the history names it,
//! and it has another name each time it is started.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::ControlError;

/// A client that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name in the history: `w7`, after the worker whose operations it performs.
    pub name: String,
    /// Its process group, which is also its process's id.
    pub group: i32,
}

/// The owner of the clients' processes.
pub trait ClientControl: Send + Sync {
    /// The members of consumer groups that run now.
    fn members(&self) -> Vec<Client>;

    /// Sends SIGKILL to a client's group, waits until its process is reaped, and returns how it ended: `signal 9`. It says
    /// good-bye to nobody, and stays away until it is started. A client that does not run is an error.
    fn kill(&self, name: &str) -> BoxFuture<'_, Result<String, ControlError>>;

    /// Starts a client in the place of one that was killed, and returns what it started: `w9, process 4711`.
    fn start(&self, name: &str) -> BoxFuture<'_, Result<String, ControlError>>;
}

/// The owner where no client is a process of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoClients;

impl ClientControl for NoClients {
    fn members(&self) -> Vec<Client> {
        Vec::new()
    }

    fn kill(&self, name: &str) -> BoxFuture<'_, Result<String, ControlError>> {
        let why = format!("{name} is no process");
        async { Err(why.into()) }.boxed()
    }

    fn start(&self, name: &str) -> BoxFuture<'_, Result<String, ControlError>> {
        let why = format!("{name} is no process");
        async { Err(why.into()) }.boxed()
    }
}
