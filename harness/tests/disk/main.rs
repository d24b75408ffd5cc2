//! Runs on a disk of their own, which becomes full or loses power. `JEPSEN_PROGRAM` names another program to test.

#![allow(
    clippy::print_stdout,
    reason = "the table is what these tests are run for"
)]

mod full;
mod image;
mod power_cut;
