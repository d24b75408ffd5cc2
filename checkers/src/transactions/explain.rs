//! Cycles as evidence: each edge with what proves it, auxiliary nodes left out.

use super::graph::{Edge, Kinds};
use super::input::Transactions;
use super::numbers::NONE;
use super::witness::{Because, Step, Witness};

/// A cycle whose first edge begins at a transaction.
pub(super) fn explain(transactions: &Transactions, edges: &[Edge]) -> Witness {
    let count = transactions.len();
    let mut steps = Vec::new();
    let mut begun: Option<Edge> = None;
    for edge in edges {
        let whole = match begun {
            // What leads out of an auxiliary node ends the edge that led in.
            Some(first) => Edge {
                to: edge.to,
                after: edge.after,
                ..first
            },
            None => *edge,
        };
        if whole.to as usize >= count {
            begun = Some(whole);
        } else {
            begun = None;
            steps.push(Step {
                from: transactions.id(whole.from),
                to: transactions.id(whole.to),
                because: because(transactions, &whole),
            });
        }
    }
    Witness::Cycle { steps }
}

fn because(transactions: &Transactions, edge: &Edge) -> Because {
    let head = |number: u32| &transactions.transactions[number as usize].head;
    if edge.kind == Kinds::PROCESS {
        let process = head(edge.from).process;
        return Because::Process { process };
    }
    if edge.after == NONE || edge.kind == Kinds::REALTIME {
        return Because::Realtime {
            returned: head(edge.from).returned.unwrap_or(u64::MAX),
            called: head(edge.to).called,
        };
    }
    let key = transactions.key_name(transactions.key_of(edge.after));
    let before = transactions.value(edge.before);
    let later = transactions.value(edge.after);
    if edge.kind == Kinds::WW || edge.kind.is_after() {
        let earlier = before;
        Because::WriteWrite {
            key,
            earlier,
            later,
        }
    } else if edge.kind == Kinds::WR {
        let value = later;
        Because::WriteRead { key, value }
    } else {
        let read = before;
        Because::ReadWrite { key, read, later }
    }
}
