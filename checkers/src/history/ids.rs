//! The small names of a history. Plain aliases and integers: a history is data, and its JSON stays readable.

/// Nanoseconds since the run began, on one monotonic clock of the harness.
pub type Moment = u64;

/// A length of time in nanoseconds.
pub type Nanoseconds = u64;

/// A text within a line: a value, a topic, a node. Up to 16 bytes take no memory of their own; longer ones are shared
/// when they are cloned.
pub type Text = lean_string::LeanString;

/// A node's name as everywhere in a run: `n1`, `n2`, `n3`.
pub type NodeName = String;

/// A logical process: one operation at a time. Never used again after an operation of it ended `info`,
/// because the timed-out request may land after the next one.
pub type WorkerId = u64;

/// A record's place in its partition. -1 where a target stated none.
pub type Offset = i64;
