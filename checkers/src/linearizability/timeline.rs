//! The operations of one object in the order of their returns, with what is open at each.
//!
//! A *level* is the number of an operation that returned, in the order of returns; a configuration at level `e` has
//! placed everything that returned before, and nothing that was called after. So all that it must remember is which of
//! the operations open at `e` it has placed already: each has a *slot* while it is open, and slots are used again.
//! Crashed operations stay open for ever and have numbers of their own, apart from the slots: were the two one range, a
//! mask of crashed operations would come to cover a slot in use.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::mask::room_for;
use super::model::Model;
use super::operation::Operation;
use super::transitions::{ActionId, Transitions};
use crate::history::Moment;

/// A level: which return comes next.
pub(super) type Level = u32;

/// Crashed operations with one action, in the order of their calls. They have consecutive numbers: of two equal ones
/// the one called first can be used wherever the other can, so those in use are always the first few.
#[derive(Debug)]
pub(super) struct Alike {
    /// What they do.
    pub(super) action: ActionId,
    /// The number of the first.
    pub(super) first: u32,
    /// The number after the last.
    pub(super) end: u32,
}

/// One object's operations, arranged for the search.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// By level: the operation's position.
    pub(super) positions: Vec<u32>,
    /// By level: what the operation did.
    pub(super) actions: Vec<ActionId>,
    /// By level: the operation's slot.
    pub(super) slots: Vec<u32>,
    /// By level: nothing that returned is open between the return before it and the next call.
    pub(super) quiet: Vec<bool>,
    /// Levels of the open operations that may change the state, earliest return first.
    changing: Lists,
    /// Levels of the open operations that never do.
    pure: Lists,
    /// How many slots are in use at once at most.
    pub(super) slot_count: usize,
    /// Crashed operations by number: position.
    pub(super) crashed: Vec<u32>,
    /// Crashed operations by number: the first level at which they are open.
    pub(super) crashed_from: Vec<Level>,
    /// Crashed operations, grouped.
    pub(super) alike: Vec<Alike>,
}

/// A list for each level, one after the other.
#[derive(Debug, Default)]
struct Lists {
    ends: Vec<usize>,
    levels: Vec<Level>,
}

impl Lists {
    fn at(&self, level: Level) -> &[Level] {
        let level = level as usize;
        let start = if level == 0 { 0 } else { self.ends[level - 1] };
        &self.levels[start..self.ends[level]]
    }
}

/// The lists of open operations do not fit into the budget.
#[derive(Debug)]
pub(super) struct TooWide;

impl Timeline {
    /// Arranges operations, and numbers their actions. Takes at most about `bytes_max` bytes.
    pub(super) fn new<'a, M: Model>(
        model: &M,
        operations: &[&'a Operation<M::Action>],
        transitions: &mut Transitions<'a, M>,
        bytes_max: usize,
    ) -> Result<Timeline, TooWide> {
        let mut timeline = Timeline::default();
        let mut times: Vec<(Moment, u32)> = Vec::with_capacity(operations.len());
        let mut calls: Vec<(Moment, u32)> = Vec::with_capacity(operations.len());
        let mut crashed: BTreeMap<ActionId, Vec<u32>> = BTreeMap::new();
        for (position, operation) in (0u32..).zip(operations) {
            match operation.returned {
                Some(returned) => times.push((returned, position)),
                None if model.is_pure(&operation.action) => continue,
                None => {
                    let action = transitions.action(Cow::Owned(model.simplify(&operation.action)));
                    crashed.entry(action).or_default().push(position);
                    continue;
                }
            }
            calls.push((operation.called, position));
        }
        sort(&mut times);
        sort(&mut calls);
        let level_count = times.len();
        let mut level_of = vec![0 as Level; operations.len()];
        timeline.positions.reserve_exact(level_count);
        timeline.actions.reserve_exact(level_count);
        for (level, (_, position)) in (0..).zip(&times) {
            level_of[*position as usize] = level;
            let operation = operations[*position as usize];
            timeline.positions.push(*position);
            let action = transitions.action(Cow::Borrowed(&operation.action));
            timeline.actions.push(action);
        }
        timeline.lists(model, operations, &times, &calls, &level_of, bytes_max)?;
        timeline.group(operations, &times, crashed);
        Ok(timeline)
    }

    /// Fills in slots and lists by going through time.
    fn lists<M: Model>(
        &mut self,
        model: &M,
        operations: &[&Operation<M::Action>],
        times: &[(Moment, u32)],
        calls: &[(Moment, u32)],
        level_of: &[Level],
        bytes_max: usize,
    ) -> Result<(), TooWide> {
        let level_count = times.len();
        self.slots = vec![0; level_count];
        self.quiet.reserve_exact(level_count);
        self.changing.ends.reserve_exact(level_count);
        self.pure.ends.reserve_exact(level_count);
        self.changing.levels.reserve(room_for(2 * level_count));
        self.pure.levels.reserve(room_for(2 * level_count));
        let (mut changing, mut pure): (Vec<Level>, Vec<Level>) = (Vec::new(), Vec::new());
        let mut free: Vec<u32> = Vec::new();
        let mut calls = calls.iter().peekable();
        for (level, (returned, _)) in (0..).zip(times) {
            self.quiet.push(changing.is_empty() && pure.is_empty());
            while let Some((_, position)) = calls.next_if(|(called, _)| called <= returned) {
                let opened = level_of[*position as usize];
                let open = if model.is_pure(&operations[*position as usize].action) {
                    &mut pure
                } else {
                    &mut changing
                };
                let at = open.partition_point(|other| *other < opened);
                open.insert(at, opened);
                // With m open now there will be at least m(m+1)/2 entries before all have returned.
                let open = changing.len() + pure.len();
                if open * (open + 1) / 2 * size_of::<Level>() > bytes_max {
                    return Err(TooWide);
                }
                self.slots[opened as usize] = free.pop().unwrap_or_else(|| {
                    self.slot_count += 1;
                    self.slot_count as u32 - 1
                });
            }
            self.changing.levels.extend_from_slice(&changing);
            self.changing.ends.push(self.changing.levels.len());
            self.pure.levels.extend_from_slice(&pure);
            self.pure.ends.push(self.pure.levels.len());
            let entries = self.changing.levels.len() + self.pure.levels.len();
            if entries * size_of::<Level>() > bytes_max {
                return Err(TooWide);
            }
            // What returns now is the earliest to return of all that is open.
            let open = if changing.first() == Some(&level) {
                &mut changing
            } else {
                &mut pure
            };
            open.remove(0);
            free.push(self.slots[level as usize]);
        }
        Ok(())
    }

    /// Numbers the crashed operations, those with one action together.
    fn group<A>(
        &mut self,
        operations: &[&Operation<A>],
        times: &[(Moment, u32)],
        crashed: BTreeMap<ActionId, Vec<u32>>,
    ) {
        for (action, mut positions) in crashed {
            positions.sort_by_key(|position| operations[*position as usize].called);
            let first = self.crashed.len() as u32;
            for position in positions {
                let called = operations[position as usize].called;
                let from = times.partition_point(|(returned, _)| *returned < called);
                if from < times.len() {
                    self.crashed.push(position);
                    self.crashed_from.push(from as Level);
                }
            }
            let end = self.crashed.len() as u32;
            if first < end {
                self.alike.push(Alike { action, first, end });
            }
        }
    }

    /// How many operations returned.
    pub(super) fn level_count(&self) -> Level {
        self.positions.len() as Level
    }

    /// The operations open at a level that may change the state: earliest return first.
    #[inline]
    pub(super) fn changing(&self, level: Level) -> &[Level] {
        self.changing.at(level)
    }

    /// The operations open at a level that never change the state.
    #[inline]
    pub(super) fn pure(&self, level: Level) -> &[Level] {
        self.pure.at(level)
    }

    /// What it took to arrange, in steps.
    pub(super) fn work(&self) -> u64 {
        let lists = self.changing.levels.len() + self.pure.levels.len();
        (self.positions.len() + self.crashed.len() + lists / 16) as u64
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.changing.levels.capacity() + self.pure.levels.capacity();
        let each = 3 * size_of::<u32>() + 2 * size_of::<usize>() + 1;
        lists * size_of::<Level>() + self.positions.len() * each + self.crashed.len() * 8
    }
}

/// Sorts by time, and by position at a tie; what was recorded in order is left alone.
fn sort(times: &mut [(Moment, u32)]) {
    if !times.is_sorted() {
        times.sort_unstable();
    }
}
