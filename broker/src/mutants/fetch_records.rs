//! Lies in the records of answers to Fetch: which there are, where, in which order, with which values.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::FetchResponse;
use kafka_protocol::records::Record;

use super::When::{AfterElection, Always, OneIn};
use super::batches::{base_offset, join, set_base_offset, split, with_records};
use super::fetch::rows;
use super::lie::{Change, Lie};
use super::memory::Place;
use super::{Mutant, When};

/// Changes the batches of every partition that has some.
fn batches(answer: &mut FetchResponse, mut change: impl FnMut(Place, &mut Vec<BytesMut>)) {
    rows(answer, |place, row| {
        let records = row.records.clone().unwrap_or_default();
        let mut batches = split(&records);
        if !batches.is_empty() {
            change(place, &mut batches);
            row.records = Some(join(batches));
        }
    });
}

/// Changes the first batch for which `change` has an effect.
fn first(answer: &mut FetchResponse, change: impl Fn(&mut Vec<Record>) -> bool) {
    batches(answer, |_, batches| {
        for batch in batches {
            let mut is_changed = false;
            let other = with_records(batch, |records| is_changed = change(records));
            if let Some(other) = other.filter(|_| is_changed) {
                *batch = other;
                return;
            }
        }
    });
}

/// The same length, another text.
fn altered(value: &Bytes) -> Bytes {
    let mut value = value.to_vec();
    if let Some(last) = value.last_mut() {
        *last = if *last == b'x' { b'y' } else { b'x' };
    }
    value.into()
}

const fn row(
    name: &'static str,
    does: &'static str,
    when: When,
    change: Change<FetchResponse>,
) -> Mutant {
    Mutant::new(name, "records", does, when, Lie::Fetch(change))
}

/// Moves all offsets, none below 0.
fn shift(answer: &mut FetchResponse, by: i64) {
    batches(answer, |_, batches| {
        for batch in batches {
            let offset = base_offset(batch);
            set_base_offset(batch, (offset + by).max(0));
        }
    });
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "fetch-first-batch-dropped",
        "the first of several batches is left out",
        OneIn(5),
        |answer, _| {
            batches(answer, |_, batches| {
                if batches.len() > 1 {
                    batches.remove(0);
                }
            });
        },
    ),
    row(
        "fetch-last-batch-dropped",
        "the last of several batches is left out",
        Always,
        |answer, _| {
            batches(answer, |_, batches| {
                if batches.len() > 1 {
                    batches.pop();
                }
            });
        },
    ),
    row(
        "fetch-middle-batch-dropped",
        "the second of several batches is left out",
        OneIn(5),
        |answer, _| {
            batches(answer, |_, batches| {
                if batches.len() > 2 {
                    batches.remove(1);
                }
            });
        },
    ),
    row(
        "fetch-first-record-dropped",
        "the first record of a batch is left out",
        OneIn(5),
        |answer, _| {
            first(answer, |records| {
                let has_more = records.len() > 1;
                if has_more {
                    records.remove(0);
                }
                has_more
            });
        },
    ),
    row(
        "fetch-last-record-dropped",
        "the last record of a batch is left out, as after a compaction",
        OneIn(5),
        |answer, _| {
            first(answer, |records| {
                let has_more = records.len() > 1;
                if has_more {
                    records.pop();
                }
                has_more
            });
        },
    ),
    row(
        "fetch-batch-twice",
        "the first batch comes twice",
        OneIn(5),
        |answer, _| {
            batches(answer, |_, batches| batches.insert(0, batches[0].clone()));
        },
    ),
    row(
        "fetch-batch-again",
        "the first batch comes again behind all others, with the offsets that follow",
        OneIn(5),
        |answer, _| {
            batches(answer, |_, batches| {
                let mut again = batches[0].clone();
                let last = batches.last().map_or(0, |batch| base_offset(batch));
                set_base_offset(&mut again, last + 5);
                batches.push(again);
            });
        },
    ),
    row(
        "fetch-batches-reversed",
        "batches in the opposite order",
        OneIn(5),
        |answer, _| batches(answer, |_, batches| batches.reverse()),
    ),
    row(
        "fetch-records-exchanged",
        "two records of a batch have exchanged their values",
        OneIn(5),
        |answer, _| {
            first(answer, |records| {
                let [one, two, ..] = records.as_mut_slice() else {
                    return false;
                };
                std::mem::swap(&mut one.value, &mut two.value);
                true
            });
        },
    ),
    row(
        "fetch-records-of-another",
        "the records of another partition",
        OneIn(5),
        |answer, scene| {
            rows(answer, |place, row| {
                let Some(records) = row.records.clone().filter(|records| !records.is_empty())
                else {
                    return;
                };
                let other = scene.memory.records_of_another(&place);
                if let Some(other) = other {
                    let mut batches = split(&other);
                    batches.truncate(1);
                    set_base_offset(&mut batches[0], base_offset(&records));
                    row.records = Some(join(batches));
                }
                scene.memory.records.insert(place, records);
            });
        },
    ),
    row(
        "fetch-offsets-ahead",
        "all offsets are one too high",
        Always,
        |answer, _| shift(answer, 1),
    ),
    row(
        "fetch-offsets-behind",
        "all offsets are one too low",
        Always,
        |answer, _| shift(answer, -1),
    ),
    row(
        "fetch-offsets-ahead-after-election",
        "all offsets are one too high, once the leader has changed",
        AfterElection,
        |answer, _| shift(answer, 1),
    ),
    row(
        "fetch-value-changed",
        "a value is another one, with the right checksum",
        OneIn(20),
        |answer, _| {
            first(answer, |records| {
                let value = records[0].value.as_ref().map(altered);
                records[0].value = value;
                true
            });
        },
    ),
    row(
        "fetch-value-null",
        "a value is null",
        OneIn(20),
        |answer, _| {
            first(answer, |records| {
                records[0].value = None;
                true
            });
        },
    ),
    row(
        "fetch-value-empty",
        "a value has no bytes",
        OneIn(20),
        |answer, _| {
            first(answer, |records| {
                records[0].value = Some(Bytes::new());
                true
            });
        },
    ),
    row(
        "fetch-timestamp-changed",
        "the timestamp of a record is an hour late",
        Always,
        |answer, _| {
            first(answer, |records| {
                records[0].timestamp += 3_600_000;
                true
            });
        },
    ),
    row(
        "fetch-key-added",
        "a record has a key that nobody gave it",
        Always,
        |answer, _| {
            first(answer, |records| {
                records[0].key = Some(Bytes::from_static(b"key"));
                true
            });
        },
    ),
    row(
        "fetch-checksum-wrong",
        "a checksum is wrong",
        OneIn(20),
        |answer, _| {
            batches(answer, |_, batches| {
                if let Some(last) = batches[0].last_mut() {
                    *last ^= 0x10;
                }
            });
        },
    ),
];
