//! Forged peers, on a running cluster under load: every kind of frame with extreme values, from strangers and from an end
//! that knows the secret. No node ends, nothing acknowledged is lost, and every node starts again.

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use broker::fuzzing::{KINDS, Lane, Peer, hostile_messages};
use broker::{ClusterSecret, NodeConfig};
use client::{Client, Cluster, batch, cluster_with, eventually, produce_request};
use kafka_protocol::messages::{ProduceResponse, ResponseHeader};
use kafka_protocol::protocol::Decodable;

const TOPIC: &str = "kept";

/// Produces until it is told to end; what was acknowledged, by offset.
fn load(configs: &[NodeConfig], ended: &AtomicBool) -> Vec<(i64, String)> {
    let mut acknowledged = Vec::new();
    let mut number = 0;
    while !ended.load(Ordering::Relaxed) {
        for config in configs {
            let Ok(stream) = TcpStream::connect(config.kafka.listen.to_string()) else {
                continue;
            };
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            let mut client = Client::on(stream);
            loop {
                number += 1;
                let value = format!("value {number}");
                match produce(&mut client, &value) {
                    Some((0, offset)) => acknowledged.push((offset, value)),
                    // Another node leads, or the connection is gone.
                    _ => break,
                }
                if ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    acknowledged
}

fn produce(client: &mut Client, value: &str) -> Option<(i16, i64)> {
    client.try_send(9, &produce_request(TOPIC, -1, batch(&[value])));
    let mut frame = client.receive_frame()?;
    ResponseHeader::decode(&mut frame, 1).ok()?;
    let response = ProduceResponse::decode(&mut frame, 9).ok()?;
    let outcome = &response.responses[0].partition_responses[0];
    Some((outcome.error_code, outcome.base_offset))
}

/// Everything acknowledged is where it was acknowledged, as the present leader has it.
fn check(cluster: &Cluster, acknowledged: &[(i64, String)]) {
    let mut client = cluster.client(cluster.leader());
    let mut next = 0;
    let mut stored = std::collections::BTreeMap::new();
    let last = acknowledged.iter().map(|(offset, _)| *offset).max();
    while next <= last.unwrap_or(-1) {
        let values = client.values(TOPIC, next);
        next = values.last().expect("everything is there").0 + 1;
        stored.extend(values);
    }
    for (offset, value) in acknowledged {
        assert_eq!(stored.get(offset), Some(value), "offset {offset}");
    }
}

/// Runs `attack` while a client writes, and checks what was acknowledged before, and after all nodes were restarted.
fn under_load(attack: impl FnOnce(&Cluster)) {
    let mut cluster = cluster_with(TOPIC);
    let configs: Vec<NodeConfig> = (1..=3).map(|id| cluster.config(id).clone()).collect();
    let ended = Arc::new(AtomicBool::new(false));
    let loading = {
        let ended = Arc::clone(&ended);
        std::thread::spawn(move || load(&configs, &ended))
    };
    attack(&cluster);
    // The cluster still takes writes afterwards.
    eventually("a write is taken", || {
        let mut client = cluster.client(cluster.leader());
        (produce(&mut client, "after")?.0 == 0).then_some(())
    });
    ended.store(true, Ordering::Relaxed);
    let acknowledged = loading.join().expect("the load ends");
    assert!(!acknowledged.is_empty(), "there was load");
    check(&cluster, &acknowledged);
    for id in 1..=3 {
        cluster.stop_node(id);
        cluster.start_node(id);
        check(&cluster, &acknowledged);
    }
}

#[test]
fn a_peer_that_knows_the_secret_ends_no_node_and_loses_no_record() {
    under_load(|cluster| {
        let config = cluster.config(1);
        for to in 1..=3 {
            let from = to % 3 + 1;
            for lane in [Lane::Control, Lane::Append] {
                let mut peer = connect(config, lane, from, to);
                let messages = hostile_messages(from, to, peer.welcome.0);
                assert!(messages.len() > KINDS as usize * 100);
                for message in messages {
                    // A connection that breaks the protocol is closed.
                    if peer.send(3, &message).is_err() {
                        peer = connect(config, lane, from, to);
                    }
                }
                // Nested groups overflow the stack of the parser; empty entries take sixty times their size.
                for noise in [vec![0x0b; 4000], [0x3a, 0].repeat(2000), vec![0xff; 100]] {
                    let _ = connect(config, lane, from, to).send(3, &noise);
                }
            }
            let _ = connect(config, Lane::Append, from, to).send(3, &vec![0x0b; 1 << 20]);
            forwarded(config, from, to);
            frames(config, from, to);
            let term = connect(config, Lane::Control, from, to).welcome.0;
            assert!(term < 1 << 20, "term {term} was believed");
        }
    });
}

/// A node takes a link at once unless it is busy with an election.
fn connect(config: &NodeConfig, lane: Lane, from: u64, to: u64) -> Peer {
    eventually("a link", || Peer::connect(config, lane, from, to).ok())
}

/// What is passed on to the leader, with every number extreme and every count a lie.
fn forwarded(config: &NodeConfig, from: u64, to: u64) {
    let extremes = [0_u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    for kind in 0..=6_u8 {
        for extreme in extremes {
            let start = [&[0xff; 8][..], &extreme.to_be_bytes(), &[kind]].concat();
            let name = [&start[..], &[0, 3], b"new"].concat();
            let illegal = [&start[..], &[0, 3], b"\0/."].concat();
            let sized = |name: &[u8]| {
                [
                    name,
                    &[7; 16],
                    &extreme.to_be_bytes(),
                    &extreme.to_be_bytes()[2..],
                ]
                .concat()
            };
            let grown = [&name[..], &extreme.to_be_bytes()].concat();
            let long = [&start[..], &[0xff, 0xff]].concat();
            for payload in [
                &start,
                &name,
                &sized(&name),
                &sized(&illegal),
                &grown,
                &long,
            ] {
                let mut peer = connect(config, Lane::Forward, from, to);
                let _ = peer.send(4, payload);
            }
        }
    }
}

/// Every kind of frame on every lane, and lengths that are refused.
fn frames(config: &NodeConfig, from: u64, to: u64) {
    for lane in [Lane::Control, Lane::Append, Lane::Forward] {
        for kind in 1..=8_u8 {
            for size in [0, 1, 32, 64, 5000] {
                let _ = connect(config, lane, from, to).send(kind, &vec![kind; size]);
            }
        }
        for head in [
            [0xff; 5],
            [0, 0, 0, 9, 3],
            [0x7f, 0xff, 0xff, 0xff, 3],
            [0; 5],
        ] {
            let _ = connect(config, lane, from, to).send_raw(&head);
            // No tag, or one of another frame.
            let raw = [&head[..], &[0; 60]].concat();
            let _ = connect(config, lane, from, to).send_raw(&raw);
        }
    }
}

/// What a stranger gets back for these bytes.
fn answer(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    // The node may have hung up already.
    let _ = stream.write_all(bytes);
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back);
    back
}

#[test]
fn a_stranger_learns_nothing_and_keeps_nobody_out() {
    under_load(|cluster| {
        let config = cluster.config(1);
        let address = config.peers[1].peer.to_string();
        let mut wrong = config.clone();
        wrong.cluster_secret = Some(ClusterSecret::new(std::array::from_fn(|at| !at as u8)));
        assert!(Peer::connect(&wrong, Lane::Control, 1, 2).is_err());
        let mut other = config.clone();
        other.cluster_id = "another".to_owned();
        assert!(Peer::connect(&other, Lane::Control, 1, 2).is_err());
        for (from, to) in [(2, 2), (0, 2), (9, 2), (u64::MAX, 2)] {
            assert!(Peer::connect(config, Lane::Append, from, to).is_err());
        }
        // A node of another number, dialled at this one's address.
        let mut elsewhere = config.clone();
        elsewhere.peers[2].peer = elsewhere.peers[1].peer.clone();
        assert!(Peer::connect(&elsewhere, Lane::Append, 1, 3).is_err());

        // A right introduction is answered with a nonce and a proof, of the same length whatever the node knows; a recorded
        // one, and any proof but the right one, with nothing more.
        let mut hello = vec![0, 0, 0, 55, 1];
        hello.extend(b"JPR2\0\x02\x01");
        hello.extend(1_u64.to_be_bytes());
        hello.extend(2_u64.to_be_bytes());
        hello.extend([5; 32]);
        let challenge = 5 + 64;
        assert_eq!(answer(&address, &hello).len(), challenge);
        for proof in [[0; 32], [0xff; 32]] {
            let recorded = [&hello[..], &[0, 0, 0, 32, 7], &proof].concat();
            assert_eq!(answer(&address, &recorded).len(), challenge);
        }
        // Sent back to its maker, as a dialler's proof.
        let first = answer(&address, &hello);
        let reflected = [&hello[..], &[0, 0, 0, 32, 7], &first[37..69]].concat();
        assert_eq!(answer(&address, &reflected).len(), challenge);

        for kind in 0..=255 {
            for length in [0_u32, 1, 55, 128, 129, 1 << 20, u32::MAX] {
                if (kind, length) == (1, 55) {
                    continue;
                }
                let mut bytes = length.to_be_bytes().to_vec();
                bytes.push(kind);
                bytes.extend(vec![0xff; 64]);
                let mut stream = TcpStream::connect(&address).unwrap();
                let _ = stream.write_all(&bytes);
                if length == 55 {
                    assert_eq!(answer(&address, &bytes), [], "kind {kind}");
                }
            }
        }
        // The handshake of the version before said term and index to everybody.
        let mut old = vec![0, 0, 0, 61, 1];
        old.extend(b"JPR1\0\x01\x01");
        old.extend([0; 48]);
        old.extend(b"\0\x04test");
        assert_eq!(answer(&address, &old), []);

        // Silent strangers by the hundred, while a peer dials.
        let silent: Vec<TcpStream> = (0..300)
            .filter_map(|_| TcpStream::connect(&address).ok())
            .collect();
        assert!(Peer::connect(config, Lane::Forward, 1, 2).is_ok());
        drop(silent);
    });
}
