//! What a search has spent, and whether that is too much.

use super::{LOOK_EVERY, Node, SCANNED_PER_STEP, Search};
use crate::linearizability::budgeting::growth;
use crate::linearizability::mask::Mask;
use crate::linearizability::model::Model;
use crate::linearizability::options::Limit;
use crate::linearizability::trail::Trail;

impl<M: Model, K: Mask, T: Trail> Search<'_, '_, M, K, T> {
    /// What was spent: attempts to place an operation, visits, comparisons, states made.
    pub(in crate::linearizability) fn steps(&self) -> u64 {
        let own = self.own + self.scanned / SCANNED_PER_STEP;
        own + self.visited.work + self.transitions.work - self.spent_before
    }

    /// Whether it is time to look at budget and memory.
    #[inline]
    pub(super) fn is_due(&mut self) -> bool {
        let steps = self.steps();
        let due = steps >= self.look_at;
        if due {
            self.look_at = steps + LOOK_EVERY;
        }
        due
    }

    /// Which limit was passed, if any.
    pub(super) fn look(&mut self) -> Option<Limit> {
        let bytes = self.bytes_in_use();
        self.bytes = self.bytes.max(bytes);
        if self.steps() > self.budget.steps {
            return Some(Limit::Steps);
        }
        // What a table takes while it grows counts, too.
        let tables = self.visited.growth() + self.transitions.growth();
        let nodes = self.stack.capacity() * size_of::<Node<K, T::Link>>();
        let growth = tables + growth(self.stack.len(), self.stack.capacity(), nodes);
        (bytes + growth > self.budget.bytes).then_some(Limit::Bytes)
    }

    pub(super) fn bytes_in_use(&self) -> usize {
        let wide = self
            .stack
            .last()
            .map_or(0, |node| node.placed.heap_bytes() + node.used.heap_bytes());
        self.timeline.bytes()
            + self.transitions.bytes()
            + self.visited.bytes()
            + (self.stack.capacity() + self.fresh.capacity()) * size_of::<Node<K, T::Link>>()
            + (self.stack.len() + self.fresh.len()) * wide
            + self.trail.bytes()
    }
}
