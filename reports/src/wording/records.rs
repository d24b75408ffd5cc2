//! Sentences for findings about single records of a partition: lost, repeated, unknown, rejected.

use checkers::verdict::{Evidence, Finding, LossProof, Sighting};

use super::authorities::{ACKS, JEPSEN, KAFKA};
use super::{Words, at_offset, partition};
use crate::format::{count, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::LostWrite { .. } => lost(finding, &place)?,
        Finding::Duplicate { value, copies } => Words::of(
            "Duplicate",
            "A record of an idempotent producer is written once.",
            "KIP-98; Jepsen",
        )
        .seen(format!(
            "Value {} was found {} in {place}: {}.",
            untrusted(value),
            count(copies.len() as u64, "times"),
            each(copies)
        ))
        .therefore("The value was sent only once."),
        Finding::InconsistentOffset { offset, copies } => Words::of(
            "Inconsistent offset",
            "An offset names one record, for every reader.",
            KAFKA,
        )
        .seen(format!(
            "Offset {offset} of {place} was seen with different values: {}.",
            each(copies)
        ))
        .therefore(
            "An offset never changes its record, so at least one reader got data from a log that \
             no longer exists or never existed.",
        ),
        Finding::PhantomValue { read } => Words::of(
            "Phantom value",
            "Only values that were sent can be read.",
            KAFKA,
        )
        .seen(format!(
            "Value {} was read from {place} ({}).",
            untrusted(&read.value),
            by(read)
        ))
        .therefore("No operation of this run sent this value."),
        Finding::AlteredRecord {
            value,
            offset,
            fields,
        } => Words::of(
            "Altered record",
            "A record is stored and served as it was sent.",
            KAFKA,
        )
        .seen(format!(
            "Record {} was read from {place} at offset {offset} with another {}.",
            untrusted(value),
            untrusted(&fields.join(", "))
        ))
        .therefore("What an application reads there is not what another one wrote."),
        Finding::FailedWriteSeen {
            read,
            append,
            error,
        } => Words::of(
            "Rejected write visible",
            "A record that was rejected is never read (G1a, aborted read).",
            JEPSEN,
        )
        .seen(format!(
            "Value {} was read from {place} ({}). Its append, operation {append}, had been \
             rejected{}.",
            untrusted(&read.value),
            by(read),
            error
                .as_ref()
                .map(|e| format!(" with {}", untrusted(e)))
                .unwrap_or_default()
        ))
        .therefore("The rejection means that the record was not written."),
        other => return outcomes(other, at),
    })
}

fn lost(finding: &Finding, place: &str) -> Option<Words> {
    let Finding::LostWrite {
        value,
        offset,
        operation,
        acknowledged,
        proof,
    } = finding
    else {
        return None;
    };
    let (known, therefore) = if *acknowledged {
        (
            "acknowledged",
            "An acknowledged record must be visible to every later reader. This record is lost.",
        )
    } else {
        (
            "shown to have been written",
            "A record that was read once must stay readable. This record is lost.",
        )
    };
    let seen = match proof {
        LossProof::PolledPast {
            offset: passed,
            operation,
        } => {
            format!(
                "Consumers read past it, up to offset {passed} (operation {operation}), and no \
                 poll returned it."
            )
        }
        LossProof::FinalReadWithout {
            node,
            operation,
            instead,
        } => {
            let instead = match instead {
                Some(value) => format!("found {} at this offset instead", untrusted(value)),
                None => "skips this offset".to_string(),
            };
            format!(
                "The final read through {} (operation {operation}) {instead}.",
                untrusted(node)
            )
        }
    };
    let words = Words::of("Lost write", "An acknowledged record is never lost.", ACKS);
    Some(
        words
            .seen(format!(
                "Record {} of {place} was {known}{} (operation {operation}). {seen}",
                untrusted(value),
                at_offset(*offset)
            ))
            .therefore(therefore),
    )
}

fn outcomes(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::AcknowledgedWithoutOffset { value, offset } => Words::of(
            "Acknowledged without offset",
            "An acknowledgement states the offset of its record.",
            "Kafka protocol, Produce response: base_offset",
        )
        .seen(format!(
            "Record {} of {place} was acknowledged {}.",
            untrusted(value),
            offset.map_or_else(|| "without an offset".into(), |o| format!("at offset {o}"))
        ))
        .therefore("With this setting of acks, the response must state the record's offset."),
        Finding::OutcomesMissing { sent, reported } => Words::of(
            "Outcomes missing",
            "Every record of an append gets an outcome.",
            "the history format",
        )
        .seen(format!(
            "An append to {place} sent {} and got {}.",
            count(*sent, "values"),
            count(*reported, "outcomes")
        ))
        .therefore("The outcome of the other values is unknown."),
        Finding::NeverServed { value, offset } => Words::of(
            "Acknowledged, never read",
            "An acknowledged record can be read.",
            JEPSEN,
        )
        .seen(format!(
            "Record {} of {place} was acknowledged{}. No poll and no read ever returned it.",
            untrusted(value),
            at_offset(*offset)
        ))
        .therefore("For clients, an acknowledged record that no read returns is lost."),
        _ => return None,
    })
}

fn each(copies: &[Sighting]) -> String {
    let one = |c: &Sighting| format!("{} at offset {} ({})", untrusted(&c.value), c.offset, by(c));
    copies.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn by(copy: &Sighting) -> String {
    match &copy.node {
        Some(node) => format!("operation {}, through {}", copy.operation, untrusted(node)),
        None => format!("operation {}", copy.operation),
    }
}
