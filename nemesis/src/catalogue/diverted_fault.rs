//! A diversion as a fault: the blocking work runs beside the runtime, what the switch counts is kept, and dropping the
//! fault heals it.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::evidence::Counters;
use crate::fault::{Fault, FaultError};
use crate::link::Link;
use crate::network::{Diversion, NetworkError};
use crate::site::Site;
use crate::wire::Treatment;

/// How many times the network is probed before the fault counts as without effect: a starved machine delivers late.
const LOOK_ATTEMPTS: usize = 3;

/// A set of links that passes through the switch for a while.
#[derive(Debug)]
pub struct DivertedFault {
    diversion: Diversion,
    /// What the probe heard on the links before.
    before: String,
    /// What had been counted when the effect was seen: the probe's own datagrams.
    probed: Counters,
}

impl DivertedFault {
    /// For a diversion that has not begun.
    pub fn new(diversion: Diversion) -> DivertedFault {
        DivertedFault {
            diversion,
            before: String::new(),
            probed: Counters::default(),
        }
    }

    /// The fault on these links, for the catalogue.
    ///
    /// # Errors
    /// Without a private network.
    pub(super) fn on(
        site: &Site,
        links: Vec<Link>,
        treatment: Treatment,
    ) -> Result<Box<dyn Fault>, FaultError> {
        let network = site.environment.network();
        let network = network.ok_or(FaultError::NeedsNetwork)?.clone();
        let diversion = Diversion::new(network, links, treatment, site.seed);
        Ok(Box::new(DivertedFault::new(diversion)))
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(Diversion) -> Result<T, NetworkError> + Send + 'static,
    ) -> Result<T, FaultError> {
        let diversion = self.diversion.clone();
        let done = tokio::task::spawn_blocking(move || work(diversion)).await;
        Ok(done.map_err(|_| FaultError::ShuttingDown)??)
    }

    async fn look(&self) -> Result<String, FaultError> {
        let mut attempt = 1;
        loop {
            match self.beside(|diversion| diversion.verify()).await? {
                Ok(evidence) => return Ok(evidence),
                Err(evidence) if attempt == LOOK_ATTEMPTS => {
                    return Err(FaultError::NoEffect { evidence });
                }
                Err(_) => attempt += 1,
            }
        }
    }

    /// What was counted since the effect was seen: what the cluster itself met.
    fn met(&self) -> Counters {
        let counters = self.diversion.counters().unwrap_or_default();
        counters.since(&self.probed)
    }
}

impl Fault for DivertedFault {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        async {
            // Silence is evidence of a cut only where there was something to hear before.
            self.before = self.look().await?;
            // What was lost before is not this fault's.
            self.beside(|diversion| diversion.distrust()).await?;
            self.beside(|diversion| diversion.begin()).await
        }
        .boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            let evidence = format!("{}; before: {}", self.look().await?, self.before);
            self.probed = self.beside(|diversion| diversion.counters()).await?;
            Ok(evidence)
        }
        .boxed()
    }

    fn hold(&mut self, duration: Duration) -> BoxFuture<'_, Result<(), FaultError>> {
        async move {
            tokio::time::sleep(duration).await;
            // Frames that the switch itself lost were not lost by the plan.
            match self.beside(|diversion| diversion.distrust()).await? {
                None => Ok(()),
                Some(evidence) => Err(FaultError::NoEffect { evidence }),
            }
        }
        .boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            self.beside(|diversion| diversion.heal()).await?;
            let met = self.met();
            Ok(format!("{}; meanwhile: {met}", self.look().await?))
        }
        .boxed()
    }

    fn counters(&self) -> Counters {
        self.met()
    }
}

impl Drop for DivertedFault {
    fn drop(&mut self) {
        // As for a cut: a begin that is still under way on another thread holds a clone, and this is the last word.
        let _ = self.diversion.heal();
    }
}
