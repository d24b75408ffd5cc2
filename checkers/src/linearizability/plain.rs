//! The search of Wing and Gong (1993) with Lowe's memory (2017), as plain as it can be written: the second opinion.
//!
//! It knows none of the reductions of the search proper: every operation has its own bit, nothing is taken eagerly,
//! nothing is dominated, nothing is partitioned. Slow, and therefore easy to believe. Tests hold the two against each
//! other.

use std::collections::BTreeSet;

use super::interner::Interner;
use super::mask::{Mask, Words};
use super::model::Model;
use super::operation::Operation;

/// Whether operations are linearizable; none if that is not known within this many steps. Keys are not separated: a
/// model with keys is searched key by key by its caller.
pub fn linearizable<M: Model>(
    model: &M,
    operations: &[&Operation<M::Action>],
    steps_max: u64,
) -> Option<bool> {
    let mut states = Interner::with_room(0);
    let initial = states.number(model.initial());
    let none = Words::empty(operations.len());
    let mut visited: BTreeSet<(Words, u32)> = BTreeSet::from([(none.clone(), initial)]);
    let mut stack = vec![(none, initial)];
    let mut steps = 0;
    while let Some((placed, state)) = stack.pop() {
        let waiting = || (0u32..).zip(operations).filter(|(at, _)| !placed.has(*at));
        // Whatever was called after the first return among those that wait must come later than it.
        let Some(first) = waiting().filter_map(|(_, o)| o.returned).min() else {
            return Some(true);
        };
        for (at, operation) in waiting().filter(|(_, o)| o.called <= first) {
            steps += 1;
            if steps > steps_max {
                return None;
            }
            if let Some(after) = model.step(states.value(state), &operation.action) {
                let mut placed = placed.clone();
                placed.insert(at);
                let after = states.number(after);
                if visited.insert((placed.clone(), after)) {
                    stack.push((placed, after));
                }
            }
        }
    }
    Some(false)
}
