//! What a run is made of, validated once: the target, the scenario, and what the user typed over them.

pub mod promises;
pub mod scenario;
pub mod source;
pub mod target;
