//! Plant `slow-leak`: memory grows while a peer is gone, and does not without the plant. A program
//! of its own, because what is measured is its memory.

mod client;

use std::time::{Duration, Instant};

use broker::plants::Plants;
use client::Cluster;

/// How long a follower is gone.
const GONE: Duration = Duration::from_secs(2);

/// Resident memory of this process in MiB.
fn resident_mib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4 / 1024
}

/// Growth of the memory while a follower is gone, in MiB.
fn growth(words: &[&str]) -> u64 {
    let plants = Plants::parse(words).unwrap();
    let mut cluster = Cluster::start_with(|config| config.plants = plants.clone());
    let gone = cluster.follower();
    cluster.stop_node(gone);
    let (begun, before) = (Instant::now(), resident_mib());
    while begun.elapsed() < GONE {
        std::thread::sleep(Duration::from_millis(50));
    }
    resident_mib().saturating_sub(before)
}

#[test]
fn what_finds_no_way_to_a_peer_is_kept() {
    let correct = growth(&[]);
    let leaking = growth(&["slow-leak=100"]);
    assert!(leaking > 50 && correct < 20, "{leaking} and {correct} MiB");
}
