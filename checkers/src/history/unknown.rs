//! What a reader did not understand, counted: event types, functions, probes, phases and fields that this version does
//! not know. They are ignored, so that an older reader reads a newer history, and they are reported: a fact that nobody
//! judged must not look like a fact that was judged and found to be right.
//!
//! Fields are looked at on the first level of a line. A field within a record, a link or a Metadata row is ignored
//! without being counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, What};
use super::observation::Seen;
use super::operation::{Call, Completion, Report};

/// The most names that are kept; a line can be made to hold any number of them.
const NAMES_MAX: usize = 100;
/// The most letters of a name that are kept.
const LETTERS_MAX: usize = 60;

/// What was not understood: each name with how often it occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unknown {
    /// Types of events.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, u64>,
    /// Functions of operations (`f`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, u64>,
    /// Probes of observations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub probes: BTreeMap<String, u64>,
    /// Fields of lines that are otherwise known, as `type.field`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, u64>,
    /// Names beyond those that are kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Unknown {
    /// Whether everything was understood.
    pub fn is_empty(&self) -> bool {
        *self == Unknown::default()
    }

    /// How many lines, functions, probes and fields were not understood.
    pub fn count(&self) -> u64 {
        let maps = [&self.types, &self.functions, &self.probes, &self.fields];
        let counted: u64 = maps.iter().flat_map(|map| map.values()).sum();
        counted + self.more
    }

    /// Takes one line, which is this event.
    pub(super) fn read(&mut self, line: &str, event: &Event) {
        let Some(known) = known(&event.what) else {
            return self.whole_line(line, event);
        };
        let mut strange: Vec<&str> = Vec::new();
        each_field(line, |name, _| {
            if !COMMON.contains(&name) && !known.iter().any(|fields| fields.contains(&name)) {
                strange.push(name);
            }
        });
        for name in strange {
            let name = format!("{}.{name}", kind(&event.what));
            add(&mut self.fields, &name, &mut self.more);
        }
    }

    /// A line whose type, function or probe is not known: its fields mean nothing.
    fn whole_line(&mut self, line: &str, event: &Event) {
        let (map, key) = match &event.what {
            What::Unknown => (&mut self.types, "type"),
            What::Observation(_) => (&mut self.probes, "probe"),
            _ => (&mut self.functions, "f"),
        };
        let mut found = "";
        each_field(line, |name, value| {
            if name == key {
                found = value;
            }
        });
        add(map, found.trim_matches('"'), &mut self.more);
    }
}

fn add(map: &mut BTreeMap<String, u64>, name: &str, more: &mut u64) {
    let name: String = name.chars().take(LETTERS_MAX).collect();
    if map.len() < NAMES_MAX || map.contains_key(&name) {
        *map.entry(name).or_default() += 1;
    } else {
        *more += 1;
    }
}

/// Fields that every line has.
const COMMON: &[&str] = &["i", "t", "type"];

type Fields = &'static [&'static str];

/// The fields that this version reads of such a line; none where it knows the line's name only.
fn known(what: &What) -> Option<[Fields; 2]> {
    Some(match what {
        What::Unknown => return None,
        What::Invoke(invocation) => [&["worker", "f"], of_call(&invocation.call)?],
        What::Ok(completion) | What::Fail(completion) | What::Info(completion) => {
            [&["worker", "f", "error"], of_report(completion)?]
        }
        What::Observation(observation) => [
            &["called", "node", "answered", "error", "probe"],
            of_probe(&observation.seen)?,
        ],
        What::Fault(_) => [
            &["id", "called", "kind", "phase", "targets", "links"],
            &[
                "role",
                "role_held",
                "affects_leader",
                "evidence",
                "disturbed",
                "disk",
                "counters",
                "skew_ms",
                "wiped",
            ],
        ],
        What::Topic(_) => [&["name", "id"], &["partitions", "what"]],
        What::Node(_) => [&["node", "what"], &["expected", "status"]],
        What::Late(_) => [
            &["who", "thread", "by_ms", "over_ms"],
            &["cpu_pressure", "io_pressure"],
        ],
        What::Shortage(_) => [&["since"], &["free_bytes"]],
        What::Phase(_) => [&["phase"], &[]],
    })
}

fn of_call(call: &Call) -> Option<Fields> {
    Some(match call {
        Call::Append(_) => &[
            "topic",
            "partition",
            "values",
            "acks",
            "idempotent",
            "sending",
        ],
        Call::Poll(_) => &["assigned", "isolation", "phase"],
        Call::EndOffset(_) => &["topic", "partition", "isolation", "node"],
        Call::Read(_) => &["node", "topic", "partition", "position", "phase"],
        Call::CreateTopic(_)
        | Call::DeleteTopic(_)
        | Call::GrowTopic(_)
        | Call::DescribeTopic(_) => &["node", "topic", "partitions", "phase"],
        Call::DeleteRecords(_) => &["node", "topic", "partition", "offset"],
        Call::OffsetForTime(_) => &["topic", "partition", "timestamp", "node"],
        Call::StartOffset(_) => &["node", "topic", "partition", "phase"],
        Call::Unknown => return None,
    })
}

fn of_report(completion: &Completion) -> Option<Fields> {
    Some(match &completion.report {
        Report::Append(_) => &["records", "node"],
        Report::Poll(_) => &["records"],
        Report::EndOffset(_) => &["offset", "epoch", "node"],
        Report::Read(_) => &["records", "next", "high_watermark", "log_start_offset"],
        Report::CreateTopic | Report::DeleteTopic | Report::GrowTopic => &[],
        Report::DescribeTopic(_) => &["partitions"],
        Report::DeleteRecords(_) => &["low_watermark"],
        Report::OffsetForTime(_) => &["offset", "timestamp"],
        Report::StartOffset(_) => &["offset"],
        Report::Unknown => return None,
    })
}

fn of_probe(seen: &Seen) -> Option<Fields> {
    Some(match seen {
        Seen::Metadata { .. } => &["brokers", "partitions"],
        Seen::Quorum { .. } => &["leader", "epoch", "voters"],
        Seen::Produce { .. } => &["sequence", "appended_ago_ms"],
        Seen::Delivery { .. } => &["sequences"],
        Seen::Content { .. } => &["compared", "altered"],
        Seen::Process { .. } => &["resident_bytes", "cpu_ms", "descriptors"],
        Seen::Unknown => return None,
    })
}

fn kind(what: &What) -> &'static str {
    match what {
        What::Invoke(invocation) => invocation.call.name(),
        What::Ok(_) | What::Fail(_) | What::Info(_) => "completion",
        What::Observation(_) => "observation",
        What::Fault(_) => "fault",
        What::Topic(_) => "topic",
        What::Node(_) => "node",
        What::Late(_) => "late",
        What::Shortage(_) => "shortage",
        What::Phase(_) => "phase",
        What::Unknown => "unknown",
    }
}

/// Calls with the name and the value of each field on the first level of a line that is a JSON object.
fn each_field<'l>(line: &'l str, mut each: impl FnMut(&'l str, &'l str)) {
    let bytes = line.as_bytes();
    let Some(mut at) = bytes.iter().position(|b| *b == b'{').map(|at| at + 1) else {
        return;
    };
    loop {
        while bytes.get(at).is_some_and(|b| b" \t\r\n,".contains(b)) {
            at += 1;
        }
        if bytes.get(at) != Some(&b'"') {
            return;
        }
        let end = after_text(bytes, at);
        let name = line.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
        at = end;
        while bytes.get(at).is_some_and(|b| b" \t\r\n:".contains(b)) {
            at += 1;
        }
        let value = at;
        at = after_value(bytes, at);
        each(name, line.get(value..at).unwrap_or_default());
    }
}

/// The place behind a text that begins at `at`.
fn after_text(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// The place behind a value that begins at `at`.
fn after_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = after_text(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 0 => return at,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Unknown {
        let mut unknown = Unknown::default();
        for line in lines {
            let event = serde_json::from_str(line).expect("an event");
            unknown.read(line, &event);
        }
        unknown
    }

    fn names(map: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
        map.iter().map(|(name, n)| (name.as_str(), *n)).collect()
    }

    #[test]
    fn what_is_not_known_is_counted_by_its_name() {
        let unknown = read(&[
            r#"{"i":0,"t":1,"type":"comet","tail":"long"}"#,
            r#"{"i":0,"t":1,"type":"comet"}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"dance","shoes":[2,{"a":"}]"}]}"#,
            r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"dance"}"#,
            r#"{"i":0,"t":1,"called":0,"type":"observation","node":"n1","probe":"smell"}"#,
            r#"{"i":0,"t":1,"type":"late","mood":["b\"ad",{"x":1}],"who":"n1","by_ms":3}"#,
        ]);
        assert_eq!(names(&unknown.types), [("comet", 2)]);
        assert_eq!(names(&unknown.functions), [("dance", 2)]);
        assert_eq!(names(&unknown.probes), [("smell", 1)]);
        assert_eq!(names(&unknown.fields), [("late.mood", 1)]);
        assert_eq!(unknown.count(), 6);
    }

    /// Whoever adds a field to a type adds it to the table: whatever this version writes, it understands.
    #[test]
    fn what_this_version_writes_is_known() {
        let lines = [
            r#"{"i":0,"t":1,"type":"invoke","worker":3,"f":"append","topic":"t","partition":1,"values":["a"],"acks":"1","idempotent":true}"#,
            r#"{"i":0,"t":1,"type":"ok","worker":3,"f":"append","error":"e","records":[{"offset":4,"outcome":"ok","error":"e","persisted":"not"}],"node":"n2"}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":4,"f":"poll","assigned":[{"topic":"t","partition":1,"position":40}],"isolation":"read_committed","phase":"final"}"#,
            r#"{"i":0,"t":1,"type":"fail","worker":4,"f":"poll","error":"x","records":[["t",1,41,"3"]]}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":5,"f":"end-offset","topic":"t","partition":1,"isolation":"read_uncommitted","node":"n1"}"#,
            r#"{"i":0,"t":1,"type":"ok","worker":5,"f":"end-offset","offset":43,"epoch":2,"node":"n2"}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":9,"f":"read","node":"n3","topic":"t","partition":1,"position":0,"phase":"final"}"#,
            r#"{"i":0,"t":1,"type":"ok","worker":9,"f":"read","records":[],"next":43,"high_watermark":43,"log_start_offset":0,"error":null}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":9,"f":"create-topic","node":"n3","topic":"t","partitions":1,"phase":"x"}"#,
            r#"{"i":0,"t":1,"type":"info","worker":9,"f":"describe-topic","partitions":1}"#,
            r#"{"i":0,"t":1,"type":"invoke","worker":9,"f":"delete-records","node":"n3","topic":"t","partition":1,"offset":3}"#,
            r#"{"i":0,"t":1,"type":"ok","worker":9,"f":"delete-records","low_watermark":3}"#,
            r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"metadata","node":"n1","answered":true,"error":"e","brokers":[1],"partitions":[["t",1,2,2]]}"#,
            r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"quorum","node":"n1","answered":true,"leader":2,"epoch":7,"voters":[1]}"#,
            r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"produce","node":"","answered":true,"sequence":2}"#,
            r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"delivery","node":"","answered":true,"sequences":[2]}"#,
            r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"process","node":"","answered":true,"resident_bytes":1,"cpu_ms":2,"descriptors":3}"#,
            r#"{"i":0,"t":1,"called":1,"type":"fault","id":"k","kind":"x","phase":"begun","targets":[],"links":[["a","b"]],"role":"l","role_held":true,"affects_leader":true,"evidence":"e"}"#,
            r#"{"i":0,"t":1,"type":"topic","name":"t","id":"x","partitions":2,"what":"created"}"#,
            r#"{"i":0,"t":1,"type":"node","node":"n2","what":"exited","expected":true,"status":"s"}"#,
            r#"{"i":0,"t":1,"type":"late","who":"h","by_ms":1,"over_ms":2,"cpu_pressure":0.7,"io_pressure":0.1}"#,
            r#"{"i":0,"t":1,"type":"shortage","since":1,"free_bytes":2}"#,
            r#"{"i":0,"t":1,"type":"phase","phase":"load"}"#,
        ];
        assert!(read(&lines).is_empty(), "{:?}", read(&lines));
        // What is read is what is written: a field that this version writes and this list lacks is found here.
        for line in lines {
            let event: Event = serde_json::from_str(line).expect("an event");
            let written = super::super::jsonl::line(&event);
            assert!(read(&[&written]).is_empty(), "{written}");
        }
    }

    #[test]
    fn a_flood_of_names_is_bounded() {
        let mut unknown = Unknown::default();
        for n in 0..1_000 {
            let line = format!(r#"{{"i":0,"t":1,"type":"x{n}"}}"#);
            unknown.read(&line, &serde_json::from_str(&line).expect("an event"));
        }
        assert_eq!((unknown.types.len(), unknown.more), (100, 900));
    }
}
