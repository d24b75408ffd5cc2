//! Crowds on the Kafka port: millions of partitions asked for, clients that never read, clients that never ask. Every node
//! keeps its memory, and honest clients are served.
//!
//! The usual test is a tenth of the whole; the whole is `--ignored`, because it takes a minute and 4,000 descriptors:
//! `cargo test --workspace --release --test crowds -- --ignored --nocapture`.

mod client;

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use client::{Client, Cluster, batch, code, create, eventually, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::{CreatePartitionsRequest, CreateTopicsRequest};

/// Resident memory of this process, in which all three nodes run, and the crowd.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Asks for a topic; error code and message.
fn ask(client: &mut Client, topics: &[(String, i32)]) -> Vec<(i16, String)> {
    let topics = topics.iter().map(|(topic, partitions)| {
        CreatableTopic::default()
            .with_name(name(topic))
            .with_num_partitions(*partitions)
            .with_replication_factor(-1)
    });
    let request = CreateTopicsRequest::default()
        .with_topics(topics.collect())
        .with_timeout_ms(5000);
    let results = client.call(5, &request).topics.into_iter();
    results
        .map(|one| {
            let message = one.error_message.map(|text| text.to_string());
            (one.error_code, message.unwrap_or_default())
        })
        .collect()
}

fn partitions(cluster: &Cluster, node: u64) -> usize {
    let metadata = cluster.client(node).metadata(None);
    metadata.topics.iter().map(|one| one.partitions.len()).sum()
}

#[test]
fn topics_and_partitions_end_at_their_bounds_on_every_node() {
    // The nodes disagree: what the leader says holds.
    let cluster = Cluster::start_with(|config| {
        config.limits.partitions = 40 + config.node_id as u32;
        config.limits.topics = 10;
        config.limits.request_partitions = 30;
    });
    let leader = cluster.leader();
    let bound = 40 + leader as usize;
    let policy = code(ResponseError::PolicyViolation);
    let mut client = cluster.client(leader);
    let refused = ask(&mut client, &[("a".into(), 16), ("b".into(), 15)]);
    for (error, message) in refused {
        assert_eq!(error, policy);
        assert!(message.contains("limits.request_partitions"), "{message}");
    }
    assert_eq!(create(&mut client, "one", 20), 0);
    assert_eq!(create(&mut client, "two", 20), 0);
    cluster.wait_for_topic("two");
    let refused = &ask(&mut client, &[("three".into(), 9)])[0];
    assert!(
        refused.0 == policy && refused.1.contains("limits.partitions"),
        "{refused:?}"
    );
    let grow = |client: &mut Client, count| {
        let topic = CreatePartitionsTopic::default()
            .with_name(name("one"))
            .with_assignments(None)
            .with_count(count);
        let request = CreatePartitionsRequest::default()
            .with_topics(vec![topic])
            .with_timeout_ms(5000);
        client.call(2, &request).results[0].error_code
    };
    assert_eq!(grow(&mut client, 25), policy);
    assert_eq!(grow(&mut client, 51), policy);
    assert_eq!(grow(&mut client, 20 + leader as i32), 0);
    // Through nodes whose own bound is higher or lower.
    for node in 1..=3 {
        let (error, _) = &ask(&mut cluster.client(node), &[("more".into(), 1)])[0];
        assert_eq!(*error, policy, "node {node}");
    }
    for node in 1..=3 {
        eventually("every node has the same", || {
            (partitions(&cluster, node) == bound).then_some(())
        });
    }
    // The number of topics.
    for (node, topic) in (0..).map(|at| (at % 3 + 1, format!("small{at}"))).take(20) {
        let deleted = kafka_protocol::messages::DeleteTopicsRequest::default()
            .with_topic_names(vec![name("one")])
            .with_timeout_ms(5000);
        if topic == "small0" {
            assert_eq!(client.call(4, &deleted).responses[0].error_code, 0);
        }
        ask(&mut cluster.client(node), &[(topic, 1)]);
    }
    for node in 1..=3 {
        eventually("no node has more topics", || {
            let metadata = cluster.client(node).metadata(None);
            (metadata.topics.len() == 10).then_some(())
        });
    }
}

#[test]
fn a_name_given_many_times_is_answered_once() {
    let cluster = Cluster::start();
    let mut client = cluster.client(cluster.leader());
    assert_eq!(create(&mut client, "wide", 1000), 0);
    cluster.wait_for_topic("wide");
    let names = vec!["wide"; 10_000];
    let before = resident_bytes();
    assert_eq!(client.metadata(Some(&names)).topics.len(), 1);
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 100 << 20, "{grown} bytes more");
}

#[test]
fn an_address_has_its_own_bound_if_it_is_given() {
    let cluster = Cluster::start_with(|config| config.limits.address_connections = Some(4));
    let leader = cluster.leader();
    let address = cluster.config(leader).kafka.listen.to_string();
    let crowd: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    let mut client = cluster.client(leader);
    assert_eq!(client.metadata(Some(&[])).brokers.len(), 3);
    let open = crowd.iter().filter(|stream| {
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        !matches!(stream.peek(&mut [0]), Ok(0))
    });
    assert!(open.count() <= 4);
}

struct Crowd {
    partitions_asked: usize,
    readers: usize,
    idle: usize,
    connections: usize,
}

/// The slowest of an honest client's rounds: a new connection, all topics, a write, a read.
fn honest(address: &str, rounds: usize) -> Option<Duration> {
    let mut slowest = Duration::ZERO;
    for _ in 0..rounds {
        let begun = Instant::now();
        // As a client does: what fails on one connection is tried on another.
        let served = (0..20).any(|_| round(address));
        if !served {
            return None;
        }
        slowest = slowest.max(begun.elapsed());
    }
    Some(slowest)
}

fn round(address: &str) -> bool {
    let Ok(stream) = TcpStream::connect(address) else {
        return false;
    };
    let wait = Some(Duration::from_secs(10));
    stream.set_read_timeout(wait).unwrap();
    let mut client = Client::on(stream);
    client.try_send(12, &client::metadata_request(None, false));
    client.try_send(9, &client::produce_request("honest", -1, batch(&["a"])));
    client.try_send(11, &client::fetch_request("honest", 0, 100));
    (0..3).all(|_| client.receive_frame().is_some())
}

#[expect(
    clippy::print_stdout,
    reason = "the latency is a result, not an assertion"
)]
fn crowd(size: &Crowd) {
    let cluster = Cluster::start_with(|config| config.limits.connections = size.connections);
    let leader = cluster.leader();
    let address = cluster.config(leader).kafka.listen.to_string();
    assert_eq!(create(&mut cluster.client(leader), "honest", 1), 0);
    cluster.wait_for_topic("honest");
    let before = resident_bytes();

    let mut asker = cluster.client(leader);
    let mut created = 0;
    for at in 0..size.partitions_asked / 1000 {
        let outcome = &ask(&mut asker, &[(format!("many-{at}"), 1000)])[0];
        assert!([0, code(ResponseError::PolicyViolation)].contains(&outcome.0));
        created += usize::from(outcome.0 == 0);
    }
    // Also all in one request.
    let many: Vec<(String, i32)> = (0..2000).map(|at| (format!("x{at}"), 1000)).collect();
    for (error, message) in ask(&mut asker, &many) {
        assert_eq!(error, code(ResponseError::PolicyViolation), "{message}");
    }
    assert!(created < 10, "{created}");
    let quiet = honest(&address, 10).expect("served in peace");

    // None of these ever reads, and each asks for everything sixty times; they come back when they are closed.
    let ended = AtomicBool::new(false);
    let under_attack = std::thread::scope(|scope| {
        let (ended, address) = (&ended, &address);
        scope.spawn(move || {
            let mut deaf: Vec<Client> = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                if deaf.len() >= size.readers {
                    deaf.remove(0);
                }
                if let Ok(stream) = TcpStream::connect(address) {
                    let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
                    let mut client = Client::on(stream);
                    for _ in 0..60 {
                        client.try_send(12, &client::metadata_request(None, false));
                    }
                    deaf.push(client);
                }
                if deaf.len() == size.readers {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        });
        let idle: Vec<TcpStream> = (0..size.idle)
            .filter_map(|_| TcpStream::connect(address).ok())
            .collect();
        std::thread::sleep(Duration::from_secs(3));
        let served = honest(address, 30);
        ended.store(true, Ordering::Relaxed);
        drop(idle);
        served
    });
    let grown = resident_bytes().saturating_sub(before);
    let served = under_attack.expect("served under attack");
    println!("slowest round: {quiet:?} in peace, {served:?} in the crowd; {grown} bytes more");
    // Three nodes in one process: each has less.
    assert!(grown < 1 << 30, "{grown} bytes more");
    for node in 1..=3 {
        assert_eq!(partitions(&cluster, node), 1 + created * 1000);
    }
}

#[test]
fn a_crowd_that_never_reads_and_one_that_never_asks_lock_nobody_out() {
    crowd(&Crowd {
        partitions_asked: 200_000,
        readers: 40,
        idle: 300,
        connections: 64,
    });
}

#[test]
#[ignore = "a minute, and 4,000 descriptors"]
fn two_million_partitions_three_hundred_deaf_and_three_thousand_idle_clients() {
    crowd(&Crowd {
        partitions_asked: 2_000_000,
        readers: 300,
        idle: 3_000,
        connections: 256,
    });
}
