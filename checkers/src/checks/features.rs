//! `finalized-features`: which release's formats and protocols are in use is the same on all nodes, changes only when an
//! upgrade is made final, and is then what the target states.
//!
//! A node states its finalized features in ApiVersions (KIP-584). A restart alone must not change them (KAFKA-20839), and
//! the command that makes an upgrade final must not change more than it was asked for (KAFKA-21426: a static quorum becomes
//! a dynamic one). A node may lag behind the others, so a difference is held to the limit of metadata, while no fault is
//! near. What a node said last counts until it says something else.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::claims::{MS, settle};
use super::stretches::{self, Since, Stretches};
use crate::history::{Moment, NodeName, Observed, Phase, Seen, StatedLevel, Window};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Unit, Verdict};

/// The name of the step that makes an upgrade final.
const FINALIZE: &str = "finalize";

/// Levels by the names of features.
type Levels = BTreeMap<String, i16>;

/// Of a feature that is absent.
fn level(levels: &Levels, feature: &str) -> i16 {
    levels.get(feature).copied().unwrap_or(0)
}

/// Levels that all nodes stated, with the answers between which they did.
struct Agreed<'a> {
    levels: &'a Levels,
    /// The line by which all of them did, and when it was asked for and came.
    line: u64,
    called: Moment,
    from: Moment,
    /// When the last answer came that said the same.
    until: Moment,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let history = check.history();
    let from = history.phase(Phase::Load).unwrap_or(Moment::MAX);
    let done = history.phase(Phase::Done).unwrap_or(Moment::MAX);
    let limit_ms = history.limits().metadata_ms;
    let mut stretches: Stretches<String> = Stretches::new(limit_ms);
    let mut said: BTreeMap<&str, &Levels> = BTreeMap::new();
    let mut names: BTreeSet<&String> = BTreeSet::new();
    let mut agreed: Vec<Agreed<'_>> = Vec::new();
    let mut judged = 0;
    for observed in history.observations() {
        let about = observed.observation;
        let Seen::Features { finalized } = &about.seen else {
            continue;
        };
        // While a cluster forms, its features are being decided.
        if !about.answered || about.called < from || about.called > done {
            continue;
        }
        judged += u64::from(!finalized.is_empty());
        said.insert(&about.node, finalized);
        names.extend(finalized.keys());
        let near = faulty(check, observed);
        let differ: Vec<&String> = names
            .iter()
            .copied()
            .filter(|feature| !same(&said, feature))
            .collect();
        for feature in &names {
            if near || !differ.contains(feature) {
                stretches.end(feature);
            } else if let Some(since) = stretches.goes_on((*feature).clone(), &observed)
                && since.is_news
            {
                differs(check, &said, feature, (since, observed), &mut verdict);
            }
        }
        if differ.is_empty() && said.len() == check.nodes().len() {
            agree(&mut agreed, finalized, observed);
        }
    }
    verdict.figure(
        "features_differ_ms_max",
        stretches.longest_ms(),
        Some(limit_ms),
        Unit::Milliseconds,
    );
    verdict.saw("answers about features", judged);
    if judged == 0 {
        let what = "nodes that state finalized features".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    changed(check, &agreed, &mut verdict);
    stated(check, &agreed, &mut verdict);
    verdict
}

/// Whether all nodes that said anything state the same level.
fn same(said: &BTreeMap<&str, &Levels>, feature: &str) -> bool {
    let mut levels = said.values().map(|levels| level(levels, feature));
    let first = levels.next();
    levels.all(|level| Some(level) == first)
}

/// All nodes state these levels, by this answer.
fn agree<'a>(agreed: &mut Vec<Agreed<'a>>, levels: &'a Levels, by: Observed<'_>) {
    match agreed.last_mut() {
        Some(last) if last.levels == levels => last.until = by.at,
        _ => agreed.push(Agreed {
            levels,
            line: by.id,
            called: by.observation.called,
            from: by.at,
            until: by.at,
        }),
    }
}

/// Whether a fault is near: a node that was away has to catch up.
fn faulty(check: &Check<'_>, observed: Observed<'_>) -> bool {
    let limits = check.history().limits();
    let back = limits.recovery_ms.max(limits.metadata_ms);
    let (from, to) = (observed.observation.called, observed.at);
    check.windows().iter().any(|window| {
        let settle = settle(check.history(), window, back.saturating_mul(MS));
        !window.skipped && window.overlaps(from, to, settle)
    })
}

fn differs(
    check: &Check<'_>,
    said: &BTreeMap<&str, &Levels>,
    feature: &str,
    (since, observed): (Since, Observed<'_>),
    verdict: &mut Verdict,
) {
    let of_node = |(node, levels): (&&str, &&Levels)| ((*node).to_owned(), level(levels, feature));
    let levels: Vec<(NodeName, i16)> = said.iter().map(of_node).collect();
    let evidence = Evidence {
        nodes: levels.iter().map(|(node, _)| node.clone()).collect(),
        ..stretches::evidence(Some(since), &observed)
    };
    let finding = Finding::FeatureDiffers {
        feature: feature.to_owned(),
        levels,
        length_ms: since.length_ms,
        limit_ms: check.history().limits().metadata_ms,
    };
    check.unless_starved(finding, evidence, since.from, observed.at, verdict);
}

/// The steps that made an upgrade final, or may have.
fn finals<'c>(check: &Check<'c>) -> impl Iterator<Item = &'c Window> {
    let windows = check.windows().iter();
    windows.filter(|window| !window.skipped && window.kind == FINALIZE)
}

/// Whether a step explains that all nodes went over from one set of levels to another.
fn explains(check: &Check<'_>, window: &Window, before: &Agreed<'_>, after: &Agreed<'_>) -> bool {
    let lag = check.history().limits().metadata_ms.saturating_mul(MS);
    window.overlaps(before.until, after.from, lag)
}

/// Levels that changed although nothing was made final.
fn changed(check: &Check<'_>, agreed: &[Agreed<'_>], verdict: &mut Verdict) {
    for pair in agreed.windows(2) {
        let [before, after] = pair else { continue };
        if finals(check).any(|window| explains(check, window, before, after)) {
            continue;
        }
        let names: BTreeSet<&String> = before.levels.keys().chain(after.levels.keys()).collect();
        for feature in names {
            let (old, new) = (level(before.levels, feature), level(after.levels, feature));
            if old == new {
                continue;
            }
            verdict.found(Anomaly {
                kind: Finding::FeatureChanged {
                    feature: feature.clone(),
                    before: old,
                    after: new,
                },
                certain: true,
                evidence: between(check, before, after),
            });
        }
    }
}

/// What is not as the target states it, after each step that made an upgrade final.
fn stated(check: &Check<'_>, agreed: &[Agreed<'_>], verdict: &mut Verdict) {
    let wanted = &check.history().header().features;
    let lag = check.history().limits().metadata_ms.saturating_mul(MS);
    for window in finals(check).filter(|_| !wanted.is_empty()) {
        let Some(begun) = window.begun else { continue };
        let before = agreed.iter().rfind(|set| set.from <= window.called);
        // The nodes agree before the step counts as done. Another answer shows that it stays so.
        let after = agreed.iter().rfind(|set| set.from <= window.end(lag));
        let (Some(before), Some(after)) = (before, after.filter(|set| set.until > begun)) else {
            let what = format!(
                "answers of all nodes about features, before and after {}",
                window.id
            );
            verdict.doubt(Doubt::NothingSeen { what });
            continue;
        };
        for (feature, want) in wanted {
            let (old, new) = (level(before.levels, feature), level(after.levels, feature));
            let (stated, kept) = match want {
                StatedLevel::Kept => (old, true),
                StatedLevel::Level(level) => (*level, false),
            };
            if new == stated {
                continue;
            }
            let evidence = Evidence {
                window: Some((window.called, after.from.max(begun))),
                ..between(check, before, after)
            };
            verdict.found(Anomaly {
                kind: Finding::FeatureNotAsStated {
                    feature: feature.clone(),
                    before: old,
                    after: new,
                    stated,
                    kept,
                },
                certain: true,
                evidence,
            });
        }
    }
}

/// Both sets of levels as evidence.
fn between(check: &Check<'_>, before: &Agreed<'_>, after: &Agreed<'_>) -> Evidence {
    let mut events = vec![before.line, after.line];
    events.dedup();
    Evidence {
        events,
        nodes: check.nodes().to_vec(),
        window: Some((before.until.min(after.called), after.from)),
        ..Evidence::default()
    }
}
