//! Rolling restart: one node after the other is killed and started again, as a careless upgrade does
//! it. The window's length is divided between the nodes; each is down for half of its
//! share.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::sleep;

use super::kill::Kill;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind};
use crate::node::Node;
use crate::process::{ProcessControl, ProcessTable};
use crate::site::Site;
use crate::target::Role;

/// SIGKILL and start again, one node after the other.
pub(super) struct RollingRestartKind;

/// The row of the catalogue.
pub(super) static KIND: RollingRestartKind = RollingRestartKind;

impl FaultKind for RollingRestartKind {
    fn name(&self) -> &'static str {
        "rolling-restart"
    }

    fn description(&self) -> &'static str {
        "SIGKILL and start, one node after the other"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::All]
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let (control, table) = (site.control.clone(), site.table.clone());
        Ok(Box::new(RollingRestart::new(
            control,
            table,
            aimed.to_vec(),
        )))
    }
}

/// All nodes, one at a time.
pub struct RollingRestart {
    control: Arc<dyn ProcessControl>,
    table: ProcessTable,
    waiting: Vec<Node>,
    nodes: u32,
    current: Option<Kill>,
    evidence: Vec<String>,
}

impl RollingRestart {
    /// In the order given.
    pub fn new(
        control: Arc<dyn ProcessControl>,
        table: ProcessTable,
        nodes: Vec<Node>,
    ) -> RollingRestart {
        let count = nodes.len().max(1) as u32;
        let mut waiting = nodes;
        waiting.reverse();
        RollingRestart {
            control,
            table,
            waiting,
            nodes: count,
            current: None,
            evidence: vec![],
        }
    }

    async fn kill_next(&mut self) -> Result<(), FaultError> {
        let Some(node) = self.waiting.pop() else {
            return Ok(());
        };
        let kill = Kill::new(Arc::clone(&self.control), self.table.clone(), vec![node]);
        self.current.insert(kill).begin().await
    }

    async fn start_current(&mut self) -> Result<(), FaultError> {
        if let Some(kill) = &mut self.current {
            let evidence = kill.heal().await?;
            self.evidence.push(evidence);
            self.current = None;
        }
        Ok(())
    }

    async fn roll(&mut self, duration: Duration) -> Result<(), FaultError> {
        let half_share = duration / self.nodes / 2;
        loop {
            sleep(half_share).await;
            self.start_current().await?;
            sleep(half_share).await;
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.kill_next().await?;
            let evidence = self.verify().await?;
            self.evidence.push(evidence);
        }
    }
}

impl Fault for RollingRestart {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        self.kill_next().boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        match &mut self.current {
            Some(kill) => kill.verify(),
            None => async {
                Err(FaultError::NoEffect {
                    evidence: String::new(),
                })
            }
            .boxed(),
        }
    }

    fn hold(&mut self, duration: Duration) -> BoxFuture<'_, Result<(), FaultError>> {
        self.roll(duration).boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            self.start_current().await?;
            Ok(self.evidence.join("; "))
        }
        .boxed()
    }
}
