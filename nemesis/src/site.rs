//! What a fault acts on: where the nodes run, their processes, and the owner who starts them.

use std::fmt;
use std::sync::Arc;

use crate::environment::Environment;
use crate::node::Nodes;
use crate::process::{ClientControl, ProcessControl, ProcessTable};
use crate::target::RoleResolver;

/// What a fault acts on. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    /// Where the nodes run.
    pub environment: Environment,
    /// Where their processes are looked up.
    pub table: ProcessTable,
    /// Their owner.
    pub control: Arc<dyn ProcessControl>,
    /// The owner of clients that are processes of their own.
    pub clients: Arc<dyn ClientControl>,
    /// Knows which nodes lead, and whether the cluster is whole.
    pub resolver: Arc<dyn RoleResolver>,
    /// What a fault draws by itself is drawn from this, so that a plan of the same seed draws the same. Each window has
    /// its own.
    pub seed: u64,
}

impl Site {
    /// All nodes.
    pub fn nodes(&self) -> Nodes {
        self.control.nodes()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Site")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
