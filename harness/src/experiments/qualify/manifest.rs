//! What a stored run of a suite is a part of: `suite.json` in its directory, by which shards are joined and baselines
//! found.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::matrix::Shard;
use crate::store::{layout, write_whole};

/// The part that a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// The suite's name.
    pub suite: String,
    /// Of its text: suites that only share a name are not comparable.
    pub digest: String,
    /// As `--target` named it.
    pub target: String,
    /// Planted bugs.
    pub plants: Vec<String>,
    /// The seed of the whole suite.
    pub seed: String,
    /// How often each scenario was to run.
    pub repeat: u32,
    /// This part's number, from 1; 0 for a merged run.
    pub shard: u32,
    /// Of how many.
    pub shards: u32,
    /// Every cell of the matrix, also those of other shards.
    pub cells: Vec<String>,
    /// The cells of this part.
    pub mine: Vec<String>,
    /// Classes of faults that the suite requires.
    pub requires: Vec<String>,
    /// The id of the run that took place beside it, interleaved; empty if none did.
    pub against: String,
    /// Whether this part ran the blocks for figures.
    pub figures: bool,
}

impl Manifest {
    /// Which shard it is.
    pub fn part(&self) -> Shard {
        Shard {
            number: self.shard,
            of: self.shards,
        }
    }

    /// Writes it into a run directory.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, run: &Path) -> Result<()> {
        write_whole(
            &run.join(layout::SUITE),
            &serde_json::to_string_pretty(self)?,
        )
    }

    /// Of a run directory; none if it is no run of a suite.
    pub fn load(run: &Path) -> Option<Manifest> {
        let text = std::fs::read_to_string(run.join(layout::SUITE)).ok()?;
        serde_json::from_str(&text).ok()
    }
}
