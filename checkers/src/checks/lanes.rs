//! What each node believed over time, for drawing.

use super::claims::Claims;
use crate::history::{History, Moment, NodeName, Seen, Window};
use crate::judgement::{LeadSpan, NodeLane, Span};

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
        let mut answer: Option<(u64, Option<i32>, u64, Moment)> = None;
        let mut answers: Vec<(Moment, Option<i32>, u64)> = Vec::new();
        for row in claims.rows.iter().filter(|row| row.node == node) {
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
                .is_some_and(|span| seats > 0 && span.epoch == epoch && !stopped(span.to, at));
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
