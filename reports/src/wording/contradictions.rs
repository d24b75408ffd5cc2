//! Sentences for findings about answers that contradict each other or the cluster: raw reads, the produce probe's own
//! records, the shape of the cluster, end offsets of one epoch, refusals.

use checkers::verdict::{Evidence, Finding};

use super::authorities::{KAFKA, LIMIT, LOG};
use super::{Words, against, exceeded, listed, partition};
use crate::format::{length_ms, moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::ReadOutOfOrder { node, after, next } => Words::of(
            "Records served out of order",
            "A node serves the records of a partition in the order of their offsets, each once.",
            KAFKA,
        )
        .seen(format!(
            "{} served offset {next} of {place} after offset {after} in one answer.",
            untrusted(node)
        ))
        .therefore("A consumer that reads through this node goes back, or skips records.")
        .detail(format!("{place} on {}", untrusted(node))),
        Finding::ServedBeyondWatermark {
            node,
            offset,
            high_watermark,
        } => Words::of(
            "Record served beyond the high watermark",
            "A consumer is served committed records only, and these lie below the high watermark.",
            KAFKA,
        )
        .seen(format!(
            "{} served offset {offset} of {place} and stated the high watermark {high_watermark} in the same answer.",
            untrusted(node)
        ))
        .therefore("Either the record is not committed, or the high watermark is wrong.")
        .detail(format!("{place} on {}", untrusted(node))),
        Finding::EndOffsetWentBack {
            asked,
            end_offset,
            node,
            epoch,
            before,
            before_by,
        } => Words::of(
            "End offset went back",
            "The high watermark of a leader only grows within its epoch.",
            KAFKA,
        )
        .seen(format!(
            "In epoch {epoch}, {} answered the end offset {before} of {place} (operation {before_by}), and {end_offset} \
             when it was asked again (operation {asked}).",
            untrusted(node)
        ))
        .therefore("Records that were committed are not counted any more."),
        Finding::AppendTimeWrong {
            ago_ms,
            least_ms,
            most_ms,
            records,
        } => Words::of(
            "Append time that no clock can say",
            "A leader gave a record a time at which it cannot have appended it.",
            KAFKA,
        )
        .seen(format!(
            "By the time that it carries, a record of the produce probe was appended {ago_ms} ms before its acknowledgement. With the \
             clocks as they were set it is from {least_ms} to {most_ms} ms. Such records in a row: {records}.",
        ))
        .therefore("Consumers that ask by time, and retention by age, go by this time."),
        Finding::ProbePassedOver {
            node,
            sequence,
            acknowledged_at,
            later,
        } => Words::of(
            "Acknowledged probe record passed over",
            "A node serves an acknowledged record before records that were sent later.",
            LOG,
        )
        .seen(format!(
            "Record {sequence} of the produce probe was acknowledged at {}. {} served record {later}, which was sent later, \
             and had not served record {sequence} before.",
            moment(*acknowledged_at),
            untrusted(node)
        ))
        .therefore("The acknowledged record is lost on this node, or it has the higher offset."),
        Finding::ProbeServedEarly {
            node,
            sequence,
            sent_at,
            served_at,
        } => Words::of(
            "Probe record served before it was sent",
            "A record can be read only after its send began.",
            LOG,
        )
        .seen(format!(
            "{} served record {sequence} of the produce probe at {}. It was not sent before {}.",
            untrusted(node),
            moment(*served_at),
            moment(*sent_at)
        ))
        .therefore("A record cannot be read before a client sends it."),
        Finding::ShapeDiffers {
            node,
            what,
            seen,
            exist,
            length_ms: took,
            limit_ms: limit,
        } => shape(node, what, (seen, exist), took.zip(*limit)),
        Finding::RefusalUntrue { value, error } => Words::of(
            "Refused for an untrue reason",
            "A broker refuses a record only for a reason that is true.",
            KAFKA,
        )
        .seen(format!(
            "The append of {} to {place} was refused with {}.",
            untrusted(value),
            untrusted(error)
        ))
        .therefore(
            "The harness sends only well-formed records within the limits of the topic, so this record cannot be the reason.",
        ),
        _ => return None,
    })
}

fn shape(
    node: &str,
    what: &str,
    (seen, exist): (&[i32], &[i32]),
    over: Option<(u64, u64)>,
) -> Words {
    let (node, what) = (untrusted(node), untrusted(what));
    let words = Words::of(
        "Wrong shape of the cluster",
        "Every node shows the brokers, voters and partitions that there are.",
        LIMIT,
    );
    let facts = format!(
        "{node} showed the {what} {}. There are {}.",
        listed(seen),
        listed(exist)
    );
    match over {
        None => words.seen(facts).therefore(
            "The node shows something that does not exist, or a quorum that it never had. No fault explains that.",
        ),
        Some((took, limit)) => words
            .seen(format!("For {} something was missing: {facts}", length_ms(took)))
            .therefore(exceeded(limit, "Clients of this node do not find what is there"))
            .detail(against(took, limit)),
    }
}
