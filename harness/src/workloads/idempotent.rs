//! `idempotent`: producers with idempotence and retries. An operation is one record until its delivery report, however
//! many requests that took; no record may appear twice.

use std::time::Duration;

use anyhow::Result;
use checkers::history::{Acks, Outcome};

use super::Load;
use super::lives::{Way, live, one};
use crate::clients::idempotent;

/// One line for `jepsen list`.
pub const DESCRIPTION: &str = "idempotent producers with retries; one operation is one record";

/// The message time-out of [`crate::clients::idempotent`] and a second and a half for its report.
const PATIENCE: Duration = Duration::from_millis(11_500);

/// Appends until told to stop.
///
/// # Errors
/// If librdkafka refuses a setting.
pub fn run(load: &Load, thread: u64, per_second: f64) -> Result<()> {
    let way = Way {
        settings: idempotent(&load.bootstrap, &load.client),
        acks: Acks::All,
        idempotent: true,
        patience: PATIENCE,
        // A fatal error (fenced, out of order) ends the client as well as a time-out does.
        ends: |outcome| outcome != Outcome::Ok,
    };
    live(load, thread, per_second, &way, |_, worker, counter| {
        one(worker, counter)
    })
}
