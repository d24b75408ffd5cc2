//! `node-responds` and `unprovoked-exit`: nodes that do not answer though nothing is wrong with them, and processes
//! that end unasked.

use super::Check;
use super::away;
use super::claims::{MS, margin};
use super::disks;
use super::unrest::explains;
use crate::history::{Moment, NodeHappening, NodeName, Phase, Seen, Window};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Unit, Verdict};

/// Unanswered probes of one node in a row.
struct Silence {
    from: Moment,
    first: u64,
    to: Moment,
    last: u64,
    error: Option<String>,
    came_back: bool,
}

/// A node that is neither stopped, killed, hidden from the clients nor starved answers within the limit.
pub(super) fn responds(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let limit_ms = check.history().limits().response_ms;
    let (mut longest, mut seen) = (0, check.claims().settled.metadata);
    for node in check.nodes() {
        let (silences, probes) = silences(check, node);
        seen += probes;
        for silence in silences {
            let length_ms = silence.to.saturating_sub(silence.from) / MS;
            longest = longest.max(length_ms);
            if length_ms <= limit_ms {
                continue;
            }
            let finding = Finding::NodeSilent {
                node: node.clone(),
                length_ms,
                limit_ms,
                error: silence.error,
                came_back: silence.came_back,
            };
            let evidence = Evidence {
                events: vec![silence.first, silence.last],
                nodes: vec![node.clone()],
                window: Some((silence.from, silence.to)),
                ..Evidence::default()
            };
            let excess_ms = length_ms.saturating_sub(limit_ms);
            let stretch = (silence.from, silence.to);
            check.unless_starved_by(excess_ms, finding, evidence, stretch, &mut verdict);
        }
    }
    verdict.figure(
        "silence_ms_max",
        longest,
        Some(limit_ms),
        Unit::Milliseconds,
    );
    check.saw_in_run(seen, "probes of nodes", &mut verdict);
    verdict
}

fn silences(check: &Check<'_>, node: &NodeName) -> (Vec<Silence>, u64) {
    let mut silences: Vec<Silence> = Vec::new();
    let (mut open, mut seen) = (false, 0);
    let mut answered = None;
    for observed in check.history().observations() {
        let about = observed.observation;
        if about.node != *node || !matches!(about.seen, Seen::Metadata { .. }) {
            continue;
        }
        seen += 1;
        if about.answered {
            answered = Some(observed.at);
        }
        if about.answered || excused(check, node, answered, (about.called, observed.at)) {
            if let Some(last) = silences.last_mut() {
                last.came_back |= about.answered;
            }
            open = false;
            continue;
        }
        match silences.last_mut().filter(|_| open) {
            Some(silence) => {
                (silence.to, silence.last) = (observed.at, observed.id);
                silence.error = about.error.as_deref().map(str::to_owned);
            }
            None => silences.push(Silence {
                from: about.called,
                first: observed.id,
                to: observed.at,
                last: observed.id,
                error: about.error.as_deref().map(str::to_owned),
                came_back: false,
            }),
        }
        open = true;
    }
    (silences, seen)
}

/// Whether a node that answered last at `answered` may be silent in a stretch.
fn excused(
    check: &Check<'_>,
    node: &NodeName,
    answered: Option<Moment>,
    (from, to): (Moment, Moment),
) -> bool {
    let limits = check.history().limits();
    let done = check.history().phase(Phase::Done);
    // After a heal the probe itself has to time out and dial again.
    let settle = limits.response_ms.saturating_mul(MS);
    let faulty = check.windows().iter().any(|window| {
        (window.stops(node) || window.hides(node)) && window.overlaps(from, to, settle)
    });
    if faulty || done.is_some_and(|done| to >= done) {
        return true;
    }
    // Between an end of the process and its next start, and while that start forms. The first start has formed when the
    // load begins: a node that had answered before and was silent from then on was excused for as long as it may start.
    let load = check.history().phase(Phase::Load);
    let has_formed = |started: Moment| {
        let under_load = |load: Moment| started < load && load <= from;
        load.is_some_and(under_load) && answered.is_some_and(|answered| answered >= started)
    };
    let mut down_since: Option<Moment> = Some(0);
    let happenings = check
        .history()
        .happenings()
        .filter(|(_, _, h)| h.node == *node);
    for (_, at, happening) in happenings {
        match happening.what {
            NodeHappening::Exited => down_since = Some(at),
            NodeHappening::Started => {
                let down = down_since.take().unwrap_or(at);
                let begins = match answered {
                    Some(answered) if answered >= at => at,
                    _ => away::majority_from(check.prepared(), node, at),
                };
                if down <= to
                    && !has_formed(at)
                    && from <= begins.saturating_add(limits.formation_ms.saturating_mul(MS))
                {
                    return true;
                }
            }
            NodeHappening::Unknown => {}
        }
    }
    down_since.is_some_and(|since| since <= to && since > 0)
}

/// A process ended though nobody asked for it, nor did its disk fail in a way for which the target states that it ends. Where
/// its clock was further off than the target tolerates, that is reported, and violates nothing.
pub(super) fn exits(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut seen = 0;
    for (id, at, happening) in check.history().happenings() {
        seen += 1;
        let failed = || disks::explains_end(check, &happening.node, at);
        if happening.what == NodeHappening::Exited && !happening.expected && !failed() {
            let node = happening.node.clone();
            let by_clock = |window: &&Window| {
                let history = check.history();
                let meanwhile = window.overlaps(at, at, margin(history));
                window.moves_clocks()
                    && meanwhile
                    && window.touches(&node)
                    && explains(check.prepared(), window)
            };
            let anomaly = Anomaly {
                kind: Finding::UnprovokedExit {
                    node: node.clone(),
                    status: happening.status.clone(),
                },
                certain: true,
                evidence: Evidence {
                    events: vec![id],
                    nodes: vec![node.clone()],
                    window: Some((at, at)),
                    ..Evidence::default()
                },
            };
            match check.windows().iter().any(|window| by_clock(&window)) {
                true => verdict.tolerate(anomaly),
                false => verdict.found(anomaly),
            }
        }
    }
    verdict.saw("starts and ends of processes", seen);
    if seen == 0 {
        verdict.not_applicable(Doubt::NotInRun {
            what: "processes".to_owned(),
        });
    }
    verdict
}
