//! `lso-stuck`: in the end the last stable offset has come to the end of each log, because every transaction has ended or
//! timed out. The wait is counted from the last sign of a transaction, and from the last heal; a final reading that came
//! before the limit proves nothing, and the check is then undecided.

use super::ledger::Ledger;
use super::open_too_long::limit_ms;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::Moment;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

const MS: Moment = 1_000_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let since = last_sign(ledger).max(last_heal(check));
    let limit = limit_ms(check);
    for log in &ledger.logs {
        let (Some(stable), Some(end)) = (log.last_stable_offset, log.high_watermark) else {
            continue;
        };
        verdict.saw("final readings of a log", 1);
        if stable >= end {
            continue;
        }
        let waited_ms = log.called.saturating_sub(since) / MS;
        let Some(limit_ms) = limit.filter(|limit| waited_ms > *limit) else {
            let what = "final readings after the transaction time-out".to_owned();
            verdict.doubt(Doubt::NothingSeen { what });
            continue;
        };
        verdict.found(Anomaly {
            kind: Finding::StableOffsetStuck {
                node: log.node.to_owned(),
                last_stable_offset: stable,
                high_watermark: end,
                waited_ms,
                limit_ms,
            },
            certain: false,
            evidence: evidence(log.place, &log.reads, &[stable]),
        });
    }
    check.saw(ledger.logs.len() as u64, "logs", &mut verdict);
    verdict
}

/// The last moment at which some transaction may have done something.
fn last_sign(ledger: &Ledger<'_>) -> Moment {
    let ends = ledger.transactions.iter().map(|tx| {
        // One that never returned: its client is gone, and its last request may have come any time later. The coordinator
        // counts its time-out from its begin.
        tx.operation.completed().unwrap_or(tx.operation.called)
    });
    ends.max().unwrap_or(0)
}

fn last_heal(check: &Check<'_>) -> Moment {
    let heals = check.windows().iter().map(|window| window.end(0));
    heals.max().unwrap_or(0)
}
