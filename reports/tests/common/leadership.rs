//! Who led in the handmade run, and for how long nothing was acknowledged.

use checkers::judgement::{Election, Explanation, Gap, LeadSpan, NodeLane, Seat, Span};
use checkers::verdict::GapScope;
use reports::model::FaultClass;

use super::faults::FAULTS;
use super::ms;

/// Node, from, to, epoch.
const LEADERS: [(usize, u64, u64, i32); 9] = [
    (1, 900, 5_900, 1),
    (2, 5_640, 15_100, 2),
    (3, 15_900, 26_000, 3),
    (1, 30_900, 37_200, 4),
    (2, 38_020, 42_700, 5),
    (3, 42_610, 48_200, 6),
    (1, 48_310, 52_000, 7),
    (3, 52_300, 57_000, 8),
    (3, 57_000, 61_500, 8),
];

/// Lanes of three nodes.
pub(crate) fn lanes() -> Vec<NodeLane> {
    let lane = |node: usize| {
        let leading = LEADERS.iter().filter(|(n, ..)| *n == node);
        let span = |&(_, from, to, epoch): &(usize, u64, u64, i32)| LeadSpan {
            from: ms(from),
            to: ms(to),
            epoch: Some(epoch),
            seats: 2,
        };
        let stopped = FAULTS
            .iter()
            .filter(|f| f.1 == FaultClass::Process && f.3 as usize == node)
            .map(|f| Span {
                from: ms(f.5),
                to: ms(f.5 + f.6),
            });
        let silent = if node == 2 {
            vec![Span {
                from: ms(59_200),
                to: ms(60_100),
            }]
        } else {
            vec![]
        };
        NodeLane {
            node: format!("n{node}"),
            leading: leading.map(span).collect(),
            silent,
            down: stopped.collect(),
        }
    };
    (1..=3).map(lane).collect()
}

/// Eight changes of leader.
pub(crate) fn elections() -> Vec<Election> {
    let explained = [
        Explanation::Formation,
        Explanation::Fault { id: "k1".into() },
        Explanation::Fault { id: "k3".into() },
        Explanation::Fault { id: "k5".into() },
        Explanation::Fault { id: "k7".into() },
        Explanation::Fault { id: "k8".into() },
        Explanation::Starved {
            who: "harness".into(),
            thread: None,
            at: ms(48_200),
            by_ms: 412,
        },
        Explanation::Fault { id: "k10".into() },
    ];
    let election = |(index, explained): (usize, Explanation)| {
        let (node, from, _, epoch) = LEADERS[index];
        let before = index.checked_sub(1).map(|i| LEADERS[i]);
        Election {
            seat: Seat::Partition {
                topic: "t0".into(),
                partition: 0,
            },
            seats: 2,
            at: ms(from),
            old_leader: before.map(|(n, ..)| format!("n{n}")),
            old_epoch: before.map(|(.., e)| e),
            new_leader: Some(format!("n{node}")),
            new_epoch: Some(epoch),
            leaderless_ms: before.map_or(900, |(_, _, to, _)| from.saturating_sub(to)),
            explained,
        }
    };
    explained.into_iter().enumerate().map(election).collect()
}

/// Seven gaps: one over its limit, one while the machine was starved.
pub(crate) fn gaps() -> Vec<Gap> {
    use checkers::verdict::Validity::{Invalid, Undecided, Valid};
    [
        (5_000, 660, GapScope::FailOver, 3_000, "k1", 4, Valid),
        (15_100, 840, GapScope::FailOver, 3_000, "k3", 6, Valid),
        (26_000, 4_930, GapScope::FailOver, 3_000, "k5", 41, Invalid),
        (37_200, 850, GapScope::FailOver, 3_000, "k7", 5, Valid),
        (42_000, 640, GapScope::FailOver, 3_000, "k8", 5, Valid),
        (
            48_190,
            1_140,
            GapScope::OutsideFaults,
            1_000,
            "",
            3,
            Undecided,
        ),
        (51_500, 830, GapScope::FailOver, 3_000, "k10", 6, Valid),
    ]
    .map(
        |(from, length, scope, limit_ms, fault, failing, validity)| Gap {
            from: ms(from),
            to: ms(from + length),
            length_ms: length,
            scope,
            limit_ms,
            fault: (!fault.is_empty()).then(|| fault.to_string()),
            failing,
            validity,
        },
    )
    .into()
}
