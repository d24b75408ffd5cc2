//! Transactions across lost leaders, restarts of everything, and checkpoints: what is open stays open until it ends, what was
//! aborted stays invisible.

mod client;

use client::transactions::Producer;
use client::{Client, Cluster, batch, create, eventually, transactional};

/// Small segments, so that there are checkpoints soon.
fn cluster_of_small_segments() -> Cluster {
    let cluster = Cluster::start_with(|config| config.log.segment_bytes = 1 << 16);
    let leader = cluster.leader();
    assert_eq!(create(&mut cluster.client(leader), "topic", 2), 0);
    cluster.wait_for_topic("topic");
    cluster
}

/// Asks until the new leader answers.
fn leading(cluster: &Cluster) -> Client {
    eventually("a leader serves", || {
        let mut client = cluster.client(cluster.leader());
        (client.init(4, "probe", 1_000).0 == 0).then_some(client)
    })
}

fn put(client: &mut Client, partition: i32, value: &str, producer: Producer, sequence: i32) {
    let data = transactional(&[value], producer, sequence);
    assert_eq!(client.produce_in(9, "t", ("topic", partition), data).0, 0);
}

fn open_in_both(client: &mut Client) -> Producer {
    let producer = client.begin("t");
    let both = [("topic", 0), ("topic", 1)];
    assert_eq!(client.add_all(3, "t", producer, &both), [0, 0]);
    producer
}

#[test]
fn an_open_transaction_survives_its_leader() {
    let mut cluster = cluster_of_small_segments();
    let mut client = leading(&cluster);
    let producer = open_in_both(&mut client);
    put(&mut client, 0, "before", producer, 0);
    let old = cluster.leader();
    cluster.stop_node(old);
    let mut client = leading(&cluster);
    assert_eq!(client.read("topic", 0, true).stable, 0);
    put(&mut client, 1, "after", producer, 0);
    assert_eq!(client.end(3, "t", producer, true), 0);
    assert_eq!(client.committed("topic", 0), ["before"]);
    assert_eq!(client.committed("topic", 1), ["after"]);
    cluster.start_node(old);
    cluster.leader();
    let mut returned = cluster.client(old);
    eventually("the node that was away shows the same", || {
        (returned.read("topic", 1, true).values == ["after"]).then_some(())
    });
}

#[test]
fn checkpoints_have_what_is_open_and_what_was_aborted() {
    let mut cluster = cluster_of_small_segments();
    let mut client = leading(&cluster);
    let aborted = client.begin("aborted");
    assert_eq!(client.add("aborted", aborted, "topic"), 0);
    let data = transactional(&["aborted"], aborted, 0);
    assert_eq!(client.produce_in(9, "aborted", ("topic", 0), data).0, 0);
    assert_eq!(client.end(3, "aborted", aborted, false), 0);
    // Open with a record in one partition only.
    let producer = open_in_both(&mut client);
    put(&mut client, 0, "open", producer, 0);
    // Over several segments.
    let filler = "x".repeat(8_000);
    for _ in 0..40 {
        assert_eq!(client.produce("topic", -1, batch(&[&filler])).0, 0);
    }
    let end = client.read("topic", 0, false).end;
    for id in 1..=3 {
        cluster.stop_node(id);
    }
    for id in 1..=3 {
        cluster.start_node(id);
    }
    let mut client = leading(&cluster);
    let read = client.read("topic", 0, true);
    assert_eq!(read.values, [""; 0]);
    assert_eq!((read.stable, read.end), (2, end), "below what is open");
    assert_eq!(read.aborted, [(aborted.0, 0)]);
    let (state, known, partitions) = client.described("t").unwrap();
    assert_eq!(
        (state.as_str(), known, partitions),
        ("Ongoing", producer, 2)
    );
    assert_eq!(client.end(3, "t", producer, true), 0);
    let read = client.read("topic", 0, true);
    assert_eq!(read.values[0], "open");
    assert_eq!(read.stable, end + 1);
    assert_eq!(client.read("topic", 1, true).stable, 1, "a marker alone");
}

#[test]
fn time_begins_again_under_a_new_leader() {
    let mut cluster = cluster_of_small_segments();
    let mut client = leading(&cluster);
    let (error, producer) = client.init(4, "t", 2_000);
    assert_eq!(error, 0);
    assert_eq!(client.add("t", producer, "topic"), 0);
    put(&mut client, 0, "left", producer, 0);
    let old = cluster.leader();
    cluster.stop_node(old);
    let mut client = leading(&cluster);
    assert_eq!(client.read("topic", 0, true).stable, 0, "not at once");
    eventually("the new leader aborts it", || {
        (client.read("topic", 0, true).stable == 2).then_some(())
    });
    assert_eq!(client.committed("topic", 0), [""; 0]);
}
