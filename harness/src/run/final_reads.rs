//! The final reads, after the last heal: every partition is read from beginning to end through every node, by raw
//! Fetch, up to the last record that the node serves, and again through librdkafka. An acknowledged record that these
//! reads do not contain is lost.
//!
//! They begin where the log begins, by the word of the node or, if it only follows, of the leader. What lies below was
//! removed, and `log-start` judges whether it may be: a read at 0 would be refused, and show nothing of the rest. After a
//! run of hours they begin where the rolling reads ended, with samples of what lies before: what a node served once may be
//! gone since.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Assigned, Call, Completion, Invocation, Isolation, Offset, Poll, Polled, Report, What, WorkerId,
};

use super::node_reader::{Came, NodeReader};
use crate::kafka::clients::consumer::Consumer;
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::load::Compared;
use crate::probe::reach::Reach;
use crate::probe::start_offset;
use crate::record::{Caller, Recorder, WorkerIds};

/// The time limit of one question.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The delay before a failed Fetch is retried.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How many stretches of what was read through a node under load are read again through it.
const SAMPLES: usize = 48;

/// Marks a final read in the history.
const PHASE: &str = "final";

/// Reads every partition through one node until it served everything below the highest end that any node reported, or
/// until the deadline. `spans` are what to read, one for each partition. What was read through the node under load is
/// read again in samples.
pub fn through_node(
    (node, address): (usize, SocketAddr),
    (spans, reach): (&[&Span], &Reach),
    compared: Compared<'_>,
    recorded: (&Recorder, &WorkerIds),
    deadline: Instant,
) {
    let mut reader = NodeReader::new((node, address), PHASE, compared, recorded);
    let mut before = Vec::new();
    let mut open: Vec<(&Span, Offset)> = Vec::new();
    for span in spans {
        let place = span.place();
        let start = reader.first(place).unwrap_or(span.start);
        let mut position = start;
        if let Some(read) = reach.read(node, place).filter(|read| *read > start) {
            before.push((place, start..read));
            position = read;
        }
        open.push((span, position));
    }
    // A partition that comes to nothing waits for the next round: the others must not wait for it.
    while !open.is_empty() && Instant::now() < deadline {
        let mut any = false;
        open.retain_mut(|(span, position)| {
            while Instant::now() < deadline {
                // At least once: a node may serve records beyond a reported end of 0.
                let from = *position;
                match reader.read(span.place(), from) {
                    Came::To(next) => *position = next,
                    Came::Moved(start) => *position = start,
                    Came::Nowhere => return true,
                }
                if *position >= span.end {
                    return false;
                }
                if *position == from {
                    return true;
                }
                any = true;
            }
            true
        });
        if !any {
            std::thread::sleep(AGAIN_AFTER);
        }
    }
    for (place, position) in samples(node, &before) {
        if Instant::now() >= deadline {
            break;
        }
        reader.read(place, position);
    }
}

/// Where to read again, of what was read through a node before: where each log begins, and then in even steps, which are
/// other ones at each node.
fn samples<'a>(
    node: usize,
    before: &[((&'a str, i32), Range<Offset>)],
) -> Vec<((&'a str, i32), Offset)> {
    let each = (SAMPLES / before.len().max(1)).max(1);
    let of = |(place, read): &((&'a str, i32), Range<Offset>)| {
        let (place, start) = (*place, read.start);
        let step = (read.end - read.start) / each as Offset;
        let shift = step * (node as Offset % 4) / 4;
        let later = (1..each).map(move |nth| start + step * nth as Offset - shift);
        std::iter::once(start)
            .chain(later)
            .map(move |at| (place, at))
    };
    // In turn: a deadline must not leave out the last partitions.
    let all: Vec<Vec<_>> = before.iter().map(|one| of(one).collect()).collect();
    let mut samples = Vec::new();
    for nth in 0..each {
        samples.extend(all.iter().filter_map(|of| of.get(nth).copied()));
    }
    samples
}

/// Reads every partition with a librdkafka consumer, until all ends are reached or the deadline has passed. `read` says up
/// to where everything was read before.
///
/// # Errors
/// If librdkafka rejects a setting.
pub fn through_client(
    config: &rdkafka::ClientConfig,
    (spans, read): (&[Span], impl Fn(&Span) -> Option<Offset>),
    mut compared: Compared<'_>,
    (recorder, worker): (&Recorder, WorkerId),
    deadline: Instant,
) -> Result<()> {
    let start = |span: &Span| Assigned {
        topic: (&span.topic).into(),
        partition: span.partition,
        position: read(span).unwrap_or(0).max(span.start),
    };
    let mut consumer = Consumer::new(config, spans.iter().map(start).collect())?;
    let behind = |assigned: &[Assigned]| {
        assigned
            .iter()
            .zip(spans)
            .any(|(place, span)| place.position < span.end)
    };
    while behind(consumer.assigned()) && Instant::now() < deadline {
        let poll = Poll {
            assigned: consumer.assigned().to_vec(),
            isolation: Isolation::ReadUncommitted,
            phase: Some(PHASE.into()),
        };
        recorder.record(What::Invoke(Invocation {
            worker,
            call: Call::Poll(poll),
        }));
        let (records, error) = consumer.poll_as(Duration::from_millis(500), |message| {
            compared.consumed(message)
        });
        let failed = error.is_some();
        let completion = Completion {
            worker,
            error,
            report: Report::Poll(Polled { records }),
        };
        recorder.record(if failed {
            What::Fail(completion)
        } else {
            What::Ok(completion)
        });
        if failed {
            break;
        }
    }
    consumer.retire();
    Ok(())
}

/// What there is to read of a partition, by the word of its leader.
pub struct Span {
    /// Topic name.
    topic: String,
    /// Partition index.
    partition: i32,
    /// The first offset that is kept.
    start: Offset,
    /// The offset after the last record.
    pub end: Offset,
}

impl Span {
    /// Which partition it is.
    pub fn place(&self) -> (&str, i32) {
        (&self.topic, self.partition)
    }
}

/// Where every partition begins and ends. Each node in turn is asked until one answers.
///
/// # Errors
/// If no node reports the end of some partition before the deadline.
pub fn spans(
    addresses: &[SocketAddr],
    partitions: &[(String, i32)],
    recorded: (&Recorder, &WorkerIds),
    deadline: Instant,
) -> Result<Vec<Span>> {
    let mut caller = Caller::new(recorded);
    let mut wires: Vec<Wire> = addresses.iter().map(|a| Wire::new(*a, TIMEOUT)).collect();
    let mut found = Vec::with_capacity(partitions.len());
    for (topic, partition) in partitions {
        let end = loop {
            let ask = |wire: &mut Wire| questions::end_offset(wire, topic, *partition);
            let answers: Vec<_> = wires.iter_mut().map(ask).collect();
            if let Some(end) = answers.iter().flatten().map(|end| end.offset).max() {
                break end;
            }
            if Instant::now() >= deadline {
                let last = answers.into_iter().find_map(Result::err);
                let why = last.map_or_else(String::new, |error| error.to_string());
                anyhow::bail!("no node reported the end of {topic}/{partition}: {why}");
            }
            std::thread::sleep(AGAIN_AFTER);
        };
        // The lowest one that somebody states: what is above may be read, and a refusal says where to go on.
        let mut starts = Vec::with_capacity(wires.len());
        for (at, wire) in wires.iter_mut().enumerate() {
            let place = (topic.as_str(), *partition);
            let asked = start_offset::ask((at + 1, wire), place, Some(PHASE), &mut caller);
            starts.extend(asked);
        }
        found.push(Span {
            topic: topic.clone(),
            partition: *partition,
            start: starts.into_iter().min().unwrap_or(0),
            end,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_begin_where_logs_begin_and_differ_between_nodes() {
        let before = [(("t", 0), 100..9_700), (("u", 3), 0..96)];
        let of = |node| samples(node, &before);
        let (one, two) = (of(1), of(2));
        assert_eq!(one.len(), SAMPLES);
        assert_eq!(one[..2], [(("t", 0), 100), (("u", 3), 0)]);
        assert_eq!((one[2], two[2]), ((("t", 0), 400), (("t", 0), 300)));
        let within = |((topic, _), at): &((&str, i32), Offset)| match *topic {
            "t" => (100..9_700).contains(at),
            _ => (0..96).contains(at),
        };
        assert!(one.iter().chain(&two).all(within));
        assert_eq!(samples(1, &[]), []);
    }

    #[test]
    fn many_partitions_are_read_again_once_each() {
        let names: Vec<String> = (0..200).map(|n| format!("t{n}")).collect();
        let before: Vec<_> = names.iter().map(|n| ((n.as_str(), 0), 0..5)).collect();
        assert_eq!(samples(1, &before).len(), 200);
    }
}
