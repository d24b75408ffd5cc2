//! Sentences for findings about transactions: visible in part, too early or not at all, and producers that were replaced.

use checkers::verdict::{Evidence, Finding};

use super::authorities::{FENCING, PROMISED, TRANSACTIONS};
use super::named::{record, records, take_over, transaction};
use super::{Words, partition};
use crate::format::{length_ms, limit_ms, moment, sentence_case, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    whole(finding)
        .or_else(|| read(finding))
        .or_else(|| fenced(finding))
        .or_else(|| late(finding, &partition(at)))
}

/// Transactions that are not visible as a whole.
fn whole(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::TornTransaction {
            transaction: torn,
            acknowledged,
            visible,
            missing,
        } => Words::of(
            "Torn transaction",
            "A transaction is visible as a whole or not at all.",
            TRANSACTIONS,
        )
        .seen(format!(
            "The commit of {} {}. Visible in the end: {}. Acknowledged and not visible: {}.",
            transaction(torn),
            match acknowledged {
                true => "was acknowledged",
                false => "has an unknown outcome",
            },
            records(visible),
            records(missing)
        ))
        .therefore("Consumers with read_committed see only a part of the transaction."),
        Finding::LostTransaction {
            transaction: lost,
            missing,
            aborted,
        } => Words::of(
            "Lost transaction",
            "A transaction whose commit is acknowledged is never lost.",
            TRANSACTIONS,
        )
        .seen(format!(
            "The commit of {} was acknowledged. None of its acknowledged records is visible in the end: {}.",
            transaction(lost),
            records(missing)
        ))
        .therefore(match aborted {
            true => "An abort marker covers one of them, although the commit was acknowledged.",
            false => "The records are lost.",
        }),
        Finding::TwoOutcomes {
            transaction: both,
            committed,
            aborted,
        } => Words::of(
            "Two outcomes",
            "A transaction is committed everywhere or aborted everywhere.",
            TRANSACTIONS,
        )
        .seen(format!(
            "{} wrote {} and {}. In the logs, a commit marker covers the first record and an abort marker the second.",
            sentence_case(&transaction(both)),
            record(committed),
            record(aborted)
        ))
        .therefore("The transaction was committed in one place and aborted in another."),
        _ => return None,
    })
}

/// Records that were read although they were not committed.
fn read(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::AbortedRead {
            transaction: aborted,
            record: seen,
            read,
        } => Words::of(
            "Aborted record read",
            "A consumer with read_committed never gets a record of an aborted transaction (G1a).",
            "KIP-98: transactions; Adya (1999)",
        )
        .seen(format!(
            "Operation {read} read {} with read_committed. The record belongs to {}.",
            record(seen),
            transaction(aborted)
        ))
        .therefore("This transaction was not committed."),
        Finding::EarlyRead {
            transaction: early,
            record: seen,
            read,
            returned,
            end_sent,
        } => Words::of(
            "Read before the commit",
            "A consumer with read_committed gets a record only after its transaction was committed.",
            TRANSACTIONS,
        )
        .seen(format!(
            "Operation {read} returned {} at {}. The commit of {} was first sent at {}.",
            record(seen),
            moment(*returned),
            transaction(early),
            moment(*end_sent)
        ))
        .therefore(
            "Its own client had not ended the transaction by then. A late request of an earlier transaction of the \
             same producer has this effect (KAFKA-17754).",
        ),
        _ => return None,
    })
}

/// Producers that were replaced, or that were fenced without a reason.
fn fenced(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::ZombieAccepted {
            transaction: former,
            request,
            called,
            fence,
        } => Words::of(
            "Fenced producer accepted",
            "After another producer took over a transactional id, requests of the former one are rejected.",
            FENCING,
        )
        .seen(format!(
            "{} At {}, {} sent a request ({}), and that was accepted.",
            take_over(fence),
            moment(*called),
            transaction(former),
            untrusted(request)
        ))
        .therefore("The request was sent after the take-over was answered, so it must be rejected.")
        .detail(untrusted(&former.transactional_id)),
        Finding::ZombiePublished {
            transaction: former,
            record: seen,
            called,
            fence,
        } => Words::of(
            "Fenced producer published",
            "After another producer took over a transactional id, the former one publishes nothing.",
            FENCING,
        )
        .seen(format!(
            "{} {} is visible. Its {} sent it, or requested its commit, at {}.",
            take_over(fence),
            record(seen),
            transaction(former),
            moment(*called)
        ))
        .therefore("That was after the take-over was answered, so the record must not become visible."),
        Finding::FalselyFenced {
            transaction: of,
            error,
            age_ms,
            timeout_ms,
        } => Words::of(
            "Fenced without a cause",
            "A producer is fenced only by a successor or by the time-out of its transaction.",
            "KIP-588",
        )
        .seen(format!(
            "{} failed with {} after {}.",
            sentence_case(&transaction(of)),
            untrusted(error),
            length_ms(*age_ms)
        ))
        .therefore(format!(
            "No other producer was taking over its transactional id. The transaction time-out is {}.",
            limit_ms(*timeout_ms)
        ))
        .detail(untrusted(&of.transactional_id)),
        _ => return None,
    })
}

/// Commits that are answered too early or too late.
fn late(finding: &Finding, place: &str) -> Option<Words> {
    Some(match finding {
        Finding::CommitNotVisible {
            transaction: committed,
            record: unseen,
            asked,
            end_offset,
        } => Words::of(
            "Commit not visible",
            "A transaction is visible as soon as its commit is acknowledged.",
            PROMISED,
        )
        .seen(format!(
            "The commit of {} was acknowledged. Later, operation {asked} requested the end offset of {place} for \
             read_committed and got {end_offset}.",
            transaction(committed)
        ))
        .therefore(format!(
            "That leaves out {}, and no open transaction explains it.",
            record(unseen)
        )),
        Finding::OffsetsUncommitted {
            transaction: of,
            group,
            offset,
            asked,
            aborted,
        } => Words::of(
            "Uncommitted offset fetched",
            "The offsets of a transaction are returned only after it was committed.",
            "KIP-98: transactional offsets",
        )
        .seen(format!(
            "A fetch for group {} (operation {asked}) returned offset {offset} of {place}. This offset belongs to {}.",
            untrusted(group),
            transaction(of)
        ))
        .therefore(match aborted {
            true => "This transaction was not committed.",
            false => "The commit of this transaction had not been sent when the answer came.",
        }),
        _ => return None,
    })
}
