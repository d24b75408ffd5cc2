//! Sentences for findings about order and recency of a log.

use checkers::history::OffsetForTime;
use checkers::verdict::{Evidence, Finding, Sent};

use super::authorities::LOG;
use super::{Words, partition};
use crate::format::{moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::OrderReversed { first, second } => Words::of(
            "Order reversed",
            "A record that is sent after another one was acknowledged gets the higher offset.",
            LOG,
        )
        .seen(format!(
            "In {place}, {}. {} was sent later, at {}, and has the lower offset {}.",
            acknowledged(first),
            record(second),
            moment(second.called),
            second.offset
        ))
        .therefore("A reader gets the later record first. This order contradicts real time."),
        Finding::ReadBeforeSend {
            sent,
            read,
            read_returned,
        } => Words::of(
            "Read before sent",
            "A record can be read only after its send began.",
            LOG,
        )
        .seen(format!(
            "Operation {read} returned {} of {place} at {}. The send of this record began at {}.",
            lower(&record(sent)),
            moment(*read_returned),
            moment(sent.called)
        ))
        .therefore("A record cannot be read before a client sends it."),
        Finding::ReadAhead {
            sent,
            read,
            read_offset,
            read_returned,
        } => Words::of(
            "Inserted below a read offset",
            "Records are appended only at the end of the log.",
            LOG,
        )
        .seen(format!(
            "Operation {read} had read offset {read_offset} of {place} by {}. {} was sent later, \
             at {}, and has the lower offset {}.",
            moment(*read_returned),
            record(sent),
            moment(sent.called),
            sent.offset
        ))
        .therefore("The record was inserted before a record that had already been read."),
        other => return end_offsets(other, &place).or_else(|| times(other, &place)),
    })
}

fn end_offsets(finding: &Finding, place: &str) -> Option<Words> {
    Some(match finding {
        Finding::EndOffsetAhead {
            sent,
            asked,
            end_offset,
            returned,
        } => Words::of(
            "End offset ahead",
            "An end offset counts only records whose send has begun.",
            LOG,
        )
        .seen(format!(
            "Operation {asked} returned end offset {end_offset} of {place} at {}. {}, at offset \
             {}, lies below that end. Its send began at {}.",
            moment(*returned),
            record(sent),
            sent.offset,
            moment(sent.called)
        ))
        .therefore("The end offset counts a record that had not been sent yet."),
        Finding::EndOffsetBeyond {
            asked,
            end_offset,
            possible,
        } => Words::of(
            "End offset too high",
            "An end offset counts only records that can exist.",
            LOG,
        )
        .seen(format!(
            "Operation {asked} returned end offset {end_offset} of {place}. With every record \
             sent by then, the highest possible end offset is {possible}."
        ))
        .therefore("The end offset counts records that do not exist."),
        Finding::EndOffsetBehind {
            asked,
            end_offset,
            node,
            called,
            known_offset,
            known_by,
            known_at,
        } => Words::of(
            "Stale end offset",
            "An end offset that is requested after an acknowledgement includes the record.",
            "a promise of this target, stated in its file; linearizability of a log",
        )
        .seen(format!(
            "Operation {known_by} had shown offset {known_offset} of {place} by {}. Operation \
             {asked}, called at {}, returned end offset {end_offset}{}.",
            moment(*known_at),
            moment(*called),
            node.as_ref()
                .map(|n| format!(" from {}", untrusted(n)))
                .unwrap_or_default()
        ))
        .therefore(format!(
            "The end offset does not include offset {known_offset}, which was known before the \
             request."
        )),
        _ => return None,
    })
}

fn times(finding: &Finding, place: &str) -> Option<Words> {
    let Finding::OffsetForTimeWrong {
        asked,
        time,
        offset,
        timestamp,
        record,
        record_timestamp,
    } = finding
    else {
        return None;
    };
    let question = match *time {
        OffsetForTime::GREATEST => "the greatest timestamp".to_owned(),
        time => format!("the first timestamp from {time} on"),
    };
    let answer = match (offset, timestamp) {
        (Some(offset), Some(timestamp)) => format!("offset {offset} with timestamp {timestamp}"),
        _ => "no record".to_owned(),
    };
    let shown = record
        .as_ref()
        .zip(*record_timestamp)
        .map(|(record, timestamp)| {
            format!(
                " {} has timestamp {timestamp} and offset {}.",
                self::record(record),
                record.offset
            )
        });
    Some(
        Words::of(
            "Wrong offset for a time",
            "ListOffsets names the first record that is not older than a time, and a record with the greatest timestamp.",
            "Kafka's consumer: offsetsForTimes; KIP-79 and KIP-734",
        )
        .seen(format!(
            "Operation {asked} asked {place} for {question}. The answer was {answer}.{}",
            shown.unwrap_or_default()
        ))
        .therefore("A consumer that starts at this time misses records, or starts at another one."),
    )
}

/// `Record 3-17`.
fn record(sent: &Sent) -> String {
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
