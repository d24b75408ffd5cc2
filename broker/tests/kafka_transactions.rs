//! Transactions as a client sees them, asked with raw requests: commit, abort, fences, time-outs, and what a consumer reads
//! that wants only what is committed. What happens when nodes are lost is in `kafka_transactions_restarts.rs`.

mod client;

use std::time::{Duration, Instant};

use client::transactions::id;
use client::{
    Client, Cluster, batch, cluster_with, code, create, eventually, fetch_request, transactional,
};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiVersionsRequest, EndTxnRequest};

fn started() -> (Cluster, Client) {
    let cluster = cluster_with("topic");
    let client = cluster.client(cluster.leader());
    (cluster, client)
}

#[test]
fn a_commit_shows_all_and_an_abort_nothing() {
    let (cluster, mut client) = started();
    assert_eq!(create(&mut client, "wide", 2), 0);
    cluster.wait_for_topic("wide");
    let producer = client.begin("t");
    assert_eq!(
        client.add_all(1, "t", producer, &[("topic", 0), ("wide", 1)]),
        [0, 0]
    );
    let first = transactional(&["a", "b"], producer, 0);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), first), (0, 0));
    let wide = transactional(&["w"], producer, 0);
    assert_eq!(client.produce_in(9, "t", ("wide", 1), wide), (0, 0));
    assert_eq!(client.produce("topic", -1, batch(&["plain"])), (0, 2));

    let open = client.read("topic", 0, true);
    assert_eq!((open.values.len(), open.stable, open.end), (0, 0, 3));
    assert_eq!(client.read("topic", 0, false).values, ["a", "b", "plain"]);
    assert_eq!(client.latest_for("topic", true), 0);
    assert_eq!(client.latest_for("topic", false), 3);
    assert_eq!(
        client.described("t"),
        Ok(("Ongoing".to_owned(), producer, 2))
    );

    assert_eq!(client.end(1, "t", producer, true), 0);
    // Acknowledged is visible, at once.
    let done = client.read("topic", 0, true);
    assert_eq!(done.values, ["a", "b", "plain"]);
    assert_eq!((done.stable, done.end), (4, 4), "the marker has an offset");
    assert_eq!(client.committed("wide", 1), ["w"]);
    assert_eq!(client.latest_for("topic", true), 4);
    assert_eq!(client.end(1, "t", producer, true), 0, "asked again");
    assert_eq!(
        client.end(1, "t", producer, false),
        code(ResponseError::InvalidTxnState)
    );

    assert_eq!(client.add("t", producer, "topic"), 0);
    let second = transactional(&["c"], producer, 2);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), second), (0, 4));
    assert_eq!(client.end(3, "t", producer, false), 0);
    let aborted = client.read("topic", 0, true);
    assert_eq!(aborted.values, ["a", "b", "plain"]);
    assert_eq!(aborted.aborted, [(producer.0, 4)]);
    assert_eq!((aborted.stable, aborted.end), (6, 6));
    assert_eq!(client.read("topic", 0, false).values.len(), 4);
    assert_eq!(
        client.described("t"),
        Ok(("CompleteAbort".to_owned(), producer, 0))
    );
    // Followers show the same.
    let mut follower = cluster.client(cluster.follower());
    eventually("a follower shows the same", || {
        (follower.read("topic", 0, true) == aborted).then_some(())
    });
}

#[test]
fn what_a_transaction_does_not_comprise_is_refused() {
    let (cluster, mut client) = started();
    let producer = client.begin("t");
    let invalid = code(ResponseError::InvalidTxnState);
    let data = transactional(&["x"], producer, 0);
    let mut put = |text: &str, data| client.produce_in(9, text, ("topic", 0), data).0;
    assert_eq!(put("t", data.clone()), invalid, "not added");
    assert_eq!(
        put("other", data.clone()),
        code(ResponseError::InvalidProducerIdMapping)
    );
    assert_eq!(
        put("t", transactional(&["x"], (producer.0 + 900, 0), 0)),
        code(ResponseError::InvalidProducerIdMapping)
    );
    assert_eq!(
        put("t", client::produced(&["x"], producer.0, producer.1, 0)),
        invalid,
        "not of a transaction, and its producer is"
    );
    assert_eq!(
        client.produce("topic", -1, data.clone()).0,
        invalid,
        "no transactional id"
    );
    assert_eq!(client.end(3, "t", producer, true), invalid, "nothing open");
    assert_eq!(
        client.end(3, "none", producer, true),
        code(ResponseError::InvalidProducerIdMapping)
    );
    let attempted = client.add_all(3, "t", producer, &[("topic", 0), ("topic", 9)]);
    assert_eq!(
        attempted,
        [
            code(ResponseError::OperationNotAttempted),
            code(ResponseError::UnknownTopicOrPartition)
        ]
    );
    assert_eq!(
        client.produce_in(9, "t", ("topic", 0), data.clone()).0,
        invalid
    );

    // A control batch from a client.
    let mut control = data.to_vec();
    control[22] |= 1 << 5;
    let checksum = crc32c(&control[21..]);
    control[17..21].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(client.add("t", producer, "topic"), 0);
    assert_eq!(
        client.produce_in(9, "t", ("topic", 0), control.into()).0,
        code(ResponseError::InvalidRecord)
    );

    let refused = |(error, _): (i16, (i64, i16))| error;
    let timeout = code(ResponseError::InvalidTransactionTimeout);
    assert_eq!(refused(client.init(4, "t", 900_001)), timeout);
    assert_eq!(refused(client.init(4, "t", 0)), timeout);
    assert_eq!(
        refused(client.init(4, "", 1_000)),
        code(ResponseError::InvalidRequest)
    );
    let mut follower = cluster.client(cluster.follower());
    let not_coordinator = code(ResponseError::NotCoordinator);
    assert_eq!(refused(follower.init(4, "t", 1_000)), not_coordinator);
    assert_eq!(follower.end(3, "t", producer, true), not_coordinator);
    assert_eq!(follower.add("t", producer, "topic"), not_coordinator);
    assert_eq!(follower.described("t"), Err(not_coordinator));
    assert_eq!(
        client.described("none"),
        Err(code(ResponseError::TransactionalIdNotFound))
    );
}

/// Castagnoli's checksum, bit by bit: the broker's own is not checked against itself.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

#[test]
fn a_second_life_aborts_what_the_first_one_left_and_fences_it() {
    let (_cluster, mut client) = started();
    let zombie = client.begin("t");
    assert_eq!(client.add("t", zombie, "topic"), 0);
    let left = transactional(&["left"], zombie, 0);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), left).0, 0);
    let producer = client.begin("t");
    assert_eq!(producer, (zombie.0, zombie.1 + 1));
    let read = client.read("topic", 0, true);
    assert_eq!((read.values.len(), read.stable, read.end), (0, 2, 2));
    assert_eq!(read.aborted, [(zombie.0, 0)]);

    let fenced = code(ResponseError::ProducerFenced);
    let old = code(ResponseError::InvalidProducerEpoch);
    assert_eq!(client.end(3, "t", zombie, true), fenced);
    assert_eq!(
        client.end(1, "t", zombie, true),
        old,
        "as old clients know it"
    );
    assert_eq!(client.add("t", zombie, "topic"), fenced);
    assert_eq!(client.add_all(1, "t", zombie, &[("topic", 0)]), [old]);
    let late = transactional(&["late"], zombie, 1);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), late.clone()).0, old);
    assert_eq!(client.init_named(4, "t", 60_000, zombie).0, fenced);
    assert_eq!(client.init_named(3, "t", 60_000, zombie).0, old);

    assert_eq!(client.add("t", producer, "topic"), 0);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), late).0, old);
    let new = transactional(&["new"], producer, 0);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), new).0, 0);
    assert_eq!(client.end(3, "t", producer, true), 0);
    assert_eq!(client.committed("topic", 0), ["new"]);
}

#[test]
fn a_producer_raises_its_own_epoch_and_may_ask_again() {
    let (_cluster, mut client) = started();
    let first = client.begin("t");
    assert_eq!(client.add("t", first, "topic"), 0);
    let (error, second) = client.init_named(4, "t", 60_000, first);
    assert_eq!((error, second), (0, (first.0, first.1 + 1)));
    assert_eq!(client.described("t"), Ok(("Empty".to_owned(), second, 0)));
    // The answer was lost.
    assert_eq!(client.init_named(4, "t", 60_000, first), (0, second));
    // It was not.
    assert_eq!(client.add("t", second, "topic"), 0);
    assert_eq!(
        client.init_named(4, "t", 60_000, first).0,
        code(ResponseError::ProducerFenced)
    );
    assert_eq!(
        client.init_named(4, "t", 60_000, (first.0 + 77, 0)).0,
        code(ResponseError::InvalidProducerIdMapping)
    );
    assert_eq!(client.end(3, "t", second, true), 0);
}

#[test]
fn a_transaction_that_is_left_open_is_aborted_after_its_time() {
    let (_cluster, mut client) = started();
    let (error, producer) = client.init(4, "t", 1_000);
    assert_eq!(error, 0);
    assert_eq!(client.add("t", producer, "topic"), 0);
    let data = transactional(&["a"], producer, 0);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), data).0, 0);
    let begun = Instant::now();
    assert_eq!(client.read("topic", 0, true).stable, 0);
    eventually("it is aborted", || {
        (client.read("topic", 0, true).stable == 2).then_some(())
    });
    let took = begun.elapsed();
    assert!(
        Duration::from_millis(900) < took && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert_eq!(client.committed("topic", 0), [""; 0]);
    assert_eq!(
        client.end(1, "t", producer, true),
        code(ResponseError::InvalidProducerEpoch)
    );
    let (state, now, _) = client.described("t").unwrap();
    assert_eq!(state, "CompleteAbort");
    assert_eq!(now, (producer.0, producer.1 + 1));
}

#[test]
fn a_consumer_that_waits_for_committed_records_is_woken_by_the_commit() {
    let (cluster, mut client) = started();
    let producer = client.begin("t");
    assert_eq!(client.add("t", producer, "topic"), 0);
    let data = transactional(&["a"], producer, 0);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), data).0, 0);
    let mut consumer = cluster.client(cluster.leader());
    let request = fetch_request("topic", 0, 15_000).with_isolation_level(1);
    let waiting = consumer.send(11, &request);
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    assert_eq!(client.end(3, "t", producer, true), 0);
    let answer = consumer.receive::<kafka_protocol::messages::FetchRequest>(11, waiting);
    let found = &answer.responses[0].partitions[0];
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!((found.error_code, found.last_stable_offset), (0, 2));

    // Between the last stable offset and the high watermark is not out of range.
    assert_eq!(client.add("t", producer, "topic"), 0);
    let data = transactional(&["b", "c"], producer, 1);
    assert_eq!(client.produce_in(9, "t", ("topic", 0), data), (0, 2));
    let request = fetch_request("topic", 3, 100).with_isolation_level(1);
    let answer = consumer.call(11, &request);
    let found = &answer.responses[0].partitions[0];
    assert_eq!((found.error_code, found.high_watermark), (0, 4));
    assert!(found.records.clone().unwrap_or_default().is_empty());
}

#[test]
fn raised_epochs_keep_a_late_end_from_the_next_transaction() {
    let (_cluster, mut client) = started();
    let versions = client.call(3, &ApiVersionsRequest::default());
    let feature = &versions.finalized_features[0];
    assert_eq!(
        (feature.name.as_str(), feature.max_version_level),
        ("transaction.version", 2)
    );
    let first = client.begin("t");
    // The partition is added by the record itself.
    let data = transactional(&["a"], first, 0);
    assert_eq!(client.produce_in(12, "t", ("topic", 0), data).0, 0);
    let (error, second) = client.end_with(5, "t", first, true);
    assert_eq!((error, second), (0, (first.0, first.1 + 1)));
    assert_eq!(
        client.end_with(5, "t", first, true),
        (0, second),
        "asked again"
    );
    assert_eq!(client.committed("topic", 0), ["a"]);
    let data = transactional(&["b"], second, 0);
    assert_eq!(client.produce_in(12, "t", ("topic", 0), data).0, 0);
    assert_eq!(
        client.end(5, "t", first, true),
        code(ResponseError::ProducerFenced),
        "a copy that comes late"
    );
    let (error, third) = client.end_with(5, "t", second, false);
    assert_eq!((error, third.1), (0, second.1 + 1));
    assert_eq!(client.committed("topic", 0), ["a"]);
    let (error, fourth) = client.end_with(5, "t", third, false);
    assert_eq!((error, fourth.1), (0, third.1 + 1), "an abort of nothing");
    assert_eq!(
        client.end(5, "t", fourth, true),
        code(ResponseError::InvalidTxnState)
    );
    // Below version 12 nothing is added by itself.
    let data = transactional(&["c"], fourth, 0);
    assert_eq!(
        client.produce_in(11, "t", ("topic", 0), data).0,
        code(ResponseError::TransactionAbortable)
    );
}

#[test]
fn requests_on_their_way_do_not_overtake_each_other() {
    let (cluster, mut client) = started();
    let producer = client.begin("t");
    // Many at once: each is done, or says that another one is under way.
    let concurrent = code(ResponseError::ConcurrentTransactions);
    for round in 0..20 {
        assert_eq!(client.add("t", producer, "topic"), 0);
        let data = transactional(&["x"], producer, round);
        assert_eq!(client.produce_in(9, "t", ("topic", 0), data).0, 0);
        let mut others: Vec<Client> = (0..4).map(|_| cluster.client(cluster.leader())).collect();
        let request = EndTxnRequest::default()
            .with_transactional_id(id("t"))
            .with_producer_id(producer.0.into())
            .with_producer_epoch(producer.1);
        let sent: Vec<i32> = others
            .iter_mut()
            .enumerate()
            .map(|(at, one)| one.send(3, &request.clone().with_committed(at % 2 == 0)))
            .collect();
        let mut done = Vec::new();
        for (at, (one, sent)) in others.iter_mut().zip(sent).enumerate() {
            let error = one.receive::<EndTxnRequest>(3, sent).error_code;
            if error == 0 {
                done.push(at % 2 == 0);
            } else {
                let invalid = code(ResponseError::InvalidTxnState);
                assert!([concurrent, invalid].contains(&error), "{error}");
            }
        }
        assert!(!done.is_empty(), "one of them is the first");
        assert!(done.iter().all(|one| *one == done[0]), "one outcome");
    }
    let read = client.read("topic", 0, true);
    assert_eq!(read.stable, read.end);
    assert_eq!(read.values.len() + read.aborted.len(), 20);
}
