//! Lies in DescribeQuorum answers: other leaders, terms and voters.

use super::metadata::observed;
use super::{NODES, ONE_NODE};
use crate::history::{Seen, What};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Expected, Lie, Line};

const fn row(
    field: &'static str,
    change: &'static str,
    edit: fn(&mut Draft<'_, '_>, usize) -> bool,
) -> Lie {
    Lie::new(Line::Quorum, field, change, edit).over(NODES)
}

const UNASKED: &str = "no client needs DescribeQuorum, and a node without an answer states nothing";
const UNSERVED: Expected = Red(&["request-liveness"]);
const SHAPE: &[&str] = &["cluster-shape"];

pub(super) const ROWS: &[Lie] = &[
    row("answered", "no answer", |draft, at| {
        silent(draft, at, false)
    })
    .is(Equivalent(UNASKED)),
    row("error", "refused", |draft, at| silent(draft, at, true))
        .once(Equivalent(UNASKED))
        .long(UNSERVED)
        .quiet(),
    row("leader", "another node, of the same term", |draft, at| {
        let nodes = draft.run.history().header().nodes.len() as i32;
        quorum(draft, at, |leader, epoch, _| {
            let named = *leader > 0 && *epoch >= 0;
            *leader = *leader % nodes.max(1) + 1;
            named && nodes > 1
        })
    })
    .is(Red(&["one-leader-per-epoch"])),
    row("leader", "none", |draft, at| {
        quorum(draft, at, |leader, _, _| std::mem::replace(leader, -1) >= 0)
    })
    .once(Equivalent(
        "-1 states no leader, and the next answer names it",
    ))
    .long(UNSERVED)
    .quiet(),
    row("epoch", "one lower than before", |draft, at| {
        let before = before(draft, at);
        quorum(draft, at, |_, epoch, _| {
            let lower = before == Some(*epoch) && *epoch > 0;
            *epoch -= i32::from(lower);
            lower
        })
    })
    .is(Red(&["epochs-go-forward", "one-leader-per-epoch"])),
    row("epoch", "one higher, and back", |draft, at| {
        let soon_over = draft.run.event(at).t > draft.run.load_end();
        !soon_over && quorum(draft, at, raised)
    })
    .once(Red(&["epochs-go-forward"])),
    row("epoch", "one higher", |draft, at| quorum(draft, at, raised))
        .on(Red(&["terms-burned", "one-leader-per-epoch", "recovery"]))
        .over(ONE_NODE)
        .quiet(),
    row("epoch", "not stated", |draft, at| {
        quorum(draft, at, |_, epoch, _| std::mem::replace(epoch, -1) >= 0)
    })
    .is(Equivalent("-1 states no term")),
    row("voters", "one missing", |draft, at| {
        quorum(draft, at, |_, _, voters| {
            voters.pop().is_some() && !voters.is_empty()
        })
    })
    .is(Red(SHAPE)),
    row("voters", "a stranger", |draft, at| {
        quorum(draft, at, |_, _, voters| {
            let some = !voters.is_empty();
            voters.push(9_999);
            some
        })
    })
    .is(Red(SHAPE)),
    row("voters", "none", |draft, at| {
        quorum(draft, at, |_, _, voters| !std::mem::take(voters).is_empty())
    })
    .is(Equivalent(
        "an empty list states no voters; some sources of the quorum have none",
    )),
    row("voters", "one twice", |draft, at| {
        quorum(draft, at, |_, _, voters| {
            voters.extend(voters.first().copied());
            !voters.is_empty()
        })
    })
    .is(Equivalent("a client reads the list as a set")),
];

fn quorum(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut i32, &mut i32, &mut Vec<i32>) -> bool,
) -> bool {
    observed(draft, at, |seen| match &mut seen.seen {
        Seen::Quorum {
            leader,
            epoch,
            voters,
        } => edit(leader, epoch, voters),
        _ => false,
    })
}

fn raised(leader: &mut i32, epoch: &mut i32, _: &mut Vec<i32>) -> bool {
    let stated = *epoch >= 0 && *leader > 0;
    *epoch += i32::from(stated);
    stated
}

fn silent(draft: &mut Draft<'_, '_>, at: usize, refused: bool) -> bool {
    observed(draft, at, |seen| {
        seen.answered = refused;
        seen.error = Some(
            if refused {
                "INVALID_REQUEST"
            } else {
                "timed out"
            }
            .into(),
        );
        seen.seen = Seen::Quorum {
            leader: -1,
            epoch: -1,
            voters: Vec::new(),
        };
        true
    })
}

/// The term that the same node named last before it was asked.
fn before(draft: &Draft<'_, '_>, at: usize) -> Option<i32> {
    let run = draft.run;
    let lines = run.lines(Line::Quorum);
    let here = lines.partition_point(|line| *line < at);
    let epoch = |line: &usize| match &run.event(*line).what {
        What::Observation(seen) if seen.answered && run.node(*line) == run.node(at) => {
            match seen.seen {
                Seen::Quorum { epoch, .. } => Some(epoch),
                _ => None,
            }
        }
        _ => None,
    };
    lines[here.saturating_sub(64)..here]
        .iter()
        .rev()
        .find_map(epoch)
}
