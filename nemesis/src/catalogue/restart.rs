//! Restart: a node is asked to end, as an operator does, and healing starts it again on the same data. A node that ends in
//! order can hand over what it leads, so clients should notice less than of a kill.

use super::kill::{Ending, Kill};
use super::roles::WHOLE_NODES;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind};
use crate::node::Node;
use crate::site::Site;
use crate::target::Role;

/// SIGTERM and start again.
pub(super) struct RestartKind;

/// The row of the catalogue.
pub(super) static KIND: RestartKind = RestartKind;

impl FaultKind for RestartKind {
    fn name(&self) -> &'static str {
        "restart"
    }

    fn description(&self) -> &'static str {
        "SIGTERM to a node, which ends in order and is started again at the end"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        WHOLE_NODES
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let kill = Kill::new(site.control.clone(), site.table.clone(), aimed.to_vec());
        Ok(Box::new(kill.by(Ending::Stop)))
    }
}
