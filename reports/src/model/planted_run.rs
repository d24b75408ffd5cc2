//! One run of a calibration, with a plant or a mutant: what was detected, and when.

use serde::{Deserialize, Serialize};

/// A run with a plant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlantRun {
    /// Its seed.
    pub seed: String,
    /// Checks that detected the plant for the expected reason.
    pub caught_by: Vec<String>,
    /// Checks that found something else, or for another reason.
    pub other: Vec<String>,
    /// Checks that could not be judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
    /// Whether no node told the lie: nobody asked for what it is about.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
    /// From the start of the run to the end of the first proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected_ms: Option<u64>,
    /// The first proof in words.
    pub account: String,
    /// The length of the run's history.
    pub lasted_ms: u64,
    /// How often it was tried: a run is repeated if a starved machine made it inconclusive.
    pub tries: u32,
    /// Where its history is stored.
    pub history: String,
}
