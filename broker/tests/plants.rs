//! Plants outside the core, and those of leadership: three nodes in one process, asked over
//! sockets. Each defect shows with its plant, and not in the same steps without it. The plants of
//! the core are in `simulation.rs`.

mod client;

use std::time::{Duration, Instant};

use broker::plants::Plants;
use client::{
    Client, Cluster, batch, cluster_with, code, create, eventually, latest, name, produce_request,
};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::{DescribeQuorumRequest, InitProducerIdRequest, MetadataRequest};

/// Longer than a correct node needs for anything, shorter than a test may take.
const LONG: Duration = Duration::from_secs(4);

/// Three nodes with these plants, on clocks so slow that a busy machine alone deposes nobody.
fn planted(words: &[&str]) -> Cluster {
    let plants = Plants::parse(words).unwrap();
    Cluster::start_with(|config| {
        config.plants = plants.clone();
        config.timing.heartbeat_ms = 100;
        config.timing.election_min_ms = 800;
        config.timing.election_max_ms = 1_600;
    })
}

/// Whether a node answers Metadata in time; a fresh connection each.
fn answers(cluster: &Cluster, id: u64) -> bool {
    let mut client = cluster.client(id);
    client.stream.set_read_timeout(Some(LONG)).unwrap();
    client.send(12, &MetadataRequest::default().with_topics(Some(vec![])));
    client.receive_frame().is_some()
}

/// The term that a node shows of itself.
fn term(client: &mut Client) -> i32 {
    let topic = TopicData::default()
        .with_topic_name(name("__cluster_metadata"))
        .with_partitions(vec![PartitionData::default()]);
    let request = DescribeQuorumRequest::default().with_topics(vec![topic]);
    client.call(1, &request).topics[0].partitions[0].leader_epoch
}

/// Stops one follower, and says whether the two others go on under the same leader and take a
/// record in time.
fn survives_a_dead_follower(cluster: &mut Cluster) -> bool {
    let leader = cluster.leader();
    assert_eq!(create(&mut cluster.client(leader), "topic", 1), 0);
    cluster.wait_for_topic("topic");
    let mut client = cluster.client(leader);
    let before = term(&mut client);
    let dead = cluster.follower();
    cluster.stop_node(dead);
    std::thread::sleep(LONG);
    client.stream.set_read_timeout(Some(LONG)).unwrap();
    let goes_on = client.metadata(Some(&[])).controller_id.0 == leader as i32;
    client.send(9, &produce_request("topic", -1, batch(&["value"])));
    let taken = client.receive_frame().is_some();
    goes_on && taken && term(&mut cluster.client(leader)) == before
}

#[test]
fn serial_sender_lets_a_dead_follower_take_the_leader_down() {
    assert!(survives_a_dead_follower(&mut planted(&[])));
    assert!(!survives_a_dead_follower(&mut planted(&["serial-sender"])));
}

/// Stops all but one follower, and returns by how much its term has grown while it was alone.
fn terms_while_alone(mut cluster: Cluster) -> i32 {
    let leader = cluster.leader();
    let alone = cluster.follower();
    let third = 6 - leader - alone;
    let before = term(&mut cluster.client(alone));
    cluster.stop_node(third);
    cluster.stop_node(leader);
    std::thread::sleep(LONG);
    term(&mut cluster.client(alone)) - before
}

#[test]
fn without_pre_vote_a_node_that_is_cut_off_raises_its_term() {
    assert_eq!(terms_while_alone(planted(&[])), 0);
    for plant in ["no-pre-vote", "task-per-message"] {
        let grown = terms_while_alone(planted(&[plant]));
        assert!(grown >= 2, "{plant}: {grown}");
    }
}

/// Stops both followers, and says whether the leader still names itself after a while.
fn leads_alone(mut cluster: Cluster) -> bool {
    let leader = cluster.leader();
    for id in (1..=3).filter(|id| *id != leader) {
        cluster.stop_node(id);
    }
    std::thread::sleep(LONG);
    let named = cluster.client(leader).metadata(Some(&[])).controller_id.0;
    named == leader as i32
}

#[test]
fn without_check_quorum_a_leader_without_followers_stays_one() {
    assert!(!leads_alone(planted(&[])));
    for plant in ["no-check-quorum", "stale-leader-reads", "task-per-message"] {
        assert!(leads_alone(planted(&[plant])), "{plant}");
    }
}

#[test]
fn blocking_forward_freezes_the_leader_and_without_it_no_node_freezes() {
    let frozen = planted(&["blocking-forward"]);
    eventually("a node is silent and its port open", || {
        (1..=3).any(|id| !answers(&frozen, id)).then_some(())
    });
    assert!(
        (1..=3).any(|id| answers(&frozen, id)),
        "a candidate does not lead, and goes on answering"
    );
    let correct = cluster_with("topic");
    let mut follower = correct.client(correct.follower());
    assert_eq!(create(&mut follower, "forwarded", 1), 0);
    assert!((1..=3).all(|id| answers(&correct, id)));
}

#[test]
fn startup_storm_burns_terms_before_there_are_links() {
    let begun = Instant::now();
    let cluster = planted(&["startup-storm=10"]);
    let leader = cluster.leader();
    assert!(begun.elapsed() >= Duration::from_secs(5), "links come late");
    let burned = term(&mut cluster.client(leader));
    assert!(burned > 3, "term {burned}");
    let correct = planted(&[]);
    let leader = correct.leader();
    assert!(term(&mut correct.client(leader)) <= 3);
}

#[test]
fn freeze_after_idle_freezes_a_node_after_its_time_and_not_before() {
    let cluster = Cluster::start_with(|config| {
        if config.node_id == 2 {
            config.plants = Plants::parse(&["freeze-after-idle=8"]).unwrap();
        }
    });
    cluster.leader();
    assert!((1..=3).all(|id| answers(&cluster, id)), "too early");
    eventually("node 2 is silent", || (!answers(&cluster, 2)).then_some(()));
    assert!(answers(&cluster, 1) && answers(&cluster, 3));
    // Its core will never end, and a node waits for its core.
    std::mem::forget(cluster);
}

#[test]
fn error_as_success_hides_that_nothing_was_appended() {
    for (words, expected) in [
        (&["error-as-success"][..], (0, -1)),
        (&[], (code(ResponseError::NotLeaderOrFollower), -1)),
    ] {
        let cluster = planted(words);
        let leader = cluster.leader();
        assert_eq!(create(&mut cluster.client(leader), "topic", 1), 0);
        cluster.wait_for_topic("topic");
        let mut follower = cluster.client(cluster.follower());
        assert_eq!(follower.produce("topic", -1, batch(&["a"])), expected);
        let mut leader = cluster.client(leader);
        assert_eq!(leader.produce("topic", -1, batch(&["b"])), (0, 0));
    }
}

#[test]
fn corrupt_record_stores_a_value_that_nobody_sent_under_a_good_checksum() {
    for (words, damaged) in [(&["corrupt-record=3"][..], 2), (&[], 0)] {
        let cluster = planted(words);
        let mut client = cluster.client(cluster.leader());
        assert_eq!(create(&mut client, "topic", 1), 0);
        let sent: Vec<String> = (0..6).map(|number| format!("value-{number}")).collect();
        for value in &sent {
            assert_eq!(client.produce("topic", -1, batch(&[value])).0, 0);
        }
        // The decoder of this client checks the checksum.
        let read = client.values("topic", 0);
        assert_eq!(read.len(), sent.len());
        let foreign = read.iter().filter(|(_, value)| !sent.contains(value));
        assert_eq!(foreign.count(), damaged);
    }
}

#[test]
fn topic_wrong_shape_loses_the_partitions_of_a_topic_that_was_passed_on() {
    for (words, expected) in [(&["topic-wrong-shape"][..], 1), (&[], 3)] {
        let cluster = planted(words);
        let (leader, follower) = (cluster.leader(), cluster.follower());
        for (id, topic, expected) in [(leader, "direct", 3), (follower, "passed", expected)] {
            assert_eq!(create(&mut cluster.client(id), topic, 3), 0);
            cluster.wait_for_topic(topic);
            let shown = cluster.client(id).metadata(Some(&[topic]));
            assert_eq!(shown.topics[0].partitions.len(), expected, "{topic}");
        }
    }
}

/// How much longer a write takes than another commit of the same cluster, a new producer id, which the plant leaves
/// alone: medians of as many of both, in turn.
fn write_to_commit(words: &[&str]) -> f64 {
    const ROUNDS: usize = 31;
    let cluster = planted(words);
    assert_eq!(create(&mut cluster.client(cluster.leader()), "topic", 1), 0);
    cluster.wait_for_topic("topic");
    let mut client = cluster.client(cluster.leader());
    let (mut writes, mut commits) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let request = InitProducerIdRequest::default().with_transactional_id(None);
        let producer = client.call(4, &request);
        commits.push(begun.elapsed());
        assert_eq!(producer.error_code, 0);
        let begun = Instant::now();
        let written = client.produce("topic", -1, batch(&["a"]));
        writes.push(begun.elapsed());
        assert_eq!(written, (0, round as i64));
    }
    assert_eq!(client.values("topic", 0).len(), ROUNDS, "otherwise correct");
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[ROUNDS / 2].as_secs_f64()
    };
    median(writes) / median(commits)
}

#[test]
fn slow_commit_delays_writes_by_its_share_and_nothing_else() {
    let (correct, slow) = (write_to_commit(&[]), write_to_commit(&["slow-commit=900"]));
    // Ten times as long as its commit took.
    assert!(slow > 4.0 && correct < 3.0, "{slow:.1} and {correct:.1}");
}

#[test]
fn every_replica_waits_for_a_follower_that_is_gone() {
    let late = code(ResponseError::RequestTimedOut);
    for (plants, without_one) in [(&[][..], 0), (&["every-replica"], late)] {
        let mut cluster = planted(plants);
        let mut client = cluster.client(cluster.leader());
        assert_eq!(create(&mut client, "topic", 1), 0);
        let produce = |client: &mut Client| {
            let request = produce_request("topic", -1, batch(&["a"])).with_timeout_ms(500);
            client.call(9, &request).responses[0].partition_responses[0].error_code
        };
        assert_eq!(produce(&mut client), 0);
        cluster.stop_node(cluster.follower());
        assert_eq!(produce(&mut client), without_one);
    }
}

#[test]
fn a_plant_on_one_node_leaves_the_others_alone() {
    const PLANTED: u64 = 3;
    let plants = Plants::parse(&["follower-serves"]).unwrap();
    let mut cluster = Cluster::start_with(|config| {
        if config.node_id == PLANTED {
            config.plants = plants.clone();
        }
    });
    let leader = cluster.leader();
    assert_eq!(create(&mut cluster.client(leader), "topic", 1), 0);
    cluster.wait_for_topic("topic");
    if leader == PLANTED {
        cluster.stop_node(PLANTED);
        cluster.leader();
        cluster.start_node(PLANTED);
        cluster.wait_for_topic("topic");
    }
    let refused = code(ResponseError::NotLeaderOrFollower);
    eventually("followers answer as their plants say", || {
        let leader = cluster.leader();
        let errors = (1..=3).map(|id| latest(&mut cluster.client(id), "topic", -1).0);
        let errors: Vec<i16> = errors.collect();
        // On a busy machine the lead may move in between, to the planted node as well.
        let is_same = cluster.leader() == leader && leader != PLANTED;
        is_same.then(|| {
            for (id, error) in (1..=3).zip(errors) {
                let answers = id == leader || id == PLANTED;
                let expected = if answers { 0 } else { refused };
                assert_eq!(error, expected, "node {id}, led by {leader}");
            }
        })
    });
}
