//! A bank: transfers between accounts, and reads of all balances. Authority: `jepsen.tests.bank`.
//!
//! Transfers move money and make none, so under snapshot isolation every read has the same total. That total is no part
//! of a history: it is given, or else all reads must agree on one. No balance may be negative, unless that is allowed.
//!
//! *Not noticed*: a transfer that is lost or done twice as a whole, money that goes to a wrong account, stale reads.

use std::fmt::{Display, Formatter};

use super::report::InvariantReport;
use crate::linearizability::Operation;
use crate::linearizability::models::Datum;
use crate::verdict::Rule;

/// What was done to a bank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BankAction<V> {
    /// Move money.
    Transfer {
        /// From this account.
        from: V,
        /// To this one.
        to: V,
        /// So much.
        amount: i64,
    },
    /// Read the balances of all accounts; none where an account had none.
    Read(Vec<(V, Option<i64>)>),
}

impl<V: std::fmt::Debug> Display for BankAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            BankAction::Transfer { from, to, amount } => {
                write!(f, "transfer {amount} from {from:?} to {to:?}")
            }
            BankAction::Read(balances) => {
                f.write_str("read")?;
                for (at, (account, balance)) in balances.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    match balance {
                        Some(balance) => write!(f, "{comma} {account:?}: {balance}")?,
                        None => write!(f, "{comma} {account:?}: nil")?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// What a bank promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BankRules {
    /// The total of all balances; if none is given, all reads must have the same.
    pub total: Option<i64>,
    /// Whether balances may be negative.
    pub negative_allowed: bool,
}

/// Judges a bank.
pub fn bank<V: Datum>(
    operations: &[&Operation<BankAction<V>>],
    rules: BankRules,
) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut expected = rules.total.map(|total| (i128::from(total), None));
    let mut reads = 0;
    for (position, operation) in operations.iter().enumerate() {
        let (BankAction::Read(balances), Some(_)) = (&operation.action, operation.returned) else {
            continue;
        };
        reads += 1;
        if let Some((account, _)) = balances.iter().find(|(_, balance)| balance.is_none()) {
            report.breach(Rule::NoBalance, &[position], || {
                format!("account {account:?}")
            });
            continue;
        }
        let amounts = || balances.iter().filter_map(|(_, balance)| *balance);
        let total: i128 = amounts().map(i128::from).sum();
        let (wanted, by) = *expected.get_or_insert((total, Some(position)));
        if total != wanted {
            let witness: Vec<usize> = by.into_iter().chain([position]).collect();
            report.breach(Rule::TotalChanged, &witness, || {
                format!("{total}, not {wanted}")
            });
        }
        if !rules.negative_allowed
            && let Some(negative) = amounts().find(|amount| *amount < 0)
        {
            report.breach(Rule::NegativeBalance, &[position], || negative.to_string());
        }
    }
    report.count("reads", reads);
    match (reads, rules.total) {
        (0, _) => report.doubt("no balances were read"),
        (1, None) => report.doubt("there is one read, and the total is not known"),
        _ => {}
    }
    report
}
