//! Room for topics and partitions: what a request may ask for, and what the cluster may have.
//!
//! This is the early refusal, with a message that names the field, and without an entry in the log. What decides is the state
//! machine, by the leader's bounds: two requests at once may each find room here for the last partition.

use kafka_protocol::ResponseError;

use super::Context;
use crate::config::LimitsConfig;
use crate::request::View;

/// Error code and message.
pub(super) type Refusal = (ResponseError, String);

/// What is left while one request is answered.
pub(super) struct Room<'a> {
    limits: &'a LimitsConfig,
    topics: usize,
    partitions: usize,
    /// Whether the request as a whole asks for too much.
    refused: Option<String>,
}

impl<'a> Room<'a> {
    /// For a request that names so many topics and asks for so many partitions, all together.
    pub(super) fn new(context: &'a Context, view: &View, topics: usize, asked: usize) -> Room<'a> {
        let limits = &context.config.limits;
        let refused = if asked > limits.request_partitions as usize {
            let most = limits.request_partitions;
            Some(format!(
                "one request may ask for {most} partitions (limits.request_partitions), this one asks for {asked}"
            ))
        } else if topics > limits.topics as usize {
            let most = limits.topics;
            Some(format!(
                "the cluster has at most {most} topics (limits.topics)"
            ))
        } else {
            None
        };
        let present = view.topics.values().map(|topic| topic.partitions);
        Room {
            limits,
            topics: view.topics.len(),
            partitions: present
                .filter_map(|count| usize::try_from(count).ok())
                .sum(),
            refused,
        }
    }

    /// Takes room for so many topics and partitions more.
    ///
    /// # Errors
    /// POLICY_VIOLATION if there is none, with what to say.
    pub(super) fn take(&mut self, topics: usize, partitions: i32) -> Result<(), Refusal> {
        let refuse = |why| Err((ResponseError::PolicyViolation, why));
        if let Some(why) = &self.refused {
            return refuse(why.clone());
        }
        let partitions = usize::try_from(partitions).unwrap_or(0);
        if self.topics + topics > self.limits.topics as usize {
            let most = self.limits.topics;
            return refuse(format!(
                "the cluster has at most {most} topics (limits.topics)"
            ));
        }
        if self.partitions + partitions > self.limits.partitions as usize {
            return refuse(full(self.limits));
        }
        self.topics += topics;
        self.partitions += partitions;
        Ok(())
    }
}

/// What to say of an error with which the leader refused a change.
pub(super) fn refusal(context: &Context, error: ResponseError) -> Refusal {
    match error {
        ResponseError::PolicyViolation => (error, full(&context.config.limits)),
        error => (error, error.to_string()),
    }
}

fn full(limits: &LimitsConfig) -> String {
    format!(
        "the cluster has at most {} topics and {} partitions (limits.topics, limits.partitions)",
        limits.topics, limits.partitions
    )
}
