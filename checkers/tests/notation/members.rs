//! Groups and transactions in the notation.

use std::collections::BTreeMap;

use checkers::history::{
    Aborted, Assigned, Call, CommitOffsets, CommitOutcome, Committed, CommittedOffset, Deliver,
    Delivered, Ending, FetchOffsets, FetchedOffset, GroupMember, Heartbeat, Heartbeats,
    InitProducer, Isolation, Join, Joined, Leave, Left, MemberAssignment, Moment, Offset,
    OffsetsFetched, Outcome, Partition, ProducerSeen, RawRead, RawRecord, RawSeen, Report, Sync,
    Synced, Text, Transaction, TransactionEnd, TransactionRequest, TransactionSend,
};

use super::{MS, records, words};

/// What stands around the words of an operation.
pub(super) struct Around<'a> {
    pub(super) from: Moment,
    pub(super) asked: &'a BTreeMap<&'a str, &'a str>,
    pub(super) got: &'a BTreeMap<&'a str, &'a str>,
    pub(super) isolation: Isolation,
    pub(super) phase: Option<Text>,
}

impl Around<'_> {
    fn asked(&self, name: &str) -> Option<Text> {
        self.asked.get(name).map(|word| Text::from(*word))
    }

    /// `by=library`.
    fn is_of_library(&self) -> bool {
        self.asked.get("by") == Some(&"library")
    }

    fn got(&self, name: &str) -> Option<Text> {
        self.got.get(name).map(|word| Text::from(*word))
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.got.get(name).map(|word| words::number(word))
    }
}

fn partition(word: &str) -> Partition {
    let (topic, partition) = words::place(word);
    Partition(topic.into(), partition)
}

/// `m1`, or `-` for none.
pub(super) fn member(word: &str) -> Text {
    if word == "-" {
        Text::default()
    } else {
        word.into()
    }
}

/// `g/3`: a group and a generation.
fn generation(word: &str) -> (Text, i32) {
    let (group, generation) = word.split_once('/').unwrap_or((word, "-1"));
    (group.into(), words::number(generation))
}

/// `t/0@5#a`: an offset with its token.
fn committed(word: &str) -> CommittedOffset {
    let (at, token) = match word.split_once('#') {
        Some((at, token)) => (at, Some(Text::from(token))),
        None => (word, None),
    };
    let (topic, partition, offset) = words::position(at);
    CommittedOffset {
        topic: topic.into(),
        partition,
        offset,
        token,
    }
}

/// `12..13` in milliseconds.
fn interval(word: &str) -> (Option<Moment>, Option<Moment>) {
    let (from, to) = words::interval(word);
    (Some(from), to)
}

/// Reads an operation of a group or a transaction; none if it is another.
pub(super) fn operation(
    f: &str,
    before: &[&str],
    after: &[&str],
    around: &Around<'_>,
) -> Option<(Call, Report)> {
    let node = around.asked("node");
    Some(match f {
        "join" => {
            let names = |key: &str| {
                let list = around.got.get(key).map(|list| list.split(','));
                list.into_iter().flatten().map(Text::from)
            };
            let call = Join {
                group: before[0].into(),
                member: member(before[1]),
                instance: around.asked("instance"),
                topics: vec!["t".into()],
                reason: around.asked("reason"),
                node,
                library: around.is_of_library(),
            };
            let answer = Joined {
                generation: around.number("gen").map_or(-1, |n| n as i32),
                member: around.got("as").unwrap_or_else(|| call.member.clone()),
                leader: around.got("leader").unwrap_or_default(),
                protocol: around.got("protocol"),
                members: names("members")
                    .map(|member| GroupMember {
                        member,
                        instance: None,
                        topics: vec!["t".into()],
                    })
                    .collect(),
            };
            (Call::Join(Box::new(call)), Report::Join(Box::new(answer)))
        }
        "sync" => {
            let (group, generation) = generation(before[0]);
            let assignments = before[2..].iter().map(|word| {
                let (member, list) = word.split_once(':').expect("member:partition,...");
                MemberAssignment {
                    member: member.into(),
                    partitions: list.split(',').map(partition).collect(),
                }
            });
            let call = Sync {
                group,
                generation,
                member: member(before[1]),
                assignments: assignments.collect(),
                node,
                library: around.is_of_library(),
            };
            let partitions = after.iter().map(|word| partition(word)).collect();
            let answer = Box::new(Synced { partitions });
            (Call::Sync(Box::new(call)), Report::Sync(answer))
        }
        "heartbeat" => {
            let (group, generation) = generation(before[0]);
            let call = Heartbeat {
                group,
                generation,
                member: member(before[1]),
                node,
            };
            let answer = Heartbeats {
                ok_before: 0,
                last_ok: around.number("last").map(|at| at as Moment * MS),
            };
            (
                Call::Heartbeat(Box::new(call)),
                Report::Heartbeat(Box::new(answer)),
            )
        }
        "leave" => {
            let call = Leave {
                group: before[0].into(),
                members: before[1..].iter().map(|word| member(word)).collect(),
                node,
            };
            let left = Box::new(Left::default());
            (Call::Leave(Box::new(call)), Report::Leave(left))
        }
        "commit-offsets" => {
            let (group, generation) = generation(before[0]);
            let call = CommitOffsets {
                group,
                generation,
                member: member(before[1]),
                offsets: before[2..].iter().map(|word| committed(word)).collect(),
                node,
                library: around.is_of_library(),
            };
            let offsets = after.iter().map(|word| CommitOutcome {
                outcome: match *word {
                    "ok" => Outcome::Ok,
                    "?" => Outcome::Info,
                    _ => Outcome::Fail,
                },
                error: None,
            });
            let answer = Committed {
                offsets: offsets.collect(),
            };
            let answer = Report::CommitOffsets(Box::new(answer));
            (Call::CommitOffsets(Box::new(call)), answer)
        }
        "fetch-offsets" => {
            let stable = before.contains(&"stable");
            let partitions = before[1..].iter().filter(|word| **word != "stable");
            let call = FetchOffsets {
                group: before[0].into(),
                partitions: partitions.map(|word| partition(word)).collect(),
                require_stable: stable,
                member: around.asked("member"),
                node,
                phase: around.phase.clone(),
            };
            let offsets = after.iter().map(|word| {
                let one = committed(word);
                FetchedOffset {
                    topic: one.topic,
                    partition: one.partition,
                    offset: one.offset,
                    token: one.token,
                    error: None,
                }
            });
            let answer = OffsetsFetched {
                offsets: offsets.collect(),
            };
            let answer = Report::FetchOffsets(Box::new(answer));
            (Call::FetchOffsets(Box::new(call)), answer)
        }
        "deliver" => {
            let (group, generation) = generation(before[0]);
            let assigned: Vec<Assigned> = before[2..]
                .iter()
                .filter(|word| **word != "committed")
                .map(|word| words::position(word))
                .map(|(topic, partition, position)| Assigned {
                    topic: topic.into(),
                    partition,
                    position,
                })
                .collect();
            let first = assigned.first().map(|a| (a.topic.to_string(), a.partition));
            let records = records::seen(after, &first.unwrap_or_default());
            let call = Deliver {
                group,
                member: member(before[1]),
                generation,
                assigned,
                isolation: around.isolation,
            };
            let answer = Report::Deliver(Box::new(Delivered { records }));
            (Call::Deliver(Box::new(call)), answer)
        }
        "init-producer" => {
            let call = InitProducer {
                transactional_id: before[0].into(),
                timeout_ms: None,
                node,
            };
            let seen = after.first().map_or_else(ProducerSeen::default, |word| {
                let (producer_id, epoch) = word.split_once('/').expect("id/epoch");
                ProducerSeen {
                    producer_id: words::number(producer_id),
                    epoch: words::number(epoch),
                }
            });
            let answer = Report::InitProducer(Box::new(seen));
            (Call::InitProducer(Box::new(call)), answer)
        }
        "transaction" => transaction(before, after, around),
        "raw-read" => raw_read(before, after, around),
        _ => return None,
    })
}

/// `transaction x1 17/2 group=g -> commit sent=15 out/0:a@5~12..13 out/0:b@? +t/0@6#k !commit-offsets@12..13`.
fn transaction(before: &[&str], after: &[&str], around: &Around<'_>) -> (Call, Report) {
    let ids = before.get(1).map_or("-1/-1", |word| word);
    let (producer_id, epoch) = ids.split_once('/').expect("id/epoch");
    let topics = around.asked.get("topics").map(|list| list.split(','));
    let call = Transaction {
        transactional_id: before[0].into(),
        producer_id: words::number(producer_id),
        epoch: words::number(epoch),
        group: around.asked("group"),
        member: around.asked("member"),
        generation: around
            .asked
            .get("generation")
            .map(|word| words::number(word)),
        topics: topics.into_iter().flatten().map(Text::from).collect(),
    };
    let mut end = TransactionEnd::default();
    for word in after {
        if let Some(offset) = word.strip_prefix('+') {
            end.offsets.push(committed(offset));
        } else if let Some(request) = word.strip_prefix('!') {
            let (what, rest) = request.split_once('@').expect("!what@times");
            let (times, error) = match rest.split_once(':') {
                Some((times, error)) => (times, Some(error.into())),
                None => (rest, None),
            };
            let (called, returned) = interval(times);
            end.requests.push(TransactionRequest {
                what: what.into(),
                called: called.unwrap_or(around.from),
                returned,
                error,
                node: None,
            });
        } else if matches!(*word, "commit" | "abort") {
            let commits = *word == "commit";
            end.wanted = Some(if commits {
                Ending::Commit
            } else {
                Ending::Abort
            });
            end.end_sent = commits.then_some(around.from);
        } else {
            end.sends.push(send(word, around.from));
        }
    }
    if let Some(sent) = around.number("sent") {
        end.end_sent = Some(sent as Moment * MS);
    }
    let report = Report::Transaction(Box::new(end));
    (Call::Transaction(Box::new(call)), report)
}

/// `out/0:a@5~12..13`; unknown: `out/0:a@?`, refused: `out/0:a@x`.
fn send(word: &str, from: Moment) -> TransactionSend {
    let (word, times) = match word.split_once('~') {
        Some((word, times)) => (word, interval(times)),
        None => (word, (Some(from), Some(from))),
    };
    let (at, rest) = word.split_once(':').expect("place:value@offset");
    let (topic, partition) = words::place(at);
    let (value, offset) = rest.rsplit_once('@').expect("value@offset");
    let (outcome, offset) = match offset {
        "?" => (Outcome::Info, None),
        "x" => (Outcome::Fail, None),
        number => (Outcome::Ok, Some(words::number(number))),
    };
    TransactionSend {
        topic: topic.into(),
        partition,
        value: value.into(),
        called: times.0,
        returned: times.1,
        outcome,
        offset,
        error: None,
    }
}

/// `raw-read n1 out/0@0 committed phase=final -> a@0/17.2 commit@1/17.2 hw=2 lso=2 aborted=17@0`.
fn raw_read(before: &[&str], after: &[&str], around: &Around<'_>) -> (Call, Report) {
    let (topic, partition, position) = words::position(before[1]);
    let records: Vec<RawRecord> = after.iter().flat_map(|word| raw(word)).collect();
    let next = records.last().map_or(position, |last| last.offset() + 1);
    let next = around.number("next").unwrap_or(next);
    let listed = around.got.get("aborted").map_or(vec![], |list| {
        let one = |word: &str| {
            let (producer, offset) = word.split_once('@').expect("id@offset");
            Aborted(words::number(producer), words::number(offset))
        };
        list.split(',').map(one).collect()
    });
    let seen = RawSeen {
        records,
        next: Some(next),
        high_watermark: Some(around.number("hw").unwrap_or(next)),
        last_stable_offset: Some(around.number("lso").unwrap_or(next)),
        log_start_offset: around.number("start"),
        aborted: (around.isolation == Isolation::ReadCommitted).then_some(listed),
    };
    let call = Call::RawRead(Box::new(RawRead {
        node: before[0].into(),
        topic: topic.into(),
        partition,
        position,
        isolation: around.isolation,
        phase: around.phase.clone(),
    }));
    (call, Report::RawRead(Box::new(seen)))
}

fn raw(word: &str) -> Vec<RawRecord> {
    let (rest, producer) = match word.rsplit_once('/') {
        Some((rest, producer)) => (rest, Some(producer)),
        None => (word, None),
    };
    let (value, offset) = rest.rsplit_once('@').expect("value@offset");
    let first: Offset = words::number(offset);
    let (id, epoch) = producer.map_or((-1, -1), |producer| {
        let (id, epoch) = producer.split_once('.').unwrap_or((producer, "0"));
        (words::number(id), words::number(epoch))
    });
    let ending = match value {
        "commit" => Some(Ending::Commit),
        "abort" => Some(Ending::Abort),
        _ => None,
    };
    let record = |(offset, value): (Offset, String)| {
        let value = ending.is_none().then(|| Text::from(value.as_str()));
        RawRecord(offset, value, id, epoch, producer.is_some(), ending)
    };
    (first..).zip(words::values(value)).map(record).collect()
}
