//! `open-too-long`: no transaction is listed as open for longer than its time-out allows: the time-out once more for each
//! fail-over near it, because a new coordinator may begin to count anew, the interval at which the coordinator looks, and the
//! time of a fail-over. The age is the node's own word; without it (ListTransactions before version 1) nothing is judged.

use crate::checks::Check;
use crate::history::{Moment, Seen};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

const MS: Moment = 1_000_000;

/// How often a coordinator looks for transactions that timed out, where the history does not say it: Kafka's default.
const SCAN_MS: u64 = 10_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let Some(limit) = limit_ms(check) else {
        check.saw(0, "transaction time-outs", &mut verdict);
        return verdict;
    };
    let (mut lists, mut count) = (0, 0);
    // How long, and the limit, of the one that lies nearest to its limit or farthest beyond it.
    let mut worst: Option<(u64, u64)> = None;
    let timeout_ms = check
        .history()
        .header()
        .timeouts
        .transaction_ms
        .unwrap_or(0);
    let mut reported = std::collections::BTreeSet::new();
    for observed in check.history().observations() {
        let Seen::Transactions { transactions } = &observed.observation.seen else {
            continue;
        };
        if !observed.observation.answered {
            continue;
        }
        let open = || {
            transactions
                .iter()
                .filter(|listed| listed.state == "Ongoing")
        };
        // A list without open transactions is an answer, too: where they are short, none of them may ever be seen.
        lists += u64::from(open().all(|listed| listed.open_ms.is_some()));
        for listed in open() {
            let Some(open_ms) = listed.open_ms else {
                continue;
            };
            count += 1;
            let from = observed.at.saturating_sub(open_ms.saturating_mul(MS));
            let windows = check.windows().iter();
            let fail_overs = windows
                .filter(|window| window.overlaps(from, observed.at, 0))
                .count();
            let limit_ms = limit.saturating_add(timeout_ms.saturating_mul(fail_overs as u64));
            if worst.is_none_or(|(open, limit)| {
                open_ms.saturating_add(limit) > open.saturating_add(limit_ms)
            }) {
                worst = Some((open_ms, limit_ms));
            }
            let key = (
                &listed.transactional_id,
                listed.producer_id,
                from / (limit * MS).max(1),
            );
            if open_ms <= limit_ms || !reported.insert(key) {
                continue;
            }
            let finding = Finding::OpenTooLong {
                node: observed.observation.node.to_string(),
                transactional_id: listed.transactional_id.to_string(),
                open_ms,
                limit_ms,
            };
            let evidence = Evidence {
                events: vec![observed.id],
                nodes: vec![observed.observation.node.to_string()],
                window: Some((from, observed.at)),
                ..Evidence::default()
            };
            let excess = open_ms - limit_ms;
            check.unless_starved_by(excess, finding, evidence, (from, observed.at), &mut verdict);
        }
    }
    if let Some((open_ms, limit_ms)) = worst {
        verdict.figure(
            "open_transaction_ms",
            open_ms,
            Some(limit_ms),
            Unit::Milliseconds,
        );
    }
    verdict.saw("open transactions that were listed", count);
    check.saw_in_run(lists, "lists of transactions", &mut verdict);
    verdict
}

/// How long a transaction may be open without a fault, in ms; none if the time-out is not known.
pub(in crate::checks) fn limit_ms(check: &Check<'_>) -> Option<u64> {
    let timeouts = check.history().header().timeouts;
    let timeout = timeouts.transaction_ms?;
    let scan = timeouts.scan_ms.unwrap_or(SCAN_MS);
    let fail_over = check.history().limits().fail_over_ms;
    Some(timeout.saturating_add(scan).saturating_add(fail_over))
}
