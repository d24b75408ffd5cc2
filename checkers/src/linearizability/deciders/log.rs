//! A log with offsets: appends, fetches, end offsets; every value appended at most once. O(n) after ordering.
//!
//! Every offset is *bound* to the append of its value, by an acknowledgement or by a fetch. Let `t_i` be the moment at
//! which offset `i` is appended. It lies after the append's call and before its return; before the return of every
//! fetch of `i`; an end offset `m` lies after `t_(m-1)` and before `t_m`. So each offset has a lower and an upper
//! limit, `low_i` and `high_i`, and a log forces `t_0 < t_1 < ...`.
//!
//! *There is a linearization if and only if `low_i < high_j` for all `i <= j`.* Necessary: `low_i < t_i <= t_j <
//! high_j`. Sufficient: let `L_i` be the largest `low` up to `i` and `g` the least distance of two moments;
//! `t_i = L_i + g(i+1)/2(N+1)` increases strictly, lies above `low_i`, and below every `high_j` with `j >= i`. A fetch
//! goes just before its return; an end offset into the stretch between its call, its return, `t_(m-1)` and `t_m`, which
//! is not empty, because each lower limit lies below each upper one. Reads change nothing, so equal moments can be moved
//! apart.
//!
//! An offset below the end that nothing is bound to must be some crashed append that nobody saw. These have no returns,
//! so handing them out upwards by earliest call is as good as any other way.
//!
//! A history in which nothing is odd is accepted in one pass; all others are looked at closely.

mod accept;

use super::{Writers, call, contradiction, end};
use crate::linearizability::actions::LogAction;
use crate::linearizability::models::Datum;
use crate::linearizability::{Decision, Operation, Rule};

/// How strict a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Offsets have no gaps. Kafka's have: transaction markers take offsets, compaction takes records away.
    pub dense: bool,
    /// An end offset includes every append that was acknowledged before it was asked for. Kafka does not promise that
    /// of its high watermark; then an end offset only says what exists.
    pub recent: bool,
}

impl Default for Rules {
    /// Dense and recent: a linearizable log.
    fn default() -> Self {
        Rules {
            dense: true,
            recent: true,
        }
    }
}

/// What is known of one offset.
#[derive(Clone, Copy)]
struct Place {
    low: u64,
    high: u64,
    low_by: u32,
    high_by: u32,
    append: u32,
}

const NOBODY: u32 = u32::MAX;

const FREE: Place = Place {
    low: 0,
    high: u64::MAX,
    low_by: NOBODY,
    high_by: NOBODY,
    append: NOBODY,
};

/// Decides a log's history; none if a value is appended twice, or if (in a dense log) an append was acknowledged
/// without an offset and its value never seen.
pub fn decide<V: Datum>(operations: &[&Operation<LogAction<V>>], rules: Rules) -> Option<Decision> {
    if accept::accepts(operations, rules).is_some() {
        return Some(Decision::Linearizable);
    }
    closely(operations, rules)
}

/// The whole decider, for what is not accepted at once.
fn closely<V: Datum>(operations: &[&Operation<LogAction<V>>], rules: Rules) -> Option<Decision> {
    Log {
        operations,
        rules,
        writers: Writers::with_capacity(operations.len()),
        offsets: Vec::new(),
        known: Vec::new(),
        places: Vec::new(),
    }
    .decide()
    .map(|contradiction| contradiction.err().unwrap_or(Decision::Linearizable))
}

struct Log<'a, V> {
    operations: &'a [&'a Operation<LogAction<V>>],
    rules: Rules,
    writers: Writers<'a, V>,
    /// By the value's number: the offset that it is bound to.
    offsets: Vec<Option<u64>>,
    /// Offsets that are bound, ascending; empty in a dense log.
    known: Vec<u64>,
    /// By offset in a dense log, else by rank among those known.
    places: Vec<Place>,
}

impl<V: Datum> Log<'_, V> {
    fn decide(mut self) -> Option<Result<(), Decision>> {
        for (position, operation) in self.operations.iter().enumerate() {
            if let LogAction::Append { value, offset } = &operation.action {
                self.writers.insert(value, position)?;
                self.offsets.push(*offset);
            }
        }
        if let Err(decision) = self.bind() {
            return Some(Err(decision));
        }
        let lost = self.rules.dense
            && (0..self.offsets.len()).any(|number| {
                let operation = self.operations[self.writers.position(number)];
                self.offsets[number].is_none() && operation.returned.is_some()
            });
        if lost {
            return None;
        }
        Some(self.limit())
    }

    /// Binds what fetches show: every fetched value to its offset.
    fn bind(&mut self) -> Result<(), Decision> {
        for (position, operation) in self.operations.iter().enumerate() {
            match &operation.action {
                LogAction::Fetch { offset, value } => self.see(*offset, value, position)?,
                LogAction::Read(values) => {
                    for (offset, value) in (0..).zip(values.iter()) {
                        self.see(offset, value, position)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn see(&mut self, offset: u64, value: &V, position: usize) -> Result<(), Decision> {
        let Some(number) = self.writers.number(value) else {
            return Err(contradiction(Rule::NobodyWrote, &[], position));
        };
        match self.offsets[number] {
            None => self.offsets[number] = Some(offset),
            Some(other) if other == offset => {}
            Some(other) => {
                let mut witness = vec![self.writers.position(number)];
                witness.extend(self.showing(other, value));
                return Err(contradiction(Rule::TwoOffsetsOfValue, &witness, position));
            }
        }
        Ok(())
    }

    /// An operation that shows a value at an offset.
    fn showing(&self, offset: u64, value: &V) -> Option<usize> {
        let shows = |operation: &&Operation<LogAction<V>>| match &operation.action {
            LogAction::Append {
                value: v,
                offset: Some(o),
            }
            | LogAction::Fetch {
                offset: o,
                value: v,
            } => *o == offset && v == value,
            LogAction::Read(values) => {
                let at = usize::try_from(offset).unwrap_or(usize::MAX);
                values.get(at) == Some(value)
            }
            _ => false,
        };
        self.operations.iter().position(shows)
    }

    /// Gives every offset its limits, and compares them.
    fn limit(mut self) -> Result<(), Decision> {
        self.lay_out()?;
        for number in 0..self.offsets.len() {
            let Some(offset) = self.offsets[number] else {
                continue;
            };
            let position = self.writers.position(number);
            let operation = self.operations[position];
            let at = self.at(offset);
            let place = &mut self.places[at];
            if place.append != NOBODY {
                let (value, _) = self.writers.values[number];
                let other = place.append as usize;
                let mut witness = vec![other, position];
                if let LogAction::Append { value: v, .. } = &self.operations[other].action {
                    witness.extend(self.showing(offset, v));
                }
                witness.extend(self.showing(offset, value));
                let last = *witness.last().unwrap_or(&position);
                return Err(contradiction(Rule::TwoValuesAtOffset, &witness, last));
            }
            place.append = position as u32;
            place.low = call(operation);
            place.low_by = position as u32;
            place.high = end(operation);
            place.high_by = position as u32;
        }
        for (position, operation) in self.operations.iter().enumerate() {
            match &operation.action {
                LogAction::Append { .. } => {}
                LogAction::Fetch { offset, .. } => {
                    let at = self.at(*offset);
                    self.before(at, end(operation), position);
                }
                LogAction::End(offset) => self.ends(*offset, operation, position),
                LogAction::Read(values) => self.ends(values.len() as u64, operation, position),
            }
        }
        if self.rules.dense {
            self.fill()?;
        }
        self.compare()
    }

    /// Makes a place for each offset.
    fn lay_out(&mut self) -> Result<(), Decision> {
        if !self.rules.dense {
            self.known = self.offsets.iter().flatten().copied().collect();
            self.known.sort_unstable();
            self.known.dedup();
            self.places = vec![FREE; self.known.len()];
            return Ok(());
        }
        let (mut count, mut by) = (0, 0);
        for (position, operation) in self.operations.iter().enumerate() {
            let needs = match &operation.action {
                LogAction::Append { offset, .. } => offset.map_or(0, |o| o.saturating_add(1)),
                LogAction::Fetch { offset, .. } => offset.saturating_add(1),
                LogAction::End(offset) => *offset,
                LogAction::Read(values) => values.len() as u64,
            };
            if needs > count {
                (count, by) = (needs, position);
            }
        }
        // More places than values: some can hold nothing. So no far offset costs memory.
        if count > self.offsets.len() as u64 {
            return Err(contradiction(Rule::OffsetUnfilled, &[], by));
        }
        self.places = vec![FREE; count as usize];
        Ok(())
    }

    fn at(&self, offset: u64) -> usize {
        if self.rules.dense {
            offset as usize
        } else {
            self.known.partition_point(|known| *known < offset)
        }
    }

    fn before(&mut self, at: usize, moment: u64, position: usize) {
        let place = &mut self.places[at];
        if moment < place.high {
            place.high = moment;
            place.high_by = position as u32;
        }
    }

    /// An end offset: all below it was appended, and nothing from it on.
    fn ends(&mut self, offset: u64, operation: &Operation<LogAction<V>>, position: usize) {
        let at = self.at(offset);
        if at > 0 {
            self.before(at - 1, end(operation), position);
        }
        if let Some(place) = self.places.get_mut(at).filter(|_| self.rules.recent)
            && call(operation) >= place.low
        {
            place.low = call(operation);
            place.low_by = position as u32;
        }
    }

    /// Fills the offsets that nothing is bound to with crashed appends that nobody saw.
    fn fill(&mut self) -> Result<(), Decision> {
        if self.places.iter().all(|place| place.append != NOBODY) {
            return Ok(());
        }
        let unbound = (0..self.offsets.len()).filter(|number| self.offsets[*number].is_none());
        let mut free: Vec<usize> = unbound
            .map(|number| self.writers.position(number))
            .collect();
        free.sort_unstable_by_key(|position| (self.operations[*position].called, *position));
        let mut free = free.into_iter();
        for at in 0..self.places.len() {
            if self.places[at].append != NOBODY {
                continue;
            }
            let Some(append) = free.next() else {
                let above = &self.places[at..];
                let shown = above.iter().min_by_key(|p| (p.high_by == NOBODY, p.high));
                let by = shown.map_or(NOBODY, |place| place.high_by) as usize;
                return Err(contradiction(Rule::OffsetUnfilled, &[], by));
            };
            let called = call(self.operations[append]);
            let place = &mut self.places[at];
            place.append = append as u32;
            if called >= place.low {
                place.low = called;
                place.low_by = append as u32;
            }
        }
        Ok(())
    }

    /// Whether every lower limit lies below every upper one at its offset or above.
    fn compare(&self) -> Result<(), Decision> {
        let mut least = FREE;
        let mut clash: Option<(usize, Place)> = None;
        let mut lowest: Vec<u64> = Vec::with_capacity(self.places.len());
        let mut low = 0;
        for place in &self.places {
            low = place.low.max(low);
            lowest.push(low);
        }
        for (at, place) in self.places.iter().enumerate().rev() {
            if place.high < least.high {
                least = *place;
            }
            if lowest[at] >= least.high {
                clash = Some((at, least));
                break;
            }
        }
        let Some((at, upper)) = clash else {
            return Ok(());
        };
        let lower = self.places[..=at].iter().max_by_key(|place| place.low);
        let lower = lower.copied().unwrap_or(FREE);
        let witness = [lower.append, lower.low_by, upper.append, upper.high_by];
        let witness: Vec<usize> = witness
            .iter()
            .filter(|by| **by != NOBODY)
            .map(|by| *by as usize)
            .collect();
        let last = if upper.high_by == NOBODY {
            lower.low_by
        } else {
            upper.high_by
        };
        let rule = Rule::OffsetsAgainstTime;
        Err(contradiction(rule, &witness, last as usize))
    }
}
