//! Every check, what it rules out, and on whose authority. [`judge`] runs them all on one history.
//!
//! A check is a pure function of a history. One that panics is *undecided* with the reason, never a pass and never the
//! end of the others.

mod availability;
mod away;
mod claims;
mod content;
mod effects;
mod elections;
mod epochs;
mod gaps;
mod lanes;
mod leaders;
mod linearizable_register;
mod log_order;
mod log_recency;
mod lost_write;
mod metadata_agreement;
mod nodes;
mod phases;
mod poll_order;
mod prepared;
mod register_uses;
mod replicas;
mod resource_growth;
mod send_order;
mod table;
mod unseen;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::history::{History, Moment, Window};
use crate::judgement::{Effect, Judgement, WindowRow};
use crate::promises::Configuration;
use crate::verdict::{Doubt, Verdict};
use claims::Claims;
use gaps::Probe;
use prepared::Check;
pub use table::{About, TABLE};

/// Acknowledged records that a partition needs before a check of its content can say *valid*.
pub const ACKNOWLEDGED_MIN: u64 = 100;

/// Judges a history by every check.
pub fn judge(history: &History) -> Judgement {
    let operations = history.operations();
    let views = view::collect(history, &operations);
    let windows = history.windows();
    let claims = Claims::of(history);
    let elections = elections::elections(history, &claims, &windows);
    let check = Check {
        history,
        operations: &operations,
        views: &views,
        windows: &windows,
        claims: &claims,
        nodes: &history.nodes(),
        probe: &Probe::of(history),
        configuration: Configuration::from(history, &operations, &windows),
    };
    let gaps = gaps::gaps(&check);
    let run = |about: &About| {
        let judged = catch_unwind(AssertUnwindSafe(|| match about.name {
            "log-order" => log_order::check(&check),
            "log-recency" => log_recency::check(&check),
            "linearizable-register" => linearizable_register::check(&check),
            "lost-write" => lost_write::check(&check),
            "duplicate" => content::duplicate(&check),
            "inconsistent-offset" => content::inconsistent_offset(&check),
            "phantom-value" => content::phantom_value(&check),
            "failed-write-seen" => content::failed_write_seen(&check),
            "outcome-contradiction" => content::outcome_contradiction(&check),
            "poll-skip" => poll_order::poll_skip(&check),
            "nonmonotonic-poll" => poll_order::nonmonotonic_poll(&check),
            "send-order" => send_order::check(&check),
            "replicas-agree" => replicas::agree(&check),
            "unseen" => unseen::check(&check),
            "metadata-agreement" => metadata_agreement::check(&check),
            "one-leader-per-epoch" => epochs::one_per_epoch(&check),
            "epochs-go-forward" => epochs::forward(&check),
            "coverage" => phases::coverage(&check),
            "formation" => phases::formation(&check),
            "unexplained-election" => elections::unexplained(&check, &elections),
            "terms-burned" => elections::terms(&check),
            "stale-leader" => leaders::stale(&check),
            "disagreement" => leaders::disagreement(&check),
            "recovery" => phases::recovery(&check),
            "node-responds" => nodes::responds(&check),
            "unprovoked-exit" => nodes::exits(&check),
            "resource-growth" => resource_growth::check(&check),
            "availability" => availability::availability(&check, &gaps),
            "served-after-heal" => availability::served(&check),
            other => unreachable!("{other} stands in the table of checks and is none"),
        }));
        let mut verdict = judged.unwrap_or_else(|_| {
            let mut verdict = Verdict::new(about.name, about.class);
            verdict.doubt(Doubt::CheckFailed {
                message: "it panicked: a bug of the check".to_owned(),
            });
            verdict
        });
        name_faults(&check, &mut verdict);
        verdict
    };
    let verdicts = TABLE.iter().map(run).collect();
    Judgement {
        verdicts,
        gaps,
        windows: windows
            .iter()
            .zip(effects::of(&check, &elections))
            .map(|(window, effect)| row(window, effect))
            .collect(),
        lanes: lanes::lanes(history, &claims, &windows),
        elections,
        configuration: Some(check.configuration),
    }
}

fn row(window: &Window, effect: Option<Effect>) -> WindowRow {
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

/// Says in each anomaly which faults' windows overlap its time: the time of its operations where it has no other.
fn name_faults(check: &Check<'_>, verdict: &mut Verdict) {
    for anomaly in verdict.anomalies.iter_mut().chain(&mut verdict.tolerated) {
        let evidence = &mut anomaly.evidence;
        if evidence.window.is_none() {
            let of = |id: &u64| {
                let at = check
                    .operations
                    .partition_point(|operation| operation.id < *id);
                let operation = check.operations.get(at)?;
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
        let Some((from, to)) = evidence.window else {
            continue;
        };
        evidence.faults = check
            .windows
            .iter()
            .filter(|w| {
                w.took_effect() && w.called <= to && from <= w.healed.unwrap_or(Moment::MAX)
            })
            .map(|w| w.id.clone())
            .collect();
    }
}
