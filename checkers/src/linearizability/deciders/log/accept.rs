//! The usual history of a log, accepted in one pass over its operations and one over its offsets.
//!
//! The limits are those of [`super`]; only what contradicts nothing is settled here. Whatever is odd, from a value at
//! two offsets to an acknowledgement without an offset, is left to the whole decider, which also reports who
//! contradicts whom. So this may say *no* too often and must never say *yes* wrongly: an end offset limits the very
//! places beside it, also where offsets have gaps, and these limits are at least those of the known offsets next to
//! them.

use hashbrown::HashTable;

use super::super::{call, end};
use super::Rules;
use crate::linearizability::Operation;
use crate::linearizability::mask::hash_of;
use crate::linearizability::models::{Datum, LogAction};

/// Offsets may reach this multiple of the number of operations before memory is not worth it.
const SPARSE_MAX: usize = 4;

/// So many fetches are looked at in a row: each waits for the memory of its place and of its append, and many in a row
/// wait together.
const TOGETHER: usize = 1 << 10;

const NOBODY: u32 = u32::MAX;

/// One offset: its append, and between which moments it was made.
#[derive(Clone, Copy)]
struct Place {
    low: u64,
    high: u64,
    append: u32,
}

const FREE: Place = Place {
    low: 0,
    high: u64::MAX,
    append: NOBODY,
};

struct Places {
    places: Vec<Place>,
    most: usize,
}

impl Places {
    /// The place of an offset, none if that is too far out.
    fn at(&mut self, offset: u64) -> Option<&mut Place> {
        let at = usize::try_from(offset).ok().filter(|at| *at < self.most)?;
        if at >= self.places.len() {
            self.places.resize(at + 1, FREE);
        }
        Some(&mut self.places[at])
    }

    fn before(&mut self, offset: u64, moment: u64) -> Option<()> {
        let place = self.at(offset)?;
        place.high = place.high.min(moment);
        Some(())
    }
}

/// A fetch that waits for others to be looked at with it.
struct Fetched<'a, V> {
    offset: u64,
    end: u64,
    value: &'a V,
    position: u32,
    /// Its place's append, once the places were looked at.
    append: u32,
}

/// Whether a history is known to be linearizable; none where that needs the whole decider.
pub(super) fn accepts<V: Datum>(
    operations: &[&Operation<LogAction<V>>],
    rules: Rules,
) -> Option<()> {
    let appended = |position: u32| match &operations[position as usize].action {
        LogAction::Append { value, .. } => Some(value),
        _ => None,
    };
    let mut writers: HashTable<u32> = HashTable::with_capacity(operations.len() / 2);
    let mut places = Places {
        places: Vec::with_capacity(operations.len()),
        most: operations
            .len()
            .saturating_mul(SPARSE_MAX)
            .saturating_add(1),
    };
    let mut count = 0;
    let mut later = Vec::new();
    let mut fetched: Vec<Fetched<'_, V>> = Vec::with_capacity(TOGETHER);
    let look = |fetched: &mut Vec<Fetched<'_, V>>, places: &mut Places, later: &mut Vec<u32>| {
        for fetch in fetched.iter_mut() {
            let place = places.at(fetch.offset)?;
            place.high = place.high.min(fetch.end);
            fetch.append = place.append;
        }
        for fetch in fetched.drain(..) {
            match fetch.append {
                NOBODY => later.push(fetch.position),
                append if appended(append) == Some(fetch.value) => {}
                _ => return None,
            }
        }
        Some(())
    };
    let mut crashed = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        match &operation.action {
            LogAction::Append { value, offset } => {
                let same = |other: &u32| appended(*other) == Some(value);
                let rehash = |other: &u32| appended(*other).map_or(0, hash_of);
                match writers.entry(hash_of(value), same, rehash) {
                    hashbrown::hash_table::Entry::Occupied(_) => return None,
                    hashbrown::hash_table::Entry::Vacant(entry) => {
                        entry.insert(position as u32);
                    }
                }
                let Some(offset) = offset else {
                    // That it has no offset may be a hole in a dense log, or an order of its own.
                    if rules.dense && operation.returned.is_some() {
                        return None;
                    }
                    crashed.push(position as u32);
                    continue;
                };
                count = count.max(offset.checked_add(1)?);
                let place = places.at(*offset)?;
                if place.append != NOBODY {
                    return None;
                }
                place.append = position as u32;
                place.low = place.low.max(call(operation));
                place.high = place.high.min(end(operation));
            }
            LogAction::Fetch { offset, value } => {
                count = count.max(offset.checked_add(1)?);
                fetched.push(Fetched {
                    offset: *offset,
                    end: end(operation),
                    value,
                    position: position as u32,
                    append: NOBODY,
                });
                if fetched.len() == TOGETHER {
                    look(&mut fetched, &mut places, &mut later)?;
                }
            }
            LogAction::End(offset) => {
                count = if rules.dense {
                    count.max(*offset)
                } else {
                    count
                };
                if let Some(last) = offset.checked_sub(1) {
                    places.before(last, end(operation))?;
                }
                if rules.recent {
                    let place = places.at(*offset)?;
                    place.low = place.low.max(call(operation));
                }
            }
            LogAction::Read(_) => return None,
        }
    }
    look(&mut fetched, &mut places, &mut later)?;
    // Fetched before its append was met, or of an append that crashed: bound by the fetch.
    let mut seen = Vec::new();
    for position in later {
        let operation = operations[position as usize];
        let LogAction::Fetch { offset, value } = &operation.action else {
            return None;
        };
        let place = places.at(*offset)?;
        if place.append == NOBODY {
            let same = |other: &u32| appended(*other) == Some(value);
            let append = *writers.find(hash_of(value), same)?;
            let operation = operations[append as usize];
            // One that states another offset, or was bound to another by an earlier fetch, is a contradiction.
            let LogAction::Append { offset: None, .. } = &operation.action else {
                return None;
            };
            writers
                .find_entry(hash_of(value), |other| *other == append)
                .ok()?
                .remove();
            seen.push(append);
            place.append = append;
            place.low = place.low.max(call(operation));
            place.high = place.high.min(end(operation));
        }
        if appended(place.append) != Some(value) {
            return None;
        }
        place.high = place.high.min(end(operation));
    }
    let count = usize::try_from(count).ok()?;
    if rules.dense {
        seen.sort_unstable();
        crashed.retain(|append| seen.binary_search(append).is_err());
        fill(places.places.get_mut(..count)?, operations, crashed)?;
        places.places.truncate(count);
    }
    // The smallest upper limit at or above each offset lies above its lower one; then so does it above all lower ones
    // below.
    let mut least = u64::MAX;
    for place in places.places.iter().rev() {
        least = least.min(place.high);
        if place.low >= least {
            return None;
        }
    }
    Some(())
}

/// Gives every hole a crashed append that nobody saw, upwards by earliest call: these have no returns, so no other way
/// does better. None if there are too few.
fn fill<V: Datum>(
    places: &mut [Place],
    operations: &[&Operation<LogAction<V>>],
    mut crashed: Vec<u32>,
) -> Option<()> {
    crashed.sort_by_key(|append| call(operations[*append as usize]));
    let mut free = crashed.into_iter();
    for place in places.iter_mut().filter(|place| place.append == NOBODY) {
        let append = free.next()?;
        place.append = append;
        place.low = place.low.max(call(operations[append as usize]));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::closely;
    use super::*;
    use crate::linearizability::Decision;

    /// Few appends and what is seen of them, mostly right, at moments in a narrow time.
    fn drawn(random: &mut ChaCha8Rng) -> Vec<Operation<LogAction<u64>>> {
        let gap = random.random_range(1..=2);
        let draw = |at: u64| {
            let value = random.random_range(0..4);
            let wrong = random.random_ratio(1, 12);
            let offset = if wrong { value + 1 } else { value * gap };
            let action = match random.random_range(0..7) {
                0..3 => LogAction::Append {
                    value: at.min(3),
                    offset: random.random_bool(0.8).then_some(at.min(3) * gap),
                },
                3..5 => LogAction::Fetch { offset, value },
                5 => LogAction::End(value * gap + u64::from(wrong)),
                _ => LogAction::Fetch {
                    offset: value * gap,
                    value,
                },
            };
            let called = at * 3 + random.random_range(0..12);
            let returned = called + random.random_range(1..12);
            match random.random_ratio(1, 6) && matches!(action, LogAction::Append { .. }) {
                true => Operation::crashed(at, called, action),
                false => Operation::new(at, called, returned, action),
            }
        };
        (0..7).map(draw).collect()
    }

    /// What is accepted at once, the whole decider accepts: with gaps and without, recent and not.
    #[test]
    fn nothing_is_accepted_that_is_not_linearizable() {
        let (mut accepted, mut left) = (0, 0);
        for seed in 0..40_000 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let operations = drawn(&mut random);
            let operations: Vec<_> = operations.iter().collect();
            for (dense, recent) in [(true, true), (true, false), (false, true), (false, false)] {
                let rules = Rules { dense, recent };
                let whole = closely(&operations, rules);
                match accepts(&operations, rules) {
                    Some(()) => {
                        accepted += 1;
                        let yes = Some(Decision::Linearizable);
                        assert_eq!(whole, yes, "seed {seed} {rules:?}: {operations:#?}");
                    }
                    None => left += u64::from(whole == Some(Decision::Linearizable)),
                }
            }
        }
        assert!(
            accepted > 500 && accepted > left,
            "{accepted} accepted, {left} left"
        );
    }
}
