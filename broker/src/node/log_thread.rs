//! The thread that writes the log: takes everything that waits, writes it, syncs once, reports.
//!
//! While one sync is under way the next groups gather, so the more there is to do the more one sync
//! does.

use std::sync::mpsc::Receiver;

use tokio::sync::mpsc::UnboundedSender;

use crate::log::{LogWriter, SyncReport, WriteGroup};

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
) {
    while let Ok(first) = groups.recv() {
        let mut together = vec![first];
        while together.len() < GROUPS_PER_SYNC_MAX
            && let Ok(next) = groups.try_recv()
        {
            together.push(next);
        }
        match writer.write(&together) {
            Ok(report) => {
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
