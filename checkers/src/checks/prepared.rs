//! The parts of a history that are prepared once for all checks, and made of it alone.

use super::claims::Claims;
use super::guard::{Part, listed, needed};
use super::probe::Probe;
use super::view::View;
use crate::history::{ClientOperation, History, NodeName, Window};
use crate::promises::Configuration;

/// The parts that are made of the history alone. Asking for one that could not be prepared ends the check.
#[derive(Clone, Copy)]
pub(super) struct Prepared<'a> {
    pub(super) history: &'a History,
    pub(super) operations: &'a Part<Vec<ClientOperation<'a>>>,
    /// In the order of topic and partition.
    pub(super) views: &'a Part<Vec<View<'a>>>,
    /// Faults of nodes and links.
    pub(super) windows: &'a Part<Vec<Window>>,
    /// Faults of clients.
    pub(super) client_windows: &'a Part<Vec<Window>>,
    pub(super) claims: &'a Part<Claims<'a>>,
    pub(super) nodes: &'a Part<Vec<NodeName>>,
    pub(super) probe: &'a Part<Probe>,
    pub(super) configuration: &'a Part<Configuration>,
}

impl<'a> Prepared<'a> {
    pub(super) fn history(&self) -> &'a History {
        self.history
    }

    pub(super) fn operations(&self) -> &'a [ClientOperation<'a>] {
        listed(self.operations)
    }

    pub(super) fn windows(&self) -> &'a [Window] {
        listed(self.windows)
    }

    pub(super) fn client_windows(&self) -> &'a [Window] {
        listed(self.client_windows)
    }

    pub(super) fn nodes(&self) -> &'a [NodeName] {
        listed(self.nodes)
    }

    pub(super) fn probe(&self) -> &'a Probe {
        needed(self.probe)
    }
}
