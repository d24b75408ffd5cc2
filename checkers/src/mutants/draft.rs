//! A history while it is being changed: its lines, the run that it was, and whom the lie is for.

use super::draw::Draw;
use super::extent::Scope;
use super::mutated::Mutated;
use super::run::{Place, Run};
use crate::history::{Event, History, Text, WorkerId};

/// Whom a lie is for. What is not named is not limited.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    node: Option<Text>,
    place: Option<Place>,
    client: Option<WorkerId>,
}

impl Target {
    /// Whether it is for this line. A line about several partitions may contain its partition.
    pub(super) fn takes_line(&self, run: &Run<'_>, at: usize) -> bool {
        let node = self.node.as_deref();
        node.is_none_or(|node| run.node(at) == Some(node))
            && self
                .client
                .is_none_or(|client| run.worker(at) == Some(client))
            && run
                .place(at)
                .is_none_or(|(topic, partition)| self.takes(&topic, partition))
    }

    /// Whether it is for this partition.
    pub(super) fn takes(&self, topic: &str, partition: i32) -> bool {
        self.place
            .as_ref()
            .is_none_or(|place| place.0 == topic && place.1 == partition)
    }
}

/// A history while it is being changed.
pub(super) struct Draft<'r, 'a> {
    pub(super) run: &'r Run<'a>,
    pub(super) events: Vec<Event>,
    pub(super) target: Target,
    pub(super) draw: Draw,
    /// The lines that were changed, ascending except for a single one.
    pub(super) changed: Vec<usize>,
}

impl<'r, 'a> Draft<'r, 'a> {
    pub(super) fn new(run: &'r Run<'a>, draw: Draw) -> Draft<'r, 'a> {
        Draft {
            run,
            events: run.history().events().to_vec(),
            target: Target::default(),
            draw,
            changed: Vec::new(),
        }
    }

    /// Chooses whom the lie is for: the node, partition or client of this line.
    pub(super) fn choose(&mut self, scope: Scope, about: usize) {
        self.target = Target::default();
        match scope {
            Scope::Anywhere => {}
            Scope::Node => self.target.node = self.run.node(about).map(Text::from),
            Scope::Client => self.target.client = self.run.worker(about),
            Scope::Partition => {
                let place = self.run.place(about);
                self.target.place = place.or_else(|| self.run.any_place(&mut self.draw));
            }
        }
    }

    /// The history as it was.
    pub(super) fn restore(&mut self) {
        self.events.clear();
        self.events.extend_from_slice(self.run.history().events());
        self.changed.clear();
    }

    pub(super) fn done(self) -> Option<Mutated> {
        let first = *self.changed.first()?;
        let (first, at) = (self.events[first].i, self.events[first].t);
        Some(Mutated {
            changed: self.changed.len(),
            first,
            at,
            history: History::new(self.run.history().header().clone(), self.events),
        })
    }
}
