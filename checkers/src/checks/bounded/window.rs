//! How much is kept before anything is forgotten, and which checks can judge what is left.

use crate::checks::TABLE;
use crate::checks::row::Row;

/// Whether a check judges what is left of a history to the same bytes: all of [`TABLE`] do. A check of your own needs
/// the whole history; on a reduced one it is *undecided*.
pub fn judges(row: &Row) -> bool {
    TABLE.iter().any(|known| known.name == row.name)
}

/// How much is kept before anything is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Lines and records. A history with fewer is kept as a whole.
    pub lines: usize,
    /// Lines that are too recent to be forgotten.
    pub recent: usize,
    /// Lines for which a consumer that does not poll is waited for.
    pub patience: usize,
}

impl Window {
    /// Nothing is forgotten.
    pub fn whole() -> Window {
        Window {
            lines: usize::MAX,
            ..Window::default()
        }
    }

    /// The window for these checks: nothing is forgotten if one of them needs the whole history.
    pub fn of(rows: &[Row]) -> Window {
        match rows.iter().all(judges) {
            true => Window::default(),
            false => Window::whole(),
        }
    }
}

impl Default for Window {
    /// A run of ten minutes at the default rate is kept as a whole.
    fn default() -> Self {
        Window {
            lines: 1_200_000,
            recent: 200_000,
            patience: 600_000,
        }
    }
}
