//! The order of one producer: what it sends later has the higher offset.
//!
//! Order never crosses an unknown outcome: a request that timed out may be appended after the next one. So a session
//! ends there, and only what surely took effect is compared.

use std::collections::BTreeMap;

use super::super::anomaly::PhenomenonKind;
use super::super::findings::Findings;
use super::super::input::Transactions;
use super::super::witness::Witness;
use super::places::Places;

pub(super) fn check(transactions: &Transactions, places: &Places, findings: &mut Findings) {
    let mut last: BTreeMap<(usize, u32), (i64, u32)> = BTreeMap::new();
    for operation in &transactions.log {
        for record in operation.sent() {
            let Some(offset) = places.sent_at(operation, &record) else {
                continue;
            };
            let own = (offset, operation.transaction);
            let before = last.insert((operation.session, record.key), own);
            let Some((from, earlier)) = before.filter(|(from, _)| *from >= offset) else {
                continue;
            };
            let kind = match earlier == operation.transaction {
                true => PhenomenonKind::IntSendOrder,
                false => PhenomenonKind::SendOrder,
            };
            findings.add(kind, || Witness::Moved {
                transactions: [earlier, operation.transaction].map(|one| transactions.id(one)),
                key: transactions.key_name(record.key),
                offsets: [from, offset],
                skipped: Vec::new(),
            });
        }
    }
}
