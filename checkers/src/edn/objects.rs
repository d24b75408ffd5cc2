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

use super::budget::Budget;

/// What a reader does with an object.
#[derive(Clone, Debug, Default)]
pub(super) enum Objects {
    /// It ends where its brackets are balanced: all that is known of a form that stands alone.
    #[default]
    Balanced,
    /// It is an error, and noted: the operation is read again by `torn`.
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
    pub(super) budget: Budget,
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
    /// The first ends. `named`: where the words are that name fields which are judged.
    pub(super) fn new(named: Vec<usize>, is_wide: bool, budget: Budget) -> Tries {
        Tries {
            named,
            is_wide,
            budget,
            ..Tries::default()
        }
    }

    /// Where the first object begins that was met.
    pub(super) fn first(&self) -> Option<usize> {
        self.choices.first().map(|choice| choice.start)
    }

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
    pub(super) fn advance(&mut self, text: &str) -> bool {
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
