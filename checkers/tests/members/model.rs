//! A small server of groups and transactions, with clients that consume, transform and produce, drawn at random. Each
//! request takes effect at one moment between its call and its return, and requests of different workers overlap. With a
//! [`Bug`] it lies once in a while, and notes by which checks that must be found.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::logs::Logs;
use super::statics::Statics;

/// Partitions of the input.
pub(crate) const INPUTS: usize = 2;
/// Records of each.
pub(super) const RECORDS: usize = 6;
/// Clients that consume, transform and produce.
pub(super) const CLIENTS: usize = 2;

/// How the server lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    TornCommit,
    LostCommit,
    AbortVisible,
    StableIgnored,
    StableTooHigh,
    OffsetsAtOnce,
    ZombieAccepted,
    TwoOwners,
    FencedCommit,
    GenerationReused,
    StaleFetch,
    CommitForgotten,
    TokenInvented,
    MarkerFlipped,
    OutputAltered,
    RecordSkipped,
    NotVisibleYet,
    ReplacedAccepted,
    TakeoverRebalances,
    OffsetsForgotten,
    StagedForEver,
    RecordTwice,
    Reordered,
}

/// Every lie.
pub(crate) const BUGS: [Bug; 23] = [
    Bug::TornCommit,
    Bug::LostCommit,
    Bug::AbortVisible,
    Bug::StableIgnored,
    Bug::StableTooHigh,
    Bug::OffsetsAtOnce,
    Bug::ZombieAccepted,
    Bug::TwoOwners,
    Bug::FencedCommit,
    Bug::GenerationReused,
    Bug::StaleFetch,
    Bug::CommitForgotten,
    Bug::TokenInvented,
    Bug::MarkerFlipped,
    Bug::OutputAltered,
    Bug::RecordSkipped,
    Bug::NotVisibleYet,
    Bug::ReplacedAccepted,
    Bug::TakeoverRebalances,
    Bug::OffsetsForgotten,
    Bug::StagedForEver,
    Bug::RecordTwice,
    Bug::Reordered,
];

/// An open transaction of a client.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) begun: u64,
    /// Input partition, first offset, how many.
    pub(super) batch: (usize, usize, usize),
    pub(super) sent: usize,
    /// The words of its sends.
    pub(super) words: String,
    /// Output partitions with acknowledged records, and those records' offsets.
    pub(super) acked: Vec<(usize, usize)>,
    pub(super) token: Option<u64>,
    /// When its offsets were staged: the words of that request.
    pub(super) requests: String,
    /// When they were sent.
    pub(super) staged_at: u64,
    pub(super) epoch: i32,
}

/// A client with its own transactional id.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) worker: u64,
    pub(super) id: usize,
    pub(super) epoch: i32,
    pub(super) free: u64,
    pub(super) assigned: Vec<usize>,
    pub(super) position: BTreeMap<usize, usize>,
    pub(super) open: Option<Open>,
    pub(super) joined: bool,
}

/// The register workload's group.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    pub(super) value: Option<(u64, u64)>,
    /// Acknowledged commits, with their calls and returns.
    pub(super) acknowledged: Vec<((u64, u64), u64, u64)>,
    /// Commits without an answer that may still take effect.
    pub(super) late: Vec<(u64, u64)>,
}

pub(crate) struct Model<'r> {
    pub(super) random: &'r mut ChaCha8Rng,
    pub(super) bug: Bug,
    pub(super) now: u64,
    pub(crate) lines: Vec<String>,
    /// Checks that must find what the server did.
    pub(crate) expected: BTreeSet<&'static str>,
    pub(super) logs: Logs,
    pub(super) clients: Vec<Client>,
    pub(super) generation: i32,
    pub(super) workers: u64,
    pub(super) tokens: u64,
    pub(super) committed: [(usize, Option<u64>); INPUTS],
    /// By producer: staged offsets.
    pub(super) staged: BTreeMap<usize, (usize, usize, u64)>,
    pub(super) register: Register,
    pub(super) statics: Statics,
    /// By token: when its commit was acknowledged.
    pub(super) acknowledged: BTreeMap<u64, u64>,
    /// Tokens of commits whose records were lost.
    pub(super) lost: Vec<u64>,
    /// Offsets of commits that were forgotten: input, when they were sent.
    pub(super) forgotten: Vec<(usize, u64)>,
    /// Transactions that some answer would contradict if they commit: client, epoch, begun, check.
    pub(super) suspects: Vec<(usize, u64, &'static str)>,
    pub(super) calm: bool,
}

impl<'r> Model<'r> {
    pub(crate) fn run(random: &'r mut ChaCha8Rng, bug: Bug) -> Model<'r> {
        let mut model = Model {
            random,
            bug,
            now: 10,
            lines: Vec::new(),
            expected: BTreeSet::new(),
            logs: Logs::default(),
            clients: Vec::new(),
            generation: 0,
            workers: 0,
            tokens: 0,
            committed: [(0, None); INPUTS],
            staged: BTreeMap::new(),
            register: Register::default(),
            statics: Statics::default(),
            acknowledged: BTreeMap::new(),
            lost: Vec::new(),
            forgotten: Vec::new(),
            suspects: Vec::new(),
            calm: false,
        };
        for promise in [
            "generation_unique",
            "offsets_linearizable",
            "commit_visible_when_acknowledged",
        ] {
            model.lines.push(format!("promise {promise}=true"));
        }
        let times = "session_ms=100000 rebalance_ms=100000 transaction_ms=50 scan_ms=5";
        model.lines.push(format!("timeouts {times}"));
        model.lines.push("limit fail_over_ms=50".to_owned());
        for partition in 0..INPUTS {
            let worker = 900 + partition;
            let last = RECORDS - 1;
            model.lines.push(format!(
                "1..2 w{worker} append in/{partition} i{partition}{{0..{last}}} -> 0..{last}"
            ));
        }
        for id in 0..CLIENTS {
            let client = model.fresh(id, 0);
            model.clients.push(client);
            model.init(id);
        }
        model.rebalance(None);
        let steps = model.random.random_range(20..50);
        for _ in 0..steps {
            model.step();
        }
        // From here on everything is committed, until the input is at its end.
        model.calm = true;
        for _ in 0..400 {
            if model.is_done() {
                break;
            }
            let id = model.random.random_range(0..CLIENTS);
            model.work(id);
        }
        model.finish();
        model
    }

    pub(super) fn is_done(&self) -> bool {
        self.committed.iter().all(|(offset, _)| *offset >= RECORDS)
            && self.clients.iter().all(|client| client.open.is_none())
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    /// Whether the server lies here.
    pub(super) fn lies(&mut self, bug: Bug) -> bool {
        self.bug == bug && self.chance(50)
    }

    pub(super) fn fresh(&mut self, id: usize, epoch: i32) -> Client {
        self.workers += 1;
        Client {
            worker: self.workers,
            id,
            epoch,
            free: self.now,
            assigned: Vec::new(),
            position: BTreeMap::new(),
            open: None,
            joined: false,
        }
    }

    /// The moment at which a client's next request takes effect, with its call and its return.
    pub(super) fn moment(&mut self, free: u64) -> (u64, u64) {
        self.now = (self.now + 2).max(free + 2) + self.random.random_range(0..3);
        let called = self
            .now
            .saturating_sub(1 + self.random.random_range(0..3))
            .max(free + 1);
        (called, self.now + 1 + self.random.random_range(0..3))
    }

    pub(super) fn of_client(&mut self, id: usize) -> (u64, u64, u64) {
        let (called, returned) = self.moment(self.clients[id].free);
        self.clients[id].free = returned;
        (called, returned, self.clients[id].worker)
    }

    pub(super) fn of_other(&mut self) -> (u64, u64, u64) {
        let (called, returned) = self.moment(0);
        self.workers += 1;
        (called, returned, 100 + self.workers)
    }

    pub(super) fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    pub(super) fn step(&mut self) {
        match self.random.random_range(0..13) {
            0..=5 => {
                let id = self.random.random_range(0..CLIENTS);
                self.work(id);
            }
            6 => self.read(),
            7 => self.ask_end(),
            8 => self.fetch(),
            9 => self.use_register(),
            10 => {
                let id = self.random.random_range(0..CLIENTS);
                self.replace(id);
            }
            11 => self.use_statics(),
            _ => self.heartbeat(),
        }
    }
}
