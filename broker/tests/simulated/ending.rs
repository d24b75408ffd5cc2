//! The end of a run: everything is healed, so there must soon be a leader, equal logs, and every promised record.

use std::time::Duration;

use broker::request::{
    Acks, AdminChange, FetchPartition, ListOffsetsPartition, ProducePartition, Request, Response,
};
use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::clients::{KEPT, PARTITIONS};
use super::cluster::Cluster;
use super::transactors::{TIMEOUT_MAX, bytes_of};

/// Heals, waits, and checks.
pub(crate) fn check(cluster: &mut Cluster) {
    cluster.heal();
    let leader = settle(cluster);
    check_progress(cluster, leader);
    let leader = settle(cluster);
    check_transactions(cluster);
    let leader = if settled_leader(cluster).is_some() {
        leader
    } else {
        settle(cluster)
    };
    check_logs(cluster);
    // No time passes while the nodes are compared: a trim may be on its way.
    let starts: Vec<_> = cluster.ids().map(|id| read_all(cluster, id)).collect();
    assert!(
        starts.iter().all(|start| *start == starts[0]),
        "log starts differ: {starts:?}"
    );
    if kept_topic(cluster, leader).is_some() {
        (0..PARTITIONS).for_each(|partition| check_latest(cluster, leader, partition));
    }
}

/// Waits for a leader whose log all nodes have and have applied.
fn settle(cluster: &mut Cluster) -> u64 {
    let limit = cluster.now + cluster.election_max * 10;
    while cluster.now < limit {
        cluster.run_until(cluster.now + Duration::from_millis(50));
        if let Some(leader) = settled_leader(cluster) {
            return leader;
        }
    }
    let positions: Vec<_> = cluster
        .nodes
        .iter()
        .filter_map(|node| node.alive.as_ref())
        .map(|alive| {
            (
                alive.core.inspect().position(),
                alive.core.inspect().bounds(),
                alive.core.hello(),
            )
        })
        .collect();
    panic!("no settled leader within ten election time-outs of the heal: {positions:?}");
}

/// A leader whose log all nodes have and have applied.
fn settled_leader(cluster: &Cluster) -> Option<u64> {
    let mut leader = None;
    let mut ends = Vec::new();
    for node in &cluster.nodes {
        let inspection = node.alive.as_ref()?.core.inspect();
        let (leads, _, commit, applied) = inspection.position();
        let (_, last) = inspection.bounds();
        leader = if leads { Some(node.id) } else { leader };
        if commit != last || applied != last {
            return None;
        }
        ends.push(last);
    }
    leader.filter(|_| ends.iter().all(|end| *end == ends[0]))
}

fn check_logs(cluster: &Cluster) {
    let inspect = |at: usize| {
        cluster.nodes[at]
            .alive
            .as_ref()
            .expect("all are up")
            .core
            .inspect()
    };
    let (_, last) = inspect(0).bounds();
    for at in 1..cluster.nodes.len() {
        assert_eq!(inspect(at).state(), inspect(0).state(), "states differ");
        let first = inspect(at).bounds().0.max(inspect(0).bounds().0);
        for index in first..=last {
            assert_eq!(
                inspect(at).term(index),
                inspect(0).term(index),
                "logs differ at {index}"
            );
        }
    }
}

/// The cluster takes a topic and a batch.
fn check_progress(cluster: &mut Cluster, leader: u64) {
    let deadline = cluster.now + Duration::from_secs(2);
    let change = AdminChange::CreateTopic {
        name: "last".to_owned(),
        id: Uuid::from_u128(99),
        partitions: 1,
        settings: Vec::new(),
    };
    let created = cluster.ask(leader, Request::Admin { change, deadline });
    cluster.run_until(cluster.now + Duration::from_secs(1));
    assert!(
        matches!(cluster.answers.get(&created), Some(Response::Admin(Ok(())))),
        "no topic after the heal"
    );
    let payload = u64::MAX.to_le_bytes();
    // An election that was under way at the heal may end only now; its winner must take the batch. And so must a leader whose
    // log had no room because it was ending transactions.
    let mut leader = leader;
    for may_move in [true, true, true, false] {
        let batch = Bytes::from(broker::record_batch::for_tests(1, None, 0, &payload));
        let partitions = vec![ProducePartition {
            topic: "last".to_owned(),
            partition: 0,
            batch,
        }];
        let deadline = cluster.now + Duration::from_secs(2);
        let produced = cluster.ask(
            leader,
            Request::Produce {
                partitions,
                acks: Acks::All,
                deadline,
                transaction: None,
            },
        );
        cluster.run_until(cluster.now + Duration::from_secs(1));
        match cluster.answers.get(&produced) {
            Some(Response::Produce(outcomes)) if outcomes[0].is_ok() => return,
            Some(Response::Produce(outcomes))
                if may_move && matches!(outcomes[0], Err(ResponseError::NotLeaderOrFollower)) =>
            {
                leader = settle(cluster);
            }
            Some(Response::Produce(outcomes))
                if may_move && matches!(outcomes[0], Err(ResponseError::NotEnoughReplicas)) => {}
            other => panic!("no append after the heal: {other:?}"),
        }
    }
}

/// Reads everything that a node has of the kept topic. Its log starts.
fn read_all(cluster: &mut Cluster, id: u64) -> Vec<i64> {
    let Some(topic) = kept_topic(cluster, id) else {
        return Vec::new();
    };
    let mut starts = Vec::new();
    for partition in 0..PARTITIONS {
        let (mut offset, mut end) = (0, i64::MAX);
        let mut found = std::collections::BTreeMap::new();
        while offset < end {
            let asked = FetchPartition {
                topic: KEPT.to_owned(),
                partition,
                offset,
                current_leader_epoch: -1,
                max_bytes: 1 << 20,
            };
            let request = Request::Fetch {
                partitions: vec![asked],
                min_bytes: 0,
                max_bytes: 1 << 20,
                deadline: cluster.now,
                follower_may_serve: true,
                read_committed: false,
            };
            let asked = cluster.ask(id, request);
            let Some(Response::Fetch(outcomes)) = cluster.answers.remove(&asked) else {
                panic!("node {id} did not answer a fetch");
            };
            match &outcomes[0] {
                Ok(fetched) => {
                    end = fetched.high_watermark;
                    starts.push(fetched.log_start_offset);
                    assert!(
                        offset == end || !fetched.batches.is_empty(),
                        "node {id} has nothing at {offset}"
                    );
                    for extent in &fetched.batches {
                        let mut batch = vec![0; extent.length];
                        extent
                            .file
                            .read_exact_at(&mut batch, extent.position)
                            .expect("it can be read");
                        let header = broker::record_batch::peek(&batch).expect("it is a batch");
                        // The first one may have lost its first records.
                        let from_start = offset == fetched.log_start_offset;
                        let joins = offset == header.base_offset
                            || (from_start && header.base_offset < offset);
                        assert!(joins, "node {id}: a gap at {offset}");
                        offset = cluster.oracle.fetched(&batch);
                        found.insert(header.base_offset, batch);
                    }
                }
                Err(refusal) => {
                    assert!(
                        refusal.log_start_offset > offset,
                        "node {id} refuses {offset}: {refusal:?}"
                    );
                    offset = refusal.log_start_offset;
                    starts.push(offset);
                }
            }
        }
        let start = starts.last().copied().unwrap_or(0);
        assert!(
            start >= cluster.oracle.deleted_below(partition),
            "node {id} has deleted records of partition {partition} from {start} on"
        );
        for value in cluster.oracle.acknowledged.keys() {
            let committed = &cluster.oracle.values[value];
            if (committed.topic, committed.partition) != (topic, partition)
                || committed.base_offset < start
            {
                continue;
            }
            let batch = found.get(&committed.base_offset);
            assert!(
                batch.is_some_and(|batch| *batch == committed.batch),
                "node {id} lost value {value}"
            );
        }
    }
    starts.dedup();
    starts
}

fn check_latest(cluster: &mut Cluster, leader: u64, partition: i32) {
    let asked = ListOffsetsPartition {
        topic: KEPT.to_owned(),
        partition,
        current_leader_epoch: -1,
        timestamp: -1,
    };
    let deadline = cluster.now + Duration::from_secs(1);
    let asked = cluster.ask(
        leader,
        Request::ListOffsets {
            partitions: vec![asked],
            deadline,
            read_committed: false,
        },
    );
    cluster.run_until(cluster.now + Duration::from_millis(300));
    match cluster.answers.get(&asked) {
        Some(Response::ListOffsets(outcomes)) => {
            let listed = outcomes[0]
                .as_ref()
                .unwrap_or_else(|error| panic!("latest offset after the heal: {error:?}"));
            assert!(
                listed.offset >= cluster.oracle.acknowledged_end(partition),
                "latest offset is behind"
            );
        }
        other => panic!("no latest offset after the heal: {other:?}"),
    }
}

/// Every transaction ends, at the latest after its time-out, and every node shows what became of it.
fn check_transactions(cluster: &mut Cluster) {
    // An election after the heal lets the time run again; scans come each second.
    let longest = TIMEOUT_MAX + Duration::from_secs(3) + cluster.election_max * 3;
    cluster.run_until(cluster.now + longest);
    for id in cluster.ids() {
        if kept_topic(cluster, id).is_none() {
            continue;
        }
        for partition in 0..PARTITIONS {
            read_committed(cluster, id, partition);
        }
    }
}

/// Reads everything that a node shows as committed in a partition of the kept topic.
fn read_committed(cluster: &mut Cluster, id: u64, partition: i32) {
    let mut offset = 0;
    loop {
        let asked = FetchPartition {
            topic: KEPT.to_owned(),
            partition,
            offset,
            current_leader_epoch: -1,
            max_bytes: 1 << 20,
        };
        let request = Request::Fetch {
            partitions: vec![asked],
            min_bytes: 0,
            max_bytes: 1 << 20,
            deadline: cluster.now,
            follower_may_serve: true,
            read_committed: true,
        };
        let asked = cluster.ask(id, request);
        let Some(Response::Fetch(outcomes)) = cluster.answers.remove(&asked) else {
            panic!("node {id} did not answer a fetch");
        };
        match &outcomes[0] {
            Ok(fetched) => {
                assert_eq!(
                    fetched.last_stable_offset, fetched.high_watermark,
                    "node {id}: a transaction of partition {partition} never ends"
                );
                let batches: Vec<Vec<u8>> = fetched.batches.iter().map(bytes_of).collect();
                cluster.oracle.ledger.check_read(&batches, &fetched.aborted);
                let Some(last) = batches.last() else { return };
                offset = cluster.oracle.fetched(last);
            }
            Err(refusal) if refusal.log_start_offset > offset => offset = refusal.log_start_offset,
            Err(refusal) => panic!("node {id} refuses {offset}: {refusal:?}"),
        }
    }
}

fn kept_topic(cluster: &mut Cluster, id: u64) -> Option<Uuid> {
    let asked = cluster.ask(id, Request::View);
    match cluster.answers.remove(&asked) {
        Some(Response::View(view)) => view.topics.get(KEPT).map(|topic| topic.id),
        other => panic!("node {id} did not show its view: {other:?}"),
    }
}
