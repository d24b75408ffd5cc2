//! Mutants of histories: what a broker could have said instead, one lie at a time, and which check must report it.
//!
//! A mutant takes a valid history and changes answers of the broker: offsets, records, epochs, leaders, refusals. It
//! never changes what the harness did or measured: calls, faults, times, lateness. A check that accepts the changed
//! history accepts a broker that lies in this way. The score, *killed of all*, therefore measures the checks, as a
//! mutation score measures tests.
//!
//! | part | what it is |
//! |---|---|
//! | [`Lie`] | a row of the catalogue: kind of line, field, change, and what must come of it |
//! | [`Mutant`] | a lie with its extent (once, for 10 s, from a moment on) and its scope (one node, partition, client) |
//! | [`Run`] | the valid history with what is known of it: logs, calls, faults |
//! | [`Mutated`] | the changed history |
//! | [`Fate`] | what judging it again shows: killed, undecided, survived |
//! | [`FIELDS`] | every field of every kind of line: mutated, or excluded and why |
//!
//! A mutant chooses its place from a seed. Where a change would change nothing, or would be legal by accident (an end
//! offset one lower that still includes every acknowledged record), it chooses another place; if there is none, it does
//! not apply to this history.

mod after;
mod answer;
mod catalogue;
mod draft;
mod draw;
mod extent;
mod fate;
mod fields;
mod lie;
mod line;
mod mutant;
mod mutated;
mod run;

pub use catalogue::{all, lies};
pub use extent::{Extent, Scope};
pub use fate::Fate;
pub use fields::{Coverage, FIELDS, FieldRow};
pub use lie::{Expected, Lie};
pub use line::Line;
pub use mutant::Mutant;
pub use mutated::Mutated;
pub use run::Run;
