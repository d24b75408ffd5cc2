//! Serializability by trying every order: a few transactions, as few as needed to be sure.

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
    /// Whether its reads are known, and it must have a place. Others may be left out.
    pub(crate) is_ok: bool,
    pub(crate) called: u64,
    pub(crate) returned: Option<u64>,
}

/// Whether some order of all that happened, and some of what may have, explains every read; in
/// real time if that is asked.
pub(crate) fn is_serializable(transactions: &[Tried], registers: bool, in_real_time: bool) -> bool {
    let mut used = vec![false; transactions.len()];
    let lists = vec![Vec::new(); 8];
    place(transactions, registers, in_real_time, &mut used, &lists)
}

fn place(
    all: &[Tried],
    registers: bool,
    in_real_time: bool,
    used: &mut [bool],
    lists: &[Vec<i64>],
) -> bool {
    if all.iter().zip(&*used).all(|(t, used)| *used || !t.is_ok) {
        return true;
    }
    for at in 0..all.len() {
        let must_wait = |other: &Tried| {
            in_real_time && other.is_ok && other.returned.is_some_and(|r| r < all[at].called)
        };
        let waits = (0..all.len()).any(|other| !used[other] && must_wait(&all[other]));
        if used[at] || waits {
            continue;
        }
        if let Some(after) = apply(&all[at], registers, lists) {
            used[at] = true;
            if place(all, registers, in_real_time, used, &after) {
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
                if transaction.is_ok && lists[*key] != *saw {
                    return None;
                }
            }
        }
    }
    Some(lists)
}
