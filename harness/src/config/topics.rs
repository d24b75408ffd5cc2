//! The topics of a run: the workloads' own and the produce probe's.

/// The topics of a workload that draws none: name and partitions.
pub const TOPICS: [(&str, i32); 2] = [("t0", 2), ("t1", 2)];

/// The topic of the produce probe, on which fail-over is measured. It has one partition.
pub const PROBE: &str = "jepsen-probe";

/// Every partition of a workload's topics.
pub fn partitions(topics: &[(String, i32)]) -> Vec<(String, i32)> {
    let of = |(name, partitions): &(String, i32)| {
        let name = name.clone();
        (0..*partitions)
            .map(move |partition| (name.clone(), partition))
            .collect::<Vec<_>>()
    };
    topics.iter().flat_map(of).collect()
}

/// The number of partitions on whose leaders the nodes of a run must agree: the workload's and the produce probe's.
pub fn watched(topics: &[(String, i32)]) -> usize {
    partitions(topics).len() + 1
}

/// The names of all topics that a run creates.
pub fn names(topics: &[(String, i32)]) -> Vec<String> {
    let own = topics.iter().map(|(name, _)| name.clone());
    own.chain([PROBE.to_owned()]).collect()
}
