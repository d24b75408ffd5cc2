//! Rules that a history as a whole must keep, judged in one pass and without a search.
//!
//! Not everything that is tested promises a linearization. A queue that delivers in any order must still deliver
//! everything; a bank under snapshot isolation must still have its total. Jepsen has a checker for each of these
//! workloads, and the judges here follow them. Where Jepsen takes an operation of unknown outcome for one that did not
//! happen, they do not: a finding holds whether it happened or not. Each file says what its judge does not notice.
//!
//! | judge | promise | never invalid because of |
//! |---|---|---|
//! | [`counter`] | a read lies between what was surely added and what can have been | crashed additions |
//! | [`bank`] | every read has the same total, no balance is negative | transfers, however they came out |
//! | [`set_full`] | an element that was acknowledged or seen stays | crashed additions, stale reads |
//! | [`total_queue`] | what went in comes out | values that a crashed dequeue can have taken |
//! | [`unique_ids`] | no id is generated twice | - |
//! | [`long_fork`] | writes are seen in one order | reads of other groups of keys |
//! | [`sequential`] | the writes of one client are seen in its order | stale reads |
//! | [`causal_reverse`] | a write is not seen without those that were complete before it began | stale reads |
//!
//! ```
//! use checkers::invariants::{CounterAction, counter};
//! use checkers::linearizability::Operation;
//! use checkers::verdict::Validity;
//!
//! let history = [
//!     Operation::new(0, 10, 20, CounterAction::Add(5)),
//!     Operation::crashed(1, 15, CounterAction::Add(1)),
//!     Operation::new(0, 30, 40, CounterAction::Read(4)),
//! ];
//! let report = counter(&history.each_ref());
//! assert_eq!(report.validity, Validity::Invalid);
//! assert_eq!(report.breaches[0].about, "4, not 5 to 6");
//! ```

mod bank;
mod causal_reverse;
mod counter;
mod long_fork;
mod report;
mod sequential;
mod set_full;
mod total_queue;
mod unique_ids;

pub use bank::{BankAction, BankRules, bank};
pub use causal_reverse::{ReverseAction, causal_reverse};
pub use counter::{CounterAction, counter};
pub use long_fork::long_fork;
pub use report::{Breach, Count, InvariantReport};
pub use sequential::{SequentialAction, sequential};
pub use set_full::{ElementAction, set_full};
pub use total_queue::total_queue;
pub use unique_ids::unique_ids;
