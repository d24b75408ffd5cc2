//! Our histories in the notation of others.
//!
//! [`edn()`] writes the shape that Jepsen's own Kafka checker documents (`jepsen.tests.kafka`): what a
//! worker appends is a `:send`, what it polls a `:poll`, both with the offsets that came back.
//!
//! | ours | theirs |
//! |---|---|
//! | `append` | `:send`, `[[:send k v] ...]`, then `[[:send k [offset v]] ...]` |
//! | `poll` | `:poll`, `[[:poll]]`, then `[[:poll {k [[offset v] ...]}]]` |
//! | `read`, through one node | the same `:poll` |
//! | a poll of other partitions than the one before | `:assign`, `[k ...]`, ahead of it |
//! | a poll from another place than where the one before ended | `:assign []` and `:assign [k ...]`, ahead of it |
//! | a fault's begin and heal | `:info` of process `:nemesis` |
//!
//! A key `k` is a number that represents one partition of one topic; comments at the top say which.
//! An offset that was not reported is `nil`. End offsets have no counterpart there and are left out, as are probes.
//! What was recorded is not changed otherwise: an operation without completion has none here.
//!
//! Jepsen knows where a consumer stands by what it polled last. Ours says it: `:positions {k offset}` of a `:poll` is
//! written where a consumer was placed anew. Jepsen ignores that field; `jepsen check --model kafka` reads it, so that
//! what was found in the history is found in its export.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::edn::quote;
use crate::history::{
    Append, Appended, Assigned, Call, Completion, Event, FaultEvent, FaultPhase, History,
    Invocation, Moment, Outcome, Record, Report, What, WorkerId,
};

/// The history as EDN: one operation map a line, after comments.
///
/// ```
/// use checkers::history::{History, jsonl};
///
/// let text = concat!(
///     r#"{"format":"jepsen-history","version":1}"#, "\n",
///     r#"{"i":0,"t":10,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["a"]}"#, "\n",
///     r#"{"i":1,"t":20,"type":"ok","worker":1,"f":"append","records":[{"offset":7,"outcome":"ok"}]}"#, "\n",
/// );
/// let parsed = jsonl::parse(text).unwrap();
/// let edn = checkers::export::edn(&History::new(parsed.header, parsed.events));
/// assert!(edn.ends_with(concat!(
///     r#"{:index 0, :time 10, :process 1, :type :invoke, :f :send, :value [[:send 0 "a"]]}"#, "\n",
///     r#"{:index 1, :time 20, :process 1, :type :ok, :f :send, :value [[:send 0 [7 "a"]]]}"#, "\n",
/// )));
/// ```
pub fn edn(history: &History) -> String {
    let keys = Keys::new(history);
    let mut export = Export {
        out: head(history, &keys),
        keys,
        index: 0,
        open: BTreeMap::new(),
        consumers: BTreeMap::new(),
    };
    for event in history.events() {
        export.event(event);
    }
    export.out
}

fn head(history: &History, keys: &Keys<'_>) -> String {
    let header = history.header();
    let mut head = format!(
        "; run {}, scenario {}, target {}\n",
        quoted(&header.run),
        quoted(&header.scenario),
        quoted(&header.target)
    );
    for ((topic, partition), key) in &keys.numbers {
        let topic = quoted(topic);
        let _ = writeln!(head, "; key {key} is partition {partition} of {topic}");
    }
    head
}

/// Numbers for partitions, in the order of their names.
struct Keys<'a> {
    numbers: BTreeMap<(&'a str, i32), usize>,
}

impl<'a> Keys<'a> {
    fn new(history: &'a History) -> Keys<'a> {
        let mut partitions: BTreeSet<(&str, i32)> = BTreeSet::new();
        for event in history.events() {
            match &event.what {
                What::Invoke(invocation) => match &invocation.call {
                    Call::Append(append) => {
                        partitions.insert((&append.topic, append.partition));
                    }
                    Call::Poll(poll) => {
                        partitions.extend(poll.assigned.iter().map(partition_of));
                    }
                    Call::Read(read) => drop(partitions.insert((&read.topic, read.partition))),
                    _ => {}
                },
                What::Ok(completion) | What::Fail(completion) | What::Info(completion) => {
                    if let Some(records) = records(&completion.report) {
                        let records = records.iter();
                        partitions.extend(records.map(|r| (r.topic(), r.partition())));
                    }
                }
                _ => {}
            }
        }
        let numbers = partitions.into_iter().zip(0..).collect();
        Keys { numbers }
    }

    fn number(&self, topic: &str, partition: i32) -> usize {
        let number = self.numbers.get(&(topic, partition));
        *number.unwrap_or_else(|| unreachable!("every partition of the history has a number"))
    }
}

/// The records that a poll or a read returned.
fn records(report: &Report) -> Option<&[Record]> {
    match report {
        Report::Poll(polled) => Some(&polled.records),
        Report::Read(seen) => Some(&seen.records),
        _ => None,
    }
}

fn partition_of(assigned: &Assigned) -> (&str, i32) {
    (&assigned.topic, assigned.partition)
}

struct Export<'a> {
    out: String,
    keys: Keys<'a>,
    index: u64,
    /// What each worker waits for.
    open: BTreeMap<WorkerId, &'a Call>,
    consumers: BTreeMap<WorkerId, Consumer>,
}

/// How a worker consumes, as somebody knows it who only reads the export.
#[derive(Default)]
struct Consumer {
    /// The keys of its last poll; none before its first.
    assigned: Option<Vec<usize>>,
    /// Where it stands in a key, after what its successful polls returned.
    next: BTreeMap<usize, i64>,
}

impl<'a> Export<'a> {
    fn event(&mut self, event: &'a Event) {
        match &event.what {
            What::Invoke(invocation) => self.invoke(event.t, invocation),
            What::Ok(completion) => self.complete(event.t, completion, Outcome::Ok),
            What::Fail(completion) => self.complete(event.t, completion, Outcome::Fail),
            What::Info(completion) => self.complete(event.t, completion, Outcome::Info),
            What::Fault(fault) => self.fault(event.t, fault),
            _ => {}
        }
    }

    fn invoke(&mut self, at: Moment, invocation: &'a Invocation) {
        let worker = invocation.worker;
        match &invocation.call {
            Call::Append(append) => {
                let key = self.keys.number(&append.topic, append.partition);
                let sends = append.values.iter().map(|value| send(key, value, None));
                let value = vector(sends);
                self.line(at, worker, "invoke", "send", &value, "");
            }
            Call::Poll(poll) => {
                let rows = poll.assigned.iter();
                let row = |one: &Assigned| {
                    let (topic, partition) = partition_of(one);
                    (self.keys.number(topic, partition), one.position)
                };
                let rows: Vec<(usize, i64)> = rows.map(row).collect();
                self.poll(at, worker, &rows);
            }
            Call::Read(read) => {
                let key = self.keys.number(&read.topic, read.partition);
                self.poll(at, worker, &[(key, read.position)]);
            }
            _ => return,
        }
        self.open.insert(worker, &invocation.call);
    }

    /// The call of a poll of these keys from these positions, with what tells that it stands there.
    fn poll(&mut self, at: Moment, worker: WorkerId, rows: &[(usize, i64)]) {
        let keys: Vec<usize> = rows.iter().map(|(key, _)| *key).collect();
        let consumer = self.consumers.entry(worker).or_default();
        let is_elsewhere = |(key, position): &&(usize, i64)| {
            let next = consumer.next.get(key);
            next.is_some_and(|next| next != position)
        };
        let is_moved = rows.iter().any(|row| is_elsewhere(&row));
        let is_other = consumer.assigned.as_ref() != Some(&keys);
        if is_moved {
            consumer.next.clear();
        } else {
            consumer.next.retain(|key, _| keys.contains(key));
        }
        let is_new = |(key, _): &&(usize, i64)| !consumer.next.contains_key(key);
        let placed: Vec<String> = rows
            .iter()
            .filter(is_new)
            .map(|(key, position)| format!("{key} {position}"))
            .collect();
        consumer.next.extend(rows.iter().copied());
        consumer.assigned = Some(keys.clone());
        let value = vector(keys.iter().map(usize::to_string));
        let lines: &[&str] = match (is_moved, is_other) {
            (true, _) => &["[]", &value],
            (false, true) => &[&value],
            (false, false) => &[],
        };
        for value in lines {
            self.line(at, worker, "invoke", "assign", value, "");
            self.line(at, worker, "ok", "assign", value, "");
        }
        let more = match placed.is_empty() {
            true => String::new(),
            false => format!(", :positions {{{}}}", placed.join(", ")),
        };
        self.line(at, worker, "invoke", "poll", "[[:poll]]", &more);
    }

    fn complete(&mut self, at: Moment, completion: &Completion, outcome: Outcome) {
        let Some(call) = self.open.remove(&completion.worker) else {
            return;
        };
        let (function, value) = match (call, &completion.report) {
            (Call::Append(append), Report::Append(appended)) => {
                ("send", self.sends(append, appended, outcome))
            }
            (Call::Append(append), _) => {
                ("send", self.sends(append, &Appended::default(), outcome))
            }
            (_, report) if records(report).is_some() => {
                let returned = records(report).unwrap_or_default();
                if outcome == Outcome::Ok {
                    self.moved(completion.worker, returned);
                }
                ("poll", self.polled(returned))
            }
            (_, _) => ("poll", "[[:poll]]".to_owned()),
        };
        let kind = match outcome {
            Outcome::Ok => "ok",
            Outcome::Fail => "fail",
            Outcome::Info => "info",
        };
        let error = match completion.error.as_deref() {
            Some(error) => format!(", :error {}", quoted(error)),
            None => String::new(),
        };
        self.line(at, completion.worker, kind, function, &value, &error);
    }

    /// A consumer stands behind what it was given.
    fn moved(&mut self, worker: WorkerId, returned: &[Record]) {
        let consumer = self.consumers.entry(worker).or_default();
        for record in returned {
            let key = self.keys.number(record.topic(), record.partition());
            consumer.next.insert(key, record.offset().saturating_add(1));
        }
    }

    /// A send's offset is written where the record may be in the log.
    fn sends(&self, append: &Append, appended: &Appended, outcome: Outcome) -> String {
        let key = self.keys.number(&append.topic, append.partition);
        let sends = append.values.iter().enumerate().map(|(at, value)| {
            let record = appended.records.get(at);
            let outcome = record.map_or(outcome, |record| record.outcome);
            let offset = record.and_then(|record| record.offset);
            let is_possible = outcome != Outcome::Fail;
            send(key, value, is_possible.then_some(offset))
        });
        vector(sends)
    }

    fn polled(&self, returned: &[Record]) -> String {
        let mut keys: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for record in returned {
            let key = self.keys.number(record.topic(), record.partition());
            let pair = format!("[{} {}]", record.offset(), quoted(record.value()));
            keys.entry(key).or_default().push(pair);
        }
        let pairs = keys.into_iter();
        let pairs: Vec<String> = pairs
            .map(|(key, pairs)| format!("{key} {}", vector(pairs.into_iter())))
            .collect();
        format!("[[:poll {{{}}}]]", pairs.join(", "))
    }

    fn line(
        &mut self,
        at: Moment,
        worker: WorkerId,
        kind: &str,
        function: &str,
        value: &str,
        more: &str,
    ) {
        let index = self.index;
        self.index += 1;
        let _ = writeln!(
            self.out,
            "{{:index {index}, :time {at}, :process {worker}, :type :{kind}, :f :{function}, \
             :value {value}{more}}}"
        );
    }

    fn fault(&mut self, at: Moment, fault: &FaultEvent) {
        let phase = match fault.phase {
            FaultPhase::Begun => "begun",
            FaultPhase::Healed => "healed",
            FaultPhase::Skipped | FaultPhase::Failed | FaultPhase::Unknown => return,
        };
        let targets = vector(fault.targets.iter().map(|node| quoted(node)));
        let index = self.index;
        self.index += 1;
        let _ = writeln!(
            self.out,
            "{{:index {index}, :time {at}, :process :nemesis, :type :info, :f :{phase}, \
             :value {{:id {}, :kind {}, :targets {targets}}}}}",
            quoted(&fault.id),
            quoted(&fault.kind)
        );
    }
}

/// A send; before its completion without an offset, after it with one or with `nil`.
fn send(key: usize, value: &str, offset: Option<Option<i64>>) -> String {
    let value = quoted(value);
    match offset {
        None => format!("[:send {key} {value}]"),
        Some(Some(offset)) if offset >= 0 => format!("[:send {key} [{offset} {value}]]"),
        Some(_) => format!("[:send {key} [nil {value}]]"),
    }
}

fn vector(elements: impl Iterator<Item = String>) -> String {
    format!("[{}]", elements.collect::<Vec<String>>().join(" "))
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    // A string takes everything.
    let _ = quote(&mut out, text);
    out
}

#[cfg(test)]
mod tests;
