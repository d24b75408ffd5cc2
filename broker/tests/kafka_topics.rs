//! Topics made, grown, described and deleted, asked on a node that does not lead.

mod client;

use client::{Cluster, code, create, eventually, metadata_request, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, DescribeConfigsRequest,
    MetadataRequest,
};

#[test]
fn topics_are_created_grown_and_deleted_through_a_follower() {
    let cluster = Cluster::start();
    let follower = cluster.follower();
    let mut client = cluster.client(follower);
    assert_eq!(create(&mut client, "orders", 2), 0);
    cluster.wait_for_topic("orders");
    assert_eq!(
        create(&mut client, "orders", 2),
        code(ResponseError::TopicAlreadyExists)
    );
    assert_eq!(
        create(&mut client, "no/slash", 1),
        code(ResponseError::InvalidTopicException)
    );
    assert_eq!(
        create(&mut client, "large", 1001),
        code(ResponseError::InvalidPartitions)
    );
    let two_replicas = CreatableTopic::default()
        .with_name(name("two"))
        .with_num_partitions(1)
        .with_replication_factor(2);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![two_replicas])
        .with_timeout_ms(5000);
    assert_eq!(
        client.call(4, &request).topics[0].error_code,
        code(ResponseError::InvalidReplicationFactor)
    );
    let only_asked = CreatableTopic::default()
        .with_name(name("asked"))
        .with_num_partitions(1)
        .with_replication_factor(-1);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![only_asked])
        .with_timeout_ms(5000)
        .with_validate_only(true);
    assert_eq!(client.call(5, &request).topics[0].error_code, 0);
    assert_eq!(
        client.metadata(Some(&["asked"])).topics[0].error_code,
        code(ResponseError::UnknownTopicOrPartition),
        "validated, not made"
    );

    let metadata = client.metadata(Some(&["orders"]));
    let topic = &metadata.topics[0];
    assert_eq!(topic.partitions.len(), 2);
    assert!(!topic.topic_id.is_nil());
    assert_eq!(topic.partitions[0].replica_nodes.len(), 3);

    let resource = DescribeConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name("orders".to_owned().into());
    let response = client.call(
        4,
        &DescribeConfigsRequest::default().with_resources(vec![resource]),
    );
    let minimum = response.results[0]
        .configs
        .iter()
        .find(|one| &*one.name == "min.insync.replicas")
        .unwrap();
    assert_eq!(minimum.value.as_deref(), Some("2"));

    let more = CreatePartitionsTopic::default()
        .with_name(name("orders"))
        .with_count(5)
        .with_assignments(None);
    let response = client.call(
        2,
        &CreatePartitionsRequest::default()
            .with_topics(vec![more])
            .with_timeout_ms(5000),
    );
    assert_eq!(response.results[0].error_code, 0);
    eventually("five partitions", || {
        (client.metadata(Some(&["orders"])).topics[0]
            .partitions
            .len()
            == 5)
            .then_some(())
    });

    let request = DeleteTopicsRequest::default()
        .with_topic_names(vec![name("orders")])
        .with_timeout_ms(5000);
    assert_eq!(client.call(4, &request).responses[0].error_code, 0);
    eventually("the topic is gone", || {
        let shown = client.metadata(Some(&["orders"])).topics[0].error_code;
        (shown == code(ResponseError::UnknownTopicOrPartition)).then_some(())
    });
}

#[test]
fn metadata_creates_topics_if_both_sides_allow_it() {
    let cluster = Cluster::start();
    let mut client = cluster.client(cluster.follower());
    client.call(12, &metadata_request(Some(&["wanted"]), true));
    cluster.wait_for_topic("wanted");
    let unwanted = client.call(12, &metadata_request(Some(&["unwanted"]), false));
    assert_eq!(
        unwanted.topics[0].error_code,
        code(ResponseError::UnknownTopicOrPartition)
    );
    for version in 0..=12_i16 {
        let all = if version == 0 { Some(Vec::new()) } else { None };
        let request = MetadataRequest::default().with_topics(all);
        assert_eq!(
            client.call(version, &request).topics.len(),
            1,
            "version {version}"
        );
    }
}
