//! Drawn runs with what later harnesses record: brokers and voters, nodes and epochs of end offsets, producers with
//! several appends on their way, comparisons of contents, served records of the produce probe.

use checkers::history::{
    Call, Event, History, Observation, ReplicaClaim, Report, Seen, Sending, TopicIdentity, What,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The same run, with drawn additions.
pub(crate) fn dressed(history: &History, seed: u64) -> History {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0xd2e5);
    let mut header = history.header().clone();
    header.promises.end_offset_includes_acknowledged = random.random_bool(0.5);
    let pipelined = random.random_bool(0.5);
    let retries = random.random_bool(0.2);
    let mut events: Vec<Event> = Vec::new();
    let mut sequence = 0;
    for event in history.events() {
        let mut event = event.clone();
        let mut more: Vec<Observation> = Vec::new();
        match &mut event.what {
            What::Invoke(invocation) => match &mut invocation.call {
                Call::Append(append) if pipelined => {
                    append.sending = Some(Box::new(Sending {
                        producer: invocation.worker,
                        in_flight: 5,
                        retries,
                        timestamps: Vec::new(),
                    }));
                }
                Call::EndOffset(end) => {
                    end.node = Some(format!("n{}", random.random_range(1..=3)).into());
                }
                _ => {}
            },
            What::Ok(completion) => {
                if let Report::EndOffset(seen) = &mut completion.report {
                    let late = i32::from(random.random_bool(0.05));
                    seen.epoch = Some((event.t / 3_000_000_000) as i32 + late);
                }
            }
            What::Observation(observed) => match &mut observed.seen {
                Seen::Metadata { brokers, .. } => {
                    brokers.extend(1..=3);
                    if random.random_bool(0.002) {
                        brokers.pop();
                    }
                }
                Seen::Quorum { voters, .. } => {
                    voters.extend(1..=3);
                    more.push(replicas(observed, &mut random));
                }
                Seen::Produce {
                    sequence: number,
                    appended_ago_ms,
                } => {
                    *number = sequence;
                    let late = random.random_bool(0.002);
                    *appended_ago_ms = Some(if late { -5_000 } else { 0 });
                    sequence += 1;
                    if observed.answered {
                        let nodes = (1..=3).filter(|_| random.random_bool(0.999));
                        more.extend(nodes.map(|node| delivery(node, event.t, *number)));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        if more.is_empty() && random.random_bool(0.05) {
            let (compared, altered) = (random.random_range(1..9), Vec::new());
            more.push(seen(0, event.t, Seen::Content { compared, altered }));
        }
        let t = event.t;
        events.push(event);
        events.extend(more.into_iter().map(|observed| Event {
            i: 0,
            t,
            what: What::Observation(Box::new(observed)),
        }));
    }
    for (number, event) in events.iter_mut().enumerate() {
        event.i = number as u64;
    }
    History::new(header, events)
}

/// Where the probe's partition is, by a node that was just asked for the quorum. Now and then something is wrong.
fn replicas(observed: &Observation, random: &mut ChaCha8Rng) -> Observation {
    let mut in_sync = vec![1, 2, 3];
    if random.random_bool(0.02) {
        in_sync.pop();
    }
    let id = if random.random_bool(0.001) { "y" } else { "x" };
    Observation {
        seen: Seen::Replicas {
            cluster: "c".into(),
            topics: vec![TopicIdentity("t".into(), id.into())],
            partitions: vec![ReplicaClaim("t".into(), 0, 1, vec![1, 2, 3], in_sync)],
        },
        ..observed.clone()
    }
}

fn delivery(node: u32, at: u64, sequence: u64) -> Observation {
    let sequences = vec![sequence];
    seen(node, at, Seen::Delivery { sequences })
}

fn seen(node: u32, called: u64, seen: Seen) -> Observation {
    let node = match node {
        0 => String::new(),
        node => format!("n{node}"),
    };
    Observation {
        called,
        node: node.into(),
        answered: true,
        error: None,
        seen,
    }
}
