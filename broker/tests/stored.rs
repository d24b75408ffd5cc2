//! Data directories as released formats have them: a node starts from each, serves what lies in it, and goes on from there.
//!
//! A directory below `fixtures` is that of the only node of a cluster, `data-FORMAT`. `STORED=write cargo test -p broker --test
//! stored` writes that of the present format, for a format that has none yet. Those of older formats stay.

mod client;

use std::fs;
use std::path::{Path, PathBuf};

use broker::NodeConfig;
use client::members::Member;
use client::{Client, Cluster, batch, eventually, latest, name, transactional};
use kafka_protocol::messages::CreateTopicsRequest;
use kafka_protocol::messages::create_topics_request::CreatableTopic;

/// The format that this release writes.
const FORMAT: u8 = 1;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The files of a directory, which has no others in it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in files(from) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// Small segments, of which only the newest stay: so there is a checkpoint.
fn small(config: &mut NodeConfig) {
    config.log.segment_bytes = 1 << 16;
    config.log.retention_bytes = 1 << 17;
}

/// A client of the only node, once it leads.
fn leading(cluster: &Cluster) -> Client {
    cluster.leader();
    eventually("the leader serves", || {
        let mut client = cluster.client(1);
        (client.init(4, "probe", 1_000).0 == 0).then_some(client)
    })
}

/// A topic of one partition on the only node.
fn create(client: &mut Client, topic: &str) {
    let topic = CreatableTopic::default()
        .with_name(name(topic))
        .with_num_partitions(1)
        .with_replication_factor(1);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(5_000);
    assert_eq!(client.call(5, &request).topics[0].error_code, 0);
}

/// A transaction with one record.
fn transaction(client: &mut Client, id: &str, value: &str, commit: bool) {
    let producer = client.begin(id);
    assert_eq!(client.add(id, producer, "transactions"), 0);
    let data = transactional(&[value], producer, 0);
    assert_eq!(client.produce_in(9, id, ("transactions", 0), data).0, 0);
    assert_eq!(client.end(3, id, producer, commit), 0);
}

/// Fills a cluster of one node: some of it only its checkpoint has, and some of it lies in entries.
fn fill(cluster: &Cluster) {
    let mut client = leading(cluster);
    for topic in ["early", "filler", "late", "transactions"] {
        create(&mut client, topic);
    }
    assert_eq!(client.produce("early", -1, batch(&["x", "y", "z"])), (0, 0));
    let mut member = Member::new(cluster.client(1), "early");
    assert_eq!(member.commit("early", 2, "stored"), 0);
    let filler = "x".repeat(8_000);
    for _ in 0..40 {
        assert_eq!(client.produce("filler", -1, batch(&[&filler])).0, 0);
    }
    assert_eq!(client.produce("late", -1, batch(&["a", "b", "c"])), (0, 0));
    transaction(&mut client, "kept", "committed", true);
    transaction(&mut client, "dropped", "aborted", false);
    let mut member = Member::new(cluster.client(1), "late");
    assert_eq!(member.commit("late", 1, "stored later"), 0);
}

/// What [`fill`] left is there, and the node goes on behind it.
fn check(cluster: &Cluster) {
    let mut client = leading(cluster);
    let late = [(0, "a"), (1, "b"), (2, "c")].map(|(at, value)| (at, value.to_owned()));
    assert_eq!(client.values("late", 0), late);
    assert_eq!(client.committed("transactions", 0), ["committed"]);
    for (group, offset, token) in [("early", 2, "stored"), ("late", 1, "stored later")] {
        let committed = Member::new(cluster.client(1), group).committed(group);
        assert_eq!(committed, (0, offset, token.to_owned()));
    }
    // Of these records only the checkpoint knows, that they were there.
    assert_eq!(latest(&mut client, "early", -1), (0, 3));
    assert_eq!(client.produce("early", -1, batch(&["next"])), (0, 3));
    assert_eq!(client.produce("late", -1, batch(&["d"])), (0, 3));
    transaction(&mut client, "kept", "committed again", true);
    let all = ["committed", "committed again"];
    assert_eq!(client.committed("transactions", 0), all);
}

#[test]
fn a_node_starts_from_what_each_release_stored_and_serves_it() {
    if std::env::var("STORED").is_ok_and(|word| word == "write") {
        let mut cluster = Cluster::start_of(1, small);
        fill(&cluster);
        cluster.stop_node(1);
        copy(
            &cluster.config(1).data_dir,
            &fixtures().join(format!("data-{FORMAT}")),
        );
    }
    for format in 1..=FORMAT {
        let stored = fixtures().join(format!("data-{format}"));
        let names: Vec<String> = files(&stored)
            .iter()
            .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        let has = |prefix: &str| names.iter().any(|name| name.starts_with(prefix));
        assert!(has("segment-") && has("checkpoint-"), "{names:?}");
        assert!(!has("segment-0000000001"), "it begins after a checkpoint");
        let cluster = Cluster::start_of(1, |config| {
            small(config);
            copy(&stored, &config.data_dir);
        });
        check(&cluster);
    }
}
