//! What a mutant remembers of earlier answers, to repeat or to exchange it.

use std::collections::BTreeMap;

use bytes::Bytes;

/// A partition: topic and number.
pub(super) type Place = (String, i32);

/// What one mutant has seen and said.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// A number of each partition.
    pub(super) numbers: BTreeMap<Place, i64>,
    /// Records of each partition.
    pub(super) records: BTreeMap<Place, Bytes>,
    /// A number of the node.
    pub(super) number: Option<i64>,
}

impl Memory {
    /// The first number that was seen here.
    pub(super) fn first(&mut self, place: Place, number: i64) -> i64 {
        *self.numbers.entry(place).or_insert(number)
    }

    /// The first number of the node.
    pub(super) fn first_of_all(&mut self, number: i64) -> i64 {
        *self.number.get_or_insert(number)
    }

    /// The number that was seen here before, replaced by this one.
    pub(super) fn before(&mut self, place: Place, number: i64) -> Option<i64> {
        self.numbers.insert(place, number)
    }

    /// The number of some other partition.
    pub(super) fn of_another(&self, place: &Place) -> Option<i64> {
        let mut others = self.numbers.iter().filter(|(other, _)| *other != place);
        others.next().map(|(_, number)| *number)
    }

    /// Records of some other partition.
    pub(super) fn records_of_another(&self, place: &Place) -> Option<Bytes> {
        let mut others = self.records.iter().filter(|(other, _)| *other != place);
        others.next().map(|(_, records)| records.clone())
    }
}
