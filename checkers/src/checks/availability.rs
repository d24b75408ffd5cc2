//! `availability` and `served-after-heal`: writes go on, or go on again in time, as the produce probe sees it; and
//! after the last heal everything is served again.

use super::Check;
use super::claims::{MS, remade, settle};
use super::view::evidence;
use crate::history::{Moment, Phase};
use crate::verdict::{Doubt, Evidence, Finding, GapScope, Unit, Verdict};

/// Gaps in acknowledgements against their limits.
pub(super) fn availability(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let gaps = check.gaps();
    let acknowledged = &check.probe().acknowledged;
    verdict.saw("acknowledged probe records", acknowledged.len() as u64);
    check.saw_in_run(
        check.probe().sent.len() as u64,
        "probe records",
        &mut verdict,
    );
    let limits = check.history().limits();
    let scopes = [
        (GapScope::FailOver, "fail_over_ms_max", limits.fail_over_ms),
        (
            GapScope::Unaffected,
            "gap_unaffected_ms_max",
            limits.gap_unaffected_ms,
        ),
        (
            GapScope::OutsideFaults,
            "gap_outside_faults_ms_max",
            limits.gap_outside_faults_ms,
        ),
    ];
    for (scope, name, limit) in scopes {
        let of_scope = gaps.iter().filter(|gap| gap.scope == scope);
        let longest = of_scope.map(|gap| gap.length_ms).max().unwrap_or(0);
        verdict.figure(name, longest, Some(limit), Unit::Milliseconds);
    }
    if check.probe().sent.is_empty() {
        return verdict;
    }
    let last = acknowledged.last().map_or(0, |last| last.at);
    for gap in gaps.iter().filter(|gap| gap.length_ms > gap.limit_ms) {
        let finding = Finding::Gap {
            scope: gap.scope,
            from: gap.from,
            to: gap.to,
            length_ms: gap.length_ms,
            limit_ms: gap.limit_ms,
            ended: gap.to <= last,
        };
        check.unless_starved(
            finding,
            during(gap.from, gap.to),
            gap.from,
            gap.to,
            &mut verdict,
        );
    }
    verdict
}

fn during(from: Moment, to: Moment) -> Evidence {
    Evidence {
        window: Some((from, to)),
        ..Evidence::default()
    }
}

/// Every partition that was loaded acknowledges an append that was called after the last heal. One that does not is a
/// finding as soon as an append was called after the time that a fail-over may take, and undecided before that. One that
/// nobody asked is undecided, too, where there was something to heal: it may refuse every write since then.
fn each_partition(check: &Check<'_>, (healed, settle): (Moment, Moment), verdict: &mut Verdict) {
    let remade = remade(check.history());
    let was_healed = check.windows().iter().any(|window| window.took_effect());
    let limits = check.history().limits();
    let long_enough = healed
        .saturating_add(limits.fail_over_ms.saturating_mul(MS))
        .saturating_add(settle);
    let end = check.history().end();
    let tally = check.tally();
    for view in check.views() {
        let place = tally.names.find(view.place);
        let Some(tried) = place.and_then(|place| tally.appends.since(place, healed)) else {
            let was_loaded = place.is_some_and(|place| tally.appends.never(place).tries > 0);
            if was_loaded && was_healed && !remade.contains_key(view.place.0) {
                verdict.doubt(Doubt::NothingSeen {
                    what: format!(
                        "appends to {}/{} after the last heal",
                        view.place.0, view.place.1
                    ),
                });
            }
            continue;
        };
        if tried.served {
            continue;
        }
        let last_called = tried.last_called;
        if last_called < long_enough {
            verdict.doubt(Doubt::NothingSeen {
                what: format!(
                    "acknowledged appends to {}/{} after the last heal",
                    view.place.0, view.place.1
                ),
            });
            continue;
        }
        let finding = Finding::NotServed {
            what: "appends".to_owned(),
            waited_ms: last_called.saturating_sub(healed) / MS,
        };
        let evidence = Evidence {
            window: Some((healed, end)),
            ..evidence(view.place, &[tried.first, tried.last], &[])
        };
        check.unless_starved(finding, evidence, healed, end, verdict);
    }
}

/// After the last heal, appends are acknowledged within the limit of recovery, and partitions can be read.
pub(super) fn served(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let Some(recovery) = check.history().phase(Phase::Recovery) else {
        verdict.doubt(Doubt::NothingSeen {
            what: "recovery phases".to_owned(),
        });
        return verdict;
    };
    let windows = check.windows().iter().filter(|window| window.took_effect());
    let healed = windows
        .clone()
        .filter_map(|w| w.healed)
        .max()
        .unwrap_or(recovery);
    let longest = windows
        .map(|w| settle(check.history(), w, 0))
        .max()
        .unwrap_or(0);
    let limit_ms = check
        .history()
        .limits()
        .recovery_ms
        .saturating_add(longest / MS);
    let end = check.history().end();
    let asked = check.probe().sent.partition_point(|sent| *sent < healed);
    let asked = check.probe().sent.len().saturating_sub(asked) as u64;
    let first = check.probe().first_after(healed);
    let to = first.unwrap_or(end);
    let waited_ms = to.saturating_sub(healed) / MS;
    verdict.saw("probe records sent after the last heal", asked);
    verdict.figure(
        "served_again_ms",
        waited_ms,
        Some(limit_ms),
        Unit::Milliseconds,
    );
    let done = check.history().phase(Phase::Done).is_some();
    let not_served = |what: &str, waited_ms| Finding::NotServed {
        what: what.to_owned(),
        waited_ms,
    };
    let nothing = |what: &str| Doubt::NothingSeen {
        what: what.to_owned(),
    };
    if asked == 0 {
        verdict.doubt(nothing("appends after the last heal"));
    } else if waited_ms > limit_ms || (first.is_none() && done) {
        let finding = not_served("appends", waited_ms);
        check.unless_starved(finding, during(healed, to), healed, to, &mut verdict);
    } else if first.is_none() {
        verdict.doubt(nothing("appends after the last heal"));
    }
    each_partition(check, (healed, longest), &mut verdict);
    let reads: usize = check.views().iter().map(|view| view.covered.len()).sum();
    let reads = reads + check.ledger().logs.len();
    verdict.saw("final reads", reads as u64);
    let tried = check
        .views()
        .iter()
        .any(|view| !view.sends.is_empty() || view.settled.records > 0);
    if reads == 0 && done && tried {
        let finding = not_served("reads", end.saturating_sub(healed) / MS);
        check.unless_starved(finding, during(healed, end), healed, end, &mut verdict);
    } else if reads == 0 {
        verdict.doubt(nothing("final reads"));
    }
    verdict
}
