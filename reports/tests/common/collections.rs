//! Pages over many runs, as full as real ones: a calibration, a museum, a mutation score, a comparison of figures.

use checkers::checks::TABLE;
use checkers::mutants::Fate as LieFate;
use reports::bench::{Bench, Unit};
use reports::model::*;

fn tool() -> Tool {
    super::report().tool
}

/// The names of all checks.
pub(crate) fn checks() -> Vec<&'static str> {
    TABLE.iter().map(|check| check.name).collect()
}

fn history(number: u64) -> String {
    format!(
        "runs/calibration/20261123T0840{number:02}Z-5eed/scenarios/early-sync/history.jsonl.zst"
    )
}

fn planted_run(number: u64, by: &str) -> PlantRun {
    PlantRun {
        seed: format!("{:#x}", 0x5eed + number),
        caught_by: vec![by.into()],
        other: vec!["recovery".into(), "availability".into()],
        detected_ms: Some(8_200 + number * 310),
        account: "Record 3-17 was acknowledged at t0/0 offset 4711, and no node has it in the end."
            .into(),
        lasted_ms: 21_000,
        tries: 1,
        history: history(number),
        ..PlantRun::default()
    }
}

/// 24 plants, each detected by another check, and mutants.
pub(crate) fn calibration() -> Calibration {
    let names = checks();
    let plant = |number: u64| {
        let by = names[number as usize * 2 % names.len()];
        PlantRow {
            plant: format!("{by}-is-broken-{number}"),
            does: "a leader acknowledges a record before a majority has synced it".into(),
            happened:
                "Redpanda #3003: a record was acknowledged and lost after a restart of all nodes"
                    .into(),
            trigger: vec!["power-loss".into(), "kill".into()],
            faults: "power-loss:all,kill:leader,isolate:leader".into(),
            workload: "append".into(),
            time_limit_ms: 60_000,
            expected: vec![by.into(), "lost-write".into()],
            reason: "It counts from the first power loss on.".into(),
            runs: (0..5).map(|run| planted_run(run, by)).collect(),
            ..PlantRow::default()
        }
    };
    let mutant = |number: u64| MutantRow {
        mutant: format!("fetch.high_watermark.plus-{number}"),
        api: "Fetch".into(),
        field: "responses.partitions.high_watermark".into(),
        does: "a watermark that is one too high".into(),
        when: "every answer".into(),
        workload: "append".into(),
        faults: "none".into(),
        expected: vec!["offsets-served".into()],
        fate: if number == 3 {
            Fate::Survived
        } else {
            Fate::Killed
        },
        runs: vec![planted_run(number, "offsets-served")],
        ..MutantRow::default()
    };
    Calibration {
        tool: tool(),
        sources: "c3ab8ff13720e8ad".into(),
        faults: "the faults that each bug needs".into(),
        reproduce:
            "/usr/local/bin/jepsen calibrate --seeds 5 --out /srv/ci/jepsen/runs/calibration".into(),
        plants: (0..24).map(plant).collect(),
        mutants: (0..8).map(mutant).collect(),
        controls: (0..6)
            .map(|number| ControlRun {
                setup: "append, default faults, 30 s".into(),
                seed: format!("{number:#x}"),
                tries: 1,
                history: history(number),
                ..ControlRun::default()
            })
            .collect(),
        as_expected: true,
        ..Calibration::default()
    }
}

/// Three exhibits: shown, shown without a release that mended it, not run.
pub(crate) fn museum() -> Museum {
    let run = |number: u64, shown: bool| MuseumRun {
        seed: format!("{number:#x}"),
        seen: shown.then(|| "lost-write".to_owned()).into_iter().collect(),
        account: match shown {
            true => {
                "3,309 records of t0/1 were acknowledged by n1, and no node has them in the end."
                    .into()
            }
            false => String::new(),
        },
        found_ms: shown.then_some(12_400),
        lasted_ms: 61_000,
        tries: 1,
        history: history(number),
        ..MuseumRun::default()
    };
    let side = |target: &str, shown: bool| MuseumSide {
        target: target.into(),
        runs: (0..5).map(|number| run(number, shown)).collect(),
    };
    let exhibit = |name: &str| {
        ExhibitRow {
        name: name.into(),
        title: "Acknowledged records are lost after a power failure of the last replica in sync".into(),
        about: "A replica that lost its log comes back alone in the set of replicas in sync, and leads.".into(),
        links: vec!["https://cwiki.apache.org/confluence/display/KAFKA/KIP-966%3A+Eligible+Leader+Replicas".into()],
        expected: vec![("lost-write".into(), "the records were acknowledged".into())],
        of_five: 4,
        bad: side("apache-kafka-3.9.1", true),
        good: Some(side("apache-kafka-4.4.0", false)),
        as_expected: true,
        ..ExhibitRow::default()
    }
    };
    Museum {
        tool: tool(),
        sources: "c3ab8ff13720e8ad".into(),
        reproduce: "/usr/local/bin/jepsen museum --seeds 5 --out /srv/ci/jepsen/runs/museum".into(),
        exhibits: vec![
            exhibit("kip-966-eligible-leader-replicas"),
            ExhibitRow {
                good: None,
                ..exhibit("kafka-17754")
            },
            ExhibitRow {
                not_run_because: Some("the target apache-kafka-3.9.1 is not prepared".into()),
                ..exhibit("kafka-12345")
            },
        ],
        as_expected: true,
        ..Museum::default()
    }
}

/// Lies in two recorded runs, one of which survives.
pub(crate) fn history_score() -> HistoryScore {
    let applied = |run: usize, fate: LieFate| AppliedLie {
        run,
        seed: 7,
        changed: 41,
        first: 12_345,
        fate,
        by: vec!["log-order".into(), "offsets-served".into()],
    };
    let mutant = |number: usize| HistoryMutant {
        line: "ok end-offset".into(),
        field: "offset".into(),
        change: format!("minus {number}"),
        extent: "one node from one moment on".into(),
        expected: vec!["log-recency".into()],
        reason: "an end offset must include what was acknowledged before".into(),
        applied: vec![
            applied(0, LieFate::Killed),
            applied(
                1,
                if number == 2 {
                    LieFate::Survived
                } else {
                    LieFate::Killed
                },
            ),
        ],
    };
    let run = |number: u64| MutatedRun {
        history: history(number),
        scenario: "default".into(),
        target: "reference".into(),
        lines: 48_211,
        verdict: "valid".into(),
        undecided: vec!["coverage".into()],
    };
    HistoryScore {
        tool: tool(),
        reproduce: "/usr/local/bin/jepsen calibrate --histories /srv/ci/jepsen/runs/a /srv/ci/jepsen/runs/b".into(),
        places: 1,
        runs: vec![run(1), run(2)],
        mutants: (0..12).map(mutant).collect(),
        as_expected: false,
    }
}

/// Figures of two targets.
pub(crate) fn bench() -> Bench {
    let mut bench = Bench {
        schema: reports::bench::BENCH_SCHEMA,
        version: "0.1.0".into(),
        started: "2026-11-23T08:40:21Z".into(),
        command: "jepsen bench reference apache-kafka".into(),
        environment: super::report().environment,
        conditions: vec![
            "Data directories are on ext4, synced before every acknowledgement.".into(),
        ],
        targets: vec!["reference".into(), "apache-kafka".into()],
        ..Bench::default()
    };
    for sample in 0..5 {
        for (target, by) in [("reference", 1.0), ("apache-kafka", 3.0)] {
            let noise = f64::from(sample) * 0.03 + 1.0;
            let label = "1 KB, 16 partitions, 1 producer, acknowledged by all";
            let rate = ("throughput", label, Unit::RecordsPerSecond);
            bench.add(rate, target, 41_000.0 / by * noise);
            bench.add(
                (
                    "latency",
                    "p99 of an append at 1,000 a second",
                    Unit::Milliseconds,
                ),
                target,
                4.2 * by * noise,
            );
        }
    }
    bench
}
