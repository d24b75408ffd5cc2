//! What a run is made of, validated once: the target, the scenarios and suites, and what the user typed over them.

pub mod limits;
pub mod promises;
pub mod scenario;
pub mod source;
pub mod suite;
pub mod target;
pub mod time;
pub mod windows;
