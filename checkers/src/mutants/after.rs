//! What the harness would have done after a lie, where that follows without a choice: a worker whose call may still
//! happen is replaced, and a record that was kept back is delivered later.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{completion_mut, worker};
use super::draft::Draft;
use super::line::Line;
use crate::history::{Call, Offset, Record, Report, Text, What, WorkerId};

/// Replaces every worker whose call is unknown now, or whose poll failed: the lines after it are another worker's.
pub(super) fn retire(draft: &mut Draft<'_, '_>) {
    let highest = draft
        .events
        .iter()
        .filter_map(|event| worker(&event.what))
        .max();
    let mut fresh = highest.unwrap_or(0);
    let mut names: BTreeMap<WorkerId, WorkerId> = BTreeMap::new();
    let ends: BTreeSet<usize> = draft.changed.iter().copied().collect();
    for (at, event) in draft.events.iter_mut().enumerate() {
        let Some(worker) = worker(&event.what) else {
            continue;
        };
        if let Some(name) = names.get(&worker) {
            match &mut event.what {
                What::Invoke(invocation) => invocation.worker = *name,
                what => {
                    if let Some(completion) = completion_mut(what) {
                        completion.worker = *name;
                    }
                }
            }
        }
        if ends.contains(&at) {
            fresh += 1;
            names.insert(worker, fresh);
        }
    }
}

/// Takes the records out of changed polls and delivers them later: a consumer stays where it was, and its next poll
/// that is not among the changed ones returns everything from there on. A consumer that began meanwhile is not further
/// than the others were. A lie that keeps nothing back is none.
pub(super) fn deliver_later(draft: &mut Draft<'_, '_>) {
    let run = draft.run;
    let changed: BTreeSet<usize> = draft.changed.iter().copied().collect();
    let first = changed.first().copied().unwrap_or(usize::MAX);
    let mut stopped: BTreeMap<(WorkerId, Text, i32), Offset> = BTreeMap::new();
    let mut lowest: BTreeMap<(Text, i32), Offset> = BTreeMap::new();
    let mut kept_back = 0;
    for end in run.lines(Line::Poll).iter().filter(|end| **end >= first) {
        let is_changed = changed.contains(end);
        let Some(start) = run.call_line(*end) else {
            continue;
        };
        let What::Invoke(invocation) = &mut draft.events[start].what else {
            continue;
        };
        let worker = invocation.worker;
        let Call::Poll(poll) = &mut invocation.call else {
            continue;
        };
        let mut late: Vec<(Text, i32, Offset, Offset)> = Vec::new();
        for assigned in &mut poll.assigned {
            if !draft.target.takes(&assigned.topic, assigned.partition) {
                continue;
            }
            let place = (assigned.topic.clone(), assigned.partition);
            let key = (worker, place.0.clone(), place.1);
            let recorded = assigned.position;
            match (stopped.get(&key).copied(), is_changed) {
                (Some(position), _) => assigned.position = position,
                (None, true) => {
                    let least = lowest.entry(place.clone()).or_insert(recorded);
                    *least = (*least).min(recorded);
                    assigned.position = *least;
                }
                (None, false) => continue,
            }
            if is_changed {
                stopped.insert(key, assigned.position);
            } else {
                late.push((place.0, place.1, assigned.position, recorded));
                stopped.remove(&key);
            }
        }
        let ended = completion_mut(&mut draft.events[*end].what);
        let Some(Report::Poll(polled)) = ended.map(|completion| &mut completion.report) else {
            continue;
        };
        if is_changed {
            let before = polled.records.len();
            polled
                .records
                .retain(|record| !draft.target.takes(record.topic(), record.partition()));
            kept_back += before - polled.records.len();
        }
        for (topic, partition, from, to) in late {
            let Some(log) = run.log(&topic, partition).filter(|_| from < to) else {
                continue;
            };
            let records = log.records.range(from..to);
            let records = records
                .map(|(offset, value)| Record(topic.clone(), partition, *offset, value.clone()));
            polled.records.splice(0..0, records);
        }
    }
    if kept_back == 0 {
        draft.changed.clear();
    }
}

/// Failed polls that keep their records back: as [`deliver_later`], and each ends its consumer.
pub(super) fn deliver_later_and_retire(draft: &mut Draft<'_, '_>) {
    deliver_later(draft);
    retire(draft);
}

/// Forgets the lines in which the harness noted a change of a topic that was not acknowledged now.
pub(super) fn unnoted(draft: &mut Draft<'_, '_>) {
    for at in draft.changed.clone() {
        // The harness notes it right after the answer.
        let name = draft
            .run
            .call(at)
            .and_then(|(invocation, _)| Some(invocation.call.of_topic()?.topic.to_string()));
        let later = draft.events.iter_mut().skip(at + 1);
        let noted = later
            .map(|event| &mut event.what)
            .find(|what| matches!(what, What::Topic(topic) if Some(&topic.name) == name.as_ref()));
        if let Some(noted) = noted {
            *noted = What::Unknown;
        }
    }
}
