//! What a fault counted while it lasted: names and values. A window has effect only if they say so, and a history keeps
//! them beside the evidence in words.

use std::collections::BTreeMap;
use std::fmt;

/// Names and values, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<&'static str, u64>);

impl Counters {
    /// Adds to a counter, which begins at zero.
    pub fn add(&mut self, name: &'static str, value: u64) {
        let counter = self.0.entry(name).or_default();
        *counter = counter.saturating_add(value);
    }

    /// Keeps the larger value.
    pub fn at_least(&mut self, name: &'static str, value: u64) {
        let counter = self.0.entry(name).or_default();
        *counter = value.max(*counter);
    }

    /// A counter's value; zero if nothing was counted.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// What was counted since then. A largest value is not a sum, and stays.
    pub fn since(&self, before: &Counters) -> Counters {
        let since = self
            .0
            .iter()
            .map(|(name, value)| match name.contains("_max") {
                true => (*name, *value),
                false => (*name, value.saturating_sub(before.get(name))),
            });
        Counters(since.collect())
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a history writes them.
    pub fn named(&self) -> BTreeMap<String, u64> {
        let named = self.0.iter();
        named
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    }
}

impl fmt::Display for Counters {
    /// `dropped 3, stripped 412`, without what is zero.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.0.iter().filter(|(_, value)| **value > 0);
        let words: Vec<String> = counted
            .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
            .collect();
        match words.is_empty() {
            true => formatter.write_str("nothing counted"),
            false => formatter.write_str(&words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_add_up_and_say_what_is_not_zero() {
        let mut counters = Counters::default();
        assert_eq!(counters.to_string(), "nothing counted");
        counters.add("stripped", 400);
        counters.add("stripped", 12);
        counters.add("lost", 0);
        counters.at_least("late_max_us", 7);
        counters.at_least("late_max_us", 3);
        assert_eq!(counters.to_string(), "late max us 7, stripped 412");
        assert_eq!((counters.get("lost"), counters.get("never")), (0, 0));
        assert_eq!(counters.named().len(), 3);
        let mut before = Counters::default();
        before.add("stripped", 402);
        before.at_least("late_max_us", 5);
        assert_eq!(
            counters.since(&before).to_string(),
            "late max us 7, stripped 10"
        );
    }
}
