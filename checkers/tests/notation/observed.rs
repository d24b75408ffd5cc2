//! What probes say of groups and transactions, in the notation.

use checkers::history::{Coordinated, ListedTransaction, Seen, Text};

use super::members::member;
use super::words;

/// What a node says of groups and transactions: `coordinates g n2`, `group g Stable m1 m2`,
/// `transactions x1/17/Ongoing/120`; none if it is something else.
pub(super) fn seen(what: &str, rest: &[&str]) -> Option<Seen> {
    Some(match what {
        "coordinates" => Seen::Coordinator {
            of: Coordinated::Group,
            key: rest[0].into(),
            coordinator: rest.get(1).map(|node| Text::from(*node)),
        },
        "group" => Seen::Group {
            group: rest[0].into(),
            state: rest[1].into(),
            members: rest[2..].iter().map(|word| member(word)).collect(),
        },
        "transactions" => {
            let listed = rest.iter().map(|word| {
                let parts: Vec<&str> = word.split('/').collect();
                ListedTransaction {
                    transactional_id: parts[0].into(),
                    producer_id: words::number(parts[1]),
                    state: parts[2].into(),
                    open_ms: parts.get(3).map(|word| words::number(word)),
                }
            });
            Seen::Transactions {
                transactions: listed.collect(),
            }
        }
        _ => return None,
    })
}
