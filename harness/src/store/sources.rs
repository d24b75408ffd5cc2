//! Which sources this program was built of. Results that depend on them say so, and count for no other build.

/// The hash of the sources of broker, nemesis, checkers and workloads.
pub const SOURCES: &str = env!("JEPSEN_SOURCES");
