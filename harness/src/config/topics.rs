//! The topics of a run: the workloads' own and the produce probe's.

/// The workloads' topics: name and partitions.
pub const TOPICS: [(&str, i32); 2] = [("t0", 2), ("t1", 2)];

/// The topic of the produce probe, on which fail-over is measured. It has one partition.
pub const PROBE: &str = "jepsen-probe";

/// Every partition of the workloads' topics.
pub fn partitions() -> Vec<(String, i32)> {
    let of = |(name, partitions): &(&str, i32)| {
        let name = (*name).to_owned();
        (0..*partitions)
            .map(move |partition| (name.clone(), partition))
            .collect::<Vec<_>>()
    };
    TOPICS.iter().flat_map(of).collect()
}

/// The number of partitions on whose leaders the nodes of a run must agree: the workloads' and the produce probe's.
pub fn watched() -> usize {
    partitions().len() + 1
}

/// The names of all topics that a run creates.
pub fn names() -> impl Iterator<Item = &'static str> {
    let own = TOPICS.iter().map(|(name, _)| *name);
    own.chain([PROBE])
}
