//! Legal runs: a log for each partition, several workers on it, faults, and a cluster that changes its leader when the
//! leader is paused. Kept as parts, so that a test can change one of them, and told in the notation.

pub(crate) mod mutations;
mod parts;
mod probes;

use std::fmt::Write as _;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

pub(crate) use parts::{Append, End, Probe, Read, Says};

/// Partitions of topic `t`.
pub(crate) const PARTITIONS: usize = 2;
/// Nodes.
pub(crate) const NODES: usize = 3;
/// The load begins, in milliseconds.
pub(crate) const LOAD: u64 = 1_000;
/// The load ends.
pub(crate) const LOAD_END: u64 = 12_000;
/// The worker that asks for end offsets and polls the record before each.
pub(crate) const READER: u64 = 8;
/// The last thing that happens.
pub(crate) const END: u64 = 14_000;

/// A run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// Whether no fault runs, so that the first leader stays.
    pub(crate) quiet: bool,
    /// Settings, phases, faults, processes: lines as they are.
    pub(crate) lines: Vec<String>,
    pub(crate) appends: Vec<Append>,
    pub(crate) polls: Vec<Read>,
    pub(crate) reads: Vec<Read>,
    pub(crate) ends: Vec<End>,
    pub(crate) says: Vec<Says>,
    pub(crate) probes: Vec<Probe>,
}

/// Leaders over time: from when, node, epoch. A leader is paused at 2 s and at 5 s, for long enough to be missed.
const REIGNS: [(u64, usize, i32); 3] = [(0, 1, 1), (2_400, 2, 2), (5_400, 3, 3)];
const PAUSES: [(u64, u64, usize); 2] = [(2_000, 4_500, 1), (5_000, 7_500, 2)];

impl Run {
    fn leader(&self, at: u64) -> (usize, i32) {
        let at = if self.quiet { 0 } else { at };
        let reign = REIGNS.iter().rev().find(|(from, ..)| *from <= at);
        reign.map_or((1, 1), |(_, node, epoch)| (*node, *epoch))
    }

    /// No leader serves from the begin of a pause until its successor is elected.
    fn stalled(&self, at: u64) -> Option<u64> {
        [(2_000, 2_400), (5_000, 5_400)]
            .into_iter()
            .find(|(from, to)| !self.quiet && (*from..*to).contains(&at))
            .map(|(_, to)| to)
    }

    /// When each node is paused.
    fn pauses(&self) -> &'static [(u64, u64, usize)] {
        if self.quiet { &[] } else { &PAUSES }
    }

    /// A legal run. The same seed gives the same run.
    pub(crate) fn draw(random: &mut ChaCha8Rng) -> Run {
        Run::drawn(random, false)
    }

    /// The same, with or without faults.
    pub(crate) fn drawn(random: &mut ChaCha8Rng, quiet: bool) -> Run {
        let mut run = Run {
            quiet,
            ..Run::default()
        };
        run.lines
            .push("promise end_offset_includes_acknowledged=true".into());
        run.lines
            .extend((1..=NODES).map(|node| format!("{node} n{node} started")));
        run.lines.push(format!(
            "{LOAD} phase load\n{LOAD_END} phase recovery\n{END} phase done"
        ));
        run.lines.extend((1..=NODES).map(|node| {
            format!(
                "every 1000 {LOAD}..{END} +3 n{node} replicas cluster=c id=t:x t/0=1:1,2,3:1,2,3"
            )
        }));
        run.lines.extend((1..=NODES).map(|node| {
            format!("every 1000 {LOAD}..{END} +3 n{node} features metadata.version=30")
        }));
        for (from, to, node) in run.pauses() {
            run.lines.push(format!(
                "{from}..{to} fault k{node} pause n{node} role=leader affects"
            ));
        }
        if !quiet {
            run.lines.push(
                "8000..8200 fault k9 isolate n1 n1>n2 n1>n3 n2>n1 n3>n1 role=follower".into(),
            );
        }
        let logs = run.work(random);
        run.final_reads(random, &logs);
        run.observe(random);
        run
    }

    /// Workers on the logs: each operation acts at one moment within its interval.
    fn work(&mut self, random: &mut ChaCha8Rng) -> Vec<Vec<String>> {
        let mut points: Vec<(u64, u64, u64, u64)> = Vec::new();
        for slot in 0..=READER {
            let mut called = LOAD + random.random_range(1..30);
            while called < LOAD_END - 600 {
                let point = called + random.random_range(1..15);
                let point = self
                    .stalled(point)
                    .map_or(point, |to| to + random.random_range(1..20));
                let returned = point + random.random_range(1..15);
                points.push((point, called, returned, slot));
                // A reader of last records polls before it asks again.
                let least = if slot == READER { 5 } else { 1 };
                called = returned + random.random_range(least..40);
            }
        }
        points.sort_unstable();
        let mut logs: Vec<Vec<String>> = vec![Vec::new(); PARTITIONS];
        let mut worker: Vec<u64> = (0..=READER).collect();
        let mut fresh = 100;
        let mut position = [[0_i64; PARTITIONS]; 8];
        let mut count = 0;
        for (_, called, returned, slot) in points {
            let partition = random.random_range(0..PARTITIONS);
            let log = &mut logs[partition];
            let id = worker[slot as usize];
            match slot {
                0..=4 => {
                    let values: Vec<String> = (0..random.random_range(1..=3))
                        .map(|n| format!("v{}", count + n))
                        .collect();
                    count += values.len();
                    // Hardly any append fails where nothing is faulty.
                    let fate = random.random_range(0..60);
                    let mut came = Vec::new();
                    for value in &values {
                        came.push(match fate {
                            0 => "x".to_owned(),
                            1 | 2 => "?".to_owned(),
                            _ => log.len().to_string(),
                        });
                        if fate > 1 {
                            log.push(value.clone());
                        }
                    }
                    if fate == 1 || fate == 2 {
                        fresh += 1;
                        worker[slot as usize] = fresh;
                    }
                    let append = Append {
                        called,
                        returned,
                        worker: id,
                        partition,
                        values,
                        came,
                    };
                    self.appends.push(append);
                }
                5 | 6 => {
                    let at = &mut position[slot as usize][partition];
                    if random.random_ratio(1, 30) {
                        fresh += 1;
                        worker[slot as usize] = fresh;
                        *at = (*at - 20).max(0);
                    }
                    let id = worker[slot as usize];
                    let to = (*at + random.random_range(0..40)).min(log.len() as i64);
                    let records = records(log, *at, to);
                    let (position, next, node) = (*at, to, None);
                    *at = to;
                    self.polls.push(Read {
                        called,
                        returned,
                        worker: id,
                        node,
                        partition,
                        position,
                        records,
                        next,
                        start: None,
                    });
                }
                _ => {
                    let (offset, node) = (log.len() as i64, random.random_range(1..=NODES));
                    if slot == READER && offset > 0 {
                        self.polls.push(Read {
                            called: returned + 1,
                            returned: returned + 2,
                            worker: id,
                            node: None,
                            partition,
                            position: offset - 1,
                            records: records(log, offset - 1, offset),
                            next: offset,
                            start: None,
                        });
                    }
                    self.ends.push(End {
                        called,
                        returned,
                        worker: id,
                        partition,
                        node,
                        offset,
                    });
                }
            }
        }
        logs
    }

    fn final_reads(&mut self, random: &mut ChaCha8Rng, logs: &[Vec<String>]) {
        for node in 1..=NODES {
            let mut called = LOAD_END + 1_000;
            for (partition, log) in logs.iter().enumerate() {
                let mut position = 0;
                while position < log.len() as i64 {
                    let next = (position + random.random_range(50..300)).min(log.len() as i64);
                    self.reads.push(Read {
                        called,
                        returned: called + 5,
                        worker: 50 + node as u64,
                        node: Some(node),
                        partition,
                        position,
                        records: records(log, position, next),
                        next,
                        start: None,
                    });
                    position = next;
                    called += 6;
                }
            }
        }
    }

    /// The run in the notation.
    pub(crate) fn text(&self) -> String {
        let mut text = self.lines.join("\n") + "\n";
        for append in &self.appends {
            let Append {
                called,
                returned,
                worker,
                partition,
                values,
                came,
            } = append;
            let (values, came) = (values.join(" "), came.join(" "));
            let _ = writeln!(
                text,
                "{called}..{returned} w{worker} append t/{partition} {values} -> {came}"
            );
        }
        for read in self.polls.iter().chain(&self.reads) {
            let Read {
                called,
                returned,
                worker,
                partition,
                position,
                next,
                ..
            } = read;
            let records: Vec<String> = read
                .records
                .iter()
                .map(|(offset, value)| format!("{value}@{offset}"))
                .collect();
            let records = records.join(" ");
            let _ = match read.node {
                None => writeln!(
                    text,
                    "{called}..{returned} w{worker} poll t/{partition}@{position} -> {records}"
                ),
                Some(node) => writeln!(
                    text,
                    "{called}..{returned} w{worker} read n{node} t/{partition}@{position} phase=final -> \
                     {records} next={next}{}",
                    read.start
                        .map_or_else(String::new, |at| format!(" start={at}"))
                ),
            };
        }
        for end in &self.ends {
            let End {
                called,
                returned,
                worker,
                partition,
                node,
                offset,
            } = end;
            let _ = writeln!(
                text,
                "{called}..{returned} w{worker} end t/{partition} n{node} -> {offset}"
            );
        }
        for Says {
            called,
            node,
            quorum,
            says,
        } in &self.says
        {
            let returned = called + 5;
            let name = |id: usize| {
                if id == 0 {
                    "-".to_owned()
                } else {
                    format!("n{id}")
                }
            };
            let _ = match (says, quorum) {
                (None, true) => Ok(()),
                (None, false) => writeln!(text, "{called}..{} n{node} silent", called + 100),
                (Some((id, epoch)), true) => {
                    writeln!(
                        text,
                        "{called}..{returned} n{node} quorum {}/{epoch}",
                        name(*id)
                    )
                }
                (Some((id, epoch)), false) => {
                    let claim = format!("{}/{epoch}", name(*id));
                    writeln!(
                        text,
                        "{called}..{returned} n{node} says t/0={claim} t/1={claim}"
                    )
                }
            };
        }
        for Probe {
            called,
            acknowledged,
        } in &self.probes
        {
            let lost = if *acknowledged { "" } else { " lost" };
            let _ = writeln!(text, "{called}..{} probe{lost}", called + 5);
        }
        text
    }
}

fn records(log: &[String], from: i64, to: i64) -> Vec<(i64, String)> {
    let at = |offset: i64| {
        (
            offset,
            log[usize::try_from(offset).expect("an offset")].clone(),
        )
    };
    (from..to).map(at).collect()
}
