//! Lies to the produce probe: acknowledgements that do not come or are untrue, and records that are served in another
//! order, or not at all.

use std::collections::BTreeMap;

use super::NODES;
use super::metadata::observed;
use crate::history::{Moment, Seen, What};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Lie, Line};

const DELIVERY: &[&str] = &["probe-delivery"];

const fn produce(
    field: &'static str,
    change: &'static str,
    edit: fn(&mut Draft<'_, '_>, usize) -> bool,
) -> Lie {
    Lie::new(Line::Produce, field, change, edit)
}

const fn delivery(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Delivery, "sequences", change, edit).over(NODES)
}

pub(super) const ROWS: &[Lie] = &[
    produce("answered", "no acknowledgement", |draft, at| {
        observed(draft, at, |seen| {
            seen.answered = false;
            seen.error = Some("_MSG_TIMED_OUT".into());
            true
        })
    })
    .once(Equivalent(
        "an acknowledgement may be lost, and the next one comes",
    ))
    .long(Red(&["availability"]))
    .on(Red(&["availability", "served-after-heal"]))
    .quiet(),
    produce("answered", "acknowledged what was not written", invented).once(Red(DELIVERY)),
    produce("error", "another code", |draft, at| {
        match &mut draft.events[at].what {
            What::Observation(seen) if !seen.answered => {
                seen.error = Some("REQUEST_TIMED_OUT".into());
                true
            }
            _ => false,
        }
    })
    .is(Equivalent(
        "without an acknowledgement the code decides nothing",
    )),
    produce("appended_ago_ms", "an hour later", |draft, at| {
        observed(draft, at, |seen| match &mut seen.seen {
            Seen::Produce {
                appended_ago_ms: Some(ago_ms),
                ..
            } => {
                *ago_ms -= 3_600_000;
                true
            }
            _ => false,
        })
    })
    .is(Red(&["timestamps"])),
    delivery("one left out", |draft, at| {
        sequences(draft, at, |probe, sequences, _| {
            let last = sequences.len().saturating_sub(1);
            let at = (0..last).find(|at| probe.get(&sequences[*at]).is_some());
            at.map(|at| sequences.remove(at)).is_some()
        })
    })
    .is(Red(DELIVERY)),
    delivery("nothing of this answer", |draft, at| {
        let run = draft.run;
        let later = run
            .lines(Line::Delivery)
            .iter()
            .any(|line| *line > at && run.node(*line) == run.node(at));
        later
            && sequences(draft, at, |probe, sequences, _| {
                let known = sequences
                    .iter()
                    .any(|sequence| probe.contains_key(sequence));
                sequences.clear();
                known
            })
    })
    .once(Red(DELIVERY)),
    delivery("two in the wrong order", |draft, at| {
        sequences(draft, at, |probe, sequences, _| {
            let ordered = |at: &usize| {
                let (first, second) = (&sequences[*at], &sequences[*at + 1]);
                let acknowledged = probe.get(first).map(|(_, acknowledged)| *acknowledged);
                let sent = probe.get(second).map(|(sent, _)| *sent);
                acknowledged
                    .zip(sent)
                    .is_some_and(|(acknowledged, sent)| acknowledged < sent)
            };
            let found = (0..sequences.len().saturating_sub(1)).find(ordered);
            found.into_iter().for_each(|at| sequences.swap(at, at + 1));
            found.is_some()
        })
    })
    .is(Red(DELIVERY)),
    delivery("one before it was sent", |draft, at| {
        sequences(draft, at, |probe, sequences, now| {
            let later = probe
                .iter()
                .find(|(_, (sent, _))| *sent > now)
                .map(|(sequence, _)| *sequence);
            sequences.extend(later);
            later.is_some()
        })
    })
    .is(Red(DELIVERY)),
    delivery("one that was never sent", |draft, at| {
        let before = draft.run.load_end();
        sequences(draft, at, |_, sequences, now| {
            sequences.push(1_000_000_000);
            now < before
        })
    })
    .is(Red(DELIVERY)),
    delivery("one twice", |draft, at| {
        sequences(draft, at, |_, sequences, _| {
            sequences.extend(sequences.last().copied());
            true
        })
    })
    .is(Equivalent(
        "the probe sends again without idempotence, so its records may be written twice",
    )),
];

/// When each record of the probe was sent and acknowledged.
type Acknowledged = BTreeMap<u64, (Moment, Moment)>;

fn sequences(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&Acknowledged, &mut Vec<u64>, Moment) -> bool,
) -> bool {
    let run = draft.run;
    let now = run.event(at).t;
    observed(draft, at, |seen| match &mut seen.seen {
        Seen::Delivery { sequences } => edit(run.probe(), sequences, now),
        _ => false,
    })
}

/// A record that no node ever served is acknowledged.
fn invented(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let sequence = match &run.event(at).what {
        What::Observation(seen) if !seen.answered => match seen.seen {
            Seen::Produce { sequence, .. } => sequence,
            _ => return false,
        },
        _ => return false,
    };
    let mut served = run
        .lines(Line::Delivery)
        .iter()
        .map(|line| &run.event(*line).what);
    let was_served = served.any(|what| match what {
        What::Observation(seen) => match &seen.seen {
            Seen::Delivery { sequences } => sequences.contains(&sequence),
            _ => false,
        },
        _ => false,
    });
    if let What::Observation(seen) = &mut draft.events[at].what
        && !was_served
    {
        (seen.answered, seen.error) = (true, None);
        return true;
    }
    false
}
