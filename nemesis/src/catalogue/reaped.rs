//! What shows that processes were killed: the owner reaped the first of each group, and no other one of it is left.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::fault::FaultError;
use crate::process::ProcessTable;

/// How long the processes of a killed group may take to be gone.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Between two looks for them.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// How each of some processes ended.
pub(super) fn in_words(statuses: &[(impl std::fmt::Display, String)]) -> String {
    let text: Vec<String> = statuses
        .iter()
        .map(|(who, status)| format!("{who}: {status}"))
        .collect();
    text.join("; ")
}

/// Waits until no process of these groups is left. The first process is reaped when the kill returns; others of its group may
/// take longer. `reaped` says how they ended.
pub(super) async fn gone(
    table: &ProcessTable,
    groups: &[i32],
    reaped: String,
) -> Result<String, FaultError> {
    let limit = Instant::now() + END_LIMIT;
    while groups
        .iter()
        .any(|group| !table.directories(*group).is_empty())
    {
        if Instant::now() >= limit {
            let evidence = format!("processes of the group are left; reaped: {reaped}");
            return Err(FaultError::NoEffect { evidence });
        }
        sleep(LOOK_INTERVAL).await;
    }
    Ok(format!("reaped: {reaped}; no process of the group is left"))
}
