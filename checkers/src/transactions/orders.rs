//! The version orders of lists.
//!
//! A read shows the order of all appends before it, so the longest read of a key is its version
//! order. Where two reads part, the order is trusted up to the place where they do. Alvaro and
//! Kingsbury, *Elle*, VLDB 2020, section 4.

use super::anomaly::PhenomenonKind;
use super::findings::Findings;
use super::input::{Action, Transactions};
use super::reads;
use super::witness::Witness;
use super::writers::Writers;
use crate::history::Outcome;

/// A read of a list by a transaction that happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListRead {
    pub(super) reader: u32,
    pub(super) key: u32,
    from: u32,
    to: u32,
}

impl ListRead {
    pub(super) fn saw<'a>(&self, transactions: &'a Transactions) -> &'a [u32] {
        transactions.saw(self.from, self.to)
    }

    fn length(&self) -> u32 {
        self.to - self.from
    }
}

/// The version order of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// Its versions, as far as they are trusted. Invariant: distinct.
    pub(super) versions: Vec<u32>,
    /// A longest read, the last to be called of them.
    pub(super) longest: Option<ListRead>,
    /// How many versions all reads agree on, where two reads part.
    pub(super) parted_at: Option<usize>,
}

/// The version orders of all keys, and the reads that they are from.
pub(super) struct Orders {
    /// Those that show a version. One that saw an append twice does not: after `[1 2 1]`, its last
    /// element would say that 2 was not seen yet. Nor does one that saw an append of its own transaction that came later.
    pub(super) reads: Vec<ListRead>,
    /// For each key.
    pub(super) orders: Vec<Order>,
    /// Whether a version has a place in its key's order.
    pub(super) is_placed: Vec<bool>,
    /// Whether a version was in some read, also in one that shows nothing else.
    pub(super) is_seen: Vec<bool>,
}

impl Orders {
    /// The orders of a history; reports duplicates and incompatible orders.
    pub(super) fn new(
        transactions: &Transactions,
        writers: &Writers,
        findings: &mut Findings,
    ) -> Orders {
        let mut is_seen = vec![false; transactions.versions.len()];
        let mut reads = reads(transactions, writers, &mut is_seen);
        let mut orders = vec![Order::default(); transactions.keys.len()];
        for read in &reads {
            let order = &mut orders[read.key as usize];
            if order.longest.is_none_or(|l| l.length() <= read.length()) {
                order.longest = Some(*read);
            }
        }
        let mut seen = Seen::new(transactions.versions.len());
        for order in &mut orders {
            if let Some(longest) = order.longest {
                seen.distinct(longest.saw(transactions), &mut order.versions);
            }
        }
        let mut own = Vec::new();
        reads.retain(|read| {
            let order = &mut orders[read.key as usize];
            let saw = read.saw(transactions);
            // The usual read is a beginning of a longest one without duplicates: one comparison.
            if order.versions.starts_with(saw) {
                return true;
            }
            let twice = seen.distinct(saw, &mut own);
            if let Some(version) = twice {
                findings.add(PhenomenonKind::DuplicateElements, || {
                    reads::of_read(transactions, read.reader, None, version)
                });
            }
            compare(transactions, read, &own, order, findings);
            twice.is_none()
        });
        let mut is_placed = vec![false; transactions.versions.len()];
        for order in &mut orders {
            order
                .versions
                .truncate(order.parted_at.unwrap_or(usize::MAX));
            for version in &order.versions {
                is_placed[*version as usize] = true;
            }
        }
        Orders {
            reads,
            orders,
            is_placed,
            is_seen,
        }
    }
}

fn reads(transactions: &Transactions, writers: &Writers, is_seen: &mut [bool]) -> Vec<ListRead> {
    let mut reads = Vec::new();
    for (reader, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (step, action) in transactions.steps(transaction) {
            if let Action::Read { key, from, to } = action {
                let saw = transactions.saw(from, to);
                saw.iter()
                    .for_each(|version| is_seen[*version as usize] = true);
                if writers.is_of_future(saw, reader, step) {
                    continue;
                }
                reads.push(ListRead {
                    reader,
                    key,
                    from,
                    to,
                });
            }
        }
    }
    reads
}

/// Compares a read with its key's order. `own` is what it saw, without duplicates.
fn compare(
    transactions: &Transactions,
    read: &ListRead,
    own: &[u32],
    order: &mut Order,
    findings: &mut Findings,
) {
    let pairs = own.iter().zip(&order.versions);
    let common = pairs.take_while(|(own, other)| own == other).count();
    let (Some(next), Some(longest)) = (own.get(common), order.longest) else {
        return;
    };
    let Some(other) = order.versions.get(common) else {
        // The longest read was only longer by its duplicates.
        order.versions.extend(&own[common..]);
        order.longest = Some(*read);
        return;
    };
    let parted = [(longest.reader, *other), (read.reader, *next)];
    order.parted_at = Some(order.parted_at.map_or(common, |at| at.min(common)));
    findings.add(PhenomenonKind::IncompatibleOrder, || Witness::Orders {
        key: transactions.key_name(read.key),
        common,
        parted: parted.map(|(reader, version)| {
            let (_, value) = &transactions.versions[version as usize];
            (transactions.id(reader), value.clone())
        }),
    });
}

/// Which versions were met, again and again.
struct Seen {
    /// In which round a version was met last.
    round_of: Vec<u32>,
    round: u32,
}

impl Seen {
    fn new(versions: usize) -> Seen {
        Seen {
            round_of: vec![0; versions],
            round: 0,
        }
    }

    /// The distinct versions in their order; returns the first that appears twice.
    fn distinct(&mut self, versions: &[u32], distinct: &mut Vec<u32>) -> Option<u32> {
        distinct.clear();
        self.round += 1;
        let mut twice = None;
        for version in versions {
            let met = &mut self.round_of[*version as usize];
            if *met == self.round {
                twice = twice.or(Some(*version));
            } else {
                *met = self.round;
                distinct.push(*version);
            }
        }
        twice
    }
}
