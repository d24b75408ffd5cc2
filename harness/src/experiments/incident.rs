//! `jepsen run incident`: a verification that a real broker passed with `grep`, `netstat` and `ps`, played twice: with
//! the three defects that its release notes name, and without them. The report shows both columns side by side. Exit
//! code 0 only if the first run is not valid for the expected reasons and the second is valid.

pub mod columns;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use nemesis::Node;
use reports::model::{BeforeAfter, BeforeAfterRow, Reason};

use super::run::RunArguments;
use crate::config::plants::{Planted, Plants};
use crate::config::scenario::Scenario;
use crate::config::target::Target;
use crate::exit::Stop;
use crate::output::{self, tell, tell_more, visible};
use crate::run::Case;
use crate::session::browser::Browser;
use crate::session::publish::{Conditions, Publication, warn_of};
use crate::session::reproduce::reproduce;
use crate::session::{Overrides, Session, resolve};
use crate::store::layout;

/// Its name on the command line.
pub const NAME: &str = "incident";
/// One line for `jepsen list`.
pub const DESCRIPTION: &str =
    "no faults, twice: with the defects of a real incident and without, side by side";
/// The three defects.
const PLANTS: [&str; 3] = ["serial-sender", "blocking-forward", "startup-storm"];
/// The load phase of each half, if the user gives none.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// One half of the comparison: the judgement of a cluster.
type Column = (Vec<(&'static str, String)>, Judgement);

/// Whether `run` was asked to run the incident.
pub fn is_asked(arguments: &RunArguments) -> bool {
    arguments.scenarios.iter().any(|name| name == NAME)
}

/// Plays both halves.
///
/// # Errors
/// If the target supports no plants, other scenarios or options were given, or the machine cannot run it.
pub fn run(arguments: &RunArguments) -> Result<i32> {
    if let Some(option) = beside(arguments) {
        return Err(Stop::usage(format!(
            "`incident` chooses its own plants, faults and workload, and runs alone, so {option} does not apply; it takes \
             --time-limit, --rate, --concurrency, --seed, --plan, --out and --keep"
        )));
    }
    let target = Arc::new(Target::load(&arguments.target)?);
    let plants = Plants::of(PLANTS.map(Planted::everywhere).into(), &target)?;
    let seed = arguments.seed_or_drawn();
    let halves = [
        (
            "before",
            "the incident's three defects on; no faults",
            plants.clone(),
        ),
        ("after", "the same without them", Plants::default()),
    ];
    let resolved = halves.map(|(name, description, plants)| {
        let scenario = Scenario::plain(&format!("{NAME}-{name}"), description);
        let overrides = Overrides {
            time_limit: Some(arguments.time_limit.unwrap_or(TIME_LIMIT)),
            rate: arguments.rate,
            concurrency: arguments.concurrency,
            plants,
            ..Overrides::default()
        };
        let case = resolve(&scenario, &overrides, &target, seed)?;
        Ok(Case {
            watch_delivery: true,
            ..case
        })
    });
    let cases = resolved.into_iter().collect::<Result<Vec<Case>>>()?;
    if arguments.plan {
        for case in &cases {
            let seed = format!("seed {seed:#x}");
            tell(&output::plan::text(&case.name, &seed, &case.plan));
        }
        return Ok(crate::exit::VALID);
    }
    let browser = Browser::ready(arguments.open);
    let session = Session::open(true, target.nodes, &arguments.out)?;
    let conditions = Conditions {
        target: &target,
        command: reproduce("run", seed),
        seed,
        plants: &plants,
        suite: "",
    };
    let mut run = Publication::begin(&session, &conditions)?;
    run.announce(&session, &conditions);
    let mut columns: Vec<Column> = Vec::new();
    for case in cases {
        warn_of(&case.plants);
        let half = half(&session, case, &mut run);
        columns.push(session.runtime.block_on(half)?);
        if session.interrupt.is_set() {
            break;
        }
    }
    run.settle(&session, 2);
    if let [before, after] = columns.as_slice() {
        let comparison = compare(plants.words(), before, after);
        tell_more(&table(&comparison));
        run.report.before_after = Some(comparison);
    }
    let code = run.finish(&session, arguments.keep)?;
    browser.show(&run.directory.path.join(layout::PAGE));
    session.leave();
    Ok(code)
}

/// The first option that does not apply to it.
fn beside(arguments: &RunArguments) -> Option<&'static str> {
    let given = [
        (arguments.scenarios.len() > 1, "another scenario"),
        (!arguments.plant.is_empty(), "--plant"),
        (!arguments.mutant.is_empty(), "--mutant"),
        (!arguments.promise.is_empty(), "--promise"),
        (!arguments.load.is_empty(), "--load"),
        (arguments.faults.is_some(), "--faults"),
        (arguments.schedule.is_some(), "--schedule"),
        (arguments.workload.is_some(), "--workload"),
        (arguments.repeat > 1, "--repeat"),
        (arguments.waivers.is_some(), "--waivers"),
        (arguments.keep_running, "--keep-running"),
    ];
    given.iter().find(|(is, _)| *is).map(|(_, option)| *option)
}

async fn half(session: &Session, case: Case, run: &mut Publication) -> Result<Column> {
    let directory = run.directory.scenario(&case.name)?;
    let recorded = session.play(case, &run.directory.id, &directory).await?;
    let bytes = |node: Node| (node.to_string(), recorded.cluster.data_bytes(node));
    let data: Vec<(String, u64)> = recorded.cluster.nodes().into_iter().map(bytes).collect();
    let judged = recorded.judge()?;
    let column = columns::column(&judged.history, &judged.judgement, &data);
    run.add(&recorded, &judged)?;
    Ok((column, judged.judgement))
}

fn compare(plants: Vec<String>, before: &Column, after: &Column) -> BeforeAfter {
    let rows = before.0.iter().zip(&after.0);
    let rows = rows.map(|((what, before), (_, after))| BeforeAfterRow {
        what: (*what).to_owned(),
        before: before.clone(),
        after: after.clone(),
    });
    let reasons: Vec<Reason> = columns::REASONS
        .iter()
        .map(|(what, check, findings)| Reason {
            what: (*what).to_owned(),
            check: (*check).to_owned(),
            seen: columns::is_seen(&before.1, check, findings),
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
            visible(&row.what),
            visible(&row.before),
            visible(&row.after)
        );
    }
    for reason in &comparison.reasons {
        let mark = if reason.seen { "✓" } else { "✗" };
        text += &format!(
            "{mark} before: {} ({})\n",
            visible(&reason.what),
            visible(&reason.check)
        );
    }
    text + if comparison.as_expected {
        "✓ as expected: before not valid for the expected reasons, after valid\n"
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
            assert!(crate::reference::planted(name).is_ok(), "{name}");
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
