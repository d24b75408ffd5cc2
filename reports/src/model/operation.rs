//! Extracts of operations: those that verdicts point to, collected in one pass over a history.

use std::collections::{BTreeMap, BTreeSet};

use checkers::history::{
    Appended, Call, Completion, Event, Invocation, Outcome, Record, RecordOutcome, Report, Text,
    What,
};
use checkers::judgement::Judgement;
use serde::{Deserialize, Serialize};

/// Partitions of a poll whose offsets are named.
const PLACES_MAX: usize = 4;

/// An extract of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The index `i` of its invocation in `history.jsonl`: how anomalies point to it.
    pub op: u64,
    /// The worker that called it.
    pub worker: u64,
    /// `append`, `poll`, `end-offset`, `read`.
    pub call: String,
    /// Topic, if one.
    pub topic: String,
    /// Partition, if one.
    pub partition: Option<i32>,
    /// Offset, or offsets: `4711`, `4711..4718`.
    pub offset: String,
    /// Value, or a summary of several: `3-17 .. 3-24 (8)`.
    pub value: String,
    /// When it was called.
    pub called_ns: u64,
    /// When it returned; none if it never did.
    pub returned_ns: Option<u64>,
    /// The node that answered, if known.
    pub node: Option<String>,
    /// Its outcome; none if it never returned.
    pub outcome: Option<Outcome>,
    /// The error, if one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

impl Operation {
    /// The operations that a judgement's evidence points to, in the order of their calls.
    pub fn collect<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        judgement: &Judgement,
    ) -> Vec<Operation> {
        let verdicts = judgement.verdicts.iter();
        let anomalies = verdicts.flat_map(|v| v.anomalies.iter().chain(&v.tolerated));
        let wanted: BTreeSet<u64> = anomalies
            .flat_map(|a| a.evidence.operations.iter().copied())
            .collect();
        let mut open: BTreeMap<u64, Operation> = BTreeMap::new();
        let mut done: Vec<Operation> = Vec::new();
        for event in events {
            let worker = match &event.what {
                What::Invoke(call) => {
                    done.extend(open.remove(&call.worker));
                    if wanted.contains(&event.i) {
                        open.insert(call.worker, called(event, call));
                    }
                    continue;
                }
                What::Ok(c) | What::Fail(c) | What::Info(c) => c.worker,
                _ => continue,
            };
            let operation = open.remove(&worker);
            done.extend(operation.map(|operation| completed(operation, event)));
        }
        done.extend(open.into_values());
        done.sort_by_key(|o| o.op);
        done
    }
}

/// The operation with the outcome from the line that completes it.
pub(super) fn completed(mut operation: Operation, event: &Event) -> Operation {
    let (completion, outcome) = match &event.what {
        What::Ok(completion) => (completion, Outcome::Ok),
        What::Fail(completion) => (completion, Outcome::Fail),
        What::Info(completion) => (completion, Outcome::Info),
        _ => return operation,
    };
    operation.returned_ns = Some(event.t);
    operation.outcome = Some(outcome);
    returned(&mut operation, completion);
    operation
}

/// The operation as it was called.
pub(super) fn called(event: &Event, call: &Invocation) -> Operation {
    let mut operation = Operation {
        op: event.i,
        worker: call.worker,
        call: String::new(),
        topic: String::new(),
        partition: None,
        offset: String::new(),
        value: String::new(),
        called_ns: event.t,
        returned_ns: None,
        node: None,
        outcome: None,
        error: String::new(),
    };
    let (name, place) = match &call.call {
        Call::Append(append) => {
            operation.value = short(append.values.iter().map(Text::as_str));
            ("append", Some((&append.topic, append.partition)))
        }
        Call::Poll(poll) => (
            "poll",
            poll.assigned.first().map(|a| (&a.topic, a.partition)),
        ),
        Call::EndOffset(asked) => {
            operation.node = asked.node.as_ref().map(String::from);
            ("end-offset", Some((&asked.topic, asked.partition)))
        }
        Call::Read(read) => {
            operation.node = Some(read.node.to_string());
            operation.offset = format!("from {}", read.position);
            ("read", Some((&read.topic, read.partition)))
        }
        Call::OffsetForTime(asked) => {
            operation.node = asked.node.as_ref().map(String::from);
            operation.value = format!("from {}", asked.timestamp);
            (call.call.name(), Some((&asked.topic, asked.partition)))
        }
        Call::StartOffset(asked) => {
            operation.node = Some(asked.node.to_string());
            (call.call.name(), Some((&asked.topic, asked.partition)))
        }
        Call::CreateTopic(topic)
        | Call::DeleteTopic(topic)
        | Call::GrowTopic(topic)
        | Call::DescribeTopic(topic) => {
            operation.node = Some(topic.node.to_string());
            operation.topic = topic.topic.to_string();
            operation.value = partitions(topic.partitions);
            (call.call.name(), None)
        }
        Call::DeleteRecords(asked) => {
            operation.node = asked.node.as_ref().map(String::from);
            operation.offset = format!("below {}", asked.offset);
            (call.call.name(), Some((&asked.topic, asked.partition)))
        }
        Call::FindCoordinator(asked) => {
            operation.node = Some(asked.node.to_string());
            operation.value = asked.key.to_string();
            (call.call.name(), None)
        }
        Call::Join(join) => of_member(&mut operation, &call.call, &join.group, &join.member),
        Call::Sync(sync) => of_member(&mut operation, &call.call, &sync.group, &sync.member),
        Call::Heartbeat(beat) => of_member(&mut operation, &call.call, &beat.group, &beat.member),
        Call::Leave(leave) => {
            operation.value = short(leave.members.iter().map(Text::as_str));
            (call.call.name(), None)
        }
        Call::CommitOffsets(commit) => {
            of_member(&mut operation, &call.call, &commit.group, &commit.member);
            let first = commit.offsets.first();
            operation.offset = range(commit.offsets.iter().map(|one| one.offset));
            (
                call.call.name(),
                first.map(|one| (&one.topic, one.partition)),
            )
        }
        Call::FetchOffsets(asked) => {
            operation.node = asked.node.as_ref().map(String::from);
            operation.value = asked.group.to_string();
            let first = asked.partitions.first();
            (call.call.name(), first.map(|one| (&one.0, one.1)))
        }
        Call::Deliver(poll) => {
            of_member(&mut operation, &call.call, &poll.group, &poll.member);
            let first = poll.assigned.first();
            (call.call.name(), first.map(|a| (&a.topic, a.partition)))
        }
        Call::InitProducer(init) => {
            operation.node = init.node.as_ref().map(String::from);
            operation.value = init.transactional_id.to_string();
            (call.call.name(), None)
        }
        Call::Transaction(transaction) => {
            operation.value = transaction.transactional_id.to_string();
            (call.call.name(), None)
        }
        Call::RawRead(read) => {
            operation.node = Some(read.node.to_string());
            operation.offset = format!("from {}", read.position);
            (call.call.name(), Some((&read.topic, read.partition)))
        }
        Call::Unknown => ("unknown", None),
    };
    operation.call = name.to_string();
    if let Some((topic, partition)) = place {
        operation.topic = topic.to_string();
        operation.partition = Some(partition);
    }
    operation
}

/// A call of a group's member.
fn of_member<'a>(
    operation: &mut Operation,
    call: &'a Call,
    group: &Text,
    member: &Text,
) -> (&'a str, Option<(&'a Text, i32)>) {
    operation.value = format!("{group} {member}").trim_end().to_string();
    (call.name(), None)
}

fn returned(operation: &mut Operation, completion: &Completion) {
    operation.error = completion
        .error
        .as_ref()
        .map_or_else(String::new, String::from);
    match &completion.report {
        Report::Append(Appended { records, node }) => {
            operation.node = node.as_ref().map(String::from);
            operation.offset = range(records.iter().filter_map(|r| r.offset));
            let error = |r: &RecordOutcome| r.error.as_ref().map(String::from);
            if operation.error.is_empty() {
                operation.error = records.iter().find_map(error).unwrap_or_default();
            }
        }
        Report::Poll(polled) => of_records(operation, &polled.records),
        Report::Read(read) => of_records(operation, &read.records),
        Report::EndOffset(end) => {
            let node = end.node.as_ref().map(String::from);
            operation.node = node.or(operation.node.take());
            operation.offset = end.offset.map(|o| o.to_string()).unwrap_or_default();
        }
        Report::OffsetForTime(seen) => {
            operation.offset = seen.offset.map(|o| o.to_string()).unwrap_or_default();
        }
        Report::StartOffset(seen) => {
            operation.offset = seen.offset.map(|o| o.to_string()).unwrap_or_default();
        }
        Report::DescribeTopic(seen) => {
            operation.value = match seen.partitions {
                None => "no such topic".to_string(),
                some => partitions(some),
            };
        }
        Report::DeleteRecords(seen) => {
            let from = |offset: i64| format!("from {offset}");
            operation.value = seen.low_watermark.map(from).unwrap_or_default();
        }
        Report::FindCoordinator(found) => {
            operation.value = found
                .coordinator
                .as_ref()
                .map_or_else(String::new, String::from);
        }
        Report::Join(joined) => {
            operation.value = format!("generation {} as {}", joined.generation, joined.member);
        }
        Report::FetchOffsets(fetched) => {
            operation.offset = range(fetched.offsets.iter().map(|one| one.offset));
        }
        Report::Deliver(delivered) => of_records(operation, &delivered.records),
        Report::InitProducer(seen) => {
            operation.value = format!("producer id {} epoch {}", seen.producer_id, seen.epoch);
        }
        Report::Transaction(end) => {
            operation.value = short(end.sends.iter().map(|send| send.value.as_str()));
            operation.offset = range(end.sends.iter().filter_map(|send| send.offset));
        }
        Report::RawRead(read) => {
            operation.value = short(read.records.iter().filter_map(|record| record.value()));
            operation.offset = range(read.records.iter().map(|record| record.offset()));
        }
        Report::Sync(_)
        | Report::Heartbeat(_)
        | Report::Leave(_)
        | Report::CommitOffsets(_)
        | Report::CreateTopic
        | Report::DeleteTopic
        | Report::GrowTopic
        | Report::Unknown => {}
    }
}

fn partitions(count: Option<i32>) -> String {
    count.map_or_else(String::new, |count| {
        crate::format::count(u64::try_from(count).unwrap_or(0), "partitions")
    })
}

/// What was returned. A poll of several partitions names the offsets of each: one range over all of them would name offsets
/// that it did not return.
fn of_records(operation: &mut Operation, records: &[Record]) {
    let place = |record: &Record| (record.topic().to_owned(), record.partition());
    let places: BTreeSet<(String, i32)> = records.iter().map(place).collect();
    let of = |at: &(String, i32)| {
        let own = records.iter().filter(|record| place(record) == *at);
        range(own.map(Record::offset))
    };
    match places.first() {
        None => return,
        Some(one) if places.len() == 1 => {
            operation.offset = of(one);
            (operation.topic, operation.partition) = (one.0.clone(), Some(one.1));
        }
        Some(_) => {
            let offsets = places.iter().take(PLACES_MAX);
            let offsets = offsets.map(|at| format!("{}/{} {}", at.0, at.1, of(at)));
            operation.offset = offsets.collect::<Vec<_>>().join("; ");
            operation.topic = format!("{} partitions", places.len());
            operation.partition = None;
        }
    }
    operation.value = short(records.iter().map(Record::value));
}

fn range(offsets: impl Iterator<Item = i64>) -> String {
    let offsets: Vec<i64> = offsets.collect();
    match offsets.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        [first, .., last] => format!("{first}..{last}"),
    }
}

fn short<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.collect();
    match values.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first, second] => format!("{first}, {second}"),
        [first, .., last] => format!("{first} .. {last} ({})", values.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_of_several_partitions_names_the_offsets_of_each() {
        let line = r#"{"i":1,"t":1,"type":"invoke","worker":1,"f":"poll","assigned":[{"topic":"t","partition":0,"position":0}]}"#;
        let event: Event = serde_json::from_str(line).expect("a line");
        let What::Invoke(call) = &event.what else {
            panic!("it is an invocation")
        };
        let mut poll = called(&event, call);
        let record = |partition, offset| Record("t".into(), partition, offset, "v".into());
        of_records(&mut poll, &[record(1, 7), record(0, 3), record(1, 8)]);
        assert_eq!(
            (poll.topic.as_str(), poll.partition),
            ("2 partitions", None)
        );
        assert_eq!(poll.offset, "t/0 3; t/1 7..8");
        of_records(&mut poll, &[record(1, 9)]);
        assert_eq!((poll.topic.as_str(), poll.partition), ("t", Some(1)));
    }
}
