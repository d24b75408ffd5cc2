//! Clusters of other sizes than three: one node, five, and as many as a target may have. Each forms, keeps every record on
//! all of its nodes, says so, and takes a write.

mod client;

use client::{Cluster, batch, code, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::{CreateTopicsRequest, DescribeQuorumRequest};
use kafka_protocol::protocol::StrBytes;

/// Creates a topic with this replication factor on a node; its error code and the factor that the answer names.
fn create(cluster: &Cluster, node: u64, topic: &str, replication: i16) -> (i16, i16) {
    let topic = CreatableTopic::default()
        .with_name(name(topic))
        .with_num_partitions(2)
        .with_replication_factor(replication);
    send(cluster, node, topic)
}

/// Creates a topic for writes on at least this many nodes; its error code.
fn create_in_sync(cluster: &Cluster, node: u64, topic: &str, in_sync: usize) -> i16 {
    let setting = CreatableTopicConfig::default()
        .with_name(StrBytes::from_static_str("min.insync.replicas"))
        .with_value(Some(StrBytes::from_string(in_sync.to_string())));
    let topic = CreatableTopic::default()
        .with_name(name(topic))
        .with_num_partitions(1)
        .with_replication_factor(-1)
        .with_configs(vec![setting]);
    send(cluster, node, topic).0
}

fn send(cluster: &Cluster, node: u64, topic: CreatableTopic) -> (i16, i16) {
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(5000);
    let created = &cluster.client(node).call(5, &request).topics[0];
    (created.error_code, created.replication_factor)
}

/// Everything that names the number of nodes.
fn check(nodes: usize) {
    // On clocks so slow that a busy machine alone deposes nobody.
    let cluster = Cluster::start_of(nodes, |config| {
        config.timing.heartbeat_ms = 100;
        config.timing.election_min_ms = 800;
        config.timing.election_max_ms = 1_600;
    });
    let leader = cluster.leader();
    let factor = nodes as i16;
    assert_eq!(create(&cluster, leader, "default", -1), (0, factor));
    assert_eq!(create(&cluster, leader, "given", factor), (0, factor));
    let wrong = code(ResponseError::InvalidReplicationFactor);
    assert_eq!(create(&cluster, leader, "wrong", factor + 2).0, wrong);
    let majority = nodes / 2 + 1;
    assert_eq!(create_in_sync(&cluster, leader, "majority", majority), 0);
    let more = create_in_sync(&cluster, leader, "more", majority + 1);
    assert_eq!(more, code(ResponseError::InvalidConfig));
    cluster.wait_for_topic("given");

    let ids: Vec<i32> = (1..=nodes as i32).collect();
    for node in 1..=nodes as u64 {
        let metadata = cluster.client(node).metadata(Some(&["given"]));
        let brokers: Vec<i32> = metadata.brokers.iter().map(|one| one.node_id.0).collect();
        assert_eq!(brokers, ids, "node {node}");
        for partition in &metadata.topics[0].partitions {
            for shown in [&partition.replica_nodes, &partition.isr_nodes] {
                let shown: Vec<i32> = shown.iter().map(|id| id.0).collect();
                assert_eq!(shown, ids, "node {node}");
            }
        }
    }
    let topic = TopicData::default()
        .with_topic_name(name("__cluster_metadata"))
        .with_partitions(vec![PartitionData::default()]);
    let request = DescribeQuorumRequest::default().with_topics(vec![topic]);
    let quorum = cluster.client(leader).call(1, &request);
    let voters = &quorum.topics[0].partitions[0].current_voters;
    let voters: Vec<i32> = voters.iter().map(|voter| voter.replica_id.0).collect();
    assert_eq!(voters, ids);

    let mut client = cluster.client(leader);
    assert_eq!(client.produce("given", -1, batch(&["a"])), (0, 0));
    assert_eq!(client.values("given", 0), [(0, "a".to_owned())]);
}

#[test]
fn one_node_is_a_cluster() {
    check(1);
}

#[test]
fn five_nodes_are_a_cluster() {
    check(5);
}

#[test]
fn nine_nodes_are_a_cluster() {
    check(9);
}

#[test]
fn five_nodes_outlive_two_of_them() {
    let mut cluster = Cluster::start_of(5, |_| {});
    let leader = cluster.leader();
    assert_eq!(create(&cluster, leader, "topic", 5), (0, 5));
    cluster.wait_for_topic("topic");
    let dead = (1..=5).filter(|id| *id != leader).take(1).chain([leader]);
    for id in dead.collect::<Vec<u64>>() {
        cluster.stop_node(id);
    }
    let taken = client::eventually("a record is taken", || {
        let leader = cluster.leader();
        let (error, offset) = cluster.client(leader).produce("topic", -1, batch(&["a"]));
        (error == 0).then_some(offset)
    });
    assert_eq!(taken, 0);
}
