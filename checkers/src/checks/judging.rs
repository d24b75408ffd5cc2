//! Judging as a whole: the history is prepared once, every check runs on it, and a panic ends only what panicked.

mod shortage;

use super::check::Check;
use super::claims::Claims;
use super::groups::Roster;
use super::guard::{Failure, guarded, listed, needed};
use super::prepared::Prepared;
use super::probe::Probe;
use super::regimes::Regimes;
use super::row::Row;
use super::scope::Contents;
use super::tally::{Context, Tally};
use super::transactions::{Ledger, Streams};
use super::{bounded, effects, elections, gaps, lanes, view};
use crate::history::{Event, History, Moment, What, Window};
use crate::judgement::{Effect, Judgement, WindowRow};
use crate::promises::Configuration;
use crate::verdict::{Doubt, Validity, Verdict};

/// Judges a history by these checks, in their order: those of [`TABLE`](super::TABLE), your own, or both.
///
/// If a preparation panics, the checks that need it are undecided, and so is `coverage`, which reports every
/// preparation that failed.
///
/// What is left of a reduced history is judged by [`Left::judge`](super::bounded::Left::judge).
pub fn judge_with(history: &History, rows: &[Row]) -> Judgement {
    judge_counted(history, None, rows)
}

/// The same with what was counted of a history while its lines were taken.
pub(super) fn judge_counted(history: &History, tally: Option<Tally>, rows: &[Row]) -> Judgement {
    let operations = guarded("the pairing of operations", || history.operations());
    let windows = guarded("the reading of fault windows", || history.windows());
    let client_windows = guarded("the reading of clients' faults", || {
        history.client_windows()
    });
    let nodes = guarded("the reading of nodes", || history.nodes());
    let views = guarded("the collection of partitions", || {
        view::collect(history, listed(&operations))
    });
    let claims = guarded("the collection of leaders' claims", || Claims::of(history));
    let probe = guarded("the reading of the produce probe", || Probe::of(history));
    let configuration = guarded("the reading of the configuration", || {
        Configuration::from(history, listed(&operations), listed(&windows))
    });
    let prepared = Prepared {
        history,
        operations: &operations,
        views: &views,
        windows: &windows,
        client_windows: &client_windows,
        claims: &claims,
        nodes: &nodes,
        probe: &probe,
        configuration: &configuration,
    };
    let elections = guarded("the search for elections", || {
        elections::elections(history, needed(&claims), listed(&windows))
    });
    let regimes = guarded("the reading of what may be asked for", || {
        Regimes::of(&prepared)
    });
    let tally = guarded("the counting of tries", || {
        let context = Context::of(&prepared, needed(&regimes));
        match tally {
            Some(tally) => tally.finish(&context),
            None => {
                let whole = history.settled().is_none();
                assert!(
                    whole,
                    "what is left of a history was given without its counts"
                );
                Tally::of(history, &context)
            }
        }
    });
    let gaps = guarded("the search for gaps", || {
        gaps::gaps(&prepared, needed(&regimes))
    });
    let effects = guarded("the measuring of faults' effects", || {
        effects::of(&prepared, listed(&elections))
    });
    let lanes = guarded("the drawing of lanes", || {
        lanes::lanes(history, needed(&claims), listed(&windows))
    });
    let contents = Contents::of(history);
    let ledger = guarded("the collection of transactions", || {
        Ledger::of(listed(&operations), contents.any())
    });
    let roster = guarded("the collection of groups", || {
        Roster::of(listed(&operations), contents.any())
    });
    let streams = guarded("the reading of what was consumed and produced", || {
        Streams::of(needed(&ledger), needed(&roster), listed(&views))
    });
    let mut failures: Vec<Failure> = [
        ledger.as_ref().err(),
        roster.as_ref().err(),
        streams.as_ref().err(),
        operations.as_ref().err(),
        windows.as_ref().err(),
        client_windows.as_ref().err(),
        nodes.as_ref().err(),
        views.as_ref().err(),
        claims.as_ref().err(),
        probe.as_ref().err(),
        configuration.as_ref().err(),
        elections.as_ref().err(),
        gaps.as_ref().err(),
        regimes.as_ref().err(),
        tally.as_ref().err(),
        effects.as_ref().err(),
        lanes.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    .cloned()
    .collect();
    // What needs a failed part failed with the same words.
    let mut known: Vec<Failure> = Vec::new();
    failures.retain(|failure| {
        let is_new = !known.contains(failure);
        known.extend(is_new.then(|| failure.clone()));
        is_new
    });
    let asked = rows.iter().filter(|row| contents.has(row.scope));
    let verdicts = asked.map(|row| {
        let check = Check {
            name: row.name,
            class: row.class,
            prepared,
            elections: &elections,
            gaps: &gaps,
            regimes: &regimes,
            tally: &tally,
            ledger: &ledger,
            roster: &roster,
            streams: &streams,
            failures: &failures,
        };
        verdict(row, &check)
    });
    let mut verdicts: Vec<Verdict> = verdicts.collect();
    // A history without events: if no check has said so itself, none of them may pass.
    let is_unknown = |event: &Event| matches!(event.what, What::Unknown);
    let is_open = |verdict: &Verdict| verdict.validity == Validity::Undecided;
    if history.events().iter().all(is_unknown) && !verdicts.iter().any(is_open) {
        for verdict in &mut verdicts {
            verdict.doubt(Doubt::NothingSeen {
                what: "events".to_owned(),
            });
        }
    }
    let effects = effects.unwrap_or_default().into_iter();
    let of_nodes = windows
        .iter()
        .flatten()
        .zip(effects.chain(std::iter::repeat(None)));
    let of_clients = client_windows.iter().flatten().map(|window| (window, None));
    let mut rows: Vec<WindowRow> = of_nodes
        .chain(of_clients)
        .map(|(window, effect)| window_row(window, effect))
        .collect();
    // Stable: those of nodes stay in the order of their lines.
    rows.sort_by_key(|row| row.called);
    Judgement {
        verdicts,
        windows: rows,
        elections: elections.unwrap_or_default(),
        gaps: gaps.unwrap_or_default(),
        lanes: lanes.unwrap_or_default(),
        configuration: configuration.ok(),
        unknown: history.unknown().clone(),
    }
}

/// What one check says.
fn verdict(row: &Row, check: &Check<'_>) -> Verdict {
    let failed = |verdict: &mut Verdict, failure: &Failure| {
        verdict.doubt(Doubt::CheckFailed {
            message: failure.to_string(),
        });
    };
    if check.history().settled().is_some() && !bounded::judges(row) {
        let mut verdict = check.verdict();
        verdict.doubt(Doubt::CheckFailed {
            message: "it needs the whole history, of which what is settled was forgotten"
                .to_owned(),
        });
        return verdict;
    }
    let judged = guarded("the check", || (row.judge)(check));
    let mut verdict = judged.unwrap_or_else(|failure| {
        let mut verdict = check.verdict();
        failed(&mut verdict, &failure);
        verdict
    });
    let named = guarded("the naming of faults", || name_faults(check, &mut verdict));
    if let Err(failure) = named {
        failed(&mut verdict, &failure);
    }
    shortage::excuse(check, &mut verdict);
    verdict
}

fn window_row(window: &Window, effect: Option<Effect>) -> WindowRow {
    WindowRow {
        id: window.id.clone(),
        name: window.kind.clone(),
        targets: window.targets.clone(),
        role: window.role.clone(),
        called: window.called,
        begun: window.begun,
        healed: window.healed,
        affects_leader: window.affects_leader,
        effect,
    }
}

/// Names in each anomaly the fault that the finding itself names, and those whose windows overlap its time: the time of its
/// operations where it has no other.
fn name_faults(check: &Check<'_>, verdict: &mut Verdict) {
    for anomaly in verdict.anomalies.iter_mut().chain(&mut verdict.tolerated) {
        let evidence = &mut anomaly.evidence;
        if evidence.window.is_none() {
            let of = |id: &u64| {
                let operations = check.operations();
                let at = operations.partition_point(|operation| operation.id < *id);
                let operation = operations.get(at)?;
                Some((
                    operation.called,
                    operation.returned().unwrap_or(operation.called),
                ))
            };
            let times: Vec<(Moment, Moment)> = evidence.operations.iter().filter_map(of).collect();
            let from = times.iter().map(|(called, _)| *called).min();
            let to = times.iter().map(|(_, returned)| *returned).max();
            evidence.window = from.zip(to);
        }
        let own = anomaly.kind.fault();
        let overlaps = |w: &Window| {
            let meets = |(from, to)| w.called <= to && from <= w.healed.unwrap_or(Moment::MAX);
            w.took_effect() && evidence.window.is_some_and(meets)
        };
        let windows = check.every_window();
        let named = windows.filter(|w| own == Some(&*w.id) || overlaps(w));
        evidence.faults = named.map(|w| w.id.clone()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::sabotage;
    use super::super::scope::Scope;
    use super::super::{TABLE, judge};
    use super::*;
    use crate::history::jsonl;
    use crate::verdict::{Class, Validity};

    /// A run of five nodes with an append, an answer of a probe, a fault and a produce probe.
    fn history() -> History {
        let text = include_str!("judging/small.jsonl");
        let parsed = jsonl::parse(text).expect("a history");
        assert_eq!(parsed.header.nodes.len(), 5);
        History::new(parsed.header, parsed.events)
    }

    /// Doubts of a check that failed.
    fn failures<'a>(judgement: &'a Judgement, check: &str) -> Vec<&'a str> {
        let verdict = judgement.verdict(check).expect("a check of the table");
        let message = |doubt: &'a Doubt| match doubt {
            Doubt::CheckFailed { message } => Some(message.as_str()),
            _ => None,
        };
        verdict.doubts.iter().filter_map(message).collect()
    }

    /// The checks that are asked of a history without groups and transactions.
    fn asked() -> Vec<&'static Row> {
        let rows = TABLE.iter();
        rows.filter(|row| matches!(row.scope, Scope::Every | Scope::Appends))
            .collect()
    }

    /// Each preparation, a check that needs it, and one that does not.
    #[test]
    fn a_preparation_that_panics_leaves_undecided_what_needs_it() {
        let history = history();
        assert!(
            asked()
                .iter()
                .all(|row| failures(&judge(&history), row.name).is_empty())
        );
        for (step, needs, does_not) in [
            (
                "the pairing of operations",
                "lost-write",
                "one-leader-per-epoch",
            ),
            (
                "the reading of fault windows",
                "recovery",
                "one-leader-per-epoch",
            ),
            ("the reading of nodes", "formation", "duplicate"),
            ("the collection of partitions", "lost-write", "terms-burned"),
            (
                "the collection of leaders' claims",
                "stale-leader",
                "duplicate",
            ),
            (
                "the reading of the produce probe",
                "availability",
                "duplicate",
            ),
            (
                "the reading of the configuration",
                "lost-write",
                "availability",
            ),
            (
                "the search for elections",
                "unexplained-election",
                "stale-leader",
            ),
            (
                "the search for gaps",
                "availability",
                "unexplained-election",
            ),
            (
                "the measuring of faults' effects",
                "coverage",
                "availability",
            ),
            ("the drawing of lanes", "coverage", "availability"),
        ] {
            let judgement = sabotage::of(step, || judge(&history));
            let expected = format!("{step} panicked: sabotaged");
            for check in [needs, "coverage"] {
                assert_eq!(
                    failures(&judgement, check),
                    [expected.as_str()],
                    "{step}: {check}"
                );
                let verdict = judgement.verdict(check).expect("a check of the table");
                assert_eq!(verdict.validity, Validity::Undecided, "{step}: {check}");
            }
            assert!(
                failures(&judgement, does_not).is_empty(),
                "{step}: {does_not}"
            );
            assert_eq!(judgement.verdicts.len(), asked().len(), "{step}");
            assert_ne!(judgement.validity(), Validity::Valid, "{step}");
        }
    }

    #[test]
    fn a_check_that_panics_is_undecided_with_its_message() {
        let row = |judge| Row::new("mine", Class::Leadership, "nothing", "us", judge);
        let says = |judge: fn(&Check<'_>) -> Verdict| {
            let judgement = judge_with(&history(), &[row(judge)]);
            let verdict = judgement.verdict("mine").expect("it ran").clone();
            assert_eq!(verdict.class, Class::Leadership);
            (verdict.validity, failures(&judgement, "mine").concat())
        };
        let number = |_: &Check<'_>| panic!("number {}", 7);
        assert_eq!(
            says(number),
            (
                Validity::Undecided,
                "the check panicked: number 7".to_owned()
            )
        );
        let word = |_: &Check<'_>| panic!("a word");
        assert_eq!(says(word).1, "the check panicked: a word");
        let other = |_: &Check<'_>| std::panic::panic_any(7);
        assert_eq!(says(other).1, "the check panicked: without a message");
        assert_eq!(says(|check| check.verdict()).0, Validity::Valid);
    }
}
