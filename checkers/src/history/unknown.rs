//! What a reader did not understand, counted: event types, functions, probes, phases and fields that this version does
//! not know. They are ignored, so that an older reader reads a newer history, and they are reported: a fact that nobody
//! judged must not look like a fact that was judged and found to be right.
//!
//! Fields are looked at on the first level of a line. A field within a record, a link or a Metadata row is ignored
//! without being counted.

mod known;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, What};
use known::{COMMON, kind, known};

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
mod tests;
