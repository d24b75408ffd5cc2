//! Why a foreign history cannot be judged.

use thiserror::Error;

use super::model_name::ModelName;
use crate::edn::EdnError;
use crate::history::jsonl::ParseError;
use crate::linearizability::Malformed;
#[cfg(feature = "transactions")]
use crate::transactions::TransactionError;

/// Why a foreign history cannot be judged. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// A line says something that no history of this model says.
    #[error("line {line}: {problem}")]
    Line {
        /// Which line.
        line: usize,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The bytes are not text.
    #[error("line {line}: not UTF-8 text")]
    NotText {
        /// Which line.
        line: usize,
    },
    /// The text is in none of the notations that are read.
    #[error(
        "line {line} begins neither EDN, nor JSON, nor a line of the etcd log format, nor the header of a jepsen \
         history; histories of other tools are judged as Jepsen's EDN: a map a line with :process, :type, :f, :value"
    )]
    UnknownFormat {
        /// The first line that says anything.
        line: usize,
    },
    /// A notation that is recognised and not read.
    #[error("line {line}: this is {what}, and not read; {fix}")]
    OtherNotation {
        /// Which line shows it.
        line: usize,
        /// What it is.
        what: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// A history of our own could not be read.
    #[error("{0}")]
    Recorded(ParseError),
    /// No model was named, and it does not follow from the operations.
    #[error(
        "which model? The history calls {functions}: name one with --model; there are: {}",
        ModelName::ALL.map(ModelName::name).join(", ")
    )]
    NoModel {
        /// The functions called.
        functions: String,
    },
    /// A history of this notation cannot be judged by this model, e.g. a recorded run as transactions.
    #[error(
        "a history of this kind cannot be judged by model {}: a recorded run is judged without a model or by kafka, \
         log or register, an etcd log by a model of objects, EDN and JSON by any model",
        .0.name()
    )]
    OtherModel(ModelName),
    /// A consistency model is expected of a history that is not of transactions.
    #[error(
        "the consistency model {expected} is expected, but {} has no transactions; --expect goes with list-append, \
         rw-register and kafka",
        .model.map_or("this history", ModelName::name)
    )]
    NotExpected {
        /// By which model the history is to be judged; none if none was named.
        model: Option<ModelName>,
        /// The consistency model.
        expected: &'static str,
    },
    /// A consistency model is expected that such histories cannot show.
    #[error(
        "histories of model {} show nothing of {expected}; the strongest that they can be judged by is {strongest}",
        .model.name()
    )]
    TooStrong {
        /// The model of the history.
        model: ModelName,
        /// The consistency model.
        expected: &'static str,
        /// The strongest one that is judged.
        strongest: &'static str,
    },
    /// The operations contradict themselves.
    #[error("{0}")]
    Malformed(Malformed),
}

impl ForeignError {
    pub(super) fn line(line: usize, problem: impl Into<String>) -> ForeignError {
        ForeignError::Line {
            line,
            problem: problem.into(),
        }
    }
}

#[cfg(feature = "transactions")]
impl From<TransactionError> for ForeignError {
    fn from(error: TransactionError) -> ForeignError {
        ForeignError::line(error.line, error.problem.to_string())
    }
}

impl From<EdnError> for ForeignError {
    fn from(error: EdnError) -> ForeignError {
        ForeignError::line(error.line, error.problem.to_string())
    }
}
