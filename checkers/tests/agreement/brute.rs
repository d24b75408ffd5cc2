//! Linearizability by its definition: every order is tried. For histories of a handful of operations.

use checkers::linearizability::{Model, Operation};

/// Whether some order of all operations that returned, and of some that crashed, fits real time and the model.
pub(crate) fn linearizable<M: Model>(model: &M, operations: &[Operation<M::Action>]) -> bool {
    let mut waiting: Vec<&Operation<M::Action>> = operations.iter().collect();
    place(model, &model.initial(), &mut waiting)
}

fn place<M: Model>(model: &M, state: &M::State, waiting: &mut Vec<&Operation<M::Action>>) -> bool {
    let Some(first) = waiting.iter().filter_map(|o| o.returned).min() else {
        return true;
    };
    for at in 0..waiting.len() {
        let next = waiting[at];
        if next.called > first {
            continue;
        }
        if let Some(after) = model.step(state, &next.action) {
            waiting.remove(at);
            let found = place(model, &after, waiting);
            waiting.insert(at, next);
            if found {
                return true;
            }
        }
    }
    false
}
