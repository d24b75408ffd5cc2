//! `jepsen client`: one client of a run, as a process of its own. The harness starts it and speaks with it; nobody types it.

use anyhow::Result;

use crate::load::clients;

/// Lives as the client that the standard input describes.
///
/// # Errors
/// As of [`clients::run`].
pub fn run() -> Result<i32> {
    clients::run()
}
