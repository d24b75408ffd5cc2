//! Sentences for findings about what one consumer or one producer saw of its own order.

use checkers::verdict::{Evidence, Finding};

use super::authorities::{JEPSEN, KAFKA};
use super::order::acknowledged;
use super::{Words, partition};
use crate::format::count;

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::PollSkip {
            worker,
            after,
            next,
            skipped_count,
            internal,
            ..
        } => Words::of(
            "Consumer skipped records",
            "A consumer receives every record of its partition.",
            JEPSEN,
        )
        .seen(format!(
            "Worker {worker} was at offset {after} of {place} and received offset {next} next{}, \
             skipping {}.",
            within(*internal),
            count(*skipped_count, "known records")
        ))
        .therefore("Those records exist, and this consumer will never receive them."),
        Finding::NonmonotonicPoll {
            worker,
            after,
            next,
            internal,
        } => Words::of(
            "Consumer went back",
            "A consumer receives a partition's records in the order of their offsets.",
            JEPSEN,
        )
        .seen(format!(
            "Worker {worker} had read up to offset {after} of {place} and received offset {next} \
             next{}.",
            within(*internal)
        ))
        .therefore("The consumer went back although it did not seek."),
        Finding::NonmonotonicSend {
            worker,
            earlier,
            later,
            internal,
        } => Words::of(
            "Producer order reversed",
            "A producer's later record gets the higher offset.",
            KAFKA,
        )
        .seen(format!(
            "Worker {worker} sent two records to {place}{}: {}; {}.",
            if *internal {
                " in one append"
            } else {
                ", one after the other"
            },
            acknowledged(earlier),
            acknowledged(later)
        ))
        .therefore("The later record has the lower offset."),
        _ => return None,
    })
}

fn within(one_poll: bool) -> &'static str {
    if one_poll { ", within one poll" } else { "" }
}
