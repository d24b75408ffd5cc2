//! The contents of records: key, value, headers and timestamp are drawn from a record's identity, so that a reader that
//! knows the identity knows all that was sent, and finds every difference.
//!
//! The identity (worker and counter, unique in the run) is what the history calls the record's value. It is the first line
//! of the value, or a header where the value is null or too short to hold it.

use std::ops::Range;

use bytes::Bytes;
use checkers::history::Text;
use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rdkafka_sys as sys;
use sha2::{Digest, Sha256};

use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::kafka::contents::Contents;

/// The row of the load that says that records have contents of their own.
const SIZES: &str = "sizes";
/// The header that carries an identity which the value cannot.
const IDENTITY: &str = "jepsen-identity";
/// One value in this many is null, if any is.
const NULL_ONE_IN: u32 = 10;
/// One value in this many is large, if any is.
const LARGE_ONE_IN: u32 = 500;
/// Values just below librdkafka's `message.max.bytes` of 1,000,000, which counts key and headers too.
const LARGE_BYTES: Range<usize> = 900_000..998_000;
/// Mixed values have up to this power of two bytes.
const MIXED_POWER: f64 = 12.0;
/// The most bytes of a small value.
const SMALL_BYTES: usize = 100;
/// Different keys.
const KEYS: u32 = 500;
/// Timestamps lie within an hour before the load.
const HOUR_MS: i64 = 3_600_000;

/// How contents are drawn in one run.
#[derive(Clone, Debug)]
pub struct Drawing {
    shape: Shape,
    seed: u64,
    /// The begin of the load, in ms since 1970.
    began_ms: i64,
    /// Records get the time of the leader (LogAppendTime) in place of their own.
    leaders_times: bool,
}

impl Drawing {
    /// Of a run of this shape whose load begins now. None if its records are their values.
    pub fn of(shape: &Shape, seed: u64) -> Option<Drawing> {
        let now = std::time::SystemTime::now();
        let now = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        (!shape.word(SIZES).is_empty()).then(|| Drawing {
            shape: shape.clone(),
            seed,
            began_ms: i64::try_from(now.as_millis()).unwrap_or(0),
            leaders_times: false,
        })
    }

    /// The same where records get the time of the leader (LogAppendTime): nobody knows beforehand what is read then.
    pub fn with_leaders_times(self, leaders_times: bool) -> Drawing {
        Drawing {
            leaders_times,
            ..self
        }
    }

    /// The timestamp with which a record is found; none if the leader decides it.
    pub fn found_with(&self, contents: &Contents) -> Option<i64> {
        (!self.leaders_times).then_some(contents.timestamp)
    }

    /// A time in ms among those of the records.
    pub fn some_time(&self, random: &mut ChaCha8Rng) -> i64 {
        self.began_ms - random.random_range(0..HOUR_MS)
    }

    /// The contents of a record.
    pub fn contents(&self, identity: &str) -> Contents {
        let mut random = random(self.seed, stream(identity));
        let (key, with_null) = (self.key(&mut random), self.shape.flag("nulls"));
        let is_null = with_null && random.random_ratio(1, NULL_ONE_IN);
        let length = self.length(&mut random);
        let value = (!is_null).then(|| value(identity, length, &mut random));
        let carried = length > identity.len() && !is_null;
        let mut headers = Vec::new();
        if !carried {
            let identity = Bytes::copy_from_slice(identity.as_bytes());
            headers.push((IDENTITY.to_owned(), Some(identity)));
        }
        for _ in 0..random.random_range(0..=self.shape.number("headers")) {
            // Few names: some repeat.
            let name = format!("h{}", random.random_range(0..3));
            let value = match random.random_range(0..4) {
                0 => None,
                1 => Some(Bytes::new()),
                _ => Some(random.next_u64().to_be_bytes().to_vec().into()),
            };
            headers.push((name, value));
        }
        let (_, counter) = identity.rsplit_once('-').unwrap_or_default();
        let timestamp = match self.shape.word("timestamps") {
            "grow" => self.began_ms - HOUR_MS + counter.parse().unwrap_or(0),
            _ => self.some_time(&mut random),
        };
        Contents {
            key,
            value,
            headers,
            timestamp,
        }
    }

    fn key(&self, random: &mut ChaCha8Rng) -> Option<Bytes> {
        let drawn = random.random_range(0..KEYS);
        match (self.shape.word("keys"), drawn % 10) {
            ("none", _) | ("drawn", 0) => None,
            ("drawn", 1) => Some(Bytes::new()),
            _ => Some(format!("key-{drawn}").into()),
        }
    }

    fn length(&self, random: &mut ChaCha8Rng) -> usize {
        let is_large = random.random_ratio(1, LARGE_ONE_IN);
        match self.shape.word(SIZES) {
            "small" => random.random_range(0..=SMALL_BYTES),
            "large" if is_large => random.random_range(LARGE_BYTES),
            // As many below 2, 4, 8 and so on: the small ones are common.
            _ => random.random_range(0.0..MIXED_POWER).exp2() as usize - 1,
        }
    }

    /// The partition of a record whose key decides it, as librdkafka's `murmur2` and Kafka's own clients compute it.
    pub fn hashed(&self, contents: &Contents, partitions: i32) -> Option<i32> {
        let key = contents
            .key
            .as_ref()
            .filter(|_| self.shape.word("keys") == "hashed")?;
        // SAFETY: the function reads the key, and nothing through the other pointers.
        let partition = unsafe {
            sys::rd_kafka_msg_partitioner_murmur2(
                std::ptr::null(),
                key.as_ptr().cast(),
                key.len(),
                partitions,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        Some(partition)
    }

    /// The word of the history for a record that was read, and what differs from what was sent. A record without an
    /// identity is named by its value: nobody sent it.
    pub fn recognise(&self, found: &Contents, by: Client) -> (Text, Vec<&'static str>) {
        let named = found.headers.iter().find(|(name, _)| name == IDENTITY);
        let named = named.and_then(|(_, value)| value.as_deref());
        let first_line = || {
            let value = found.value.as_deref().unwrap_or_default();
            value
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default()
        };
        let identity = String::from_utf8_lossy(named.unwrap_or_else(first_line));
        let mut sent = self.contents(&identity);
        if by == Client::Raw {
            sent.headers = each_name_once(&sent.headers);
        }
        let mut differs = Vec::new();
        for (field, same) in [
            ("key", sent.key == found.key),
            ("value", sent.value == found.value),
            ("headers", sent.headers == found.headers),
            (
                "timestamp",
                self.leaders_times || sent.timestamp == found.timestamp,
            ),
        ] {
            differs.extend((!same).then_some(field));
        }
        let is_identity = |text: &str| {
            let number = |part: &str| part.parse::<u64>().is_ok();
            text.split_once('-')
                .is_some_and(|(a, b)| number(a) && number(b))
        };
        match is_identity(&identity) {
            true => (Text::from(&*identity), differs),
            false => (Text::from(shortened(&identity)), Vec::new()),
        }
    }
}

/// Who read a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// librdkafka.
    Librdkafka,
    /// A raw Fetch, whose decoder keeps the last of several headers of one name.
    Raw,
}

/// The last value of each name, in the order of the names' first places.
fn each_name_once(headers: &[(String, Option<Bytes>)]) -> Vec<(String, Option<Bytes>)> {
    let mut once: Vec<(String, Option<Bytes>)> = Vec::new();
    for (name, value) in headers {
        match once.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1.clone_from(value),
            None => once.push((name.clone(), value.clone())),
        }
    }
    once
}

/// A random stream for each identity.
fn stream(identity: &str) -> u64 {
    let digest = Sha256::digest(identity.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// The identity, and a block of noise again and again: so that every codec has something to pack.
fn value(identity: &str, length: usize, random: &mut ChaCha8Rng) -> Bytes {
    let mut block = [0; 64];
    random.fill_bytes(&mut block);
    let mut value = Vec::with_capacity(length);
    if length > identity.len() {
        value.extend(identity.as_bytes());
        value.push(b'\n');
    }
    while value.len() < length {
        let left = length - value.len();
        value.extend(&block[..left.min(block.len())]);
    }
    value.into()
}

/// Enough of a stranger's value to know it again.
fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(60).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(seed: u64) -> Drawing {
        let shape = Shape::draw("pipeline", &[], seed, 75_000).expect("a load");
        Drawing::of(&shape, seed).expect("contents")
    }

    /// What was sent is recognised as a whole, whatever was drawn, and every other content is not.
    #[test]
    fn every_record_is_recognised_and_every_change_is_found() {
        for seed in 0..60 {
            let drawing = drawing(seed);
            for counter in 0..60 {
                let identity = format!("7-{counter}");
                let sent = drawing.contents(&identity);
                let read = |found: &Contents| drawing.recognise(found, Client::Librdkafka);
                assert_eq!(read(&sent), (Text::from(&*identity), vec![]), "{sent:?}");
                let raw = Contents {
                    headers: each_name_once(&sent.headers),
                    ..sent.clone()
                };
                assert_eq!(drawing.recognise(&raw, Client::Raw).1, Vec::<&str>::new());
                let mut changed = sent.clone();
                changed.timestamp += 1;
                changed.key = Some("other".into());
                changed.headers.push(("h9".into(), None));
                assert_eq!(read(&changed).1, ["key", "headers", "timestamp"]);
                if let Some(value) = sent.value.filter(|value| value.len() > identity.len() + 1) {
                    let mut value = value.to_vec();
                    *value.last_mut().expect("bytes") ^= 1;
                    changed.value = Some(value.into());
                    assert_eq!(read(&changed).1, ["key", "value", "headers", "timestamp"]);
                }
            }
        }
    }

    #[test]
    fn a_strangers_record_keeps_its_own_words() {
        let value = Some(Bytes::from("who am I"));
        let strange = Contents {
            key: None,
            value,
            headers: Vec::new(),
            timestamp: 0,
        };
        let (word, differs) = drawing(1).recognise(&strange, Client::Raw);
        assert_eq!((word.as_str(), differs.len()), ("who am I", 0));
    }

    /// The sizes of the issue: from nothing to just below what librdkafka takes.
    #[test]
    fn values_reach_from_nothing_to_just_below_the_limit() {
        let fixed = [
            ("sizes".to_owned(), "large".to_owned()),
            ("nulls".to_owned(), "true".to_owned()),
        ];
        let shape = Shape::draw("pipeline", &fixed, 3, 75_000).expect("a load");
        let drawing = Drawing::of(&shape, 3).expect("contents");
        let of = |counter: u32| drawing.contents(&format!("1-{counter}")).value;
        let lengths: Vec<Option<usize>> = (0..2_000).map(|n| of(n).map(|v| v.len())).collect();
        assert!(lengths.contains(&None) && lengths.contains(&Some(0)));
        let longest = lengths.iter().flatten().max().expect("values");
        assert!((LARGE_BYTES).contains(longest), "{longest}");
    }
}
