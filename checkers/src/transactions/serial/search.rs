//! The search: depth first, with an undo log, over what can be placed next.

use hashbrown::HashSet;
use rustc_hash::FxBuildHasher;

use super::super::anomaly::Order;
use super::super::numbers::NONE;
use super::Found;
use super::tasks::{Tasks, place};

/// How many transactions are looked at for the next place. Beyond that, that there is no order is not claimed. In real time
/// only those count that overlap, which are as many as clients.
const WINDOW_MAX: usize = 256;
const OVERLAPPING_MAX: usize = 4096;
/// How many choices are kept at one place.
const CHOICES_MAX: usize = 64;
/// How many reads and writes of transactions a search may look at, besides 64 for each transaction: a second or two.
const STEPS_MAX: u64 = 10_000_000;
/// How many states that led nowhere are kept: 16 MB.
const STATES_MAX: usize = 500_000;

/// A place where there was a choice.
struct Choice {
    /// How much was placed by then.
    placed: usize,
    /// What else can be placed, the best last.
    open: Vec<u32>,
    /// The state.
    state: u128,
}

struct Search<'a> {
    tasks: &'a Tasks,
    order: Order,
    /// By key: what is there.
    current: Vec<u32>,
    /// By place of a version: who still has to read it.
    readers: Vec<u32>,
    is_placed: Vec<bool>,
    /// What was placed, in order, with what it wrote over.
    trail: Vec<(u32, Vec<u32>)>,
    /// Those that are not placed, in the order of their calls, and of their returns.
    by_call: Linked,
    by_return: Linked,
    state: u128,
    steps: u64,
    /// Whether something was out of sight, so that a dead end proves nothing.
    is_cut: bool,
}

/// Searches for an order.
pub(super) fn search(tasks: &Tasks, order: Order) -> Found {
    let count = tasks.tasks.len();
    let mut by_return: Vec<u32> = (0..count as u32).collect();
    by_return.sort_by_key(|task| tasks.tasks[*task as usize].returned.unwrap_or(u64::MAX));
    let mut by_call: Vec<u32> = (0..count as u32).collect();
    by_call.sort_by_key(|task| tasks.tasks[*task as usize].called);
    let mut search = Search {
        tasks,
        order,
        current: vec![NONE; tasks.keys],
        readers: tasks.readers.clone(),
        is_placed: vec![false; count],
        trail: Vec::with_capacity(count),
        by_call: Linked::new(&by_call),
        by_return: Linked::new(&by_return),
        state: 0,
        steps: 0,
        is_cut: false,
    };
    let most = STEPS_MAX + 64 * count as u64;
    let mut choices: Vec<Choice> = Vec::new();
    let mut failed: HashSet<u128, FxBuildHasher> = HashSet::default();
    loop {
        let mut open = search.advance();
        if search.trail.len() == count {
            return Found::Order;
        }
        if search.steps > most || failed.len() > STATES_MAX {
            return Found::OutOfSteps;
        }
        if failed.contains(&search.state) {
            open.clear();
        }
        choices.push(Choice {
            placed: search.trail.len(),
            open,
            state: search.state,
        });
        // The next choice, or back to one that is not exhausted.
        loop {
            let Some(choice) = choices.last_mut() else {
                return match search.is_cut {
                    true => Found::OutOfSteps,
                    false => Found::None,
                };
            };
            while search.trail.len() > choice.placed {
                search.undo();
            }
            if let Some(next) = choice.open.pop() {
                search.place(next);
                break;
            }
            failed.insert(choice.state);
            choices.pop();
        }
    }
}

impl Search<'_> {
    /// Places all that can be placed without a choice; returns what else can be.
    fn advance(&mut self) -> Vec<u32> {
        loop {
            let (free, open) = self.candidates();
            if free.is_empty() {
                return open;
            }
            for task in free {
                // One may have closed the way for another one: its write is there now.
                if self.can_be_placed(task) {
                    self.place(task);
                }
            }
        }
    }

    /// What can be placed: without a choice, and with one, the best last.
    fn candidates(&mut self) -> (Vec<u32>, Vec<u32>) {
        let (mut free, mut open) = (Vec::new(), Vec::new());
        let first_return = self
            .by_return
            .first()
            .and_then(|task| self.tasks.tasks[task as usize].returned);
        let window = match self.order {
            Order::Realtime => OVERLAPPING_MAX,
            Order::Data | Order::Process => WINDOW_MAX,
        };
        let mut seen = 0;
        let mut next = self.by_call.first();
        while let Some(number) = next {
            next = self.by_call.after(number);
            let task = &self.tasks.tasks[number as usize];
            // Whoever returned before it was called must come first.
            if self.order == Order::Realtime
                && first_return.is_some_and(|first| task.called > first)
            {
                break;
            }
            seen += 1;
            if seen > window {
                self.is_cut = true;
                break;
            }
            self.steps += 1 + (task.reads.len() + task.writes.len()) as u64;
            let waits = |before: u32| self.order != Order::Data && !self.is_placed[before as usize];
            if task.before.is_some_and(waits) || !self.can_be_placed(number) {
                continue;
            }
            match task.writes.is_empty() || !task.is_read {
                true => free.push(number),
                false => open.push(number),
            }
        }
        open.sort_by_key(|number| {
            std::cmp::Reverse((self.tasks.tasks[*number as usize].first_read, *number))
        });
        if open.len() > CHOICES_MAX {
            self.is_cut = true;
            open.drain(..open.len() - CHOICES_MAX);
        }
        (free, open)
    }

    /// Whether what a task reads is there, and nobody else still has to read what it writes over.
    fn can_be_placed(&self, number: u32) -> bool {
        let task = &self.tasks.tasks[number as usize];
        let is_there = |(key, version): &(u32, u32)| self.current[*key as usize] == *version;
        let is_free = |(key, _): &(u32, u32)| {
            let current = self.current[*key as usize];
            let own = task.reads.binary_search(&(*key, current)).is_ok();
            self.readers[place(*key, current, self.tasks.versions)] == u32::from(own)
        };
        task.reads.iter().all(is_there) && task.writes.iter().all(is_free)
    }

    fn place(&mut self, number: u32) {
        let tasks = self.tasks;
        let task = &tasks.tasks[number as usize];
        for (key, version) in &task.reads {
            self.readers[place(*key, *version, tasks.versions)] -= 1;
        }
        let mut over = Vec::with_capacity(task.writes.len());
        for (key, version) in &task.writes {
            let current = &mut self.current[*key as usize];
            over.push(*current);
            self.state ^= mark(*key, *current) ^ mark(*key, *version);
            *current = *version;
        }
        self.state ^= mark(NONE, number);
        self.is_placed[number as usize] = true;
        self.by_call.remove(number);
        self.by_return.remove(number);
        self.trail.push((number, over));
    }

    fn undo(&mut self) {
        let Some((number, over)) = self.trail.pop() else {
            return;
        };
        let tasks = self.tasks;
        let task = &tasks.tasks[number as usize];
        self.by_return.restore(number);
        self.by_call.restore(number);
        self.is_placed[number as usize] = false;
        self.state ^= mark(NONE, number);
        for ((key, version), before) in task.writes.iter().zip(over) {
            self.current[*key as usize] = before;
            self.state ^= mark(*key, before) ^ mark(*key, *version);
        }
        for (key, version) in &task.reads {
            self.readers[place(*key, *version, tasks.versions)] += 1;
        }
    }
}

/// A fixed pattern of bits for two numbers. A state is the sum of its parts' patterns: with 128 bits, two of half a
/// million states are the same by chance once in 10^27 histories.
fn mark(a: u32, b: u32) -> u128 {
    let mixed = |seed: u64| {
        let mut x = (u64::from(a) << 32 | u64::from(b)).wrapping_add(seed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    u128::from(mixed(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(mixed(0xd1b5_4a32_d192_ed03))
}

/// A list of numbers from which each can be removed, and restored in the reverse order.
struct Linked {
    /// After and before each number; the last place is the head.
    after: Vec<u32>,
    before: Vec<u32>,
}

impl Linked {
    fn new(order: &[u32]) -> Linked {
        let head = order.len();
        let (mut after, mut before) = (vec![0; head + 1], vec![0; head + 1]);
        let mut last = head as u32;
        for number in order.iter().copied().chain([head as u32]) {
            after[last as usize] = number;
            before[number as usize] = last;
            last = number;
        }
        Linked { after, before }
    }

    fn first(&self) -> Option<u32> {
        self.after((self.after.len() - 1) as u32)
    }

    fn after(&self, number: u32) -> Option<u32> {
        let after = self.after[number as usize];
        (after as usize != self.after.len() - 1).then_some(after)
    }

    fn remove(&mut self, number: u32) {
        let (before, after) = (self.before[number as usize], self.after[number as usize]);
        self.after[before as usize] = after;
        self.before[after as usize] = before;
    }

    fn restore(&mut self, number: u32) {
        let (before, after) = (self.before[number as usize], self.after[number as usize]);
        self.after[before as usize] = number;
        self.before[after as usize] = number;
    }
}
