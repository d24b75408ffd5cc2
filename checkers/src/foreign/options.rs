//! How a foreign history is judged, where the file does not say.

use super::keys::Keys;
use crate::invariants::BankRules;
use crate::linearizability::SearchOptions;
#[cfg(feature = "transactions")]
use crate::transactions::ConsistencyModel;

/// How a foreign history is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignOptions {
    /// The search for a linearization.
    pub search: SearchOptions,
    /// Whether values have a key before them.
    pub keys: Keys,
    /// What a bank promises.
    pub bank: BankRules,
    /// The model that transactions must satisfy to be valid; none for the strongest that they can show.
    #[cfg(feature = "transactions")]
    pub expected: Option<ConsistencyModel>,
}

impl ForeignOptions {
    /// With another search.
    #[must_use]
    pub fn search(mut self, search: SearchOptions) -> ForeignOptions {
        self.search = search;
        self
    }

    /// With another reading of keys.
    #[must_use]
    pub fn keys(mut self, keys: Keys) -> ForeignOptions {
        self.keys = keys;
        self
    }

    /// With this model expected of transactions.
    #[cfg(feature = "transactions")]
    #[must_use]
    pub fn expecting(mut self, expected: Option<ConsistencyModel>) -> ForeignOptions {
        self.expected = expected;
        self
    }

    /// With other promises of a bank.
    #[must_use]
    pub fn bank(mut self, bank: BankRules) -> ForeignOptions {
        self.bank = bank;
        self
    }
}
