//! Dependencies between transactions over registers.
//!
//! A read names the version it saw, and so its writer: write-read edges are exact. Version order is
//! inferred from two facts only: the initial version comes first, and what a transaction writes comes
//! after what it read of the same key. (If it did not, its write would precede the write that it
//! read, which by itself is a G1c; so no model that forbids G1c is blamed wrongly.) Write-write edges
//! are not drawn: wherever these facts give one, a write-read edge lies beside it.

use super::graph::{Edges, Group, Kinds};
use super::input::{Action, Transactions};
use super::numbers::NONE;
use super::updates::Update;
use super::writers::Writers;
use crate::history::Outcome;

/// Adds the write-read and read-write edges. `updates` are ordered by key and version read.
pub(super) fn add_edges(
    transactions: &Transactions,
    writers: &Writers,
    updates: &[Update],
    edges: &mut Edges,
) {
    let mut reads: Vec<(u32, u32, u32)> = Vec::new();
    for (reader, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (step, action) in transactions.steps(transaction) {
            let Action::Read { key, from, to } = action else {
                continue;
            };
            if writers.is_of_future(transactions.saw(from, to), reader, step) {
                continue;
            }
            let version = transactions.saw(from, to).last().copied().unwrap_or(NONE);
            if version != NONE {
                let Some(writer) = writers.of(version) else {
                    continue;
                };
                edges.add(writer, reader, Kinds::WR, version, version);
            }
            reads.push((key, version, reader));
        }
    }
    reads.sort_unstable();
    reads.dedup();
    add_read_write_edges(reads, superseding(transactions, writers, updates), edges);
}

/// For each key and version, ordered: who wrote a later version, and which.
fn superseding(
    transactions: &Transactions,
    writers: &Writers,
    updates: &[Update],
) -> Vec<(u32, u32, u32, u32)> {
    let mut has_read_version = vec![false; transactions.versions.len()];
    let mut later: Vec<(u32, u32, u32, u32)> = Vec::new();
    for update in updates {
        let is_known = update.read == NONE || writers.of(update.read).is_some();
        if is_known && writers.of(update.wrote) == Some(update.transaction) {
            has_read_version[update.wrote as usize] = true;
            later.push((update.key, update.read, update.transaction, update.wrote));
        }
    }
    for (version, writer) in writers.written() {
        if writers.is_final(version) && !has_read_version[version as usize] {
            later.push((transactions.key_of(version), NONE, writer, version));
        }
    }
    later.sort_unstable();
    later
}

/// A reader of a version precedes every transaction that superseded it. Both lists are ordered.
fn add_read_write_edges(
    reads: Vec<(u32, u32, u32)>,
    superseding: Vec<(u32, u32, u32, u32)>,
    edges: &mut Edges,
) {
    let mut rest = superseding.as_slice();
    for readers in reads.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (key, version, _) = readers[0];
        let begin = rest.partition_point(|later| (later.0, later.1) < (key, version));
        rest = &rest[begin..];
        let end = rest.partition_point(|later| (later.0, later.1) == (key, version));
        let members = rest[..end].iter().map(|later| (later.2, later.3)).collect();
        let group = Group::new(members, edges);
        for (_, _, reader) in readers {
            group.link(edges, *reader, Kinds::RW, version);
        }
    }
}
