//! Every check, what it rules out, and on whose authority. [`judge`] runs them all on one history.
//!
//! A check is a pure function of a history. One that panics is *undecided* with the reason, never a pass and never the
//! end of the others.

mod availability;
mod claims;
mod content;
mod effects;
mod leaders;
mod log_order;
mod log_recency;
mod lost_write;
mod metadata_agreement;
mod phases;
mod poll_order;
mod replicas;
mod resource_growth;
mod table;
mod view;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::history::{History, Moment, Operation, Window};
use crate::judgement::{Effect, Judgement, WindowRow};
use crate::verdict::{Anomaly, Class, Doubt, Evidence, Finding, Verdict};
use claims::Row;
pub use table::{About, TABLE};
use view::{Place, View};

/// Acknowledged records that a partition needs before a check of its content can say *valid*.
pub const ACKNOWLEDGED_MIN: u64 = 100;

/// What all checks look at, prepared once.
pub(crate) struct Check<'a> {
    pub(crate) history: &'a History,
    pub(crate) operations: &'a [Operation<'a>],
    pub(crate) views: &'a BTreeMap<Place, View>,
    pub(crate) windows: &'a [Window],
    pub(crate) rows: &'a [Row],
}

impl Check<'_> {
    /// An empty verdict of this check.
    fn verdict(&self, name: &str) -> Verdict {
        let class = TABLE
            .iter()
            .find(|row| row.name == name)
            .map_or(Class::Safety, |row| row.class);
        Verdict::new(name, class)
    }

    /// Doubts a check of a partition's content that had too little to look at.
    fn enough(&self, place: &Place, view: &View, verdict: &mut Verdict) {
        let acknowledged = view.acknowledged().count() as u64;
        if acknowledged < ACKNOWLEDGED_MIN {
            let (topic, partition) = place.clone();
            let needed = ACKNOWLEDGED_MIN;
            verdict.doubt(Doubt::FewAcknowledged {
                topic,
                partition,
                acknowledged,
                needed,
            });
        }
    }

    /// Doubts a check that saw nothing of what it is about.
    fn saw_any(&self, count: u64, what: &str, verdict: &mut Verdict) {
        if count == 0 {
            verdict.doubt(Doubt::NothingSeen {
                what: what.to_owned(),
            });
        }
    }

    /// A finding held to a limit: undecided if the machine was starved at that time.
    fn unless_starved(
        &self,
        finding: Finding,
        evidence: Evidence,
        from: Moment,
        to: Moment,
        verdict: &mut Verdict,
    ) {
        match self.history.starved(from, to) {
            Some((who, at, by_ms)) => verdict.doubt(Doubt::Starved {
                finding: finding.name().to_owned(),
                who,
                at,
                by_ms,
                limit_ms: self.history.limits().election_timeout_ms / 2,
            }),
            None => verdict.found(Anomaly {
                kind: finding,
                certain: false,
                evidence,
            }),
        }
    }
}

/// Judges a history by every check.
pub fn judge(history: &History) -> Judgement {
    let operations = history.operations();
    let views = view::of(history, &operations);
    let windows = history.windows();
    let rows = claims::rows(history);
    let elections = claims::elections(history, &rows, &windows);
    let check = Check {
        history,
        operations: &operations,
        views: &views,
        windows: &windows,
        rows: &rows,
    };
    let gaps = availability::gaps(&check);
    let run = |about: &About| {
        let judged = catch_unwind(AssertUnwindSafe(|| match about.name {
            "log-order" => log_order::check(&check),
            "log-recency" => log_recency::check(&check),
            "lost-write" => lost_write::check(&check),
            "duplicate" => content::duplicate(&check),
            "inconsistent-offset" => content::inconsistent_offset(&check),
            "phantom-value" => content::phantom_value(&check),
            "failed-write-seen" => content::failed_write_seen(&check),
            "outcome-contradiction" => content::outcome_contradiction(&check),
            "poll-skip" => poll_order::poll_skip(&check),
            "nonmonotonic-poll" => poll_order::nonmonotonic_poll(&check),
            "send-order" => poll_order::send_order(&check),
            "replicas-agree" => replicas::agree(&check),
            "unseen" => replicas::unseen(&check),
            "metadata-agreement" => metadata_agreement::check(&check),
            "one-leader-per-epoch" => leaders::one_per_epoch(&check),
            "epochs-go-forward" => leaders::forward(&check),
            "coverage" => phases::coverage(&check),
            "formation" => phases::formation(&check),
            "unexplained-election" => leaders::unexplained(&check, &elections),
            "terms-burned" => leaders::terms(&check),
            "stale-leader" => leaders::stale(&check),
            "disagreement" => leaders::disagreement(&check),
            "recovery" => phases::recovery(&check),
            "node-responds" => availability::responds(&check),
            "unprovoked-exit" => phases::exits(&check),
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
    Judgement {
        verdicts: TABLE.iter().map(run).collect(),
        gaps: gaps.clone(),
        windows: windows
            .iter()
            .zip(effects::of(&check, &elections))
            .map(|(window, effect)| row(window, effect))
            .collect(),
        lanes: claims::lanes(history, &rows, &windows),
        elections: elections.clone(),
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
                    operation.returned.unwrap_or(operation.called),
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
