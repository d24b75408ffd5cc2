//! What is said of a file, whichever kind of judge its model has.

use serde::Serialize;

use super::verdict::ForeignVerdict;
#[cfg(feature = "kafka")]
use crate::judgement::Judgement;
#[cfg(feature = "transactions")]
use crate::transactions::TransactionsVerdict;
use crate::verdict::Validity;

/// What is said of a file. As JSON it is the verdict itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Judged {
    /// Of operations on objects: whether they have a linearization.
    Objects(Box<ForeignVerdict>),
    #[cfg(feature = "transactions")]
    /// Of transactions: their anomalies, and what these rule out.
    Transactions(Box<TransactionsVerdict>),
    #[cfg(feature = "kafka")]
    /// Of a recorded run: what every check says.
    Run(Box<Judgement>),
}

impl Judged {
    /// The one word.
    pub fn validity(&self) -> Validity {
        match self {
            Judged::Objects(verdict) => verdict.validity,
            #[cfg(feature = "transactions")]
            Judged::Transactions(verdict) => verdict.validity,
            #[cfg(feature = "kafka")]
            Judged::Run(judgement) => judgement.validity(),
        }
    }

    /// The evidence as lines of text, for a person. Of a run: one line for each check that found something.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Judged::Objects(verdict) => verdict.lines(),
            #[cfg(feature = "transactions")]
            Judged::Transactions(verdict) => {
                let mut lines = vec![verdict.boundary()];
                lines.extend(verdict.lines());
                lines
            }
            #[cfg(feature = "kafka")]
            Judged::Run(judgement) => {
                let found = judgement
                    .verdicts
                    .iter()
                    .filter(|v| !v.anomalies.is_empty());
                let line =
                    |v: &crate::verdict::Verdict| format!("{}: {}", v.check, v.anomaly_count);
                found.map(line).collect()
            }
        }
    }
}
