//! What the nodes cost while something runs: processor time and memory, sampled beside it.

use std::time::{Duration, Instant};

use nemesis::process::ProcessTable;
use nemesis::process::figures::Sampler;

use crate::cluster::Cluster;
use crate::record::StopFlag;

/// Between two samples: a thread that lives shorter is not seen.
const PERIOD: Duration = Duration::from_millis(100);

/// What the nodes used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Used {
    /// Processor time of all nodes together.
    pub(super) processor: Duration,
    /// Resident memory of the largest node, at its highest.
    pub(super) resident_bytes: u64,
}

/// Runs something and samples the nodes meanwhile.
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
        // The first sample's difference reaches back to the process's start.
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
