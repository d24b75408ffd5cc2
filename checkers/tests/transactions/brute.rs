//! Serializability and snapshot isolation by trying every order: a few transactions, as few as needed to be sure.

use checkers::history::Outcome;

/// What a transaction does to lists, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Read(usize, Vec<i64>),
    Append(usize, i64),
}

/// A transaction for the search.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) actions: Vec<Action>,
    /// If it is ok, its reads are known, and it must have a place. Others may be left out, and one that failed must be.
    pub(crate) outcome: Outcome,
    pub(crate) session: usize,
    pub(crate) called: u64,
    pub(crate) returned: Option<u64>,
}

impl Tried {
    fn is_ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }
}

/// What an order must respect besides what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Respects {
    Nothing,
    Clients,
    RealTime,
}

/// Whether some order of all that happened, and some of what may have, explains every read.
pub(crate) fn is_serializable(transactions: &[Tried], registers: bool, respects: Respects) -> bool {
    let mut used = vec![false; transactions.len()];
    let lists = vec![Vec::new(); 8];
    place(transactions, registers, respects, &mut used, &lists)
}

fn place(
    all: &[Tried],
    registers: bool,
    respects: Respects,
    used: &mut [bool],
    lists: &[Vec<i64>],
) -> bool {
    if all.iter().zip(&*used).all(|(t, used)| *used || !t.is_ok()) {
        return true;
    }
    for at in 0..all.len() {
        let must_wait = |other: &Tried| {
            let earlier = other.returned.is_some_and(|r| r < all[at].called);
            let is_first = match respects {
                Respects::Nothing => false,
                Respects::Clients => other.session == all[at].session && earlier,
                Respects::RealTime => earlier,
            };
            is_first && other.is_ok()
        };
        let waits = (0..all.len()).any(|other| !used[other] && must_wait(&all[other]));
        if used[at] || waits || all[at].outcome == Outcome::Fail {
            continue;
        }
        if let Some(after) = apply(&all[at], registers, lists) {
            used[at] = true;
            if place(all, registers, respects, used, &after) {
                return true;
            }
            used[at] = false;
        }
    }
    false
}

fn apply(transaction: &Tried, registers: bool, lists: &[Vec<i64>]) -> Option<Vec<Vec<i64>>> {
    let mut lists = lists.to_vec();
    for action in &transaction.actions {
        match action {
            Action::Append(key, value) if registers => lists[*key] = vec![*value],
            Action::Append(key, value) => lists[*key].push(*value),
            Action::Read(key, saw) => {
                if transaction.is_ok() && lists[*key] != *saw {
                    return None;
                }
            }
        }
    }
    Some(lists)
}

/// Whether some order of begins and commits explains every read under snapshot isolation (Berenson et al., section 4.2;
/// Adya's PL-SI): a transaction reads what was committed when it began and its own writes, and commits only if nobody who
/// committed since it began wrote a key that it wrote.
pub(crate) fn is_snapshot_isolated(transactions: &[Tried], registers: bool) -> bool {
    let mut state = Snapshots {
        begun: vec![None; transactions.len()],
        is_over: vec![false; transactions.len()],
        lists: vec![Vec::new(); 8],
        changed: [0; 8],
        moment: 0,
    };
    state.place(transactions, registers)
}

#[derive(Clone)]
struct Snapshots {
    /// When each began.
    begun: Vec<Option<u64>>,
    is_over: Vec<bool>,
    lists: Vec<Vec<i64>>,
    /// When each key was written last.
    changed: [u64; 8],
    moment: u64,
}

impl Snapshots {
    fn place(&mut self, all: &[Tried], registers: bool) -> bool {
        let is_done = |(t, over): (&Tried, &bool)| *over || !t.is_ok();
        if all.iter().zip(&self.is_over).all(is_done) {
            return true;
        }
        for at in 0..all.len() {
            if self.is_over[at] || all[at].outcome == Outcome::Fail {
                continue;
            }
            let writes = |key: usize| {
                let is = |action: &Action| matches!(action, Action::Append(k, _) if *k == key);
                all[at].actions.iter().any(is)
            };
            let mut next = self.clone();
            next.moment += 1;
            match self.begun[at] {
                None => {
                    let Some(_) = apply(&all[at], registers, &self.lists) else {
                        continue;
                    };
                    next.begun[at] = Some(next.moment);
                    // Who writes nothing may as well commit at once.
                    next.is_over[at] = !(0..8).any(writes);
                }
                Some(begun) => {
                    if (0..8).any(|key| writes(key) && self.changed[key] > begun) {
                        continue;
                    }
                    next.is_over[at] = true;
                    for action in &all[at].actions {
                        if let Action::Append(key, value) = action {
                            if registers {
                                next.lists[*key].clear();
                            }
                            next.lists[*key].push(*value);
                            next.changed[*key] = next.moment;
                        }
                    }
                }
            }
            if next.place(all, registers) {
                return true;
            }
        }
        false
    }
}
