//! The disks of all nodes: mounted only if somebody wants to act on them, because every write then costs more.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Disk, Durability};
use crate::fault::{Cause, FaultError};
use crate::node::Node;

/// The disks of all nodes.
#[derive(Debug, Default)]
pub struct Disks {
    rack: Mutex<Rack>,
}

#[derive(Debug, Default)]
struct Rack {
    wanted: Option<Durability>,
    mounted: HashMap<Node, Weak<Disk>>,
}

impl Disks {
    /// Whether the nodes that are prepared from now on get disks of their own, and what is durable on them.
    pub fn want(&self, durability: Option<Durability>) {
        self.rack().wanted = durability;
    }

    /// Mounts a node's disk in front of its directory, if disks are wanted. See [`Disk::mount`].
    ///
    /// # Errors
    /// Those of [`Disk::mount`].
    pub fn mount(
        &self,
        node: Node,
        directory: &Path,
        trash: &Path,
    ) -> io::Result<Option<Arc<Disk>>> {
        let Some(durability) = self.rack().wanted else {
            return Ok(None);
        };
        let disk = Arc::new(Disk::mount(directory, trash, durability)?);
        self.rack().mounted.insert(node, Arc::downgrade(&disk));
        Ok(Some(disk))
    }

    /// The disks of these nodes.
    ///
    /// # Errors
    /// If one has none.
    pub(crate) fn of(&self, nodes: &[Node]) -> Result<Vec<(Node, Arc<Disk>)>, FaultError> {
        let rack = self.rack();
        let of = |node: &Node| {
            let disk = rack.mounted.get(node).and_then(Weak::upgrade);
            let why = || Cause::from(format!("{node} has no disk that can be acted on"));
            Ok((*node, disk.ok_or_else(why)?))
        };
        nodes.iter().map(of).collect()
    }

    fn rack(&self) -> MutexGuard<'_, Rack> {
        self.rack.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
