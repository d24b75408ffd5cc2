//! Foreign histories: files of other tools, and our own, judged by a named model.
//!
//! | notation | where from | known by |
//! |---|---|---|
//! | etcd log | `INFO jepsen.util - PROC :TYPE :F VALUE` lines | such a line |
//! | EDN | Jepsen, Knossos, Porcupine's `kv`: maps, one after the other or in one bracket | `{`, `[`, `(` |
//! | `history.jsonl` | our recorder | its header |
//!
//! | model | functions | value | begins as |
//! |---|---|---|---|
//! | `register` | `read`, `write` | any | `nil` |
//! | `cas-register` | `read`, `write`, `cas` | any; `[FROM TO]` | `nil` |
//! | `kv` | `get`, `put`, `append` with `:key` | text | `""` |
//! | `mutex` | `acquire`, `release` | - | free |
//! | `fifo-queue` | `enqueue`, `dequeue`, `drain` | any; `nil` found it empty | empty |
//! | `set` | `add`, `remove`, `contains`, `read` | any; `#{...}` | empty |
//! | `log` | `append`, `fetch`, `end-offset`, `read` | `[OFFSET VALUE]` or `:offset` | empty |
//! | `list-append` | `txn` | `[[:append K V] [:r K [V ...]] ...]` | empty |
//! | `rw-register` | `txn` | `[[:w K V] [:r K V] ...]` | `nil` |
//! | `kafka` | of `history.jsonl`: all; in EDN `send`, `poll`, `txn` | `[[:send K [OFFSET V]] [:poll {K [[OFFSET V] ...]}] ...]` | empty |
//!
//! `:fail` did not happen, `:info` and what never returned may have. Two readings differ by notation, as their tools
//! do: in etcd logs a failed `cas` proves that the register held something else, and a read of `nil` saw `nil`; in EDN,
//! as in Knossos, the former says nothing and the latter is a read of unknown value.
//!
//! ```
//! use checkers::foreign::judge;
//! use checkers::linearizability::SearchOptions;
//!
//! let file = b"
//!     {:process 0, :type :invoke, :f :write, :value 1}
//!     {:process 0, :type :ok,     :f :write, :value 1}
//!     {:process 0, :type :invoke, :f :write, :value 2}
//!     {:process 0, :type :ok,     :f :write, :value 2}
//!     {:process 1, :type :invoke, :f :read,  :value nil}
//!     {:process 1, :type :ok,     :f :read,  :value 1}
//! ";
//! let judged = judge("stale.edn", file, None, &SearchOptions::default()).unwrap();
//! assert_eq!(judged.validity().word(), "invalid");
//! assert_eq!(judged.lines()[0], "cannot be placed: lines 6-7, process 1: read 1");
//! ```

mod actions;
mod error;
mod etcd;
mod history;
mod judge;
mod judged;
mod model_name;
mod notation;
mod partitions;
mod recorded;
mod verdict;
mod words;

pub use {
    error::ForeignError,
    history::ForeignHistory,
    judge::{judge, judge_objects},
    judged::Judged,
    model_name::{ModelName, UnknownModel},
    verdict::{ForeignVerdict, Open, Proof, Shown},
};
