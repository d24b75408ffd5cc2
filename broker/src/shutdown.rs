//! Ends every task of a node. One side holds the [`Trigger`], everything else a
//! [`Shutdown`].

use tokio::sync::watch;

/// Ends the node when pulled, or when dropped.
#[derive(Debug)]
pub(crate) struct Trigger(watch::Sender<bool>);

/// Resolves once the node ends. Clones are cheap; each task holds its own.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

/// A trigger, and what it sets off.
pub(crate) fn channel() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Trigger(sender), Shutdown(receiver))
}

impl Trigger {
    /// Ends the node. Pulling twice changes nothing.
    pub(crate) fn pull(&self) {
        self.0.send_replace(true);
    }

    /// One more receiver.
    pub(crate) fn shutdown(&self) -> Shutdown {
        Shutdown(self.0.subscribe())
    }
}

impl Shutdown {
    /// Waits for the end; returns at once if the node is ending already.
    pub(crate) async fn begun(&mut self) {
        // An error means that the trigger was dropped, which is the end as well.
        let _ = self.0.wait_for(|ended| *ended).await;
    }
}
