//! Lies about what a record is beside its identity: another key, value, header or timestamp than it was sent with.

use crate::history::{Altered, Seen};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::Red;
use crate::mutants::lie::{Lie, Line};

use super::metadata::observed;

const fn row(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Content, "altered", change, edit)
}

pub(super) const ROWS: &[Lie] = &[
    row("another key", |draft, at| altered(draft, at, "key")).is(Red(ALTERED)),
    row("another value", |draft, at| altered(draft, at, "value")).is(Red(ALTERED)),
    row("other headers", |draft, at| altered(draft, at, "headers")).is(Red(ALTERED)),
    row("another timestamp", |draft, at| {
        altered(draft, at, "timestamp")
    })
    .is(Red(ALTERED)),
];

const ALTERED: &[&str] = &["altered-record"];

/// A record that exists was read with another field.
fn altered(draft: &mut Draft<'_, '_>, at: usize, field: &str) -> bool {
    let run = draft.run;
    let Some(place) = run.any_place(&mut draft.draw) else {
        return false;
    };
    let log = run.log(&place.0, place.1);
    let Some((offset, value)) = log.and_then(|log| log.records.first_key_value()) else {
        return false;
    };
    observed(draft, at, |seen| match &mut seen.seen {
        Seen::Content { altered, .. } => {
            altered.push(Altered {
                topic: place.0.clone(),
                partition: place.1,
                offset: *offset,
                value: value.clone(),
                fields: vec![field.into()],
            });
            true
        }
        _ => false,
    })
}
