//! A run made by hand: 60 s, three nodes, ten faults, one lost write, a slow fail-over, one undecided check.
//!
//! Everything is computed from small integers, so that it is the same on every machine.

#![allow(dead_code, reason = "each test and the demo use a part of it")]

pub(crate) mod around;
pub(crate) mod cases;
pub(crate) mod collections;
pub(crate) mod faults;
pub(crate) mod findings;
pub(crate) mod leadership;
pub(crate) mod markup;
pub(crate) mod members;
pub(crate) mod schema;
pub(crate) mod series;
pub(crate) mod verdicts;

use checkers::history::{Limits, Phase, Promises};
use checkers::judgement::Judgement;
use reports::model::*;

/// Nanoseconds of a moment given in milliseconds.
pub(crate) const fn ms(ms: u64) -> u64 {
    ms * 1_000_000
}

/// The length of the scenario.
pub(crate) const DURATION_MS: u64 = 62_000;

/// The whole report.
pub(crate) fn report() -> RunReport {
    RunReport {
        before_after: None,
        tool: Tool {
            name: "jepsen".into(),
            version: "0.1.0".into(),
            commit: "abc1234".into(),
            dirty: false,
            debug: false,
        },
        run: Run {
            id: "20261123T084021Z-5eed".into(),
            suite: String::new(),
            seed: "0x5eed".into(),
            started: "2026-11-23T08:40:21Z".into(),
            begin_wall_clock: "2026-11-23T08:40:21.250Z".into(),
            duration_ms: DURATION_MS,
            interrupted: false,
            incomplete: vec![],
            reproduce: "cargo run --release --bin jepsen -- run default --seed 0x5eed".into(),
            recheck: "cargo run --release --bin jepsen -- check runs/20261123T084021Z-5eed".into(),
            directory: "runs/20261123T084021Z-5eed".into(),
        },
        subject: Subject {
            name: "acme-broker".into(),
            about: "Acme's broker, one fsync per batch".into(),
            version: "3.2.0-rc1".into(),
            revision: "4be1d02".into(),
            program: "/opt/acme/bin/acme-broker".into(),
            binary_sha256: Some("9f2c".repeat(16)),
            configuration: "af63dc4c8601ec8c".into(),
            command: "/opt/acme/bin/acme-broker --config n1.toml".into(),
            files: Vec::new(),
            plants: Vec::new(),
            plants_do: Vec::new(),
            nodes: 3,
        },
        scenarios: vec![scenario("default")],
        comparison: Some(around::comparison()),
        faults_unavailable: vec![Unavailable {
            class: "clock".into(),
            why: "libfaketime was not found; see jepsen doctor".into(),
        }],
        environment: environment(),
        waivers: vec![],
        detection: Some(Detection {
            detected: 22,
            planted: 24,
            unseen: 7,
            missed: vec!["late-fence".into(), "stale-tail".into()],
            runs: 120,
            faults: "the default mix, 60 s".into(),
            measured: "2026-11-20".into(),
            outdated: true,
            not_run: vec!["torn-tail".into()],
        }),
        not_tested: vec!["Brokers on more than one machine.".into()],
        warnings: vec![],
        exit_code: 1,
    }
}

/// A run of several scenarios: two fail, two are valid.
pub(crate) fn suite() -> RunReport {
    let mut report = report();
    report.run.suite = "smoke".into();
    report.scenarios.push(scenario("partition-half/append"));
    for name in ["pause-leader/append", "kill-leader/idempotent"] {
        let mut calm = scenario(name);
        let valid = |v: &checkers::verdict::Verdict| v.validity.word() == "valid";
        calm.judgement.verdicts.retain(valid);
        calm.judgement.gaps.retain(|g| g.validity.word() == "valid");
        report.scenarios.push(calm);
    }
    report
}

/// The machine.
pub(crate) fn environment() -> Environment {
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
pub(crate) fn scenario(name: &str) -> ScenarioReport {
    ScenarioReport {
        begin_wall_clock: String::new(),
        groups: vec![],
        transactions: None,
        name: name.into(),
        load: vec![],
        planned_rate: None,
        seed: "0x5eed".into(),
        reproduce: format!("cargo run --release --bin jepsen -- run {name} --seed 0x5eed"),
        description: "Appends to two partitions while nodes are cut off, paused and killed.".into(),
        duration_ms: DURATION_MS,
        ops: OpsCount {
            ok: 54_812,
            fail: 61,
            info: 204,
        },
        calls: [
            ("append", 42_120, 9, 204),
            ("end-offset", 0, 52, 0),
            ("poll", 12_692, 0, 0),
        ]
        .map(|(call, ok, fail, info)| CallCount {
            call: call.into(),
            ops: OpsCount { ok, fail, info },
        })
        .into(),
        refusals: vec![Refusal {
            call: "end-offset".into(),
            outcome: checkers::history::Outcome::Fail,
            error: "NOT_LEADER_OR_FOLLOWER".into(),
            count: 52,
        }],
        judgement: Judgement {
            verdicts: verdicts::verdicts(),
            elections: leadership::elections(),
            gaps: leadership::gaps(),
            windows: vec![],
            lanes: leadership::lanes(),
            configuration: Some(verdicts::configuration()),
            unknown: checkers::history::Unknown::default(),
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
        faults: faults::faults(),
        series: series::series(),
        operations: verdicts::operations(),
        excerpts: around::excerpts(),
        logs: around::logs(),
        lag: series::lag(),
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
