//! How sentences name what findings of groups and transactions are made of: transactions, records, take-overs, lists.

use checkers::verdict::{Fenced, Placed, TransactionNamed};

use crate::format::{moment, untrusted};

/// The most records or names that a sentence lists.
const LISTED_MAX: usize = 5;

/// `transaction tx-1 (operation 12, producer 7, epoch 3)`. What is not known is left out.
pub(super) fn transaction(named: &TransactionNamed) -> String {
    let mut known = vec![format!("operation {}", named.operation)];
    if named.producer_id >= 0 {
        known.push(format!("producer {}", named.producer_id));
    }
    if named.epoch >= 0 {
        known.push(format!("epoch {}", named.epoch));
    }
    format!(
        "transaction {} ({})",
        untrusted(&named.transactional_id),
        known.join(", ")
    )
}

/// `17-4 (t0/1, offset 9)`.
pub(super) fn record(placed: &Placed) -> String {
    let offset = placed.offset.map(|offset| format!(", offset {offset}"));
    format!(
        "{} ({}/{}{})",
        untrusted(&placed.value),
        untrusted(&placed.topic),
        placed.partition,
        offset.unwrap_or_default()
    )
}

/// The first few records.
pub(super) fn records(placed: &[Placed]) -> String {
    listed(placed, record)
}

/// The first few names, or `nothing`.
pub(super) fn names(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    listed(names, |name| untrusted(name))
}

/// `Another producer took over the transactional id: its InitProducerId (operation 7) was answered at 1.200 s with epoch 4.`
pub(super) fn take_over(fence: &Fenced) -> String {
    format!(
        "Another producer took over the transactional id: its InitProducerId (operation {}) was answered at {} \
         with epoch {}.",
        fence.operation,
        moment(fence.at),
        fence.epoch
    )
}

/// The first few of a list.
pub(super) fn listed<T>(all: &[T], one: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = all.iter().take(LISTED_MAX).map(one).collect();
    match all.len().saturating_sub(LISTED_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out_and_lists_are_short() {
        let named = TransactionNamed {
            transactional_id: "tx-1".into(),
            producer_id: -1,
            epoch: -1,
            operation: 12,
        };
        assert_eq!(transaction(&named), "transaction tx-1 (operation 12)");
        let seven: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
        assert_eq!(names(&seven), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!(names(&[]), "nothing");
    }
}
