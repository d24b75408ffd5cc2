//! Sentences for findings about what nodes make of their disks.

use checkers::history::DiskFault;
use checkers::verdict::Finding;

use super::Words;
use crate::format::{length_ms, untrusted};

/// What a target states about its disks.
const DISK: &str = "a promise of the target, see “Which rules applied” on the page";

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::WentOnAfterFailure {
            nodes,
            fault,
            failed,
        } => {
            let what = match fault {
                DiskFault::FailingWrite => "writes",
                _ => "syncs",
            };
            let what = match failed {
                1 => format!("1 {}", what.trim_end_matches('s')),
                more => format!("{more} {what}"),
            };
            let nodes = untrusted(&nodes.join(" "));
            Words::of(
                "Went on after a failure",
                "A node ends when its disk fails, because it does not know what is on it.",
                DISK,
            )
            .seen(format!("{what} of {nodes} failed, and it did not end."))
            .therefore("What it acknowledges afterwards may not be on its disk.")
            .detail(format!("{nodes}: {what} failed"))
        }
        Finding::AcknowledgedUnsynced {
            took_ms,
            delay_ms,
            nodes,
            records,
        } => Words::of(
            "Acknowledged before the sync",
            "A record is acknowledged when a majority of nodes has synced it.",
            DISK,
        )
        .seen(format!(
            "Every sync of {} was {} late, and {records} records were acknowledged earlier, the first {} after it was sent.",
            untrusted(&nodes.join(" ")),
            length_ms(*delay_ms),
            length_ms(*took_ms)
        ))
        .therefore("No majority can have synced them by then: a power loss would lose them.")
        .detail(format!("{} of {}", length_ms(*took_ms), length_ms(*delay_ms))),
        _ => return None,
    })
}
