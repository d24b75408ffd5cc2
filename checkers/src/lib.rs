//! The vocabulary of a run, and judgement over it: a checker of histories that anybody can use.
//!
//! # What a history is
//!
//! A [`history`] is everything that was recorded while a cluster ran, in the order of one clock: what clients called
//! and what came back, which faults began and were healed, what probes saw. A call comes out `ok` (it happened), `fail`
//! (it did not) or `info`: the outcome is unknown, and it may still happen, so its interval never ends. A checker of
//! distributed systems must handle that third word.
//!
//! A [`verdict`] is what one check says of a history: *valid*, *invalid*, *undecided* or *not applicable*, with
//! evidence that names operations by their lines. A [`judgement`] is what all checks say. Everything here is a pure
//! function over values: no files, no clocks, no randomness, and the same history gives the same bytes.
//!
//! # Checking one
//!
//! ```
//! use checkers::history::{History, jsonl};
//! use checkers::verdict::Validity;
//!
//! let text = concat!(
//!     r#"{"format":"jepsen-history","version":1}"#, "\n",
//!     r#"{"i":0,"t":10,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["a"]}"#, "\n",
//!     r#"{"i":1,"t":20,"type":"ok","worker":1,"f":"append","records":[{"offset":-1,"outcome":"ok"}]}"#, "\n",
//! );
//! let parsed = jsonl::parse(text).unwrap();
//! let judgement = checkers::judge(&History::new(parsed.header, parsed.events));
//! let verdict = judgement.verdict("outcome-contradiction").unwrap();
//! assert_eq!(verdict.validity, Validity::Invalid);
//! ```
//!
//! A file of another tool (Jepsen's EDN, an etcd log) goes to [`foreign::judge`] with the name of a model; values of
//! your own go to [`linearizability::check`] or [`transactions::judge_lists`].
//!
//! # Writing a model
//!
//! A model says what an object does when one process uses it at a time; [`linearizability`] finds out whether many that
//! used it together could have been such a single user. Two functions are enough. [`linearizability::Model`] has an
//! example with crashed operations, and what makes the search faster.
//!
//! ```
//! use checkers::linearizability::{Model, Operation, SearchOptions, check};
//! use checkers::verdict::Validity;
//!
//! /// A ticket machine: each draw answers a number that it has not given before, one higher each time.
//! #[derive(Clone)]
//! struct Tickets;
//!
//! impl Model for Tickets {
//!     type State = u32;
//!     type Action = u32;
//!
//!     fn initial(&self) -> u32 {
//!         0
//!     }
//!
//!     fn step(&self, drawn: &u32, answer: &u32) -> Option<u32> {
//!         (*answer == drawn + 1).then_some(*answer)
//!     }
//! }
//!
//! // Process, called, returned, answer: the second draw began after the first had ended, and got the lower number.
//! let history = [Operation::new(0, 10, 20, 2), Operation::new(1, 30, 40, 1)];
//! let report = check(&Tickets, &history, &SearchOptions::default()).unwrap();
//! assert_eq!(report.validity, Validity::Invalid);
//! ```
//!
//! # Checks of a run
//!
//! [`judge`] runs them all. [`checks::TABLE`] lists what each rules out and on whose authority, and [`checks`] shows
//! how to add a check of your own. What counts as a violation follows from what the configuration promises:
//! [`promises`].
//!
//! # Models of a foreign history
//!
//! [`foreign::ModelName`] has the same rows; notations and functions are listed at [`foreign`].
//!
//! | model | rules out | authority |
//! |---|---|---|
//! | `register` | stale, lost and invented values | Herlihy, Wing 1990: linearizability |
//! | `cas-register` | the same, and a compare-and-set that took twice or not at all | Herlihy, Wing 1990: linearizability |
//! | `kv` | the same of each key, and appends lost, doubled or out of order | Herlihy, Wing 1990: linearizability |
//! | `mutex` | two holders at once, a release without a holder | Herlihy, Wing 1990: linearizability |
//! | `fifo-queue` | values lost, doubled, invented or overtaken, an empty answer too early | Herlihy, Wing 1990; Henzinger, Sezgin, Vafeiadis 2013 |
//! | `set` | elements lost, invented or reappeared | Herlihy, Wing 1990: linearizability |
//! | `log` | offsets against real time, two values at one offset, an end that lags | Herlihy, Wing 1990; proof in the decider |
//! | `multi-register` | stale, lost, invented and torn values of registers that are used together | Herlihy, Wing 1990; knossos.model/multi-register |
//! | `counter` | a count below what was surely added, or above what can have been | jepsen.checker/counter |
//! | `bank` | a total that changes, a negative balance | jepsen.tests.bank |
//! | `set-full` | elements lost, invented or doubled | jepsen.checker/set-full |
//! | `total-queue` | values lost or invented, in any order | jepsen.checker/total-queue |
//! | `unique-ids` | an id that is given out twice | jepsen.checker/unique-ids |
//! | `long-fork` | two reads that saw two writes in opposite orders | jepsen.tests.long-fork |
//! | `sequential` | a later write of one client that is seen without an earlier one | Jepsen's sequential workload |
//! | `causal-register` | a value older than what its site has read or written before | jepsen.tests.causal |
//! | `causal-reverse` | a write that is seen without one that was complete before it began | jepsen.tests.causal-reverse |
//! | `list-append` | the anomalies below, with the order of each list from its reads | Kingsbury, Alvaro 2020: Elle; Adya 1999 |
//! | `rw-register` | the anomalies below, with the order of writes from reads before them | Kingsbury, Alvaro 2020: Elle; Adya 1999 |
//! | `kafka` | what the checks of a run rule out; in EDN the anomalies of logs below, G1a and G1c by reads | Jepsen kafka workload; KIP-98 |
//!
//! # Anomalies of transactions
//!
//! Each rules out some [models](transactions::ConsistencyModel), and with them all that are stronger. A cycle that
//! needs the order of one client carries `-process` behind its name, one that needs real time `-realtime`, and rules
//! out the model that promises that order ([`transactions::PhenomenonKind::rules_out`]).
//!
//! | anomaly | what it is | rules out | authority |
//! |---|---|---|---|
//! | `internal` | a read contradicts what its own transaction read or wrote before | read-atomic | Cerone 2015, INT |
//! | `future-read` | a read sees what its own transaction writes later | read-committed | Elle |
//! | `G1a` | a read sees what a failed transaction wrote | read-committed | Adya |
//! | `G1b` | a read sees a version that its writer superseded itself | read-committed | Adya |
//! | `garbage-read` | a read sees a value that no client wrote | read-uncommitted | - |
//! | `duplicate-elements` | a read sees one append twice | read-uncommitted | Elle |
//! | `incompatible-order` | two reads of a list have no common order of appends | read-committed | Elle |
//! | `cyclic-versions` | a read sees what one transaction appended in another order | read-uncommitted | Elle |
//! | `lost-update` | two transactions read one version and both superseded it | cursor-stability, update-atomic | Berenson, P4 |
//! | `lost-append` | an acknowledged append is in no read, not even in a later one | strong-snapshot-isolation | - |
//! | `lost-write` | of logs: a record that surely was written is in no poll, though a later one is | read-uncommitted | Jepsen kafka |
//! | `unseen` | of logs: an acknowledged record is in no poll | read-uncommitted | Jepsen kafka |
//! | `duplicate` | of logs: one record lies at two offsets | read-uncommitted | Jepsen kafka |
//! | `inconsistent-offset` | of logs: two records lie at one offset | read-uncommitted | Jepsen kafka |
//! | `poll-skip` | of logs: a consumer jumps over a record from one operation to the next | read-uncommitted | Jepsen kafka |
//! | `int-poll-skip` | of logs: a consumer jumps over a record within an operation | read-uncommitted | Jepsen kafka |
//! | `nonmonotonic-poll` | of logs: a consumer goes back from one operation to the next | read-uncommitted | Jepsen kafka |
//! | `int-nonmonotonic-poll` | of logs: a consumer goes back within an operation | read-uncommitted | Jepsen kafka |
//! | `send-order` | of logs: a producer's record of a later operation has the lower offset | read-uncommitted | Jepsen kafka |
//! | `int-send-order` | of logs: a producer's later record of an operation has the lower offset | read-uncommitted | Jepsen kafka |
//! | `precommitted-read` | of logs: a transaction polls what it sent itself | read-committed | Jepsen kafka |
//! | `log-order` | of logs: a record called after another one was there lies below it | strong-read-uncommitted | Herlihy, Wing 1990 |
//! | `no-order` | of registers: no order of the transactions explains what they read | serializable | Papadimitriou 1979 |
//! | `G0` | a cycle of write-write edges | read-uncommitted | Adya |
//! | `G1c` | a cycle of write-write and write-read edges | read-committed | Adya |
//! | `G-single-item` | a cycle with exactly one read-write edge | parallel-snapshot-isolation, consistent-view, repeatable-read | Adya |
//! | `G-nonadjacent-item` | a cycle without adjacent read-write edges, and several of them | snapshot-isolation, repeatable-read | Cerone 2018 |
//! | `G2-item` | any other cycle with read-write edges | repeatable-read | Adya |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "kafka")]
pub mod agreement;
#[cfg(feature = "kafka")]
pub mod checks;
#[cfg(feature = "edn")]
pub mod edn;
#[cfg(feature = "edn")]
pub mod export;
#[cfg(all(feature = "edn", feature = "linearizability"))]
pub mod foreign;
pub mod history;
#[cfg(feature = "linearizability")]
pub mod invariants;
#[cfg(feature = "kafka")]
pub mod judgement;
#[cfg(feature = "linearizability")]
pub mod linearizability;
#[cfg(feature = "kafka")]
pub mod mutants;
#[cfg(feature = "kafka")]
pub mod promises;
#[cfg(feature = "transactions")]
pub mod transactions;
pub mod verdict;

#[cfg(feature = "kafka")]
pub use checks::bounded;
#[cfg(feature = "kafka")]
pub use checks::judge;

/// The README's example, run as a test.
#[cfg(all(doctest, feature = "linearizability"))]
#[doc = include_str!("../README.md")]
struct Readme;
