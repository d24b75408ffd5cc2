//! Kill: SIGKILL to a node's process group; healing starts it again on the same data. A restart is the same with the
//! signal that asks a node to end (see [`super::restart`]).
//!
//! Dropping it does *not* start the nodes: that needs the owner's runtime, and a run that ends early
//! does not need them. Every other fault heals when it is dropped.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use super::client_kill::ClientKill;
use super::reaped::{gone, in_words};
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind};
use crate::node::Node;
use crate::process::{Client, ProcessControl, ProcessTable};
use crate::site::Site;
use crate::target::Role;

/// SIGKILL and start again.
pub(super) struct KillKind;

/// The row of the catalogue.
pub(super) static KIND: KillKind = KillKind;

impl FaultKind for KillKind {
    fn name(&self) -> &'static str {
        "kill"
    }

    fn description(&self) -> &'static str {
        "SIGKILL to all processes of a node or a client, started again at the end"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        super::roles::NODES_AND_MEMBERS
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let (control, table) = (site.control.clone(), site.table.clone());
        Ok(Box::new(Kill::new(control, table, aimed.to_vec())))
    }

    fn make_for_clients(
        &self,
        site: &Site,
        clients: &[Client],
    ) -> Result<Box<dyn Fault>, FaultError> {
        let (control, table) = (site.clients.clone(), site.table.clone());
        Ok(Box::new(ClientKill::new(control, table, clients.to_vec())))
    }
}

/// Starts nodes, all at the same time; the text says what was started.
pub(super) async fn start_together(
    control: &dyn ProcessControl,
    nodes: &[Node],
) -> Result<String, FaultError> {
    let starts = nodes.iter().map(|node| async move {
        let started = control.start(*node).await;
        started
            .map(|text| format!("{node}: {text}"))
            .map_err(|source| FaultError::Control {
                node: *node,
                source,
            })
    });
    let started: Vec<String> = join_all(starts)
        .await
        .into_iter()
        .collect::<Result<_, FaultError>>()?;
    Ok(started.join("; "))
}

/// How a node's processes end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// By SIGKILL.
    #[default]
    Kill,
    /// By the signal that asks for it. Only one that does not end in time is killed.
    Stop,
}

/// Some nodes killed together.
pub struct Kill {
    control: Arc<dyn ProcessControl>,
    table: ProcessTable,
    nodes: Vec<Node>,
    ending: Ending,
    groups: Vec<(Node, i32)>,
    statuses: Vec<(Node, String)>,
    down: bool,
}

impl Kill {
    /// For these nodes.
    pub fn new(control: Arc<dyn ProcessControl>, table: ProcessTable, nodes: Vec<Node>) -> Kill {
        let groups = Vec::new();
        Kill {
            control,
            table,
            nodes,
            ending: Ending::Kill,
            groups,
            statuses: Vec::new(),
            down: false,
        }
    }

    /// The same, if the nodes end in this way.
    pub fn by(self, ending: Ending) -> Kill {
        Kill { ending, ..self }
    }

    async fn kill(&mut self) -> Result<(), FaultError> {
        for node in &self.nodes {
            let group = self
                .control
                .group(*node)
                .ok_or(FaultError::NotRunning { node: *node })?;
            self.groups.push((*node, group));
        }
        self.down = true;
        let control = &self.control;
        let ends = self.nodes.iter().map(|node| async {
            let status = match self.ending {
                Ending::Kill => control.kill(*node).await,
                Ending::Stop => control.stop(*node).await,
            };
            let status = status.map_err(|source| FaultError::Control {
                node: *node,
                source,
            })?;
            Ok((*node, status))
        });
        self.statuses = join_all(ends)
            .await
            .into_iter()
            .collect::<Result<_, FaultError>>()?;
        Ok(())
    }

    async fn look(&self) -> Result<String, FaultError> {
        let groups: Vec<i32> = self.groups.iter().map(|(_, group)| *group).collect();
        gone(&self.table, &groups, in_words(&self.statuses)).await
    }

    async fn restart(&mut self) -> Result<String, FaultError> {
        if !self.down {
            return Ok("already started".to_owned());
        }
        let started = start_together(&*self.control, &self.nodes).await?;
        self.down = false;
        Ok(format!("started again: {started}"))
    }
}

impl Fault for Kill {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        self.kill().boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.look().boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.restart().boxed()
    }
}
