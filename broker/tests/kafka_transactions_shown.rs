//! Transactions as they are shown to those who look after them, and the offsets of consumer groups that transactions commit.

mod client;

use client::members::{Member, settle};
use client::{Client, Cluster, cluster_with, code, name, transactional};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_producers_request::TopicRequest;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{
    DescribeProducersRequest, GroupId, ListTransactionsRequest, OffsetFetchRequest,
};
use kafka_protocol::protocol::StrBytes;

fn started() -> (Cluster, Client) {
    let cluster = cluster_with("topic");
    let client = cluster.client(cluster.leader());
    (cluster, client)
}

#[test]
fn transactions_and_producers_are_shown() {
    let (_cluster, mut client) = started();
    let open = client.begin("open");
    let empty = client.begin("empty");
    assert_eq!(client.add("open", open, "topic"), 0);
    let data = transactional(&["a"], open, 0);
    assert_eq!(client.produce_in(9, "open", ("topic", 0), data).0, 0);
    let listed = |client: &mut Client, request: ListTransactionsRequest| {
        let answer = client.call(1, &request);
        assert_eq!(answer.error_code, 0);
        let ids = answer.transaction_states.into_iter();
        let ids: Vec<String> = ids.map(|one| one.transactional_id.to_string()).collect();
        (ids, answer.unknown_state_filters.len())
    };
    let all = ListTransactionsRequest::default();
    let two = vec!["empty".to_owned(), "open".to_owned()];
    assert_eq!(listed(&mut client, all.clone()), (two, 0));
    let state = |text| StrBytes::from_static_str(text);
    let ongoing = all
        .clone()
        .with_state_filters(vec![state("Ongoing"), state("Nonsense")]);
    assert_eq!(listed(&mut client, ongoing), (vec!["open".to_owned()], 1));
    let of = all.clone().with_producer_id_filters(vec![empty.0.into()]);
    assert_eq!(listed(&mut client, of), (vec!["empty".to_owned()], 0));
    let old = all.with_duration_filter(3_600_000);
    assert_eq!(listed(&mut client, old), (vec![], 0));

    let topic = TopicRequest::default()
        .with_name(name("topic"))
        .with_partition_indexes(vec![0, 5]);
    let request = DescribeProducersRequest::default().with_topics(vec![topic]);
    let answer = client.call(0, &request);
    let [known, unknown] = &answer.topics[0].partitions[..] else {
        panic!("{answer:?}");
    };
    let shown = &known.active_producers[0];
    assert_eq!(
        (shown.producer_id.0, shown.current_txn_start_offset),
        (open.0, 0)
    );
    assert_eq!(
        unknown.error_code,
        code(ResponseError::UnknownTopicOrPartition)
    );
    assert_eq!(client.end(3, "open", open, true), 0);
    let answer = client.call(0, &request);
    let shown = &answer.topics[0].partitions[0].active_producers[0];
    assert_eq!(shown.current_txn_start_offset, -1);
}

/// A group's offset of the topic, and the error beside it.
fn fetched(client: &mut Client, stable: bool) -> (i64, i16) {
    let topic = OffsetFetchRequestTopic::default()
        .with_name(name("topic"))
        .with_partition_indexes(vec![0]);
    let request = OffsetFetchRequest::default()
        .with_group_id(GroupId(StrBytes::from_static_str("group")))
        .with_require_stable(stable)
        .with_topics(Some(vec![topic]));
    let answer = client.call(7, &request);
    let found = &answer.topics[0].partitions[0];
    (found.committed_offset, found.error_code)
}

#[test]
fn offsets_are_committed_with_their_transaction_or_not_at_all() {
    let (_cluster, mut client) = started();
    let producer = client.begin("t");
    let place = |offset| ("topic", offset);
    assert_eq!(
        client.stage(3, "t", producer, "group", place(5)),
        code(ResponseError::InvalidTxnState),
        "the group was not added"
    );
    assert_eq!(client.add_group("t", producer, "group"), 0);
    assert_eq!(client.stage(3, "t", producer, "group", place(5)), 0);
    assert_eq!(fetched(&mut client, false), (-1, 0));
    let unstable = code(ResponseError::UnstableOffsetCommit);
    assert_eq!(fetched(&mut client, true), (-1, unstable));
    assert_eq!(client.end(3, "t", producer, false), 0);
    assert_eq!(fetched(&mut client, true), (-1, 0));

    assert_eq!(client.add_group("t", producer, "group"), 0);
    assert_eq!(client.stage(2, "t", producer, "group", place(7)), 0);
    assert_eq!(client.end(3, "t", producer, true), 0);
    assert_eq!(fetched(&mut client, true), (7, 0));

    // From version 5 on the group is added by the offsets themselves.
    assert_eq!(client.stage(5, "t", producer, "group", place(9)), 0);
    assert_eq!(fetched(&mut client, false), (7, 0));
    assert_eq!(client.end_with(5, "t", producer, true).0, 0);
    assert_eq!(fetched(&mut client, true), (9, 0));
    assert_eq!(
        client.stage(5, "t", producer, "group", place(11)),
        code(ResponseError::InvalidProducerEpoch)
    );
}

/// A member that lost its partitions does not publish what it made of them (KIP-447).
#[test]
fn offsets_of_former_members_and_generations_are_refused() {
    let (cluster, mut client) = started();
    let mut member = Member::new(cluster.client(cluster.leader()), "group");
    settle(&mut [&mut member]);
    let producer = client.begin("t");
    assert_eq!(client.add_group("t", producer, "group"), 0);
    let mut stage = |generation, member: &str, offset| {
        let of = ("group", generation, member);
        client.stage_for(3, "t", producer, of, ("topic", offset))
    };
    let (now, own) = (member.generation, member.id.clone());
    assert_eq!(
        stage(now - 1, &own, 3),
        code(ResponseError::IllegalGeneration)
    );
    assert_eq!(
        stage(now, "nobody", 3),
        code(ResponseError::UnknownMemberId)
    );
    assert_eq!(stage(now, &own, 5), 0);
    assert_eq!(member.leave(), 0);
    assert_eq!(stage(now, &own, 7), code(ResponseError::UnknownMemberId));
    assert_eq!(client.end(3, "t", producer, true), 0);
    assert_eq!(fetched(&mut client, true), (5, 0));
}
