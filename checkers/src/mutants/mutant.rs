//! A mutant: a lie with its extent and its scope, applied to a history at a place that a seed chooses.

use std::fmt;

use super::draft::Draft;
use super::draw::Draw;
use super::extent::{Extent, Scope};
use super::lie::{Expected, Lie};
use super::mutated::Mutated;
use super::run::Run;
use crate::history::Moment;

/// One mutant.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What is changed.
    pub lie: &'static Lie,
    /// For how long.
    pub extent: Extent,
    /// For whom.
    pub scope: Scope,
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lie {
            line,
            field,
            change,
            ..
        } = self.lie;
        write!(formatter, "{} {field}: {change}, ", line.name())?;
        formatter.write_str(match self.extent {
            Extent::Once => return formatter.write_str("once"),
            Extent::Burst => "for a while",
            Extent::On => "from then on",
        })?;
        formatter.write_str(match self.scope {
            Scope::Anywhere => "",
            Scope::Node => ", one node",
            Scope::Partition => ", one partition",
            Scope::Client => ", one client",
        })
    }
}

/// How many places are tried before a mutant does not apply.
const PLACES_MAX: usize = 12;

impl Mutant {
    /// What must come of it.
    pub fn expected(&self) -> Expected {
        self.lie.expected(self.extent)
    }

    /// The history with this lie, at a place that the seed chooses. None if it has no such place.
    pub fn apply(&self, run: &Run<'_>, seed: u64) -> Option<Mutated> {
        let lines = run.lines(self.lie.line);
        if lines.is_empty() {
            return None;
        }
        let mut draft = Draft::new(run, Draw::new(seed, &self.to_string()));
        if self.extent == Extent::Once {
            let start = draft.draw.below(lines.len());
            let turns = lines[start..].iter().chain(&lines[..start]);
            let mut places = 0;
            for at in turns {
                if !(self.lie.edit)(&mut draft, *at) {
                    continue;
                }
                draft.changed.push(*at);
                (self.lie.after)(&mut draft);
                places += 1;
                if !draft.changed.is_empty() || places == PLACES_MAX {
                    return draft.done();
                }
                draft.restore();
            }
            return None;
        }
        for _ in 0..PLACES_MAX {
            let about = lines[draft.draw.below(lines.len())];
            let Some((from, to)) = self.stretch(run, &mut draft.draw) else {
                continue;
            };
            draft.choose(self.scope, about);
            let first = lines.partition_point(|at| run.event(*at).t < from);
            let within = lines[first..]
                .iter()
                .take_while(|at| run.event(**at).t < to);
            for at in within {
                if draft.target.takes_line(run, *at) && (self.lie.edit)(&mut draft, *at) {
                    draft.changed.push(*at);
                }
            }
            if draft.changed.is_empty() {
                continue;
            }
            (self.lie.after)(&mut draft);
            if !draft.changed.is_empty() {
                return draft.done();
            }
            draft.restore();
        }
        None
    }

    /// From when to when it lies.
    fn stretch(&self, run: &Run<'_>, draw: &mut Draw) -> Option<(Moment, Moment)> {
        match (self.extent, self.lie.is_quiet) {
            (Extent::On, true) => Some((run.quiet_to_the_end()?, Moment::MAX)),
            (_, true) => run.quiet(draw),
            (extent, false) => {
                let from = run.moment(draw);
                let to = match extent {
                    Extent::On => Moment::MAX,
                    _ => from.saturating_add(run.burst()),
                };
                Some((from, to))
            }
        }
    }
}
