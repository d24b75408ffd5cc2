//! What must hold after every step of every node, and what has been promised to clients.
//!
//! Knows all nodes at once and remembers everything that was ever committed. Built on terms, indexes, entries and
//! encoded states alone; it shares no rule with the state machine but that offsets are dense.

use std::collections::{BTreeMap, BTreeSet};

use broker::log::WriteGroup;
use bytes::Bytes;
use uuid::Uuid;

use super::Tally;
use super::generations::Generations;
use super::ledger::Ledger;
use super::node::Node;

/// Topics whose records must never vanish; records of others may go with their topic.
pub(crate) fn is_kept(value: u64) -> bool {
    value < 1 << 32
}

/// Where a value was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Committed {
    pub(crate) topic: Uuid,
    pub(crate) partition: i32,
    pub(crate) base_offset: i64,
    pub(crate) records: i64,
    pub(crate) batch: Bytes,
}

#[derive(Default)]
pub(crate) struct Oracle {
    leaders: BTreeMap<u64, u64>,
    /// Every entry that was ever in any log, by index and term: its data's checksum and the term before it.
    entries: BTreeMap<(u64, u64), (u32, u64)>,
    /// Term of every committed entry, and the term in which it was first seen committed.
    committed: BTreeMap<u64, (u64, u64)>,
    states: BTreeMap<u64, u32>,
    /// Last entry whose batches are in `values`.
    read: u64,
    next: BTreeMap<(Uuid, i32), i64>,
    pub(crate) values: BTreeMap<u64, Committed>,
    /// Offsets promised for values that are not committed yet (acks 1).
    promised: BTreeMap<u64, i64>,
    /// Values that were refused as not written, and which nobody sends again.
    refused: BTreeSet<u64>,
    /// Values promised to be committed.
    pub(crate) acknowledged: BTreeMap<u64, i64>,
    /// By partition of the kept topic: the offset after the last acknowledged record.
    ends: BTreeMap<i32, i64>,
    /// By partition of the kept topic: below which offset everything is deleted, as far as that was acknowledged.
    starts: BTreeMap<i32, i64>,
    seen: BTreeMap<u64, Seen>,
    epochs: BTreeMap<u64, i32>,
    epoch_leaders: BTreeMap<i32, u64>,
    pub(crate) ledger: Ledger,
    pub(crate) generations: Generations,
    pub(crate) tally: Tally,
}

/// What a node was last seen at.
#[derive(Clone, Copy, Default)]
struct Seen {
    life: u32,
    term: u64,
    commit: u64,
    applied: u64,
    leads: bool,
}

impl Oracle {
    pub(crate) fn count(&mut self, what: &'static str) {
        self.count_many(what, 1);
    }

    pub(crate) fn count_many(&mut self, what: &'static str, times: usize) {
        *self.tally.entry(what).or_default() += times as u64;
    }

    /// A node puts entries into its log.
    pub(crate) fn written(&mut self, group: &WriteGroup) {
        let mut previous = group.previous_term;
        for entry in &group.entries {
            let facts = (crc32c::crc32c(&entry.data), previous);
            let known = self
                .entries
                .entry((entry.index, entry.term))
                .or_insert(facts);
            assert_eq!(
                *known, facts,
                "log matching: two entries {} of term {}",
                entry.index, entry.term
            );
            previous = entry.term;
        }
        for (what, happened) in [
            ("installs", group.install.is_some()),
            ("checkpoints", !group.checkpoints.is_empty()),
            ("removals", group.remove_below.is_some()),
        ] {
            if happened {
                self.count(what);
            }
        }
    }

    /// A node has done a step.
    pub(crate) fn step(&mut self, nodes: &[Node], at: usize) {
        let node = &nodes[at];
        let Some(alive) = &node.alive else { return };
        let inspection = alive.core.inspect();
        let (leads, term, commit, applied) = inspection.position();
        let mut seen = self.seen.get(&node.id).copied().unwrap_or_default();
        assert!(
            term >= node.durable_term,
            "node {}: its term went back to {term}",
            node.id
        );
        if seen.life != node.life {
            seen = Seen {
                life: node.life,
                commit: inspection.bounds().0 - 1,
                ..Seen::default()
            };
        }
        assert!(
            term >= seen.term && commit >= seen.commit && applied >= seen.applied,
            "node {} went back",
            node.id
        );
        assert!(
            applied <= commit,
            "node {} applied what is not committed",
            node.id
        );
        assert!(
            inspection.progress_is_sound(),
            "node {}: match < next does not hold",
            node.id
        );
        if leads {
            let leader = *self.leaders.entry(term).or_insert(node.id);
            assert_eq!(leader, node.id, "two leaders in term {term}");
            if !seen.leads || seen.term != term {
                self.count("elections");
                self.check_completeness(node);
            }
        }
        for index in seen.commit + 1..=commit {
            self.commit(nodes, at, index);
        }
        if applied != seen.applied {
            self.apply(node, applied);
        }
        self.seen.insert(
            node.id,
            Seen {
                life: node.life,
                term,
                commit,
                applied,
                leads,
            },
        );
    }

    fn commit(&mut self, nodes: &[Node], at: usize, index: u64) {
        let Some(alive) = &nodes[at].alive else {
            return;
        };
        // Below the log's first entry a checkpoint replaces it; its state is compared instead.
        let Some(term) = alive.core.inspect().term(index) else {
            return;
        };
        match self.committed.get(&index) {
            Some((known, _)) => {
                assert_eq!(
                    *known, term,
                    "node {}: committed entry {index} has another term",
                    nodes[at].id
                )
            }
            None => {
                let copies = nodes
                    .iter()
                    .filter(|node| node.has_durable(index, term))
                    .count();
                assert!(
                    copies > nodes.len() / 2,
                    "entry {index} of term {term} is committed and durable on {copies} nodes"
                );
                let (_, committed_in, ..) = alive.core.inspect().position();
                self.committed.insert(index, (term, committed_in));
            }
        }
    }

    /// A new leader has everything that was committed in earlier terms. (In later ones too much may have happened: votes
    /// that come late make a leader of a term that is already over.)
    fn check_completeness(&self, node: &Node) {
        let Some(alive) = &node.alive else { return };
        let inspection = alive.core.inspect();
        let (_, led, ..) = inspection.position();
        let earlier = |(_, (_, committed_in)): &(&u64, &(u64, u64))| *committed_in < led;
        for (index, (term, _)) in self
            .committed
            .range(inspection.bounds().0..)
            .filter(earlier)
        {
            assert_eq!(
                inspection.term(*index),
                Some(*term),
                "the new leader {} lacks entry {index}",
                node.id
            );
        }
    }

    fn apply(&mut self, node: &Node, applied: u64) {
        let Some(alive) = &node.alive else { return };
        let inspection = alive.core.inspect();
        let checksum = crc32c::crc32c(&inspection.state());
        let known = *self.states.entry(applied).or_insert(checksum);
        assert_eq!(
            known, checksum,
            "node {}: another state after entry {applied}",
            node.id
        );
        while self.read < applied {
            self.read += 1;
            let batches = inspection.batches(self.read);
            if batches.first().is_some_and(|(.., batch)| is_marker(batch)) {
                self.read_markers(&batches);
                continue;
            }
            for (topic, partition, batch) in batches {
                self.read_batch(topic, partition, batch);
            }
        }
    }

    /// All markers of an entry take their offsets, or none does.
    fn read_markers(&mut self, markers: &[(Uuid, i32, Bytes)]) {
        let comes_next = |(topic, partition, batch): &(Uuid, i32, Bytes)| {
            let header = broker::record_batch::peek(batch).expect("a marker has a header");
            self.next.get(&(*topic, *partition)).copied().unwrap_or(0) == header.base_offset
        };
        if !markers.iter().all(comes_next) {
            return self.count("skipped");
        }
        for (topic, partition, _) in markers {
            *self.next.entry((*topic, *partition)).or_default() += 1;
        }
        self.ledger.markers(markers);
        self.count("ended transactions");
    }

    fn read_batch(&mut self, topic: Uuid, partition: i32, batch: Bytes) {
        let header =
            broker::record_batch::validate(&batch).expect("only whole batches are committed");
        let next = self.next.entry((topic, partition)).or_default();
        if header.base_offset != *next {
            return self.count("skipped");
        }
        *next += header.offsets();
        let value = value_of(&batch);
        if header.is_transactional() {
            self.ledger.data(topic, partition, &header, value);
        }
        let (base_offset, records) = (header.base_offset, header.offsets());
        let committed = Committed {
            topic,
            partition,
            base_offset,
            records,
            batch,
        };
        if let Some(promised) = self.promised.remove(&value) {
            assert_eq!(
                promised, base_offset,
                "value {value} was promised another offset"
            );
        }
        self.count("batches");
        assert!(
            !self.refused.contains(&value),
            "value {value} was refused and is committed"
        );
        let before = self.values.insert(value, committed);
        assert!(
            before.is_none() || !is_kept(value),
            "value {value} is committed twice: {before:?}"
        );
    }

    /// A client got the acknowledgement of a value at an offset; `committed` is whether it was promised to stay.
    pub(crate) fn acknowledge(&mut self, value: u64, base_offset: i64, committed: bool) {
        if !is_kept(value) {
            return;
        }
        match self.values.get(&value) {
            Some(found) => assert_eq!(found.base_offset, base_offset, "value {value} is elsewhere"),
            None if committed => panic!("value {value} was acknowledged and is not committed"),
            None => {
                self.promised.insert(value, base_offset);
            }
        }
        if committed {
            self.acknowledged.insert(value, base_offset);
            if let Some(found) = self.values.get(&value) {
                let end = self.ends.entry(found.partition).or_default();
                *end = (*end).max(base_offset + found.records);
            }
        }
    }

    /// A client got the refusal of a value as not written.
    pub(crate) fn refuse(&mut self, value: u64) {
        assert!(
            !self.values.contains_key(&value),
            "value {value} was refused and is committed"
        );
        self.refused.insert(value);
    }

    /// A deletion of everything below an offset was acknowledged with the first offset that is kept.
    pub(crate) fn deleted(&mut self, partition: i32, below: i64, start: i64) {
        assert!(start >= below, "a deletion below {below} ended at {start}");
        let known = self.starts.entry(partition).or_default();
        *known = (*known).max(start);
        self.count("deletions");
    }

    /// The least offset at which a partition may begin after everything is settled.
    pub(crate) fn deleted_below(&self, partition: i32) -> i64 {
        self.starts.get(&partition).copied().unwrap_or(0)
    }

    /// Offset after the last acknowledged record.
    pub(crate) fn acknowledged_end(&self, partition: i32) -> i64 {
        self.ends.get(&partition).copied().unwrap_or(0)
    }

    /// A batch that a client has fetched.
    pub(crate) fn fetched(&self, batch: &[u8]) -> i64 {
        if is_marker(batch) {
            let header = broker::record_batch::peek(batch).expect("a marker has a header");
            return header.last_offset() + 1;
        }
        let header = broker::record_batch::validate(batch).expect("only whole batches are fetched");
        let value = value_of(batch);
        let found = self
            .values
            .get(&value)
            .unwrap_or_else(|| panic!("value {value} was fetched uncommitted"));
        assert!(
            found.batch == batch || !is_kept(value),
            "value {value} was fetched differently"
        );
        header.last_offset() + 1
    }

    /// A node showed its idea of the cluster.
    pub(crate) fn viewed(&mut self, node: u64, leader: Option<u64>, epoch: i32) {
        let before = self.epochs.insert(node, epoch).unwrap_or(0);
        assert!(
            before <= epoch,
            "node {node} showed leader epoch {before}, then {epoch}"
        );
        if let Some(leader) = leader {
            let known = *self.epoch_leaders.entry(epoch).or_insert(leader);
            assert_eq!(known, leader, "two leaders shown for epoch {epoch}");
        }
    }
}

fn is_marker(batch: &[u8]) -> bool {
    broker::record_batch::peek(batch).is_some_and(|header| header.is_control())
}

/// The value in a batch of this simulation's clients.
pub(crate) fn value_of(batch: &[u8]) -> u64 {
    let at = broker::record_batch::HEADER_BYTES;
    u64::from_le_bytes(
        batch[at..at + 8]
            .try_into()
            .expect("clients send eight bytes"),
    )
}
