//! Records of logs: what is lost, doubled, out of order or read too early in a Kafka history of Jepsen's shape.
//!
//! The anomalies and their conditions are those of `jepsen.tests.kafka`, whose names they have. Three differences, each
//! so that one fault is reported as itself and not as others:
//!
//! * Order is compared by offsets where they are known, and not by a value's index, which a duplicate changes.
//! * A record that only a failed poll returned was returned: it is not lost.
//! * Real time is judged ([`PhenomenonKind::LogOrder`](super::PhenomenonKind)). Jepsen tolerates it with all other cycles of writes.
//!
//! | part | judges |
//! |---|---|
//! | [`places`] | `inconsistent-offset`, `duplicate` |
//! | [`unread`] | `lost-write`, `unseen` |
//! | [`polls`] | `poll-skip`, `nonmonotonic-poll`, and both within one operation |
//! | [`sends`] | `send-order`, within one operation and within one client |
//! | [`realtime`] | `log-order` |

mod places;
mod polls;
mod realtime;
mod sends;
mod unread;

use super::findings::Findings;
use super::input::Transactions;
use super::writers::Writers;
use places::Places;

/// Checks the records of a history. What Kafka allows goes to `tolerated`.
pub(super) fn check(
    transactions: &Transactions,
    writers: &Writers,
    findings: &mut Findings,
    tolerated: &mut Findings,
) {
    let places = Places::new(transactions, writers);
    places.check(transactions, writers, findings);
    unread::check(transactions, writers, &places, findings);
    polls::check(transactions, &places, findings, tolerated);
    sends::check(transactions, &places, findings);
    realtime::check(transactions, writers, &places, findings);
}
