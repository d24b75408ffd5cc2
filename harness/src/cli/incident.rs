//! `jepsen run incident`: the verification that a real broker passed by `grep`, `netstat` and `ps`, played twice: with the
//! three defects that its release notes name, and without them. The report sets both columns side by side. Exit code 0 only
//! if the first is not valid for the right reasons and the second is valid.

use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use nemesis::Node;
use reports::RunReport;
use reports::model::{BeforeAfter, BeforeAfterRow, Reason};

use super::RunArguments;
use super::run::{announce, reproduce, warn_of};
use super::stage::Stage;
use crate::config::scenario::{self, Opening};
use crate::config::target::Target;
use crate::exit::Stop;
use crate::faults;
use crate::output::tell;
use crate::plants::{Planted, Plants};
use crate::probe::StopFlag;
use crate::run::{self, Setup};
use crate::store::{self, RunDirectory};
use crate::summary::{self, Conditions};
use crate::workloads::WorkloadKind;
use crate::{incident, judge};

/// Its name on the command line.
pub(super) const NAME: &str = "incident";
/// One line for `jepsen list`.
pub(super) const DESCRIPTION: &str =
    "no faults, twice: with the defects of a real incident and without, side by side";
/// The three defects.
const PLANTS: [&str; 3] = ["serial-sender", "blocking-forward", "startup-storm"];
/// The load phase of each half, if nothing else is said.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// One half of the comparison: what was said of a cluster.
type Column = (Vec<(&'static str, String)>, Judgement);

/// Plays both halves.
///
/// # Errors
/// If the target takes no plants, something else was asked for beside, or the machine cannot run it.
pub(super) fn run(arguments: &RunArguments, target: &Target) -> Result<i32> {
    let alone = arguments.scenarios.len() == 1
        && arguments.plant.is_empty()
        && arguments.faults.is_none()
        && arguments.schedule.is_none()
        && arguments.workload.is_none();
    if !alone {
        return Err(Stop::usage(
            "`incident` chooses its own plants, faults and workload, and runs alone; give it --time-limit, --rate, \
             --seed and --out",
        ));
    }
    let plants = Plants::of(PLANTS.map(Planted::everywhere).into(), target)?;
    let seed = arguments
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let stage = Stage::enter(true, &arguments.out)?;
    let directory = RunDirectory::create(&arguments.out, seed)?;
    store::prune(&arguments.out, arguments.keep as usize, &directory.id);
    announce(&directory, target, seed, &stage.environment);
    let conditions = Conditions {
        command: reproduce("run", seed),
        seed,
        isolated: true,
        client: target.client_settings(),
        plants: plants.words(),
    };
    let began = Instant::now();
    let mut report = summary::begin(&directory, target, &conditions);
    summary::save_plan(&directory, &report)?;
    let halves = [
        (
            "before",
            "the incident's three defects on; no faults",
            plants.clone(),
        ),
        ("after", "the same without them", Plants::default()),
    ];
    let mut columns: Vec<Column> = Vec::new();
    for (name, description, plants) in halves {
        warn_of(&plants);
        let setup = Setup {
            target: target.clone(),
            name: format!("{NAME}-{name}"),
            run: directory.id.clone(),
            workload: WorkloadKind::Append,
            plan: faults::draw("none", TIME_LIMIT, seed, &target.timing())?,
            time_limit: arguments.time_limit.unwrap_or(TIME_LIMIT),
            rate: arguments.rate.unwrap_or(scenario::RATE),
            concurrency: arguments.concurrency.unwrap_or(scenario::CONCURRENCY),
            seed,
            directory: directory.scenario(&format!("{NAME}-{name}"))?,
            plants,
            watch_delivery: true,
            enough: StopFlag::default(),
            shown: true,
            title: format!("{NAME}-{name}"),
            opening: Opening::default(),
        };
        let column = stage
            .runtime
            .block_on(half(&setup, &stage, &mut report, description))?;
        columns.push(column);
        if stage.interrupt.is_set() {
            break;
        }
    }
    report.run.interrupted = stage.interrupt.is_set();
    report.run.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let [before, after] = columns.as_slice() {
        let comparison = compare(plants.words(), before, after);
        tell(&table(&comparison));
        report.before_after = Some(comparison);
    }
    let code = summary::finish(&directory, &mut report)?;
    stage.leave();
    Ok(code)
}

async fn half(
    setup: &Setup,
    stage: &Stage,
    report: &mut RunReport,
    description: &str,
) -> Result<Column> {
    let finished = run::scenario(setup, &stage.environment, &stage.table, &stage.interrupt).await?;
    let bytes = |node: Node| (node.to_string(), finished.cluster.data_bytes(node));
    let data: Vec<(String, u64)> = Node::ALL.into_iter().map(bytes).collect();
    let judged = judge::file(&finished.history)?;
    let column = incident::column(&judged.history, &judged.judgement, &data);
    summary::scenario(report, description, setup, &finished)?;
    Ok((column, judged.judgement))
}

fn compare(plants: Vec<String>, before: &Column, after: &Column) -> BeforeAfter {
    let rows = before.0.iter().zip(&after.0);
    let rows = rows.map(|((what, before), (_, after))| BeforeAfterRow {
        what: (*what).to_owned(),
        before: before.clone(),
        after: after.clone(),
    });
    let reasons: Vec<Reason> = incident::REASONS
        .iter()
        .map(|(what, check, findings)| Reason {
            what: (*what).to_owned(),
            check: (*check).to_owned(),
            seen: incident::is_seen(&before.1, check, findings),
        })
        .collect();
    let as_expected =
        reasons.iter().all(|reason| reason.seen) && after.1.validity() == Validity::Valid;
    BeforeAfter {
        plants,
        rows: rows.collect(),
        reasons,
        as_expected,
    }
}

/// The table for a terminal: a block for each row, because the values are long.
fn table(comparison: &BeforeAfter) -> String {
    let mut text = String::new();
    for row in &comparison.rows {
        text += &format!(
            "{}\n  before  {}\n  after   {}\n",
            row.what, row.before, row.after
        );
    }
    for reason in &comparison.reasons {
        let mark = if reason.seen { "✓" } else { "✗" };
        text += &format!("{mark} before: {} ({})\n", reason.what, reason.check);
    }
    text + if comparison.as_expected {
        "✓ as expected: before not valid for the right reasons, after valid\n"
    } else {
        "✗ NOT as expected\n"
    }
}

#[cfg(test)]
mod tests {
    use checkers::verdict::{Anomaly, Class, Evidence, Finding, Verdict};

    use super::*;

    fn column(verdicts: Vec<Verdict>) -> Column {
        let judgement = Judgement {
            verdicts,
            ..Judgement::default()
        };
        (vec![("frozen", "n1".to_owned())], judgement)
    }

    fn invalid(check: &str, kind: Finding) -> Verdict {
        let mut verdict = Verdict::new(check, Class::Liveness);
        verdict.found(Anomaly {
            kind,
            certain: false,
            evidence: Evidence::default(),
        });
        verdict
    }

    #[test]
    fn its_plants_are_known() {
        for name in PLANTS {
            assert!(crate::calibrate::table::Row::of(name).is_some(), "{name}");
        }
    }

    #[test]
    fn only_the_right_reasons_before_and_valid_after_are_as_expected() {
        let silent = Finding::NodeSilent {
            node: "n1".into(),
            length_ms: 9,
            limit_ms: 1,
            error: None,
            came_back: false,
        };
        let storm = Finding::FormationTerm { term: 9, limit: 2 };
        let both = || {
            vec![
                invalid("node-responds", silent.clone()),
                invalid("formation", storm.clone()),
            ]
        };
        let clean = || column(vec![Verdict::new("formation", Class::Leadership)]);
        let as_expected = |before: Vec<Verdict>, after: Column| {
            compare(vec![], &column(before), &after).as_expected
        };
        assert!(as_expected(both(), clean()));
        assert!(!as_expected(both()[..1].to_vec(), clean()));
        assert!(!as_expected(
            vec![invalid("lost-write", storm.clone())],
            clean()
        ));
        assert!(!as_expected(both(), column(both())));
        assert!(
            !as_expected(both(), column(vec![])),
            "a run that judged nothing is not valid"
        );
    }
}
