//! Which time ranges of a run get a timeline, and what each contains: `tl1` is the first, `tl1-f2` the mark
//! of card `f2` on it, `tl1-o18820` the bar of operation 18820.
//!
//! Cards are taken worst first. A failure within an existing time range shares that timeline.

use std::collections::BTreeSet;

use crate::axis::Axis;
use crate::findings::Card;
use crate::limits::{EXCERPTS_MAX, INSTANCES_PER_KIND_MAX, MINI_TIMELINE_HALF_NS};
use crate::model::{Excerpt, Operation, ScenarioReport, span};

/// One time range to draw.
#[derive(Clone, Debug)]
pub(crate) struct Timeline<'a> {
    /// `tl1`.
    pub(crate) id: String,
    /// Of which scenario.
    pub(crate) scenario: &'a ScenarioReport,
    /// From when to when.
    pub(crate) axis: Axis,
    /// The failures in it.
    pub(crate) marks: Vec<Mark>,
    /// The operations in it, in the order of their calls.
    pub(crate) operations: Vec<&'a Operation>,
    /// Those of them that prove a failure.
    pub(crate) implicated: BTreeSet<u64>,
    /// What else ran then, if that was recorded.
    pub(crate) excerpt: Option<&'a Excerpt>,
}

/// A failure on a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The instance: `f1`, `f1-2`.
    pub(crate) instance: String,
    /// Its title.
    pub(crate) title: String,
    /// Its begin.
    pub(crate) from_ns: u64,
    /// Its end.
    pub(crate) to_ns: u64,
}

impl Timeline<'_> {
    /// The id of a failure's mark on it.
    pub(crate) fn mark_id(&self, instance: &str) -> Option<String> {
        let here = self.marks.iter().any(|m| m.instance == instance);
        here.then(|| format!("{}-{instance}", self.id))
    }

    /// The id of an operation's bar on it.
    pub(crate) fn operation_id(&self, op: u64) -> Option<String> {
        let here = self.operations.iter().any(|o| o.op == op);
        here.then(|| format!("{}-o{op}", self.id))
    }
}

/// The timelines of these cards.
pub(crate) fn timelines<'a>(cards: &[Card<'a>]) -> Vec<Timeline<'a>> {
    let mut all: Vec<Timeline<'a>> = Vec::new();
    for card in cards {
        for (index, anomaly) in card
            .anomalies
            .iter()
            .enumerate()
            .take(INSTANCES_PER_KIND_MAX)
        {
            let scenario = card.scenario;
            let Some((from_ns, to_ns)) = span(&scenario.operations, anomaly) else {
                continue;
            };
            let holds = |t: &Timeline<'_>| {
                std::ptr::eq(t.scenario, scenario)
                    && t.axis.begin_ns <= from_ns
                    && to_ns <= t.axis.end_ns
            };
            let place = match all.iter().position(holds) {
                Some(place) => place,
                None if index == 0 && all.len() < EXCERPTS_MAX => {
                    all.push(begin(all.len() + 1, scenario, from_ns, to_ns));
                    all.len() - 1
                }
                None => continue,
            };
            let title = crate::wording::words(anomaly).title;
            let instance = card.instance_id(index);
            all[place].marks.push(Mark {
                instance,
                title,
                from_ns,
                to_ns,
            });
            all[place].implicated.extend(&anomaly.evidence.operations);
        }
    }
    for timeline in &mut all {
        fill(timeline);
    }
    all
}

fn begin(number: usize, scenario: &ScenarioReport, from: u64, to: u64) -> Timeline<'_> {
    let holds = |e: &&Excerpt| e.begin_ns <= from && to <= e.end_ns;
    let excerpt = scenario.excerpts.iter().find(holds);
    let end = scenario.end_ns().max(to);
    let axis = match excerpt {
        Some(excerpt) => Axis::new(excerpt.begin_ns, excerpt.end_ns.min(end)),
        None => Axis::new(
            from.saturating_sub(MINI_TIMELINE_HALF_NS),
            to.saturating_add(MINI_TIMELINE_HALF_NS).min(end),
        ),
    };
    Timeline {
        id: format!("tl{number}"),
        scenario,
        axis,
        marks: Vec::new(),
        operations: Vec::new(),
        implicated: BTreeSet::new(),
        excerpt,
    }
}

/// The operations that ran then: those of the excerpt and those that prove something, each once.
fn fill(timeline: &mut Timeline<'_>) {
    let axis = timeline.axis;
    let shows = |o: &&Operation| axis.shows(o.called_ns, o.returned_ns.unwrap_or(axis.end_ns));
    let proving = timeline.scenario.operations.iter();
    let proving = proving
        .filter(|o| timeline.implicated.contains(&o.op))
        .filter(shows);
    let around = timeline
        .excerpt
        .iter()
        .flat_map(|e| &e.operations)
        .filter(shows);
    let mut operations: Vec<&Operation> = proving.chain(around).collect();
    operations.sort_by_key(|o| (o.called_ns, o.op));
    operations.dedup_by_key(|o| o.op);
    timeline.operations = operations;
}
