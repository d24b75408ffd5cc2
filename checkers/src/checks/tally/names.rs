//! Partitions by a number each, in the order in which they were met.

use std::collections::BTreeMap;

use crate::history::Text;

/// The partitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    all: Vec<(Text, i32)>,
    at: BTreeMap<Text, BTreeMap<i32, u32>>,
    /// Asked for last: records come in runs of one partition.
    last: u32,
}

impl Names {
    /// The number of a partition.
    pub(in crate::checks) fn index(&mut self, topic: &str, partition: i32) -> u32 {
        let is = |at: u32| {
            let known = self.all.get(at as usize);
            known.is_some_and(|(name, number)| *number == partition && name == topic)
        };
        if is(self.last) {
            return self.last;
        }
        // A consumer lists its partitions in order.
        if is(self.last + 1) {
            self.last += 1;
            return self.last;
        }
        let known = self.at.get(topic).and_then(|of| of.get(&partition));
        self.last = known.copied().unwrap_or_else(|| self.add(topic, partition));
        self.last
    }

    fn add(&mut self, topic: &str, partition: i32) -> u32 {
        let number = self.all.len() as u32;
        self.all.push((topic.into(), partition));
        self.at
            .entry(topic.into())
            .or_default()
            .insert(partition, number);
        number
    }

    /// The number of a partition, if it was met.
    pub(in crate::checks) fn find(&self, (topic, partition): (&str, i32)) -> Option<u32> {
        self.at.get(topic)?.get(&partition).copied()
    }

    /// The partition with a number.
    pub(in crate::checks) fn place(&self, number: u32) -> (&str, i32) {
        let (topic, partition) = &self.all[number as usize];
        (topic, *partition)
    }

    /// How many there are.
    pub(in crate::checks) fn len(&self) -> usize {
        self.all.len()
    }
}
