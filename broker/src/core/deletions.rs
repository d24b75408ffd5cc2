//! DeleteRecords: proposed by the leader alone, and answered like a change of topics, when its entry is applied.

use kafka_protocol::error::ResponseError;

use super::Core;
use super::append::{Change, Changing};
use crate::command::Command;
use crate::request::{RequestId, Response, Time};
use crate::rules::Deletes;

/// In a request: everything up to the high watermark.
const HIGH_WATERMARK: i64 = -1;

impl Core {
    /// Proposes to delete records. What is beyond the high watermark cannot be: it may not exist yet on any other node.
    pub(super) fn delete_records(
        &mut self,
        id: RequestId,
        (topic, number): (&str, i32),
        offset: i64,
        deadline: Time,
    ) {
        if !self.serves() {
            return self.respond(
                id,
                Response::Deleted(Err(ResponseError::NotLeaderOrFollower)),
            );
        }
        let Some((topic, partition)) = self.state.partition(topic, number) else {
            let unknown = ResponseError::UnknownTopicOrPartition;
            return self.respond(id, Response::Deleted(Err(unknown)));
        };
        let high_watermark = partition.next;
        let offset = match offset {
            HIGH_WATERMARK => high_watermark,
            offset => offset,
        };
        if !(0..=high_watermark).contains(&offset) {
            return self.respond(id, Response::Deleted(Err(ResponseError::OffsetOutOfRange)));
        }
        let offset = match self.config.rules.deletes {
            Deletes::AsAsked => offset,
            Deletes::OneMore => (offset + 1).min(high_watermark),
        };
        let command = Command::DeleteRecords {
            topic,
            partition: number,
            offset,
        };
        match self.propose(&command) {
            Some(index) => {
                let change = Change {
                    id,
                    deadline,
                    what: Changing::Records,
                };
                self.appends.changes.insert(index, change);
            }
            None => {
                let refused = ResponseError::NotEnoughReplicas;
                self.respond(id, Response::Deleted(Err(refused)));
            }
        }
    }
}
