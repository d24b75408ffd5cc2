//! The operation maps of a Jepsen history: `{:type :invoke, :process 0, :f :txn, :value ...}`, one
//! after the other, or all within one vector or list.

use std::borrow::Cow;

use super::EdnValue;
use super::atoms::shortened;
use super::budget::Budget;
use super::error::{EdnError, Problem};
use super::objects::Objects;
use super::reader::Reader;
use super::torn;

/// What an operation map says of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryType {
    /// It was called.
    Invoke,
    /// It happened.
    Ok,
    /// It did not happen.
    Fail,
    /// It may have happened, or may still happen.
    Info,
}

/// Who an operation map is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Process<'a> {
    /// A logical client.
    Client(i64),
    /// Anything else, e.g. `:nemesis`: never a client's operation.
    Other(Cow<'a, str>),
}

/// One operation map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its place among the history's entries, from 0.
    pub place: usize,
    /// Its type.
    pub entry_type: EntryType,
    /// Whose it is.
    pub process: Process<'a>,
    /// The function, e.g. `txn`; none in histories that have only one function.
    pub function: Option<Cow<'a, str>>,
    /// The value; `nil` if it has none.
    pub value: EdnValue<'a>,
    /// The index, where it has one.
    pub index: Option<i64>,
    /// The time in nanoseconds, where it has one.
    pub time_ns: Option<i64>,
    /// The fields that have no place above, e.g. `:key` or `:error`.
    pub others: Vec<(EdnValue<'a>, EdnValue<'a>)>,
}

impl<'a> Entry<'a> {
    /// A field that has no place of its own, by its keyword.
    pub fn other(&self, keyword: &str) -> Option<&EdnValue<'a>> {
        let named = |key: &EdnValue<'_>| matches!(key, EdnValue::Keyword(word) if word == keyword);
        let (_, value) = self.others.iter().find(|(key, _)| named(key))?;
        Some(value)
    }
}

/// Reads the operation maps of a history, in their order.
///
/// # Errors
/// If the text is not EDN, ends within a map (a torn last line too: what it said is not known), has
/// something that is not an operation map, or has indexes that do not ascend.
pub fn entries(text: &str) -> Result<Vec<Entry<'_>>, EdnError> {
    let mut reader = Reader::new(text);
    let mut read: Vec<Entry<'_>> = Vec::new();
    let mut lines = Lines::new(text);
    let mut index_last: Option<i64> = None;
    let mut budget = Budget::of(text);
    let enclosed = match reader.more()?.then(|| reader.peek()).flatten() {
        Some(b'[') => Some(("vector", b']')),
        Some(b'(') => Some(("list", b')')),
        _ => None,
    };
    let start = reader.offset();
    reader.at += usize::from(enclosed.is_some());
    loop {
        match enclosed {
            Some((inside, close)) => {
                if reader.closes(start, inside, close)? {
                    break;
                }
            }
            None => {
                if !reader.more()? {
                    return Ok(read);
                }
            }
        }
        let at = reader.offset();
        let form = whole(&mut reader, &mut budget)?;
        let fail = |problem| EdnError::at(text, at, problem);
        let entry = entry(form, lines.line_of(at), read.len()).map_err(fail)?;
        if let (Some(index), Some(last)) = (entry.index, index_last)
            && index <= last
        {
            return Err(fail(Problem::Shuffled { index, last }));
        }
        index_last = entry.index.or(index_last);
        read.push(entry);
    }
    if reader.more()? {
        return Err(reader.error(reader.offset(), Problem::Trailing));
    }
    Ok(read)
}

/// The next form, an operation map as a rule: one with objects in it is read such that no object reaches beyond it.
fn whole<'a>(reader: &mut Reader<'a>, budget: &mut Budget) -> Result<EdnValue<'a>, EdnError> {
    let at = reader.at;
    reader.objects = Objects::PutOff { met: false };
    let form = reader.form();
    match std::mem::take(&mut reader.objects) {
        Objects::PutOff { met: true } => {
            reader.at = at;
            torn::operation(reader, budget)
        }
        _ => form,
    }
}

/// Line numbers of ascending offsets, in one pass over the text.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Lines<'a> {
        let bytes = text.as_bytes();
        Lines {
            bytes,
            at: 0,
            line: 1,
        }
    }

    fn line_of(&mut self, offset: usize) -> usize {
        let passed = &self.bytes[self.at..offset];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = offset;
        self.line
    }
}

/// An operation map as an entry: of the line where it begins, and at its place among the history's entries. Its fields
/// are in canonical form, so that who compares them compares values and not texts.
pub(crate) fn entry(form: EdnValue<'_>, line: usize, place: usize) -> Result<Entry<'_>, Problem> {
    let mut form = form;
    while let EdnValue::Tagged(_, inner) = form {
        form = *inner;
    }
    let EdnValue::Map(pairs) = form else {
        return Err(Problem::NotAMap);
    };
    let [mut entry_type, mut process, mut function] = [None, None, None];
    let [mut value, mut index, mut time_ns] = [None, None, None];
    let mut others = Vec::new();
    for (key, field) in pairs {
        let field = field.canonical();
        let (slot, name) = match &key {
            EdnValue::Keyword(word) => match word.as_ref() {
                "type" => (&mut entry_type, "type"),
                "process" => (&mut process, "process"),
                "f" => (&mut function, "f"),
                "value" => (&mut value, "value"),
                "index" => (&mut index, "index"),
                "time" => (&mut time_ns, "time"),
                _ => {
                    others.push((key, field));
                    continue;
                }
            },
            _ => {
                others.push((key, field));
                continue;
            }
        };
        if slot.replace(field).is_some() {
            return Err(Problem::FieldTwice(name));
        }
    }
    Ok(Entry {
        line,
        place,
        entry_type: type_of(entry_type.ok_or(Problem::NoField("type"))?)?,
        process: process_of(process.ok_or(Problem::NoField("process"))?)?,
        function: function.map(function_of).transpose()?.flatten(),
        value: value.unwrap_or(EdnValue::Nil),
        index: index.map(|i| integer_of("index", i)).transpose()?.flatten(),
        time_ns: time_ns
            .map(|t| integer_of("time", t))
            .transpose()?
            .flatten(),
        others,
    })
}

fn wrong(field: &'static str, expected: &'static str, found: &EdnValue<'_>) -> Problem {
    let found = shortened(&found.to_string()).to_owned();
    Problem::Field {
        field,
        expected,
        found,
    }
}

fn type_of(value: EdnValue<'_>) -> Result<EntryType, Problem> {
    match value.word() {
        Some("invoke") => Ok(EntryType::Invoke),
        Some("ok") => Ok(EntryType::Ok),
        Some("fail") => Ok(EntryType::Fail),
        Some("info") => Ok(EntryType::Info),
        _ => Err(wrong("type", ":invoke, :ok, :fail or :info", &value)),
    }
}

fn process_of(value: EdnValue<'_>) -> Result<Process<'_>, Problem> {
    match value {
        EdnValue::Integer(number) => Ok(Process::Client(number)),
        EdnValue::Keyword(word) | EdnValue::Symbol(word) | EdnValue::String(word) => {
            Ok(Process::Other(word))
        }
        other => Err(wrong("process", "an integer or a keyword", &other)),
    }
}

fn function_of(value: EdnValue<'_>) -> Result<Option<Cow<'_, str>>, Problem> {
    match value {
        EdnValue::Nil => Ok(None),
        EdnValue::Keyword(word) | EdnValue::Symbol(word) | EdnValue::String(word) => Ok(Some(word)),
        other => Err(wrong("f", "a keyword", &other)),
    }
}

fn integer_of(field: &'static str, value: EdnValue<'_>) -> Result<Option<i64>, Problem> {
    match value {
        EdnValue::Nil => Ok(None),
        EdnValue::Integer(integer) => Ok(Some(integer)),
        other => Err(wrong(field, "an integer of 64 bits", &other)),
    }
}
