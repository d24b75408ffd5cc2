//! DeleteRecords: what is deleted is out of range on every node, in whatever order nodes end and come back, and what is
//! listed by time is among what is left.

mod client;

use client::{Client, batch, cluster_with, code, eventually, latest, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::DeleteRecordsRequest;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};

const EARLIEST: i64 = -2;
const LARGEST: i64 = -3;
/// The time of the first record of each batch.
const BEGIN: i64 = 1_700_000_000_000;

fn delete(client: &mut Client, topic: &str, version: i16, offset: i64) -> (i16, i64) {
    let partition = DeleteRecordsPartition::default()
        .with_partition_index(0)
        .with_offset(offset);
    let topic = DeleteRecordsTopic::default()
        .with_name(name(topic))
        .with_partitions(vec![partition]);
    let request = DeleteRecordsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(5000);
    let answer = client.call(version, &request);
    let row = &answer.topics[0].partitions[0];
    (row.error_code, row.low_watermark)
}

fn fetched(client: &mut Client, offset: i64) -> i16 {
    client.fetch("log", offset, 0).responses[0].partitions[0].error_code
}

#[test]
fn deleted_records_are_gone_on_every_node_and_after_restarts() {
    let mut cluster = cluster_with("log");
    let mut client = cluster.client(cluster.leader());
    client.produce("log", -1, batch(&["a", "b", "c"]));
    client.produce("log", -1, batch(&["d", "e"]));
    let out_of_range = code(ResponseError::OffsetOutOfRange);
    assert_eq!(delete(&mut client, "log", 0, 6), (out_of_range, -1));
    assert_eq!(delete(&mut client, "log", 1, -2), (out_of_range, -1));
    let unknown = code(ResponseError::UnknownTopicOrPartition);
    assert_eq!(delete(&mut client, "none", 1, 0), (unknown, -1));
    let mut follower = cluster.client(cluster.follower());
    let not_leader = code(ResponseError::NotLeaderOrFollower);
    assert_eq!(delete(&mut follower, "log", 2, 1), (not_leader, -1));

    // Within a batch, which stays: clients skip what lies before their offset.
    assert_eq!(delete(&mut client, "log", 0, 2), (0, 2));
    assert_eq!(
        delete(&mut client, "log", 1, 1),
        (0, 2),
        "nothing comes back"
    );
    assert_eq!(latest(&mut client, "log", EARLIEST), (0, 2));
    assert_eq!(fetched(&mut client, 1), out_of_range);
    assert_eq!(fetched(&mut client, 2), 0);
    // The times of a batch are those of its records, one after the other.
    assert_eq!(latest(&mut client, "log", BEGIN), (0, 2));
    assert_eq!(latest(&mut client, "log", LARGEST), (0, 2));
    eventually("the follower has heard of it", || {
        (fetched(&mut follower, 1) == out_of_range).then_some(())
    });

    for id in 1..=3 {
        cluster.stop_node(id);
    }
    for id in 1..=3 {
        cluster.start_node(id);
    }
    for id in 1..=3 {
        let mut client = cluster.client(id);
        eventually("the node has heard of it", || {
            (fetched(&mut client, 1) == out_of_range && fetched(&mut client, 2) == 0).then_some(())
        });
    }
    let mut client = cluster.client(cluster.leader());
    assert_eq!(latest(&mut client, "log", EARLIEST), (0, 2));
    assert_eq!(
        delete(&mut client, "log", 2, -1),
        (0, 5),
        "the high watermark"
    );
    assert_eq!(latest(&mut client, "log", EARLIEST), (0, 5));
    assert_eq!(latest(&mut client, "log", BEGIN), (0, -1));
    assert_eq!(latest(&mut client, "log", LARGEST), (0, -1));
    assert_eq!(client.produce("log", -1, batch(&["f"])), (0, 5));
    assert_eq!(latest(&mut client, "log", BEGIN), (0, 5));
}

#[test]
fn a_time_whose_record_was_deleted_is_looked_for_in_the_next_batch() {
    let cluster = cluster_with("log");
    let mut client = cluster.client(cluster.leader());
    // Times 0, 1, 2 and then 0, 1 after the begin.
    client.produce("log", -1, batch(&["a", "b", "c"]));
    client.produce("log", -1, batch(&["d", "e"]));
    assert_eq!(latest(&mut client, "log", LARGEST), (0, 2));
    assert_eq!(delete(&mut client, "log", 1, 2), (0, 2));
    assert_eq!(latest(&mut client, "log", BEGIN + 1), (0, 2));
    assert_eq!(delete(&mut client, "log", 1, 3), (0, 3));
    assert_eq!(latest(&mut client, "log", BEGIN + 1), (0, 4));
    assert_eq!(latest(&mut client, "log", BEGIN + 2), (0, -1));
    assert_eq!(latest(&mut client, "log", LARGEST), (0, 4));
}
