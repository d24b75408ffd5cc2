//! The end of a run: what is read and asked once everything is healed, and how nodes that are no longer needed are stopped.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Running, final_reads};
use crate::config::topics::TOPICS;
use crate::kafka::clients;
use crate::load::describe_all;

/// How long the final reads may take.
const FINAL_READS: Duration = Duration::from_secs(20);

impl Running<'_> {
    /// Ends all nodes without asking them.
    pub(super) async fn end_nodes(&self) {
        for node in self.cluster.nodes() {
            // What survives SIGKILL ends with the sandbox.
            let _ = self.cluster.kill(node).await;
        }
    }

    /// Every topic of the run, as every node describes it once all may be expected to agree.
    pub(super) fn describe_topics(&self) {
        let mut names: Vec<String> = self.created.all();
        if !names.is_empty() {
            let settle = Duration::from_millis(self.case.target.limits.metadata_ms);
            self.context.interrupt.sleep_until(Instant::now() + settle);
        }
        names.extend(TOPICS.iter().map(|(name, _)| (*name).to_owned()));
        if !self.context.interrupt.is_set() {
            let addresses = self.cluster.addresses();
            describe_all(&names, &addresses, &self.recorder, &self.ids);
        }
    }

    /// Every partition through every node to its end, and once more through librdkafka.
    pub(super) fn read_everything(&mut self, partitions: &[(String, i32)]) -> Result<()> {
        let deadline = Instant::now() + FINAL_READS;
        let addresses = self.cluster.addresses();
        let ends = match final_reads::ends(&addresses, partitions, deadline) {
            Ok(ends) => ends,
            Err(error) => {
                self.warnings.push(format!("no final reads: {error:#}"));
                return Ok(());
            }
        };
        let (recorder, ids) = (&self.recorder, &self.ids);
        std::thread::scope(|scope| {
            for (at, address) in addresses.iter().enumerate() {
                let ends = &ends;
                scope.spawn(move || {
                    final_reads::through_node(at + 1, *address, ends, recorder, ids, deadline);
                });
            }
        });
        let client = self.case.target.client_settings();
        let config = clients::consumer(&self.cluster.bootstrap(), &client);
        final_reads::through_client(&config, &ends, recorder, ids.next(), deadline)
    }
}
