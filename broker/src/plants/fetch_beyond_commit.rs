//! `fetch-beyond-commit`: batches of entries that are in the log and not committed yet are served
//! as if they were.

use raft::eraftpb::Entry;
use uuid::Uuid;

use crate::command::Command;
use crate::hooks::Hook;
use crate::record_batch;
use crate::state::partition::BatchPlace;

#[derive(Debug)]
pub(super) struct FetchBeyondCommit;

impl Hook for FetchBeyondCommit {
    fn fetch_beyond(
        &self,
        (topic, partition): (Uuid, i32),
        mut next: i64,
        entries: &dyn Fn() -> Vec<Entry>,
    ) -> Vec<BatchPlace> {
        let mut places = Vec::new();
        for entry in &entries() {
            let Some((_, command)) = Command::decode(&entry.data) else {
                continue;
            };
            let batches = command.batches().iter();
            let ours = batches.filter(|batch| batch.topic == topic && batch.partition == partition);
            for batch in ours {
                let header = record_batch::peek(&batch.bytes);
                let Some(header) = header.filter(|header| header.base_offset == next) else {
                    continue;
                };
                places.push(BatchPlace {
                    base_offset: header.base_offset,
                    last_offset: header.last_offset(),
                    index: entry.index,
                    position: batch.position,
                    length: batch.bytes.len() as u32,
                    max_timestamp: header.max_timestamp,
                    leader_epoch: header.leader_epoch,
                });
                next = header.last_offset() + 1;
            }
        }
        places
    }
}
