//! Atoms: numbers, strings, characters, keywords and symbols.

use std::borrow::Cow;

use super::EdnValue;
use super::error::{EdnError, Problem};
use super::reader::Reader;

/// Whether a byte ends a token. Bytes of characters beyond ASCII belong to the token.
fn ends_token(byte: u8) -> bool {
    byte <= b' '
        || matches!(
            byte,
            b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b';'
        )
}

impl<'a> Reader<'a> {
    /// The bytes up to the next delimiter; may be empty.
    pub(super) fn token(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(ends_token).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// The atom here. A control character, which begins none, is read as part of a symbol.
    pub(super) fn atom(&mut self) -> Result<EdnValue<'a>, EdnError> {
        let start = self.at;
        match self.text.as_bytes()[start] {
            b'"' => Ok(EdnValue::String(self.string()?)),
            b'\\' => self.character(),
            b':' => {
                self.at += 1;
                match self.token() {
                    "" => Err(self.error(start, Problem::Keyword)),
                    word => Ok(EdnValue::Keyword(Cow::Borrowed(word))),
                }
            }
            // Not a number: an address or a date that some object prints itself as.
            byte if byte.is_ascii_digit() || self.is_signed_number() => {
                let token = self.token();
                Ok(number(token).unwrap_or(EdnValue::Opaque(Cow::Borrowed(token))))
            }
            b'^' => self.metadata(),
            b'\'' => self.quoted(),
            b'@' | b'`' | b'~' => self.prefixed(1),
            _ => Ok(match self.token() {
                "nil" => EdnValue::Nil,
                "true" => EdnValue::Boolean(true),
                "false" => EdnValue::Boolean(false),
                "" => {
                    // A control byte alone: a symbol of it, so that every call makes progress.
                    self.at += 1;
                    EdnValue::Symbol(Cow::Borrowed(&self.text[start..self.at]))
                }
                word => EdnValue::Symbol(Cow::Borrowed(word)),
            }),
        }
    }

    fn is_signed_number(&self) -> bool {
        let bytes = self.text.as_bytes();
        matches!(bytes[self.at], b'+' | b'-')
            && bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit)
    }

    /// The string here. Borrowed unless it has escapes.
    fn string(&mut self) -> Result<Cow<'a, str>, EdnError> {
        let start = self.at;
        self.at += 1;
        let mut unescaped: Option<String> = None;
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.bytes().position(|b| b == b'"' || b == b'\\') else {
                let inside = "string";
                return Err(self.error(start, Problem::Torn { inside }));
            };
            let plain = &rest[..length];
            self.at += length + 1;
            if rest.as_bytes()[length] == b'"' {
                return Ok(match unescaped {
                    None => Cow::Borrowed(plain),
                    Some(text) => Cow::Owned(text + plain),
                });
            }
            let text = unescaped.get_or_insert_default();
            text.push_str(plain);
            text.push(self.escape(start)?);
        }
    }

    /// The escape after a backslash in the string that begins at `start`.
    fn escape(&mut self, start: usize) -> Result<char, EdnError> {
        let Some(letter) = self.text[self.at..].chars().next() else {
            let inside = "string";
            return Err(self.error(start, Problem::Torn { inside }));
        };
        let backslash = self.at - 1;
        self.at += letter.len_utf8();
        match letter {
            't' => Ok('\t'),
            'r' => Ok('\r'),
            'n' => Ok('\n'),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            '\\' | '"' => Ok(letter),
            'u' => self.unicode(backslash),
            _ => Err(self.error(backslash, Problem::Escape(format!("\\{letter}")))),
        }
    }

    /// The character of four hexadecimal digits, or of two such escapes that make a surrogate pair:
    /// Java writes characters beyond the first 65,536 like that.
    fn unicode(&mut self, backslash: usize) -> Result<char, EdnError> {
        let high = self.four_digits(backslash)?;
        if let Some(character) = char::from_u32(high) {
            return Ok(character);
        }
        let follows = self.text[self.at..].starts_with("\\u");
        if (0xd800..0xdc00).contains(&high) && follows {
            self.at += 2;
            let low = self.four_digits(backslash)?;
            let pair = char::decode_utf16([high as u16, low as u16]).next();
            if let Some(Ok(character)) = pair {
                return Ok(character);
            }
        }
        Err(self.error(backslash, Problem::Escape(format!("\\u{high:04x}"))))
    }

    fn four_digits(&mut self, backslash: usize) -> Result<u32, EdnError> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            self.at += 4;
            if let Ok(code) = u32::from_str_radix(digits, 16) {
                return Ok(code);
            }
        }
        Err(self.error(backslash, Problem::Escape("\\u".to_owned())))
    }

    /// The character here: one after the backslash, whatever it is, or a name.
    fn character(&mut self) -> Result<EdnValue<'a>, EdnError> {
        let start = self.at;
        self.at += 1;
        let Some(first) = self.text[self.at..].chars().next() else {
            let inside = "character";
            return Err(self.error(start, Problem::Torn { inside }));
        };
        let from = self.at;
        self.at += first.len_utf8();
        self.token();
        let name = &self.text[from..self.at];
        let character = match name {
            "newline" => Some('\n'),
            "return" => Some('\r'),
            "space" => Some(' '),
            "tab" => Some('\t'),
            "backspace" => Some('\u{8}'),
            "formfeed" => Some('\u{c}'),
            _ if name.len() == first.len_utf8() => Some(first),
            _ => name
                .strip_prefix('u')
                .filter(|digits| digits.len() == 4)
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32),
        };
        Ok(match character {
            Some(character) => EdnValue::Character(character),
            None => EdnValue::Opaque(Cow::Borrowed(&self.text[start..self.at])),
        })
    }
}

/// A token as a number. Leading zeros make none: Clojure reads them as octal, others do not.
fn number(token: &str) -> Option<EdnValue<'_>> {
    let (negative, digits) = match token.as_bytes()[0] {
        b'-' => (true, &token[1..]),
        b'+' => (false, &token[1..]),
        _ => (false, token),
    };
    let signed = token.strip_prefix('+').unwrap_or(token);
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        let magnitude = i64::from_str_radix(hexadecimal, 16).ok()?;
        return Some(EdnValue::Integer(if negative {
            -magnitude
        } else {
            magnitude
        }));
    }
    if let Some((over, under)) = digits.split_once('/') {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        return (digits(over) && digits(under)).then_some(EdnValue::Ratio(Cow::Borrowed(token)));
    }
    let whole = digits.strip_suffix('N').unwrap_or(digits);
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let signed = signed.strip_suffix('N').unwrap_or(signed);
        return Some(match signed.parse() {
            Ok(integer) => EdnValue::Integer(integer),
            Err(_) => EdnValue::BigInteger(Cow::Borrowed(signed)),
        });
    }
    let exact = signed.strip_suffix('M');
    let decimal = exact.unwrap_or(signed);
    let numeric =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !decimal.bytes().all(numeric) {
        return None;
    }
    let float = decimal.parse().ok()?;
    Some(match exact {
        Some(digits) => EdnValue::Decimal(Cow::Borrowed(digits)),
        None => EdnValue::Float(float),
    })
}

/// The first characters of something that may be endless.
pub(super) fn shortened(text: &str) -> &str {
    const CHARACTERS_MAX: usize = 40;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
