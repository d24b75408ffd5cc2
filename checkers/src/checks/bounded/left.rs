//! What is left of a history, and what was counted of all of it.

use crate::checks::judging::judge_counted;
use crate::checks::row::Row;
use crate::checks::tally::Tally;
use crate::history::{History, Unknown};
use crate::judgement::Judgement;

/// A history of which what is settled was forgotten, and what was counted while its lines were taken.
#[derive(Clone, Debug)]
pub struct Left {
    /// The lines that are left: all of them, if nothing was forgotten.
    pub history: History,
    pub(super) tally: Tally,
}

impl Left {
    /// The same, with what its reader did not understand.
    pub fn with_unknown(self, unknown: Unknown) -> Left {
        Left {
            history: self.history.with_unknown(unknown),
            ..self
        }
    }

    /// Judges it by these checks, to the same bytes as the whole history. A check of your own needs the whole history,
    /// and is *undecided* if something was forgotten.
    pub fn judge(self, rows: &[Row]) -> (History, Judgement) {
        let judgement = judge_counted(&self.history, Some(self.tally), rows);
        (self.history, judgement)
    }
}
