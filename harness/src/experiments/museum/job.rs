//! One run of one release of an exhibit, from its case to what was seen.

use std::sync::Arc;

use anyhow::Result;
use checkers::history::{Moment, What};
use checkers::judgement::Judgement;
use checkers::verdict::{Anomaly, Validity};
use regex::Regex;
use reports::model::MuseumRun;

use crate::bounded;
use crate::config::exhibit::{Exhibit, Expected, Reason, Release};
use crate::output::shown;
use crate::run::Case;
use crate::session::{Judged, Overrides, Recorded, Session, resolve};
use crate::store;

/// The number of attempts if what would show the bug cannot be judged.
const TRIES_MAX: u32 = 3;

const MS: Moment = 1_000_000;

/// The case of a run.
///
/// # Errors
/// If the target refuses a fault of the scenario.
pub(super) fn case(exhibit: &Exhibit, release: &Release, seed: u64) -> Result<Case> {
    let target = Arc::new(release.target.clone());
    let case = resolve(&exhibit.scenario, &Overrides::default(), &target, seed)?;
    Ok(Case {
        is_shown: false,
        ..case
    })
}

/// Runs a release with one seed. Retries if what would show the bug cannot be judged. None if the user interrupted it.
///
/// # Errors
/// If the harness itself cannot continue.
pub(super) async fn run(
    session: &Session,
    exhibit: &Exhibit,
    release: &Release,
    (name, seed): (&str, u64),
) -> Result<Option<MuseumRun>> {
    let directory = session.out.join("runs").join(name);
    let mut tries = 0;
    loop {
        tries += 1;
        store::replace_scenario(&directory)?;
        let case = case(exhibit, release, seed)?;
        let recorded = session.play(case, name, &directory).await?;
        if session.interrupt.is_set() {
            return Ok(None);
        }
        let judged = recorded.judge()?;
        let run = MuseumRun {
            seed: format!("{seed:#x}"),
            tries,
            ..seen(exhibit, &recorded, &judged)
        };
        recorded.cluster.remove_data();
        if run.shows_it() || !run.unclear || tries >= TRIES_MAX {
            let history = shown(&recorded.compress().0);
            return Ok(Some(MuseumRun { history, ..run }));
        }
    }
}

/// What a run showed of an exhibit.
fn seen(exhibit: &Exhibit, recorded: &Recorded, judged: &Judged) -> MuseumRun {
    let judgement = &judged.judgement;
    let mut run = MuseumRun {
        lasted_ms: judged.history.end() / MS,
        ..MuseumRun::default()
    };
    for expected in &exhibit.expected {
        let account = match &expected.reason {
            Reason::Finding { .. } => expected.finding(judgement).map(|anomaly| {
                if run.found_ms.is_none() {
                    run.found_ms = anomaly.evidence.window.map(|(_, end)| end / MS);
                }
                reports::account_text(anomaly)
            }),
            Reason::Log(pattern) => logged(recorded, pattern),
            Reason::Evidence(pattern) => evidence(judged, pattern),
        };
        match account {
            Some(account) => {
                run.seen.push(expected.by());
                if run.account.is_empty() {
                    run.account = account;
                }
            }
            None => run.missed.push(expected.by()),
        }
    }
    let of = |validity: Validity| {
        let verdicts = judgement.verdicts.iter();
        verdicts.filter(move |verdict| verdict.validity == validity)
    };
    run.undecided = of(Validity::Undecided)
        .map(|verdict| verdict.check.clone())
        .collect();
    let is_expected = |check: &str| {
        exhibit
            .expected
            .iter()
            .any(|one| one.check() == Some(check))
    };
    run.unclear = run.undecided.iter().any(|check| is_expected(check));
    let others = of(Validity::Invalid).filter(|verdict| {
        let mut anomalies = verdict.anomalies.iter();
        anomalies.any(|anomaly| !is_shown_by(&exhibit.expected, &verdict.check, anomaly, judgement))
    });
    run.other = others.map(|verdict| verdict.check.clone()).collect();
    run
}

/// Whether a finding is of the kind that an exhibit expects.
fn is_shown_by(
    expected: &[Expected],
    check: &str,
    anomaly: &Anomaly,
    judgement: &Judgement,
) -> bool {
    let mut same = expected.iter().filter(|one| one.check() == Some(check));
    same.any(|one| {
        let found = one.finding(judgement);
        found.is_some_and(|found| found.kind.name() == anomaly.kind.name())
    })
}

/// The first line of any node's output that matches.
fn logged(recorded: &Recorded, pattern: &Regex) -> Option<String> {
    recorded.cluster.nodes().into_iter().find_map(|node| {
        let log = recorded.cluster.logs(node).join("stdout.log");
        let text = bounded::text(&log, bounded::LOG).ok()?;
        let line = text.lines().find(|line| pattern.is_match(line))?;
        Some(format!("{node}: {line}"))
    })
}

/// The evidence of the first window that matches.
fn evidence(judged: &Judged, pattern: &Regex) -> Option<String> {
    let mut events = judged.history.events().iter();
    events.find_map(|event| match &event.what {
        What::Fault(fault) if pattern.is_match(&fault.evidence) => {
            Some(format!("{}: {}", fault.kind, fault.evidence))
        }
        _ => None,
    })
}
