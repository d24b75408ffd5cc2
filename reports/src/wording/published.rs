//! Sentences for findings about what transactions publish: offsets beside records, each record once and in its order; and about
//! coordinators that do not serve.

use checkers::verdict::{Evidence, Finding};

use super::authorities::{LIMIT, TRANSACTIONS};
use super::named::{record, transaction};
use super::{Words, against, exceeded, partition};
use crate::format::{length_ms, untrusted};

/// The sequence numbers of a transactional producer.
const IDEMPOTENT: &str = "KIP-98: idempotent and transactional producers";

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::OffsetsTorn {
            transaction: torn,
            group,
            offset,
            published,
            instead,
            record: shown,
            other,
        } => {
            let instead = instead.map_or("no offset".to_owned(), |one| format!("offset {one}"));
            let seen = match published {
                true => "A fetch returned this offset".to_owned(),
                false => format!("The last fetch returned {instead}, which was committed before"),
            };
            let beside = match (shown, other) {
                (Some(shown), _) if *published => {
                    format!("No acknowledged record of the transaction is visible, for example {}", record(shown))
                }
                (Some(shown), _) => format!("Its record {} is visible", record(shown)),
                (None, Some(other)) => {
                    format!("A fetch returned another of its offsets, {}", untrusted(other))
                }
                (None, None) => "Its commit was acknowledged".to_owned(),
            };
            Words::of(
                "Torn offsets",
                "The offsets of a transaction count if and only if its records are visible.",
                TRANSACTIONS,
            )
            .seen(format!(
                "For group {}, {} sent offset {offset} of {place}. {seen}. {beside}.",
                untrusted(group),
                transaction(torn)
            ))
            .therefore("The transaction was committed in one place and not in another.")
        }
        Finding::OffsetsUnstable {
            group,
            waited_ms,
            limit_ms,
        } => Words::of(
            "Offsets stay unstable",
            "Stable offsets can be fetched as soon as no transaction holds them back.",
            "KIP-447: require_stable; the transaction time-out",
        )
        .seen(format!(
            "A fetch for group {} was refused for {place} (UNSTABLE_OFFSET_COMMIT). The last sign of a transaction that may \
             have sent offsets there was {} before.",
            untrusted(group),
            length_ms(*waited_ms)
        ))
        .therefore(exceeded(
            *limit_ms,
            "The time is counted from the last heal, if that was later",
        ))
        .detail(format!("group {}, {}", untrusted(group), against(*waited_ms, *limit_ms))),
        Finding::TransactionDuplicate {
            transaction: of,
            first,
            second,
        } => Words::of(
            "Duplicate in a transaction",
            "A record of a transaction has one place in the log.",
            IDEMPOTENT,
        )
        .seen(format!(
            "{} was sent once, by {}. It is visible twice: {} and {}.",
            untrusted(&first.value),
            transaction(of),
            record(first),
            record(second)
        ))
        .therefore("Consumers get the record twice."),
        Finding::TransactionReordered {
            transaction: of,
            first,
            second,
        } => Words::of(
            "Order within a transaction",
            "The records of a transaction lie in a partition in the order in which they were sent.",
            IDEMPOTENT,
        )
        .seen(format!(
            "By {}, {} was sent before {}.",
            transaction(of),
            record(first),
            record(second)
        ))
        .therefore("The later record does not have the higher offset."),
        Finding::CoordinatorStalled {
            request,
            group,
            tries,
            error,
            length_ms: length,
            limit_ms: limit,
            ended,
        } => {
            let of = group.as_deref().map(|group| format!(" for group {}", untrusted(group)));
            let of = of.unwrap_or_default();
            let error = error.as_deref().map_or(String::new(), |error| {
                format!(", for example with {}", untrusted(error))
            });
            Words::of(
                "Coordinator does not serve",
                "A coordinator answers groups and transactions, except while a leader is elected.",
                LIMIT,
            )
            .seen(format!(
                "In {}, {tries} tries of {}{of} in a row failed{error}.",
                length_ms(*length),
                untrusted(request)
            ))
            .therefore(exceeded(
                *limit,
                match ended {
                    true => "One was served afterwards",
                    false => "None was served afterwards",
                },
            ))
            .detail(against(*length, *limit))
        }
        _ => return None,
    })
}
