//! Nodes in one process, three as a rule, and a client that sends exactly what a test gives it.
//!
//! The client frames requests itself and builds batches with `kafka-protocol`'s own encoder, so
//! that the broker's reading of batches is not checked against its own writing.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "every test binary uses its part of this module"
)]

mod batches;
pub mod members;
pub mod transactions;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use broker::plants::Plants;
use broker::{
    ClusterSecret, KafkaConfig, LimitsConfig, LogConfig, Node, NodeConfig, PeerConfig, TimingConfig,
};
use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    CreateTopicsRequest, FetchRequest, FetchResponse, ListOffsetsRequest, MetadataRequest,
    MetadataResponse, ProduceRequest, RequestHeader, ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use kafka_protocol::records::RecordBatchDecoder;
use tempfile::TempDir;

pub use batches::{batch, produced, transactional};

/// Within this time anything that a test waits for must have happened, on a machine that does other
/// things as well.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Nodes with directories of their own.
pub struct Cluster {
    configs: BTreeMap<u64, NodeConfig>,
    nodes: BTreeMap<u64, Node>,
    _directory: TempDir,
}

impl Cluster {
    /// Starts three nodes.
    pub fn start() -> Cluster {
        Cluster::start_with(|_| {})
    }

    /// Starts three nodes, each configuration changed by `change`.
    pub fn start_with(change: impl Fn(&mut NodeConfig)) -> Cluster {
        Cluster::start_of(3, change)
    }

    /// Starts this many nodes, each configuration changed by `change`.
    pub fn start_of(nodes: usize, change: impl Fn(&mut NodeConfig)) -> Cluster {
        let directory = tempfile::tempdir().unwrap();
        let address = |port: u16| format!("127.0.0.1:{port}").parse().unwrap();
        // All ports are taken before any is given up, so that no two are the same. They are below those that the kernel
        // gives to outgoing connections: one of these took a port before its node did.
        let free = || {
            let mut tries = std::iter::repeat_with(|| rand::random_range(15_000..32_000));
            tries.find_map(|port: u16| TcpListener::bind(("127.0.0.1", port)).ok())
        };
        let taken: Vec<TcpListener> = (0..2 * nodes).map(|_| free().unwrap()).collect();
        let ports: Vec<u16> = taken
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        drop(taken);
        let peers: Vec<PeerConfig> = (0..nodes)
            .map(|index| PeerConfig {
                id: index as u64 + 1,
                kafka: address(ports[index]),
                peer: address(ports[index + nodes]),
            })
            .collect();
        let mut configs = BTreeMap::new();
        for peer in &peers {
            let mut config = NodeConfig {
                node_id: peer.id,
                cluster_id: "test".to_owned(),
                cluster_secret: Some(ClusterSecret::new(secret())),
                data_dir: directory.path().join(peer.id.to_string()),
                peer_listen: None,
                auto_create_topics: true,
                default_partitions: 1,
                plants: Plants::default(),
                mutants: Default::default(),
                kafka: KafkaConfig {
                    listen: peer.kafka.clone(),
                    advertised: None,
                },
                peers: peers.clone(),
                timing: TimingConfig::default(),
                limits: LimitsConfig::default(),
                log: LogConfig::default(),
            };
            change(&mut config);
            configs.insert(peer.id, config);
        }
        let mut cluster = Cluster {
            configs,
            nodes: BTreeMap::new(),
            _directory: directory,
        };
        for peer in &peers {
            cluster.start_node(peer.id);
        }
        cluster
    }

    /// Starts a node that was stopped.
    pub fn start_node(&mut self, id: u64) {
        let node = Node::start(self.configs[&id].clone()).unwrap();
        self.nodes.insert(id, node);
    }

    /// Ends a node.
    pub fn stop_node(&mut self, id: u64) {
        self.nodes.remove(&id).unwrap().stop();
    }

    pub fn config(&self, id: u64) -> &NodeConfig {
        &self.configs[&id]
    }

    /// A fresh connection to a node.
    pub fn client(&self, id: u64) -> Client {
        Client::connect(self.configs[&id].kafka.listen.to_string().as_str())
    }

    /// Waits until all running nodes name the same leader; returns it with its epoch (of any topic,
    /// -1 without one).
    pub fn leader(&self) -> u64 {
        eventually("all nodes name one leader", || {
            let named: Vec<i32> = self
                .nodes
                .keys()
                .map(|id| self.client(*id).metadata(Some(&[])).controller_id.0)
                .collect();
            let first = u64::try_from(named[0]).ok()?;
            (named.iter().all(|id| *id == named[0]) && self.nodes.contains_key(&first))
                .then_some(first)
        })
    }

    /// A running node that does not lead.
    pub fn follower(&self) -> u64 {
        let leader = self.leader();
        *self.nodes.keys().find(|id| **id != leader).unwrap()
    }

    /// Waits until every running node shows the topic with a leader.
    pub fn wait_for_topic(&self, topic: &str) {
        for id in self.nodes.keys() {
            eventually("the topic is known", || {
                let metadata = self.client(*id).metadata(Some(&[topic]));
                let shown = &metadata.topics[0];
                (shown.error_code == 0 && shown.partitions.iter().all(|one| one.error_code == 0))
                    .then_some(())
            });
        }
    }
}

/// The secret of every cluster here.
pub fn secret() -> [u8; 32] {
    std::array::from_fn(|at| at as u8)
}

/// Asks `question` until it yields something.
pub fn eventually<T>(what: &str, mut question: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One connection.
pub struct Client {
    pub stream: TcpStream,
    correlation_id: i32,
}

impl Client {
    pub fn connect(address: &str) -> Client {
        let stream = eventually("a connection", || TcpStream::connect(address).ok());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client::on(stream)
    }

    /// On a connection that is there already.
    pub fn on(stream: TcpStream) -> Client {
        Client {
            stream,
            correlation_id: 0,
        }
    }

    /// Sends a request without waiting for its answer; returns its correlation id.
    pub fn send<Q: Request>(&mut self, version: i16, request: &Q) -> i32 {
        let body = self.encode(version, request);
        self.send_frame(&body);
        self.correlation_id
    }

    /// Sends a request; the other side may have hung up, or not take it.
    pub fn try_send<Q: Request>(&mut self, version: i16, request: &Q) {
        let body = self.encode(version, request);
        self.send_raw(&[&(body.len() as u32).to_be_bytes()[..], &body].concat());
    }

    fn encode<Q: Request>(&mut self, version: i16, request: &Q) -> BytesMut {
        self.correlation_id += 1;
        let header = RequestHeader::default()
            .with_request_api_key(Q::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation_id)
            .with_client_id(Some(StrBytes::from_static_str("test")));
        let mut body = BytesMut::new();
        header
            .encode(&mut body, Q::header_version(version))
            .unwrap();
        request.encode(&mut body, version).unwrap();
        body
    }

    /// Sends bytes with a length in front.
    pub fn send_frame(&mut self, body: &[u8]) {
        let mut frame = (body.len() as u32).to_be_bytes().to_vec();
        frame.extend(body);
        self.stream.write_all(&frame).unwrap();
    }

    /// Sends bytes as they are; the other side may have hung up.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads one response as bytes, None if the connection was closed.
    pub fn receive_frame(&mut self) -> Option<Bytes> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut body).ok()?;
        Some(body.into())
    }

    /// Reads the answer to the request with this correlation id, which must be the next one.
    pub fn receive<Q: Request>(&mut self, version: i16, correlation_id: i32) -> Q::Response {
        let mut frame = self.receive_frame().expect("an answer");
        let header =
            ResponseHeader::decode(&mut frame, Q::Response::header_version(version)).unwrap();
        assert_eq!(
            header.correlation_id, correlation_id,
            "answers come in the order of the requests"
        );
        let response = Q::Response::decode(&mut frame, version).unwrap();
        assert!(frame.is_empty(), "an answer ends where its frame does");
        response
    }

    pub fn call<Q: Request>(&mut self, version: i16, request: &Q) -> Q::Response {
        let correlation_id = self.send(version, request);
        self.receive::<Q>(version, correlation_id)
    }

    /// Metadata of these topics, or of all.
    pub fn metadata(&mut self, topics: Option<&[&str]>) -> MetadataResponse {
        self.call(12, &metadata_request(topics, false))
    }

    /// Produces one batch; error code and base offset.
    pub fn produce(&mut self, topic: &str, acks: i16, batch: Bytes) -> (i16, i64) {
        let response = self.call(9, &produce_request(topic, acks, batch));
        let outcome = &response.responses[0].partition_responses[0];
        (outcome.error_code, outcome.base_offset)
    }

    /// Fetches partition 0 from `offset`, waiting up to `wait_ms`.
    pub fn fetch(&mut self, topic: &str, offset: i64, wait_ms: i32) -> FetchResponse {
        self.call(11, &fetch_request(topic, offset, wait_ms))
    }

    /// Offsets and values of partition 0 from `offset` on, as far as one response holds them.
    pub fn values(&mut self, topic: &str, offset: i64) -> Vec<(i64, String)> {
        let response = self.fetch(topic, offset, 1000);
        let partition = &response.responses[0].partitions[0];
        assert_eq!(partition.error_code, 0);
        let mut records = partition.records.clone().unwrap_or_default();
        let mut values = Vec::new();
        while !records.is_empty() {
            for record in RecordBatchDecoder::decode(&mut records).unwrap().records {
                let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
                values.push((record.offset, value));
            }
        }
        values.into_iter().filter(|(at, _)| *at >= offset).collect()
    }
}

pub fn name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

pub fn metadata_request(topics: Option<&[&str]>, create: bool) -> MetadataRequest {
    let topics = topics.map(|names| {
        let one = |topic: &&str| MetadataRequestTopic::default().with_name(Some(name(topic)));
        names.iter().map(one).collect()
    });
    MetadataRequest::default()
        .with_topics(topics)
        .with_allow_auto_topic_creation(create)
}

pub fn produce_request(topic: &str, acks: i16, batch: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default()
        .with_index(0)
        .with_records(Some(batch));
    let topic = TopicProduceData::default()
        .with_name(name(topic))
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(acks)
        .with_timeout_ms(5000)
        .with_topic_data(vec![topic])
}

pub fn fetch_request(topic: &str, offset: i64, wait_ms: i32) -> FetchRequest {
    let partition = FetchPartition::default()
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(name(topic))
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_max_wait_ms(wait_ms)
        .with_min_bytes(1)
        .with_max_bytes(8 << 20)
        .with_topics(vec![topic])
}

pub fn code(error: ResponseError) -> i16 {
    error.code()
}

pub fn create(client: &mut Client, topic: &str, partitions: i32) -> i16 {
    let topic = CreatableTopic::default()
        .with_name(name(topic))
        .with_num_partitions(partitions)
        .with_replication_factor(3);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(5000);
    client.call(5, &request).topics[0].error_code
}

/// A cluster with one topic that every node knows.
pub fn cluster_with(topic: &str) -> Cluster {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    assert_eq!(create(&mut cluster.client(leader), topic, 1), 0);
    cluster.wait_for_topic(topic);
    cluster
}

pub fn latest(client: &mut Client, topic: &str, timestamp: i64) -> (i16, i64) {
    let partition = ListOffsetsPartition::default()
        .with_timestamp(timestamp)
        .with_current_leader_epoch(-1);
    let topic = ListOffsetsTopic::default()
        .with_name(name(topic))
        .with_partitions(vec![partition]);
    let request = ListOffsetsRequest::default()
        .with_replica_id((-1).into())
        .with_topics(vec![topic]);
    let response = client.call(7, &request);
    let answer = &response.topics[0].partitions[0];
    (answer.error_code, answer.offset)
}
