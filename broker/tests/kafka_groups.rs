//! Consumer groups, as their clients see them: offsets without members, generations, fencing, silence, static members, and
//! what a change of leader leaves of all this.

mod client;

use std::time::{Duration, Instant};

use client::members::{Member, finish, group, settle};
use client::{Cluster, PATIENCE, cluster_with, code, eventually, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteTopicsRequest, DescribeGroupsRequest, FindCoordinatorRequest,
    ListGroupsRequest, OffsetDeleteRequest,
};

fn member(cluster: &Cluster, id: &str) -> Member {
    Member::new(cluster.client(cluster.leader()), id)
}

/// State, assignor and number of members.
fn described(cluster: &Cluster, id: &str) -> (String, String, usize) {
    let request = DescribeGroupsRequest::default().with_groups(vec![group(id)]);
    let response = cluster.client(cluster.leader()).call(5, &request);
    let one = &response.groups[0];
    assert_eq!(one.error_code, 0);
    let text = |text: &str| text.to_owned();
    (
        text(&one.group_state),
        text(&one.protocol_data),
        one.members.len(),
    )
}

fn delete(cluster: &Cluster, id: &str) -> i16 {
    let request = DeleteGroupsRequest::default().with_groups_names(vec![group(id)]);
    let response = cluster.client(cluster.leader()).call(2, &request);
    response.results[0].error_code
}

#[test]
fn offsets_are_committed_without_members_and_survive_all_nodes() {
    let mut cluster = cluster_with("orders");
    let mut one = member(&cluster, "simple");
    assert_eq!(one.committed("orders"), (0, -1, String::new()));
    assert_eq!(one.commit("orders", 7, "first"), 0);
    assert_eq!(one.commit("orders", 3, "rewound"), 0);
    assert_eq!(one.committed("orders"), (0, 3, "rewound".to_owned()));
    assert_eq!(
        one.commit("nowhere", 1, ""),
        code(ResponseError::UnknownTopicOrPartition)
    );
    assert_eq!(
        one.commit("orders", 9, &"x".repeat(4_097)),
        code(ResponseError::OffsetMetadataTooLarge)
    );
    assert_eq!(one.commit("orders", 4, &"x".repeat(4_096)), 0);
    assert_eq!(one.commit("orders", 5, "kept"), 0);
    let mut elsewhere = Member::new(cluster.client(cluster.follower()), "simple");
    let refused = code(ResponseError::NotCoordinator);
    assert_eq!(elsewhere.commit("orders", 1, ""), refused);
    assert_eq!(elsewhere.committed("orders").0, refused);
    let mut nameless = member(&cluster, "");
    assert_eq!(
        nameless.commit("orders", 1, ""),
        code(ResponseError::InvalidGroupId)
    );

    (1..=3).for_each(|id| cluster.stop_node(id));
    (1..=3).for_each(|id| cluster.start_node(id));
    let kept = eventually("a coordinator", || {
        let found = member(&cluster, "simple").committed("orders");
        (found.0 == 0).then_some(found)
    });
    assert_eq!((kept.1, kept.2.as_str()), (5, "kept"));

    let request = DeleteTopicsRequest::default()
        .with_topic_names(vec![name("orders")])
        .with_timeout_ms(5_000);
    let mut admin = cluster.client(cluster.leader());
    assert_eq!(admin.call(4, &request).responses[0].error_code, 0);
    assert_eq!(client::create(&mut admin, "orders", 1), 0);
    assert_eq!(
        member(&cluster, "simple").committed("orders").1,
        -1,
        "a topic that is made again has no offsets"
    );
}

#[test]
fn every_node_names_the_leader_as_coordinator() {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    for id in 1..=3 {
        for kind in [0, 1] {
            let one = FindCoordinatorRequest::default()
                .with_key("any".to_owned().into())
                .with_key_type(kind);
            let found = cluster.client(id).call(2, &one);
            assert_eq!((found.error_code, found.node_id.0), (0, leader as i32));
            let several = FindCoordinatorRequest::default()
                .with_coordinator_keys(vec!["a".to_owned().into(), "b".to_owned().into()])
                .with_key_type(kind);
            let found = cluster.client(id).call(4, &several).coordinators;
            assert_eq!(found.len(), 2);
            assert!(
                found
                    .iter()
                    .all(|one| one.node_id.0 == leader as i32 && one.port > 0)
            );
        }
    }
}

#[test]
fn a_member_joins_syncs_commits_and_leaves() {
    let cluster = cluster_with("orders");
    let mut one = member(&cluster, "readers");
    assert_eq!(
        described(&cluster, "readers"),
        ("Dead".to_owned(), String::new(), 0)
    );
    let joined = one.join();
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    assert_eq!(joined.leader, joined.member_id);
    assert_eq!(joined.members.len(), 1);
    assert_eq!(
        one.commit("orders", 1, "too early"),
        code(ResponseError::RebalanceInProgress)
    );
    assert_eq!(described(&cluster, "readers").0, "CompletingRebalance");
    let own = one.id.clone();
    assert_eq!(&one.sync(&[(&own, b"all")]).assignment[..], b"all");
    assert_eq!(&one.sync(&[]).assignment[..], b"all", "asked again");
    assert_eq!(one.heartbeat(), 0);
    assert_eq!(one.commit("orders", 1, "in time"), 0);
    assert_eq!(
        described(&cluster, "readers"),
        ("Stable".to_owned(), "range".to_owned(), 1)
    );
    let mut stranger = member(&cluster, "readers");
    assert_eq!(
        stranger.commit("orders", 9, "from outside"),
        code(ResponseError::UnknownMemberId)
    );
    assert_eq!(
        delete(&cluster, "readers"),
        code(ResponseError::NonEmptyGroup)
    );
    assert_eq!(one.leave(), 0);
    let gone = code(ResponseError::UnknownMemberId);
    assert_eq!((one.heartbeat(), one.leave()), (gone, gone));
    assert_eq!(one.commit("orders", 2, "from the grave"), gone);
    assert_eq!(described(&cluster, "readers").0, "Empty");
    assert_eq!(one.committed("orders"), (0, 1, "in time".to_owned()));
    let listed = cluster
        .client(cluster.leader())
        .call(4, &ListGroupsRequest::default());
    assert_eq!(listed.groups.len(), 1);
    assert_eq!(&*listed.groups[0].group_state, "Empty");
    let elsewhere = cluster
        .client(cluster.follower())
        .call(4, &ListGroupsRequest::default());
    assert_eq!(
        (elsewhere.error_code, elsewhere.groups.len()),
        (0, 0),
        "none is coordinated there"
    );
    assert_eq!(delete(&cluster, "readers"), 0);
    assert_eq!(
        delete(&cluster, "readers"),
        code(ResponseError::GroupIdNotFound)
    );
    assert_eq!(one.committed("orders").1, -1);
}

#[test]
fn a_new_member_begins_a_generation_and_the_old_one_is_fenced() {
    let cluster = cluster_with("orders");
    let (mut one, mut two) = (member(&cluster, "readers"), member(&cluster, "readers"));
    settle(&mut [&mut one]);
    two.ask_for_id();
    let waits = two.begin_join();
    let rebalances = code(ResponseError::RebalanceInProgress);
    eventually("the group prepares", || {
        (one.heartbeat() == rebalances).then_some(())
    });
    assert_eq!(described(&cluster, "readers").0, "PreparingRebalance");
    assert_eq!(one.commit("orders", 5, "before it joins"), 0, "as in Kafka");
    let asked = one.begin_join();
    let (first, second) = (one.end_join(asked), two.end_join(waits));
    assert_eq!((first.error_code, second.error_code), (0, 0));
    assert_eq!((first.generation_id, second.generation_id), (2, 2));
    assert_eq!(first.leader, second.leader);
    assert_eq!(
        first.members.len() + second.members.len(),
        2,
        "only the leader learns of all"
    );
    settle(&mut [&mut one, &mut two]);
    assert!(one.generation >= 2);
    one.generation -= 1;
    let old = code(ResponseError::IllegalGeneration);
    assert_eq!(
        (one.heartbeat(), one.commit("orders", 9, "late")),
        (old, old)
    );
    one.generation += 1;
    assert_eq!(one.committed("orders").1, 5);
    let (ours, theirs) = (one.id.clone(), std::mem::take(&mut two.id));
    one.id = "nobody".to_owned();
    assert_eq!(one.heartbeat(), code(ResponseError::UnknownMemberId));
    (one.id, two.id) = (ours, theirs);
    assert_eq!((one.heartbeat(), two.heartbeat()), (0, 0));
}

#[test]
fn silence_ends_a_membership_and_the_rest_goes_on() {
    let cluster = cluster_with("orders");
    let (mut one, mut two) = (member(&cluster, "readers"), member(&cluster, "readers"));
    (one.session_ms, two.session_ms) = (1_000, 1_000);
    settle(&mut [&mut one, &mut two]);
    let rebalances = code(ResponseError::RebalanceInProgress);
    let begun = Instant::now();
    eventually("the silent one is missed", || {
        (one.heartbeat() == rebalances).then_some(())
    });
    assert!(
        begun.elapsed() >= Duration::from_millis(700),
        "its session was longer"
    );
    settle(&mut [&mut one]);
    assert_eq!(two.heartbeat(), code(ResponseError::UnknownMemberId));
    assert_eq!(
        two.commit("orders", 1, "zombie"),
        code(ResponseError::UnknownMemberId)
    );
    assert_eq!(described(&cluster, "readers").2, 1);
    eventually("the last one is missed", || {
        (described(&cluster, "readers").0 == "Empty").then_some(())
    });
}

#[test]
fn a_member_that_does_not_join_again_is_not_waited_for_longer_than_it_said() {
    let cluster = cluster_with("orders");
    let (mut one, mut two) = (member(&cluster, "readers"), member(&cluster, "readers"));
    (one.rebalance_ms, two.rebalance_ms) = (1_500, 1_500);
    settle(&mut [&mut one]);
    two.ask_for_id();
    let waits = two.begin_join();
    let begun = Instant::now();
    let rebalances = code(ResponseError::RebalanceInProgress);
    while begun.elapsed() < Duration::from_millis(1_000) {
        assert!([0, rebalances].contains(&one.heartbeat()), "it lives");
        std::thread::sleep(Duration::from_millis(100));
    }
    let joined = two.end_join(waits);
    assert_eq!(joined.error_code, 0);
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(joined.members.len(), 1);
    assert_eq!(one.heartbeat(), code(ResponseError::UnknownMemberId));
}

#[test]
fn a_generation_outlives_its_coordinator() {
    let mut cluster = cluster_with("orders");
    let (mut one, mut two) = (member(&cluster, "readers"), member(&cluster, "readers"));
    settle(&mut [&mut one, &mut two]);
    assert_eq!(one.commit("orders", 11, "before"), 0);
    let generation = one.generation;
    let old = cluster.leader();
    cluster.stop_node(old);
    let leader = cluster.leader();
    for one in [&mut one, &mut two] {
        one.client = cluster.client(leader);
        let error = eventually("the new coordinator is ready", || {
            let error = one.heartbeat();
            let waits = [
                ResponseError::NotCoordinator,
                ResponseError::CoordinatorLoadInProgress,
            ];
            (!waits.map(code).contains(&error)).then_some(error)
        });
        assert_eq!(error, 0, "no rebalance");
    }
    assert_eq!(one.committed("orders"), (0, 11, "before".to_owned()));
    assert_eq!(one.commit("orders", 12, "after"), 0);
    assert_eq!(
        &two.sync(&[]).assignment[..],
        b"b",
        "the assignment is kept"
    );
    assert_eq!(one.generation, generation);
    two.session_ms = 1_000;
    settle(&mut [&mut one, &mut two]);
    assert!(one.generation > generation);
}

#[test]
fn a_static_member_comes_back_without_a_rebalance_and_fences_its_former_self() {
    let cluster = cluster_with("orders");
    let (mut one, mut two) = (member(&cluster, "readers"), member(&cluster, "readers"));
    (one.instance, two.instance) = (Some("i-1".to_owned()), Some("i-2".to_owned()));
    settle(&mut [&mut one]);
    // The new one first: the old one alone would be a generation already.
    let waits = two.begin_join();
    let rebalances = code(ResponseError::RebalanceInProgress);
    eventually("the group prepares", || {
        (one.heartbeat() == rebalances).then_some(())
    });
    let again = one.begin_join();
    finish(&mut [&mut two, &mut one], vec![waits, again]);
    let generation = two.generation;
    let mut again = member(&cluster, "readers");
    again.instance = Some("i-2".to_owned());
    let joined = again.join();
    assert_eq!((joined.error_code, joined.generation_id), (0, generation));
    assert_ne!(again.id, two.id);
    assert_ne!(joined.leader, joined.member_id, "it must not assign again");
    assert_eq!(&again.sync(&[]).assignment[..], b"a");
    let fenced = code(ResponseError::FencedInstanceId);
    assert_eq!(
        (two.heartbeat(), two.commit("orders", 1, "")),
        (fenced, fenced)
    );
    assert_eq!((again.heartbeat(), one.heartbeat()), (0, 0));
    // An administrator takes it out by its static id.
    let mut admin = member(&cluster, "readers");
    admin.instance = Some("i-2".to_owned());
    assert_eq!(admin.leave(), 0);
    assert_eq!(again.heartbeat(), code(ResponseError::UnknownMemberId));
    settle(&mut [&mut one]);
}

#[test]
fn offsets_of_topics_that_are_read_are_not_deleted() {
    let cluster = cluster_with("orders");
    let mut one = member(&cluster, "readers");
    one.metadata = [&[0, 0, 0, 0, 0, 1, 0, 6][..], b"orders", &[0xff; 4]]
        .concat()
        .into();
    settle(&mut [&mut one]);
    assert_eq!(one.commit("orders", 4, ""), 0);
    let partition = OffsetDeleteRequestPartition::default();
    let topic = OffsetDeleteRequestTopic::default()
        .with_name(name("orders"))
        .with_partitions(vec![partition]);
    let request = OffsetDeleteRequest::default()
        .with_group_id(group("readers"))
        .with_topics(vec![topic]);
    let mut admin = cluster.client(cluster.leader());
    let mut deleted = || admin.call(0, &request).topics[0].partitions[0].error_code;
    assert_eq!(deleted(), code(ResponseError::GroupSubscribedToTopic));
    assert_eq!(one.leave(), 0);
    assert_eq!(deleted(), 0);
    assert_eq!(one.committed("orders").1, -1);
    let unknown = OffsetDeleteRequest::default().with_group_id(group("nobody"));
    assert_eq!(
        admin.call(0, &unknown).error_code,
        code(ResponseError::GroupIdNotFound)
    );
}

#[test]
fn what_a_join_must_hold_is_asked_for() {
    let cluster = Cluster::start();
    let mut one = member(&cluster, "readers");
    one.session_ms = 999;
    let asked = one.begin_join();
    assert_eq!(
        one.end_join(asked).error_code,
        code(ResponseError::InvalidSessionTimeout)
    );
    one.session_ms = 1_000;
    one.metadata = vec![0; 200 << 10].into();
    let asked = one.begin_join();
    assert_eq!(
        one.end_join(asked).error_code,
        code(ResponseError::InvalidRequest)
    );
    one.metadata = "small".into();
    one.id = "never given".to_owned();
    let asked = one.begin_join();
    assert_eq!(
        one.end_join(asked).error_code,
        code(ResponseError::UnknownMemberId)
    );
}
