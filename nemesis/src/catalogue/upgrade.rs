//! Upgrades: each node ends in order and starts again with another release on the same data, one after the other, each
//! after the cluster is whole again. Back again in the same way, and the command that makes it final.
//!
//! Only a run that has two releases can do this ([`Needs::OtherRelease`]).

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::kill::Ending;
use super::rolling_restart::{Manner, RollingRestart};
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind, Needs};
use crate::node::{Node, Nodes};
use crate::process::{ProcessControl, Release};
use crate::site::Site;
use crate::target::{Draw, Role};

/// Nodes move to a release.
pub(super) struct MoveKind {
    name: &'static str,
    description: &'static str,
    release: Release,
}

/// To the new one.
pub(super) static UPGRADE: MoveKind = MoveKind {
    name: "upgrade",
    description: "SIGTERM and start with the new release, one node after the other, each after all are whole",
    release: Release::New,
};

/// Back to the old one.
pub(super) static ROLL_BACK: MoveKind = MoveKind {
    name: "roll-back",
    description: "SIGTERM and start with the old release, one node after the other, each after all are whole",
    release: Release::Old,
};

impl FaultKind for MoveKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn needs(&self) -> Needs {
        Needs::OtherRelease
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::Any, Role::Minority, Role::Majority, Role::All]
    }

    fn waits_for_evidence(&self) -> bool {
        true
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        // A node that runs it already needs no restart.
        let other = |node: &Node| site.control.release(*node) != self.release;
        let nodes: Vec<Node> = aimed.iter().copied().filter(other).collect();
        let manner = Manner {
            ending: Ending::Stop,
            whole: true,
            release: Some(self.release),
        };
        Ok(Box::new(RollingRestart::new(site, nodes, manner)))
    }
}

/// The command that makes an upgrade final.
pub(super) struct FinalizeKind;

/// The row of the catalogue.
pub(super) static FINALIZE: FinalizeKind = FinalizeKind;

impl FaultKind for FinalizeKind {
    fn name(&self) -> &'static str {
        "finalize"
    }

    fn description(&self) -> &'static str {
        "makes an upgrade final, by the new release's own command; no node is touched"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn needs(&self) -> Needs {
        Needs::OtherRelease
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::All]
    }

    fn waits_for_evidence(&self) -> bool {
        true
    }

    /// No node: whatever happens to one meanwhile is not explained by it.
    fn aim(&self, _: Role, _: Nodes, _: Draw, _: Option<Node>) -> Option<Vec<Node>> {
        Some(Vec::new())
    }

    fn always_affects_leader(&self, _role: Role) -> bool {
        false
    }

    fn make(&self, site: &Site, _aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(Finalize {
            control: site.control.clone(),
            answered: String::new(),
        }))
    }
}

/// The command, and what it answered.
struct Finalize {
    control: Arc<dyn ProcessControl>,
    answered: String,
}

impl Fault for Finalize {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        async {
            self.answered = self.control.finalize().await.map_err(FaultError::Other)?;
            Ok(())
        }
        .boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        let answered = self.answered.clone();
        async { Ok(answered) }.boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async { Ok("it stays".to_owned()) }.boxed()
    }
}
