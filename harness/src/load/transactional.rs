//! Transactional producers: one over raw requests, each sent once and recorded, so that its outcomes are exact, and one that is
//! librdkafka's.
//!
//! **The raw client's rule.** After a request without an answer it initialises its transactional id again before it does
//! anything else. That fences the request, which may still arrive: without it, a late EndTxn could end the next transaction of
//! the same epoch (KAFKA-17754), and what the harness would find would be its own client's fault. The load `late` breaks the
//! rule on purpose.

mod answers;
mod late;
mod library;
mod producer;
mod transaction;

pub(super) use library::LibraryProducer;
pub(super) use producer::{Session, TransactionalProducer};
pub(super) use transaction::{Ended, Open, Step};
