//! The thread that writes the log: takes everything that waits, writes it, syncs once, reports.
//!
//! While one sync is under way the next groups gather, so the more there is to do the more one sync
//! does.

use std::sync::mpsc::Receiver;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

use crate::log::{LogWriter, SyncReport, WriteGroup};
use crate::plants::{Plants, slow_commit};

/// Groups that share one sync. A bound on the time until the first of them is reported.
const GROUPS_PER_SYNC_MAX: usize = 256;

/// Writes until the core is gone, or a write fails: then nothing may be assumed about the disk, and
/// the node ends.
///
/// Both channels are unbounded. What is in them is bounded by what the core has in flight: client
/// requests hold room in the request budget until they are answered, and a leader sends only so
/// much ahead of acknowledgements.
pub(super) fn run(
    mut writer: LogWriter,
    groups: &Receiver<WriteGroup>,
    reports: &UnboundedSender<SyncReport>,
    ended: &UnboundedSender<String>,
    plants: &Plants,
) {
    while let Ok(first) = groups.recv() {
        let mut together = vec![first];
        while together.len() < GROUPS_PER_SYNC_MAX
            && let Ok(next) = groups.try_recv()
        {
            together.push(next);
        }
        let begun = Instant::now();
        match writer.write(&together) {
            Ok(report) => {
                // Plant slow-commit.
                if let Some(delay) = slow_commit::delay(plants, begun.elapsed()) {
                    std::thread::sleep(delay);
                }
                // The core may have ended meanwhile, which this loop notices next.
                let _ = reports.send(report);
            }
            Err(error) => {
                let _ = ended.send(format!("writing the log failed: {error}"));
                return;
            }
        }
    }
}
