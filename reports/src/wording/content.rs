//! Sentences for findings about what a partition holds.

use checkers::verdict::{Evidence, Finding, LossProof, Sighting};

use super::order::acknowledged;
use super::{Account, partition};
use crate::format::{count, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
    let place = partition(at);
    Some(match finding {
        Finding::LostWrite { .. } => lost(finding, &place)?,
        Finding::Duplicate { value, copies } => Account::new(
            format!(
                "Value {} is in {place} {}: {}.",
                untrusted(value),
                count(copies.len() as u64, "times"),
                each(copies)
            ),
            "It was sent once.",
        ),
        Finding::InconsistentOffset { offset, copies } => Account::new(
            format!(
                "Offset {offset} of {place} was seen with different values: {}.",
                each(copies)
            ),
            "An offset names one record for ever, so at least one reader was shown a log that no \
             longer exists, or never did.",
        ),
        Finding::PhantomValue { read } => Account::new(
            format!(
                "Value {} was read from {place} ({}).",
                untrusted(&read.value),
                by(read)
            ),
            "No operation of this run ever sent that value.",
        ),
        Finding::FailedWriteSeen {
            read,
            append,
            error,
        } => Account::new(
            format!(
                "Value {} was read from {place} ({}). Its append, operation {append}, had been \
                 refused{}.",
                untrusted(&read.value),
                by(read),
                error
                    .as_ref()
                    .map(|e| format!(" with {}", untrusted(e)))
                    .unwrap_or_default()
            ),
            "The refusal said that the record surely was not written.",
        ),
        Finding::PollSkip {
            worker,
            after,
            next,
            skipped_count,
            internal,
            ..
        } => Account::new(
            format!(
                "Worker {worker} stood at offset {after} of {place} and was given offset {next} \
                 next{}, past {}.",
                if *internal { ", within one poll" } else { "" },
                count(*skipped_count, "known records")
            ),
            "Those records exist and will never be given to this consumer.",
        ),
        Finding::NonmonotonicPoll {
            worker,
            after,
            next,
            internal,
        } => Account::new(
            format!(
                "Worker {worker} had read up to offset {after} of {place} and was given offset \
                 {next} next{}.",
                if *internal { ", within one poll" } else { "" }
            ),
            "It went back without being told to.",
        ),
        Finding::NonmonotonicSend {
            worker,
            earlier,
            later,
            internal,
        } => Account::new(
            format!(
                "Worker {worker} sent two records to {place}{}: {}; {}.",
                if *internal {
                    " in one append"
                } else {
                    ", one after the other"
                },
                acknowledged(earlier),
                acknowledged(later)
            ),
            "The later record stands before the earlier one.",
        ),
        other => return outcomes(other, at).or_else(|| replicas(other, at)),
    })
}

fn lost(finding: &Finding, place: &str) -> Option<Account> {
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
    let known = if *acknowledged {
        "acknowledged"
    } else {
        "shown to have been written"
    };
    let stands = offset
        .map(|o| format!(" at offset {o}"))
        .unwrap_or_default();
    let seen = match proof {
        LossProof::PolledPast {
            offset: passed,
            operation,
        } => {
            format!(
                "Consumers read beyond it, up to offset {passed} (operation {operation}), and \
                 none was ever given it."
            )
        }
        LossProof::FinalReadWithout {
            node,
            operation,
            instead,
        } => {
            let instead = match instead {
                Some(value) => format!("found {} there instead", untrusted(value)),
                None => "skips that offset".to_string(),
            };
            format!(
                "The final read through {} (operation {operation}) {instead}.",
                untrusted(node)
            )
        }
    };
    Some(Account::new(
        format!(
            "Record {} was {known}{stands} of {place} (operation {operation}). {seen}",
            untrusted(value)
        ),
        "An acknowledged record must be there for every later reader, so this one is lost.",
    ))
}

fn outcomes(finding: &Finding, at: &Evidence) -> Option<Account> {
    let place = partition(at);
    Some(match finding {
        Finding::AcknowledgedWithoutOffset { value, offset } => Account::new(
            format!(
                "Record {} of {place} was acknowledged {}.",
                untrusted(value),
                offset.map_or_else(|| "without an offset".into(), |o| format!("at offset {o}"))
            ),
            "With these acks the answer must say where the record stands.",
        ),
        Finding::OutcomesMissing { sent, reported } => Account::new(
            format!(
                "An append to {place} sent {}; {} came back.",
                count(*sent, "values"),
                count(*reported, "outcomes")
            ),
            "It is unknown what became of the others.",
        ),
        Finding::NeverServed { value, offset } => Account::new(
            format!(
                "Record {} was acknowledged{} of {place}. No poll and no read ever returned it.",
                untrusted(value),
                offset
                    .map(|o| format!(" at offset {o}"))
                    .unwrap_or_default()
            ),
            "An acknowledged record that nobody can read is as good as lost.",
        ),
        _ => return None,
    })
}

fn replicas(finding: &Finding, at: &Evidence) -> Option<Account> {
    let place = partition(at);
    Some(match finding {
        Finding::ReplicasDiffer { offset, held } => {
            let held: Vec<String> = held
                .iter()
                .map(|h| {
                    let value = h.value.as_ref().map_or("nothing".into(), |v| untrusted(v));
                    format!("{} holds {value}", untrusted(&h.node))
                })
                .collect();
            Account::new(
                format!("At offset {offset} of {place}, {}.", held.join(", ")),
                "Replicas of one log must hold the same record at the same offset.",
            )
        }
        Finding::ReplicaMisses {
            node,
            value,
            offset,
            read_to,
        } => Account::new(
            format!(
                "{} was read up to offset {read_to} of {place} and does not hold record {}, \
                 acknowledged at offset {offset}.",
                untrusted(node),
                untrusted(value)
            ),
            "It is past that offset, so it will never get the record.",
        ),
        Finding::ReplicaBehind {
            node,
            read_to,
            farthest,
            missing,
        } => Account::new(
            format!(
                "{} ends at offset {read_to} of {place}; another node serves up to {farthest}. It \
                 lacks {}.",
                untrusted(node),
                count(*missing, "acknowledged records")
            ),
            "It had all the time after the last heal to catch up.",
        ),
        Finding::ServedBySome {
            value,
            offset,
            with,
            without,
        } => Account::new(
            format!(
                "Record {}{} of {place} is served by {} and not by {}.",
                untrusted(value),
                offset
                    .map(|o| format!(" at offset {o}"))
                    .unwrap_or_default(),
                untrusted(&with.join(", ")),
                untrusted(&without.join(", "))
            ),
            "Whether a consumer gets it depends on the node that it asks.",
        ),
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
