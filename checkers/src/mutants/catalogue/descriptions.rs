//! Lies of a node that is asked about a topic: partitions that are not there, topics that are gone or never were.

use super::NODES;
use crate::history::{Call, Moment, Outcome, Report, TopicSeen, What};
use crate::mutants::answer::{come_out, completion_mut, outcome};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Lie, Line};
use crate::mutants::run::Run;

const fn partitions(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::DescribeTopic, "partitions", change, edit)
        .once(Red(&["metadata-agreement"]))
        .on(Red(&["metadata-agreement"]))
        .over(NODES)
}

pub(super) const ROWS: &[Lie] = &[
    partitions("one more", |draft, at| {
        described(draft, at, |seen| Some(seen? + 1))
    }),
    partitions("one less", |draft, at| {
        described(draft, at, |seen| {
            seen.map(|count| count - 1).filter(|count| *count > 0)
        })
    }),
    partitions("none, though the topic is there", described_as_absent),
    partitions("one, though the topic is gone", |draft, at| {
        described(draft, at, |seen| seen.is_none().then_some(1))
    }),
    Lie::new(Line::DescribeTopic, "outcome", "refused", |draft, at| {
        let ok = outcome(&draft.run.event(at).what) == Some(Outcome::Ok);
        if ok {
            report(draft, at, TopicSeen::default());
            come_out(&mut draft.events[at], Outcome::Fail, Some("NOT_CONTROLLER"));
        }
        ok
    })
    .once(Equivalent(
        "a refusal is no answer, and the node is asked again",
    )),
    Lie::new(
        Line::DescribeTopic,
        "error",
        "another code of a refusal",
        |draft, at| {
            let refused = outcome(&draft.run.event(at).what) == Some(Outcome::Fail);
            if let Some(completion) = completion_mut(&mut draft.events[at].what).filter(|_| refused)
            {
                completion.error = Some("INVALID_REQUEST".into());
            }
            refused
        },
    )
    .is(Equivalent("a refusal is no answer, with whatever code"))
    .over(NODES),
];

fn report(draft: &mut Draft<'_, '_>, at: usize, seen: TopicSeen) {
    if let Some(completion) = completion_mut(&mut draft.events[at].what) {
        completion.report = Report::DescribeTopic(seen);
    }
}

/// What a judged answer says.
fn answer(run: &Run<'_>, at: usize) -> Option<TopicSeen> {
    let What::Ok(completion) = &run.event(at).what else {
        return None;
    };
    match completion.report {
        Report::DescribeTopic(seen) if is_settled(run, at) => Some(seen),
        _ => None,
    }
}

fn described(
    draft: &mut Draft<'_, '_>,
    at: usize,
    to: impl FnOnce(Option<i32>) -> Option<i32>,
) -> bool {
    let Some(seen) = answer(draft.run, at) else {
        return false;
    };
    let fresh = to(seen.partitions);
    if fresh.is_some() {
        report(draft, at, TopicSeen { partitions: fresh });
    }
    fresh.is_some()
}

fn described_as_absent(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let there = answer(draft.run, at).is_some_and(|seen| seen.partitions.is_some());
    if there {
        report(draft, at, TopicSeen { partitions: None });
    }
    there
}

/// Whether the topic was changed, for certain, and so long before the question that every node must show it; and the
/// question is judged: after the last heal, or far from faults.
fn is_settled(run: &Run<'_>, at: usize) -> bool {
    let Some((invocation, called)) = run.call(at) else {
        return false;
    };
    let Call::DescribeTopic(asked) = &invocation.call else {
        return false;
    };
    let limit: Moment = run.history().limits().metadata_ms.saturating_mul(3_000_000);
    let judged = asked.phase.as_deref() == Some("final")
        || (run.is_quiet(called.saturating_sub(limit)) && run.is_quiet(called));
    let changes = run.lines(Line::ChangeTopic).iter().filter(|line| {
        run.call(**line)
            .and_then(|(call, _)| call.call.of_topic())
            .is_some_and(|topic| topic.topic == asked.topic)
    });
    let mut changes = changes.map(|line| (outcome(&run.event(*line).what), run.event(*line).t));
    let acknowledged = changes
        .clone()
        .any(|(outcome, _)| outcome == Some(Outcome::Ok));
    judged
        && acknowledged
        && changes.all(|(outcome, at)| {
            outcome != Some(Outcome::Info) && at.saturating_add(limit) < called
        })
}
