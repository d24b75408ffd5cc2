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
}

#[derive(Clone, Debug)]
struct Choice {
    start: usize,
    ends: Vec<usize>,
    at: usize,
}

/// How many bytes may be read again.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Budget {
    /// That of a text: some sixteen times its length.
    pub(super) fn of(text: &str) -> Budget {
        const LEAST: u64 = 16 << 20;
        const TIMES: u64 = 16;
        Budget(LEAST + TIMES * text.len() as u64)
    }

    fn spend(&mut self, bytes: usize) {
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
            let ends = ends(text, start);
            self.choices.push(Choice { start, ends, at: 0 });
        }
        let choice = &self.choices[self.met];
        self.met += 1;
        choice.ends.get(choice.at).copied()
    }

    /// Goes on to the next ends; false if there are none.
    fn advance(&mut self) -> bool {
        while let Some(last) = self.choices.last_mut() {
            last.at += 1;
            if last.at < last.ends.len() {
                self.met = 0;
                self.is_within = false;
                return true;
            }
            self.choices.pop();
        }
        false
    }
}

/// Reads the operation map here, which has objects in it.
pub(super) fn operation<'a>(
    reader: &mut Reader<'a>,
    budget: &mut Budget,
) -> Result<EdnValue<'a>, EdnError> {
    let at = reader.at;
    let until = next_operation(reader.text.as_bytes(), at, budget);
    let text = &reader.text[..until];
    let mut tries = Tries::default();
    let mut first: Option<EdnError> = None;
    loop {
        let mut inner = Reader::within(text, at, Objects::Tried(tries));
        let form = inner.form();
        budget.spend((inner.at - at) + (until - at) / 4);
        let end = inner.at;
        let is_well = form.as_ref().is_ok_and(is_operation) && goes_on(&mut inner);
        tries = match inner.objects {
            Objects::Tried(tries) => tries,
            _ => Tries::default(),
        };
        match form {
            Ok(form) if is_well => {
                reader.at = end;
                return Ok(form);
            }
            Err(error) if first.is_none() => first = Some(error),
            _ => {}
        }
        let start = tries.choices.first().map_or(at, |choice| choice.start);
        if budget.0 == 0 || !tries.advance() {
            return Err(match first {
                Some(torn) if torn.problem == (Problem::Torn { inside: "object" }) => torn,
                _ => EdnError::at(reader.text, start, Problem::Object),
            });
        }
    }
}

/// Whether a form is a map with keywords as keys, each once.
fn is_operation(form: &EdnValue<'_>) -> bool {
    let mut words = BTreeSet::new();
    let pairs = form.pairs();
    pairs.is_some_and(|pairs| {
        pairs.iter().all(|(key, _)| match key {
            EdnValue::Keyword(word) => words.insert(word.as_ref()),
            _ => false,
        })
    })
}

/// Whether what follows an operation can follow one.
fn goes_on(reader: &mut Reader<'_>) -> bool {
    match reader.more() {
        Ok(true) => matches!(reader.peek(), Some(b'{' | b'#' | b']' | b')')),
        Ok(false) => true,
        Err(_) => false,
    }
}

/// The fields that some model judges.
const JUDGED: [&str; 10] = [
    ":type",
    ":process",
    ":f ",
    ":value",
    ":index",
    ":key",
    ":k ",
    ":offset",
    ":link",
    ":position",
];

/// The ends that an object can have, in the order in which they are tried.
fn ends(text: &str, start: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let named = JUDGED.iter().filter_map(|word| text[start..].find(word));
    let named = named.min().map_or(text.len(), |at| start + at);
    let mut tried: [Vec<usize>; 4] = Default::default();
    let mut within = 0_usize;
    for at in start + 2..bytes.len() {
        let before = bytes[at - 1];
        match bytes[at] {
            b'<' if before == b'#' => within += 1,
            b'>' => {
                let follows = bytes.get(at + 1);
                let is_last = follows.is_none_or(|next| {
                    matches!(next, b',' | b')' | b']' | b'}') || next.is_ascii_whitespace()
                });
                let is_likely = within == 0 && is_last && !matches!(before, b'-' | b'=');
                tried[2 * usize::from(at > named) + usize::from(!is_likely)].push(at + 1);
                within = within.saturating_sub(1);
            }
            _ => {}
        }
    }
    let mut all = tried.concat();
    // An object without end, up to where its operation closes.
    let close = text.rfind('}').filter(|end| *end > start && *end < named);
    all.extend(close);
    all
}

/// Where the next operation begins: at an opening brace, with its tag if it has one, that is the first of its line or
/// follows a closing one, of a map with `:process` and `:type`. One that is the first of its line may have an object in
/// it, too, whose brackets hide its keys: there it is enough that they are in the line.
fn next_operation(text: &[u8], from: usize, budget: &mut Budget) -> usize {
    let (mut is_first, mut follows) = (false, false);
    let mut at = from + 1;
    while at < text.len() && budget.0 > 0 {
        match text[at] {
            b'\n' => is_first = true,
            b' ' | b'\t' | b'\r' | b',' => {}
            byte => {
                let may_begin = (is_first || follows) && matches!(byte, b'{' | b'#');
                if may_begin
                    && let Some(brace) = brace(text, at)
                    && (is_head(text, brace, budget) || (is_first && is_line(text, brace, budget)))
                {
                    return at;
                }
                is_first = false;
                follows = byte == b'}';
            }
        }
        at += 1;
    }
    budget.spend(at - from);
    text.len()
}

/// The brace that is here, or behind a tag that is here.
fn brace(text: &[u8], at: usize) -> Option<usize> {
    if text[at] == b'{' {
        return Some(at);
    }
    let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/".contains(byte);
    let tag = text[at + 1..]
        .iter()
        .take_while(|byte| is_tag(byte))
        .count();
    let brace = at + 1 + tag;
    (tag > 0 && text.get(brace) == Some(&b'{')).then_some(brace)
}

/// Whether what is left of the line names the keys of an operation.
fn is_line(text: &[u8], from: usize, budget: &mut Budget) -> bool {
    let line = text[from..].split(|byte| *byte == b'\n').next();
    let line = line.unwrap_or_default();
    budget.spend(line.len());
    let has = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
    has(b":process ") && has(b":type ")
}

/// Whether the map that is opened here has the keys of an operation.
fn is_head(text: &[u8], brace: usize, budget: &mut Budget) -> bool {
    let (mut process, mut kind) = (false, false);
    let mut depth = 0_usize;
    let mut at = brace;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                while text.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
            }
            b':' if depth == 1 => {
                process |= text[at..].starts_with(b":process ");
                kind |= text[at..].starts_with(b":type ");
            }
            _ => {}
        }
        if depth == 0 || (process && kind) {
            break;
        }
        at += 1;
    }
    budget.spend(at.min(text.len()) - brace);
    process && kind
}
