//! Linearizability of any history, under any sequential specification.
//!
//! # What a history is
//!
//! Some processes use an object at the same time: a register, a queue, a log. Each use is an [`Operation`]: when it was
//! called, when it returned, and an *action*, the call with its answer. An operation that never returned, or whose
//! answer left open whether it happened, has crashed: it may take effect at any time after its call, or never.
//!
//! A history is *linearizable* (Herlihy, Wing 1990) if every operation can be given one moment between its call and its
//! return, so that in the order of these moments every answer is the one that the object gives to a single user. What a
//! single user gets is said by a [`Model`].
//!
//! # Checking one
//!
//! ```
//! use checkers::linearizability::models::{Register, RegisterAction::{Read, Write}};
//! use checkers::linearizability::{Operation, SearchOptions, check};
//! use checkers::verdict::Validity;
//!
//! let history = [
//!     Operation::new(0, 0, 10, Write(1)),
//!     Operation::new(1, 5, 25, Write(2)),
//!     Operation::new(2, 20, 30, Read(Some(2))),
//!     Operation::new(3, 40, 50, Read(Some(1))),
//! ];
//! let report = check(&Register::new(0), &history, &SearchOptions::default()).unwrap();
//! assert_eq!(report.validity, Validity::Invalid);
//! let failure = report.failure.unwrap();
//! assert_eq!(failure.operation, 3);
//! assert_eq!(failure.states, ["2"]);
//! ```
//!
//! A [`LinearizabilityReport`] has one word, and for an invalid history the evidence: which operation cannot be placed,
//! what the object could hold there, how far a consistent order goes, and a few operations that have no order by
//! themselves. Everything names operations by their positions. The search of each object has a [`Budget`] of steps and
//! bytes; where that runs out, the word is *undecided*, with the return that the deepest attempt did not pass. Nothing
//! is timed: the same history gives the same report on any machine and any number of threads.
//!
//! Models that exist are listed in [`models`]; how to write one is shown at [`Model`]. Files are judged by
//! [`crate::foreign`].
//!
//! # How it works
//!
//! * Objects are separated by key and judged alone, smallest first.
//! * [`deciders`] judge the shapes for which there is a rule: a log with offsets, a register or a queue with distinct
//!   values.
//! * All else is searched. Operations are placed just in time, in the burst before a return that waits for them (Lowe
//!   2017), so a configuration is a level, the number of a state, and a mask of the operations that are open and
//!   placed: 16 bytes. What never changes the state is placed at once. Equal crashed operations are tried once. Of
//!   configurations that differ only in the crashed operations used up, those with the fewest are kept. A model may
//!   merge what no answer can distinguish apart. At moments at which nothing is open the past is forgotten.
//! * [`plain`] is the same question answered without any of that: the second opinion.
//!
//! | claim | why it holds |
//! |---|---|
//! | place only in the burst before a waiting return | taking an operation later is legal until its own return |
//! | place what is pure at once | left out of any order, it can be put back at any place where its answer fits |
//! | keep the smallest sets of crashed operations | the one with fewer used can do all that the other can |
//! | try equal crashed operations once, earliest call first | the one called first can be used wherever the other can |
//! | forget the past at a cut | no configuration behind it is ever come to again |

mod actions;
mod attempt;
mod budgeting;
mod check;
pub mod deciders;
mod explain;
mod failed;
mod interner;
mod mask;
mod minimise;
mod model;
pub mod models;
mod object;
mod operation;
mod options;
pub mod plain;
mod report;
mod search;
mod timeline;
mod trail;
mod transitions;
mod visited;

pub use crate::verdict::Rule;
pub use check::{check, check_keyed};
pub use model::Model;
pub use operation::Operation;
pub use options::{Budget, Limit, SearchOptions};
pub use report::{
    Decision, Failure, LinearizabilityReport, Malformed, PREFIX_MAX, STATES_MAX, SubHistory,
    Undecided,
};
