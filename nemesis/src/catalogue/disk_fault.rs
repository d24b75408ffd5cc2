//! Disks of some nodes that are treated for a while: the supervisor answers for their calls, what it counts is the evidence,
//! and a node that ended because a call failed is started again at the heal. Dropping it heals it.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};

use crate::calls::{Supervisor, Treatment};
use crate::evidence::Counters;
use crate::fault::{Cause, Fault, FaultError};
use crate::node::Node;
use crate::site::Site;

/// How long it may take until every node has made a call that is treated, beyond the delay itself. A node without work
/// does not sync.
const EFFECT_LIMIT: Duration = Duration::from_secs(4);

/// How long a node may take to end after a call has failed. One that goes on is left alone.
const END_LIMIT: Duration = Duration::from_secs(2);

/// How often counts and processes are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Disks that are treated, or about to be.
pub struct DiskFault {
    site: Site,
    supervisor: Arc<Supervisor>,
    aimed: Vec<Node>,
    treatment: Treatment,
}

impl DiskFault {
    /// For these nodes, which must have been started under supervision.
    ///
    /// # Errors
    /// If no system calls are supervised here.
    pub fn new(site: &Site, aimed: &[Node], treatment: Treatment) -> Result<DiskFault, FaultError> {
        let supervisor = site.environment.supervisor();
        let supervisor = supervisor.ok_or_else(|| Cause::from("no system calls are supervised"))?;
        Ok(DiskFault {
            site: site.clone(),
            supervisor,
            aimed: aimed.to_vec(),
            treatment,
        })
    }

    fn treat(&self) -> Result<(), FaultError> {
        for node in &self.aimed {
            if !self.runs(*node) {
                return Err(FaultError::NotRunning { node: *node });
            }
            if !self.supervisor.treat(*node, self.treatment) {
                let why = format!("{node}: its system calls are not supervised");
                return Err(FaultError::Other(Cause::from(why)));
            }
        }
        Ok(())
    }

    fn end(&self) {
        for node in &self.aimed {
            self.supervisor.end(*node);
        }
    }

    fn runs(&self, node: Node) -> bool {
        self.site.control.group(node).is_some()
    }

    /// What each node met.
    fn met(&self) -> String {
        let met = self.aimed.iter().map(|node| {
            let mut counters = Counters::default();
            self.supervisor.count(*node).add_to(&mut counters);
            let ended = if self.runs(*node) {
                ""
            } else {
                "; it has ended"
            };
            format!("{node}: {counters}{ended}")
        });
        met.collect::<Vec<_>>().join("; ")
    }

    /// Waits until every node has met it. A cluster that loses its nodes to it may leave the others without work.
    async fn until_met(&self) -> Result<String, FaultError> {
        let delay = match self.treatment {
            Treatment::SlowSync(delay) => delay,
            _ => Duration::ZERO,
        };
        let limit = Instant::now() + EFFECT_LIMIT + delay;
        loop {
            let has_met = |node: &&Node| self.supervisor.count(**node).affected() > 0;
            let met = self.aimed.iter().filter(has_met).count();
            let lost = self.aimed.iter().any(|node| !self.runs(*node));
            if met == self.aimed.len() {
                return Ok(self.met());
            }
            if Instant::now() >= limit {
                let evidence = self.met();
                return match met > 0 && lost {
                    true => Ok(evidence),
                    false => Err(FaultError::NoEffect { evidence }),
                };
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// Waits for the ends that failed calls cause, and starts again what ended.
    async fn restore(&self) -> Result<String, FaultError> {
        let limit = Instant::now() + END_LIMIT;
        let dying = |node: &Node| self.runs(*node) && self.supervisor.count(*node).failed() > 0;
        while Instant::now() < limit && self.aimed.iter().any(dying) {
            sleep(LOOK_INTERVAL).await;
        }
        let mut text = self.met();
        for node in self.aimed.iter().filter(|node| !self.runs(**node)) {
            let started = self.site.control.start(*node).await;
            let started = started.map_err(|source| FaultError::Control {
                node: *node,
                source,
            })?;
            text += &format!("; {node} started again: {started}");
        }
        Ok(text)
    }
}

impl Fault for DiskFault {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        let outcome = self.treat();
        async { outcome }.boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.until_met().boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.end();
        self.restore().boxed()
    }

    fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        for node in &self.aimed {
            self.supervisor.count(*node).add_to(&mut counters);
        }
        counters
    }
}

impl Drop for DiskFault {
    fn drop(&mut self) {
        self.end();
    }
}
