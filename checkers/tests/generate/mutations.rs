//! One change to a legal run for each check, which that check has to find.

use super::parts::said;
use super::{Append, LOAD_END, NODES, PARTITIONS, READER, Read, Run};

/// A change, the check that must call it invalid, and those that may.
pub(crate) struct Mutation {
    pub(crate) check: &'static str,
    pub(crate) also: &'static [&'static str],
    pub(crate) apply: fn(&mut Run),
}

const fn mutation(
    check: &'static str,
    also: &'static [&'static str],
    apply: fn(&mut Run),
) -> Mutation {
    Mutation { check, also, apply }
}

/// The load goes on for two seconds after the last fault's effects: limits that such a time can exceed.
const STRICT: &str = "limit gap_outside_faults_ms=200 gap_unaffected_ms=200";

/// What sees that two records changed places.
const ORDER: &[&str] = &["log-order", "log-recency", "linearizable-register"];

/// All of them.
pub(crate) const ALL: &[Mutation] = &[
    // A record is sent again much later than it was read.
    mutation(
        "log-order",
        &["send-order", "linearizable-register"],
        |run| {
            let at = acknowledged(run);
            let append = &mut run.appends[at];
            (append.called, append.returned) = (LOAD_END - 20, LOAD_END - 10);
            append.worker = 77;
        },
    ),
    mutation("log-recency", &[], |run| {
        let at = run.ends.len() - 1;
        run.ends[at].offset -= 9;
    }),
    // The last reader of a last record is given a much older one.
    mutation("linearizable-register", &["log-recency"], |run| {
        let of_reader = |poll: &Read| poll.worker == READER;
        let at = run.polls.iter().rposition(of_reader).expect("a reader");
        let (partition, position) = (run.polls[at].partition, run.polls[at].position - 60);
        let value = value_at(run, partition, position);
        run.polls[at].position = position;
        run.polls[at].records = vec![(position, value)];
        let before = run.polls[at].called;
        let ends = run.ends.iter_mut().rev();
        let mut ends = ends.filter(|end| end.worker == READER && end.returned < before);
        ends.next().expect("an end offset").offset = position + 1;
    }),
    // Nobody is given it.
    mutation("lost-write", &["unseen"], |run| {
        let (partition, offset, _) = record(run);
        forget(
            run.polls.iter_mut().chain(&mut run.reads),
            partition,
            offset,
        );
    }),
    mutation("duplicate", &[], |run| {
        let (partition, _, value) = record(run);
        for node in 1..=NODES {
            let ended = run.reads.iter_mut().rev();
            let mut ended = ended.filter(|r| r.node == Some(node) && r.partition == partition);
            let read = ended.next().expect("a final read");
            read.records.push((read.next, value.clone()));
            read.next += 1;
        }
    }),
    mutation("inconsistent-offset", &["lost-write"], |run| {
        run.lines
            .push("1100..1200 w78 append t/0 other -> ?".to_owned());
        run.lines
            .push("1100..1200 w79 append t/1 other -> ?".to_owned());
        "other".clone_into(&mut some_polled(run).1);
    }),
    mutation("phantom-value", &["inconsistent-offset"], |run| {
        "ghost".clone_into(&mut some_polled(run).1);
    }),
    mutation("failed-write-seen", &["linearizable-register"], |run| {
        let at = acknowledged(run);
        run.appends[at].came.fill("x".to_owned());
    }),
    mutation("outcome-contradiction", &[], |run| {
        let at = acknowledged(run);
        run.appends[at].came.fill("-1".to_owned());
    }),
    mutation("poll-skip", &[], |run| {
        drop(many_polled(run).records.remove(1))
    }),
    mutation("nonmonotonic-poll", &[], |run| {
        let poll = many_polled(run);
        poll.records.insert(1, poll.records[0].clone());
    }),
    // Two records of one worker change places, for every reader.
    mutation("send-order", ORDER, |run| {
        let (partition, (a, b)) = two_of_one_worker(run);
        let (first, second) = (value_at(run, partition, a), value_at(run, partition, b));
        let moved = |offset: i64| match offset {
            _ if offset == a => b,
            _ if offset == b => a,
            other => other,
        };
        for append in run.appends.iter_mut().filter(|a| a.partition == partition) {
            for word in &mut append.came {
                if let Ok(offset) = word.parse() {
                    *word = moved(offset).to_string();
                }
            }
        }
        for read in run.polls.iter_mut().chain(&mut run.reads) {
            for (offset, value) in read
                .records
                .iter_mut()
                .filter(|_| read.partition == partition)
            {
                if *offset == a {
                    value.clone_from(&second);
                } else if *offset == b {
                    value.clone_from(&first);
                }
            }
        }
    }),
    mutation("replicas-agree", &["unseen"], |run| {
        let (partition, offset, _) = record(run);
        forget(
            run.reads.iter_mut().filter(|r| r.node == Some(2)),
            partition,
            offset,
        );
    }),
    mutation("unseen", &["replicas-agree"], |run| {
        let (partition, offset, _) = record(run);
        forget(
            run.reads.iter_mut().filter(|r| r.node != Some(2)),
            partition,
            offset,
        );
    }),
    mutation("read-contradiction", &[], |run| {
        let long = |read: &&mut Read| read.records.len() > 3;
        let read = run.reads.iter_mut().find(long).expect("a long final read");
        read.records.swap(1, 2);
    }),
    mutation("one-leader-per-epoch", &[], |run| {
        said(run, 1, false, 7_000..7_100).for_each(|says| *says = (1, 3));
    }),
    mutation("epochs-go-forward", &[], |run| {
        said(run, 1, true, 7_000..7_100).for_each(|says| *says = (2, 2));
    }),
    mutation("formation", &[], |run| {
        run.lines.push("limit formation_ms=1".to_owned())
    }),
    mutation(
        "unexplained-election",
        &["terms-burned", "availability"],
        |run| {
            run.lines
                .iter_mut()
                .for_each(|line| *line = line.replace(" affects", ""));
        },
    ),
    mutation("terms-burned", &[], |run| {
        for node in 1..=NODES {
            said(run, node, true, 5_000..99_000)
                .filter(|s| s.1 == 3)
                .for_each(|s| s.1 = 13);
        }
    }),
    mutation("stale-leader", &["disagreement"], |run| {
        said(run, 1, false, 4_500..7_600).for_each(|says| *says = (1, 1));
    }),
    mutation("disagreement", &[], |run| {
        said(run, 1, false, 10_300..LOAD_END + 500).for_each(|says| says.0 = 0);
    }),
    mutation("recovery", &["served-after-heal"], |run| {
        run.lines
            .push("limit recovery_ms=1\npromise bounds_its_connections=true".to_owned());
    }),
    mutation("node-responds", &[], |run| {
        let silent = |says: &&mut super::Says| says.node == 3;
        let says = run.says.iter_mut().filter(silent);
        says.filter(|s| (10_000..11_900).contains(&s.called))
            .for_each(|s| s.says = None);
    }),
    mutation("replicas-in-sync", &[], |run| {
        run.lines
            .iter_mut()
            .filter(|line| line.contains("n2 replicas"))
            .for_each(|line| *line = line.replace(":1,2,3:1,2,3", ":1,2,3:1,3"));
        run.lines.push("limit in_sync_ms=1000".to_owned());
    }),
    mutation("cluster-shape", &[], |run| {
        run.lines
            .push("9000..9001 n3 replicas cluster=d".to_owned())
    }),
    mutation("finalized-features", &[], |run| {
        (1..=NODES).for_each(|n| run.lines.push(format!("9000..9001 n{n} features x=1")));
    }),
    mutation("one-leader-per-epoch", &[], |run| {
        let (n, epoch) = (run.leader(9_000).0 % NODES + 1, run.leader(9_000).1);
        run.lines
            .push(format!("9000..9005 n{n} controls n{n}/{epoch}"));
    }),
    mutation("unprovoked-exit", &[], |run| {
        run.lines.push("13900 n2 died".to_owned())
    }),
    // Syncs of all nodes are late, and records are acknowledged as before.
    mutation("synced-before-acknowledged", &[], |run| {
        run.lines
            .push("promise acknowledged_is_synced=true".to_owned());
        run.lines
            .push("9000..9500 fault k8 slow-sync n1 n2 n3 disk=slow-sync/400 role=all".to_owned());
    }),
    mutation("stops-on-failed-disk", &[], |run| {
        run.lines
            .push("promise stops_on_failed_sync=true".to_owned());
        run.lines.push(
            "9000..9500 fault k8 failing-sync n3 disk=failing-sync failed=2 role=follower"
                .to_owned(),
        );
    }),
    mutation("availability", &[], |run| {
        let lost = run
            .probes
            .iter_mut()
            .filter(|p| (10_000..11_500).contains(&p.called));
        lost.for_each(|probe| probe.acknowledged = false);
    }),
    // One partition refuses what the probe's own topic accepts.
    mutation(
        "append-liveness",
        &["served-after-heal", "linearizable-register"],
        |run| {
            run.lines.push(STRICT.to_owned());
            refuse(run, 1, 8_500..LOAD_END);
        },
    ),
    // One append in five is acknowledged: no wait is long.
    mutation("append-liveness", &["linearizable-register"], |run| {
        let all = run.appends.iter_mut().filter(|a| a.partition == 1);
        for (at, append) in all.enumerate().filter(|(at, _)| at % 5 != 0) {
            append.came.fill("?".to_owned());
            append.worker = 50_000 + at as u64;
        }
    }),
    // Consumers come away empty for as long as they poll.
    mutation("read-liveness", &[], |run| {
        run.lines.push(STRICT.to_owned());
        let mut stands = None;
        let polls = run.polls.iter_mut().filter(|poll| poll.partition == 0);
        for poll in polls.filter(|poll| poll.called >= 8_500) {
            poll.records.clear();
            poll.position = *stands.get_or_insert(poll.position);
        }
    }),
    // Nobody says where a partition ends.
    mutation("request-liveness", &[], |run| {
        let ends = run.ends.iter().filter(|end| end.partition == 0);
        let lines: Vec<String> = ends
            .filter(|end| end.called >= 8_500)
            .map(|end| {
                format!(
                    "{}..{} w{} end t/0 n{} -> fail UNKNOWN_SERVER_ERROR",
                    end.called, end.returned, end.worker, end.node
                )
            })
            .collect();
        run.ends
            .retain(|end| end.partition != 0 || end.called < 8_500);
        run.lines.push(STRICT.to_owned());
        run.lines.extend(lines);
    }),
    mutation("log-start", &["lost-write"], |run| {
        let reads = run.reads.iter_mut().filter(|read| read.partition == 0);
        reads.for_each(|read| read.start = Some(40));
    }),
    mutation("offsets-served", &[], |run| {
        run.lines
            .push("11000..11010 w400 poll t/0@3 -> fail OFFSET_OUT_OF_RANGE".to_owned());
    }),
    // The first pause is survived by the leader: nobody takes over, and nothing is acknowledged until it goes on.
    mutation(
        "fail-over",
        &[
            "availability",
            "append-liveness",
            "read-liveness",
            "request-liveness",
            "unexplained-election",
            "linearizable-register",
        ],
        |run| {
            for node in 2..=NODES {
                for quorum in [false, true] {
                    said(run, node, quorum, 2_000..4_510).for_each(|says| *says = (1, 1));
                }
            }
            let waits = |called: u64| (2_000..4_500).contains(&called);
            run.probes
                .iter_mut()
                .filter(|probe| waits(probe.called))
                .for_each(|probe| probe.acknowledged = false);
            // The time-out is short enough that one such fault proves it.
            run.lines.push("limit election_timeout_ms=400".to_owned());
            for partition in 0..PARTITIONS {
                refuse(run, partition, 2_000..4_500);
            }
        },
    ),
    mutation("served-after-heal", &["availability"], |run| {
        let lost = run.probes.iter_mut().filter(|p| p.called >= 8_200);
        lost.for_each(|probe| probe.acknowledged = false);
    }),
];

/// A partition refuses every append in a time. Those records were never written, so nobody reads them.
fn refuse(run: &mut Run, partition: usize, time: std::ops::Range<u64>) {
    let appends = run.appends.iter_mut().filter(|a| a.partition == partition);
    let refused = appends.filter(|append| time.contains(&append.called));
    for append in refused {
        append.came.fill("?".to_owned());
        append.worker += 100_000 + append.called * 1_000;
    }
}

/// An acknowledged append in the middle of the run, not the last of its worker.
fn acknowledged(run: &Run) -> usize {
    let half = run.appends.len() / 2;
    let ok = |append: &Append| append.came[0].parse::<i64>().is_ok();
    (half..run.appends.len())
        .find(|at| ok(&run.appends[*at]))
        .expect("an acknowledged append")
}

/// A record of it: partition, offset, value.
fn record(run: &Run) -> (usize, i64, String) {
    let append = &run.appends[acknowledged(run)];
    (
        append.partition,
        append.came[0].parse().expect("an offset"),
        append.values[0].clone(),
    )
}

fn forget<'r>(reads: impl Iterator<Item = &'r mut Read>, partition: usize, offset: i64) {
    for read in reads.filter(|read| read.partition == partition) {
        read.records.retain(|(at, _)| *at != offset);
    }
}

/// A poll of several records in the middle of the run.
fn many_polled(run: &mut Run) -> &mut Read {
    let half = run.polls.len() / 2;
    run.polls[half..]
        .iter_mut()
        .find(|poll| poll.records.len() > 3)
        .expect("a poll of several")
}

fn some_polled(run: &mut Run) -> &mut (i64, String) {
    &mut many_polled(run).records[1]
}

/// Offsets of two records that one worker had acknowledged one after the other in one partition.
fn two_of_one_worker(run: &Run) -> (usize, (i64, i64)) {
    let ok = |append: &&Append| append.came[0].parse::<i64>().is_ok();
    let appends: Vec<&Append> = run.appends.iter().filter(ok).collect();
    let pair = appends
        .iter()
        .enumerate()
        .skip(appends.len() / 2)
        .find_map(|(at, first)| {
            let later = appends[at + 1..]
                .iter()
                .find(|later| later.worker == first.worker)?;
            (later.partition == first.partition).then_some((*first, *later))
        });
    let (first, later) = pair.expect("two appends of one worker");
    let offset = |append: &Append| append.came[0].parse().expect("an offset");
    (first.partition, (offset(first), offset(later)))
}

/// The value of the record at an offset.
fn value_at(run: &Run, partition: usize, wanted: i64) -> String {
    let mut records = run
        .reads
        .iter()
        .filter(|r| r.partition == partition)
        .flat_map(|r| &r.records);
    let found = records.find(|(offset, _)| *offset == wanted);
    found.expect("a final read of it").1.clone()
}
