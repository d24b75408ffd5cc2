//! A simulated database of lists and its clients: histories of transactions by seed, with the
//! isolation that is asked for, in Jepsen's EDN. For tests and benchmarks.

use std::fmt::Write as _;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How far transactions are isolated from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Each takes effect at one moment between its call and its return.
    StrictSerializable,
    /// Each reads a snapshot of its call; the first committer wins.
    Snapshot,
    /// Each read sees what is committed at its moment; writes take effect together. A write locks its
    /// key until the end, and is refused where another one holds the lock: without locks, a
    /// transaction would read its own write at a place that a faster committer takes.
    ReadCommitted,
}

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) isolation: Isolation,
    /// Registers (`:w`), or lists (`:append`).
    pub(crate) registers: bool,
    pub(crate) transactions: usize,
    pub(crate) clients: usize,
    /// How many keys are in use at a time.
    pub(crate) keys: usize,
    /// After how many writes another key takes a key's place.
    pub(crate) writes_per_key: usize,
    /// Of 1,000 transactions, so many end as `info`.
    pub(crate) crashes_per_1000: u32,
    pub(crate) seed: u64,
}

impl Default for Plan {
    /// The shape of the public `la_1000` history.
    fn default() -> Plan {
        Plan {
            isolation: Isolation::StrictSerializable,
            registers: false,
            transactions: 1_000,
            clients: 10,
            keys: 10,
            writes_per_key: 32,
            crashes_per_1000: 0,
            seed: 7,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Read { key: usize },
    Write { key: usize, value: usize },
}

#[derive(Clone, Debug)]
struct Open {
    called: usize,
    actions: Vec<Action>,
    /// What the reads so far saw.
    saw: Vec<Vec<usize>>,
    is_over: bool,
    is_refused: bool,
}

#[derive(Clone, Debug, Default)]
struct Key {
    /// Committed values with the moments at which they were.
    committed: Vec<(usize, usize)>,
    /// How many values were handed out.
    next: usize,
    /// When the transaction was called that locks the key, with read committed.
    locked_by: Option<usize>,
}

struct Database {
    plan: Plan,
    random: ChaCha8Rng,
    keys: Vec<Key>,
    live: Vec<usize>,
    now: usize,
    out: String,
    lines: usize,
}

/// The history of a plan, one operation map a line.
pub(crate) fn history(plan: Plan) -> String {
    let mut database = Database {
        plan,
        random: ChaCha8Rng::seed_from_u64(plan.seed),
        keys: vec![Key::default(); plan.keys],
        live: (0..plan.keys).collect(),
        now: 0,
        out: String::new(),
        lines: 0,
    };
    let mut processes: Vec<usize> = (0..plan.clients).collect();
    let mut open: Vec<Option<Open>> = vec![None; plan.clients];
    let (mut called, mut returned) = (0, 0);
    while returned < plan.transactions {
        database.now += 1;
        let client = database.random.random_range(0..plan.clients);
        let process = processes[client];
        match open[client].take() {
            None if called < plan.transactions => {
                called += 1;
                let new = database.call();
                database.line("invoke", process, &new, false);
                open[client] = Some(new);
            }
            None => {}
            Some(ended) if ended.is_over => {
                returned += 1;
                let is_lost = database.random.random_range(0..1000) < plan.crashes_per_1000;
                if is_lost {
                    processes[client] += plan.clients;
                }
                let outcome = match (is_lost, ended.is_refused) {
                    (true, _) => "info",
                    (false, true) => "fail",
                    (false, false) => "ok",
                };
                database.line(outcome, process, &ended, outcome == "ok");
            }
            Some(mut running) => {
                database.advance(&mut running);
                open[client] = Some(running);
            }
        }
    }
    database.out
}

impl Database {
    fn call(&mut self) -> Open {
        let length = self.random.random_range(1..=4);
        let actions = (0..length).map(|_| self.action()).collect();
        Open {
            called: self.now,
            actions,
            saw: Vec::new(),
            is_over: false,
            is_refused: false,
        }
    }

    fn action(&mut self) -> Action {
        let place = self.random.random_range(0..self.live.len());
        let key = self.live[place];
        if self.random.random() {
            return Action::Read { key };
        }
        self.keys[key].next += 1;
        let value = self.keys[key].next;
        if value == self.plan.writes_per_key {
            self.live[place] = self.keys.len();
            self.keys.push(Key::default());
        }
        Action::Write { key, value }
    }

    /// One step of a transaction: all of it, or one action, or its commit.
    fn advance(&mut self, running: &mut Open) {
        let isolation = self.plan.isolation;
        match isolation {
            Isolation::StrictSerializable => {
                while running.saw.len() < running.actions.len() {
                    self.act(running, self.now);
                }
                self.commit(running);
            }
            _ if running.saw.len() == running.actions.len() => self.commit(running),
            Isolation::Snapshot => self.act(running, running.called),
            Isolation::ReadCommitted if self.lock(running) => self.act(running, self.now),
            Isolation::ReadCommitted => self.refuse(running),
        }
    }

    /// Locks the key of the next action if that is a write; returns whether it may go on.
    fn lock(&mut self, running: &Open) -> bool {
        let Action::Write { key, .. } = running.actions[running.saw.len()] else {
            return true;
        };
        *self.keys[key].locked_by.get_or_insert(running.called) == running.called
    }

    /// Ends a transaction without effect.
    fn refuse(&mut self, running: &mut Open) {
        running.is_over = true;
        running.is_refused = true;
        self.unlock(running);
    }

    fn unlock(&mut self, running: &Open) {
        for action in &running.actions {
            if let Action::Write { key, .. } = action {
                let locked_by = &mut self.keys[*key].locked_by;
                locked_by.take_if(|called| *called == running.called);
            }
        }
    }

    /// The next action, seeing what was committed at a moment and what the transaction wrote.
    fn act(&self, running: &mut Open, moment: usize) {
        let at = running.saw.len();
        let saw = match running.actions[at] {
            Action::Write { .. } => Vec::new(),
            Action::Read { key } => {
                let committed = self.keys[key].committed.iter();
                let visible = committed.filter(|(_, when)| *when <= moment);
                let own = running.actions[..at].iter().filter_map(|a| match a {
                    Action::Write { key: other, value } if *other == key => Some(*value),
                    _ => None,
                });
                visible.map(|(value, _)| *value).chain(own).collect()
            }
        };
        running.saw.push(saw);
    }

    fn commit(&mut self, running: &mut Open) {
        let writes = running.actions.iter().filter_map(|action| match action {
            Action::Write { key, value } => Some((*key, *value)),
            Action::Read { .. } => None,
        });
        if self.plan.isolation == Isolation::Snapshot {
            let is_late = |(key, _): (usize, usize)| {
                let last = self.keys[key].committed.last();
                last.is_some_and(|(_, when)| *when > running.called)
            };
            if writes.clone().any(is_late) {
                return self.refuse(running);
            }
        }
        for (key, value) in writes {
            self.keys[key].committed.push((value, self.now));
        }
        running.is_over = true;
        self.unlock(running);
    }

    fn line(&mut self, outcome: &str, process: usize, open: &Open, with_reads: bool) {
        let index = self.lines;
        self.lines += 1;
        let out = &mut self.out;
        let head = format!("{{:index {index}, :type :{outcome}, :process {process}, ");
        out.push_str(&head);
        out.push_str(":f :txn, :value [");
        for (at, action) in open.actions.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            let done = match action {
                Action::Write { key, value } if self.plan.registers => {
                    write!(out, "{gap}[:w {key} {value}]")
                }
                Action::Write { key, value } => write!(out, "{gap}[:append {key} {value}]"),
                Action::Read { key } => {
                    let saw = with_reads.then(|| &open.saw[at]);
                    let seen = match saw {
                        None => "nil".to_owned(),
                        Some(saw) if self.plan.registers => {
                            saw.last().map_or("nil".to_owned(), usize::to_string)
                        }
                        Some(saw) => {
                            let saw: Vec<String> = saw.iter().map(usize::to_string).collect();
                            format!("[{}]", saw.join(" "))
                        }
                    };
                    write!(out, "{gap}[:r {key} {seen}]")
                }
            };
            done.expect("a string takes everything");
        }
        out.push_str("]}\n");
    }
}
