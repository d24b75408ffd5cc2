//! Checks of transactions, each in a file of its own, and what they share: the ledger of transactions and readings, and the
//! streams of exactly-once workloads.
//!
//! They are asked only of histories with transactions, and judge topics that the checks of plain logs leave out. `reads` and
//! `ends` are those checks' own view of these topics.

pub(super) mod aborted_read;
pub(super) mod commit_not_visible;
pub(super) mod early_read;
pub(super) mod ends;
pub(super) mod false_fence;
pub(super) mod input_progress;
mod ledger;
mod lives;
mod log;
pub(super) mod lost;
pub(super) mod lso_stuck;
pub(super) mod lso_too_high;
pub(super) mod marker_agreement;
pub(super) mod nothing_beyond;
pub(super) mod offsets_early;
pub(super) mod offsets_of_aborted;
pub(super) mod offsets_torn;
pub(super) mod one_outcome;
pub(super) mod open_too_long;
pub(super) mod output_order;
pub(super) mod processed_once;
pub(super) mod reads;
mod sights;
mod streams;
pub(super) mod tokens;
pub(super) mod torn;
pub(super) mod unstable_for_ever;
pub(super) mod value_intact;
pub(super) mod written;
pub(super) mod zombie_accepted;
pub(super) mod zombie_published;

pub(crate) use ledger::Ledger;
pub(crate) use streams::Streams;
