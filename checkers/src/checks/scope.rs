//! Which runs a check is asked of. A run without consumer groups has no rows about them: a column of *not applicable*
//! would hide the rows that say something.

use crate::history::{Call, Event, History, What};

/// What a history must contain for a check to be asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nothing: the check is asked of every history. It judges what transactions write, too, or no records at all.
    Every,
    /// Appends outside of transactions, unless there are no transactions at all: the checks of plain logs leave out what
    /// transactions write, and would have nothing to say.
    Appends,
    /// Members that join groups.
    Groups,
    /// Committed offsets.
    Offsets,
    /// Records that were delivered to members of groups.
    Deliveries,
    /// Transactions.
    Transactions,
    /// Transactions that commit the offsets of what they consumed.
    ExactlyOnce,
    /// Groups or transactions, and so coordinators.
    Coordinators,
}

/// What a history contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    appends: bool,
    groups: bool,
    offsets: bool,
    deliveries: bool,
    transactions: bool,
    exactly_once: bool,
}

impl Contents {
    pub(super) fn of(history: &History) -> Contents {
        let mut contents = Contents::default();
        for event in history.events() {
            let What::Invoke(invocation) = &event.what else {
                continue;
            };
            match &invocation.call {
                Call::Append(_) => contents.appends = true,
                Call::Join(_) => contents.groups = true,
                Call::CommitOffsets(_) | Call::FetchOffsets(_) => contents.offsets = true,
                Call::Deliver(_) => contents.deliveries = true,
                Call::Transaction(transaction) => {
                    contents.transactions = true;
                    contents.exactly_once |= transaction.group.is_some();
                }
                _ => {}
            }
        }
        contents
    }

    /// Whether there are any groups, offsets or transactions.
    pub(super) fn any(self) -> bool {
        let plain = Contents {
            appends: self.appends,
            ..Contents::default()
        };
        self != plain
    }

    pub(super) fn has(self, scope: Scope) -> bool {
        match scope {
            Scope::Every => true,
            Scope::Appends => self.appends || !self.transactions,
            Scope::Groups => self.groups,
            Scope::Offsets => self.offsets,
            Scope::Deliveries => self.deliveries,
            Scope::Transactions => self.transactions,
            Scope::ExactlyOnce => self.exactly_once,
            Scope::Coordinators => self.groups || self.offsets || self.transactions,
        }
    }
}

/// Whether a line is of the vocabulary of groups and transactions, whose checks need the whole history.
pub(super) fn needs_the_whole(event: &Event) -> bool {
    let What::Invoke(invocation) = &event.what else {
        return false;
    };
    matches!(
        invocation.call,
        Call::Join(_)
            | Call::CommitOffsets(_)
            | Call::FetchOffsets(_)
            | Call::Deliver(_)
            | Call::Transaction(_)
            | Call::RawRead(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run whose only records are those of transactions has no rows about plain logs; one that fills an input has, and so
    /// has a history of polls alone.
    #[test]
    fn plain_logs_are_judged_unless_all_records_are_of_transactions() {
        let transactions = Contents {
            transactions: true,
            ..Contents::default()
        };
        assert!(!transactions.has(Scope::Appends) && transactions.any());
        let both = Contents {
            appends: true,
            ..transactions
        };
        assert!(both.has(Scope::Appends) && both.any());
        let appends = Contents {
            appends: true,
            ..Contents::default()
        };
        assert!(appends.has(Scope::Appends) && !appends.any());
        assert!(Contents::default().has(Scope::Appends));
    }
}
