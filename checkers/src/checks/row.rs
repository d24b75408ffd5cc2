//! One row of the table of checks: a name, what it rules out, and the function that judges.

use super::Check;
use super::scope::Scope;
use crate::verdict::{Class, Verdict};

/// A check: one row of [`TABLE`](super::TABLE), or one of your own for [`judge_with`](super::judge_with).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Row {
    /// Its stable name.
    pub name: &'static str,
    /// What kind of promise it is about.
    pub class: Class,
    /// What it rules out.
    pub rules_out: &'static str,
    /// On whose authority.
    pub authority: &'static str,
    /// What a history must contain for it to be asked.
    pub scope: Scope,
    /// Judges. If it panics, the check is *undecided* with the panic's message.
    pub judge: fn(&Check<'_>) -> Verdict,
}

impl Row {
    /// A check of your own.
    pub const fn new(
        name: &'static str,
        class: Class,
        rules_out: &'static str,
        authority: &'static str,
        judge: fn(&Check<'_>) -> Verdict,
    ) -> Row {
        Row {
            name,
            class,
            rules_out,
            authority,
            scope: Scope::Every,
            judge,
        }
    }

    /// The same, asked only of histories that contain this. Others have no verdict of it.
    #[must_use]
    pub const fn of(self, scope: Scope) -> Row {
        Row { scope, ..self }
    }
}
