//! Wipe: a node is killed and its data is removed; healing starts it again with nothing, as a machine that replaces a
//! broken one. Only for targets that state that they support it: a voter without its disk has forgotten its votes.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::kill::Kill;
use super::roles::ONE_NODE;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind, Needs};
use crate::node::Node;
use crate::process::ProcessControl;
use crate::site::Site;
use crate::target::Role;

/// SIGKILL, no data, and start again.
pub(super) struct WipeKind;

/// The row of the catalogue.
pub(super) static KIND: WipeKind = WipeKind;

impl FaultKind for WipeKind {
    fn name(&self) -> &'static str {
        "wipe"
    }

    fn description(&self) -> &'static str {
        "SIGKILL to a node, its data is removed, and it starts again with nothing"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn needs(&self) -> Needs {
        Needs::ReplaceableDisk
    }

    fn roles(&self) -> &'static [Role] {
        ONE_NODE
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let (control, table) = (site.control.clone(), site.table.clone());
        Ok(Box::new(Wipe {
            control: control.clone(),
            nodes: aimed.to_vec(),
            kill: Kill::new(control, table, aimed.to_vec()),
            removed: Vec::new(),
        }))
    }
}

/// Some nodes killed, and their data removed.
pub struct Wipe {
    control: Arc<dyn ProcessControl>,
    nodes: Vec<Node>,
    kill: Kill,
    removed: Vec<String>,
}

impl Wipe {
    async fn remove(&mut self) -> Result<(), FaultError> {
        self.kill.begin().await?;
        // A process of the group that still lives could write anew.
        self.removed.push(self.kill.verify().await?);
        for node in &self.nodes {
            let removed = self.control.wipe(*node).await;
            let removed = removed.map_err(|source| FaultError::Control {
                node: *node,
                source,
            })?;
            self.removed.push(format!("{node}: {removed}"));
        }
        Ok(())
    }
}

impl Fault for Wipe {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        self.remove().boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        let seen = self.removed.join("; ");
        async { Ok(seen) }.boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.kill.heal()
    }
}
