//! How a configuration was come by: kept only where somebody will ask.

use super::timeline::Level;

/// What was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// The operation that returns at this level.
    Returned(Level),
    /// The crashed operation of this number.
    Crashed(u32),
}

/// A memory of what was placed in which order.
pub(super) trait Trail {
    /// A place on the trail.
    type Link: Copy + PartialEq;
    /// Its beginning.
    fn root(&self) -> Self::Link;
    /// One step further.
    fn follow(&mut self, from: Self::Link, placed: Placed) -> Self::Link;
    /// Bytes in use.
    fn bytes(&self) -> usize;
}

/// Remembers nothing, and costs nothing.
pub(super) struct Untrailed;

impl Trail for Untrailed {
    type Link = ();
    fn root(&self) {}
    #[inline]
    fn follow(&mut self, (): (), _: Placed) {}
    fn bytes(&self) -> usize {
        0
    }
}

/// Remembers every step of every configuration.
#[derive(Default)]
pub(super) struct Steps {
    steps: Vec<(u32, Placed)>,
}

/// The beginning of every trail.
const ROOT: u32 = u32::MAX;

impl Steps {
    /// What was placed on the way to here, in order.
    pub(super) fn path(&self, mut link: u32) -> Vec<Placed> {
        let mut path = Vec::new();
        while let Some((before, placed)) = self.steps.get(link as usize) {
            path.push(*placed);
            link = *before;
        }
        path.reverse();
        path
    }
}

impl Trail for Steps {
    type Link = u32;
    fn root(&self) -> u32 {
        ROOT
    }
    fn follow(&mut self, from: u32, placed: Placed) -> u32 {
        self.steps.push((from, placed));
        self.steps.len() as u32 - 1
    }
    fn bytes(&self) -> usize {
        self.steps.capacity() * size_of::<(u32, Placed)>()
    }
}
