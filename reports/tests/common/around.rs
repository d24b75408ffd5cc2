//! What ran, and what the nodes wrote, around the lost write of the handmade run; and its comparison.

use checkers::history::Outcome;
use reports::model::*;

use super::series::noise;
use super::verdicts::operations;
use super::{DURATION_MS, ms};

/// The excerpt around the lost write: eight workers, one append or poll at a time.
pub(crate) fn excerpts() -> Vec<Excerpt> {
    let (begin, end) = (33_950, 40_180);
    let mut all: Vec<Operation> = operations();
    all.retain(|o| o.called_ns < ms(end));
    let mut op = 20_000;
    for worker in 1..=8_u64 {
        let mut at = begin + noise(worker) % 90;
        let mut id = worker;
        while at < end {
            let down = at > 37_150 && at < 38_020;
            let length = if down {
                700 + noise(at) % 150
            } else {
                14 + noise(at + worker) % 60
            };
            let busy = |o: &Operation| {
                let overlaps = ms(at) < o.returned_ns.unwrap_or(0) && ms(at + length) > o.called_ns;
                o.worker == id && o.op < 20_000 && overlaps
            };
            if !all.iter().any(busy) {
                all.push(operation(op, id, at, length, down));
            }
            op += 1;
            id += if down { 100 } else { 0 };
            at += length + 6 + noise(at) % 40;
        }
    }
    all.sort_by_key(|o| (o.called_ns, o.op));
    let operations_total = all.len() as u64;
    vec![Excerpt {
        begin_ns: ms(begin),
        end_ns: ms(end),
        operations: all,
        operations_total,
    }]
}

fn operation(op: u64, worker: u64, at: u64, length: u64, down: bool) -> Operation {
    let poll = worker.is_multiple_of(4);
    Operation {
        op,
        worker,
        call: if poll { "poll" } else { "append" }.into(),
        topic: "t0".into(),
        partition: Some((noise(op) % 2) as i32),
        offset: if down {
            String::new()
        } else {
            (4_600 + op - 20_000).to_string()
        },
        value: format!("{worker}-{}", op - 20_000),
        called_ns: ms(at),
        returned_ns: Some(ms(at + length)),
        node: (!down).then(|| "n1".into()),
        outcome: Some(match (down, op.is_multiple_of(3)) {
            (false, _) => Outcome::Ok,
            (true, true) => Outcome::Fail,
            (true, false) => Outcome::Info,
        }),
        error: if down {
            "_MSG_TIMED_OUT".into()
        } else {
            String::new()
        },
    }
}

/// What the nodes wrote then.
pub(crate) fn logs() -> Vec<LogExcerpt> {
    let line = |at: u64, level: LogLevel, text: &str| LogLine {
        at_ns: ms(at),
        level,
        text: text.into(),
    };
    let node = |node: &str, lines: Vec<LogLine>, lines_total: u64| NodeLog {
        node: node.into(),
        path: format!("scenarios/default/nodes/{node}/stderr.log"),
        bytes: (4_096, 9_318),
        clock_offset_ms: Some(0),
        lines,
        lines_total,
    };
    vec![LogExcerpt {
        begin_ns: ms(33_950),
        end_ns: ms(40_180),
        nodes: vec![
            node(
                "n1",
                vec![line(
                    36_990,
                    LogLevel::Other,
                    "INFO broker::raft: commit index=18211 term=4",
                )],
                1,
            ),
            node(
                "n2",
                vec![
                    line(
                        37_640,
                        LogLevel::Warn,
                        "WARN broker::raft: no heartbeat for 412 ms, pre-vote term=5",
                    ),
                    line(
                        38_020,
                        LogLevel::Other,
                        "INFO broker::raft: became leader term=5",
                    ),
                ],
                240,
            ),
            node(
                "n3",
                vec![line(
                    37_660,
                    LogLevel::Error,
                    "ERROR broker::peers: link to n1 down: connection refused",
                )],
                1,
            ),
        ],
    }]
}

/// Against the last qualified release: one finding is new, one ongoing, one resolved; one figure regressed.
pub(crate) fn comparison() -> Comparison {
    let finding = |status, check: &str, kind: &str, runs: (u64, u64)| FindingChange {
        status,
        scenario: "default".into(),
        check: check.into(),
        kind: kind.into(),
        baseline_runs: runs.0,
        runs: runs.1,
    };
    let figure =
        |name: &str, unit: &str, values: (f64, f64), p: Option<f64>, outcome| FigureChange {
            scenario: "default".into(),
            name: name.into(),
            unit: unit.into(),
            baseline: values.0,
            value: values.1,
            baseline_spread: (hundredths(values.0 * 0.8), hundredths(values.0 * 1.1)),
            spread: (hundredths(values.1 * 0.9), hundredths(values.1 * 1.3)),
            limit_percent: 20.0,
            floor: 0.2,
            pairs: if p.is_some() { 14 } else { 6 },
            p,
            outcome,
        };
    Comparison {
        candidate: None,
        earlier: None,
        unlike: vec![],
        baseline: Baseline {
            run: "20261002T071500Z-c0de".into(),
            name: "acme-broker".into(),
            version: "3.1.4".into(),
            accepted: "2026-10-02T08:00:00Z".into(),
            runs: 5,
        },
        runs: 5,
        differences: vec!["Processors: 8 then, 4 now.".into()],
        findings: vec![
            finding(FindingStatus::New, "lost-write", "lost-write", (0, 5)),
            finding(FindingStatus::Ongoing, "availability", "gap", (5, 5)),
            finding(FindingStatus::Resolved, "poll-skip", "poll-skip", (2, 0)),
        ],
        figures_not_compared: String::new(),
        figures: vec![
            figure(
                "append p99",
                "ms",
                (5.7, 7.9),
                Some(0.003),
                FigureOutcome::Regressed,
            ),
            figure(
                "throughput",
                "ops/s",
                (1_012.0, 998.0),
                Some(0.41),
                FigureOutcome::Pass,
            ),
            figure(
                "longest gap",
                "ms",
                (820.0, 860.0),
                None,
                FigureOutcome::NotEnoughData,
            ),
        ],
    }
}

/// Summaries of 24 runs of two builds, one of which was cut off.
pub(crate) fn summaries() -> Vec<RunSummary> {
    let newest = RunSummary::of(&super::report());
    let older = |n: u64| {
        let mut run = newest.clone();
        run.id = format!("202611{:02}T084021Z-{n:x}", 1 + n % 22);
        run.started = format!("2026-11-{:02}T08:40:{:02}Z", 1 + n % 22, n);
        run.suite = if n.is_multiple_of(3) {
            String::new()
        } else {
            "qualification".into()
        };
        run.version = format!("3.{}.0", n / 6);
        run.validity = Some(match n % 5 {
            0 => checkers::verdict::Validity::Undecided,
            1 => checkers::verdict::Validity::Invalid,
            _ => checkers::verdict::Validity::Valid,
        });
        run.scenarios_invalid = u64::from(n % 5 == 1);
        run.scenarios_undecided = u64::from(n.is_multiple_of(5));
        run.scenarios_valid = 11;
        run.longest_gap_ms = Some(700 + noise(n) % 900);
        run.append_p99_us = Some(5_000 + noise(n) % 3_000);
        run.duration_ms = DURATION_MS;
        run.baseline = n == 7;
        run.files = vec!["results.json".into(), "junit.xml".into()];
        run
    };
    let mut runs: Vec<RunSummary> = (0..22).map(older).collect();
    runs.push(newest);
    runs.push(RunSummary::without_results("20261123T090000Z-dead"));
    runs
}

/// So that a figure is the same after a journey through text.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
