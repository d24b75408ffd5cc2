//! Sentences for findings about what the nodes state of transactions: last stable offsets, open transactions, markers.

use checkers::verdict::{Evidence, Finding, Marked};

use super::authorities::TRANSACTIONS;
use super::named::{record, transaction};
use super::{Words, against, exceeded, partition};
use crate::format::{length_ms, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::StableOffsetTooHigh {
            transaction: open,
            record: first,
            asked,
            last_stable_offset,
        } => Words::of(
            "Last stable offset too high",
            "The last stable offset is not above the first record of an open transaction.",
            TRANSACTIONS,
        )
        .seen(format!(
            "Operation {asked} got last stable offset {last_stable_offset} for {place}. It is above {}, a record of \
             {}.",
            record(first),
            transaction(open)
        ))
        .therefore(
            "The record was acknowledged before the request, and the commit was sent after the answer. The \
             transaction was open all that time.",
        ),
        Finding::StableOffsetStuck {
            node,
            last_stable_offset,
            high_watermark,
            waited_ms,
            limit_ms,
        } => Words::of(
            "Last stable offset stuck",
            "When all transactions are over, the last stable offset is the end of the log.",
            "KIP-664, KIP-890: hanging transactions",
        )
        .seen(format!(
            "{} stated last stable offset {last_stable_offset} and high watermark {high_watermark} for {place}. \
             That was {} after the last transaction and the last heal.",
            untrusted(node),
            length_ms(*waited_ms)
        ))
        .therefore(exceeded(
            *limit_ms,
            "By then every transaction must have ended or timed out",
        )),
        Finding::OpenTooLong {
            node,
            transactional_id,
            open_ms,
            limit_ms,
        } => Words::of(
            "Transaction open too long",
            "The coordinator aborts a transaction that exceeds its time-out.",
            "KIP-98: transaction.timeout.ms",
        )
        .seen(format!(
            "{} listed the transaction of {} as open for {}.",
            untrusted(node),
            untrusted(transactional_id),
            length_ms(*open_ms)
        ))
        .therefore(exceeded(
            *limit_ms,
            "The time-out counts once more for each fault near the transaction",
        ))
        .detail(against(*open_ms, *limit_ms)),
        Finding::MarkersDiffer {
            what,
            offset,
            first,
            second,
        } => Words::of(
            "Nodes differ about transactions",
            "All nodes have the same records, markers and aborted transactions.",
            "Raft: state machine safety",
        )
        .seen(difference(what, *offset, &place, (first, second)))
        .therefore("What consumers with read_committed get depends on the node that they read from."),
        _ => return None,
    })
}

fn difference(what: &str, offset: i64, place: &str, (first, second): (&Marked, &Marked)) -> String {
    let (one, other) = (untrusted(&first.node), untrusted(&second.node));
    match what {
        "aborted" => {
            let lists = |marked: &Marked| match marked.holds {
                Some(_) => "lists",
                None => "does not list",
            };
            let producer = first.producer_id.or(second.producer_id);
            let producer = producer.map_or_else(String::new, |id| format!(" of producer {id}"));
            format!(
                "{one} {} a transaction{producer} from offset {offset} of {place} on as aborted. {other} {} it.",
                lists(first),
                lists(second)
            )
        }
        "last_stable_offset" => format!(
            "The logs of {place} end alike. {one} stated last stable offset {}, and {other} stated {}.",
            holds(first),
            holds(second)
        ),
        _ => format!(
            "At offset {offset} of {place}, {one} has {}, and {other} has {}.",
            holds(first),
            holds(second)
        ),
    }
}

/// `a commit marker of producer 7`, `17-4 of producer 7`, `nothing`.
fn holds(marked: &Marked) -> String {
    let Some(held) = &marked.holds else {
        return match marked.producer_id {
            Some(id) => format!("a record without a value of producer {id}"),
            None => "nothing".to_owned(),
        };
    };
    let held = match held.as_str() {
        "commit" => "a commit marker".to_owned(),
        "abort" => "an abort marker".to_owned(),
        other => untrusted(other),
    };
    match marked.producer_id {
        Some(id) if id >= 0 => format!("{held} of producer {id}"),
        _ => held,
    }
}
