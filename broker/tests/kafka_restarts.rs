//! Nodes that end and come back: what was acknowledged stays, the epoch grows.

mod client;

use std::time::{Duration, Instant};

use client::{batch, cluster_with, code, eventually, fetch_request, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::OffsetForLeaderEpochRequest;
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};

#[test]
fn a_restarted_cluster_has_what_it_acknowledged() {
    let mut cluster = cluster_with("kept");
    assert_eq!(
        cluster
            .client(cluster.leader())
            .produce("kept", -1, batch(&["a", "b", "c"])),
        (0, 0)
    );
    let before = cluster.client(1).metadata(Some(&["kept"]));
    for id in 1..=3 {
        cluster.stop_node(id);
    }
    for id in 1..=3 {
        cluster.start_node(id);
    }
    let mut client = cluster.client(cluster.leader());
    assert_eq!(client.values("kept", 0).len(), 3);
    let after = client.metadata(Some(&["kept"]));
    assert_eq!(after.topics[0].topic_id, before.topics[0].topic_id);
    assert!(
        after.topics[0].partitions[0].leader_epoch > before.topics[0].partitions[0].leader_epoch
    );
    assert_eq!(client.produce("kept", -1, batch(&["d"])), (0, 3));
}

#[test]
fn a_lost_leader_is_replaced_under_a_higher_epoch_and_nothing_is_lost() {
    let mut cluster = cluster_with("moved");
    let old = cluster.leader();
    let mut client = cluster.client(old);
    assert_eq!(client.produce("moved", -1, batch(&["a"])), (0, 0));
    let old_epoch = client.metadata(Some(&["moved"])).topics[0].partitions[0].leader_epoch;
    let begun = Instant::now();
    cluster.stop_node(old);
    let new = cluster.leader();
    assert_ne!(new, old);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    let mut client = cluster.client(new);
    let (error, offset) = eventually("the new leader takes records", || {
        let outcome = client.produce("moved", -1, batch(&["b"]));
        (outcome.0 == 0).then_some(outcome)
    });
    assert_eq!((error, offset), (0, 1));
    let new_epoch = client.metadata(Some(&["moved"])).topics[0].partitions[0].leader_epoch;
    assert!(new_epoch > old_epoch);
    assert_eq!(client.values("moved", 0).len(), 2);

    // Where the old epoch ended, as a consumer asks it after the change (KIP-320).
    let partition = OffsetForLeaderPartition::default()
        .with_current_leader_epoch(new_epoch)
        .with_leader_epoch(old_epoch);
    let topic = OffsetForLeaderTopic::default()
        .with_topic(name("moved"))
        .with_partitions(vec![partition]);
    let ends = client.call(
        3,
        &OffsetForLeaderEpochRequest::default().with_topics(vec![topic]),
    );
    let end = &ends.topics[0].partitions[0];
    assert_eq!(
        (end.error_code, end.leader_epoch, end.end_offset),
        (0, old_epoch, 1)
    );

    // Consumers of the old epoch have to look again.
    let mut stale = fetch_request("moved", 0, 0);
    stale.topics[0].partitions[0].current_leader_epoch = old_epoch;
    let fenced = client.call(11, &stale);
    assert_eq!(
        fenced.responses[0].partitions[0].error_code,
        code(ResponseError::FencedLeaderEpoch)
    );

    cluster.start_node(old);
    assert_eq!(cluster.leader(), new, "the returning node follows");
    let mut returned = cluster.client(old);
    eventually("it has caught up", || {
        let response = returned.fetch("moved", 0, 200);
        (response.responses[0].partitions[0].high_watermark == 2).then_some(())
    });
}

#[test]
fn a_leader_without_followers_does_not_say_that_an_offset_does_not_exist() {
    let mut cluster = cluster_with("beyond");
    let leader = cluster.leader();
    let mut client = cluster.client(leader);
    assert_eq!(client.produce("beyond", -1, batch(&["a"])), (0, 0));
    let epoch = client.metadata(Some(&["beyond"])).topics[0].partitions[0].leader_epoch;
    let mut beyond = fetch_request("beyond", 99, 0);
    beyond.topics[0].partitions[0].current_leader_epoch = epoch;
    let asked = |client: &mut client::Client| {
        client.call(11, &beyond).responses[0].partitions[0].error_code
    };
    assert_eq!(asked(&mut client), code(ResponseError::OffsetOutOfRange));
    // Until it notices, it takes itself for the leader. A successor may have that offset.
    for follower in (1..=3).filter(|node| *node != leader) {
        cluster.stop_node(follower);
    }
    let error = asked(&mut client);
    assert_ne!(error, code(ResponseError::OffsetOutOfRange));
    assert_eq!(error, code(ResponseError::NotLeaderOrFollower));
}
