//! The end of a run: the final reads and requests after the last heal, and the stop of nodes that are no longer needed.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Running, final_reads, raw_reads};
use crate::kafka::clients;
use crate::load::committed::fetch_last;
use crate::load::{Compared, describe_all};

/// The least time limit of the final reads. They may take half as long as the load did: 85 s of records of up to a megabyte were
/// not read in 20 s, and nothing could be judged.
const FINAL_READS: Duration = Duration::from_secs(20);

/// The time limit of the last questions for committed offsets.
const FINAL_FETCHES: Duration = Duration::from_secs(10);

/// How often a coordinator looks for transactions that timed out, where the target does not say it: Kafka's default.
const SCAN_MS: u64 = 10_000;
/// Readings that find a transaction open prove something only if they began after every time-out.
const MARGIN_MS: u64 = 1_000;

impl Running<'_> {
    /// Kills all nodes without a stop signal.
    pub(super) async fn end_nodes(&self) {
        for node in self.cluster.nodes() {
            // Processes that survive SIGKILL end with the sandbox.
            let _ = self.cluster.kill(node).await;
        }
    }

    /// Every topic of the run, as every node describes it at a time when all nodes should agree.
    pub(super) fn describe_topics(&self) {
        let mut names: Vec<String> = self.created.all();
        if !names.is_empty() {
            let settle = Duration::from_millis(self.case.target.limits.metadata_ms);
            self.context.interrupt.sleep_until(Instant::now() + settle);
        }
        names.extend(self.case.topics().into_iter().map(|(name, _)| name));
        if !self.context.interrupt.is_set() {
            let addresses = self.cluster.addresses();
            describe_all(&names, &addresses, &self.recorder, &self.ids);
        }
    }

    /// The offsets that the groups of the load committed last.
    pub(super) fn fetch_committed(&self, partitions: &[(String, i32)]) {
        let deadline = Instant::now() + FINAL_FETCHES;
        let recorded = (&self.recorder, &self.ids);
        let addresses = self.cluster.addresses();
        fetch_last(&self.groups, partitions, &addresses, recorded, deadline);
    }

    /// Reads every partition through every node to its end: plain ones by their records, and again through librdkafka;
    /// those of transactions batch by batch, once every transaction is over.
    pub(super) fn read_everything(&mut self, partitions: &[(String, i32)]) -> Result<()> {
        let (plain, transactional) = self.split(partitions);
        self.read_raw(&transactional);
        match plain.is_empty() {
            true => Ok(()),
            false => self.read_plain(&plain),
        }
    }

    /// Waits until no transaction is open, at most for as long as their coordinator may need to time them out.
    pub(super) fn await_transactions(&self, partitions: &[(String, i32)]) {
        let (_, places) = self.split(partitions);
        let timeouts = self.workload.timeouts(&self.case.shape);
        let limits = &self.case.target.limits;
        let limit_ms = timeouts.transaction_ms.unwrap_or(0)
            + timeouts.scan_ms.unwrap_or(SCAN_MS)
            + limits.fail_over_ms
            + MARGIN_MS;
        let deadline = Instant::now() + Duration::from_millis(limit_ms);
        let addresses = self.cluster.addresses();
        while !raw_reads::are_stable(&addresses, &places) && Instant::now() < deadline {
            let again = Instant::now() + Duration::from_millis(200);
            if !self.context.interrupt.sleep_until(again) {
                return;
            }
        }
    }

    /// Until when the final reads must have ended.
    fn final_deadline(&self) -> Instant {
        Instant::now() + FINAL_READS.max(self.case.time_limit / 2)
    }

    fn read_raw(&self, places: &[(String, i32)]) {
        let deadline = self.final_deadline();
        let addresses = self.cluster.addresses();
        let (recorder, ids) = (&self.recorder, &self.ids);
        let starts = raw_reads::starts(&addresses, places);
        std::thread::scope(|scope| {
            for (at, address) in addresses.iter().enumerate() {
                let read = (places, &starts[..]);
                scope.spawn(move || {
                    let node = (at + 1, *address);
                    raw_reads::through_node(node, read, (recorder, ids), deadline);
                });
            }
        });
    }

    fn read_plain(&mut self, partitions: &[(String, i32)]) -> Result<()> {
        let deadline = self.final_deadline();
        let addresses = self.cluster.addresses();
        let recorded = (&self.recorder, &self.ids);
        let spans = match final_reads::spans(&addresses, partitions, recorded, deadline) {
            Ok(spans) => spans,
            Err(error) => {
                self.warnings.push(format!("no final reads: {error:#}"));
                return Ok(());
            }
        };
        let (recorder, ids) = (&self.recorder, &self.ids);
        let drawing = (*self.drawing).as_ref();
        std::thread::scope(|scope| {
            for (at, address) in addresses.iter().enumerate() {
                // One that holds no replica would refuse until the deadline.
                let held = spans
                    .iter()
                    .filter(|span| self.view.may_hold(at + 1, span.place()));
                let held: Vec<&final_reads::Span> = held.collect();
                let reach = &self.reach;
                scope.spawn(move || {
                    let compared = Compared::begin(drawing, recorder);
                    final_reads::through_node(
                        (at + 1, *address),
                        (&held, reach),
                        compared,
                        (recorder, ids),
                        deadline,
                    );
                });
            }
        });
        let client = self.case.target.client_settings();
        let config = clients::consumer(&self.cluster.bootstrap(), &client);
        let compared = Compared::begin(drawing, recorder);
        let nodes = addresses.len();
        let read = |span: &final_reads::Span| self.reach.read_by_all(nodes, span.place());
        let (spans, recorded) = ((&spans[..], read), (recorder, ids.next()));
        final_reads::through_client(&config, spans, compared, recorded, deadline)
    }
}
