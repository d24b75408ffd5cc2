//! A member of a consumer group by librdkafka: it subscribes, reads what it is given, commits, and closes. What it does and is
//! answered goes to a [`Journal`], before anything follows from it: what it read is told before it is committed.
//!
//! librdkafka joins, syncs and sends heartbeats by itself and tells of it later, in its rebalance callback. So a JoinGroup is
//! called, for the journal, when the client subscribes or gives up its partitions, which is before the library sends it, and
//! answered when the assignment is there. Where it joined again without giving anything up, only the assignment is told.

mod identity;
mod journal;
mod rebalance;
mod state;
mod task;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use checkers::history::{Call, Leave, Outcome, Report};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaErrorCode as Code;

pub use journal::{Journal, Lane};
use rebalance::Members;
use state::State;
pub use task::Task;

/// The time that a poll waits.
const WAIT: Duration = Duration::from_millis(50);
/// Records of one delivery at most, so that its evidence stays readable.
const RECORDS_MAX: usize = 200;
/// The pause before a partition whose reading ended is read again.
const AGAIN: Duration = Duration::from_millis(500);

/// Lives as a member until it is asked to end.
///
/// # Errors
/// If librdkafka refuses a setting, or ends the client for good (a static id that somebody else took).
pub fn live<J: Journal>(task: &Task, journal: J) -> Result<()> {
    let members = Members::new(State::new(task.clone(), journal));
    let consumer: BaseConsumer<Members<J>> = task
        .settings()
        .create_with_context(members)
        .context("make a consumer")?;
    consumer.context().state().join("new");
    let topics: Vec<&str> = task.topics.iter().map(String::as_str).collect();
    consumer.subscribe(&topics).context("subscribe")?;
    let mut next_commit = Instant::now() + Duration::from_millis(task.commit_ms);
    let mut again: Option<Instant> = None;
    while !consumer.context().state().is_asked_to_end() {
        match consumer.poll(WAIT) {
            Some(Ok(message)) => consumer.context().state().took(&message, RECORDS_MAX),
            Some(Err(error)) => {
                consumer.context().state().tell();
                if let Some((code, why)) = consumer.client().fatal_error() {
                    anyhow::bail!("{code:?}: {why}");
                }
                if has_ended(&error) {
                    again.get_or_insert(Instant::now() + AGAIN);
                }
            }
            None => consumer.context().state().tell(),
        }
        if again.is_some_and(|at| at <= Instant::now()) {
            again = None;
            read_again(&consumer);
        }
        if next_commit <= Instant::now() {
            consumer.context().state().commit(&consumer);
            next_commit = Instant::now() + Duration::from_millis(task.commit_ms);
        }
    }
    close(task, consumer);
    Ok(())
}

/// Whether the reading of a partition has ended: an offset was refused, and to seek elsewhere would hide it.
fn has_ended(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(Code::AutoOffsetReset | Code::OffsetOutOfRange)
    )
}

fn read_again<J: Journal>(consumer: &BaseConsumer<Members<J>>) {
    let places = consumer.context().state().positions();
    for ((topic, partition), next) in places {
        // One that is not assigned any more is refused.
        let _ = consumer.seek(&topic, partition, Offset::Offset(next), AGAIN);
    }
}

/// Commits and closes. A static member stays in its group until its session ends.
fn close<J: Journal>(task: &Task, consumer: BaseConsumer<Members<J>>) {
    let context = std::sync::Arc::clone(consumer.context());
    context.state().close(&consumer);
    let leaves = task.instance.is_none() && !context.state().member().is_empty();
    if leaves {
        let state = context.state();
        state.journal.calls(
            Lane::Group,
            Call::Leave(Box::new(Leave {
                group: task.group.as_str().into(),
                members: vec![state.member().into()],
                node: None,
            })),
        );
    }
    // Blocks until the group was left, or for ever without a coordinator: then whoever owns the process ends it.
    drop(consumer);
    if leaves {
        let report = Report::Leave(Box::default());
        let state = context.state();
        state.journal.ended(Lane::Group, Outcome::Ok, None, report);
    }
}

#[cfg(test)]
mod tests;
