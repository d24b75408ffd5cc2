//! What each node believed over time, for drawing.

use super::claims::Claims;
use crate::history::{History, Moment, NodeName, Seen, Window};
use crate::judgement::{LeadSpan, NodeLane, Span};

/// An answer of a node about leaders.
struct Answer {
    called: Moment,
    returned: Moment,
    epoch: Option<i32>,
    /// How many seats it claims itself, and the highest epoch of these.
    seats: u64,
}

/// What each node believed over time, for drawing.
pub(super) fn lanes(history: &History, claims: &Claims<'_>, windows: &[Window]) -> Vec<NodeLane> {
    let lane = |node: NodeName| {
        let down: Vec<Span> = windows
            .iter()
            .filter(|window| window.took_effect() && window.stops(&node))
            .map(|window| Span {
                from: window.called,
                to: window.healed.unwrap_or(history.end()),
            })
            .collect();
        // A node that is stopped claims nothing until it runs again.
        let stopped = |from, to| down.iter().any(|span| from <= span.from && span.from <= to);
        let mut leading: Vec<LeadSpan> = Vec::new();
        // Each answer: when it was asked for and given, the epoch, and how many seats it claims.
        let mut answer: Option<(u64, Answer)> = None;
        let mut answers: Vec<Answer> = Vec::new();
        for row in claims.rows.iter().filter(|row| row.node == node) {
            if answer.as_ref().is_none_or(|(id, _)| *id != row.id) {
                let fresh = Answer {
                    called: row.called,
                    returned: row.returned,
                    epoch: None,
                    seats: 0,
                };
                answers.extend(answer.replace((row.id, fresh)).map(|(_, answer)| answer));
            }
            if let Some((_, current)) = answer.as_mut().filter(|_| row.is_claim()) {
                current.epoch = current.epoch.max(row.epoch);
                current.seats += 1;
            }
        }
        answers.extend(answer.map(|(_, answer)| answer));
        let mut open: Option<LeadSpan> = None;
        for answer in answers {
            let Answer { epoch, seats, .. } = answer;
            let goes_on = open.as_ref().is_some_and(|span| {
                seats > 0 && span.epoch == epoch && !stopped(span.to, answer.returned)
            });
            if !goes_on {
                leading.extend(open.take());
                if seats > 0 {
                    open = Some(LeadSpan {
                        from: answer.returned,
                        to: answer.returned,
                        epoch,
                        seats,
                    });
                }
            }
            if let Some(span) = &mut open {
                // It surely still led when it was asked.
                span.to = span.from.max(answer.called);
                span.seats = span.seats.max(seats);
            }
        }
        leading.extend(open);
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
