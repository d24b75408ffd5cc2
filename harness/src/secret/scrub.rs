//! Replaces known values in foreign text by their placeholders.
//!
//! A value is searched for as it is, and as JSON, HTML, a URL and Rust's `{:?}` would write it. A value of several lines
//! is also searched for line by line, because logs are read so.
//!
//! Some values are not searched for, because they are not distinct from what else a text contains: values of fewer than
//! four characters, numbers of fewer than six digits, `true` and the like, and paths that exist on this machine. Where a
//! target's own text contains them, they are redacted all the same: see [`super::Filled`].

use std::borrow::Cow;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use super::Secret;

/// Shorter values occur in any text by chance.
const CHARACTERS_MIN: usize = 4;

/// A shorter number is a port, a size or a count.
const DIGITS_MIN: usize = 6;

/// A line of a value that has several: shorter ones, such as `}`, say nothing.
const LINE_CHARACTERS_MIN: usize = 8;

/// Settings, not secrets.
const SWITCHES: [&str; 4] = ["true", "false", "none", "null"];

/// Every form of every known value, with its placeholder; the longest first.
static KNOWN: RwLock<Vec<(String, String)>> = RwLock::new(Vec::new());

/// Searches for this value from now on.
pub(super) fn learn(secret: &Secret) {
    if !is_distinct(secret.reveal()) {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for form in forms(secret.reveal()) {
        let pair = (form, secret.to_string());
        if !known.contains(&pair) {
            known.push(pair);
        }
    }
    known.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
}

fn is_distinct(value: &str) -> bool {
    let count = value.chars().count();
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_place = Path::new(value).is_absolute() && Path::new(value).exists();
    let long_enough = match is_number {
        true => count >= DIGITS_MIN,
        false => count >= CHARACTERS_MIN,
    };
    long_enough && !SWITCHES.contains(&value) && !is_place
}

fn forms(value: &str) -> Vec<String> {
    let lines = value.lines().filter(|line| {
        line.trim().chars().count() >= LINE_CHARACTERS_MIN && value.trim() != line.trim()
    });
    let mut forms = Vec::new();
    for text in std::iter::once(value.trim()).chain(lines.map(str::trim)) {
        let json = Value::from(text).to_string();
        let debug = format!("{text:?}");
        let inner = |quoted: &str| quoted[1..quoted.len() - 1].to_owned();
        let html = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        forms.extend([text.to_owned(), inner(&json), inner(&debug), html.clone()]);
        forms.push(html.replace('"', "&quot;"));
        forms.push(html.replace('"', "&quot;").replace('\'', "&apos;"));
        forms.push(percent_encoded(text));
    }
    forms.sort();
    forms.dedup();
    forms
}

fn percent_encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// Whether there is no value to search for.
pub(super) fn knows_nothing() -> bool {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.is_empty()
}

/// A text for people.
pub fn clean_text(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut clean = Cow::Borrowed(text);
    for (form, placeholder) in known.iter() {
        if clean.contains(form.as_str()) {
            clean = Cow::Owned(clean.replace(form.as_str(), placeholder));
        }
    }
    clean
}

/// Bytes that need not be text, such as a node's output. None if they contain no known value.
pub(super) fn clean_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut clean: Option<Vec<u8>> = None;
    for (form, placeholder) in known.iter() {
        let text = clean.as_deref().unwrap_or(bytes);
        if let Some(replaced) = replaced(text, form.as_bytes(), placeholder.as_bytes()) {
            clean = Some(replaced);
        }
    }
    clean
}

fn replaced(text: &[u8], form: &[u8], by: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = position(rest, form) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(by);
        rest = &rest[at + form.len()..];
    }
    if rest.len() == text.len() {
        return None;
    }
    out.extend_from_slice(rest);
    Some(out)
}

fn position(text: &[u8], form: &[u8]) -> Option<usize> {
    let first = *form.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        if text[from + at..].starts_with(form) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// One JSON text. Names of fields stay, and so do strings that are one word in lower case: those are the vocabulary of
/// the file. None if it contains no known value, or is not JSON.
pub fn clean_json(text: &str) -> Option<String> {
    if matches!(clean_text(text), Cow::Borrowed(_)) {
        return None;
    }
    let mut value: Value = serde_json::from_str(text).ok()?;
    clean_value(&mut value);
    match text.contains("\n  ") {
        true => serde_json::to_string_pretty(&value).ok(),
        false => Some(value.to_string()),
    }
}

fn clean_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            let is_word = text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            if let (false, Cow::Owned(clean)) = (is_word, clean_text(text)) {
                *text = clean;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(clean_value),
        Value::Object(fields) => fields.values_mut().for_each(clean_value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The content of a file that is about to be written, by its name: JSON as JSON, everything else as text.
pub fn written<'a>(path: &Path, text: &'a str) -> Cow<'a, str> {
    let is_json = path.extension().is_some_and(|end| end == "json");
    match is_json.then(|| serde_json::from_str::<Value>(text).is_ok()) {
        Some(true) => clean_json(text).map_or(Cow::Borrowed(text), Cow::Owned),
        _ => clean_text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(name: &str, value: &str) {
        Secret::new(format!("{{env.{name}}}"), value);
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        learnt("FORMS", "p\"ss <w>&rd'9");
        for text in [
            "p\"ss <w>&rd'9",
            r#"p\"ss <w>&rd'9"#,
            "p\"ss &lt;w&gt;&amp;rd'9",
            "p&quot;ss &lt;w&gt;&amp;rd'9",
            "p&quot;ss &lt;w&gt;&amp;rd&apos;9",
            "p%22ss%20%3Cw%3E%26rd%279",
        ] {
            let found = clean_text(&format!("a {text} b")).into_owned();
            assert_eq!(found, "a {env.FORMS} b", "{text}");
        }
        learnt("LINES", "-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\n");
        assert_eq!(clean_text("x MIIEvQIBADANBg }"), "x {env.LINES} }");
    }

    #[test]
    fn what_is_not_distinct_is_left_alone() {
        for value in ["a7x", "9092", "true", "/", env!("CARGO_MANIFEST_DIR")] {
            learnt("PLAIN", value);
            assert_eq!(clean_text(value), value);
        }
    }

    #[test]
    fn json_keeps_its_names_and_words() {
        learnt("WORD", "geheim-wort");
        let text = r#"{"geheim-wort":"geheim-wort","why":"it said geheim-wort","n":1}"#;
        let clean = clean_json(text).expect("it contains the value");
        let read: Value = serde_json::from_str(&clean).expect("JSON");
        assert_eq!(read["geheim-wort"], "geheim-wort");
        assert_eq!(read["why"], "it said {env.WORD}");
        assert_eq!(clean_json(r#"{"a":1}"#), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_cleaned() {
        learnt("BYTES", "b1n4ry-secret");
        let clean = clean_bytes(b"\xff\xfeb1n4ry-secret\xff").expect("found");
        assert_eq!(clean, b"\xff\xfe{env.BYTES}\xff");
        assert_eq!(clean_bytes(b"\xff"), None);
    }
}
