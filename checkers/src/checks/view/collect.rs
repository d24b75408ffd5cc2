//! The pass that makes views of operations.

mod starts;
mod transactional;

pub(crate) use transactional::topics;

use std::collections::BTreeMap;

use super::{Covered, End, Fact, NONE, Place, Send, Step, Values, View, again};
use crate::history::{
    Append, Call, ClientOperation, Counts, EndOffset, EndOffsetSeen, History, Isolation, Moment,
    Offset, Outcome, Poll, Read, ReadSeen, Record, RecordOutcome, Report, Settled,
};

/// How many offsets of one value are looked through before it is noted again; what is noted twice is merged later. A
/// log that returns the same value everywhere must not cost the square of its length.
const WALK_MAX: u32 = 16;

/// Every partition to which something was appended or of which something was read, in the order of their names.
pub(crate) fn collect<'a>(
    history: &'a History,
    operations: &'a [ClientOperation<'a>],
) -> Vec<View<'a>> {
    let promises = history.promises();
    let mut views = Views {
        by_age: promises.retention_ms.is_some() || promises.retention_bytes.is_some(),
        settled: history.settled(),
        ..Views::default()
    };
    let nodes = history.nodes();
    let number = |name: &str| nodes.iter().position(|node| node == name);
    let elsewhere = topics(operations);
    for operation in operations {
        if !elsewhere.is_empty() && transactional::is_of(operation.call, &elsewhere) {
            continue;
        }
        match (operation.call, operation.report()) {
            (Call::Append(append), report) => views.appended(append, operation, report),
            (Call::Poll(poll), Some(Report::Poll(polled))) => {
                views.polled(poll, operation, &polled.records);
            }
            (Call::Read(read), Some(Report::Read(seen))) => {
                views.read(read, operation, seen, number(&read.node));
            }
            (Call::EndOffset(asked), Some(Report::EndOffset(seen))) => {
                views.end(asked, operation, seen);
            }
            (Call::StartOffset(asked), Some(Report::StartOffset(seen))) => {
                views.start(asked, operation, seen, number(&asked.node));
            }
            (Call::DeleteRecords(asked), _) if operation.outcome != Outcome::Fail => {
                let node = asked.node.as_deref().and_then(number);
                views.removal(asked, operation, node);
            }
            _ => {}
        }
    }
    let mut all = views.all;
    all.iter_mut().for_each(finish);
    all.sort_by_key(|view| view.place);
    all
}

/// The node that a raw read asked.
pub(super) fn node_of<'a>(operation: &ClientOperation<'a>) -> Option<&'a str> {
    match operation.call {
        Call::Read(read) => Some(&read.node),
        _ => None,
    }
}

#[derive(Default)]
struct Views<'a> {
    all: Vec<View<'a>>,
    at: BTreeMap<Place<'a>, usize>,
    /// Where the last one was found: records come in runs of one partition.
    last: usize,
    /// Whether records may be removed for their age or their number.
    by_age: bool,
    settled: Option<&'a Settled>,
}

impl<'a> Views<'a> {
    fn of(&mut self, place: Place<'a>) -> &mut View<'a> {
        let at = self.index(place);
        &mut self.all[at]
    }

    fn index(&mut self, place: Place<'a>) -> usize {
        if self
            .all
            .get(self.last)
            .is_none_or(|view| view.place != place)
        {
            let next = self.all.len();
            self.last = *self.at.entry(place).or_insert(next);
            if self.last == next {
                let (topic, partition) = place;
                let settled = self.settled.map(|settled| settled.of(topic, partition));
                self.all.push(empty(place, settled.unwrap_or_default()));
            }
        }
        self.last
    }

    fn appended(
        &mut self,
        append: &'a Append,
        operation: &'a ClientOperation<'a>,
        report: Option<&'a Report>,
    ) {
        let view = self.of((&append.topic, append.partition));
        let records: &'a [RecordOutcome] = match report {
            Some(Report::Append(appended)) => &appended.records,
            _ => &[],
        };
        for (at, value) in append.values.iter().enumerate() {
            let record = records.get(at);
            let number = view.number(value);
            let known = &mut view.send_of[number as usize];
            if *known != NONE {
                view.resent += 1;
                continue;
            }
            *known = view.sends.len() as u32;
            view.sends.push(Send {
                value,
                number,
                operation,
                record,
                outcome: record.map_or(operation.outcome, |record| record.outcome),
                acks: append.acks,
                idempotent: append.idempotent,
                proven: false,
            });
        }
    }

    fn polled(
        &mut self,
        poll: &'a Poll,
        operation: &'a ClientOperation<'a>,
        records: &'a [Record],
    ) {
        let committed = poll.isolation == Isolation::ReadCommitted;
        // By partition: the offset read last, and whether in this poll. Few partitions: a scan is quicker than a map.
        let mut last: Vec<(usize, Offset, bool)> = Vec::with_capacity(poll.assigned.len());
        for assigned in &poll.assigned {
            let at = self.index((&assigned.topic, assigned.partition));
            last.push((at, assigned.position.saturating_sub(1), false));
        }
        let mut current = 0;
        for record in records {
            let at = self.index((record.topic(), record.partition()));
            let next = record.offset();
            let view = &mut self.all[at];
            view.saw(operation, record, None, committed);
            view.polled += 1;
            if last.get(current).is_none_or(|(known, ..)| *known != at) {
                let found = last.iter().position(|(known, ..)| *known == at);
                current = found.unwrap_or(last.len());
            }
            let Some((_, after, internal)) = last.get_mut(current) else {
                // A partition that was not among the assigned: only its own order can be judged.
                last.push((at, next, true));
                continue;
            };
            if next != after.saturating_add(1) {
                let (after, internal) = (*after, *internal);
                view.steps.push(Step {
                    operation,
                    after,
                    next,
                    internal,
                    committed,
                });
            }
            (*after, *internal) = (next, true);
        }
    }

    fn read(
        &mut self,
        read: &'a Read,
        operation: &'a ClientOperation<'a>,
        seen: &'a ReadSeen,
        node: Option<usize>,
    ) {
        for record in &seen.records {
            let view = self.of((record.topic(), record.partition()));
            view.saw(operation, record, node, false);
        }
        let (Some(to), Some(node), Outcome::Ok) = (seen.next, node, operation.outcome) else {
            return;
        };
        // Before the last heal a node may lag, and its end proves nothing.
        let is_final = read.phase.as_deref() == Some("final");
        let stated_start = seen.log_start_offset.unwrap_or(0);
        let by_age = self.by_age;
        let view = self.of((&read.topic, read.partition));
        let removed = view.removed_below(operation.completed().unwrap_or(Moment::MAX));
        let explained = if by_age { Offset::MAX } else { removed };
        let start = stated_start.min(explained);
        // A log that begins above what is explained does not hold what lies between: that is as good as read.
        let gone = start < stated_start && read.position <= stated_start;
        let from = match gone {
            true => read.position.min(start),
            false => read.position,
        };
        view.covered.push(Covered {
            node,
            operation,
            from,
            to,
            start,
            stated_start,
            to_the_end: is_final && seen.high_watermark.is_none_or(|end| to >= end),
        });
    }

    fn end(
        &mut self,
        asked: &'a EndOffset,
        operation: &'a ClientOperation<'a>,
        seen: &'a EndOffsetSeen,
    ) {
        let (Some(offset), Some(returned), Outcome::Ok) =
            (seen.offset, operation.returned(), operation.outcome)
        else {
            return;
        };
        self.of((&asked.topic, asked.partition)).ends.push(End {
            operation,
            returned,
            offset,
            node: seen.node.as_deref().or(asked.node.as_deref()),
            committed: asked.isolation == Isolation::ReadCommitted,
        });
    }
}

fn empty(place: Place<'_>, settled: Counts) -> View<'_> {
    View {
        place,
        values: Values::default(),
        sends: Vec::new(),
        send_of: Vec::new(),
        facts: Vec::new(),
        first_fact: Vec::new(),
        ends: Vec::new(),
        covered: Vec::new(),
        starts: Vec::new(),
        deletions: Vec::new(),
        removals: Vec::new(),
        steps: Vec::new(),
        sights: settled.sights,
        polled: settled.polled,
        expected: 0,
        noted_twice: false,
        resent: 0,
        acknowledged: Vec::new(),
        settled,
    }
}

impl<'a> View<'a> {
    fn number(&mut self, value: &'a str) -> u32 {
        let number = self.values.number(value);
        if number as usize == self.send_of.len() {
            self.send_of.push(NONE);
            self.first_fact.push(NONE);
        }
        number
    }

    fn saw(
        &mut self,
        operation: &'a ClientOperation<'a>,
        record: &'a Record,
        node: Option<usize>,
        committed: bool,
    ) {
        self.sights += 1;
        // What came with a failed or unknown operation was seen all the same, when it came.
        let seen_at = operation.completed().unwrap_or(Moment::MAX);
        let surely = operation.outcome == Outcome::Ok;
        let bit = node.map_or(0, super::bit);
        // Records are read in the order in which they were first seen: mostly the one after the last is meant.
        self.expected += 1;
        let expected = self.facts.get(self.expected as usize);
        let expected = expected.filter(|fact| fact.offset == record.offset());
        let (number, mut at) = match expected {
            Some(fact) if self.values.text(fact.number) == record.value() => {
                (fact.number, self.expected)
            }
            _ => {
                let number = self.number(record.value());
                (number, self.first_fact[number as usize])
            }
        };
        let mut steps = 0;
        while let Some(fact) = self.facts.get_mut(at as usize).filter(|_| steps < WALK_MAX) {
            steps += 1;
            if fact.offset == record.offset() {
                self.expected = at;
                fact.nodes |= bit;
                fact.committed |= committed;
                fact.surely |= surely;
                if seen_at < fact.seen_at {
                    fact.seen_at = seen_at;
                    fact.seen_by = operation;
                }
                return;
            }
            at = fact.next;
        }
        self.noted_twice |= steps == WALK_MAX;
        self.expected = self.facts.len() as u32;
        let next = self.first_fact[number as usize];
        self.first_fact[number as usize] = self.facts.len() as u32;
        self.facts.push(Fact {
            offset: record.offset(),
            seen_at,
            seen_by: operation,
            nodes: bit,
            number,
            next,
            committed,
            surely,
        });
    }
}

/// Brings a view into its order, and marks requests that are known to be written.
fn finish(view: &mut View<'_>) {
    if view.noted_twice {
        view.facts
            .sort_by_key(|fact| (fact.offset, fact.number, fact.seen_at, fact.seen_by.id));
        view.facts.dedup_by(|later, first| {
            let same = (later.offset, later.number) == (first.offset, first.number);
            if same {
                first.nodes |= later.nodes;
                first.committed |= later.committed;
                first.surely |= later.surely;
            }
            same
        });
    }
    view.facts.sort_by(|a, b| {
        let first_seen = |fact: &Fact<'_>| (fact.seen_at, fact.seen_by.id, fact.number);
        a.offset
            .cmp(&b.offset)
            .then_with(|| first_seen(a).cmp(&first_seen(b)))
    });
    again::take_back(view);
    view.first_fact.fill(NONE);
    for at in (0..view.facts.len()).rev() {
        let number = view.facts[at].number as usize;
        view.facts[at].next = view.first_fact[number];
        view.first_fact[number] = at as u32;
    }
    // Sends of one request follow each other.
    let mut from = 0;
    while from < view.sends.len() {
        let first = view.sends[from].operation;
        let same = |send: &&Send<'_>| std::ptr::eq(send.operation, first);
        let count = view.sends[from..].iter().take_while(same).count();
        if first.outcome == Outcome::Info {
            let seen = |send: &Send<'_>| view.facts_of(send).any(|fact| fact.surely);
            let proven = view.sends[from..from + count].iter().any(seen);
            let sends = &mut view.sends[from..from + count];
            sends.iter_mut().for_each(|send| send.proven = proven);
        }
        from += count;
    }
    let offset = |at: &u32| view.sends[*at as usize].offset();
    let acknowledged = |at: &u32| {
        let send = &view.sends[*at as usize];
        send.outcome == Outcome::Ok && send.offset().is_some()
    };
    let mut all: Vec<u32> = (0..view.sends.len() as u32).filter(acknowledged).collect();
    all.sort_by_key(offset);
    view.acknowledged = all;
}
