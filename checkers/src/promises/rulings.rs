//! The table itself: each subject under each configuration.

use super::{Configuration, Consumers, Disturbance, MemberPromises, Ruling, Standing, Subject};
use crate::history::{Acks, AtomicTransactions};
use Standing::{Expected, Informational, Violation};

pub(super) fn ruling(configuration: &Configuration, subject: Subject) -> Ruling {
    let (checks, (standing, reason)) = match subject {
        Subject::LostRecord => ("lost-write, unseen", lost(configuration)),
        Subject::LostAfterRead => ("lost-write", lost_after_read(configuration)),
        Subject::Duplicate => ("duplicate", duplicate(configuration)),
        Subject::OffsetReused => ("inconsistent-offset", reused(configuration)),
        Subject::OffsetReadTwice => ("inconsistent-offset", lost_after_read(configuration)),
        Subject::OrderReversed => ("log-order, send-order", reversed(configuration)),
        Subject::EndOffsetBehind => ("log-recency", behind(configuration)),
        Subject::NotLinearizable => ("linearizable-register", register(configuration)),
        Subject::PhantomValue => (
            "phantom-value",
            (Violation, "no configuration lets a log invent a record"),
        ),
        Subject::FailedWriteSeen => (
            "failed-write-seen",
            (
                Violation,
                "a definite refusal is a promise that the record was not written",
            ),
        ),
        Subject::ConsumerMoved => ("poll-skip, nonmonotonic-poll", moved(configuration)),
        Subject::PollOutOfOrder => (
            "poll-skip, nonmonotonic-poll",
            (
                Violation,
                "one poll returns a partition's records in their order, however it was got",
            ),
        ),
        Subject::ReplicasDiffer => (
            "replicas-agree",
            (
                Violation,
                "whatever was kept, all nodes serve one log in the end",
            ),
        ),
        Subject::NotAtomic => (
            "torn-transaction, aborted-read, early-read, one-outcome, lost-transaction, false-fence",
            atomic(configuration),
        ),
        Subject::CommitNotVisible => (
            "commit-not-visible",
            match members(configuration).commit_visible_when_acknowledged {
                true => (
                    Violation,
                    "this target promises that an acknowledged commit is visible",
                ),
                false => (
                    Informational,
                    "this target writes markers after it acknowledged the commit",
                ),
            },
        ),
        Subject::GenerationReused => (
            "generation-reused, generation-backwards",
            match members(configuration).generation_unique {
                true => (
                    Violation,
                    "this target writes each generation down before it answers",
                ),
                false => (
                    Informational,
                    "this target may give a generation again whose assignment was not sent before its \
                     coordinator changed",
                ),
            },
        ),
        Subject::OffsetsNotLinearizable => (
            "offset-register, commit-backwards, zombie-member",
            match members(configuration).offsets_linearizable {
                true => (
                    Violation,
                    "this target promises that commits and fetches of offsets are linearizable",
                ),
                false => (
                    Informational,
                    "a former coordinator of this target may answer from memory",
                ),
            },
        ),
    };
    Ruling {
        subject,
        checks,
        standing,
        reason,
    }
}

type Word = (Standing, &'static str);

fn members(configuration: &Configuration) -> MemberPromises {
    configuration.members.unwrap_or_default()
}

fn atomic(configuration: &Configuration) -> Word {
    if let Some(word) = kept_at_all(configuration) {
        return word;
    }
    match members(configuration).transactions_atomic {
        AtomicTransactions::Yes => (
            Violation,
            "a transaction is visible as a whole or not at all",
        ),
        AtomicTransactions::WithV2Clients => (
            Violation,
            "a transaction is visible as a whole or not at all, if its client got another epoch for it; for \
             other clients it is reported only",
        ),
        AtomicTransactions::No => (
            Informational,
            "a late request of a former transaction may end the next one of the same epoch (KAFKA-17754)",
        ),
    }
}

/// What every kind of loss needs: the target's word, and no unclean election.
fn kept_at_all(configuration: &Configuration) -> Option<Word> {
    if !configuration.acknowledged_is_kept {
        return Some((
            Informational,
            "this target does not promise to keep acknowledged records",
        ));
    }
    if configuration.power_lost {
        return Some((
            Expected,
            "more nodes lost power together than the target states that it survives",
        ));
    }
    if configuration.unclean_election && configuration.faults == Disturbance::Leader {
        return Some((
            Expected,
            "a leader was disturbed and an unclean election may choose a node without the record",
        ));
    }
    None
}

fn lost(configuration: &Configuration) -> Word {
    if let Some(word) = kept_at_all(configuration) {
        return word;
    }
    if configuration.any_acknowledgement_is_kept && configuration.acks != Acks::All {
        return (
            Violation,
            "judged strictly: what was acknowledged is kept, whatever it was acknowledged with",
        );
    }
    match (configuration.acks, configuration.faults) {
        (Acks::All, _) if configuration.min_in_sync_replicas == Some(1) => (
            Violation,
            "acks=all: only a node of the in-sync set may lead, and each of them has the record; \
             min.insync.replicas=1 lets that set shrink to one node, but nothing here loses a disk",
        ),
        (Acks::All, _) => (
            Violation,
            "acks=all: a record is acknowledged when the in-sync replicas have it",
        ),
        (Acks::Leader, Disturbance::Leader) => (
            Expected,
            "acks=1: the leader alone had the record when it acknowledged it, and a leader was \
             disturbed",
        ),
        (Acks::Leader, _) => (
            Violation,
            "acks=1: the leader had the record, and no leader was disturbed",
        ),
        (Acks::None, Disturbance::None) => (
            Informational,
            "acks=0: nobody confirmed that the record arrived",
        ),
        (Acks::None, _) => (
            Expected,
            "acks=0: nobody confirmed that the record arrived, and faults ran",
        ),
    }
}

fn lost_after_read(configuration: &Configuration) -> Word {
    kept_at_all(configuration).unwrap_or((
        Violation,
        "consumers are given committed records only, whatever the producer waited for",
    ))
}

fn duplicate(configuration: &Configuration) -> Word {
    if configuration.power_lost {
        return (
            Expected,
            "what a log knew of its producers was lost with the power of more nodes than the target survives",
        );
    }
    if configuration.idempotent {
        return (Violation, "an idempotent producer's record is written once");
    }
    if configuration.producers_retry {
        return (
            Expected,
            "at least once: a producer that retries may write a record twice",
        );
    }
    (
        Violation,
        "each append is one request that is never sent again",
    )
}

fn reused(configuration: &Configuration) -> Word {
    match lost(configuration) {
        (Violation, _) => (
            Violation,
            "an acknowledged offset belongs to its record for good",
        ),
        other => other,
    }
}

fn reversed(configuration: &Configuration) -> Word {
    match lost(configuration) {
        (Violation, _) => (
            Violation,
            "a log only grows at its end while its records are kept",
        ),
        other => other,
    }
}

fn behind(configuration: &Configuration) -> Word {
    if !configuration.end_offset_includes_acknowledged {
        return (
            Informational,
            "this target's end offset may lag what was acknowledged (Apache Kafka: the high \
             watermark follows)",
        );
    }
    match configuration.acks {
        Acks::All => (
            Violation,
            "this target promises end offsets that include what was acknowledged",
        ),
        Acks::None | Acks::Leader => (
            Informational,
            "an end offset counts committed records; with these acks an acknowledgement comes \
             before the commit",
        ),
    }
}

/// A register is read by its end offset and holds what was written last: it takes both promises.
fn register(configuration: &Configuration) -> Word {
    match (behind(configuration), lost(configuration)) {
        ((Violation, _), (Violation, _)) => (
            Violation,
            "end offsets include what was acknowledged, and it is kept: a partition's last record \
             is a register",
        ),
        ((Violation, _), lost) => lost,
        (behind, _) => behind,
    }
}

fn moved(configuration: &Configuration) -> Word {
    if configuration.power_lost {
        return (
            Expected,
            "a log that lost records with the power of its nodes moves its consumers back",
        );
    }
    match configuration.consumers {
        Consumers::Assigned => (
            Violation,
            "an assigned consumer moves by its own reads only",
        ),
        Consumers::Subscribed => (
            Expected,
            "a rebalance moves a subscribed consumer to what was committed",
        ),
    }
}
