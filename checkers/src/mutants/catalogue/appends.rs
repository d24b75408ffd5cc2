//! Lies to producers: acknowledgements with other offsets, and other outcomes.

use super::{CLIENT_SIDE, CLIENTS, PLACES};
use crate::history::{Append, Appended, Call, Offset, Outcome, RecordOutcome, Report, Text, What};
use crate::mutants::after::retire;
use crate::mutants::answer::{come_out, completion, completion_mut};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Limit, Red};
use crate::mutants::lie::{Expected, Lie, Line};

/// Two offsets of one value, or two values of one offset.
const MISPLACED: &[&str] = &["duplicate", "inconsistent-offset"];
const REFUSED: &[&str] = &["failed-write-seen"];
const LOST: &[&str] = &["lost-write", "unseen", "inconsistent-offset"];
const CONTRADICTED: &[&str] = &["outcome-contradiction"];
const UNSERVED: Expected = Red(&["append-liveness", "availability", "served-after-heal"]);

const OFFSET: &str = "records.offset";

const fn offset(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Append, OFFSET, change, edit)
        .is(Red(MISPLACED))
        .over(CLIENT_SIDE)
}

const fn outcome(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Append, "records.outcome", change, edit).over(CLIENT_SIDE)
}

pub(super) const ROWS: &[Lie] = &[
    offset("one higher", |draft, at| {
        moved(draft, at, |offset| offset + 1)
    }),
    offset("one lower", |draft, at| {
        moved(draft, at, |offset| offset - 1)
    }),
    offset("far ahead", |draft, at| {
        moved(draft, at, |offset| offset + 1_000_000)
    }),
    offset("0", |draft, at| moved(draft, at, |_| 0)),
    offset("the largest number", |draft, at| {
        moved(draft, at, |_| Offset::MAX)
    }),
    offset("that of the answer before", |draft, at| {
        exchanged(draft, at, false)
    }),
    offset("exchanged with that of the answer before", |draft, at| {
        exchanged(draft, at, true)
    }),
    offset("the end of another partition", another_partitions),
    offset("in reverse within a request", |draft, at| {
        acknowledged(draft, at, |_, records| {
            let before: Vec<Option<Offset>> = records.iter().map(|record| record.offset).collect();
            let reversed = before.iter().rev();
            records
                .iter_mut()
                .zip(reversed)
                .for_each(|(record, offset)| record.offset = *offset);
            before.len() > 1
        })
    })
    .is(Red(&["send-order", "duplicate"])),
    offset("-1", |draft, at| without_offset(draft, at, Some(-1), false)).is(Red(CONTRADICTED)),
    offset("missing", |draft, at| {
        without_offset(draft, at, None, false)
    })
    .is(Red(CONTRADICTED)),
    offset("-1, to an idempotent producer", |draft, at| {
        without_offset(draft, at, Some(-1), true)
    })
    .is(Equivalent(
        "an idempotent producer is not told the offset of a record that was there already",
    )),
    Lie::new(Line::Append, "records", "one outcome less", |draft, at| {
        acknowledged(draft, at, |_, records| records.pop().is_some())
    })
    .is(Red(CONTRADICTED))
    .over(CLIENT_SIDE),
    outcome("refused what was written", |draft, at| {
        refused(draft, at, Outcome::Ok)
    })
    .is(Red(REFUSED)),
    outcome(
        "refused one record of a request that was written",
        |draft, at| {
            acknowledged(draft, at, |_, records| match records.as_mut_slice() {
                [_, .., last] => {
                    *last = refusal("NOT_ENOUGH_REPLICAS");
                    true
                }
                _ => false,
            })
        },
    )
    .is(Red(REFUSED)),
    outcome("an unknown one refused that was written", |draft, at| {
        refused(draft, at, Outcome::Info)
    })
    .is(Red(REFUSED)),
    outcome("acknowledged what was not written", |draft, at| {
        invented(draft, at, Outcome::Info)
    })
    .is(Red(LOST)),
    outcome("acknowledged what was refused", |draft, at| {
        invented(draft, at, Outcome::Fail)
    })
    .is(Red(LOST)),
    outcome("no answer to what was written", unanswered)
        .once(Equivalent(
            "an answer may be lost, and the record may have been written",
        ))
        .long(UNSERVED)
        .over(PLACES)
        .quiet()
        .then(retire),
    // A worker that is not answered is replaced, so these are the requests of many clients: a share of all.
    outcome(
        "no answer to one worker and those that replace it",
        unanswered,
    )
    .long(Limit(
        "fewer than one append in ten may fail outside of faults, and no worker has a limit of its own",
    ))
    .over(CLIENTS)
    .quiet()
    .then(retire),
    outcome("no answer to what was refused", |draft, at| {
        let is_refused = matches!(draft.run.event(at).what, What::Fail(_));
        is_refused && unanswered(draft, at)
    })
    .is(Equivalent("a lost answer says less than a refusal"))
    .over(CLIENT_SIDE)
    .then(retire),
    Lie::new(
        Line::Append,
        "records.error",
        "another code of an unknown outcome",
        |draft, at| {
            open(draft, at, Outcome::Info, |_, record| {
                record.error = Some("REQUEST_TIMED_OUT".into());
                true
            })
        },
    )
    .is(Equivalent("the code of an unknown outcome decides nothing"))
    .over(CLIENT_SIDE),
    Lie::new(
        Line::Append,
        "records.error",
        "refused as too large",
        |draft, at| {
            let changed = open(draft, at, Outcome::Info, |is_read, record| {
                if !is_read {
                    *record = refusal("MSG_SIZE_TOO_LARGE");
                }
                !is_read
            });
            if changed {
                come_out(&mut draft.events[at], Outcome::Fail, None);
            }
            changed
        },
    )
    .is(Red(CONTRADICTED))
    .over(CLIENT_SIDE),
    Lie::new(Line::Append, "error", "another text", |draft, at| {
        let unknown = !matches!(draft.run.event(at).what, What::Ok(_));
        if let Some(completion) = completion_mut(&mut draft.events[at].what).filter(|_| unknown) {
            completion.error = Some("_TRANSPORT".into());
        }
        unknown
    })
    .is(Equivalent(
        "the outcomes of the records decide, and the text of the operation explains",
    ))
    .over(CLIENT_SIDE),
];

fn refusal(error: &str) -> RecordOutcome {
    RecordOutcome {
        outcome: Outcome::Fail,
        offset: None,
        error: Some(error.into()),
        persisted: None,
    }
}

/// The append and its outcomes.
fn append<'d>(draft: &'d mut Draft<'_, '_>, at: usize) -> Option<(&'d Append, &'d mut Appended)> {
    let Call::Append(append) = &draft.run.call(at)?.0.call else {
        return None;
    };
    match &mut completion_mut(&mut draft.events[at].what)?.report {
        Report::Append(appended) => Some((append, appended)),
        _ => None,
    }
}

/// Changes the outcomes of an acknowledged append of which every value was read, so that somebody can notice.
fn acknowledged(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&Append, &mut Vec<RecordOutcome>) -> bool,
) -> bool {
    let Some(log) = draft.run.log_of(at) else {
        return false;
    };
    let is_ok = matches!(draft.run.event(at).what, What::Ok(_));
    let Some((append, appended)) = append(draft, at).filter(|_| is_ok) else {
        return false;
    };
    let was_read = append.values.iter().all(|value| log.was_read(value));
    let has_offsets = appended
        .records
        .iter()
        .all(|record| record.offset >= Some(0));
    was_read && has_offsets && edit(append, &mut appended.records)
}

/// Changes each offset, unless that leaves it as it is.
fn moved(draft: &mut Draft<'_, '_>, at: usize, to: fn(Offset) -> Offset) -> bool {
    acknowledged(draft, at, |_, records| {
        let mut changed = false;
        for offset in records
            .iter_mut()
            .filter_map(|record| record.offset.as_mut())
        {
            let moved = to(*offset);
            changed |= moved != *offset;
            *offset = moved;
        }
        changed
    })
}

fn without_offset(
    draft: &mut Draft<'_, '_>,
    at: usize,
    offset: Option<Offset>,
    idempotent: bool,
) -> bool {
    acknowledged(draft, at, |append, records| {
        let applies = append.idempotent == idempotent;
        let records = records.iter_mut().filter(|_| applies);
        records.for_each(|record| record.offset = offset);
        applies
    })
}

/// The first offset of the acknowledged append of the same partition before this one; and that one's gets this one's.
fn exchanged(draft: &mut Draft<'_, '_>, at: usize, both: bool) -> bool {
    let run = draft.run;
    let place = run.place(at);
    let lines = run.lines(Line::Append);
    let here = lines.partition_point(|line| *line < at);
    let is_other =
        |line: &&usize| run.place(**line) == place && matches!(run.event(**line).what, What::Ok(_));
    // Within sight: a partition with few appends is left alone.
    let before = lines[here.saturating_sub(64)..here]
        .iter()
        .rev()
        .find(is_other);
    let Some(before) = before.copied() else {
        return false;
    };
    let first = |what: &What| match &completion(what)?.report {
        Report::Append(appended) => appended.records.first()?.offset,
        _ => None,
    };
    let (own, others) = (first(&run.event(at).what), first(&run.event(before).what));
    if own == others || own.is_none() || others.is_none() {
        return false;
    }
    let given = |draft: &mut Draft<'_, '_>, at, offset| {
        acknowledged(draft, at, |_, records| {
            records[0].offset = offset;
            true
        })
    };
    given(draft, at, others) && (!both || given(draft, before, own))
}

fn another_partitions(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let Some((topic, partition)) = run.place(at) else {
        return false;
    };
    let Some((_, log)) = run.other_log(&topic, partition) else {
        return false;
    };
    let now = run.event(at).t;
    let end = log.known_before(now).unwrap_or(0) + 1;
    acknowledged(draft, at, |_, records| {
        let changed = records[0].offset != Some(end);
        for (number, record) in records.iter_mut().enumerate() {
            record.offset = Some(end + number as Offset);
        }
        changed
    })
}

/// Changes the outcomes of an append that was not acknowledged, if that was its outcome and it was meant for one of
/// these values. The edit is told whether the value was read.
fn open(
    draft: &mut Draft<'_, '_>,
    at: usize,
    wanted: Outcome,
    mut edit: impl FnMut(bool, &mut RecordOutcome) -> bool,
) -> bool {
    let Some(log) = draft.run.log_of(at) else {
        return false;
    };
    let is_wanted = match draft.run.event(at).what {
        What::Info(_) => wanted == Outcome::Info,
        What::Fail(_) => wanted == Outcome::Fail,
        _ => wanted == Outcome::Ok,
    };
    let Some((append, appended)) = append(draft, at).filter(|_| is_wanted) else {
        return false;
    };
    let was_read: Vec<bool> = append
        .values
        .iter()
        .map(|value| log.was_read(value))
        .collect();
    // All of them or none: a request is written as a whole.
    let alike = was_read.windows(2).all(|pair| pair[0] == pair[1]);
    let mut changed = alike && !appended.records.is_empty();
    for (record, was_read) in appended.records.iter_mut().zip(was_read).filter(|_| alike) {
        changed &= edit(was_read, record);
    }
    changed
}

fn refused(draft: &mut Draft<'_, '_>, at: usize, outcome: Outcome) -> bool {
    let changed = open(draft, at, outcome, |is_read, record| {
        if is_read {
            *record = refusal("NOT_ENOUGH_REPLICAS");
        }
        is_read
    });
    if changed {
        come_out(&mut draft.events[at], Outcome::Fail, None);
    }
    changed
}

/// An acknowledgement of something that nobody ever read, at the next free offset.
fn invented(draft: &mut Draft<'_, '_>, at: usize, outcome: Outcome) -> bool {
    let known = draft
        .run
        .log_of(at)
        .and_then(|log| log.known_before(draft.run.event(at).t));
    let mut next = known.unwrap_or(-1);
    let changed = open(draft, at, outcome, |is_read, record| {
        next += 1;
        if !is_read {
            *record = RecordOutcome {
                outcome: Outcome::Ok,
                offset: Some(next),
                error: None,
                persisted: None,
            };
        }
        !is_read
    });
    if changed {
        come_out(&mut draft.events[at], Outcome::Ok, None);
    }
    changed
}

fn unanswered(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    if matches!(draft.run.event(at).what, What::Info(_)) {
        return false;
    }
    let error: Text = "_MSG_TIMED_OUT".into();
    let Some((_, appended)) = append(draft, at) else {
        return false;
    };
    for record in &mut appended.records {
        *record = RecordOutcome {
            outcome: Outcome::Info,
            offset: None,
            error: Some(error.clone()),
            persisted: None,
        };
    }
    come_out(&mut draft.events[at], Outcome::Info, None);
    true
}
