//! Sentences for findings of order and recency of a log.

use checkers::verdict::{Evidence, Finding, Sent};

use super::{Account, partition};
use crate::format::{moment, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
    let place = partition(at);
    Some(match finding {
        Finding::OrderReversed { first, second } => Account::new(
            format!(
                "In {place}, {}. {} was sent only afterwards, at {}, and stands at the lower \
                 offset {}.",
                acknowledged(first),
                record(second),
                moment(second.called),
                second.offset
            ),
            "A reader meets the later record first: an order that never happened.",
        ),
        Finding::ReadBeforeSend {
            sent,
            read,
            read_returned,
        } => Account::new(
            format!(
                "Operation {read} had returned {} of {place} at {}. Its send began at {}.",
                lower(&record(sent)),
                moment(*read_returned),
                moment(sent.called)
            ),
            "A record cannot be read before anybody asked for it to be written.",
        ),
        Finding::ReadAhead {
            sent,
            read,
            read_offset,
            read_returned,
        } => Account::new(
            format!(
                "Operation {read} had read offset {read_offset} of {place} at {}. {} was sent at \
                 {} and stands at the lower offset {}.",
                moment(*read_returned),
                record(sent),
                moment(sent.called),
                sent.offset
            ),
            "The log grew in its middle: a record was put before one that had been read already.",
        ),
        Finding::EndOffsetAhead {
            sent,
            asked,
            end_offset,
            returned,
        } => Account::new(
            format!(
                "Operation {asked} was told at {} that {place} ends at offset {end_offset}. {} \
                 lies below that end, at offset {}, and its send began at {}.",
                moment(*returned),
                record(sent),
                sent.offset,
                moment(sent.called)
            ),
            "The end counted a record that nobody had sent yet.",
        ),
        Finding::EndOffsetBeyond {
            asked,
            end_offset,
            possible,
        } => Account::new(
            format!(
                "Operation {asked} was told that {place} ends at offset {end_offset}. With every \
                 record sent by then it could end at {possible} at most."
            ),
            "The end counted records that do not exist.",
        ),
        Finding::EndOffsetBehind {
            asked,
            end_offset,
            node,
            called,
            known_offset,
            known_by,
            known_at,
        } => Account::new(
            format!(
                "Operation {known_by} had shown offset {known_offset} of {place} at {}. Operation \
                 {asked}, called at {}, was told{} that the partition ends at {end_offset}.",
                moment(*known_at),
                moment(*called),
                node.as_ref()
                    .map(|n| format!(" by {}", untrusted(n)))
                    .unwrap_or_default()
            ),
            format!(
                "The end does not include offset {known_offset}, which was known before the \
                 question was asked."
            ),
        ),
        _ => return None,
    })
}

/// `Record 3-17`.
pub(super) fn record(sent: &Sent) -> String {
    format!("Record {}", untrusted(&sent.value))
}

/// `record 3-17 was acknowledged at 12.410 s at offset 41`.
pub(super) fn acknowledged(sent: &Sent) -> String {
    let record = lower(&record(sent));
    match sent.returned {
        Some(returned) => {
            format!(
                "{record} was acknowledged at {} at offset {}",
                moment(returned),
                sent.offset
            )
        }
        None => format!("{record} was read at offset {}", sent.offset),
    }
}

fn lower(text: &str) -> String {
    text.replacen("Record", "record", 1)
}
