//! Runs on a disk of their own, which becomes full or loses power. `JEPSEN_PROGRAM` names another program to test.

mod full;
mod image;
mod power_cut;
