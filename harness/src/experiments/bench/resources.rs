//! The resources that the nodes use while something runs: processor time and memory, sampled concurrently.

use std::time::{Duration, Instant};

use nemesis::process::ProcessTable;
use nemesis::process::figures::Sampler;

use crate::cluster::Cluster;
use crate::record::StopFlag;

/// The interval of samples. Shorter-lived threads are not detected.
const PERIOD: Duration = Duration::from_millis(100);

/// The resources that the nodes used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Used {
    /// Processor time of all nodes together.
    pub(super) processor: Duration,
    /// Peak resident memory of the largest node.
    pub(super) resident_bytes: u64,
}

/// Runs something and samples the nodes in the meantime.
pub(super) fn during<T>(
    cluster: &Cluster,
    table: &ProcessTable,
    work: impl FnOnce() -> T,
) -> (T, Used) {
    let stop = StopFlag::default();
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch(cluster, table, &stop));
        let done = work();
        stop.set();
        (done, watching.join().unwrap_or_default())
    })
}

fn watch(cluster: &Cluster, table: &ProcessTable, stop: &StopFlag) -> Used {
    let nodes = cluster.nodes().into_iter();
    let running = nodes.filter_map(|node| cluster.pid(node));
    let mut samplers: Vec<Sampler> = running
        .map(|pid| Sampler::new(table.clone(), pid))
        .collect();
    for sampler in &mut samplers {
        // The first sample's difference counts from the process's start.
        let _ = sampler.sample();
    }
    let mut used = Used::default();
    let mut next = Instant::now() + PERIOD;
    loop {
        let goes_on = stop.sleep_until(next);
        next = Instant::now() + PERIOD;
        for figures in samplers.iter_mut().filter_map(Sampler::sample) {
            used.processor += Duration::from_nanos(figures.cpu_since_ns);
            used.resident_bytes = used.resident_bytes.max(figures.resident_bytes);
        }
        if !goes_on {
            return used;
        }
    }
}
