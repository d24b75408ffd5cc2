//! The start of a scenario: nodes start, all at once or one after the other, and may be subject to faults before any
//! client sends a request. Whether they form a cluster is checked later.

use std::time::{Duration, Instant};

use anyhow::Result;
use nemesis::Node;

use super::{Running, faults};
use crate::record::Threads;

/// The interval of checks of clock and interrupt.
const LOOK: Duration = Duration::from_millis(20);

impl Running<'_> {
    /// Starts the nodes, each when it is due, and waits until the faults before the load are over. Probes run from the
    /// first start on.
    pub(super) async fn open(&mut self, probes: &mut Threads) -> Result<()> {
        let opening = &self.case.opening;
        let after = |node: Node| opening.start_after.get(node.index()).copied();
        let due = self.cluster.nodes().into_iter();
        let due = due.map(|node| (after(node).unwrap_or_default(), node));
        let (first, mut late): (Vec<_>, Vec<_>) = due.partition(|(after, _)| after.is_zero());
        for (_, node) in first {
            self.cluster.start(node).await?;
        }
        self.start_probes(probes)?;
        let began = Instant::now();
        late.sort();
        for (after, node) in late {
            while began.elapsed() < after && !self.context.interrupt.is_set() {
                tokio::time::sleep(LOOK).await;
            }
            self.cluster.start(node).await?;
        }
        let ending = Instant::now() + Duration::from_millis(opening.plan.time_limit_ms);
        let disturbed = faults::execute(
            &opening.plan,
            &self.faults(true),
            ending,
            &self.context.interrupt,
        )
        .await;
        self.warnings.extend(disturbed);
        Ok(())
    }
}
