//! Who made each version.

use super::input::{Action, Transactions};
use super::numbers::{NONE, number};
use crate::history::Outcome;

/// What is known of a version's making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody wrote it.
    Nobody,
    /// Only a transaction that failed wrote it.
    Failed,
    /// One transaction wrote it that happened, or may have.
    Written,
    /// Several writes made it: which of them a read saw is not known.
    Disputed,
}

/// The writers of all versions.
#[derive(Clone, Debug)]
pub(super) struct Writers {
    by: Vec<u32>,
    step: Vec<u32>,
    standing: Vec<Standing>,
    is_final: Vec<bool>,
    /// Versions that several writes made, with two of their writers.
    pub(super) disputed: Vec<(u32, [u32; 2])>,
}

impl Writers {
    /// The writers in a history.
    ///
    /// A client that was refused may write the same value again: a failed transaction is the writer
    /// only where no other one is.
    pub(super) fn new(transactions: &Transactions) -> Writers {
        let versions = transactions.versions.len();
        let mut writers = Writers {
            by: vec![NONE; versions],
            step: vec![NONE; versions],
            standing: vec![Standing::Nobody; versions],
            is_final: vec![true; versions],
            disputed: Vec::new(),
        };
        // The last write of each key, with its transaction.
        let mut last = vec![(NONE, NONE); transactions.keys.len()];
        for (writer, transaction) in transactions.each() {
            let is_failed = transaction.is(Outcome::Fail);
            for (step, action) in transactions.steps(transaction) {
                let Action::Write { key, version } = action else {
                    continue;
                };
                writers.write(version, writer, step, is_failed);
                let (last_writer, last_version) = last[key as usize];
                if last_writer == writer && last_version != version {
                    writers.is_final[last_version as usize] = false;
                }
                last[key as usize] = (writer, version);
            }
        }
        writers
    }

    fn write(&mut self, version: u32, writer: u32, step: u32, is_failed: bool) {
        let at = version as usize;
        match (self.standing[at], is_failed) {
            (Standing::Nobody, _) | (Standing::Failed, false) => {
                self.standing[at] = match is_failed {
                    true => Standing::Failed,
                    false => Standing::Written,
                };
                (self.by[at], self.step[at]) = (writer, step);
            }
            (Standing::Written, false) => {
                self.standing[at] = Standing::Disputed;
                self.disputed.push((version, [self.by[at], writer]));
            }
            (Standing::Failed | Standing::Written, true) | (Standing::Disputed, _) => {}
        }
    }

    pub(super) fn standing(&self, version: u32) -> Standing {
        self.standing[version as usize]
    }

    /// Who made a version, if exactly one transaction may have.
    pub(super) fn of(&self, version: u32) -> Option<u32> {
        (self.standing(version) == Standing::Written).then(|| self.by[version as usize])
    }

    /// Whether one transaction made both versions, the second of them first.
    pub(super) fn are_reversed(&self, version: u32, after: u32) -> bool {
        let by = self.of(version);
        by.is_some()
            && by == self.of(after)
            && self.step[after as usize] < self.step[version as usize]
    }

    /// Who failed to make a version that nobody else made.
    pub(super) fn failed(&self, version: u32) -> Option<u32> {
        (self.standing(version) == Standing::Failed).then(|| self.by[version as usize])
    }

    /// Whether a transaction made, or failed to make, a version.
    pub(super) fn is_by(&self, version: u32, transaction: u32) -> bool {
        self.by[version as usize] == transaction && self.standing(version) != Standing::Disputed
    }

    /// Whether a transaction makes a version after one of its steps.
    pub(super) fn writes_later(&self, version: u32, transaction: u32, step: u32) -> bool {
        self.by[version as usize] == transaction && self.step[version as usize] > step
    }

    /// Whether some of these versions, which a transaction saw at one of its steps, it makes itself at a later one.
    pub(super) fn is_of_future(&self, saw: &[u32], transaction: u32, step: u32) -> bool {
        let is_later = |version: &u32| self.writes_later(*version, transaction, step);
        saw.iter().any(is_later)
    }

    /// Whether its writer left the version as the key's last.
    pub(super) fn is_final(&self, version: u32) -> bool {
        self.is_final[version as usize]
    }

    /// The versions with exactly one possible writer, with it.
    pub(super) fn written(&self) -> impl Iterator<Item = (u32, u32)> {
        let versions = 0..number(self.by.len());
        versions.filter_map(|version| Some((version, self.of(version)?)))
    }
}
