//! How much of a text may be read more than once: trying ends of objects costs time.

/// How many bytes may be read again.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget(u64);

impl Budget {
    /// That of a text: some eight times its length.
    pub(super) fn of(text: &str) -> Budget {
        const LEAST: u64 = 8 << 20;
        const TIMES: u64 = 8;
        Budget(LEAST + TIMES * text.len() as u64)
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.0 == 0
    }

    /// Spends these, and one more.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes as u64 + 1);
    }
}
