//! `dead-member-stays`: a member whose client was killed is not listed any more once its session has ended and the group had
//! the time of a fail-over to notice.
//!
//! That a member is silent does not follow from its lines, because heartbeats are counted and not recorded. So its death is
//! read from faults on clients: their targets are workers (`w5`). The wait is counted anew from each other fault's begin and
//! heal, because a new coordinator gives every member a new session; a *new* member whose first join waits is given five
//! minutes by Apache Kafka, so only members with an assignment are judged.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::Group;
use super::zombie_member::member;
use crate::checks::Check;
use crate::history::{Moment, Seen, WorkerId};
use crate::verdict::{Doubt, Evidence, Finding, Unit, Verdict};

const MS: Moment = 1_000_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let Some(session_ms) = check.history().header().timeouts.session_ms else {
        let what = "the session time-out".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
        return verdict;
    };
    let limits = check.history().limits();
    let limit_ms = session_ms + limits.fail_over_ms + limits.election_timeout_ms;
    let mut dead: BTreeMap<&str, BTreeMap<&str, Moment>> = BTreeMap::new();
    for (name, group) in &check.roster().groups {
        dead.insert(name, deaths(check, group));
    }
    let mut reported = BTreeSet::new();
    let mut count = 0;
    let mut longest = None;
    for observed in check.history().observations() {
        let about = observed.observation;
        let Seen::Group { group, members, .. } = &about.seen else {
            continue;
        };
        count += 1;
        let Some(dead) = dead.get(group.as_str()) else {
            continue;
        };
        for member in members {
            let Some(died) = dead.get(member.as_str()) else {
                continue;
            };
            let from = restarted(check, *died, about.called);
            let silent_ms = about.called.saturating_sub(from) / MS;
            longest = longest.max(Some(silent_ms));
            if about.called < from || silent_ms <= limit_ms || !reported.insert(member) {
                continue;
            }
            let finding = Finding::DeadMemberStays {
                group: group.to_string(),
                member: member.to_string(),
                silent_ms,
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
                silent_ms - limit_ms,
                finding,
                evidence,
                within,
                &mut verdict,
            );
        }
    }
    if let Some(longest) = longest {
        verdict.figure(
            "dead_member_ms_max",
            longest,
            Some(limit_ms),
            Unit::Milliseconds,
        );
    }
    check.saw_in_run(count, "descriptions of groups", &mut verdict);
    verdict
}

/// Members with an assignment whose client was killed, and when.
fn deaths<'a>(check: &Check<'a>, group: &Group<'a>) -> BTreeMap<&'a str, Moment> {
    let workers: BTreeMap<WorkerId, &str> = group
        .syncs
        .iter()
        .filter(|sync| sync.answer.is_some())
        .map(|sync| (sync.operation.worker, sync.call.member.as_str()))
        .collect();
    let mut dead = BTreeMap::new();
    for window in check
        .client_windows()
        .iter()
        .filter(|window| window.kind.contains("kill"))
    {
        let Some(begun) = window.begun else { continue };
        for target in &window.targets {
            let worker = target.strip_prefix('w').and_then(|id| id.parse().ok());
            let Some(member) = worker.and_then(|worker: WorkerId| workers.get(&worker)) else {
                continue;
            };
            // One that goes on under its id is not dead.
            let alive = group.calls.iter().any(|operation| {
                operation.called > begun && self::member(operation) == Some(member)
            });
            if !alive {
                dead.insert(*member, begun);
            }
        }
    }
    dead
}

/// From when on a member's last session is counted: its death, or a later fault's begin or heal.
fn restarted(check: &Check<'_>, died: Moment, until: Moment) -> Moment {
    let windows = check.every_window();
    let moments = windows
        .flat_map(|window| [window.begun, window.healed])
        .flatten();
    let elections = check.elections().iter().map(|election| election.at);
    let all = moments.chain(elections).filter(|at| *at <= until);
    all.max().unwrap_or(0).max(died)
}
