//! The streams of exactly-once workloads: what lies in the input, what the visible outputs name, and how far the group came.
//!
//! An output's value names its input: `partition:offset:value#attempt`. The judgement needs no outcome of any transaction: one of
//! unknown outcome is wholly in or wholly out, and both satisfy the equality of inputs and outputs.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Ledger, placed};
use crate::checks::groups::Roster;
use crate::checks::view::{Place, View};
use crate::history::Offset;
use crate::verdict::Placed;

/// An output, and the input that it names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output<'a> {
    /// The input's offset.
    pub(crate) input: Offset,
    /// The input's value.
    pub(crate) input_value: &'a str,
    pub(crate) place: Place<'a>,
    pub(crate) offset: Offset,
    pub(crate) value: &'a str,
    /// The reading that shows it.
    pub(crate) read: u64,
}

impl Output<'_> {
    pub(crate) fn placed(&self) -> Placed {
        placed(self.place, Some(self.offset), self.value)
    }
}

/// One input partition of one group.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) group: &'a str,
    pub(crate) input: Place<'a>,
    /// The committed offset in the end, and the fetch that shows it.
    pub(crate) committed: Option<(Offset, u64)>,
    /// The input's visible records by offset; none if it was not read as a whole.
    pub(crate) records: Option<Vec<(Offset, &'a str)>>,
    /// The outputs that name it, by the input's offset.
    pub(crate) outputs: Vec<Output<'a>>,
}

impl<'a> Stream<'a> {
    /// The value of an input.
    pub(crate) fn value(&self, offset: Offset) -> Option<&'a str> {
        let records = self.records.as_ref()?;
        let at = records
            .binary_search_by_key(&offset, |record| record.0)
            .ok()?;
        Some(records[at].1)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Streams<'a> {
    /// In the order of group and partition.
    pub(crate) streams: Vec<Stream<'a>>,
    /// Partitions of outputs that were not read as a whole.
    pub(crate) unread: BTreeSet<Place<'a>>,
    /// Visible outputs that name no input.
    pub(crate) nameless: u64,
    /// Groups with several input topics, which outputs do not tell apart.
    pub(crate) ambiguous: u64,
}

impl<'a> Streams<'a> {
    pub(crate) fn of(
        ledger: &'a Ledger<'a>,
        roster: &Roster<'a>,
        views: &'a [View<'a>],
    ) -> Streams<'a> {
        let mut streams = Streams::default();
        let mut groups: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<Place<'_>>)> = BTreeMap::new();
        for tx in &ledger.transactions {
            let Some(group) = tx.call.group.as_deref() else {
                continue;
            };
            let (outputs, inputs) = groups.entry(group).or_default();
            outputs.extend(tx.call.topics.iter().map(|topic| topic.as_str()));
            outputs.extend(tx.sends().iter().map(|send| send.topic.as_str()));
            let offsets = tx.end.iter().flat_map(|end| &end.offsets);
            inputs.extend(offsets.map(|one| (one.topic.as_str(), one.partition)));
            streams.unread.extend(tx.sends().iter().filter_map(|send| {
                let place = (send.topic.as_str(), send.partition);
                let reading = ledger.reading(place);
                reading
                    .is_none_or(|reading| reading.whole.is_empty())
                    .then_some(place)
            }));
        }
        for (group, (outputs, mut inputs)) in groups {
            let topics: BTreeSet<&str> = inputs.iter().map(|place| place.0).collect();
            if let Some(known) = roster.groups.get(group) {
                // Who fetches in the end may ask for every topic of the run.
                let fetched = known.last_fetches.keys();
                inputs.extend(fetched.filter(|place| topics.contains(place.0)));
            }
            if topics.len() > 1 {
                streams.ambiguous += 1;
                continue;
            }
            let named = streams.named(ledger, &outputs, &inputs);
            streams
                .streams
                .extend(inputs.iter().zip(named).map(|(input, outputs)| {
                    let known = roster.groups.get(group);
                    Stream {
                        group,
                        input: *input,
                        committed: known.and_then(|known| known.last_fetches.get(input).copied()),
                        records: records(ledger, views, *input),
                        outputs,
                    }
                }));
        }
        streams
    }

    /// The visible outputs in these topics, for each input partition.
    fn named(
        &mut self,
        ledger: &'a Ledger<'a>,
        topics: &BTreeSet<&str>,
        inputs: &BTreeSet<Place<'a>>,
    ) -> Vec<Vec<Output<'a>>> {
        let partitions: BTreeMap<i32, usize> =
            inputs.iter().map(|place| place.1).zip(0..).collect();
        let mut named: Vec<Vec<Output<'a>>> = vec![Vec::new(); inputs.len()];
        for reading in ledger
            .readings
            .iter()
            .filter(|one| topics.contains(one.place.0))
        {
            for (offset, value, read) in &reading.visible {
                let found = parsed(value).and_then(|(partition, input, input_value)| {
                    let at = *partitions.get(&partition)?;
                    Some((at, input, input_value))
                });
                let Some((at, input, input_value)) = found else {
                    self.nameless += 1;
                    continue;
                };
                named[at].push(Output {
                    input,
                    input_value,
                    place: reading.place,
                    offset: *offset,
                    value,
                    read: *read,
                });
            }
        }
        for outputs in &mut named {
            outputs.sort_unstable_by_key(|output| (output.input, output.place, output.offset));
        }
        named
    }
}

/// `partition:offset:value#attempt`.
fn parsed(value: &str) -> Option<(i32, Offset, &str)> {
    let (partition, rest) = value.split_once(':')?;
    let (offset, value) = rest.split_once(':')?;
    let value = value.rsplit_once('#').map_or(value, |(value, _)| value);
    Some((partition.parse().ok()?, offset.parse().ok()?, value))
}

/// The visible records of an input: by raw readings, or of a plain topic by the final reads of its nodes.
fn records<'a>(
    ledger: &Ledger<'a>,
    views: &[View<'a>],
    place: Place<'_>,
) -> Option<Vec<(Offset, &'a str)>> {
    if let Some(reading) = ledger.reading(place).filter(|one| !one.whole.is_empty()) {
        return Some(reading.visible.iter().map(|one| (one.0, one.1)).collect());
    }
    let at = views.binary_search_by_key(&place, |view| view.place).ok()?;
    let view = &views[at];
    if !view.covered.iter().any(|read| read.to_the_end) {
        return None;
    }
    let held = view.facts.iter().filter(|fact| fact.nodes != 0);
    Some(held.map(|fact| (fact.offset, view.value(fact))).collect())
}
