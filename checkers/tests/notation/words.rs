//! The words of the notation: times, places, records, ranges.

use std::fmt::Debug;
use std::str::FromStr;

use checkers::history::{Moment, Offset};

use super::MS;

/// A number, or a panic that names it.
pub(crate) fn number<T: FromStr<Err: Debug>>(word: &str) -> T {
    word.parse()
        .unwrap_or_else(|e| panic!("{word:?} is no number: {e:?}"))
}

/// Whether a word is a number.
pub(crate) fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `brokers=1,2,3` among these words; nothing if there is none.
pub(crate) fn ids(words: &[&str], prefix: &str) -> Vec<i32> {
    let listed = words.iter().find_map(|word| word.strip_prefix(prefix));
    listed.map_or_else(Vec::new, |list| list.split(',').map(number).collect())
}

/// `10..20`, `10..` or `10`, in milliseconds.
pub(crate) fn interval(word: &str) -> (Moment, Option<Moment>) {
    match word.split_once("..") {
        None => (number::<Moment>(word) * MS, None),
        Some((from, "")) => (number::<Moment>(from) * MS, None),
        Some((from, to)) => (number::<Moment>(from) * MS, Some(number::<Moment>(to) * MS)),
    }
}

/// `t/0`.
pub(crate) fn place(word: &str) -> (String, i32) {
    let (topic, partition) = word
        .split_once('/')
        .unwrap_or_else(|| panic!("{word:?} is no topic/partition"));
    (topic.to_owned(), number(partition))
}

/// `t/0@5`; without `@`, the position is 0.
pub(crate) fn position(word: &str) -> (String, i32, Offset) {
    let (at, offset) = word.split_once('@').unwrap_or((word, "0"));
    let (topic, partition) = place(at);
    (topic, partition, number(offset))
}

/// `a` or `f{0..9}`: one value or many.
pub(crate) fn values(word: &str) -> Vec<String> {
    let Some((stem, range)) = word.split_once('{') else {
        return vec![word.to_owned()];
    };
    let (from, to) = range
        .trim_end_matches('}')
        .split_once("..")
        .unwrap_or_else(|| panic!("{word:?} is no range of values"));
    (number::<u64>(from)..=number(to))
        .map(|n| format!("{stem}{n}"))
        .collect()
}

/// `a@5`, `t/1:a@5`, `f{0..9}@5`: records at successive offsets, by default of `place`.
pub(crate) fn records(word: &str, place: &(String, i32)) -> Vec<(String, i32, Offset, String)> {
    let (at, word) = match word.split_once(':') {
        Some((at, rest)) => (self::place(at), rest),
        None => (place.clone(), word),
    };
    let (value, offset) = word
        .rsplit_once('@')
        .unwrap_or_else(|| panic!("{word:?} is no value@offset"));
    let first: Offset = number(offset);
    (first..)
        .zip(values(value))
        .map(|(offset, value)| (at.0.clone(), at.1, offset, value))
        .collect()
}

/// `n1/3` or `-/-`: a leader's id and an epoch.
pub(crate) fn leader(word: &str) -> (i32, i32) {
    let (node, epoch) = word
        .split_once('/')
        .unwrap_or_else(|| panic!("{word:?} is no leader/epoch"));
    let id = if node == "-" {
        -1
    } else {
        number(node.trim_start_matches('n'))
    };
    (id, if epoch == "-" { -1 } else { number(epoch) })
}
