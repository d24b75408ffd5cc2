//! What the leadership checks look at: claims and beliefs from Metadata answers, epochs from DescribeQuorum, the
//! elections they show, and what explains each.
//!
//! A node's *belief* is its own Metadata answer; its *claim* is naming itself. DescribeQuorum may be forwarded, so it
//! shows the quorum's epoch and never a node's belief.

use std::collections::BTreeMap;

use crate::history::{History, Moment, NodeName, Phase, Seen, Window};
use crate::judgement::{Election, Explanation, LeadSpan, NodeLane, Seat, Span};

/// Nanoseconds in a millisecond.
pub(crate) const MS: Moment = 1_000_000;

/// A row of a Metadata answer.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: u64,
    pub(crate) node: NodeName,
    pub(crate) called: Moment,
    pub(crate) returned: Moment,
    pub(crate) seat: (String, i32),
    pub(crate) leader: Option<NodeName>,
    pub(crate) epoch: Option<i32>,
}

impl Row {
    /// Whether the node names itself.
    pub(crate) fn is_claim(&self) -> bool {
        self.leader.as_ref() == Some(&self.node)
    }
}

/// Every row of every Metadata answer, in the order of the answers.
pub(crate) fn rows(history: &History) -> Vec<Row> {
    let mut rows = Vec::new();
    for observed in history.observations().filter(|o| o.observation.answered) {
        let Seen::Metadata { partitions, .. } = &observed.observation.seen else {
            continue;
        };
        for row in partitions {
            rows.push(Row {
                id: observed.id,
                node: observed.observation.node.clone(),
                called: observed.observation.called,
                returned: observed.at,
                seat: (row.topic().to_owned(), row.partition()),
                leader: row.leader().and_then(|id| history.node_of(id)),
                epoch: row.epoch(),
            });
        }
    }
    rows
}

/// How long after a heal what it set in motion may still show: two election time-outs and the probes' own pace.
pub(crate) fn margin(history: &History) -> Moment {
    (2 * history.limits().election_timeout_ms + 500) * MS
}

/// The window that explains a change of leadership seen at `at`: one that affects the leader, or whose target had lost
/// its role to the leader in between.
pub(crate) fn explaining<'a>(
    windows: &'a [Window],
    history: &History,
    at: Moment,
) -> Option<&'a Window> {
    let margin = margin(history);
    windows
        .iter()
        .filter(|w| {
            !w.skipped && (w.affects_leader || !w.role_held || w.breaks_majority(&history.nodes()))
        })
        .filter(|w| w.called <= at && at <= w.end(margin))
        .max_by_key(|w| w.called)
}

/// Every epoch in which some node claimed to lead, in ascending order, with what explains its beginning.
pub(crate) fn elections(history: &History, rows: &[Row], windows: &[Window]) -> Vec<Election> {
    // Epoch of a leader by its first claim; seats that change together are one row.
    let mut first: BTreeMap<i32, (&Row, u64)> = BTreeMap::new();
    let mut last_claim: BTreeMap<i32, Moment> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_claim()) {
        let Some(epoch) = row.epoch else { continue };
        first
            .entry(epoch)
            .and_modify(|(_, seats)| *seats += 1)
            .or_insert((row, 1));
        last_claim.insert(epoch, row.returned);
    }
    let formed = history.phase(Phase::Load).unwrap_or(0);
    let mut elections: Vec<Election> = Vec::new();
    let mut before: Option<(i32, &Row)> = None;
    for (epoch, (row, _)) in &first {
        let old_seen = before.and_then(|(old, _)| last_claim.get(&old).copied());
        let explained = if before.is_none() || row.returned <= formed {
            Explanation::Formation
        } else {
            explanation(
                history,
                windows,
                old_seen.unwrap_or(row.called).min(row.called),
                row.returned,
            )
        };
        let seats = rows
            .iter()
            .filter(|other| other.id == row.id && other.epoch == Some(*epoch) && other.is_claim())
            .count();
        elections.push(Election {
            seat: Seat::Partition {
                topic: row.seat.0.clone(),
                partition: row.seat.1,
            },
            seats: seats as u64,
            at: row.returned,
            old_leader: before.and_then(|(_, old)| old.leader.clone()),
            old_epoch: before.map(|(old, _)| old),
            new_leader: row.leader.clone(),
            new_epoch: Some(*epoch),
            leaderless_ms: old_seen.map_or(0, |seen| row.returned.saturating_sub(seen) / MS),
            explained,
        });
        before = Some((*epoch, row));
    }
    elections
}

/// What explains a change between `from` and `to`.
pub(crate) fn explanation(
    history: &History,
    windows: &[Window],
    from: Moment,
    to: Moment,
) -> Explanation {
    if let Some(window) = explaining(windows, history, to) {
        return Explanation::Fault {
            id: window.id.clone(),
        };
    }
    let recent = from.saturating_sub(margin(history));
    let exit = history
        .happenings()
        .find(|(_, at, h)| !h.expected && (recent..=to).contains(at));
    if let Some((_, _, happening)) = exit {
        return Explanation::Restart {
            node: happening.node.clone(),
        };
    }
    match history.starved(recent, to) {
        Some((who, _, by_ms)) => Explanation::Starved { who, by_ms },
        None => Explanation::Unexplained,
    }
}

/// What each node believed over time, for drawing.
pub(crate) fn lanes(history: &History, rows: &[Row], windows: &[Window]) -> Vec<NodeLane> {
    let lane = |node: NodeName| {
        let mut leading: Vec<LeadSpan> = Vec::new();
        let mut answer: Option<(u64, Option<i32>, u64, Moment)> = None;
        let mut answers: Vec<(Moment, Option<i32>, u64)> = Vec::new();
        for row in rows.iter().filter(|row| row.node == node) {
            if answer.is_none_or(|(id, ..)| id != row.id) {
                answers.extend(answer.map(|(_, epoch, seats, at)| (at, epoch, seats)));
                answer = Some((row.id, None, 0, row.returned));
            }
            if let Some(current) = answer.as_mut().filter(|_| row.is_claim()) {
                current.1 = current.1.max(row.epoch);
                current.2 += 1;
            }
        }
        answers.extend(answer.map(|(_, epoch, seats, at)| (at, epoch, seats)));
        let mut open: Option<LeadSpan> = None;
        for (at, epoch, seats) in answers {
            let goes_on = open
                .as_ref()
                .is_some_and(|span| seats > 0 && span.epoch == epoch);
            if !goes_on {
                leading.extend(open.take());
                if seats > 0 {
                    open = Some(LeadSpan {
                        from: at,
                        to: at,
                        epoch,
                        seats,
                    });
                }
            }
            if let Some(span) = &mut open {
                span.to = at;
                span.seats = span.seats.max(seats);
            }
        }
        leading.extend(open);
        let down = windows
            .iter()
            .filter(|window| window.took_effect() && window.stops(&node))
            .map(|window| Span {
                from: window.called,
                to: window.healed.unwrap_or(history.end()),
            })
            .collect();
        NodeLane {
            silent: silences(history, &node),
            leading,
            down,
            node,
        }
    };
    history.nodes().into_iter().map(lane).collect()
}

fn silences(history: &History, node: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut silent = false;
    for observed in history.observations() {
        let about = observed.observation;
        if about.node != node || !matches!(about.seen, Seen::Metadata { .. }) {
            continue;
        }
        if about.answered {
            silent = false;
        } else if silent {
            if let Some(span) = spans.last_mut() {
                span.to = observed.at;
            }
        } else {
            silent = true;
            spans.push(Span {
                from: about.called,
                to: observed.at,
            });
        }
    }
    spans
}
