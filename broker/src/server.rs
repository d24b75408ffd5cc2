//! The listener for Kafka clients: accepts, counts, and gives every connection a task of its own.
//!
//! When all places are taken, a newcomer gets the place of a client that is slow or idle (see `clients`). Only if all are
//! at work is it turned away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::api::Context;
use crate::connection;
use crate::shutdown::Shutdown;

/// Pause after a failed accept (usually: out of file descriptors), so that the loop does not spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A connection that is closed to make room has gone within this time. Nobody else is accepted meanwhile, which holds back
/// those who connect faster than connections can be closed.
const CLOSE_WAIT: Duration = Duration::from_millis(250);

/// Accepts clients until the node ends, then drops their connections.
///
/// The set of tasks owns the connections: dropping it, here or when the node's runtime goes, closes
/// them all.
pub(crate) async fn serve(listener: TcpListener, context: Arc<Context>, mut shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(context.config.limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.begun() => return,
            accepted = listener.accept() => accepted,
            // Takes finished tasks out of the set; a task that panicked took only its own
            // connection with it.
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    warn!(%error, "a connection's task failed");
                }
                continue;
            }
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "accepting a client failed");
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        match place(&places, &context, client).await {
            Ok(place) => {
                let context = Arc::clone(&context);
                // Counted before the next one is accepted.
                let known = context.clients.add(client);
                connections.spawn(async move {
                    connection::serve(stream, (client, known), context).await;
                    drop(place);
                });
            }
            Err(reason) => context.clients.refuse(client, reason),
        }
    }
}

/// A place for a newcomer, or why there is none.
async fn place(
    places: &Arc<Semaphore>,
    context: &Context,
    client: SocketAddr,
) -> Result<OwnedSemaphorePermit, &'static str> {
    let (clients, limits) = (&context.clients, &context.config.limits);
    let address = client.ip();
    if let Some(most) = limits.address_connections
        && clients.count_of(address) >= most
        && !clients.close_one(Some(address))
    {
        return Err("too many connections from its address, and all are at work");
    }
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Ok(place);
    }
    if !clients.close_one(None) {
        return Err("too many connections, and all are at work");
    }
    let freed = Arc::clone(places).acquire_owned();
    match timeout(CLOSE_WAIT, freed).await {
        Ok(Ok(place)) => Ok(place),
        _ => Err("too many connections"),
    }
}
