//! Lies in Metadata answers about who leads which partition, in which epoch.

use super::metadata::rows;
use super::{NODES_AND_PLACES, ONE_NODE};
use crate::history::{PartitionClaim, Seen, What};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, None as Nothing, Red};
use crate::mutants::lie::{Lie, Line};

const fn leader(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Metadata, "partitions.leader", change, edit)
}

const fn epoch(change: &'static str, edit: fn(&mut Draft<'_, '_>, usize) -> bool) -> Lie {
    Lie::new(Line::Metadata, "partitions.epoch", change, edit)
}

pub(super) const ROWS: &[Lie] = &[
    leader("another node, of the same epoch", |draft, at| {
        let nodes = draft.run.history().header().nodes.len() as i32;
        each(draft, at, |row| {
            let named = row.leader().is_some() && row.epoch().is_some();
            if named {
                row.2 = row.2 % nodes.max(1) + 1;
            }
            named && nodes > 1
        })
    })
    .is(Red(&["one-leader-per-epoch"]))
    .over(NODES_AND_PLACES),
    leader("itself, of the same epoch", itself)
        .is(Red(&["one-leader-per-epoch"]))
        .over(ONE_NODE),
    leader("none", |draft, at| {
        each(draft, at, |row| {
            let named = row.leader().is_some();
            row.2 = -1;
            named
        })
    })
    .once(Equivalent("-1 states no leader, and one answer may lag"))
    .long(Red(&["disagreement"]))
    .over(NODES_AND_PLACES)
    .quiet(),
    leader("a stranger", |draft, at| {
        each(draft, at, |row| {
            let named = row.leader().is_some();
            row.2 = 9_999;
            named
        })
    })
    .is(Red(&["cluster-shape"]))
    .over(NODES_AND_PLACES)
    .quiet(),
    epoch("one lower than before", |draft, at| {
        let before = before(draft, at);
        each(draft, at, |row| {
            let known = before
                .iter()
                .find(|known| (&known.0, known.1) == (&row.0, row.1));
            let lower = known.is_some_and(|known| known.3 > 0 && known.3 == row.3);
            row.3 -= i32::from(lower);
            lower
        })
    })
    .is(Red(&["epochs-go-forward", "one-leader-per-epoch"]))
    .over(NODES_AND_PLACES),
    epoch("one higher, and back", |draft, at| {
        // The end of the run has nothing after it that goes back.
        let soon_over = draft.run.event(at).t > draft.run.load_end();
        !soon_over && each(draft, at, raised)
    })
    .once(Red(&["epochs-go-forward"])),
    epoch("one higher, as one node says", |draft, at| {
        each(draft, at, raised)
    })
    .long(Red(&["disagreement", "epochs-go-forward"]))
    .over(ONE_NODE)
    .quiet(),
    epoch("one higher, as every node says", |draft, at| {
        each(draft, at, raised)
    })
    .long(Red(&["unexplained-election", "epochs-go-forward"]))
    .quiet(),
    epoch("not stated", |draft, at| each(draft, at, unstated)).once(Equivalent(
        "-1 states no epoch; older versions of Metadata have none",
    )),
    epoch("not stated, by every node", |draft, at| {
        each(draft, at, unstated)
    })
    .long(Equivalent(
        "-1 states no epoch; older versions of Metadata have none",
    )),
    epoch("not stated, by one node", |draft, at| {
        each(draft, at, unstated)
    })
    .long(Red(&["disagreement"]))
    .over(ONE_NODE)
    .quiet(),
    leader(
        "that of the first answer, though there is a new one",
        frozen,
    )
    .on(Red(&[
        "disagreement",
        "stale-leader",
        "recovery",
        "one-leader-per-epoch",
        "epochs-go-forward",
    ]))
    .once(Nothing)
    .over(ONE_NODE),
];

fn each(
    draft: &mut Draft<'_, '_>,
    at: usize,
    mut edit: impl FnMut(&mut PartitionClaim) -> bool,
) -> bool {
    rows(draft, at, |rows, takes| {
        let mut changed = false;
        for row in rows.iter_mut().filter(|row| takes(row)) {
            changed |= edit(row);
        }
        changed
    })
}

fn raised(row: &mut PartitionClaim) -> bool {
    let stated = row.epoch().is_some() && row.leader().is_some();
    row.3 += i32::from(stated);
    stated
}

fn unstated(row: &mut PartitionClaim) -> bool {
    let stated = row.epoch().is_some();
    row.3 = -1;
    stated
}

/// A node that does not lead names itself. Only of an epoch of which the leader has made its own claim.
fn itself(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let node = run.node(at).unwrap_or_default();
    let nodes = &run.history().header().nodes;
    let Some(own) = nodes.iter().position(|entry| entry.name == node) else {
        return false;
    };
    let own = own as i32 + 1;
    each(draft, at, |row| {
        let other = row.leader().is_some_and(|leader| leader != own) && row.epoch().is_some();
        if other {
            row.2 = own;
        }
        other
    })
}

fn claims(what: &What) -> &[PartitionClaim] {
    match what {
        What::Observation(seen) => match &seen.seen {
            Seen::Metadata { partitions, .. } => partitions,
            _ => &[],
        },
        _ => &[],
    }
}

/// What the same node said last before it was asked.
fn before(draft: &Draft<'_, '_>, at: usize) -> Vec<PartitionClaim> {
    let run = draft.run;
    let lines = run.lines(Line::Metadata);
    let here = lines.partition_point(|line| *line < at);
    let same = |line: &&usize| {
        run.node(**line) == run.node(at) && !claims(&run.event(**line).what).is_empty()
    };
    let earlier = lines[here.saturating_sub(64)..here].iter().rev().find(same);
    earlier
        .map(|line| claims(&run.event(*line).what).to_vec())
        .unwrap_or_default()
}

/// A node goes on saying what it said when the load began.
fn frozen(draft: &mut Draft<'_, '_>, at: usize) -> bool {
    let run = draft.run;
    let same =
        |line: &&usize| run.node(**line) == run.node(at) && run.event(**line).t >= run.load_start();
    let first = run.lines(Line::Metadata).iter().filter(same);
    let mut first = first
        .map(|line| claims(&run.event(*line).what))
        .filter(|claims| !claims.is_empty());
    let known = first.next().unwrap_or_default();
    each(draft, at, |row| {
        let old = known
            .iter()
            .find(|known| (&known.0, known.1) == (&row.0, row.1));
        let differs = old.is_some_and(|old| old != row);
        if let Some(old) = old {
            row.clone_from(old);
        }
        differs
    })
}
