//! Values in canonical form: equal in Clojure means equal here, and the same text.
//!
//! Clojure's `=` compares values, not how they print. Maps and sets have no order: `{:a 1, :b 2}` is `{:b 2, :a 1}`. A
//! list is the vector with the same elements. `2/4` is `1/2`, `-0.0` is `0.0`, `1.50M` is `1.5M`. Types of numbers stay
//! apart: `1`, `1.0` and `1.0M` are three values. A queue that returned the enqueued map, printed in another order, was
//! *invalid* when texts were compared.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::EdnValue;

impl EdnValue<'_> {
    /// The value that stands for all that equal this one.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.normalise();
        self
    }

    fn normalise(&mut self) {
        match self {
            EdnValue::List(elements) => {
                let mut elements = std::mem::take(elements);
                elements.iter_mut().for_each(EdnValue::normalise);
                *self = EdnValue::Vector(elements);
            }
            EdnValue::Vector(elements) => elements.iter_mut().for_each(EdnValue::normalise),
            EdnValue::Set(elements) => {
                elements.iter_mut().for_each(EdnValue::normalise);
                elements.sort_by(compare);
            }
            EdnValue::Map(pairs) => {
                for (key, value) in pairs.iter_mut() {
                    key.normalise();
                    value.normalise();
                }
                pairs.sort_by(|a, b| compare(&a.0, &b.0));
            }
            EdnValue::Tagged(_, inner) => inner.normalise(),
            EdnValue::Float(float) if *float == 0.0 => *float = 0.0,
            EdnValue::Ratio(text) => {
                if let Some(reduced) = reduced(text) {
                    *self = reduced;
                }
            }
            EdnValue::Decimal(text) => {
                if let Some(shortest) = shortest(text) {
                    *text = Cow::Owned(shortest);
                }
            }
            _ => {}
        }
    }
}

/// An order of canonical values: by kind, and by what they hold.
fn compare(a: &EdnValue<'_>, b: &EdnValue<'_>) -> Ordering {
    use EdnValue::{Boolean, Character, Float, Integer, List, Map, Set, Tagged, Vector};
    match (a, b) {
        (Boolean(a), Boolean(b)) => a.cmp(b),
        (Integer(a), Integer(b)) => a.cmp(b),
        (Float(a), Float(b)) => a.total_cmp(b),
        (Character(a), Character(b)) => a.cmp(b),
        (List(a), List(b)) | (Vector(a), Vector(b)) | (Set(a), Set(b)) => {
            let differ = a.iter().zip(b).map(|(a, b)| compare(a, b));
            first(differ).then(a.len().cmp(&b.len()))
        }
        (Map(a), Map(b)) => {
            let pairs = a.iter().zip(b);
            let differ = pairs.map(|(a, b)| compare(&a.0, &b.0).then_with(|| compare(&a.1, &b.1)));
            first(differ).then(a.len().cmp(&b.len()))
        }
        (Tagged(tag, a), Tagged(other, b)) => tag.cmp(other).then_with(|| compare(a, b)),
        _ => kind(a).cmp(&kind(b)),
    }
}

fn first(mut differences: impl Iterator<Item = Ordering>) -> Ordering {
    let first = differences.find(|order| order.is_ne());
    first.unwrap_or(Ordering::Equal)
}

/// The place of a kind among all, and the text of those that are texts.
fn kind<'v>(value: &'v EdnValue<'_>) -> (u8, &'v str) {
    match value {
        EdnValue::Nil => (0, ""),
        EdnValue::Boolean(_) => (1, ""),
        EdnValue::Integer(_) => (2, ""),
        EdnValue::BigInteger(text) => (3, text),
        EdnValue::Float(_) => (4, ""),
        EdnValue::Decimal(text) => (5, text),
        EdnValue::Ratio(text) => (6, text),
        EdnValue::Character(_) => (7, ""),
        EdnValue::String(text) => (8, text),
        EdnValue::Keyword(text) => (9, text),
        EdnValue::Symbol(text) => (10, text),
        EdnValue::List(_) => (11, ""),
        EdnValue::Vector(_) => (12, ""),
        EdnValue::Set(_) => (13, ""),
        EdnValue::Map(_) => (14, ""),
        EdnValue::Tagged(..) => (15, ""),
        EdnValue::Opaque(text) => (16, text),
    }
}

/// A ratio in lowest terms, an integer if that is one; none if it is too long or no number.
fn reduced(text: &str) -> Option<EdnValue<'static>> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (over, under) = digits.split_once('/')?;
    let (over, under): (u128, u128) = (over.parse().ok()?, under.parse().ok()?);
    let (mut divisor, mut rest) = (over, under);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    if under == 0 {
        return None;
    }
    let (over, under) = (over / divisor, under / divisor);
    if under > 1 {
        return Some(EdnValue::Ratio(Cow::Owned(format!("{sign}{over}/{under}"))));
    }
    let whole = format!("{sign}{over}");
    Some(match whole.parse() {
        Ok(integer) => EdnValue::Integer(integer),
        Err(_) => EdnValue::BigInteger(Cow::Owned(whole)),
    })
}

/// A decimal number without the zeros that say nothing.
fn shortest(text: &str) -> Option<String> {
    /// Beyond this many digits after the point, and for zeros ahead of it, an exponent is written.
    const PLACES_MAX: i64 = 30;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match digits.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (digits, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    let significant = all.trim_start_matches('0');
    let short = significant.trim_end_matches('0');
    if short.is_empty() {
        return Some("0".to_owned());
    }
    let dropped = (significant.len() - short.len()) as i64;
    let exponent = exponent
        .checked_sub(part.len() as i64)?
        .checked_add(dropped)?;
    Some(match exponent {
        0 => format!("{sign}{short}"),
        places if (-PLACES_MAX..0).contains(&places) => {
            let places = places.unsigned_abs() as usize;
            let padded = format!("{short:0>width$}", width = places + 1);
            let (whole, part) = padded.split_at(padded.len() - places);
            format!("{sign}{whole}.{part}")
        }
        exponent => format!("{sign}{short}E{exponent}"),
    })
}
