//! Serial orders of transactions over registers: whether there is one that explains every read.
//!
//! Cycles need the order of versions, and blind writes leave it open. So that nothing is called satisfied on the ground
//! that no cycle was found, an order is sought: transactions are placed one after the other, each where its reads see
//! what is there. An order that is found proves that the model holds. That there is none proves that it is violated. If
//! the budget ends first, the model is undecided.
//!
//! A transaction can be placed if it is its turn (by its session, or by real time), if what it reads is there, and if
//! nobody else still has to read what it writes over. Two kinds of transactions are placed at once, without a choice,
//! because any order that exists stays one if they are moved ahead: those that write nothing, and those whose writes
//! nobody reads. The others are tried in the order in which their versions were first read. A state that led nowhere is
//! not tried again: what was placed, and what is there.
//!
//! Left out are transactions that failed, and those of unknown outcome that nobody read: an order with them is one
//! without them.

mod search;
mod tasks;

use super::anomaly::Order;
use super::input::Transactions;
use super::writers::Writers;
use tasks::Tasks;

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// An order.
    Order,
    /// That there is none.
    None,
    /// Nothing: the budget ran out.
    OutOfSteps,
}

/// Searches for a serial order that respects this order besides.
pub(super) fn search(transactions: &Transactions, writers: &Writers, order: Order) -> Found {
    search::search(&Tasks::new(transactions, writers), order)
}
