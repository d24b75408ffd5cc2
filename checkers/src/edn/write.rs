//! EDN out: a value in one line, such that reading it gives the value again.

use std::fmt::{self, Display, Formatter, Write as _};

use super::EdnValue;

impl Display for EdnValue<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            EdnValue::Nil => f.write_str("nil"),
            EdnValue::Boolean(boolean) => write!(f, "{boolean}"),
            EdnValue::Integer(integer) => write!(f, "{integer}"),
            EdnValue::BigInteger(digits) => write!(f, "{digits}N"),
            EdnValue::Float(float) => float_out(f, *float),
            EdnValue::Decimal(digits) => write!(f, "{digits}M"),
            EdnValue::Character(character) => character_out(f, *character),
            EdnValue::String(text) => quote(f, text),
            EdnValue::Keyword(word) => write!(f, ":{word}"),
            EdnValue::Symbol(word) => f.write_str(word),
            EdnValue::List(elements) => sequence_out(f, "(", elements, ")"),
            EdnValue::Vector(elements) => sequence_out(f, "[", elements, "]"),
            EdnValue::Set(elements) => sequence_out(f, "#{", elements, "}"),
            EdnValue::Map(pairs) => {
                f.write_char('{')?;
                for (at, (key, value)) in pairs.iter().enumerate() {
                    let separator = if at == 0 { "" } else { ", " };
                    write!(f, "{separator}{key} {value}")?;
                }
                f.write_char('}')
            }
            EdnValue::Tagged(tag, value) => write!(f, "#{tag} {value}"),
            EdnValue::Ratio(text) | EdnValue::Opaque(text) => f.write_str(text),
        }
    }
}

fn sequence_out(
    f: &mut Formatter<'_>,
    open: &str,
    elements: &[EdnValue<'_>],
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (at, element) in elements.iter().enumerate() {
        let separator = if at == 0 { "" } else { " " };
        write!(f, "{separator}{element}")?;
    }
    f.write_str(close)
}

/// A float with a point or an exponent in it, so that it is not read back as an integer.
fn float_out(f: &mut Formatter<'_>, float: f64) -> fmt::Result {
    if float.is_nan() {
        f.write_str("##NaN")
    } else if float.is_infinite() {
        f.write_str(if float > 0.0 { "##Inf" } else { "##-Inf" })
    } else {
        write!(f, "{float:?}")
    }
}

fn character_out(f: &mut Formatter<'_>, character: char) -> fmt::Result {
    match character {
        '\n' => f.write_str("\\newline"),
        '\r' => f.write_str("\\return"),
        ' ' => f.write_str("\\space"),
        '\t' => f.write_str("\\tab"),
        '\u{8}' => f.write_str("\\backspace"),
        '\u{c}' => f.write_str("\\formfeed"),
        _ => write!(f, "\\{character}"),
    }
}

/// Writes a text as an EDN string: in quotes, with what must be escaped.
///
/// # Errors
/// Those of the sink.
pub fn quote(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            control if control < ' ' => write!(out, "\\u{:04x}", u32::from(control))?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char('"')
}
