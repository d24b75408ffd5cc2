//! Three nodes in one process, asked over sockets: what a Kafka client may rely on, with nothing
//! broken and with one node gone.

mod client;

use std::time::{Duration, Instant};

use client::{
    Cluster, batch, cluster_with, code, eventually, fetch_request, latest, name, produce_request,
    produced,
};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::{
    ApiVersionsRequest, CreateTopicsRequest, DescribeClusterRequest, DescribeQuorumRequest,
    FetchRequest, FindCoordinatorRequest, InitProducerIdRequest, ProduceRequest,
};
use kafka_protocol::protocol::StrBytes;

#[test]
fn three_nodes_form_and_agree_on_what_they_are() {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    let follower = cluster.follower();
    let mut client = cluster.client(follower);

    let versions = client.call(3, &ApiVersionsRequest::default());
    assert_eq!(versions.error_code, 0);
    let produce = versions
        .api_keys
        .iter()
        .find(|key| key.api_key == 0)
        .unwrap();
    assert_eq!(
        (produce.min_version, produce.max_version),
        (0, 12),
        "0 is listed for old librdkafka"
    );

    let metadata = client.metadata(None);
    assert_eq!(metadata.brokers.len(), 3);
    assert_eq!(metadata.cluster_id.as_deref(), Some("test"));
    assert_eq!(metadata.controller_id.0, leader as i32);

    let described = client.call(1, &DescribeClusterRequest::default().with_endpoint_type(1));
    assert_eq!((described.error_code, described.brokers.len()), (0, 3));

    let partition = PartitionData::default();
    let topic = TopicData::default()
        .with_topic_name(name("__cluster_metadata"))
        .with_partitions(vec![partition]);
    let quorum = client.call(
        1,
        &DescribeQuorumRequest::default().with_topics(vec![topic]),
    );
    let shown = &quorum.topics[0].partitions[0];
    assert_eq!((shown.error_code, shown.leader_id.0), (0, leader as i32));
    assert_eq!(shown.current_voters.len(), 3);
    assert!(
        shown.leader_epoch >= 1 && shown.leader_epoch <= 3,
        "term {} after a quiet start",
        shown.leader_epoch
    );

    let coordinator = client.call(
        2,
        &FindCoordinatorRequest::default().with_key(StrBytes::from_static_str("group")),
    );
    assert_eq!(
        (coordinator.error_code, coordinator.node_id.0),
        (0, leader as i32)
    );
}

#[test]
fn an_unknown_version_of_api_versions_is_answered_in_version_0() {
    let cluster = Cluster::start();
    let mut client = cluster.client(1);
    client.send_frame(&[0, 18, 0, 99, 0, 0, 0, 5, 0xff, 0xff, 1, 2, 3]);
    let frame = client.receive_frame().unwrap();
    assert_eq!(frame[..4], [0, 0, 0, 5]);
    assert_eq!(frame[4..6], 35_i16.to_be_bytes());
    assert_eq!(frame[6..10], [0, 0, 0, 32], "the list of what is offered");
}

#[test]
fn what_is_produced_is_fetched_with_every_kind_of_acks() {
    let cluster = cluster_with("log");
    let mut client = cluster.client(cluster.leader());
    assert_eq!(client.produce("log", -1, batch(&["a", "b"])), (0, 0));
    assert_eq!(client.produce("log", 1, batch(&["c"])), (0, 2));
    client.send(9, &produce_request("log", 0, batch(&["d"])));
    // The next answer on this connection is not one to acks=0.
    assert_eq!(client.produce("log", -1, batch(&["e"])), (0, 4));
    let expected: Vec<(i64, String)> = (0..5)
        .zip(["a", "b", "c", "d", "e"].map(str::to_owned))
        .collect();
    assert_eq!(client.values("log", 0), expected);
    assert_eq!(
        client.values("log", 1),
        expected[1..],
        "whole batches, of which the client skips a part"
    );
    assert_eq!(latest(&mut client, "log", -1), (0, 5));
    assert_eq!(latest(&mut client, "log", -2), (0, 0));
    assert_eq!(
        latest(&mut client, "log", 1_700_000_000_001),
        (0, 1),
        "the record of that time, not the batch that holds it"
    );

    // A follower serves what it has applied (Fetch 11), and refuses older clients and writes.
    let mut follower = cluster.client(cluster.follower());
    eventually("the follower has applied it", || {
        (follower.values("log", 0).len() == 5).then_some(())
    });
    let refused = follower.call(10, &fetch_request("log", 0, 0));
    let not_leader = code(ResponseError::NotLeaderOrFollower);
    assert_eq!(refused.responses[0].partitions[0].error_code, not_leader);
    assert_eq!(follower.produce("log", -1, batch(&["x"])).0, not_leader);
    assert_eq!(latest(&mut follower, "log", -1).0, not_leader);
    let id = follower.send(10, &produce_request("log", -1, batch(&["x"])));
    let response = follower.receive::<ProduceRequest>(10, id);
    let told = &response.responses[0].partition_responses[0].current_leader;
    assert_eq!(
        told.leader_id.0,
        cluster.leader() as i32,
        "KIP-951: where to go instead"
    );
    assert_eq!(response.node_endpoints.len(), 1);
    follower.send(9, &produce_request("log", 0, batch(&["x"])));
    assert!(
        follower.receive_frame().is_none(),
        "acks=0 has no other way to say no than to hang up"
    );
}

#[test]
fn an_idempotent_duplicate_gets_the_first_offset_and_a_gap_is_refused() {
    let cluster = cluster_with("once");
    let mut follower = cluster.client(cluster.follower());
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_transaction_timeout_ms(1000);
    let first = follower.call(4, &request);
    let second = follower.call(4, &request);
    assert_eq!((first.error_code, second.error_code), (0, 0));
    assert_ne!(first.producer_id, second.producer_id);
    let id = first.producer_id.0;
    let mut client = cluster.client(cluster.leader());
    assert_eq!(
        client.produce("once", -1, produced(&["a", "b"], id, 0, 0)),
        (0, 0)
    );
    assert_eq!(
        client.produce("once", -1, produced(&["c"], id, 0, 2)),
        (0, 2)
    );
    assert_eq!(
        client.produce("once", -1, produced(&["a", "b"], id, 0, 0)),
        (0, 0),
        "the original offset"
    );
    let gap = client.produce("once", -1, produced(&["z"], id, 0, 9));
    assert_eq!(gap.0, code(ResponseError::OutOfOrderSequenceNumber));
    assert_eq!(latest(&mut client, "once", -1), (0, 3));
}

#[test]
fn bad_batches_are_refused_by_name_and_leave_nothing() {
    let cluster = cluster_with("clean");
    let mut client = cluster.client(cluster.leader());
    let good = batch(&["value"]);
    let mut wrong = good.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(
        client.produce("clean", -1, wrong.into()).0,
        code(ResponseError::CorruptMessage)
    );
    assert_eq!(
        client.produce("clean", -1, good.slice(..40)).0,
        code(ResponseError::CorruptMessage)
    );
    let twice = [good.clone(), good.clone()].concat();
    assert_ne!(
        client.produce("clean", -1, twice.into()).0,
        0,
        "exactly one batch"
    );
    // A claim of records that are not there would burn as many offsets.
    for claimed in [2, 1000, i32::MAX] {
        let mut wrong = good.to_vec();
        wrong[23..27].copy_from_slice(&(claimed - 1_i32).to_be_bytes());
        wrong[57..61].copy_from_slice(&claimed.to_be_bytes());
        let checksum = crc32c::crc32c(&wrong[21..]);
        wrong[17..21].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(
            client.produce("clean", -1, wrong.into()).0,
            code(ResponseError::InvalidRecord),
            "{claimed} records claimed"
        );
    }
    let huge = "x".repeat(2 << 20);
    assert_eq!(
        client.produce("clean", -1, batch(&[&huge])).0,
        code(ResponseError::MessageTooLarge)
    );
    assert_eq!(
        client.produce("clean", 7, good.clone()).0,
        code(ResponseError::InvalidRequiredAcks)
    );
    assert_eq!(
        client.produce("nowhere", -1, good.clone()).0,
        code(ResponseError::UnknownTopicOrPartition)
    );
    assert_eq!(latest(&mut client, "clean", -1), (0, 0));
    // Produce 1: two fixed fields, one topic, one partition, no records; refused by name.
    let mut old = vec![
        0, 0, 0, 1, 0, 0, 0, 77, 0xff, 0xff, 0xff, 0xff, 0, 0, 3, 0xe8, 0, 0, 0, 1, 0, 1, b't',
    ];
    old.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    client.send_frame(&old);
    let answer = client.receive_frame().unwrap();
    assert_eq!(answer[..4], 77_i32.to_be_bytes());
    assert_eq!(answer[19..21], 35_i16.to_be_bytes(), "UNSUPPORTED_VERSION");
}

#[test]
fn a_fetch_at_the_end_waits_for_the_next_record_or_its_time() {
    let cluster = cluster_with("poll");
    let leader = cluster.leader();
    let mut waiting = cluster.client(leader);
    let begun = Instant::now();
    let empty = waiting.fetch("poll", 0, 300);
    assert!(
        begun.elapsed() >= Duration::from_millis(290),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        empty.responses[0].partitions[0]
            .records
            .as_ref()
            .is_none_or(|records| records.is_empty())
    );

    let id = waiting.send(11, &fetch_request("poll", 0, 4500));
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    assert_eq!(
        cluster.client(leader).produce("poll", -1, batch(&["now"])),
        (0, 0)
    );
    let response = waiting.receive::<FetchRequest>(11, id);
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "woken by the record, not by its time"
    );
    assert!(
        !response.responses[0].partitions[0]
            .records
            .as_ref()
            .unwrap()
            .is_empty()
    );

    // Without the leader's epoch an offset that never was cannot be distinguished from one that a later leader has.
    let beyond = waiting.fetch("poll", 99, 0);
    assert_eq!(
        beyond.responses[0].partitions[0].error_code,
        code(ResponseError::OffsetNotAvailable)
    );
    let epoch = waiting.metadata(Some(&["poll"])).topics[0].partitions[0].leader_epoch;
    let mut request = fetch_request("poll", 99, 0);
    request.topics[0].partitions[0].current_leader_epoch = epoch;
    let beyond = waiting.call(11, &request);
    assert_eq!(
        beyond.responses[0].partitions[0].error_code,
        code(ResponseError::OffsetOutOfRange)
    );
}

#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let cluster = Cluster::start();
    let mut client = cluster.client(cluster.leader());
    // Produce behind CreateTopics must find the topic.
    let topic = CreatableTopic::default()
        .with_name(name("ahead"))
        .with_num_partitions(1)
        .with_replication_factor(-1);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(5000);
    let created = client.send(5, &request);
    let mut sent = Vec::new();
    for index in 0..200 {
        sent.push(client.send(
            9,
            &produce_request("ahead", -1, batch(&[&index.to_string()])),
        ));
    }
    assert_eq!(
        client.receive::<CreateTopicsRequest>(5, created).topics[0].error_code,
        0
    );
    for (offset, id) in sent.into_iter().enumerate() {
        let response = client.receive::<ProduceRequest>(9, id);
        let outcome = &response.responses[0].partition_responses[0];
        assert_eq!(
            (outcome.error_code, outcome.base_offset),
            (0, offset as i64)
        );
    }
}
