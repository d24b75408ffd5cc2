//! Text that came from elsewhere, without effect on what shows it: a terminal, a page, XML or JSON. Every crate of the
//! workspace that shows a foreign value uses these functions and no others.
//!
//! A hidden character is one that acts or that nobody sees: control characters, escape sequences, separators of lines,
//! controls of the direction of writing, zero-width, private and unassigned characters. Each is written as its escape
//! (`\n`, `\x1b`, `\u{202e}`), so that a reader sees that it is there, and which one. The categories are those of the
//! Unicode Character Database, read from the crate `unicode-properties`. A backslash stays as it is: paths, patterns and
//! quoted commands contain it, and an escape that is not one cannot act.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A value within a line. Line breaks are hidden characters, too: with one, a value could forge a line of ours.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden, escape)
}

/// A text of several lines. Its line breaks stay, because they are ours.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_hidden(c), escape)
}

/// A block that is shown as it was written, such as a log on a page: its line breaks and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    let acts = |c| !matches!(c, '\n' | '\t') && is_hidden(c);
    escaped(text, acts, escape)
}

/// A text of several lines with colours of our own: sequences such as `ESC [ 1 ; 31 m` stay, all others are escaped.
pub fn painted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        shown += &lines(&rest[..at]);
        let length = colour_length(&rest[at..]);
        match length {
            0 => shown += "\\x1b",
            length => shown += &rest[at..at + length],
        }
        rest = &rest[at + length.max(1)..];
    }
    shown + &lines(rest)
}

/// Bytes that need not be UTF-8, such as a path: invalid bytes are written as `\xff`.
pub fn bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown += &line(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// JSON, or EDN, for a terminal: hidden characters become `\uXXXX`, which means the same within a string, and they occur
/// only within strings. The control characters below U+0020 stay: in a string they are escaped already, and outside they
/// are the line breaks of the format.
pub fn json(text: &str) -> Cow<'_, str> {
    let acts = |c| c > '\u{1f}' && is_hidden(c);
    escaped(text, acts, |c, shown| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    })
}

/// Whether a character acts on what shows it, or is not seen.
pub fn is_hidden(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    use GeneralCategory as G;
    let category = c.general_category();
    matches!(
        category,
        G::Control | G::Format | G::LineSeparator | G::ParagraphSeparator
    ) || matches!(category, G::Surrogate | G::PrivateUse | G::Unassigned)
        || is_blank_letter(c)
}

/// Letters and marks that Unicode calls ignorable (`Default_Ignorable_Code_Point`): nothing is drawn for them.
fn is_blank_letter(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}')
        || matches!(c, '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

fn escaped(
    text: &str,
    acts: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.chars().any(&acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match acts(c) {
            true => escape(c, &mut shown),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

fn escape(c: char, shown: &mut String) {
    let _ = match c {
        '\n' => shown.write_str("\\n"),
        '\r' => shown.write_str("\\r"),
        '\t' => shown.write_str("\\t"),
        '\0'..='\u{7f}' => write!(shown, "\\x{:02x}", u32::from(c)),
        other => write!(shown, "\\u{{{:x}}}", u32::from(other)),
    };
}

/// The length of the sequence for a colour at the start of a text. 0 if it starts with another one.
fn colour_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let digits = rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b';'));
    let length = digits.count();
    match rest.as_bytes().get(length) {
        Some(b'm') => 2 + length + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_seen() {
        for (raw, shown) in [
            ("a\u{1b}[2J", "a\\x1b[2J"),
            ("x\nfake: VALID\r", "x\\nfake: VALID\\r"),
            ("\0\t\u{7f}\u{9b}m", "\\x00\\t\\x7f\\u{9b}m"),
            (
                "a\u{202e}b\u{2066}\u{200f}\u{61c}",
                "a\\u{202e}b\\u{2066}\\u{200f}\\u{61c}",
            ),
            (
                "\u{200b}\u{feff}\u{ad}\u{2060}",
                "\\u{200b}\\u{feff}\\u{ad}\\u{2060}",
            ),
            ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
            (
                "\u{e0041}\u{e000}\u{ffff}\u{378}",
                "\\u{e0041}\\u{e000}\\u{ffff}\\u{378}",
            ),
            ("\u{3164}\u{fe0f}\u{34f}", "\\u{3164}\\u{fe0f}\\u{34f}"),
        ] {
            assert_eq!(line(raw), shown);
        }
    }

    #[test]
    fn what_only_looks_foreign_stays() {
        for text in [
            "",
            "t0/1 → n2",
            "größe",
            "日本語",
            "a\u{301}",
            "1\u{202f}000",
            r"C:\x \n",
        ] {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text));
        }
        assert_eq!(lines("a\nb\t"), "a\nb\\t");
        assert_eq!(block("a\nb\t\r"), "a\nb\t\\r");
    }

    #[test]
    fn only_colours_of_ours_stay() {
        let text = "\u{1b}[1;31m✗\u{1b}[0m\n\u{1b}[2J\u{1b}]0;t\u{7}\u{1b}";
        let shown = "\u{1b}[1;31m✗\u{1b}[0m\n\\x1b[2J\\x1b]0;t\\x07\\x1b";
        assert_eq!(painted(text), shown);
    }

    #[test]
    fn bytes_that_are_no_text_are_seen() {
        assert_eq!(bytes(b"a\xff/\x1b\xe2\x80"), "a\\xff/\\x1b\\xe2\\x80");
    }

    #[test]
    fn json_means_the_same() {
        let value = "a\u{202e}\u{e0041}\u{7f}\u{9b}\n\u{1b}é";
        let written = serde_json::to_string_pretty(&[value]).expect("JSON");
        let shown = json(&written);
        assert!(!shown.chars().any(|c| c != '\n' && is_hidden(c)), "{shown}");
        let read: Vec<String> = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(read, [value]);
    }
}
