//! A short notation for histories, so that a test shows what happened and not how events are written down.
//!
//! One line is one thing that happened, with times in milliseconds:
//!
//! ```text
//! promise end_offset_includes_acknowledged=true     limit response_ms=500     nodes n1 n2 n3
//! 10..20   w1 append t/0 a b acks=1 idempotent -> 0 1       0: offset, ?: unknown, ?0: unknown, claims 0, x: refused, none
//! 10..20   w1 append t/0 a -> x:_MSG_TIMED_OUT               refused with an error
//! 10..     w1 append t/0 a                                  never returned
//! 30..40   w2 poll t/0@0 committed -> a@0 b@1 t/1:c@7       a failed one: -> fail a@0
//! 50..60   w3 end t/0 n1 committed -> 2 epoch=3             a refusal: -> fail
//! 70..80   w4 read n1 t/0@0 -> a@0 b@1 next=2 hw=2 start=0
//! 90..95   n1,n2 says t/0=n1/3 t/1=-/-                      or: silent, or: refuses ERROR, or: quorum n1/3; brokers=1,2,3, voters=1,2,3
//! 90..95   probe                                            or: probe lost; with its number: probe 7 lost
//! 90..95   probe 7 ago=3                                 appended 3 ms before that, by the leader's clock
//! 96..97   n1 serves 5 6 7                                  records of the produce probe
//! 70..80   w5 create-topic n1 a/3                           or: grow-topic n1 a/5, delete-topic n1 a; -> info, -> fail
//! 70..80   w5 start n1 t/0 phase=final -> 40                 the first offset that is kept
//! 70..80   w5 delete-records n1 t/0@40 -> 40                everything below offset 40
//! 70..80   w2 poll t/0@3 -> fail OFFSET_OUT_OF_RANGE        with an error
//! 80..90   w5 describe-topic n2 a phase=final -> 3          no such topic: -> none
//! 95       n1 holds 42 30                                   resident MiB, descriptors
//! 100..200 fault k1 pause n1 role=leader affects            or: isolate n1 n1>n2 n1>n3 moved, failed, skipped
//! 100..200 fault k1 x n1 disk=slow-sync/500                 or: disk=failing-sync failed=3, the calls that failed
//! 100..200 fault k1 clock-jump n1 skew=0..5000              by which its clock was moved, in ms; a wiped disk: wiped
//! 100      phase load | n1 started | n1 exited | n1 died | late n1 400 | topic t/3 created id | w2 died | w2 ended
//! timeouts session_ms=100 rebalance_ms=100 transaction_ms=500 scan_ms=10
//! 1..2     w1 join g - -> gen=1 as=m1 leader=m1 protocol=range members=m1      known: join g m1 reason=rebalance
//! 3..4     w1 sync g/1 m1 m1:t/0,t/1 m2:t/2 -> t/0 t/1     the leader sends what it assigns
//! 5..6     w1 heartbeat g/1 m1 -> fail UNKNOWN_MEMBER_ID last=4     or: leave g m1
//! 5..6     w1 commit-offsets g/1 m1 t/0@5#token            outside of a membership: g/-1 -; with an outcome each: -> ok x ?
//! 5..6     w1 sync g/1 m1 by=library -> t/0                by a client library; so join and commit-offsets
//! 5..6     w1 fetch-offsets g t/0 stable phase=final -> t/0@5#token     none: t/0@-1
//! 5..6     w1 deliver g/1 m1 t/0@0 committed -> a@0 b@1
//! 5..6     w1 init-producer x1 -> 17/2                      producer id and epoch
//! 5..9     w1 transaction x1 17/2 group=g -> commit sent=8 out/0:a@5~6..7 out/0:b@? +t/0@6#token !commit-offsets@6..7
//! 5..9     w1 raw-read n1 out/0@0 committed phase=final -> a@0/17.2 commit@1/17.2 hw=2 lso=2 aborted=17@0
//! 5..6     n1 coordinates g n2                              or: group g Stable m1 m2, transactions x1/17/Ongoing/120
//! 5..6     n1 controls n1/7                                 at its controller's own listener; a follower: controls -/-
//! 5..6     n1 features metadata.version=30                  what is stated of an upgrade: stated metadata.version=33 kraft.version="kept"
//! every 20 100..300 +5 probe                                the same line again and again, each 5 ms long
//! ```
//!
//! `f{0..99}@7` stands for a hundred values at successive offsets; `0..99` for a hundred offsets.

mod actions;
mod faults;
mod members;
mod observed;
mod records;
mod topics;
mod words;

use std::collections::BTreeMap;

use checkers::history::{Event, Header, History, Moment, NodeEntry, What};
use serde_json::{Value, json};

/// Nanoseconds in a millisecond.
pub(crate) const MS: Moment = 1_000_000;

/// A history, and which line of the text each event is of.
pub(crate) struct Told {
    /// The history.
    pub(crate) history: History,
    /// By the event's `i`.
    #[allow(dead_code, reason = "only transcripts quote lines")]
    pub(crate) lines: Vec<String>,
}

/// Something that happened, before events have their indexes.
struct Happened {
    at: Moment,
    what: What,
    line: usize,
}

/// Reads a history.
///
/// # Panics
/// On a line that is none, with the line.
pub(crate) fn history(text: &str) -> Told {
    let mut header = json!({"format": "jepsen-history", "version": 1, "promises": {}, "limits": {}, "timeouts": {}, "features": {}});
    let mut nodes: Vec<String> = ["n1", "n2", "n3"].map(str::to_owned).to_vec();
    let mut happened: Vec<Happened> = Vec::new();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (number, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["promise", settings @ ..] => set(&mut header["promises"], settings),
            ["timeouts", settings @ ..] => set(&mut header["timeouts"], settings),
            ["replication", copies] => header["replicas"] = words::number::<u32>(copies).into(),
            ["stated", settings @ ..] => set(&mut header["features"], settings),
            ["limit", settings @ ..] => set(&mut header["limits"], settings),
            ["nodes", names @ ..] => nodes = names.iter().map(|n| (*n).to_owned()).collect(),
            ["every", step, range, length, rest @ ..] => {
                let (from, to) = words::interval(range);
                let to = to.unwrap_or_else(|| panic!("every needs an end: {line}"));
                let step = words::number::<Moment>(step) * MS;
                let length = words::number::<Moment>(length.trim_start_matches('+')) * MS;
                let mut at = from;
                while at < to {
                    actions::read(at, Some(at + length), rest, number, &mut happened);
                    at += step;
                }
            }
            [range, rest @ ..] => {
                let (from, to) = words::interval(range);
                actions::read(from, to, rest, number, &mut happened);
            }
        }
    }
    header["nodes"] = nodes
        .iter()
        .map(|name| {
            json!(NodeEntry {
                name: name.clone(),
                address: String::new()
            })
        })
        .collect();
    happened.sort_by_key(|h| h.at);
    let of_event = happened.iter().map(|h| lines[h.line].to_owned()).collect();
    let events = happened
        .into_iter()
        .enumerate()
        .map(|(i, h)| Event {
            i: i as u64,
            t: h.at,
            what: h.what,
        })
        .collect();
    let header: Header = serde_json::from_value(header).expect("a header");
    Told {
        history: History::new(header, events),
        lines: of_event,
    }
}

fn set(target: &mut Value, settings: &[&str]) {
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .unwrap_or_else(|| panic!("a setting is name=value, not {setting}"));
        target[name] = serde_json::from_str(value).unwrap_or_else(|e| panic!("{setting}: {e}"));
    }
}

/// `key=value` words of a line, taken out of it.
fn options<'a>(words: &mut Vec<&'a str>) -> BTreeMap<&'a str, &'a str> {
    let mut found = BTreeMap::new();
    words.retain(|word| match word.split_once('=') {
        Some((key, value)) if !key.contains('/') => {
            found.insert(key, value);
            false
        }
        _ => true,
    });
    found
}
