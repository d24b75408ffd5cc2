//! Serializability by trying every order: a few transactions, as few as needed to be sure.

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
