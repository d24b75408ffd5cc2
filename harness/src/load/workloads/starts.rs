//! Where the partitions of a load begin: what a consumer asks for whose offset was deleted.
//!
//! Consumers of the harness never look for another offset by themselves (`auto.offset.reset=error`), because that would
//! hide a log that was cut off. So the worker asks, and the answer is recorded and judged.

use std::time::Duration;

use checkers::history::{Assigned, Offset};

use crate::kafka::wire::Wire;
use crate::load::Load;
use crate::probe::start_offset;
use crate::record::Caller;

/// The time that it waits for one answer.
const TIMEOUT: Duration = Duration::from_millis(1_000);
/// What clients and brokers call an offset that is not there.
const OUT_OF_RANGE: &[&str] = &["OFFSET_OUT_OF_RANGE", "_AUTO_OFFSET_RESET"];

/// The first offsets of all partitions, as far as they are known.
pub(super) struct Starts<'a> {
    load: &'a Load,
    caller: Caller<'a>,
    wires: Vec<Wire>,
    known: Vec<Offset>,
}

/// Whether an error says that an offset is not there.
pub(super) fn is_out_of_range(error: &str) -> bool {
    OUT_OF_RANGE.iter().any(|name| error.contains(name))
}

impl<'a> Starts<'a> {
    pub(super) fn of(load: &'a Load) -> Starts<'a> {
        Starts {
            load,
            caller: Caller::new((&load.recorder, &load.ids)),
            wires: load
                .addresses
                .iter()
                .map(|at| Wire::new(*at, TIMEOUT))
                .collect(),
            known: vec![0; load.partitions.len()],
        }
    }

    /// Moves positions up to what is kept. `ask` says whether some of them were just found to be deleted.
    pub(super) fn skip_deleted(&mut self, assigned: &mut [Assigned], ask: bool) {
        if ask {
            self.ask();
        }
        for (place, known) in assigned.iter_mut().zip(&self.known) {
            place.position = place.position.max(*known);
        }
    }

    /// Asks the nodes in turn, for each partition until one answers.
    fn ask(&mut self) {
        for ((topic, partition), known) in self.load.partitions.iter().zip(&mut self.known) {
            for (at, wire) in self.wires.iter_mut().enumerate() {
                if self.load.stop.is_set() {
                    return;
                }
                let (node, place) = ((at + 1, wire), (topic.as_str(), *partition));
                let start = start_offset::ask(node, place, None, &mut self.caller);
                if let Some(start) = start {
                    *known = (*known).max(start);
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_out_of_range;

    #[test]
    fn both_names_of_an_offset_that_is_gone_are_known() {
        assert!(is_out_of_range("OFFSET_OUT_OF_RANGE"));
        assert!(is_out_of_range("_AUTO_OFFSET_RESET"));
        assert!(!is_out_of_range("_TRANSPORT"));
    }
}
