//! What a member does when its partitions change: librdkafka calls it within a poll, and waits for it before it joins again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use checkers::history::{Call, Joined, Outcome, Report, Sync, Synced};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::identity::identity;
use super::journal::{Journal, Lane};
use super::state::{Place, State};

/// The context of a member's client.
pub(super) struct Members<J>(Mutex<State<J>>);

impl<J: Journal> Members<J> {
    pub(super) fn new(state: State<J>) -> Members<J> {
        Members(Mutex::new(state))
    }

    /// Not to be held during a poll.
    pub(super) fn state(&self) -> MutexGuard<'_, State<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assigned(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut state = self.state();
        state.tell();
        let (generation, member) = identity(consumer);
        state.becomes(generation, member.clone());
        if std::mem::take(&mut state.joining) {
            let joined = Joined {
                generation,
                member: member.as_str().into(),
                protocol: Some(state.task.assignor.as_str().into()),
                ..Joined::default()
            };
            let report = Report::Join(Box::new(joined));
            state.journal.ended(Lane::Group, Outcome::Ok, None, report);
        }
        let cooperative = is_cooperative(consumer);
        if !cooperative {
            state.gives_up(None);
        }
        let begins = state.begins(consumer, &places(list));
        let sync = Sync {
            group: state.task.group.as_str().into(),
            generation,
            member: member.as_str().into(),
            assignments: Vec::new(),
            node: None,
            library: true,
        };
        state.journal.calls(Lane::Group, Call::Sync(Box::new(sync)));
        let partitions = state.partitions();
        let report = Report::Sync(Box::new(Synced { partitions }));
        state.journal.ended(Lane::Group, Outcome::Ok, None, report);
        let mut from = TopicPartitionList::new();
        for ((topic, partition), committed) in begins {
            // A committed offset is a possible one.
            let _ =
                from.add_partition_offset(&topic, partition, Position::Offset(committed.max(0)));
        }
        // What fails here is an error of the next poll, or the end of the client.
        let _ = match cooperative {
            true => consumer.incremental_assign(&from),
            false => consumer.assign(&from),
        };
    }

    fn revoked(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut state = self.state();
        let lost = consumer.assignment_lost();
        match lost {
            true => state.tell(),
            false => state.commit(consumer),
        }
        let cooperative = is_cooperative(consumer);
        let given_up = places(list);
        state.gives_up(cooperative.then_some(given_up.as_slice()));
        // It joins again when it has given up its partitions, and not before.
        if !state.closing {
            state.join(if lost { "evicted" } else { "rebalance" });
        }
        let _ = match cooperative {
            true => consumer.incremental_unassign(list),
            false => consumer.unassign(),
        };
    }
}

impl<J: Journal> ClientContext for Members<J> {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl<J: Journal> ConsumerContext for Members<J> {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assigned(consumer, list),
            _ => self.revoked(consumer, list),
        }
    }
}

fn is_cooperative<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> bool {
    matches!(
        consumer.rebalance_protocol(),
        RebalanceProtocol::Cooperative
    )
}

fn places(list: &TopicPartitionList) -> Vec<Place> {
    let rows = list.elements();
    rows.iter()
        .map(|row| (row.topic().to_owned(), row.partition()))
        .collect()
}
