//! What a run is made of, validated once: the target, the scenarios and suites, and what the user typed over them.

pub mod limits;
pub mod plan;
pub mod plants;
pub mod promises;
pub mod scenario;
pub mod seed;
pub mod source;
pub mod suite;
pub mod target;
pub mod time;
pub mod topics;
pub mod windows;
pub mod word;
