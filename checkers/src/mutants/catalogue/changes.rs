//! Lies about changes of topics: refused though done, acknowledged though not done.

use super::CLIENTS;
use crate::history::{Call, Outcome, Report, What};
use crate::mutants::after::{retire, unnoted};
use crate::mutants::answer::{come_out, completion, completion_mut, outcome};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Lie, Line};
use crate::mutants::run::Run;

const DIFFERS: &[&str] = &["metadata-agreement"];

const fn change(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::ChangeTopic, "outcome", change, edit)
}

pub(super) const ROWS: &[Lie] = &[
    change("a creation refused that happened", |draft, at| {
        is_create(draft.run, at) && refused(draft, at)
    })
    .once(Red(DIFFERS))
    .then(unnoted),
    change("a growth refused that happened", |draft, at| {
        is_grow(draft.run, at) && refused(draft, at)
    })
    .once(Red(DIFFERS))
    .then(unnoted),
    change("a deletion refused that happened", |draft, at| {
        is_delete(draft.run, at) && refused(draft, at)
    })
    .once(Red(DIFFERS))
    .then(unnoted),
    change("acknowledged what did not happen", |draft, at| {
        let before = outcome(&draft.run.event(at).what);
        before != Some(Outcome::Ok) && did_not_happen(draft.run, at) && {
            come_out(&mut draft.events[at], Outcome::Ok, None);
            true
        }
    })
    .once(Red(DIFFERS)),
    change("no answer to what happened", |draft, at| {
        let ok = outcome(&draft.run.event(at).what) == Some(Outcome::Ok);
        if ok {
            come_out(&mut draft.events[at], Outcome::Info, Some("timed out"));
        }
        ok
    })
    .is(Equivalent(
        "an answer may be lost; what happened is then one of the possible states",
    ))
    .over(CLIENTS)
    .then(unnoted_and_retired),
    Lie::new(
        Line::ChangeTopic,
        "error",
        "another code of a refusal",
        |draft, at| {
            let is_refused = outcome(&draft.run.event(at).what) == Some(Outcome::Fail);
            if let Some(completion) =
                completion_mut(&mut draft.events[at].what).filter(|_| is_refused)
            {
                completion.error = Some("INVALID_REQUEST".into());
            }
            is_refused
        },
    )
    .is(Equivalent(
        "a refusal leaves the topic as it was, with whatever code",
    ))
    .over(CLIENTS),
];

fn unnoted_and_retired(draft: &mut Draft<'_, '_>) {
    unnoted(draft);
    retire(draft);
}

fn is_create(run: &Run<'_>, at: usize) -> bool {
    matches!(run.call(at), Some((call, _)) if matches!(call.call, Call::CreateTopic(_)))
}

fn is_grow(run: &Run<'_>, at: usize) -> bool {
    matches!(run.call(at), Some((call, _)) if matches!(call.call, Call::GrowTopic(_)))
}

fn is_delete(run: &Run<'_>, at: usize) -> bool {
    matches!(run.call(at), Some((call, _)) if matches!(call.call, Call::DeleteTopic(_)))
}

fn topic_of<'a>(run: &Run<'a>, at: usize) -> Option<&'a str> {
    Some(run.call(at)?.0.call.of_topic()?.topic.as_str())
}

/// A change that happened for certain and was the last of its topic, and whose result somebody was shown after the last
/// heal, is refused.
fn refused(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let ok = outcome(&run.event(at).what) == Some(Outcome::Ok);
    if !ok || !is_last_change(run, at) || shown_at_last(run, at).is_empty() {
        return false;
    }
    come_out(&mut draft.events[at], Outcome::Fail, Some("NOT_CONTROLLER"));
    true
}

/// Whether no other call could have changed the topic after this one, and none before has an unknown outcome.
fn is_last_change(run: &Run<'_>, at: usize) -> bool {
    let topic = topic_of(run, at);
    let others = run
        .lines(Line::ChangeTopic)
        .iter()
        .filter(|line| **line != at);
    let mut others = others.filter(|line| topic_of(run, **line) == topic);
    others.all(|line| {
        let outcome = outcome(&run.event(*line).what);
        outcome == Some(Outcome::Fail) || (outcome == Some(Outcome::Ok) && *line < at)
    })
}

/// What nodes showed of the topic when they were asked for the last time.
fn shown_at_last(run: &Run<'_>, at: usize) -> Vec<Option<i32>> {
    let topic = topic_of(run, at);
    let lines = run.lines(Line::DescribeTopic).iter();
    let is_final = |line: usize| {
        let asked = run.call(line).and_then(|(call, _)| call.call.of_topic());
        asked.is_some_and(|asked| asked.phase.as_deref() == Some("final"))
    };
    let about = lines.filter(|line| topic_of(run, **line) == topic && is_final(**line));
    let shown = about.filter_map(|line| {
        match (&run.event(*line).what, completion(&run.event(*line).what)) {
            (What::Ok(_), Some(completion)) => match completion.report {
                Report::DescribeTopic(seen) => Some(seen.partitions),
                _ => None,
            },
            _ => None,
        }
    });
    shown.collect()
}

/// Whether what nodes showed after the load is not the result of this change, although nothing changed the topic later.
fn did_not_happen(run: &Run<'_>, at: usize) -> bool {
    let shown = shown_at_last(run, at);
    let result = run
        .call(at)
        .and_then(|(call, _)| call.call.of_topic()?.partitions);
    is_last_change(run, at) && !shown.is_empty() && shown.iter().all(|shown| *shown != result)
}
