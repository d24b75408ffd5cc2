//! A row of the catalogue: on which kind of line, in which field, what is changed, and what must come of it.

use super::draft::Draft;
use super::extent::{Extent, Scope};
pub(super) use super::line::Line;

/// What must come of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// At least one of these checks calls the history invalid.
    Red(&'static [&'static str]),
    /// At least one of these checks is no longer valid; it need not be invalid, for this reason.
    Open(&'static [&'static str], &'static str),
    /// The lie is legal, for this reason. All checks remain as they were.
    Equivalent(&'static str),
    /// No check reports it: a known limit, with its reason.
    Limit(&'static str),
    /// There is no such mutant: it would be another row's.
    None,
}

/// A way to lie.
#[derive(Clone, Copy, Debug)]
pub struct Lie {
    /// On which kind of line.
    pub line: Line,
    /// The field, as in [`FIELDS`](super::FIELDS).
    pub field: &'static str,
    /// The change in words.
    pub change: &'static str,
    /// What must come of it once, for a while, and from a moment on.
    pub expected: [Expected; 3],
    /// The scopes of the longer extents.
    pub scopes: &'static [Scope],
    /// Whether the longer extents must lie where no fault is near, because the checks that must report it excuse
    /// what happens near a fault.
    pub(super) is_quiet: bool,
    /// Changes one line. False if the change does not apply to it, and nothing was changed.
    pub(super) edit: fn(&mut Draft<'_, '_>, usize) -> bool,
    /// What follows from all changes together.
    pub(super) after: fn(&mut Draft<'_, '_>),
}

impl Lie {
    pub(super) const fn new(
        line: Line,
        field: &'static str,
        change: &'static str,
        edit: fn(&mut Draft<'_, '_>, usize) -> bool,
    ) -> Lie {
        Lie {
            line,
            field,
            change,
            expected: [Expected::None; 3],
            scopes: &[Scope::Anywhere],
            is_quiet: false,
            edit,
            after: nothing,
        }
    }

    /// The same result for every extent.
    pub(super) const fn is(mut self, expected: Expected) -> Lie {
        self.expected = [expected; 3];
        self
    }

    /// The result of a single lie.
    pub(super) const fn once(mut self, expected: Expected) -> Lie {
        self.expected[0] = expected;
        self
    }

    /// The result of the longer extents.
    pub(super) const fn long(mut self, expected: Expected) -> Lie {
        self.expected[1] = expected;
        self.expected[2] = expected;
        self
    }

    /// The result from a moment on.
    pub(super) const fn on(mut self, expected: Expected) -> Lie {
        self.expected[2] = expected;
        self
    }

    pub(super) const fn over(mut self, scopes: &'static [Scope]) -> Lie {
        self.scopes = scopes;
        self
    }

    pub(super) const fn quiet(mut self) -> Lie {
        self.is_quiet = true;
        self
    }

    pub(super) const fn then(mut self, after: fn(&mut Draft<'_, '_>)) -> Lie {
        self.after = after;
        self
    }

    /// What must come of it with this extent.
    pub fn expected(&self, extent: Extent) -> Expected {
        self.expected[extent as usize]
    }
}

fn nothing(_: &mut Draft<'_, '_>) {}
