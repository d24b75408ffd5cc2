//! `unstable-for-ever`: a fetch of stable offsets is refused (UNSTABLE_OFFSET_COMMIT) only while a transaction that sent offsets
//! of that partition may be open. It may be open until its end was acknowledged, or else until its time-out and the time in
//! which a coordinator looks for it; once more for each fault meanwhile, because a new coordinator may begin to count anew.
//!
//! A group whose transactions follow each other without a pause may be unstable all the time. What is judged are answers
//! that no transaction explains.

use std::collections::BTreeMap;

use super::open_too_long::limit_ms;
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Call, Moment, Report};
use crate::verdict::{Doubt, Finding, Verdict};

const MS: Moment = 1_000_000;

/// What a coordinator answers that waits for the end of a transaction.
const UNSTABLE: &str = "UNSTABLE_OFFSET_COMMIT";

/// Of one group: from when on transactions may have sent offsets of a partition, and when the last sign of each was. Those
/// without a partition may have sent offsets of any.
type Signs<'a> = BTreeMap<Option<Place<'a>>, Vec<(Moment, Moment)>>;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let Some(limit) = limit_ms(check) else {
        let what = "the transaction time-out".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
        return verdict;
    };
    let signs = signs(check);
    let mut count = 0;
    for operation in check.operations() {
        let (Call::FetchOffsets(call), Some(answered)) = (operation.call, operation.returned())
        else {
            continue;
        };
        let of_operation = operation.completion.and_then(|one| one.error.as_deref());
        let mut unstable: Vec<Place<'_>> = Vec::new();
        if of_operation == Some(UNSTABLE) {
            // Which of its partitions is not said, so one that is explained explains all.
            let all = call.partitions.iter();
            unstable.extend(all.map(|place| (place.topic(), place.index())));
        }
        if let Some(Report::FetchOffsets(fetched)) = operation.report() {
            count += fetched.offsets.len() as u64;
            let refused = fetched
                .offsets
                .iter()
                .filter(|one| one.error.as_deref() == Some(UNSTABLE));
            unstable.extend(refused.map(|one| (one.topic.as_str(), one.partition)));
        }
        count += u64::from(of_operation == Some(UNSTABLE));
        let known = signs.get(call.group.as_str());
        let waits = unstable.iter().map(|place| {
            let since = known.map_or(0, |signs| {
                let own = signs.get(&Some(*place));
                let any = signs.get(&None);
                let all = own.into_iter().chain(any).flatten();
                let begun = all.filter(|(begun, _)| *begun <= answered);
                begun.map(|(_, last)| *last).max().unwrap_or(0)
            });
            (since, *place)
        });
        // The one whose last sign is the latest is the best explanation.
        let Some((since, place)) = waits.max() else {
            continue;
        };
        let since = since.max(last_heal(check, operation.called));
        let waited_ms = operation.called.saturating_sub(since) / MS;
        let limit_ms = limit.saturating_add(restarts(check, since, operation.called));
        if waited_ms <= limit_ms {
            continue;
        }
        let finding = Finding::OffsetsUnstable {
            group: call.group.to_string(),
            waited_ms,
            limit_ms,
        };
        let mut evidence = evidence(place, &[operation.id], &[]);
        evidence.window = Some((since, answered));
        let within = (since, answered);
        check.unless_starved_by(
            waited_ms - limit_ms,
            finding,
            evidence,
            within,
            &mut verdict,
        );
    }
    check.saw(count, "answers about stable offsets", &mut verdict);
    verdict
}

/// By group.
fn signs<'a>(check: &Check<'a>) -> BTreeMap<&'a str, Signs<'a>> {
    let timeout_ms = check.history().header().timeouts.transaction_ms;
    let timeout = timeout_ms.unwrap_or(0).saturating_mul(MS);
    let mut groups: BTreeMap<&str, Signs<'_>> = BTreeMap::new();
    for tx in &check.ledger().transactions {
        let Some(group) = tx.call.group.as_deref() else {
            continue;
        };
        let called = tx.operation.called;
        // One whose client is gone may have sent offsets as late as its own time-out.
        let last = tx.operation.completed();
        let sign = (called, last.unwrap_or(called.saturating_add(timeout)));
        let signs = groups.entry(group).or_default();
        match tx.end.filter(|_| last.is_some()) {
            None => signs.entry(None).or_default().push(sign),
            Some(end) => {
                for one in &end.offsets {
                    let place = (one.topic.as_str(), one.partition);
                    signs.entry(Some(place)).or_default().push(sign);
                }
            }
        }
    }
    groups
}

/// The last heal of a fault before a moment; the moment itself while a fault lasts.
fn last_heal(check: &Check<'_>, before: Moment) -> Moment {
    let windows = check.windows().iter();
    let begun = windows.filter(|window| window.begun.is_some_and(|begun| begun <= before));
    let heals = begun.map(|window| window.end(0).min(before));
    heals.max().unwrap_or(0)
}

/// How much longer it may take because coordinators changed meanwhile, in ms.
fn restarts(check: &Check<'_>, from: Moment, to: Moment) -> u64 {
    let timeout_ms = check
        .history()
        .header()
        .timeouts
        .transaction_ms
        .unwrap_or(0);
    let elections = check.elections().iter();
    let restarts = elections
        .filter(|one| from <= one.at && one.at <= to)
        .count();
    timeout_ms.saturating_mul(restarts as u64)
}
