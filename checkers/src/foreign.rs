//! Foreign histories: files of other tools, and our own, judged by a named model.
//!
//! | notation | where from | known by |
//! |---|---|---|
//! | etcd log | `INFO jepsen.util - PROC :TYPE :F VALUE` lines | such a line |
//! | EDN | Jepsen, Knossos, Porcupine's `kv`: maps, one after the other or in one bracket | `{`, `[`, `(` |
//! | JSON | `elle-cli`: objects with `type`, `process`, `f`, `value`, in one array or one after the other | `{"`, `[{"` |
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
//! | `multi-register` | `txn` | `[[:r K V] [:w K V] ...]` | `nil` |
//! | `counter` | `add`, `read` | whole numbers | 0 |
//! | `bank` | `transfer`, `read` | `{:from A :to B :amount N}`; `{A N ...}` | any |
//! | `set-full` | `add`, `read` | any; `#{...}` or `[...]` | empty |
//! | `total-queue` | `enqueue`, `dequeue`, `drain` | any; `nil`, or a failure `:empty`, found it empty | empty |
//! | `unique-ids` | `generate` | any | - |
//! | `long-fork` | `txn`, `read`, `write` | `[[:w K V]]` or `[[:r K V] ...]` | `nil` |
//! | `sequential` | `write`, `read` | `K`; `[K [PART ...]]`, the last part first | empty |
//! | `causal-register` | `read-init`, `read`, `write` with `:link`, `:position` | whole numbers | 0 |
//! | `causal-reverse` | `write`, `read` | any; `#{...}` or `[...]` | empty |
//! | `list-append` | `txn` | `[[:append K V] [:r K [V ...]] ...]` | empty |
//! | `rw-register` | `txn` | `[[:w K V] [:r K V] ...]` | `nil` |
//! | `kafka` | of `history.jsonl`: all; in EDN `send`, `poll`, `txn`, `assign`, `subscribe` | `[[:send K [OFFSET V]] [:poll {K [[OFFSET V] ...]}] ...]` | empty |
//!
//! A history of several objects has its keys in `:key` or `:k`, or first in every value, `[K V]`, as `jepsen.independent`
//! writes it: each key is judged alone. See [`Keys`].
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
mod beside;
mod error;
mod etcd;
mod history;
mod json;
mod judge;
mod judged;
mod keys;
#[cfg(feature = "transactions")]
mod micro;
mod model_name;
mod notation;
mod options;
mod partitions;
mod reading;
mod recorded;
mod verdict;
mod words;
mod workloads;

pub use {
    error::ForeignError,
    history::ForeignHistory,
    judge::{judge, judge_by, judge_objects, judge_objects_by},
    judged::Judged,
    keys::Keys,
    model_name::{ModelName, UnknownModel},
    notation::is_recorded,
    options::ForeignOptions,
    verdict::{ForeignVerdict, Open, Proof, Shown},
};
