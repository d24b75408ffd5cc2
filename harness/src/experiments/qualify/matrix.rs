//! The matrix: every scenario of a suite, repeated, as cells, and the assignment of cells to shards.
//!
//! Every shard computes the whole matrix from the same suite and runs its own part. Shards therefore need no
//! communication, and together they run every cell exactly once.

use std::time::Duration;

use nemesis::plan::Timing;

use crate::config::suite::Suite;

/// One run of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The index of the scenario in the suite.
    pub scenario: usize,
    /// The repetition, from 1.
    pub repetition: u32,
    /// The name of its files: `kill-leader`, `kill-leader.2`.
    pub name: String,
    /// Its estimated duration.
    pub duration: Duration,
}

/// One part of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub number: u32,
    /// The number of parts.
    pub of: u32,
}

/// The maximum number of parts.
pub const SHARDS_MAX: u32 = 256;

impl Shard {
    /// The only shard.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Parses `2/5`.
    ///
    /// # Errors
    /// What is wrong, and how to write it.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let parsed = text.split_once('/').and_then(|(number, of)| {
            let (number, of) = (number.trim().parse().ok()?, of.trim().parse().ok()?);
            Some(Shard { number, of })
        });
        let shard =
            parsed.ok_or_else(|| format!("`{text}` is not a shard; write for example 2/5"))?;
        if !shard.exists() {
            return Err(format!(
                "`{text}`: shards are numbered from 1 to their number, which is at most {SHARDS_MAX}"
            ));
        }
        Ok(shard)
    }

    /// Whether there is such a part.
    pub fn exists(self) -> bool {
        (1..=SHARDS_MAX).contains(&self.of) && (1..=self.of).contains(&self.number)
    }

    /// Whether a stored run may be this part. A joined run is part 0, and the default of an old file is 0 of 0.
    pub fn is_possible(self) -> bool {
        self.of <= SHARDS_MAX && self.number <= self.of
    }

    /// Whether it is the only shard.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }
}

/// All cells, in the order in which they run: every scenario runs once before any is repeated.
pub fn cells(suite: &Suite, repeat: u32, timing: &Timing) -> Vec<Cell> {
    let mut cells = Vec::new();
    for repetition in 1..=repeat {
        for (index, scenario) in suite.scenarios.iter().enumerate() {
            cells.push(Cell {
                scenario: index,
                repetition,
                name: repeated(&scenario.name, repetition),
                duration: scenario.duration(timing),
            });
        }
    }
    cells
}

/// The name of a repetition. The first has the scenario's own name.
pub fn repeated(name: &str, repetition: u32) -> String {
    match repetition {
        0 | 1 => name.to_owned(),
        more => format!("{name}.{more}"),
    }
}

/// The scenario's name without the number of a repetition. Names of scenarios contain no dots.
pub fn base_name(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The cells of one shard, in order. The longest cells are assigned first, each to the shard with the least work, so
/// that shards end at about the same time.
pub fn dealt(cells: &[Cell], shard: Shard) -> Vec<Cell> {
    let mut longest: Vec<usize> = (0..cells.len()).collect();
    longest.sort_by_key(|index| (std::cmp::Reverse(cells[*index].duration), *index));
    let mut loads = vec![Duration::ZERO; shard.of as usize];
    let mut mine = Vec::new();
    for index in longest {
        let least = (0..loads.len())
            .min_by_key(|at| (loads[*at], *at))
            .unwrap_or(0);
        loads[least] += cells[index].duration;
        if least + 1 == shard.number as usize {
            mine.push(index);
        }
    }
    mine.sort_unstable();
    mine.into_iter().map(|index| cells[index].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(repeat: u32) -> Vec<Cell> {
        let suite = Suite::load("qualification").expect("built in");
        cells(&suite, repeat, &Timing::default())
    }

    #[test]
    fn every_cell_is_in_exactly_one_shard_and_shards_are_even() {
        let cells = all(3);
        for of in [1, 2, 5, 7] {
            let shards = (1..=of).map(|number| dealt(&cells, Shard { number, of }));
            let shards: Vec<Vec<Cell>> = shards.collect();
            let mut names: Vec<String> = shards.iter().flatten().map(|c| c.name.clone()).collect();
            names.sort();
            let mut wanted: Vec<String> = cells.iter().map(|cell| cell.name.clone()).collect();
            wanted.sort();
            assert_eq!(names, wanted);
            let times = shards
                .iter()
                .map(|s| s.iter().map(|c| c.duration).sum::<Duration>());
            let times: Vec<Duration> = times.collect();
            let (least, most) = (times.iter().min(), times.iter().max());
            let longest = cells.iter().map(|c| c.duration).max().unwrap_or_default();
            assert!(
                *most.expect("some") <= *least.expect("some") + longest,
                "{times:?}"
            );
        }
    }

    #[test]
    fn more_shards_than_cells_leave_some_empty() {
        let cells = all(1);
        let last = Shard {
            number: 256,
            of: 256,
        };
        assert!(dealt(&cells, last).is_empty());
    }

    #[test]
    fn shards_read_as_they_are_written() {
        assert_eq!(Shard::parse("2/5"), Ok(Shard { number: 2, of: 5 }));
        for wrong in ["0/5", "6/5", "2", "a/b", "1/0", "1/999"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_of_repetitions_lead_back_to_their_scenario() {
        let cells = all(2);
        let last = cells.last().expect("some");
        assert!(last.name.ends_with(".2"));
        assert!(cells.iter().any(|cell| cell.name == base_name(&last.name)));
    }
}
