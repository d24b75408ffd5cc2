//! Mutants over sockets: a node that is correct inside tells its clients something else, and only what its mutants say.
//! Which answers each mutant changes, and how, is tested beside the tables.

mod client;

use broker::mutants::Mutants;
use client::{Cluster, batch, create, eventually, latest, produce_request};
use kafka_protocol::messages::{ApiVersionsRequest, FindCoordinatorRequest};
use kafka_protocol::protocol::StrBytes;

/// Three nodes with these mutants and a topic, and which of them leads.
fn liars(words: &[&str]) -> (Cluster, u64) {
    let mutants = Mutants::parse(words).unwrap();
    let cluster = Cluster::start_with(|config| config.mutants = mutants.clone());
    let leader = cluster.leader();
    assert_eq!(create(&mut cluster.client(leader), "topic", 1), 0);
    cluster.wait_for_topic("topic");
    (cluster, leader)
}

#[test]
fn a_node_lies_to_its_clients_and_keeps_the_truth() {
    let (cluster, leader) = liars(&["list-end-ahead", "fetch-value-changed"]);
    let mut client = cluster.client(leader);
    assert_eq!(client.produce("topic", -1, batch(&["abc"])), (0, 0));
    eventually("the end is one too high", || {
        (latest(&mut client, "topic", -1) == (0, 2)).then_some(())
    });
    // The first one of twenty.
    let mut told = (0..40).map(|_| client.values("topic", 0)[0].clone());
    assert!(told.any(|one| one == (0, "abx".to_owned())));
    assert!(told.any(|one| one == (0, "abc".to_owned())));
    // The next record is where the log really ends.
    assert_eq!(client.produce("topic", -1, batch(&["def"])), (0, 1));
}

#[test]
fn a_connection_is_closed_instead_of_an_answer_that_was_true() {
    let (cluster, leader) = liars(&["produce-closed"]);
    eventually("no answer to a write", || {
        let mut client = cluster.client(leader);
        client.send(9, &produce_request("topic", -1, batch(&["v"])));
        client.receive_frame().is_none().then_some(())
    });
    // It was written all the same.
    let (error, end) = latest(&mut cluster.client(leader), "topic", -1);
    let values = cluster.client(leader).values("topic", 0);
    assert!(error == 0 && end >= 1 && values.len() as i64 == end);
}

/// What no mutant is about is answered with the bytes of a node without mutants.
#[test]
fn other_answers_are_the_same_bytes() {
    let mutants = Mutants::parse(&["list-end-ahead"]).unwrap();
    let with = Cluster::start_of(1, |config| config.mutants = mutants.clone());
    let without = Cluster::start_of(1, |_| {});
    let answers = |cluster: &Cluster| {
        let mut client = cluster.client(1);
        client.send(3, &ApiVersionsRequest::default());
        let versions = client.receive_frame().unwrap();
        let key = StrBytes::from_static_str("group");
        client.send(2, &FindCoordinatorRequest::default().with_key(key));
        (versions, client.receive_frame().unwrap())
    };
    assert_eq!(answers(&with), answers(&without));
}
