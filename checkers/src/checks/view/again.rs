//! What was read more than once through one node: its last word counts. A record that a node served under load, and no
//! longer when it was read again, is not held by it.

use std::collections::BTreeMap;

use super::{Covered, Offset, View, bit};
use crate::history::{ClientOperation, Report};

/// A stretch of offsets, and the read that covers it.
type Segment<'a> = (Offset, Offset, &'a ClientOperation<'a>);

/// What one node's reads cover: ascending, without overlaps, each by the last read of it.
pub(super) fn last_words<'a>(covered: &[&Covered<'a>]) -> Vec<Segment<'a>> {
    let mut by_time: Vec<&&Covered<'a>> = covered.iter().filter(|c| c.to > c.from).collect();
    by_time.sort_by_key(|c| c.operation.id);
    let mut painted: BTreeMap<Offset, (Offset, &ClientOperation<'a>)> = BTreeMap::new();
    for read in by_time {
        let (from, to) = (read.from, read.to);
        let reaching = painted.range(..to).rev();
        let under: Vec<_> = reaching
            .take_while(|(_, (end, _))| *end > from)
            .map(|(begin, (end, by))| (*begin, *end, *by))
            .collect();
        for (begin, end, by) in under {
            painted.remove(&begin);
            if begin < from {
                painted.insert(begin, (from, by));
            }
            if end > to {
                painted.insert(to, (end, by));
            }
        }
        painted.insert(from, (to, read.operation));
    }
    let segment = |(from, (to, by)): (Offset, (Offset, &'a ClientOperation<'a>))| (from, to, by);
    painted.into_iter().map(segment).collect()
}

/// Takes back that a node holds what its last read of the offset did not return.
pub(super) fn take_back(view: &mut View<'_>) {
    let mut covered: Vec<&Covered<'_>> = view.covered.iter().collect();
    covered.sort_by_key(|c| (c.node, c.from, c.operation.id));
    let mut gone: Vec<(usize, u64)> = Vec::new();
    for of_node in covered.chunk_by(|a, b| a.node == b.node) {
        let mut farthest = Offset::MIN;
        let overlap = |c: &&Covered<'_>| {
            let again = c.from < farthest && c.to > c.from;
            farthest = farthest.max(c.to);
            again
        };
        if !of_node.iter().any(overlap) {
            continue;
        }
        let bit = bit(of_node[0].node);
        for (from, to, by) in last_words(of_node) {
            let Some(Report::Read(seen)) = by.report() else {
                continue;
            };
            let first = view.facts.partition_point(|fact| fact.offset < from);
            let facts = view.facts[first..].iter().enumerate();
            for (at, fact) in facts.take_while(|(_, fact)| fact.offset < to) {
                let returned = |fact: &super::Fact<'_>| {
                    let after = seen.records.partition_point(|r| r.offset() < fact.offset);
                    let here = seen.records[after..].iter();
                    let mut here = here.take_while(|r| r.offset() == fact.offset);
                    here.any(|record| record.value() == view.value(fact))
                };
                if fact.nodes & bit != 0 && !returned(fact) {
                    gone.push((first + at, bit));
                }
            }
        }
    }
    for (at, bit) in gone {
        view.facts[at].nodes &= !bit;
    }
}
