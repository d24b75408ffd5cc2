//! The listener for Kafka clients: accepts, counts, and gives every connection a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::api::Context;
use crate::connection;
use crate::shutdown::Shutdown;

/// Pause after a failed accept (usually: out of file descriptors), so that the loop does not spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

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
        match accepted {
            Ok((stream, client)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let context = Arc::clone(&context);
                    connections.spawn(async move {
                        connection::serve(stream, client, context).await;
                        drop(place);
                    });
                }
                Err(_) => debug!(%client, "turned away: too many connections"),
            },
            Err(error) => {
                warn!(%error, "accepting a client failed");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}
