//! Qualification: may this build be released? Pure functions over what runs have left; what runs is in
//! [`cli::qualify`](crate::cli::qualify).
//!
//! | part | what it answers |
//! |---|---|
//! | [`matrix`] | which scenario runs how often, and on which shard |
//! | [`join`] | one report of several shards |
//! | [`manifest`] | what a stored run of a suite is a part of |
//! | [`completeness`] | what is missing for a verdict |
//! | [`findings`] | what is new, ongoing, rare, resolved against a baseline |
//! | [`block`] | the six figures of one block |
//! | [`statistics`] | whether paired samples differ by more than chance |
//! | [`figures`] | what follows: pass, regressed, improved, not enough data |
//! | [`baseline`] | which stored run is the baseline, and which may become one |
//! | [`comparison`] | all of it for two reports |

pub mod baseline;
pub mod block;
pub mod comparison;
pub mod completeness;
pub mod figures;
pub mod findings;
pub mod join;
pub mod manifest;
pub mod matrix;
pub mod statistics;
