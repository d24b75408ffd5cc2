//! Which answers of a probe are recorded: those that say something new, and the same again from time to time.

use std::time::{Duration, Instant};

/// What was recorded last.
pub(super) struct News<T>(Option<(Instant, T)>);

impl<T> Default for News<T> {
    fn default() -> News<T> {
        News(None)
    }
}

impl<T: Clone + PartialEq> News<T> {
    /// Whether nothing was recorded yet.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether what was said now is to be recorded: it is new, or was recorded `again` ago.
    pub(super) fn takes(&mut self, said: &T, now: Instant, again: Duration) -> bool {
        let repeats =
            |(at, before): &(Instant, T)| before == said && now.duration_since(*at) < again;
        if self.0.as_ref().is_some_and(repeats) {
            return false;
        }
        self.0 = Some((now, said.clone()));
        true
    }
}
