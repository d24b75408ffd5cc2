//! Which part of a suite's run a stored run is: `suite.json` in its directory. Shards are joined and baselines are
//! found by it.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::matrix::Shard;
use crate::bounded;
use crate::exit::Stop;
use crate::store::{layout, write_whole};

/// The part that a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// The suite's name.
    pub suite: String,
    /// The digest of the suite's text: suites with the same name and different content are not comparable.
    pub digest: String,
    /// The value of `--target`.
    pub target: String,
    /// The digest of the target as its file and the files that it extends define it.
    pub target_digest: String,
    /// Planted bugs.
    pub plants: Vec<String>,
    /// The seed of the whole suite.
    pub seed: String,
    /// The number of repetitions of each scenario.
    pub repeat: u32,
    /// This part's number, from 1. 0 for a merged run.
    pub shard: u32,
    /// The number of parts.
    pub shards: u32,
    /// Every cell of the matrix, including those of other shards.
    pub cells: Vec<String>,
    /// The cells of this part.
    pub mine: Vec<String>,
    /// Classes of faults that the suite requires.
    pub requires: Vec<String>,
    /// The id of the run that was interleaved with it. Empty if there is none.
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

    /// Reads it from a run directory. None if the directory is not a run of a suite.
    ///
    /// # Errors
    /// If the file is there and cannot be read, or states a part that no suite has.
    pub fn load(run: &Path) -> Result<Option<Manifest>> {
        let wrong =
            |what: String| Stop::usage(format!("{}: {what}", run.join(layout::SUITE).display()));
        let text = match bounded::text_below(run, layout::SUITE, bounded::VALUES) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| wrong(error.to_string()))?,
        };
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.suite.is_empty() {
            return Err(wrong("it names no suite".to_owned()));
        }
        match manifest.part().is_possible() {
            true => Ok(Some(manifest)),
            false => Err(wrong(format!(
                "shard {} of {}: no suite has such a part",
                manifest.shard, manifest.shards
            ))),
        }
    }
}
