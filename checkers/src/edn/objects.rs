//! Where an object ends that Clojure up to 1.6 printed, `#<Class text>`.
//!
//! The text is whatever the object prints: brackets, quotes, `<` and `>` in any number. `#<Ex x < 3>` has one `<` more
//! than it closes, `#<Ex a > b>` ends at its second `>`, and `#<Ex near ">">` has a quote in it. So nothing in the text
//! tells where it ends. The operation around it does: the end is the first `>` after which the rest is what is left of
//! an operation map, whose keys are keywords, each once. And no object reaches into the next operation: a history that
//! lost operations would be judged by what is left of it.
//!
//! Ends are tried in this order, for the last object of an operation first:
//!
//! 1. each `>` that is followed by white space, a comma or a closing bracket, and is no arrow (`->`, `=>`), nor the end
//!    of another object within;
//! 2. each other `>`;
//! 3. the same beyond a word that names a field which is judged, such as `:value`: mostly that is another field, at times
//!    it is data of an exception;
//! 4. the bracket that closes the operation, for an object without end, if no such word lies between.
//!
//! Reading again costs time: a [`Budget`] in bytes, for the whole text, bounds it.

use std::collections::BTreeSet;

use super::EdnValue;
use super::borders::{is_over, named, next_operation};
use super::error::{EdnError, Problem};
use super::reader::Reader;

/// What a reader does with an object.
#[derive(Clone, Debug, Default)]
pub(super) enum Objects {
    /// It ends where its brackets are balanced: all that is known of a form that stands alone.
    #[default]
    Balanced,
    /// It is an error, and noted: the operation is read again by [`operation`].
    PutOff {
        /// Whether there was one.
        met: bool,
    },
    /// Its end is one of several.
    Tried(Tries),
}

/// The ends that are tried, by object in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries {
    choices: Vec<Choice>,
    met: usize,
    /// Whether the map of the operation was entered.
    is_within: bool,
    /// Where the words are that name fields which are judged. Ordered.
    named: Vec<usize>,
    /// Whether ends beyond such a word are left out.
    is_wide: bool,
    budget: Budget,
}

/// How many bytes may be read again.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget(u64);

impl Budget {
    /// That of a text: some eight times its length.
    pub(super) fn of(text: &str) -> Budget {
        const LEAST: u64 = 8 << 20;
        const TIMES: u64 = 8;
        Budget(LEAST + TIMES * text.len() as u64)
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.0 == 0
    }

    /// Spends these, and one more.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes as u64 + 1);
    }
}

impl Objects {
    /// Whether the map that begins is that of an operation.
    pub(super) fn is_operation(&mut self) -> bool {
        match self {
            Objects::Tried(tries) => !std::mem::replace(&mut tries.is_within, true),
            _ => false,
        }
    }
}

impl Tries {
    /// The end of the next object, which begins here; none if it has no end.
    pub(super) fn next(&mut self, text: &str, start: usize) -> Option<usize> {
        if self.met == self.choices.len() {
            let next = self.named.partition_point(|named| *named < start);
            let named = self.named.get(next).copied();
            let mut choice = Choice {
                start,
                named: named.unwrap_or(text.len()),
                class: 0,
                classes: if self.is_wide { 2 } else { 4 },
                at: start + 2,
                within: 0,
                end: None,
            };
            choice.advance(text, &mut self.budget);
            self.choices.push(choice);
        }
        let choice = &self.choices[self.met];
        self.met += 1;
        choice.end
    }

    /// Goes on to the next ends; false if there are none.
    fn advance(&mut self, text: &str) -> bool {
        self.met = 0;
        self.is_within = false;
        while let Some(last) = self.choices.last_mut() {
            last.advance(text, &mut self.budget);
            if last.end.is_some() {
                return true;
            }
            self.choices.pop();
        }
        false
    }
}

/// The end that is tried of one object, and how to find the next one.
#[derive(Clone, Debug)]
struct Choice {
    start: usize,
    /// Where the first word after it is that names a field which is judged.
    named: usize,
    /// Which ends are tried: likely ones and others up to the word, the same beyond it, the bracket that closes.
    class: usize,
    /// How many of them, without the last.
    classes: usize,
    /// Where the next one may be.
    at: usize,
    /// How many other objects are open there.
    within: usize,
    end: Option<usize>,
}

impl Choice {
    fn advance(&mut self, text: &str, budget: &mut Budget) {
        let bytes = text.as_bytes();
        self.end = None;
        while self.class < self.classes && !budget.is_spent() {
            let until = if self.class < 2 {
                self.named
            } else {
                bytes.len()
            };
            let from = self.at;
            while self.at < until && self.end.is_none() {
                let at = self.at;
                self.at += 1;
                match bytes[at] {
                    b'<' if bytes[at - 1] == b'#' => self.within += 1,
                    b'>' => {
                        let is_likely = self.within == 0 && is_likely(bytes, at);
                        self.within = self.within.saturating_sub(1);
                        let class = 2 * usize::from(at > self.named) + usize::from(!is_likely);
                        self.end = (class == self.class).then_some(at + 1);
                    }
                    _ => {}
                }
            }
            budget.spend(self.at - from);
            if self.end.is_some() {
                return;
            }
            self.class += 1;
            (self.at, self.within) = (self.start + 2, 0);
        }
        if self.class == self.classes {
            self.class += 1;
            let close = text.rfind('}');
            self.end = close.filter(|end| (self.start..self.named).contains(end));
        }
    }
}

/// Whether a `>` is followed by what can follow a form, and is no arrow.
fn is_likely(text: &[u8], at: usize) -> bool {
    let is_last = text
        .get(at + 1)
        .is_none_or(|next| matches!(next, b',' | b')' | b']' | b'}') || next.is_ascii_whitespace());
    is_last && !matches!(text[at - 1], b'-' | b'=')
}

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
    let mut tries = Tries {
        named: named(text.as_bytes(), at),
        is_wide,
        budget: std::mem::take(budget),
        ..Tries::default()
    };
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
        let start = tries.choices.first().map_or(at, |choice| choice.start);
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
