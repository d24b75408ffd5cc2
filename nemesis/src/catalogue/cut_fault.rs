//! A cut as a fault: the blocking work runs beside the runtime, and dropping the fault heals it,
//! whether or not that work is complete.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::fault::{Fault, FaultError};
use crate::network::{Cut, NetworkError};

/// How many times the network is probed before the fault counts as without effect: a starved machine
/// delivers late.
const LOOK_ATTEMPTS: usize = 3;

/// A set of links that is cut for a while.
#[derive(Debug)]
pub struct CutFault {
    cut: Cut,
    /// What the probe heard on the links before the cut.
    before: String,
}

impl CutFault {
    /// For a cut that has not begun.
    pub fn new(cut: Cut) -> CutFault {
        CutFault {
            cut,
            before: String::new(),
        }
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(Cut) -> Result<T, NetworkError> + Send + 'static,
    ) -> Result<T, FaultError> {
        let cut = self.cut.clone();
        let done = tokio::task::spawn_blocking(move || work(cut)).await;
        Ok(done.map_err(|_| FaultError::ShuttingDown)??)
    }

    async fn look(&self) -> Result<String, FaultError> {
        let mut attempt = 1;
        loop {
            match self.beside(|cut| cut.verify()).await? {
                Ok(evidence) => return Ok(evidence),
                Err(evidence) if attempt == LOOK_ATTEMPTS => {
                    return Err(FaultError::NoEffect { evidence });
                }
                Err(_) => attempt += 1,
            }
        }
    }
}

impl Fault for CutFault {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        async {
            // Silence is evidence of a cut only where there was something to hear before.
            self.before = self.look().await?;
            self.beside(|cut| cut.begin()).await
        }
        .boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async { Ok(format!("{}; before: {}", self.look().await?, self.before)) }.boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            self.beside(|cut| cut.heal()).await?;
            self.look().await
        }
        .boxed()
    }
}

impl Drop for CutFault {
    fn drop(&mut self) {
        // A begin that is still under way on another thread holds a clone; healing here makes it
        // the last word. What fails is tried again when that clone is dropped.
        let _ = self.cut.heal();
    }
}
