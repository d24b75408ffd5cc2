//! Plants that only many writes on their way provoke: each defect shows while a client sends ahead, and not while it waits
//! for each answer, nor without the plant.

mod client;

use broker::plants::Plants;
use client::{Client, Cluster, batch, create, latest, produce_request};
use kafka_protocol::messages::ProduceRequest;

/// Requests that are sent ahead. The broker takes 64 of one connection before it answers.
const AHEAD: usize = 60;
/// The version of Produce.
const VERSION: i16 = 8;

/// A cluster with these plants, and a client of its leader.
fn planted(words: &[&str]) -> (Cluster, Client) {
    let plants = Plants::parse(words).unwrap();
    let cluster = Cluster::start_with(|config| {
        config.plants = plants.clone();
        config.timing.heartbeat_ms = 100;
        config.timing.election_min_ms = 800;
        config.timing.election_max_ms = 1_600;
    });
    let mut client = cluster.client(cluster.leader());
    assert_eq!(create(&mut client, "topic", 1), 0);
    (cluster, client)
}

/// Sends records one behind the other, so many at a time. Their offsets, in the order in which they were sent.
fn offsets(client: &mut Client, at_a_time: usize) -> Vec<i64> {
    let mut offsets = Vec::new();
    while offsets.len() < AHEAD {
        let requests: Vec<i32> = (0..at_a_time)
            .map(|_| client.send(VERSION, &produce_request("topic", -1, batch(&["a"]))))
            .collect();
        for request in requests {
            let answer = client.receive::<ProduceRequest>(VERSION, request);
            let answer = &answer.responses[0].partition_responses[0];
            assert_eq!(answer.error_code, 0);
            offsets.push(answer.base_offset);
        }
    }
    offsets
}

#[test]
fn crowded_append_acknowledges_what_it_does_not_append() {
    for (words, at_a_time, loses) in [
        (&["crowded-append=8"][..], AHEAD, true),
        (&["crowded-append=8"], 1, false),
        (&[], AHEAD, false),
    ] {
        let (_cluster, mut client) = planted(words);
        let acknowledged = offsets(&mut client, at_a_time).len() as i64;
        let (error, end) = latest(&mut client, "topic", -1);
        assert_eq!(error, 0);
        assert_eq!(end < acknowledged, loses, "{words:?}, {at_a_time}: {end}");
    }
}

#[test]
fn overtaking_append_gives_a_later_request_the_lower_offset() {
    for (words, at_a_time, overtakes) in [
        (&["overtaking-append"][..], AHEAD, true),
        (&["overtaking-append"], 1, false),
        (&[], AHEAD, false),
    ] {
        let (_cluster, mut client) = planted(words);
        let offsets = offsets(&mut client, at_a_time);
        let (error, end) = latest(&mut client, "topic", -1);
        assert_eq!((error, end), (0, offsets.len() as i64), "none is lost");
        assert_eq!(!offsets.is_sorted(), overtakes, "{words:?}, {at_a_time}");
    }
}
