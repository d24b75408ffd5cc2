//! What the leadership checks look at: claims and beliefs from Metadata answers, and epochs from DescribeQuorum.
//!
//! A node's *belief* is its own Metadata answer; its *claim* is naming itself. DescribeQuorum may be forwarded, so it
//! shows the quorum's epoch and never a node's belief; at a controller's own listener nobody forwards it, and there it is
//! that controller's claim. A partition's leader epoch need not be the quorum's: each
//! partition is a lane of its own, and so is the quorum. A topic that is deleted and made again is another topic.

use std::collections::BTreeMap;

use crate::history::{Answers, History, Moment, Phase, Seen, Window};
use crate::judgement::Explanation;
use crate::verdict::Belief;

/// Nanoseconds in a millisecond.
pub(super) const MS: Moment = 1_000_000;
/// How long a client of the harness needs to connect anew, and waits for an answer: its connection's time-out (1 s).
pub(super) const CONNECT_MS: u64 = 1_000;

/// How long an answer counts as what a node believes.
pub(super) const FRESH: Moment = 1_000 * MS;

/// The lane of the quorum's controllers: no partition's.
pub(super) const CONTROLLERS: usize = usize::MAX;

/// What one answer says of one lane.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub(super) id: u64,
    pub(super) node: &'a str,
    pub(super) called: Moment,
    pub(super) returned: Moment,
    /// Its lane: an index into [`Claims::seats`]; of no meaning for the quorum.
    pub(super) seat: usize,
    pub(super) leader: Option<&'a str>,
    pub(super) epoch: Option<i32>,
}

impl Row<'_> {
    /// Whether the node names itself.
    pub(super) fn is_claim(&self) -> bool {
        self.leader == Some(self.node)
    }

    pub(super) fn belief(&self) -> Belief {
        Belief {
            node: self.node.to_owned(),
            leader: self.leader.map(str::to_owned),
            epoch: self.epoch,
            called: self.called,
            returned: self.returned,
        }
    }
}

/// A partition of a topic as it was made the nth time.
type Seat<'a> = (&'a str, i32, usize);

/// Every answer about leaders, in the order of the answers, up to the end of the run: while nodes are shut down they
/// may say what they like.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims<'a> {
    /// Topic, partition, and how often the topic had been made anew.
    pub(super) seats: Vec<Seat<'a>>,
    /// Rows of Metadata answers.
    pub(super) rows: Vec<Row<'a>>,
    /// DescribeQuorum answers that name an epoch.
    pub(super) quorum: Vec<Row<'a>>,
    /// DescribeQuorum answers of controllers at their own listeners that claim to lead.
    pub(super) controllers: Vec<Row<'a>>,
    /// What was forgotten of rows and of the quorum.
    pub(super) settled: Answers,
}

impl<'a> Claims<'a> {
    /// Whether the quorum said the same epoch before a stretch of time and until after it: it elected nobody meanwhile.
    pub(super) fn quorum_stood(&self, from: Moment, to: Moment) -> bool {
        let highest = |from: Moment, to: Moment| {
            let first = self.quorum.partition_point(|row| row.returned < from);
            let rows = self.quorum[first..]
                .iter()
                .take_while(|row| row.returned <= to);
            rows.filter_map(|row| row.epoch).max()
        };
        let since = from.saturating_sub(FRESH);
        let before = highest(since, from);
        before.is_some() && before == highest(since, to.saturating_add(FRESH))
    }

    pub(super) fn of(history: &'a History) -> Claims<'a> {
        let settled = history.settled().map(|settled| settled.answers.clone());
        let mut claims = Claims {
            settled: settled.unwrap_or_default(),
            ..Claims::default()
        };
        let mut at: BTreeMap<Seat<'a>, usize> = BTreeMap::new();
        let anew = remade(history);
        let done = history.phase(Phase::Done).unwrap_or(Moment::MAX);
        let nodes = &history.header().nodes;
        let name = |id: i32| {
            let at = usize::try_from(id).ok()?.checked_sub(1)?;
            nodes.get(at).map(|node| node.name.as_str())
        };
        for observed in history.observations() {
            let about = observed.observation;
            if !about.answered || about.called > done {
                continue;
            }
            let row = |seat, leader: Option<i32>, epoch| Row {
                id: observed.id,
                node: &about.node,
                called: about.called,
                returned: observed.at,
                seat,
                leader: leader.and_then(name),
                epoch,
            };
            match &about.seen {
                Seen::Metadata { partitions, .. } => {
                    for claim in partitions {
                        let times = anew.get(claim.topic()).map_or(&[][..], Vec::as_slice);
                        let made = times.partition_point(|t| *t <= about.called);
                        if made != times.partition_point(|t| *t <= observed.at) {
                            continue;
                        }
                        let seat = (claim.topic(), claim.partition(), made);
                        let next = claims.seats.len();
                        let seat_at = *at.entry(seat).or_insert(next);
                        if seat_at == next {
                            claims.seats.push(seat);
                        }
                        claims
                            .rows
                            .push(row(seat_at, claim.leader(), claim.epoch()));
                    }
                }
                Seen::Quorum { leader, epoch, .. } if *epoch >= 0 => {
                    claims.quorum.push(row(0, Some(*leader), Some(*epoch)));
                }
                Seen::Controller { leader, epoch } if *epoch >= 0 => {
                    claims
                        .controllers
                        .push(row(CONTROLLERS, Some(*leader), Some(*epoch)));
                }
                _ => {}
            }
        }
        claims
    }
}

/// When each topic began to be another one: it was deleted, or made again.
pub(super) fn remade(history: &History) -> BTreeMap<&str, Vec<Moment>> {
    let mut remade: BTreeMap<&str, Vec<Moment>> = BTreeMap::new();
    let mut made: BTreeMap<&str, &str> = BTreeMap::new();
    for (at, topic) in history.topics() {
        let known = match topic.what.as_str() {
            "created" => made
                .insert(&topic.name, &topic.id)
                .is_some_and(|id| id != topic.id),
            "deleted" => true,
            _ => false,
        };
        if known {
            remade.entry(&topic.name).or_default().push(at);
        }
    }
    remade
}

/// How long after a heal what it set in motion may still show: two election time-outs and the probes' own pace.
pub(super) fn margin(history: &History) -> Moment {
    (history.limits().election_timeout_ms.saturating_mul(2))
        .saturating_add(500)
        .saturating_mul(MS)
}

/// The same for a window: TCP backs off for as long as a cut lasted, or a link lost segments, unless the target bounds its own connections.
pub(super) fn settle(history: &History, window: &Window, base: Moment) -> Moment {
    let backs_off = window.acts_on_links() && !history.promises().bounds_its_connections;
    let length = window.length().filter(|_| backs_off);
    base.saturating_add(length.unwrap_or(0))
}

/// Whether a window explains a change of leader: one that affects the leader, or whose target had lost its role to the
/// leader in between, or that leaves no majority; or that moves a clock further than the target tolerates.
fn moves_leaders(window: &Window, history: &History) -> bool {
    if window.moves_clocks() {
        return !window.skipped && !window.is_tolerated(history.promises());
    }
    let affects = window.affects_leader || !window.role_held;
    !window.skipped && (affects || window.breaks_majority(&history.nodes()))
}

/// What explains a change that came about between `from`, when things were last seen as before, and `to`. Whoever `led_on`
/// was heard all the time: TCP's back-off after a cut explains nothing of that.
pub(super) fn explanation(
    history: &History,
    windows: &[Window],
    (from, to): (Moment, Moment),
    led_on: bool,
) -> Explanation {
    let base = margin(history);
    let settled = |w: &Window| match led_on {
        true => base,
        false => settle(history, w, base),
    };
    let window = windows
        .iter()
        .filter(|w| moves_leaders(w, history) && w.overlaps(from, to, settled(w)))
        .max_by_key(|w| w.called);
    if let Some(window) = window {
        let id = window.id.clone();
        return Explanation::Fault { id };
    }
    let recent = from.saturating_sub(base);
    let exit = history
        .happenings()
        .find(|(_, at, h)| !h.expected && (recent..=to).contains(at));
    if let Some((_, _, happening)) = exit {
        let node = happening.node.clone();
        return Explanation::Restart { node };
    }
    match history.starved(recent, to) {
        Some(late) => Explanation::Starved {
            who: late.who,
            thread: late.thread,
            at: late.to,
            by_ms: late.by_ms,
        },
        None => Explanation::Unexplained,
    }
}
