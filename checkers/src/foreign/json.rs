//! Histories in JSON, in Jepsen's shape: `elle-cli` reads the same.
//!
//! ```text
//! [{"index": 0, "process": 0, "type": "invoke", "f": "txn", "value": [["append", 1, 1], ["r", 2, null]]},
//!  {"index": 1, "process": 0, "type": "ok", "f": "txn", "value": [["append", 1, 1], ["r", 2, []]]}]
//! ```
//!
//! The objects are in one array, or one after the other. An object is what a map is in EDN, its names are keywords, and
//! `null` is `nil`. Names within values that are integers are integers: JSON has no other way to write such a key.

use std::borrow::Cow;

use serde_json::{Deserializer, Value};

use super::error::ForeignError;
use crate::edn::{EdnValue, Entry, entry};

/// The operations of a history.
///
/// # Errors
/// If the text is not JSON, or an object of it is no operation.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'static>>, ForeignError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rest = text.trim_start();
    let is_array = rest.starts_with('[');
    rest = rest.strip_prefix('[').unwrap_or(rest);
    let mut entries = Vec::new();
    let (mut line, mut passed) = (1, 0);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let at = text.len() - rest.len();
        line += text[passed..at]
            .bytes()
            .filter(|byte| *byte == b'\n')
            .count();
        passed = at;
        let wrong = |problem: String| {
            ForeignError::line(
                line,
                format!(
                    "{problem}; JSON is read in Jepsen's shape: objects with type, process, f and value"
                ),
            )
        };
        if rest.is_empty() || (is_array && rest.starts_with(']')) {
            let is_closed = !is_array || rest.trim_end() == "]";
            return match is_closed {
                true => Ok(entries),
                false => Err(wrong(
                    "the array does not end where the text does".to_owned(),
                )),
            };
        }
        let mut values = Deserializer::from_str(rest).into_iter::<Value>();
        let value = match values.next() {
            Some(Ok(Value::Object(object))) => object,
            Some(Ok(_)) => return Err(wrong("this is no object".to_owned())),
            Some(Err(error)) => return Err(wrong(format!("not JSON: {error}"))),
            None => return Err(wrong("an object is missing".to_owned())),
        };
        let fields = value.into_iter().map(|(name, value)| {
            let keyword = EdnValue::Keyword(Cow::Owned(name));
            (keyword, form(value))
        });
        let map = EdnValue::Map(fields.collect());
        let one = entry(map, line, entries.len()).map_err(|problem| wrong(problem.to_string()))?;
        entries.push(one);
        rest = &rest[values.byte_offset()..];
    }
}

fn form(value: Value) -> EdnValue<'static> {
    match value {
        Value::Null => EdnValue::Nil,
        Value::Bool(boolean) => EdnValue::Boolean(boolean),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => EdnValue::Integer(integer),
            (None, Some(_)) => EdnValue::BigInteger(Cow::Owned(number.to_string())),
            (None, None) => EdnValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => EdnValue::String(Cow::Owned(text)),
        Value::Array(elements) => EdnValue::Vector(elements.into_iter().map(form).collect()),
        Value::Object(pairs) => {
            // Only what an integer prints as is one: `01` is another name than `1`.
            let key = |name: String| match name.parse::<i64>() {
                Ok(integer) if integer.to_string() == name => EdnValue::Integer(integer),
                _ => EdnValue::String(Cow::Owned(name)),
            };
            let pairs = pairs.into_iter();
            EdnValue::Map(
                pairs
                    .map(|(name, value)| (key(name), form(value)))
                    .collect(),
            )
        }
    }
}
