//! How long last stable offsets stood still: from the end offsets that workers asked for at both isolation levels.

use std::collections::BTreeMap;

use checkers::history::{EndOffset, Isolation, Moment, Offset};

use super::StableOffsetStall;
use crate::limits::{STALL_MS_MIN, STALLS_MAX};

/// What is known of each partition.
#[derive(Clone, Debug, Default)]
pub(super) struct StableOffsets {
    partitions: BTreeMap<(String, i32), Partition>,
    stalls: Vec<StableOffsetStall>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Partition {
    stable: Option<Offset>,
    end: Offset,
    /// Since when the end is beyond it.
    since: Option<Moment>,
    behind: u64,
}

impl StableOffsets {
    /// An end offset was answered.
    pub(super) fn take(&mut self, at: Moment, asked: &EndOffset, offset: Offset) {
        let key = (asked.topic.to_string(), asked.partition);
        let known = self.partitions.entry(key.clone()).or_default();
        let mut over = None;
        match asked.isolation {
            Isolation::ReadCommitted => {
                // A node that is behind answers a lower one.
                if known.stable.is_none_or(|stable| offset > stable) {
                    over = known.stall(&key, at);
                    (known.stable, known.since, known.behind) = (Some(offset), None, 0);
                }
            }
            Isolation::ReadUncommitted => known.end = known.end.max(offset),
        }
        if let Some(stable) = known.stable
            && known.end > stable
        {
            known.since.get_or_insert(at);
            known.behind = known.behind.max(known.end.abs_diff(stable));
        }
        self.keep(over);
    }

    /// The longest, longest first.
    pub(super) fn finish(mut self, end: Moment) -> Vec<StableOffsetStall> {
        for (key, known) in std::mem::take(&mut self.partitions) {
            let open = known.stall(&key, end);
            self.keep(open);
        }
        self.cut();
        self.stalls
    }

    fn keep(&mut self, stall: Option<StableOffsetStall>) {
        self.stalls
            .extend(stall.filter(|stall| stall.length_ms() >= STALL_MS_MIN));
        if self.stalls.len() > STALLS_MAX * 2 {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.stalls
            .sort_by_key(|stall| (std::cmp::Reverse(stall.length_ms()), stall.from_ns));
        self.stalls.truncate(STALLS_MAX);
    }
}

impl Partition {
    fn stall(&self, key: &(String, i32), to: Moment) -> Option<StableOffsetStall> {
        Some(StableOffsetStall {
            topic: key.0.clone(),
            partition: key.1,
            from_ns: self.since?,
            to_ns: to,
            offset: self.stable?,
            behind: self.behind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_stands_still_below_the_end_is_a_stall() {
        let asked = |isolation| EndOffset {
            topic: "t".into(),
            partition: 0,
            isolation,
            node: None,
        };
        let (stable, end) = (Isolation::ReadCommitted, Isolation::ReadUncommitted);
        const S: Moment = 1_000_000_000;
        let told = [
            (1, stable, 10),
            (2, end, 10),
            (3, end, 12),
            (4, stable, 10),
            (5, stable, 9),
            (6, end, 15),
            (7, stable, 15),
            (8, stable, 15),
            (9, stable, 16),
        ];
        let mut offsets = StableOffsets::default();
        for (at, isolation, offset) in told {
            offsets.take(at * S, &asked(isolation), offset);
        }
        let stalls = offsets.finish(20 * S);
        let brief: Vec<_> = stalls
            .iter()
            .map(|s| (s.from_ns / S, s.to_ns / S, s.offset, s.behind))
            .collect();
        assert_eq!(brief, [(3, 7, 10, 5)], "an offset at the end is no stall");
    }
}
