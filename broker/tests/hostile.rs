//! Bytes that no client would send, to both ports of a live node: it goes on answering, and takes
//! no memory for them.
//!
//! Seeded: a failure names the seed, and the same seed sends the same bytes.

mod client;

use std::net::TcpStream;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use client::{
    Client, Cluster, batch, fetch_request, members, metadata_request, name, produce_request,
};
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, ApiVersionsRequest, CreateTopicsRequest,
    DeleteGroupsRequest, DeleteRecordsRequest, DescribeConfigsRequest, DescribeGroupsRequest,
    DescribeProducersRequest, DescribeTransactionsRequest, EndTxnRequest, FindCoordinatorRequest,
    HeartbeatRequest, InitProducerIdRequest, JoinGroupRequest, LeaveGroupRequest,
    ListGroupsRequest, ListOffsetsRequest, ListTransactionsRequest, OffsetCommitRequest,
    OffsetDeleteRequest, OffsetFetchRequest, RequestHeader, SyncGroupRequest,
    TxnOffsetCommitRequest,
};
use kafka_protocol::protocol::{Encodable, Request};
use rand::seq::IndexedRandom;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 20_261_124;

/// Growth that hostile bytes may cause: the budgets for requests in flight (160 MiB) could be
/// filled by clients that send what they announce; these tests send a few MiB, so they may cause no
/// more than some multiple of that.
const GROWTH_BYTES_MAX: u64 = 200 << 20;

/// Resident memory of this process, in which the nodes run.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn still_answers(cluster: &Cluster) {
    for id in 1..=3 {
        let versions = cluster.client(id).call(3, &ApiVersionsRequest::default());
        assert_eq!(versions.error_code, 0);
    }
}

fn encoded<Q: Request>(version: i16, request: &Q) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    let header = RequestHeader::default()
        .with_request_api_key(Q::KEY)
        .with_request_api_version(version);
    header
        .encode(&mut bytes, Q::header_version(version))
        .unwrap();
    request.encode(&mut bytes, version).unwrap();
    bytes.to_vec()
}

/// Requests as clients send them, to be spoilt.
fn honest_requests() -> Vec<Vec<u8>> {
    vec![
        encoded(9, &produce_request("topic", -1, batch(&["value"]))),
        encoded(3, &produce_request("topic", 1, batch(&["value"]))),
        encoded(11, &fetch_request("topic", 0, 0)),
        encoded(12, &fetch_request("topic", 0, 0)),
        encoded(12, &metadata_request(Some(&["topic", "other"]), false)),
        encoded(1, &metadata_request(Some(&["topic"]), true)),
        encoded(3, &ApiVersionsRequest::default()),
        encoded(5, &CreateTopicsRequest::default()),
        encoded(1, &delete_records()),
        encoded(2, &delete_records()),
        encoded(2, &CreateTopicsRequest::default()),
        encoded(7, &ListOffsetsRequest::default()),
        encoded(4, &DescribeConfigsRequest::default()),
        encoded(4, &FindCoordinatorRequest::default()),
        encoded(4, &InitProducerIdRequest::default()),
        encoded(5, &join_group()),
        encoded(0, &join_group()),
        encoded(3, &sync_group()),
        encoded(3, &HeartbeatRequest::default()),
        encoded(3, &leave_group()),
        encoded(8, &commit()),
        encoded(4, &commit()),
        encoded(7, &fetch_offsets()),
        encoded(1, &fetch_offsets()),
        encoded(
            8,
            &OffsetFetchRequest::default().with_groups(vec![Default::default()]),
        ),
        encoded(0, &OffsetDeleteRequest::default()),
        encoded(
            5,
            &DescribeGroupsRequest::default().with_groups(vec![members::group("g")]),
        ),
        encoded(4, &ListGroupsRequest::default()),
        encoded(
            2,
            &DeleteGroupsRequest::default().with_groups_names(vec![members::group("g")]),
        ),
        encoded(3, &AddPartitionsToTxnRequest::default()),
        encoded(0, &add_partitions()),
        encoded(3, &add_partitions()),
        encoded(3, &AddOffsetsToTxnRequest::default()),
        encoded(5, &EndTxnRequest::default()),
        encoded(1, &EndTxnRequest::default()),
        encoded(5, &commit_offsets()),
        encoded(2, &commit_offsets()),
        encoded(0, &DescribeProducersRequest::default()),
        encoded(0, &DescribeTransactionsRequest::default()),
        encoded(1, &ListTransactionsRequest::default()),
    ]
}

fn join_group() -> JoinGroupRequest {
    JoinGroupRequest::default()
        .with_group_id(members::group("g"))
        .with_session_timeout_ms(6_000)
        .with_protocol_type("consumer".to_owned().into())
        .with_protocols(vec![JoinGroupRequestProtocol::default()])
}

fn sync_group() -> SyncGroupRequest {
    SyncGroupRequest::default()
        .with_group_id(members::group("g"))
        .with_assignments(vec![SyncGroupRequestAssignment::default()])
}

fn leave_group() -> LeaveGroupRequest {
    LeaveGroupRequest::default()
        .with_group_id(members::group("g"))
        .with_members(vec![MemberIdentity::default()])
}

fn commit() -> OffsetCommitRequest {
    let topic = OffsetCommitRequestTopic::default()
        .with_name(name("topic"))
        .with_partitions(vec![OffsetCommitRequestPartition::default()]);
    OffsetCommitRequest::default()
        .with_group_id(members::group("g"))
        .with_topics(vec![topic])
}

fn fetch_offsets() -> OffsetFetchRequest {
    let topic = OffsetFetchRequestTopic::default()
        .with_name(name("topic"))
        .with_partition_indexes(vec![0, 1]);
    OffsetFetchRequest::default()
        .with_group_id(members::group("g"))
        .with_topics(Some(vec![topic]))
}

fn add_partitions() -> AddPartitionsToTxnRequest {
    let topic = AddPartitionsToTxnTopic::default()
        .with_name(name("topic"))
        .with_partitions(vec![0, 1]);
    AddPartitionsToTxnRequest::default().with_v3_and_below_topics(vec![topic])
}

fn commit_offsets() -> TxnOffsetCommitRequest {
    let topic = TxnOffsetCommitRequestTopic::default()
        .with_name(name("topic"))
        .with_partitions(vec![TxnOffsetCommitRequestPartition::default()]);
    TxnOffsetCommitRequest::default().with_topics(vec![topic])
}

fn delete_records() -> DeleteRecordsRequest {
    let partition = DeleteRecordsPartition::default().with_offset(i64::MAX);
    let topic = DeleteRecordsTopic::default()
        .with_name(name("topic"))
        .with_partitions(vec![partition]);
    DeleteRecordsRequest::default().with_topics(vec![topic])
}

fn spoil(random: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..4) {
        if bytes.len() < 10 {
            return;
        }
        let at = random.random_range(8..bytes.len());
        match random.random_range(0..5) {
            0 => bytes[at] = random.random(),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, random.random()),
            // Lengths and counts live in groups of four; make one huge or negative.
            3 => {
                let value: u32 = *[0x7fff_ffff, 0xffff_fffe, 0x8000_0000, 0x00ff_ffff]
                    .choose(random)
                    .unwrap();
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&value.to_be_bytes()[..end - at]);
            }
            _ => bytes[at..].iter_mut().take(5).for_each(|byte| *byte = 0xff),
        }
    }
}

#[test]
fn spoilt_requests_on_the_kafka_port_harm_nobody() {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    let address = cluster.config(leader).kafka.listen.to_string();
    let before = resident_bytes();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let honest = honest_requests();
    for round in 0..600 {
        let mut client = Client::connect(&address);
        let mut bytes = honest.choose(&mut random).unwrap().clone();
        spoil(&mut random, &mut bytes);
        client.send_raw(&(bytes.len() as u32).to_be_bytes());
        client.send_raw(&bytes);
        if round % 50 == 0 {
            still_answers(&cluster);
        }
    }
    for _ in 0..200 {
        let mut noise = vec![0; random.random_range(1..2000)];
        random.fill_bytes(&mut noise);
        Client::connect(&address).send_raw(&noise);
    }
    still_answers(&cluster);
    let grown = resident_bytes().saturating_sub(before);
    assert!(
        grown < GROWTH_BYTES_MAX,
        "{grown} bytes more after hostile requests, seed {SEED}"
    );
    assert_eq!(cluster.leader(), leader, "no election over it");
}

#[test]
fn counts_and_lengths_that_lie_are_met_with_a_closed_connection() {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    let address = cluster.config(leader).kafka.listen.to_string();
    let before = resident_bytes();
    let prefix = |key: i16, version: i16| {
        let mut bytes = BytesMut::new();
        bytes.put_i16(key);
        bytes.put_i16(version);
        bytes.put_i32(1);
        bytes.put_i16(-1);
        bytes
    };
    let mut lies: Vec<BytesMut> = Vec::new();
    // Metadata 1 that claims two thousand million topics, a negative number of them, and one name
    // of 32 KiB.
    for count in [i32::MAX, -2, i32::MIN] {
        let mut lie = prefix(3, 1);
        lie.put_i32(count);
        lies.push(lie);
    }
    let mut lie = prefix(3, 1);
    lie.put_i32(1);
    lie.put_i16(i16::MAX);
    lies.push(lie);
    // Metadata 12: a compact count of four thousand million, and as many tagged fields in the
    // header.
    let mut lie = prefix(3, 12);
    lie.put_slice(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    lies.push(lie);
    let mut lie = prefix(3, 12);
    lie.put_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    lies.push(lie);
    // Produce 3: no topics behind a count; records of negative length.
    let mut lie = prefix(0, 3);
    lie.put_slice(&[0xff, 0xff, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff]);
    lies.push(lie);
    let mut lie = prefix(0, 3);
    lie.put_slice(&[
        0xff, 0xff, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0,
    ]);
    lie.put_i32(-77);
    lies.push(lie);
    for lie in lies {
        let mut client = Client::connect(&address);
        client.send_frame(&lie);
        assert!(client.receive_frame().is_none(), "{lie:02x?} was answered");
    }
    for length in [-1_i32, i32::MIN, 0, 3, i32::MAX, 17 << 20] {
        let mut client = Client::connect(&address);
        client.send_raw(&length.to_be_bytes());
        client.send_raw(&[0; 16]);
        assert!(
            client.receive_frame().is_none(),
            "a request of {length} bytes"
        );
    }
    // Many clients that announce a large Produce request and send nothing: they wait, others are
    // served.
    let idle: Vec<Client> = (0..40)
        .map(|_| {
            let mut client = Client::connect(&address);
            client.send_raw(&(15_i32 << 20).to_be_bytes());
            client.send_raw(&[0, 0, 0, 9, 0, 0, 0, 1]);
            client
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    still_answers(&cluster);
    drop(idle);
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
}

#[test]
fn noise_on_the_peer_port_harms_nobody() {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    let address = cluster.config(leader).peers[leader as usize - 1]
        .peer
        .to_string();
    let before = resident_bytes();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut open: Vec<TcpStream> = Vec::new();
    for round in 0..300 {
        let mut noise = vec![0; random.random_range(1..600)];
        random.fill_bytes(&mut noise);
        if round % 3 == 0 {
            // A plausible first frame: the right kind and a length that fits.
            noise.resize(64, 1);
            noise[..9].copy_from_slice(&[0, 0, 0, 59, 1, b'J', b'P', b'R', b'2']);
        }
        let mut client = Client::connect(&address);
        client.send_raw(&noise);
        if round % 10 == 0 {
            open.push(TcpStream::connect(&address).unwrap());
        }
    }
    still_answers(&cluster);
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more, seed {SEED}");
    assert_eq!(cluster.leader(), leader, "no election over it");
}

#[test]
fn a_small_corpus_passes_through_the_fuzzing_entry_points() {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let honest = honest_requests();
    for request in &honest {
        broker::fuzzing::request(request);
        for cut in 0..request.len() {
            broker::fuzzing::request(&request[..cut]);
        }
    }
    for _ in 0..200_000 {
        let mut bytes = honest.choose(&mut random).unwrap().clone();
        spoil(&mut random, &mut bytes);
        broker::fuzzing::request(&bytes);
    }
    for _ in 0..50_000 {
        let mut bytes = vec![0; random.random_range(0..120)];
        random.fill_bytes(&mut bytes);
        broker::fuzzing::peer_frame(&bytes);
        broker::fuzzing::peer_message(&bytes);
        // Handshakes and requests begin with something recognisable.
        if bytes.len() > 16 {
            bytes[..6].copy_from_slice(&[b'J', b'P', b'R', b'2', 0, 2]);
            broker::fuzzing::peer_frame(&bytes);
            bytes[12] = random.random_range(0..5);
            broker::fuzzing::peer_frame(&bytes);
        }
    }
}

#[test]
fn sessions_of_a_hostile_peer_end_no_node() {
    // More, and others, for a longer search: SESSIONS=100000 SEED=7.
    let given = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let mut random = ChaCha8Rng::seed_from_u64(given("SEED").unwrap_or(SEED));
    for _ in 0..given("SESSIONS").unwrap_or(20_000) {
        let mut bytes = vec![0; random.random_range(0..600)];
        random.fill_bytes(&mut bytes);
        broker::fuzzing::peer_session(&bytes);
    }
}
