//! One line of the notation to the events that it stands for.

use checkers::history::{
    Acks, Append, Appended, Assigned, Call, ClientEvent, Completion, EndOffset, EndOffsetSeen,
    Invocation, Isolation, Late, Moment, NodeEvent, NodeHappening, Observation, Outcome,
    PartitionClaim, PhaseEvent, Poll, Polled, RecordOutcome, Report, Seen, Sending, Text,
    TopicEvent, What, WorkerId,
};

use super::{Happened, faults, members, observed, options, records, words};

/// Reads what stands behind the time of a line.
pub(crate) fn read(
    from: Moment,
    to: Option<Moment>,
    words: &[&str],
    line: usize,
    happened: &mut Vec<Happened>,
) {
    let mut add = |at, what| happened.push(Happened { at, what, line });
    match words {
        ["phase", name] => {
            let phase = serde_json::from_str(&format!("{name:?}")).expect("a phase");
            add(from, What::Phase(PhaseEvent { phase }));
        }
        ["late", who, by_ms, over @ ..] => add(
            from,
            What::Late(Box::new(Late {
                who: (*who).to_owned(),
                thread: None,
                by_ms: words::number(by_ms),
                over_ms: over.last().map(|word| words::number(word)),
                cpu_pressure: None,
                io_pressure: None,
            })),
        ),
        ["topic", name, what, id @ ..] => add(
            from,
            What::Topic(Box::new(TopicEvent {
                name: name.split('/').next().unwrap_or(name).to_owned(),
                id: id.join(""),
                partitions: name.split_once('/').map_or(1, |(_, n)| words::number(n)),
                what: (*what).to_owned(),
            })),
        ),
        ["compared", count, altered @ ..] => {
            let seen = records::compared(count, altered);
            observe("", from, to, true, seen, &mut add);
        }
        ["fault", rest @ ..] => faults::fault(from, to, rest, &mut add),
        ["probe", rest @ ..] => {
            let number = rest.first().filter(|word| words::is_number(word));
            let sequence = number.map_or(0, |word| words::number(word));
            let answered = rest.last() != Some(&"lost");
            let ago = rest.iter().find_map(|word| word.strip_prefix("ago="));
            let seen = Seen::Produce {
                sequence,
                appended_ago_ms: ago.map(words::number),
            };
            observe("", from, to, answered, seen, &mut add);
        }
        [worker, f, rest @ ..] if is_worker(worker) => {
            operation(from, to, words::number(&worker[1..]), f, rest, &mut add);
        }
        [nodes, what, rest @ ..] => {
            for node in nodes.split(',') {
                node_line(from, to, node, what, rest, &mut add);
            }
        }
        other => panic!("{other:?} is nothing that happens"),
    }
}

fn is_worker(word: &str) -> bool {
    word.strip_prefix('w')
        .is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit()))
}

fn observe(
    node: &str,
    called: Moment,
    to: Option<Moment>,
    answered: bool,
    seen: Seen,
    add: &mut impl FnMut(Moment, What),
) {
    let node = node.into();
    let error = (!answered).then(|| "timed out".into());
    let observation = Observation {
        called,
        node,
        answered,
        error,
        seen,
    };
    add(
        to.unwrap_or(called),
        What::Observation(Box::new(observation)),
    );
}

fn node_line(
    from: Moment,
    to: Option<Moment>,
    node: &str,
    what: &str,
    rest: &[&str],
    add: &mut impl FnMut(Moment, What),
) {
    let happens = |what, expected, status: &str| {
        let (node, status) = (node.to_owned(), status.to_owned());
        What::Node(Box::new(NodeEvent {
            node,
            what,
            expected,
            status,
        }))
    };
    match what {
        "says" => {
            let brokers = words::ids(rest, "brokers=");
            let rest = rest.iter().filter(|word| !word.starts_with("brokers="));
            let claim = |word: &&str| {
                let (at, leader) = word.split_once('=').expect("place=leader/epoch");
                let ((topic, partition), (leader, epoch)) =
                    (words::place(at), words::leader(leader));
                PartitionClaim(topic.into(), partition, leader, epoch)
            };
            let partitions = rest.map(claim).collect();
            observe(
                node,
                from,
                to,
                true,
                Seen::Metadata {
                    brokers,
                    partitions,
                },
                add,
            );
        }
        "refuses" => add(
            to.unwrap_or(from),
            What::Observation(Box::new(Observation {
                called: from,
                node: node.into(),
                answered: true,
                error: Some(rest[0].into()),
                seen: Seen::Metadata {
                    brokers: vec![],
                    partitions: vec![],
                },
            })),
        ),
        "silent" => {
            let seen = Seen::Metadata {
                brokers: vec![],
                partitions: vec![],
            };
            observe(node, from, to, false, seen, add);
        }
        "quorum" => {
            let (leader, epoch) = words::leader(rest[0]);
            let voters = words::ids(rest, "voters=");
            let seen = Seen::Quorum {
                leader,
                epoch,
                voters,
            };
            observe(node, from, to, true, seen, add);
        }
        "replicas" => observe(node, from, to, true, observed::replicas(rest), add),
        "serves" => {
            let sequences = rest.iter().map(|word| words::number(word)).collect();
            observe(node, from, to, true, Seen::Delivery { sequences }, add);
        }
        "holds" => {
            let resident_mib: u64 = words::number(rest[0]);
            let descriptors = rest.get(1).map_or(30, |word| words::number(word));
            let seen = Seen::Process {
                resident_bytes: resident_mib << 20,
                cpu_ms: 0,
                descriptors,
            };
            observe(node, from, to, true, seen, add);
        }
        "started" => add(from, happens(NodeHappening::Started, true, "")),
        "exited" => add(from, happens(NodeHappening::Exited, true, "signal 9")),
        "died" => add(from, happens(NodeHappening::Exited, false, "signal 6")),
        other => {
            let seen = observed::seen(other, rest);
            let seen = seen.unwrap_or_else(|| panic!("{other:?} is nothing that a node does"));
            observe(node, from, to, true, seen, add);
        }
    }
}

fn operation(
    from: Moment,
    to: Option<Moment>,
    worker: WorkerId,
    f: &str,
    words: &[&str],
    add: &mut impl FnMut(Moment, What),
) {
    if matches!(f, "ended" | "died") {
        let event = ClientEvent {
            client: format!("w{worker}"),
            what: NodeHappening::Exited,
            expected: f == "ended",
            status: "signal 11".to_owned(),
        };
        return add(from, What::Client(Box::new(event)));
    }
    let at = words
        .iter()
        .position(|word| *word == "->")
        .unwrap_or(words.len());
    let mut before = words[..at].to_vec();
    let mut after = words.get(at + 1..).unwrap_or_default().to_vec();
    let (asked, got) = (options(&mut before), options(&mut after));
    let isolation = match before.contains(&"committed") {
        true => Isolation::ReadCommitted,
        false => Isolation::ReadUncommitted,
    };
    let mut outcome = match after.first() {
        Some(&"fail") => Outcome::Fail,
        Some(&"info") => Outcome::Info,
        _ => Outcome::Ok,
    };
    // A failed operation may state its error behind that word: `-> fail OFFSET_OUT_OF_RANGE`.
    let failed = matches!(after.first(), Some(&("fail" | "info")));
    let names_error = |word: &&&str| {
        failed && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && word.len() > 2
    };
    let error = after
        .get(1)
        .filter(names_error)
        .map(|word| Text::from(*word));
    if error.is_some() {
        after.remove(1);
    }
    after.retain(|word| !["fail", "info", "nothing"].contains(word));
    let phase = asked.get("phase").map(|phase| Text::from(*phase));
    let (call, report) = match f {
        "append" => {
            let (topic, partition) = words::place(before[0]);
            let idempotent = before.contains(&"idempotent");
            let retries = before.contains(&"retries");
            before.retain(|word| !["idempotent", "retries"].contains(word));
            let number = |name| asked.get(name).map(|word| words::number(word));
            let timestamps = asked.get("at").into_iter().flat_map(|at| at.split(','));
            let sending = number("producer").map(|producer| {
                Box::new(Sending {
                    producer,
                    in_flight: number("in-flight").unwrap_or(1) as u32,
                    retries,
                    timestamps: timestamps.map(words::number).collect(),
                })
            });
            let values = before[1..]
                .iter()
                .flat_map(|word| words::values(word))
                .map(Text::from)
                .collect();
            let acks = match asked.get("acks") {
                Some(&"0") => Acks::None,
                Some(&"1") => Acks::Leader,
                _ => Acks::All,
            };
            let records: Vec<RecordOutcome> = after
                .iter()
                .flat_map(|word| records::came_out(word))
                .collect();
            let any = |wanted| records.iter().any(|record| record.outcome == wanted);
            if any(Outcome::Info) {
                outcome = Outcome::Info;
            } else if any(Outcome::Fail) && !any(Outcome::Ok) {
                outcome = Outcome::Fail;
            }
            let call = Call::Append(Append {
                topic: topic.into(),
                partition,
                values,
                acks,
                idempotent,
                sending,
            });
            (
                call,
                Report::Append(Appended {
                    records,
                    node: None,
                }),
            )
        }
        "poll" => {
            before.retain(|word| *word != "committed");
            let assigned: Vec<Assigned> = before
                .iter()
                .map(|word| words::position(word))
                .map(|(topic, partition, position)| Assigned {
                    topic: topic.into(),
                    partition,
                    position,
                })
                .collect();
            let first = assigned.first().map(|a| (a.topic.to_string(), a.partition));
            let records = records::seen(&after, &first.unwrap_or_default());
            (
                Call::Poll(Poll {
                    assigned,
                    isolation,
                    phase,
                }),
                Report::Poll(Polled { records }),
            )
        }
        "end" => {
            let (topic, partition) = words::place(before[0]);
            let node = before.get(1).filter(|word| word.starts_with('n'));
            let node = node.map(|word| Text::from(*word));
            let offset = after.first().map(|word| words::number(word));
            let report = EndOffsetSeen {
                offset,
                epoch: got.get("epoch").map(|word| words::number(word)),
                node: node.clone(),
            };
            let call = Call::EndOffset(EndOffset {
                topic: topic.into(),
                partition,
                isolation,
                node,
            });
            (call, Report::EndOffset(Box::new(report)))
        }
        "time" => records::time(&before, &after),
        "read" => records::read((&before, &after), &got, phase),
        "start" => records::start(&before, &after, phase),
        "delete-records" => records::deleted(&before, &after),
        other => {
            let around = members::Around {
                from,
                asked: &asked,
                got: &got,
                isolation,
                phase: phase.clone(),
            };
            members::operation(other, &before, &after, &around)
                .unwrap_or_else(|| super::topics::operation(other, &before, &after, phase))
        }
    };
    add(from, What::Invoke(Invocation { worker, call }));
    let completion = Completion {
        worker,
        error,
        report,
    };
    let ended = match outcome {
        Outcome::Ok => What::Ok,
        Outcome::Fail => What::Fail,
        Outcome::Info => What::Info,
    };
    if let Some(to) = to {
        add(to, ended(completion));
    }
}
