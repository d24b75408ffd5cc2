//! The search: just-in-time linearization over return events (Lowe 2017), on configurations of a few words.
//!
//! An operation need be placed only in the burst that ends just before a return that waits for it: placing it later is
//! legal until its own return. So at each level the search places open operations, in any order, until the one that
//! returns there is placed. What never changes the state is placed as soon as its answer fits.
//!
//! Depth first, one child at a time, so that a history that is linearizable in the order of its returns costs one step
//! for each operation. The stack is explicit: histories are as long as they like.

mod spending;

use super::budgeting::words_of;
use super::mask::{Mask, room_for};
use super::model::Model;
use super::options::{Budget, Limit};
use super::timeline::{Level, Timeline};
use super::trail::{Placed, Trail};
use super::transitions::{StateId, Transitions};
use super::visited::Visited;

/// A configuration, and which of its children come next.
struct Node<K, L> {
    level: Level,
    state: StateId,
    placed: K,
    used: K,
    link: L,
    /// Number of the next child among the open operations, which are gone through twice.
    cursor: u32,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended<L> {
    /// The goal was reached, by this trail.
    Reached(L),
    /// Every configuration was tried.
    Tried,
    /// The budget ran out.
    Exhausted(Limit),
}

/// Memory of visited configurations at which the search first tries to forget some, in bytes.
const FORGET_FROM_BYTES: usize = 16 << 20;
/// From how many returns on cuts are marked: shorter histories have nothing to forget.
const MARK_CUTS_FROM: Level = 5_000;
/// How many operations are looked at in the time of one step.
const SCANNED_PER_STEP: u64 = 8;
/// Between two looks at memory, in steps.
const LOOK_EVERY: u64 = 1 << 10;

/// One search over one timeline.
pub(super) struct Search<'s, 'm, M: Model, K, T: Trail> {
    timeline: &'s Timeline,
    transitions: &'s mut Transitions<'m, M>,
    goal: Level,
    budget: Budget,
    visited: Visited<K>,
    stack: Vec<Node<K, T::Link>>,
    /// Configurations just come by, the first to look at last.
    fresh: Vec<Node<K, T::Link>>,
    /// Whether what lies between cuts may be forgotten.
    marks_cuts: bool,
    pub(super) trail: T,
    forget_at: usize,
    /// Steps of the search itself, without those of its tables.
    own: u64,
    /// Operations looked at that were not tried.
    scanned: u64,
    /// What the transitions had spent before.
    spent_before: u64,
    /// When to look at budget and memory next, in steps.
    look_at: u64,
    /// Which limit was passed in the middle of an advance.
    exhausted: Option<Limit>,
    pub(super) bytes: usize,
    /// The highest level that was reached.
    pub(super) deepest: Level,
}

impl<'s, 'm, M: Model, K: Mask, T: Trail> Search<'s, 'm, M, K, T> {
    /// A search for a way to place everything that returned below the level `goal`.
    pub(super) fn new(
        timeline: &'s Timeline,
        transitions: &'s mut Transitions<'m, M>,
        goal: Level,
        budget: Budget,
        trail: T,
    ) -> Self {
        let spent_before = transitions.work;
        Search {
            timeline,
            transitions,
            goal,
            budget,
            visited: Visited::with_room(room_for(goal as usize)),
            stack: Vec::with_capacity(room_for(goal as usize)),
            fresh: Vec::new(),
            marks_cuts: goal >= MARK_CUTS_FROM,
            trail,
            forget_at: FORGET_FROM_BYTES,
            own: timeline.work(),
            scanned: 0,
            spent_before,
            look_at: 0,
            exhausted: None,
            bytes: 0,
            deepest: 0,
        }
    }

    /// Searches from the beginning for one way to the goal.
    pub(super) fn first(&mut self, initial: StateId) -> Ended<T::Link> {
        let ended = self.begin(initial);
        let ended = ended.unwrap_or_else(|| self.run(false));
        self.bytes = self.bytes.max(self.bytes_in_use());
        ended
    }

    /// Finds every configuration at the goal, which must be a quiet level. None if the budget runs out, or if there
    /// are more than `count_max`.
    pub(super) fn all(&mut self, initial: StateId, count_max: usize) -> Option<Vec<(StateId, K)>> {
        if self.begin(initial).is_none() && self.run(true) != Ended::Tried {
            return None;
        }
        self.visited.exits(self.goal, count_max)
    }

    /// The states in which the search arrived at a level.
    pub(super) fn states_at(&self, level: Level) -> Vec<StateId> {
        self.visited.states_at(level)
    }

    fn begin(&mut self, initial: StateId) -> Option<Ended<T::Link>> {
        let node = Node {
            level: 0,
            state: initial,
            placed: K::empty(self.timeline.slot_count),
            used: K::empty(self.timeline.crashed.len()),
            link: self.trail.root(),
            cursor: 0,
        };
        let node = self.enter(node)?;
        if node.level == self.goal {
            return Some(Ended::Reached(node.link));
        }
        self.stack.push(node);
        None
    }

    /// Works off the stack; stops at the goal unless `all` ways there are wanted.
    fn run(&mut self, all: bool) -> Ended<T::Link> {
        while !self.stack.is_empty() {
            if self.is_due() {
                if let Some(limit) = self.look() {
                    return Ended::Exhausted(limit);
                }
                if self.visited.live_bytes() > self.forget_at
                    && let Some(ended) = self.forget(all)
                {
                    return ended;
                }
            }
            self.advance();
            if let Some(limit) = self.exhausted {
                return Ended::Exhausted(limit);
            }
            while let Some(child) = self.fresh.pop() {
                if child.level < self.goal {
                    self.stack.push(child);
                } else if !all {
                    return Ended::Reached(child.link);
                }
            }
        }
        Ended::Tried
    }

    /// Puts the next configurations that were not visited yet into `fresh`, from the node on top of the stack; takes
    /// the node off the stack when it has no more.
    ///
    /// First come the open operations after which the one that returns here could be placed, then the other open ones,
    /// one at a time. The crashed ones come last, and all at once: marked together, {a} and {b} keep the search from
    /// ever looking at {a, b} where b alone does as well, however deep it dives behind the first of them.
    #[inline]
    fn advance(&mut self) {
        let Some(node) = self.stack.last_mut() else {
            return;
        };
        let (level, state) = (node.level, node.state);
        let open = self.timeline.changing(level);
        let waiting = self.timeline.actions[level as usize];
        while (node.cursor as usize) < 2 * open.len() {
            let at = node.cursor as usize;
            let (other, wanted) = match open.get(at) {
                Some(other) => (*other, true),
                None => (open[at - open.len()], false),
            };
            node.cursor += 1;
            self.scanned += 1;
            let slot = self.timeline.slots[other as usize];
            if node.placed.has(slot) {
                continue;
            }
            self.own += 1;
            let action = self.timeline.actions[other as usize];
            let Some(after) = self.transitions.step(state, action) else {
                continue;
            };
            let helps = other == level || self.transitions.step(after, waiting).is_some();
            if helps != wanted {
                continue;
            }
            self.own += 1 + (words_of(&node.placed) + words_of(&node.used)) as u64;
            let mut placed = node.placed.clone();
            placed.insert(slot);
            let child = Node {
                level,
                state: after,
                placed,
                used: node.used.clone(),
                link: self.trail.follow(node.link, Placed::Returned(other)),
                cursor: 0,
            };
            let child = self.enter(child);
            self.fresh.extend(child);
            return;
        }
        if let Some(node) = self.stack.pop() {
            self.use_crashed(&node);
        }
    }

    /// The configurations in which one crashed operation more is used, those at the lowest level last.
    fn use_crashed(&mut self, node: &Node<K, T::Link>) {
        for alike in &self.timeline.alike {
            // Of equal ones the first was called first: if it is not open yet, none is.
            self.scanned += 1;
            if self.timeline.crashed_from[alike.first as usize] > node.level {
                continue;
            }
            let free = (alike.first..alike.end).find(|number| !node.used.has(*number));
            self.own += 1;
            self.scanned += u64::from(free.unwrap_or(alike.end) - alike.first);
            if self.is_due()
                && let Some(limit) = self.look()
            {
                self.exhausted = Some(limit);
                return;
            }
            let Some(number) = free else {
                continue;
            };
            if self.timeline.crashed_from[number as usize] > node.level {
                continue;
            }
            // What changes nothing is not worth using.
            let after = self.transitions.step(node.state, alike.action);
            let Some(after) = after.filter(|after| *after != node.state) else {
                continue;
            };
            self.own += 1 + (words_of(&node.placed) + words_of(&node.used)) as u64;
            let mut used = node.used.clone();
            used.insert(number);
            let child = Node {
                level: node.level,
                state: after,
                placed: node.placed.clone(),
                used,
                link: self.trail.follow(node.link, Placed::Crashed(number)),
                cursor: 0,
            };
            let child = self.enter(child);
            self.fresh.extend(child);
        }
        self.fresh
            .sort_by_key(|child| std::cmp::Reverse(child.level));
    }

    /// Places all that is free to place, passes every return that waits no more, and marks the outcome as visited; none
    /// if one as good was visited before.
    #[inline]
    fn enter(&mut self, mut node: Node<K, T::Link>) -> Option<Node<K, T::Link>> {
        let mut marked = false;
        while node.level < self.goal {
            let pure = self.timeline.pure(node.level);
            self.scanned += pure.len() as u64;
            for other in pure {
                let slot = self.timeline.slots[*other as usize];
                let action = self.timeline.actions[*other as usize];
                if node.placed.has(slot) {
                    continue;
                }
                self.own += 1;
                if self.transitions.step(node.state, action).is_some() {
                    marked = false;
                    node.placed.insert(slot);
                    node.link = self.trail.follow(node.link, Placed::Returned(*other));
                }
            }
            let slot = self.timeline.slots[node.level as usize];
            if !node.placed.has(slot) {
                break;
            }
            node.placed.remove(slot);
            node.level += 1;
            // Long histories forget what lies between cuts, so a configuration that passes a cut must be known there.
            marked = self.marks_cuts && self.is_cut(node.level);
            if marked
                && !self
                    .visited
                    .visit(node.level, node.state, &node.placed, &node.used)
            {
                return None;
            }
        }
        self.deepest = self.deepest.max(node.level);
        let new = marked
            || self
                .visited
                .visit(node.level, node.state, &node.placed, &node.used);
        new.then_some(node)
    }

    /// Makes room. What lies between the cuts above the stack was tried to its end, and can be come to through these
    /// cuts only: the states at the cuts are kept, the rest is forgotten. Where that is not enough, everything below
    /// the last cut is worked off, so that no search will come by there again, and forgotten: if one state survives the
    /// cut, nothing else of the past is kept. Where that takes as many steps as there were before, it leaves off, and
    /// waits until there is twice as much to forget.
    fn forget(&mut self, all: bool) -> Option<Ended<T::Link>> {
        let top = self.stack.last().map_or(0, |node| node.level);
        // Where the search came deepest is evidence.
        let deepest = self.deepest;
        let timeline = self.timeline;
        let quiet = |level: Level| {
            timeline
                .quiet
                .get(level as usize)
                .is_none_or(|quiet| *quiet)
        };
        if self.marks_cuts {
            self.visited
                .retain(|level| level <= top || level == deepest || quiet(level));
        }
        if 2 * self.visited.live_bytes() < self.forget_at {
            return None;
        }
        let cut = (0..=top).rev().find(|level| quiet(*level)).unwrap_or(top);
        let nodes = std::mem::take(&mut self.stack);
        let (below, mut above): (Vec<_>, Vec<_>) =
            nodes.into_iter().partition(|node| node.level < cut);
        self.stack = below;
        let allowance = 2 * self.steps();
        while !self.stack.is_empty() && self.steps() < allowance {
            if self.is_due()
                && let Some(limit) = self.look()
            {
                return Some(Ended::Exhausted(limit));
            }
            self.advance();
            if let Some(limit) = self.exhausted {
                return Some(Ended::Exhausted(limit));
            }
            while let Some(child) = self.fresh.pop() {
                if child.level < cut {
                    self.stack.push(child);
                } else if child.level < self.goal {
                    above.push(child);
                } else if !all {
                    return Some(Ended::Reached(child.link));
                }
            }
        }
        if self.stack.is_empty() {
            self.visited
                .retain(|level| level >= cut || level == deepest);
        }
        self.stack.append(&mut above);
        // The deepest on top; equal levels stay in their order.
        self.stack.sort_by_key(|node| node.level);
        self.forget_at = self.forget_at.max(2 * self.visited.live_bytes());
        None
    }

    /// Whether this level is a cut below the goal.
    fn is_cut(&self, level: Level) -> bool {
        level < self.goal && self.timeline.quiet[level as usize]
    }
}
