//! Transactions: which anomalies a history has, and which consistency models they rule out.
//!
//! This is Elle's method (Alvaro and Kingsbury, *Elle: Inferring Isolation Anomalies from Experimental
//! Observations*, VLDB 2020): clients write values that are unique for their key, so that reads show
//! who precedes whom; a cycle among transactions proves that no order explains what clients saw.
//!
//! | model | actions | version order |
//! |---|---|---|
//! | `list-append` | `[:append k v]`, `[:r k [v ...]]` | from the longest read of each key |
//! | `rw-register` | `[:w k v]`, `[:r k v]` | what a transaction wrote follows what it read; clients' order and real time |
//! | `kafka` | `[:send k [offset v]]`, `[:poll {k [[offset v] ...]}]` | from the offsets, exactly |
//!
//! The anomalies, what each rules out and the authority for it are documented at [`PhenomenonKind`]; the models
//! and how they follow from each other at [`ConsistencyModel`]. A verdict names the strongest models that hold
//! and the weakest that are violated: *hold* means that no anomaly rules them out, which is as much
//! as any observer can say.
//!
//! What is claimed is true of every order that explains the history. Nothing is assumed of a
//! transaction without a known outcome but what others saw of it. Work and memory are linear in the
//! history where it has no cycles; where it has, the search for cycles has a budget of steps. Registers
//! that are written blindly leave the order of versions open. Then a model holds only if an order of the
//! transactions was found that explains all reads, and is undecided if the budget of that search ran out.
//!
//! ```
//! use checkers::edn;
//! use checkers::transactions::{ConsistencyModel, TransactionOptions, judge_list_append};
//!
//! // Two transactions read the same list and both append to it: one update is lost.
//! let text = "
//!     {:process 0, :type :invoke, :f :txn, :value [[:r :x nil] [:append :x 1]]}
//!     {:process 1, :type :invoke, :f :txn, :value [[:r :x nil] [:append :x 2]]}
//!     {:process 0, :type :ok,     :f :txn, :value [[:r :x []]  [:append :x 1]]}
//!     {:process 1, :type :ok,     :f :txn, :value [[:r :x []]  [:append :x 2]]}
//! ";
//! let operations = edn::operations(edn::entries(text).unwrap()).unwrap();
//! let verdict = judge_list_append(&operations, &TransactionOptions::default()).unwrap();
//! assert_eq!(verdict.validity.word(), "invalid");
//! assert!(verdict.violated.contains(&ConsistencyModel::CursorStability));
//! assert!(verdict.lines().contains(&"lost-update: 1, rules out cursor-stability, update-atomic".into()));
//! ```

mod anomaly;
mod blind;
mod components;
mod cycles;
#[cfg(feature = "edn")]
mod edn;
mod explain;
mod findings;
#[cfg(feature = "edn")]
mod forms;
mod graph;
mod input;
mod internal;
mod lists;
mod log_operation;
mod logs;
mod models;
mod names;
mod numbers;
mod orders;
mod reach;
mod reads;
mod records;
mod registers;
#[cfg(feature = "edn")]
mod sends;
mod serial;
mod shape;
mod time;
mod updates;
mod verdict;
mod walks;
mod witness;
mod words;
mod writers;

pub use anomaly::{Cycle, Order, PhenomenonKind};
#[cfg(feature = "edn")]
pub use edn::transactions;
pub use findings::EXAMPLES_MAX;
#[cfg(feature = "edn")]
pub use forms::{TransactionError, TransactionProblem};
pub use input::{Head, Transactions};
pub use models::{ConsistencyModel, UnknownConsistencyModel};
pub use names::Name;
pub use shape::Shape;
pub use verdict::{Limitation, Outcomes, TransactionOptions, TransactionsVerdict};
pub use witness::{Because, Phenomenon, Place, Step, Witness};

use std::collections::BTreeSet;

use findings::Findings;
use graph::Edges;
use models::Boundary;
use orders::Orders;
use writers::Writers;

#[cfg(feature = "edn")]
use crate::edn::EdnOperation;
use crate::history::Outcome;
use crate::verdict::Validity;

/// Judges a Jepsen history of transactions over lists.
///
/// # Errors
/// If an operation is not a transaction of appends and reads.
#[cfg(feature = "edn")]
pub fn judge_list_append(
    operations: &[EdnOperation<'_>],
    options: &TransactionOptions,
) -> Result<TransactionsVerdict, TransactionError> {
    let transactions = transactions(operations, Shape::Lists)?;
    Ok(judge_lists(&transactions, options))
}

/// Judges a Jepsen history of transactions over registers.
///
/// # Errors
/// If an operation is not a transaction of writes and reads.
#[cfg(feature = "edn")]
pub fn judge_rw_register(
    operations: &[EdnOperation<'_>],
    options: &TransactionOptions,
) -> Result<TransactionsVerdict, TransactionError> {
    let transactions = transactions(operations, Shape::Registers)?;
    Ok(judge_registers(&transactions, options))
}

/// Judges a Jepsen history of Kafka transactions, or of single sends and polls.
///
/// Only what Kafka promises counts: that no record is lost, doubled or out of order, that nothing aborted or not yet
/// committed is read, and that no transactions read each other in a cycle, so that the strongest model here is strong
/// read committed. That their writes interleave is reported as [`TransactionsVerdict::tolerated`].
///
/// # Errors
/// If an operation does not consist of sends and polls.
#[cfg(feature = "edn")]
pub fn judge_sends_and_polls(
    operations: &[EdnOperation<'_>],
    options: &TransactionOptions,
) -> Result<TransactionsVerdict, TransactionError> {
    let transactions = transactions(operations, Shape::Logs)?;
    Ok(judge_logs(&transactions, options))
}

/// Judges transactions over lists.
pub fn judge_lists(
    transactions: &Transactions,
    options: &TransactionOptions,
) -> TransactionsVerdict {
    judge(transactions, Shape::Lists, options)
}

/// Judges transactions over registers.
pub fn judge_registers(
    transactions: &Transactions,
    options: &TransactionOptions,
) -> TransactionsVerdict {
    judge(transactions, Shape::Registers, options)
}

/// Judges transactions over logs by what was aborted and by cycles. Which records are lost or out of order needs what a
/// history in EDN says besides: see [`judge_sends_and_polls`].
pub fn judge_logs(
    transactions: &Transactions,
    options: &TransactionOptions,
) -> TransactionsVerdict {
    judge(transactions, Shape::Logs, options)
}

fn judge(
    transactions: &Transactions,
    shape: Shape,
    options: &TransactionOptions,
) -> TransactionsVerdict {
    let mut findings = Findings::default();
    let mut tolerated = Findings::default();
    let writers = Writers::new(transactions);
    reads::check(transactions, shape, &writers, &mut findings);
    let mut edges = Edges::new(transactions.len());
    // Whether data leaves the order of some writes open.
    let mut is_open = false;
    match shape {
        Shape::Lists => {
            internal::check(transactions, shape, &writers, &mut findings);
            let updates = updates::updates(transactions, &writers);
            updates::check(transactions, &writers, &updates, &mut findings);
            let orders = Orders::new(transactions, &writers, &mut findings);
            lists::add_edges(transactions, &writers, &orders, &mut edges, &mut findings);
        }
        Shape::Registers => {
            internal::check(transactions, shape, &writers, &mut findings);
            let updates = updates::updates(transactions, &writers);
            updates::check(transactions, &writers, &updates, &mut findings);
            registers::add_edges(transactions, &writers, &updates, &mut edges);
            blind::add_edges(transactions, &writers, &mut edges);
            is_open = blind::is_open(transactions, &writers, &updates);
        }
        Shape::Logs => {
            records::check(transactions, &writers, &mut findings, &mut tolerated);
            logs::add_write_read_edges(transactions, &writers, &mut edges);
            let mut all = edges.clone();
            logs::add_write_write_edges(transactions, &writers, &mut all);
            add_cycles(transactions, all, &mut tolerated);
        }
    }
    let mut doubts = doubts(transactions, &writers, &edges);
    if add_cycles(transactions, edges, &mut findings) {
        doubts.push(Limitation::OutOfSteps);
    }
    let strongest = shape.strongest();
    let expected = match strongest.implied().contains(&options.expected) {
        true => options.expected,
        false => strongest,
    };
    let proven = is_open.then(|| prove(transactions, &writers, &mut findings));
    let Boundary {
        holds,
        violated,
        open,
    } = Boundary::of(strongest, &findings.ruled_out(), proven.as_ref());
    let anomalies = findings.take_anomalies();
    let mut tolerated = tolerated.take_anomalies();
    tolerated.retain(|anomaly| !anomalies.contains(anomaly));
    let mut verdict = TransactionsVerdict {
        validity: Validity::Undecided,
        expected,
        shape,
        transactions: outcomes(transactions),
        holds,
        violated,
        open,
        counts: findings.counts,
        anomalies,
        tolerated,
        doubts,
    };
    verdict.validity = verdict.under(expected);
    verdict
}

/// The models that hold for certain although the order of some writes is open: those whose anomalies are cycles without
/// read-write edges, because any order of the writes that such cycles do not forbid will do; and those for which a
/// serial order was found. That there is none is an anomaly.
fn prove(
    transactions: &Transactions,
    writers: &Writers,
    findings: &mut Findings,
) -> BTreeSet<ConsistencyModel> {
    let mut proven = ConsistencyModel::StrongReadCommitted.implied();
    if !writers.disputed.is_empty() {
        return proven;
    }
    for (order, model) in [
        (Order::Realtime, ConsistencyModel::StrictSerializable),
        (Order::Process, ConsistencyModel::StrongSessionSerializable),
        (Order::Data, ConsistencyModel::Serializable),
    ] {
        if !model.implied().is_disjoint(&findings.ruled_out()) {
            continue;
        }
        match serial::search(transactions, writers, order) {
            serial::Found::Order => {
                proven.extend(model.implied());
                break;
            }
            serial::Found::None => {
                findings.add(PhenomenonKind::NoOrder(order), || Witness::Unordered {
                    transactions: transactions
                        .each()
                        .filter(|(_, t)| t.is(Outcome::Ok))
                        .count() as u64,
                })
            }
            serial::Found::OutOfSteps => {}
        }
    }
    proven
}

/// Finds the cycles of these edges together with process and real time; returns whether the search
/// ran out of steps.
fn add_cycles(transactions: &Transactions, mut edges: Edges, findings: &mut Findings) -> bool {
    time::add_edges(transactions, &mut edges);
    let cycles = cycles::search(&edges.graph(), numbers::number(transactions.len()));
    for ((order, cycle), count) in &cycles.counts {
        let kind = PhenomenonKind::Cycle(*order, *cycle);
        findings.counts.insert(kind, *count);
    }
    for found in &cycles.found {
        let kind = PhenomenonKind::Cycle(found.order, found.cycle);
        findings.keep(kind, || explain::explain(transactions, &found.edges));
    }
    cycles.exhausted
}

fn doubts(transactions: &Transactions, writers: &Writers, edges: &Edges) -> Vec<Limitation> {
    let mut doubts = Vec::new();
    if outcomes(transactions).ok == 0 {
        doubts.push(Limitation::NothingHappened);
    } else if edges.is_empty() {
        doubts.push(Limitation::NothingDepends);
    }
    if let Some((version, by)) = writers.disputed.first() {
        let (key, value) = &transactions.versions[*version as usize];
        doubts.push(Limitation::WrittenTwice {
            key: transactions.key_name(*key),
            value: value.clone(),
            writers: by.map(|writer| transactions.id(writer)),
            others: writers.disputed.len() as u64 - 1,
        });
    }
    doubts
}

fn outcomes(transactions: &Transactions) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for (_, transaction) in transactions.each() {
        match transaction.head.outcome {
            Outcome::Ok => outcomes.ok += 1,
            Outcome::Fail => outcomes.fail += 1,
            Outcome::Info => outcomes.info += 1,
        }
    }
    outcomes
}
