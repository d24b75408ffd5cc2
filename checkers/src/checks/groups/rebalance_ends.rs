//! `rebalance-ends`: a group that rebalances becomes stable again within its rebalance and session time-outs and the time of a
//! fail-over. By DescribeGroups, for each node that answers it. The limit is counted from the last cause: a member that comes
//! or goes, a fault's begin or heal.

use std::collections::BTreeMap;

use crate::checks::Check;
use crate::history::{Call, Moment, Seen};
use crate::verdict::{Doubt, Evidence, Finding, Unit, Verdict};

const MS: Moment = 1_000_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let timeouts = check.history().header().timeouts;
    let (Some(session), Some(rebalance)) = (timeouts.session_ms, timeouts.rebalance_ms) else {
        let what = "session and rebalance time-outs".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
        return verdict;
    };
    let limits = check.history().limits();
    let limit_ms = session + rebalance + limits.fail_over_ms;
    let causes = causes(check);
    // Of each node and group: since when it rebalances, and whether that was reported.
    let mut since: BTreeMap<(&str, &str), (Moment, bool)> = BTreeMap::new();
    let (mut count, mut longest) = (0, 0);
    for observed in check.history().observations() {
        let about = observed.observation;
        let Seen::Group { group, state, .. } = &about.seen else {
            continue;
        };
        if !about.answered {
            continue;
        }
        count += 1;
        let key = (about.node.as_str(), group.as_str());
        if !state.ends_with("Rebalance") {
            since.remove(&key);
            continue;
        }
        let (from, reported) = since.entry(key).or_insert((about.called, false));
        let before = causes.partition_point(|at| *at <= about.called);
        let last = causes[..before].last().copied().unwrap_or(0);
        let from = last.max(*from);
        let length_ms = about.called.saturating_sub(from) / MS;
        longest = longest.max(length_ms);
        if length_ms <= limit_ms || std::mem::replace(reported, true) {
            continue;
        }
        let finding = Finding::RebalanceEndless {
            group: group.to_string(),
            state: state.to_string(),
            length_ms,
            limit_ms,
        };
        let evidence = Evidence {
            events: vec![observed.id],
            nodes: vec![about.node.to_string()],
            window: Some((from, about.called)),
            ..Evidence::default()
        };
        let within = (from, about.called);
        check.unless_starved_by(
            length_ms - limit_ms,
            finding,
            evidence,
            within,
            &mut verdict,
        );
    }
    if count > 0 {
        verdict.figure(
            "rebalance_ms_max",
            longest,
            Some(limit_ms),
            Unit::Milliseconds,
        );
    }
    check.saw_in_run(count, "descriptions of groups", &mut verdict);
    verdict
}

/// When members came or went, and when faults began or were healed.
fn causes(check: &Check<'_>) -> Vec<Moment> {
    let mut causes: Vec<Moment> = Vec::new();
    for window in check.every_window() {
        causes.push(window.begun.unwrap_or(window.called));
        causes.extend(window.healed);
    }
    for operation in check.operations() {
        let comes = match operation.call {
            Call::Join(join) => join.member.is_empty(),
            Call::Leave(_) => true,
            _ => false,
        };
        if comes {
            causes.push(operation.called);
            causes.extend(operation.completed());
        }
    }
    causes.sort_unstable();
    causes
}
