//! `metadata-agreement`: what was acknowledged of a topic (created, grown, deleted) is what every node shows of it,
//! after a limit, and with the right number of partitions.
//!
//! A change whose outcome is unknown may have happened at any time since it was called, may yet happen, or never will:
//! what a node may show is the set of states that some order of all that leaves possible. So a CreateTopics that timed
//! out never accuses anybody, and one that was acknowledged always does. During a run a node is judged only while no
//! fault is near (a node behind a cut shows what it knew); the answers after the last heal are always judged.
//!
//! A topic of which every change was refused for certain must not be there: it is judged like the others.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::check::STARVED_TIMES;
use super::claims::{MS, margin};
use crate::history::{Call, ClientOperation, Moment, Outcome, Report, TopicCall};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

/// A topic with more changes than this is not judged: the possible orders would be too many.
const CHANGES_MAX: usize = 16;
/// The word that marks questions after the last heal.
const FINAL: &str = "final";

/// A topic's number of partitions; none for absence.
type State = Option<i32>;

/// An attempt to change a topic that was not refused for certain.
struct Change<'a> {
    call: &'a Call,
    topic: &'a TopicCall,
    operation: u64,
    called: Moment,
    /// When it was acknowledged; none if its outcome is unknown.
    acknowledged: Option<Moment>,
}

impl Change<'_> {
    /// What becomes of a topic in this state; nothing if the state does not permit the change.
    fn applied(&self, state: State) -> Option<State> {
        match (self.call, state) {
            (Call::CreateTopic(call), None) => call.partitions.map(Some),
            (Call::DeleteTopic(_), Some(_)) => Some(None),
            (Call::GrowTopic(call), Some(have)) => {
                call.partitions.filter(|wanted| *wanted > have).map(Some)
            }
            _ => None,
        }
    }
}

/// The states that are possible from some moment on.
struct Step {
    from: Moment,
    states: BTreeSet<State>,
}

/// A change that was acknowledged though no possible state permits it: its place, and what was possible.
type Impossible = (usize, BTreeSet<State>);

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut changes: BTreeMap<&str, Vec<Change<'_>>> = BTreeMap::new();
    // The last refused change of each topic: what is named where no other one was made.
    let mut refused: BTreeMap<&str, &ClientOperation<'_>> = BTreeMap::new();
    for operation in check.operations() {
        let Some(topic) = operation.call.of_topic() else {
            continue;
        };
        let describes = matches!(operation.call, Call::DescribeTopic(_));
        if !describes && operation.outcome == Outcome::Fail {
            refused.insert(&topic.topic, operation);
            changes.entry(&topic.topic).or_default();
        } else if !describes {
            changes.entry(&topic.topic).or_default().push(Change {
                call: operation.call,
                topic,
                operation: operation.id,
                called: operation.called,
                acknowledged: operation
                    .returned()
                    .filter(|_| operation.outcome == Outcome::Ok),
            });
        }
    }
    if changes.is_empty() {
        verdict.not_applicable(Doubt::NotInRun {
            what: "changes of topics".to_owned(),
        });
        return verdict;
    }
    let (mut judged, mut told) = (0, BTreeSet::new());
    let limit = check.history().limits().metadata_ms.saturating_mul(MS);
    let mut steps = BTreeMap::new();
    for (topic, changes) in &changes {
        match possible(changes) {
            Some((found, impossible)) => {
                steps.insert(*topic, found);
                for (at, possible) in impossible {
                    verdict.found(acknowledged_wrongly(&changes[at], possible));
                }
            }
            None => verdict.doubt(Doubt::NothingSeen {
                what: format!("certain order of the changes of topic {topic}"),
            }),
        }
    }
    for operation in check.operations() {
        let (Call::DescribeTopic(asked), Some(Report::DescribeTopic(seen)), Some(returned)) =
            (operation.call, operation.report(), operation.returned())
        else {
            continue;
        };
        let (Some(steps), Some(changes)) = (
            steps.get(asked.topic.as_str()),
            changes.get(asked.topic.as_str()),
        ) else {
            continue;
        };
        let from = operation.called.saturating_sub(limit);
        let last = asked.phase.as_deref() == Some(FINAL);
        if operation.outcome != Outcome::Ok || (!last && faulty(check, from, returned)) {
            continue;
        }
        judged += 1;
        let possible = states_between(steps, from, returned);
        if possible.contains(&seen.partitions) || !told.insert((&asked.topic, &asked.node)) {
            continue;
        }
        let refused = refused.get(asked.topic.as_str()).copied();
        let finding = differs(
            check,
            operation,
            (changes, refused),
            seen.partitions,
            possible,
        );
        let evidence = Evidence {
            operations: changes
                .iter()
                .map(|change| change.operation)
                .chain(
                    refused
                        .map(|refused| refused.id)
                        .filter(|_| changes.is_empty()),
                )
                .chain([operation.id])
                .collect(),
            nodes: vec![asked.node.to_string()],
            topic: Some(asked.topic.to_string()),
            window: Some((from, returned)),
            ..Evidence::default()
        };
        // A starved node may lag for longer, and not for ever.
        let long_ago = operation
            .called
            .saturating_sub(limit.saturating_mul(STARVED_TIMES));
        if states_between(steps, long_ago, returned).contains(&seen.partitions) {
            check.unless_starved(finding, evidence, from, returned, &mut verdict);
        } else {
            verdict.found(Anomaly {
                kind: finding,
                certain: false,
                evidence,
            });
        }
    }
    verdict.saw("topics changed", changes.len() as u64);
    check.saw(judged, "answers about topics", &mut verdict);
    verdict
}

/// Whether some fault is near: a node that was cut off, paused or restarted may lag, and so may a majority.
fn faulty(check: &Check<'_>, from: Moment, to: Moment) -> bool {
    let margin = margin(check.history());
    let windows = check.windows().iter();
    let mut near = windows.filter(|w| !w.skipped && w.called <= to && from <= w.end(margin));
    near.next().is_some()
}

/// The states that each stretch of time leaves possible, and the changes that were acknowledged against all of them.
/// Nothing if there are too many changes to decide.
fn possible(changes: &[Change<'_>]) -> Option<(Vec<Step>, Vec<Impossible>)> {
    if changes.len() > CHANGES_MAX {
        return None;
    }
    // (when, whether it is the acknowledgement, which change): calls before acknowledgements of the same moment.
    let mut moments: Vec<(Moment, bool, usize)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        moments.push((change.called, false, at));
        moments.extend(change.acknowledged.map(|when| (when, true, at)));
    }
    moments.sort_unstable();
    // A configuration is a state and which changes have been applied on the way to it.
    let mut configurations: BTreeSet<(State, u32)> = BTreeSet::from([(None, 0)]);
    let mut called: Vec<usize> = Vec::new();
    let mut impossible = Vec::new();
    let mut steps = vec![Step {
        from: 0,
        states: BTreeSet::from([None]),
    }];
    for (when, acknowledged, at) in moments {
        if acknowledged {
            let before = states(&configurations);
            configurations.retain(|(_, applied)| applied & (1 << at) != 0);
            if configurations.is_empty() {
                // Go on from what it claims, so that one contradiction is not reported as many.
                let claimed = match changes[at].call {
                    Call::DeleteTopic(_) => None,
                    _ => changes[at].topic.partitions,
                };
                configurations.insert((claimed, 1 << at));
                impossible.push((at, before));
            }
        } else {
            called.push(at);
            close(&mut configurations, changes, &called);
        }
        steps.push(Step {
            from: when,
            states: states(&configurations),
        });
    }
    Some((steps, impossible))
}

/// Adds every configuration that is reached by applying changes that have been called.
fn close(configurations: &mut BTreeSet<(State, u32)>, changes: &[Change<'_>], called: &[usize]) {
    let mut open: Vec<(State, u32)> = configurations.iter().copied().collect();
    while let Some((state, applied)) = open.pop() {
        for at in called.iter().filter(|at| applied & (1 << **at) == 0) {
            let Some(next) = changes[*at].applied(state) else {
                continue;
            };
            let reached = (next, applied | (1 << *at));
            if configurations.insert(reached) {
                open.push(reached);
            }
        }
    }
}

fn states(configurations: &BTreeSet<(State, u32)>) -> BTreeSet<State> {
    configurations.iter().map(|(state, _)| *state).collect()
}

/// Every state that is possible at some moment between the two.
fn states_between(steps: &[Step], from: Moment, to: Moment) -> BTreeSet<State> {
    let first = steps
        .partition_point(|step| step.from <= from)
        .saturating_sub(1);
    let within = steps[first..].iter().take_while(|step| step.from <= to);
    within
        .flat_map(|step| step.states.iter().copied())
        .collect()
}

fn differs(
    check: &Check<'_>,
    operation: &ClientOperation<'_>,
    (changes, refused): (&[Change<'_>], Option<&ClientOperation<'_>>),
    seen: State,
    possible: BTreeSet<State>,
) -> Finding {
    let acknowledged = |change: &&Change<'_>| {
        change
            .acknowledged
            .is_some_and(|when| when <= operation.called)
    };
    // With no change acknowledged, what is impossible is that the topic exists before anybody asked for it.
    let last = changes
        .iter()
        .filter(acknowledged)
        .max_by_key(|change| change.acknowledged)
        .or(changes.first());
    let (name, by, at) = match (last, refused) {
        (Some(last), _) => {
            let at = last.acknowledged.unwrap_or(last.called);
            (last.call.name(), last.operation, at)
        }
        // Every change of it was refused.
        (None, Some(refused)) => {
            let at = refused.returned().unwrap_or(refused.called);
            (refused.call.name(), refused.id, at)
        }
        (None, None) => ("", operation.id, operation.called),
    };
    Finding::TopicDiffers {
        node: operation
            .call
            .of_topic()
            .map(|topic| topic.node.to_string())
            .unwrap_or_default(),
        seen,
        possible: possible.into_iter().collect(),
        change: name.to_owned(),
        changed_by: by,
        acknowledged_at: at,
        refused: last.is_none() && refused.is_some(),
        asked: operation.id,
        limit_ms: check.history().limits().metadata_ms,
    }
}

fn acknowledged_wrongly(change: &Change<'_>, possible: BTreeSet<State>) -> Anomaly {
    Anomaly {
        kind: Finding::TopicChangeImpossible {
            change: change.call.name().to_owned(),
            partitions: change.topic.partitions,
            possible: possible.into_iter().collect(),
        },
        certain: true,
        evidence: Evidence {
            operations: vec![change.operation],
            nodes: vec![change.topic.node.to_string()],
            topic: Some(change.topic.topic.to_string()),
            ..Evidence::default()
        },
    }
}
