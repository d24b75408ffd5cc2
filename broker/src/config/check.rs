//! Which values can work together. Checked before anything is opened.

use super::NodeConfig;

impl NodeConfig {
    /// The first field that cannot work, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let timing = &self.timing;
        let limits = &self.limits;
        let ids = self.voters();
        let refuse = |field, problem: &str| Err((field, problem.to_owned()));
        if self.cluster_id.is_empty() || self.cluster_id.len() > 200 {
            return refuse("cluster_id", "give 1 to 200 characters");
        }
        if let Err(problem) = self.secret() {
            return refuse("cluster_secret", problem);
        }
        if ids.len() != self.peers.len() {
            return refuse(
                "peers",
                "two entries have the same id; every node has one entry",
            );
        }
        if ids.first() == Some(&0) || ids.iter().any(|id| *id > i32::MAX as u64) {
            return refuse("peers", "ids are 1 to 2147483647");
        }
        if ids.is_empty() {
            return refuse("peers", "list every node, this one included");
        }
        if !ids.contains(&self.node_id) {
            return Err((
                "node_id",
                format!(
                    "node {} is not among `peers` {ids:?}; add its entry",
                    self.node_id
                ),
            ));
        }
        if !(1..=1000).contains(&self.default_partitions) {
            return refuse("default_partitions", "give 1 to 1000");
        }
        if timing.tick_ms == 0 || timing.heartbeat_ms < timing.tick_ms {
            return refuse(
                "timing.heartbeat_ms",
                "must be at least tick_ms, and tick_ms at least 1",
            );
        }
        if timing.election_min_ms < 2 * timing.heartbeat_ms
            || timing.election_max_ms <= timing.election_min_ms
        {
            return refuse(
                "timing.election_min_ms",
                "must be at least 2 * heartbeat_ms, and below election_max_ms",
            );
        }
        if timing.request_deadline_ms == 0 || timing.forward_deadline_ms == 0 {
            return refuse("timing.request_deadline_ms", "deadlines are at least 1 ms");
        }
        if limits.message_bytes < 1024 || limits.message_bytes > limits.request_bytes / 2 {
            return refuse(
                "limits.message_bytes",
                "give 1024 up to half of limits.request_bytes",
            );
        }
        if limits.request_bytes > 64 << 20 {
            return refuse("limits.request_bytes", "give at most 67108864 (64 MiB)");
        }
        if limits.fetch_bytes < 1024 || limits.fetch_bytes > 64 << 20 {
            return refuse("limits.fetch_bytes", "give 1024 to 67108864 (64 MiB)");
        }
        if !(1..=16_384).contains(&limits.connections) {
            return refuse("limits.connections", "give 1 to 16384");
        }
        if limits.address_connections == Some(0) {
            return refuse("limits.address_connections", "give at least 1");
        }
        if !(1..=100_000).contains(&limits.topics) {
            return refuse("limits.topics", "give 1 to 100000");
        }
        if !(1..=200_000).contains(&limits.partitions) {
            return refuse("limits.partitions", "give 1 to 200000");
        }
        if limits.request_partitions == 0 {
            return refuse("limits.request_partitions", "give at least 1");
        }
        if limits.uncompressed_bytes < limits.message_bytes || limits.uncompressed_bytes > 256 << 20
        {
            return refuse(
                "limits.uncompressed_bytes",
                "give limits.message_bytes up to 268435456 (256 MiB)",
            );
        }
        if self.log.segment_bytes > 1 << 30 {
            return refuse("log.segment_bytes", "give at most 1073741824 (1 GiB)");
        }
        if self.log.segment_bytes < 64 << 10
            || self.log.retention_bytes < 2 * self.log.segment_bytes
        {
            return refuse(
                "log.retention_bytes",
                "must be at least two segments, and a segment at least 65536 bytes",
            );
        }
        Ok(())
    }
}
