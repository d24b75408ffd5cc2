//! The inputs of a run, validated once: the target, the scenarios and suites, and the user's options on top of them.

mod digest;
pub mod exhibit;
pub mod find;
pub mod limits;
pub mod near;
pub mod place;
pub mod plan;
pub mod plants;
pub mod promises;
pub mod scenario;
pub mod schema;
pub mod seed;
pub mod shape;
pub mod source;
pub mod suite;
pub mod target;
pub mod time;
pub mod topics;
pub mod waivers;
pub mod windows;
pub mod word;
