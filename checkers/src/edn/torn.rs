//! An operation with objects in it whose ends are not known: it is read with one end after the other, until the whole is
//! an operation and nothing is left over. [`super::objects`] says which ends, and in which order.

use std::collections::BTreeSet;

use super::EdnValue;
use super::borders::{is_over, named, next_operation};
use super::budget::Budget;
use super::error::{EdnError, Problem};
use super::objects::{Objects, Tries};
use super::reader::Reader;

/// Reads the operation map here, which has objects in it.
///
/// A brace in the text of an object can look like the next operation. So where no end is found, the operation is read
/// once more up to the next line that begins with one, and then no object may hold a word that every operation has.
pub(super) fn operation<'a>(
    reader: &mut Reader<'a>,
    budget: &mut Budget,
) -> Result<EdnValue<'a>, EdnError> {
    let text = reader.text.as_bytes();
    let until = next_operation(text, reader.at, false, budget);
    let read = operation_until(reader, until, false, budget);
    if read.is_ok() {
        return read;
    }
    match next_operation(text, reader.at, true, budget) {
        further if further > until => operation_until(reader, further, true, budget).or(read),
        _ => read,
    }
}

/// The same up to a place.
fn operation_until<'a>(
    reader: &mut Reader<'a>,
    until: usize,
    is_wide: bool,
    budget: &mut Budget,
) -> Result<EdnValue<'a>, EdnError> {
    let at = reader.at;
    let text = &reader.text[..until];
    let mut tries = Tries::new(named(text.as_bytes(), at), is_wide, std::mem::take(budget));
    let mut first: Option<EdnError> = None;
    loop {
        let mut inner = Reader::within(text, at, Objects::Tried(tries));
        let form = inner.form();
        let end = inner.at;
        tries = match inner.objects {
            Objects::Tried(tries) => tries,
            _ => Tries::default(),
        };
        tries.budget.spend(end - at);
        match form {
            Ok(form) if is_operation(&form) && is_over(text.as_bytes(), end) => {
                reader.at = end;
                *budget = tries.budget;
                return Ok(form);
            }
            Err(error) if first.is_none() => first = Some(error),
            _ => {}
        }
        let start = tries.first().unwrap_or(at);
        if tries.budget.is_spent() || !tries.advance(text) {
            *budget = tries.budget;
            return Err(match first {
                Some(torn) if torn.problem == (Problem::Torn { inside: "object" }) => torn,
                _ => EdnError::at(reader.text, start, Problem::Object),
            });
        }
    }
}

/// Whether a form is a map with a type and a process, with keywords as keys, each once.
fn is_operation(form: &EdnValue<'_>) -> bool {
    let mut words = BTreeSet::new();
    let pairs = form.pairs();
    let is_map = pairs.is_some_and(|pairs| {
        pairs.iter().all(|(key, _)| match key {
            EdnValue::Keyword(word) => words.insert(word.as_ref()),
            _ => false,
        })
    });
    is_map && words.contains("type") && words.contains("process")
}
