//! Process and real-time edges.
//!
//! Real time is a chain of auxiliary nodes, one for each moment at which a call follows a return:
//! who returned before leads into it, who is called after is led to. Its closure is exactly *returned
//! before called*, as that of a transitive reduction is, at 3 edges for each transaction and not as
//! many as there are open clients.

use std::collections::BTreeMap;

use super::graph::{Edges, Kinds};
use super::input::Transactions;
use super::numbers::NONE;
use crate::history::Outcome;

/// Adds an edge from each transaction to the next of its session, and the chain of real time.
///
/// Transactions that failed take no part. An `info` transaction never returned: nothing follows it,
/// and it follows what had returned when it was called.
pub(super) fn add_edges(transactions: &Transactions, edges: &mut Edges) {
    add_process_edges(transactions, edges);
    add_realtime_edges(transactions, edges);
}

fn add_process_edges(transactions: &Transactions, edges: &mut Edges) {
    let mut last_of: BTreeMap<usize, u32> = BTreeMap::new();
    for (number, transaction) in transactions.each() {
        let session = transaction.head.session;
        if !transaction.is_possible() {
            continue;
        }
        if let Some(last) = last_of.remove(&session) {
            edges.add(last, number, Kinds::PROCESS, NONE, NONE);
        }
        if transaction.is(Outcome::Ok) {
            last_of.insert(session, number);
        }
    }
}

fn add_realtime_edges(transactions: &Transactions, edges: &mut Edges) {
    let mut moments: Vec<(u64, bool, u32)> = Vec::with_capacity(2 * transactions.len());
    for (number, transaction) in transactions.each() {
        if transaction.is_possible() {
            moments.push((transaction.head.called, false, number));
        }
        if let (true, Some(returned)) = (transaction.is(Outcome::Ok), transaction.head.returned) {
            moments.push((returned, true, number));
        }
    }
    // Calls sort before returns at one moment: then the two overlap, which is the weaker claim.
    moments.sort_unstable();
    let mut now = NONE;
    let mut returned: Vec<u32> = Vec::new();
    for (_, is_return, number) in moments {
        if is_return {
            returned.push(number);
            continue;
        }
        if !returned.is_empty() {
            let next = edges.node();
            if now != NONE {
                edges.add(now, next, Kinds::REALTIME, NONE, NONE);
            }
            for earlier in returned.drain(..) {
                edges.add(earlier, next, Kinds::REALTIME, NONE, NONE);
            }
            now = next;
        }
        if now != NONE {
            edges.add(now, number, Kinds::REALTIME, NONE, NONE);
        }
    }
}
