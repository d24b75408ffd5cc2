//! The vocabulary of a run, and judgement over it.
//!
//! A [`history`] is everything that was recorded while a cluster ran: operations, faults, what probes saw. A [`verdict`]
//! is what one check says of it; a [`judgement`] is what all checks say. Pure functions over values: no files, no clocks,
//! no randomness, and the same history gives the same bytes.
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

pub mod checks;
pub mod export;
pub mod foreign;
pub mod history;
pub mod judgement;
pub mod linearizability;
pub mod promises;
pub mod transactions;
pub mod verdict;

pub use checks::judge;
