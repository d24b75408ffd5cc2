//! One node: its disk, its core and writer while it lives, and the writes that are under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use broker::core::{Core, CoreConfig, Input};
use broker::disk::simulated::{SimulatedDisk, Survival};
use broker::log::{LogOptions, LogWriter, SyncReport, WriteGroup, recover};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A node and what it needs to come back.
pub(crate) struct Node {
    pub(crate) id: u64,
    pub(crate) config: CoreConfig,
    pub(crate) options: LogOptions,
    pub(crate) disk: SimulatedDisk,
    /// None while it is down.
    pub(crate) alive: Option<Alive>,
    /// Counts the starts; what was meant for an earlier life does not reach this one.
    pub(crate) life: u32,
    /// Entries known to be durable: index to term. Does not look at the disk, only at what was reported.
    pub(crate) durable: BTreeMap<u64, u64>,
    /// The log begins after this entry.
    pub(crate) base: u64,
    /// Largest term known to be durable.
    pub(crate) durable_term: u64,
}

/// A node that runs.
pub(crate) struct Alive {
    pub(crate) core: Core,
    writer: LogWriter,
    /// Handed out, not started.
    pub(crate) waiting: Vec<WriteGroup>,
    /// Being written.
    pub(crate) in_flight: Vec<WriteGroup>,
    /// Does not run until then; what arrives is kept.
    pub(crate) paused_until: Duration,
    pub(crate) inbox: Vec<Input>,
}

impl Node {
    pub(crate) fn new(config: CoreConfig, options: LogOptions) -> Node {
        Node {
            id: config.id,
            config,
            options,
            disk: SimulatedDisk::default(),
            alive: None,
            life: 0,
            durable: BTreeMap::new(),
            base: 0,
            durable_term: 0,
        }
    }

    pub(crate) fn start(&mut self) {
        let (writer, recovered) = recover(Arc::new(self.disk.clone()), self.options.clone())
            .unwrap_or_else(|error| panic!("node {} does not start: {error}", self.id));
        self.base = recovered.segments[0].first_index - 1;
        let terms = recovered.entries.iter().map(|(term, _)| *term);
        let after: BTreeMap<u64, u64> = (self.base + 1..).zip(terms).collect();
        for (index, term) in self.durable.range(self.base + 1..) {
            assert_eq!(
                after.get(index),
                Some(term),
                "node {}: durable entry {index} is gone",
                self.id
            );
        }
        assert!(
            recovered.hard_state.term >= self.durable_term,
            "node {}: durable term {} is gone",
            self.id,
            self.durable_term
        );
        self.durable = after;
        self.life += 1;
        let config = CoreConfig {
            seed: self.config.seed ^ u64::from(self.life) << 32,
            ..self.config.clone()
        };
        let core = Core::new(config, recovered)
            .unwrap_or_else(|error| panic!("node {} does not start: {error}", self.id));
        self.alive = Some(Alive {
            core,
            writer,
            waiting: Vec::new(),
            in_flight: Vec::new(),
            paused_until: Duration::ZERO,
            inbox: Vec::new(),
        });
    }

    /// Finishes the write that is under way.
    pub(crate) fn finish_write(&mut self) -> SyncReport {
        let alive = self.alive.as_mut().expect("only a living node writes");
        let groups = std::mem::take(&mut alive.in_flight);
        let report = alive
            .writer
            .write(&groups)
            .expect("a disk with power does not fail");
        for group in groups {
            if let Some(checkpoint) = group.install {
                self.durable.clear();
                self.base = checkpoint.index;
            }
            if let Some(first) = group.entries.first() {
                self.durable.split_off(&first.index);
            }
            self.durable
                .extend(group.entries.iter().map(|entry| (entry.index, entry.term)));
            if let Some(state) = group.hard_state {
                self.durable_term = self.durable_term.max(state.term);
            }
        }
        report
    }

    /// The node ends, perhaps in the middle of a write, and its disk forgets.
    pub(crate) fn crash(&mut self, survival: Survival, random: &mut ChaCha8Rng) {
        let Some(mut alive) = self.alive.take() else {
            return;
        };
        if let Some(first) = alive
            .in_flight
            .iter()
            .flat_map(|group| &group.entries)
            .map(|e| e.index)
            .min()
        {
            // Whether the write still replaces these is open.
            self.durable.split_off(&first);
        }
        if alive.in_flight.iter().any(|group| group.install.is_some()) {
            self.durable.clear();
        }
        if !alive.in_flight.is_empty() {
            self.disk.set_fuse(random.random_range(0..12));
            let _ = alive.writer.write(&alive.in_flight);
        }
        self.disk.crash(survival, random);
    }

    /// Whether an entry is known to be durable here.
    pub(crate) fn has_durable(&self, index: u64, term: u64) -> bool {
        index <= self.base || self.durable.get(&index) == Some(&term)
    }
}
