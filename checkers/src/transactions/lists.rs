//! Dependencies between transactions over lists, and appends that were lost or turned round.
//!
//! What is in no read comes after everything that is: a transaction that read the end of a list precedes those
//! who appended what no read saw.

use super::anomaly::PhenomenonKind;
use super::findings::Findings;
use super::graph::{Edges, Group, Kinds};
use super::input::Transactions;
use super::numbers::NONE;
use super::orders::{ListRead, Order, Orders};
use super::witness::Witness;
use super::writers::Writers;
use crate::history::Outcome;

/// Adds the write-write, write-read and read-write edges; reports appends that were lost, and those
/// of one transaction in the wrong order.
pub(super) fn add_edges(
    transactions: &Transactions,
    writers: &Writers,
    orders: &Orders,
    edges: &mut Edges,
    findings: &mut Findings,
) {
    let next = Next::new(transactions, writers, &orders.orders);
    let ends = add_ends(transactions, writers, orders, edges, findings);
    for order in &orders.orders {
        for version in &order.versions {
            if let (Some(writer), Some(after)) = (writers.of(*version), next.after(*version))
                && let Some(by) = writers.of(after)
            {
                edges.add(writer, by, Kinds::WW, *version, after);
                if let (true, Some(read)) = (writers.are_reversed(*version, after), &order.longest)
                {
                    report_reversed(transactions, writer, read, [after, *version], findings);
                }
            }
        }
    }
    for read in &orders.reads {
        let (after, version) = match read.saw(transactions).last() {
            None => (next.first(read.key), NONE),
            Some(version) => {
                if let Some(writer) = writers.of(*version) {
                    edges.add(writer, read.reader, Kinds::WR, *version, *version);
                }
                if !orders.is_placed[*version as usize] {
                    // It lies beyond what is trusted, and so does what comes after it.
                    continue;
                }
                (next.after(*version), *version)
            }
        };
        if let Some(after) = after {
            if let Some(by) = writers.of(after) {
                edges.add(read.reader, by, Kinds::RW, version, after);
            }
        } else if let Some(end) = &ends[read.key as usize] {
            end.link(edges, read.reader, Kinds::RW, version);
        }
    }
}

/// For each version the next one of its key whose writer is known. Others are skipped: that the
/// version which follows them comes later is still true.
struct Next {
    after: Vec<u32>,
    first: Vec<u32>,
}

impl Next {
    fn new(transactions: &Transactions, writers: &Writers, orders: &[Order]) -> Next {
        let mut after = vec![NONE; transactions.versions.len()];
        let mut first = Vec::with_capacity(orders.len());
        for order in orders {
            let mut next = NONE;
            for version in order.versions.iter().rev() {
                after[*version as usize] = next;
                if writers.of(*version).is_some() {
                    next = *version;
                }
            }
            first.push(next);
        }
        Next { after, first }
    }

    fn after(&self, version: u32) -> Option<u32> {
        Some(self.after[version as usize]).filter(|after| *after != NONE)
    }

    fn first(&self, key: u32) -> Option<u32> {
        Some(self.first[key as usize]).filter(|first| *first != NONE)
    }
}

/// For each key on whose order all reads agree: the appends that no read saw. The last known writer
/// precedes them.
fn add_ends(
    transactions: &Transactions,
    writers: &Writers,
    orders: &Orders,
    edges: &mut Edges,
    findings: &mut Findings,
) -> Vec<Option<Group>> {
    let mut unseen: Vec<Vec<(u32, u32)>> = vec![Vec::new(); orders.orders.len()];
    for (version, writer) in writers.written() {
        let key = transactions.key_of(version);
        let order = &orders.orders[key as usize];
        if orders.is_placed[version as usize] || order.parted_at.is_some() {
            continue;
        }
        unseen[key as usize].push((writer, version));
        if let Some(longest) = order.longest.filter(|_| !orders.is_seen[version as usize]) {
            check_lost(transactions, writer, version, &longest, findings);
        }
    }
    let mut ends = Vec::with_capacity(unseen.len());
    for (order, members) in orders.orders.iter().zip(unseen) {
        if members.is_empty() {
            ends.push(None);
            continue;
        }
        let group = Group::new(members, edges);
        let mut known = order.versions.iter().rev();
        if let Some((version, writer)) = known.find_map(|v| Some((*v, writers.of(*v)?))) {
            group.link(edges, writer, Kinds::WW, version);
        }
        ends.push(Some(group));
    }
    ends
}

/// Reports two appends of one transaction, as it made them, which the longest read shows the other
/// way round. An edge from the transaction to itself would show nothing.
fn report_reversed(
    transactions: &Transactions,
    writer: u32,
    read: &ListRead,
    appended: [u32; 2],
    findings: &mut Findings,
) {
    findings.add(PhenomenonKind::CyclicVersions, || Witness::Reversed {
        writer: transactions.id(writer),
        reader: transactions.id(read.reader),
        key: transactions.key_name(read.key),
        appended: appended.map(|version| transactions.versions[version as usize].1.clone()),
    });
}

/// Reports an append that had returned when the key's longest read was called, and is not in it.
fn check_lost(
    transactions: &Transactions,
    writer: u32,
    version: u32,
    longest: &ListRead,
    findings: &mut Findings,
) {
    let appended = &transactions.transactions[writer as usize];
    let read = &transactions.transactions[longest.reader as usize];
    let is_over = appended.head.returned.is_some_and(|t| t < read.head.called);
    if appended.is(Outcome::Ok) && is_over {
        let (key, value) = &transactions.versions[version as usize];
        findings.add(PhenomenonKind::LostAppend, || Witness::Lost {
            writer: appended.head.id,
            reader: read.head.id,
            key: transactions.key_name(*key),
            value: value.clone(),
        });
    }
}
