//! A run made by hand: 60 s, three nodes, ten faults, one lost write, a slow fail-over, one undecided check.
//!
//! Everything is computed from small integers, so that it is the same on every machine.

use checkers::history::{Limits, Outcome, Phase, Promises};
use checkers::judgement::{Election, Explanation, Gap, Judgement, LeadSpan, NodeLane, Seat, Span};
use checkers::verdict::{
    Anomaly, Belief, Class, Doubt, Evidence, Finding, GapScope, LossProof, Unit, Verdict,
};
use reports::model::*;

/// Nanoseconds of a moment given in milliseconds.
pub const fn ms(ms: u64) -> u64 {
    ms * 1_000_000
}

/// The length of the scenario.
pub const DURATION_MS: u64 = 62_000;

/// The whole report.
pub fn report() -> RunReport {
    RunReport {
        tool: Tool {
            name: "jepsen".into(),
            version: "0.1.0".into(),
            commit: "abc1234".into(),
            dirty: false,
        },
        run: Run {
            id: "20261123T084021Z-5eed".into(),
            suite: String::new(),
            seed: "0x5eed".into(),
            started: "2026-11-23T08:40:21Z".into(),
            duration_ms: DURATION_MS,
            interrupted: false,
            reproduce: "cargo run --release --bin jepsen -- run default --seed 0x5eed".into(),
            recheck: "cargo run --release --bin jepsen -- check runs/20261123T084021Z-5eed".into(),
            directory: "runs/20261123T084021Z-5eed".into(),
        },
        subject: Subject {
            name: "acme-broker".into(),
            version: "3.2.0-rc1".into(),
            binary_sha256: Some("9f2c".repeat(16)),
            nodes: 3,
        },
        scenarios: vec![scenario("default")],
        faults_unavailable: vec![Unavailable {
            class: "clock".into(),
            why: "libfaketime was not found; see jepsen doctor".into(),
        }],
        environment: environment(),
        not_tested: vec![
            "Loss of unsynced data (power failure): processes are killed, the machine is not."
                .into(),
            "Disks that are slow, full or wrong.".into(),
            "Consumer groups and transactions.".into(),
        ],
        warnings: vec![],
        exit_code: 1,
    }
}

/// The machine.
pub fn environment() -> Environment {
    let node = |n: u32| NodeSetup {
        name: format!("n{n}"),
        address: format!("10.77.0.{n}:9092"),
        command: format!("jepsen broker --config nodes/n{n}/broker.toml"),
        config: format!("node = {n}\nlisten = \"10.77.0.{n}:9092\"\nelection_ms = [300, 600]\n"),
    };
    let setting = |(name, value): (&str, &str)| Setting {
        name: name.into(),
        value: value.into(),
    };
    Environment {
        kernel: "Linux 6.1.0-28-amd64 x86_64".into(),
        cpus: 4,
        cpu_model: "AMD EPYC 7B13".into(),
        memory_bytes: 16 << 30,
        data_filesystem: Filesystem {
            kind: "ext4".into(),
            figures_apply: true,
        },
        network: "sandbox (private network, one namespace per node; cuts are packet cuts)".into(),
        librdkafka: "2.12.1".into(),
        nodes: (1..=3).map(node).collect(),
        client: [
            ("acks", "all"),
            ("enable.idempotence", "false"),
            ("message.send.max.retries", "0"),
            ("message.timeout.ms", "2000"),
            ("socket.timeout.ms", "1000"),
            ("isolation.level", "read_uncommitted"),
            ("auto.offset.reset", "error"),
        ]
        .map(setting)
        .into(),
    }
}

/// One scenario of that name.
pub fn scenario(name: &str) -> ScenarioReport {
    ScenarioReport {
        name: name.into(),
        seed: "0x5eed".into(),
        description: "Appends to two partitions while nodes are cut off, paused and killed.".into(),
        duration_ms: DURATION_MS,
        ops: OpsCount {
            ok: 54_812,
            fail: 61,
            info: 204,
        },
        judgement: Judgement {
            verdicts: verdicts(),
            elections: elections(),
            gaps: gaps(),
            windows: vec![],
            lanes: lanes(),
        },
        promises: Promises::default(),
        limits: Limits::default(),
        phases: [
            (Phase::Formation, 0),
            (Phase::Load, 1_400),
            (Phase::Recovery, 56_000),
            (Phase::Final, 57_240),
            (Phase::Done, 61_500),
        ]
        .map(|(phase, at)| PhaseMark {
            phase,
            at_ns: ms(at),
        })
        .into(),
        faults: faults(),
        series: series(),
        operations: operations(),
        files: vec![
            File {
                name: "history.jsonl.zst".into(),
                path: "scenarios/default/history.jsonl.zst".into(),
                bytes: 3_412_881,
                sha256: Some("07ab".repeat(16)),
            },
            File {
                name: "nodes/n1/stdout.log".into(),
                path: "scenarios/default/nodes/n1/stdout.log".into(),
                bytes: 18_204,
                sha256: None,
            },
        ],
    }
}

/// Id, class, kind, target, role, begin, length, whether the leader is affected.
type FaultLine = (
    &'static str,
    FaultClass,
    &'static str,
    u32,
    &'static str,
    u64,
    u64,
    bool,
);

const FAULTS: [FaultLine; 10] = [
    (
        "k1",
        FaultClass::Network,
        "isolate",
        1,
        "leader",
        5_000,
        3_000,
        true,
    ),
    (
        "k2",
        FaultClass::Process,
        "pause",
        3,
        "follower",
        10_400,
        2_500,
        false,
    ),
    (
        "k3",
        FaultClass::Process,
        "kill",
        2,
        "leader",
        15_100,
        2_800,
        true,
    ),
    (
        "k4",
        FaultClass::Network,
        "cut-one-way",
        2,
        "follower",
        20_700,
        3_300,
        false,
    ),
    (
        "k5",
        FaultClass::Process,
        "pause",
        3,
        "leader",
        26_000,
        3_600,
        true,
    ),
    (
        "k6",
        FaultClass::Network,
        "isolate",
        3,
        "follower",
        32_000,
        2_600,
        false,
    ),
    (
        "k7",
        FaultClass::Process,
        "kill",
        1,
        "leader",
        37_200,
        2_200,
        true,
    ),
    (
        "k8",
        FaultClass::Network,
        "isolate",
        2,
        "leader",
        42_000,
        3_000,
        true,
    ),
    (
        "k9",
        FaultClass::Process,
        "pause",
        1,
        "follower",
        47_400,
        2_000,
        false,
    ),
    (
        "k10",
        FaultClass::Network,
        "isolate",
        1,
        "leader",
        51_500,
        3_400,
        true,
    ),
];

fn faults() -> Vec<FaultWindow> {
    let window = |&(id, class, kind, node, role, begin, length, leader): &FaultLine| {
        let other = |n: u32| (format!("n{node}"), format!("n{n}"));
        let others = (1..=3).filter(|n| *n != node);
        FaultWindow {
            id: id.into(),
            kind: kind.into(),
            class,
            targets: vec![format!("n{node}")],
            links: if class == FaultClass::Network {
                others.map(other).collect()
            } else {
                vec![]
            },
            role: role.into(),
            role_held: true,
            affects_leader: leader,
            called_ns: ms(begin - 8),
            begin_ns: ms(begin),
            end_ns: Some(ms(begin + length)),
            state: if id == "k4" {
                WindowState::Failed
            } else {
                WindowState::TookEffect
            },
            evidence: match class {
                FaultClass::Network => "probe datagram did not arrive within 50 ms".into(),
                _ if kind == "kill" => "reaped: signal 9".into(),
                _ => "state T of all threads".into(),
            },
        }
    };
    FAULTS.iter().map(window).collect()
}

/// Node, from, to, epoch.
const LEADERS: [(usize, u64, u64, i32); 9] = [
    (1, 900, 5_900, 1),
    (2, 5_640, 15_100, 2),
    (3, 15_900, 26_000, 3),
    (1, 30_900, 37_200, 4),
    (2, 38_020, 42_700, 5),
    (3, 42_610, 48_200, 6),
    (1, 48_310, 52_000, 7),
    (3, 52_300, 57_000, 8),
    (3, 57_000, 61_500, 8),
];

fn lanes() -> Vec<NodeLane> {
    let lane = |node: usize| {
        let leading = LEADERS.iter().filter(|(n, ..)| *n == node);
        let span = |&(_, from, to, epoch): &(usize, u64, u64, i32)| LeadSpan {
            from: ms(from),
            to: ms(to),
            epoch: Some(epoch),
            seats: 2,
        };
        let stopped = FAULTS
            .iter()
            .filter(|f| f.1 == FaultClass::Process && f.3 as usize == node)
            .map(|f| Span {
                from: ms(f.5),
                to: ms(f.5 + f.6),
            });
        let silent = if node == 2 {
            vec![Span {
                from: ms(59_200),
                to: ms(60_100),
            }]
        } else {
            vec![]
        };
        NodeLane {
            node: format!("n{node}"),
            leading: leading.map(span).collect(),
            silent,
            down: stopped.collect(),
        }
    };
    (1..=3).map(lane).collect()
}

fn elections() -> Vec<Election> {
    let explained = [
        Explanation::Formation,
        Explanation::Fault { id: "k1".into() },
        Explanation::Fault { id: "k3".into() },
        Explanation::Fault { id: "k5".into() },
        Explanation::Fault { id: "k7".into() },
        Explanation::Fault { id: "k8".into() },
        Explanation::Starved {
            who: "harness".into(),
            by_ms: 412,
        },
        Explanation::Fault { id: "k10".into() },
    ];
    let election = |(index, explained): (usize, Explanation)| {
        let (node, from, _, epoch) = LEADERS[index];
        let before = index.checked_sub(1).map(|i| LEADERS[i]);
        Election {
            seat: Seat::Partition {
                topic: "t0".into(),
                partition: 0,
            },
            seats: 2,
            at: ms(from),
            old_leader: before.map(|(n, ..)| format!("n{n}")),
            old_epoch: before.map(|(.., e)| e),
            new_leader: Some(format!("n{node}")),
            new_epoch: Some(epoch),
            leaderless_ms: before.map_or(900, |(_, _, to, _)| from.saturating_sub(to)),
            explained,
        }
    };
    explained.into_iter().enumerate().map(election).collect()
}

fn gaps() -> Vec<Gap> {
    use checkers::verdict::Validity::{Invalid, Undecided, Valid};
    [
        (5_000, 660, GapScope::FailOver, 3_000, "k1", 4, Valid),
        (15_100, 840, GapScope::FailOver, 3_000, "k3", 6, Valid),
        (26_000, 4_930, GapScope::FailOver, 3_000, "k5", 41, Invalid),
        (37_200, 850, GapScope::FailOver, 3_000, "k7", 5, Valid),
        (42_000, 640, GapScope::FailOver, 3_000, "k8", 5, Valid),
        (
            48_190,
            1_140,
            GapScope::OutsideFaults,
            1_000,
            "",
            3,
            Undecided,
        ),
        (51_500, 830, GapScope::FailOver, 3_000, "k10", 6, Valid),
    ]
    .map(
        |(from, length, scope, limit_ms, fault, failing, validity)| Gap {
            from: ms(from),
            to: ms(from + length),
            length_ms: length,
            scope,
            limit_ms,
            fault: (!fault.is_empty()).then(|| fault.to_string()),
            failing,
            validity,
        },
    )
    .into()
}

fn verdicts() -> Vec<Verdict> {
    let mut order = Verdict::new("log-order", Class::Safety);
    order.saw("acknowledged records", 54_812);
    order.saw("reads", 3_201);
    let mut recency = Verdict::new("log-recency", Class::Safety);
    recency.not_applicable(Doubt::NotPromised {
        promise: "end_offset_includes_acknowledged".into(),
    });
    let mut leaders = Verdict::new("one-leader-per-epoch", Class::Leadership);
    leaders.saw("claims", 1_824);
    let mut stale = Verdict::new("stale-leader", Class::Leadership);
    stale.figure(
        "longest_stale_claim_ms",
        260,
        Some(2_000),
        Unit::Milliseconds,
    );
    let mut terms = Verdict::new("terms", Class::Leadership);
    terms.figure("most_per_fault", 1, Some(3), Unit::Terms);
    let mut formation = Verdict::new("formation", Class::Liveness);
    formation.figure("formation_ms", 1_380, Some(5_000), Unit::Milliseconds);
    let mut recovery = Verdict::new("recovery", Class::Liveness);
    recovery.figure("recovery_ms", 1_240, Some(10_000), Unit::Milliseconds);
    vec![
        order,
        recency,
        lost(),
        leaders,
        stability(),
        stale,
        terms,
        formation,
        recovery,
        gap(),
    ]
}

fn stability() -> Verdict {
    let mut stability = Verdict::new("leader-stability", Class::Leadership);
    stability.doubt(Doubt::Starved {
        finding: "unexplained-election".into(),
        who: "harness".into(),
        at: ms(48_200),
        by_ms: 412,
        limit_ms: 300,
    });
    stability.doubt(Doubt::FaultHadNoEffect {
        fault: "k4".into(),
        name: "cut-one-way".into(),
    });
    stability
}

fn gap() -> Verdict {
    let mut availability = Verdict::new("availability", Class::Liveness);
    availability.figure(
        "longest_fail_over_ms",
        4_930,
        Some(3_000),
        Unit::Milliseconds,
    );
    availability.figure(
        "longest_gap_outside_faults_ms",
        1_140,
        Some(1_000),
        Unit::Milliseconds,
    );
    availability.found(Anomaly {
        kind: Finding::Gap {
            scope: GapScope::FailOver,
            from: ms(26_000),
            to: ms(30_930),
            length_ms: 4_930,
            limit_ms: 3_000,
            ended: true,
        },
        certain: false,
        evidence: Evidence {
            window: Some((ms(26_000), ms(30_930))),
            faults: vec!["k5".into()],
            nodes: vec!["n3".into()],
            ..Evidence::default()
        },
    });
    availability
}

fn lost() -> Verdict {
    let mut lost = Verdict::new("lost-write", Class::Safety);
    lost.saw("acknowledged records", 54_812);
    for (index, offset) in (4_711..=4_713).enumerate() {
        let operation = 18_820 + 6 * index as u64;
        lost.found(Anomaly {
            kind: Finding::LostWrite {
                value: format!("3-{}", 17 + index),
                offset: Some(offset),
                operation,
                acknowledged: true,
                proof: LossProof::FinalReadWithout {
                    node: "n2".into(),
                    operation: 112_904,
                    instead: None,
                },
            },
            certain: true,
            evidence: Evidence {
                operations: vec![operation, 112_904],
                topic: Some("t0".into()),
                partition: Some(0),
                offsets: vec![offset],
                nodes: vec!["n1".into(), "n2".into()],
                window: Some((ms(36_950 + 40 * index as u64), ms(37_180))),
                faults: vec!["k7".into()],
                ..Evidence::default()
            },
        });
    }
    lost
}

/// A belief, for tests that need one more kind of finding.
pub fn belief(node: &str, leader: &str, epoch: i32, at: u64) -> Belief {
    Belief {
        node: node.into(),
        leader: Some(leader.into()),
        epoch: Some(epoch),
        called: ms(at),
        returned: ms(at + 2),
    }
}

fn operations() -> Vec<Operation> {
    let append = |index: u64| Operation {
        op: 18_820 + 6 * index,
        worker: 3 + index,
        call: "append".into(),
        topic: "t0".into(),
        partition: Some(0),
        offset: (4_711 + index).to_string(),
        value: format!("3-{}", 17 + index),
        called_ns: ms(36_950 + 40 * index),
        returned_ns: Some(ms(37_060 + 40 * index)),
        node: Some("n1".into()),
        outcome: Some(Outcome::Ok),
        error: String::new(),
    };
    let mut all: Vec<Operation> = (0..3).map(append).collect();
    all.push(Operation {
        op: 112_904,
        worker: 41,
        call: "read".into(),
        topic: "t0".into(),
        partition: Some(0),
        offset: "4700..4790".into(),
        value: "1-902 .. 5-18 (88)".into(),
        called_ns: ms(58_104),
        returned_ns: Some(ms(58_121)),
        node: Some("n2".into()),
        outcome: Some(Outcome::Ok),
        error: String::new(),
    });
    all
}

/// How far into a gap this moment is.
fn in_gap(at: u64) -> bool {
    let gaps = [
        (5_000, 660),
        (15_100, 840),
        (26_000, 4_930),
        (37_200, 850),
        (42_000, 640),
    ];
    let late = [(48_190, 1_140), (51_500, 830)];
    gaps.iter()
        .chain(&late)
        .any(|(from, length)| at >= *from && at < from + length)
}

/// A number that looks like noise.
pub fn noise(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40
}

fn series() -> Series {
    let bucket_ms = 200;
    let load = 1_400..56_000;
    let buckets = || (0..DURATION_MS / bucket_ms).map(move |b| b * bucket_ms);
    let mut series = Series {
        duration_ms: DURATION_MS,
        bucket_ms,
        ..Series::default()
    };
    let mut append = LatencySeries {
        call: "append".into(),
        count: 42_120,
        p50_us: 1_180,
        p95_us: 2_940,
        p99_us: 7_900,
        max_us: 1_893_000,
        marks_total: 265,
        ..LatencySeries::default()
    };
    for begin_ms in buckets().filter(|b| load.contains(b)) {
        let (quiet, n) = (!in_gap(begin_ms), noise(begin_ms));
        series.availability.push(AvailabilityBucket {
            begin_ms,
            attempted: 10,
            acknowledged: if quiet { 10 } else { 0 },
        });
        series.rate.push(RateBucket {
            begin_ms,
            ok: if quiet { 180 + n % 30 } else { 0 },
            fail: if quiet { 0 } else { n % 3 },
            info: if quiet { 0 } else { 2 + n % 4 },
        });
        if quiet {
            append.quantiles.push(QuantileBucket {
                begin_ms,
                p50_us: 1_000 + n % 300,
                p95_us: 2_300 + n % 900,
                p99_us: 4_400 + n % 5_000,
                max_us: 9_000 + n % 60_000,
            });
        } else {
            let outcome = if n % 3 == 0 {
                Outcome::Fail
            } else {
                Outcome::Info
            };
            let latency_us = if n % 3 == 0 {
                3_000 + n % 9_000
            } else {
                2_000_000 + n % 90_000
            };
            append.marks.push(Mark {
                at_ms: begin_ms + 90,
                latency_us,
                outcome,
            });
        }
    }
    append.density = density();
    series.latency = vec![append, polls()];
    series
}

fn density() -> Vec<DensityCell> {
    let width_ms = DURATION_MS / 120;
    let columns = (0..120)
        .map(|c| c * width_ms)
        .filter(|t| *t >= 1_400 && *t < 55_800);
    let rows = [
        (400, 560, 8),
        (560, 800, 40),
        (800, 1_120, 160),
        (1_120, 1_580, 130),
    ];
    let upper = [
        (1_580, 2_240, 30),
        (2_240, 3_160, 12),
        (3_160, 4_470, 5),
        (4_470, 6_300, 2),
    ];
    let mut cells = Vec::new();
    for begin_ms in columns.filter(|t| !in_gap(*t)) {
        for (index, &(low_us, high_us, weight)) in rows.iter().chain(&upper).enumerate() {
            let count = weight * (60 + noise(begin_ms + index as u64) % 80) / 100;
            cells.push(DensityCell {
                begin_ms,
                width_ms,
                low_us,
                high_us,
                count,
            });
        }
        if noise(begin_ms) % 9 == 0 {
            cells.push(DensityCell {
                begin_ms,
                width_ms,
                low_us: 17_800,
                high_us: 25_100,
                count: 1,
            });
        }
    }
    cells
}

fn polls() -> LatencySeries {
    let quantile = |n: u64| QuantileBucket {
        begin_ms: 1_400 + n * 200,
        p50_us: 700 + noise(n) % 90,
        p95_us: 1_500 + noise(n) % 300,
        p99_us: 2_600 + noise(n) % 900,
        max_us: 5_000 + noise(n) % 9_000,
    };
    LatencySeries {
        call: "poll".into(),
        count: 12_692,
        p50_us: 740,
        p95_us: 1_640,
        p99_us: 3_100,
        max_us: 13_800,
        quantiles: (0..270).map(quantile).collect(),
        ..LatencySeries::default()
    }
}
