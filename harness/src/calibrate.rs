//! Who tests the tester: the reference broker is run with each of its deliberate bugs, and what counts is which check finds
//! it, for the bug's own reason, in how many of k seeds, and how fast. Runs without any bug must stay clean.
//!
//! | part | what it is |
//! |---|---|
//! | [`table`] | for each plant: the workload, faults and time in which its trigger can act |
//! | [`proof`] | when a finding is the plant's, and when it is another |
//! | [`watch`], [`settled`] | judges the growing history and ends the run at the first proof that has settled |
//! | [`job`] | one run, with a plant or without |
//! | [`kept`] | results on disk, by what they depend on |
//! | [`matrix`] | the table on the terminal |

pub mod job;
pub mod kept;
pub mod matrix;
pub mod proof;
pub mod settled;
pub mod table;
pub mod watch;
