//! What a run is made of, validated once: the target, the scenario, and what the user typed over them.

pub mod scenario;
pub mod target;
