//! Every mutant changes an honest answer as its row says, as a client decodes it, and no other answer; before it begins,
//! and without mutants, the bytes are those of the honest answer.

mod honest;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{self as m, ApiKey};
use kafka_protocol::protocol::Decodable;

use super::lie::Asked;
use super::teller::Edge;
use super::*;
use crate::hooks::Told;
use honest::Exchange;

/// The node that lies. It does not lead.
const NODE: u64 = 2;

fn edge(mutant: &'static Mutant, delay: Duration) -> Edge {
    let edge = Edge::new(NODE, vec![mutant], delay);
    // Clients have begun, under the first leader.
    for exchange in [honest::metadata(3, 1), vec![honest::first()]].concat() {
        edge.tell(&exchange.asked, exchange.answer);
    }
    edge
}

/// What a client is told in the exchanges of the mutant's API: each honest answer, and the lie instead.
fn lies(mutant: &'static Mutant) -> Vec<(Exchange, Told)> {
    let edge = edge(mutant, Duration::ZERO);
    if mutant.when == When::AfterElection || mutant.name.ends_with("-stale") {
        for exchange in honest::metadata(1, 2) {
            edge.tell(&exchange.asked, exchange.answer);
        }
    }
    let mut lies = Vec::new();
    // Some lie only now and then.
    for _ in 0..50 {
        for exchange in honest::exchanges(mutant.lie.api()) {
            let told = edge.tell(&exchange.asked, exchange.answer.clone());
            if told != Told::at_once(exchange.answer.clone()) {
                lies.push((exchange, told));
            }
        }
    }
    lies
}

/// An answer as a client reads it, one field a line.
fn shown(asked: &Asked, frame: &Bytes) -> String {
    fn of<R: Decodable + Debug>(asked: &Asked, frame: &Bytes) -> String {
        let (_, answer) = asked.answer::<R>(frame).expect("a client can read it");
        one_field_a_line(&format!("{answer:#?}"))
    }
    match asked.key {
        ApiKey::Produce => of::<m::ProduceResponse>(asked, frame),
        ApiKey::Fetch => of::<m::FetchResponse>(asked, frame),
        ApiKey::ListOffsets => of::<m::ListOffsetsResponse>(asked, frame),
        ApiKey::Metadata => of::<m::MetadataResponse>(asked, frame),
        ApiKey::FindCoordinator => of::<m::FindCoordinatorResponse>(asked, frame),
        ApiKey::ApiVersions => of::<m::ApiVersionsResponse>(asked, frame),
        ApiKey::CreateTopics => of::<m::CreateTopicsResponse>(asked, frame),
        ApiKey::DeleteTopics => of::<m::DeleteTopicsResponse>(asked, frame),
        ApiKey::CreatePartitions => of::<m::CreatePartitionsResponse>(asked, frame),
        ApiKey::InitProducerId => of::<m::InitProducerIdResponse>(asked, frame),
        ApiKey::OffsetForLeaderEpoch => of::<m::OffsetForLeaderEpochResponse>(asked, frame),
        ApiKey::DescribeQuorum => of::<m::DescribeQuorumResponse>(asked, frame),
        ApiKey::JoinGroup => of::<m::JoinGroupResponse>(asked, frame),
        ApiKey::SyncGroup => of::<m::SyncGroupResponse>(asked, frame),
        ApiKey::Heartbeat => of::<m::HeartbeatResponse>(asked, frame),
        ApiKey::LeaveGroup => of::<m::LeaveGroupResponse>(asked, frame),
        ApiKey::OffsetCommit => of::<m::OffsetCommitResponse>(asked, frame),
        ApiKey::OffsetFetch => of::<m::OffsetFetchResponse>(asked, frame),
        ApiKey::DescribeGroups => of::<m::DescribeGroupsResponse>(asked, frame),
        ApiKey::AddPartitionsToTxn => of::<m::AddPartitionsToTxnResponse>(asked, frame),
        ApiKey::AddOffsetsToTxn => of::<m::AddOffsetsToTxnResponse>(asked, frame),
        ApiKey::TxnOffsetCommit => of::<m::TxnOffsetCommitResponse>(asked, frame),
        ApiKey::EndTxn => of::<m::EndTxnResponse>(asked, frame),
        ApiKey::ListTransactions => of::<m::ListTransactionsResponse>(asked, frame),
        ApiKey::DescribeTransactions => of::<m::DescribeTransactionsResponse>(asked, frame),
        ApiKey::DescribeProducers => of::<m::DescribeProducersResponse>(asked, frame),
        other => panic!("no mutant is about {other:?}"),
    }
}

/// Puts together what stands in parentheses.
fn one_field_a_line(text: &str) -> String {
    let (mut lines, mut open, mut depth) = (Vec::new(), String::new(), 0);
    for line in text.lines().map(str::trim) {
        open += line;
        depth += usize::from(line.ends_with('('));
        depth -= usize::from(line.starts_with(')'));
        if depth == 0 {
            lines.push(std::mem::take(&mut open));
        }
    }
    lines.join("\n")
}

/// The lines of one text that the other does not have.
fn lines_without<'a>(one: &'a str, other: &str) -> Vec<&'a str> {
    let mut others: Vec<&str> = other.lines().map(str::trim).collect();
    let is_new = |line: &&str| match others.iter().position(|other| other == line) {
        Some(at) => {
            others.remove(at);
            false
        }
        None => true,
    };
    one.lines().map(str::trim).filter(is_new).collect()
}

#[test]
fn names_are_unique_and_begin_with_their_api() {
    let names: BTreeSet<&str> = all().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(names.len() >= 100, "{}", names.len());
    for mutant in all() {
        let begin = match mutant.lie.api() {
            ApiKey::ListOffsets => "list-".to_owned(),
            ApiKey::InitProducerId => "producer-".to_owned(),
            ApiKey::OffsetForLeaderEpoch => "epoch-end-".to_owned(),
            ApiKey::DescribeQuorum => "quorum-".to_owned(),
            ApiKey::FindCoordinator => "coordinator-".to_owned(),
            ApiKey::ApiVersions => "versions-".to_owned(),
            ApiKey::CreateTopics => "create-".to_owned(),
            ApiKey::DeleteTopics => "delete-".to_owned(),
            ApiKey::CreatePartitions => "grow-".to_owned(),
            ApiKey::JoinGroup => "join-".to_owned(),
            ApiKey::SyncGroup => "sync-".to_owned(),
            ApiKey::LeaveGroup => "leave-".to_owned(),
            ApiKey::OffsetCommit => "commit-".to_owned(),
            ApiKey::OffsetFetch => "committed-".to_owned(),
            ApiKey::DescribeGroups => "group-".to_owned(),
            ApiKey::AddPartitionsToTxn => "txn-partitions-".to_owned(),
            ApiKey::AddOffsetsToTxn => "txn-offsets-".to_owned(),
            ApiKey::TxnOffsetCommit => "txn-commit-".to_owned(),
            ApiKey::EndTxn => "end-".to_owned(),
            ApiKey::ListTransactions => "transactions-".to_owned(),
            ApiKey::DescribeTransactions => "transaction-".to_owned(),
            ApiKey::DescribeProducers => "producers-".to_owned(),
            other => format!("{}-", format!("{other:?}").to_lowercase()),
        };
        assert!(mutant.name.starts_with(&begin), "{}", mutant.name);
        assert!(!mutant.does.is_empty() && !mutant.field.is_empty());
    }
}

/// Each lie is one that a client can read and that differs from the truth, in the field of the row.
#[test]
fn every_mutant_changes_its_field() {
    for mutant in all().filter(|mutant| mutant.field != "answer") {
        let lies = lies(mutant);
        assert!(!lies.is_empty(), "{} changes nothing", mutant.name);
        let (mut any, mut last) = (false, String::new());
        for (exchange, told) in lies {
            assert_eq!((told.delay, told.closes), (Duration::ZERO, false));
            let bytes = told.bytes.expect("an answer");
            assert_eq!(bytes[4..8], exchange.answer[4..8], "{}", mutant.name);
            let before = shown(&exchange.asked, &exchange.answer);
            let after = shown(&exchange.asked, &bytes);
            let new = lines_without(&after, &before);
            let gone = lines_without(&before, &after);
            let field = format!("{}:", mutant.field);
            // A row that is left out takes its lines with it; what is added may look like what was there.
            let is_about = new.iter().any(|line| line.starts_with(&field))
                || new.is_empty() && (!gone.is_empty() || after != before)
                || after.lines().count() != before.lines().count();
            assert_ne!(before, after, "{}", mutant.name);
            any |= is_about;
            last = format!("{new:?} instead of {gone:?}");
        }
        // The leader's epoch goes with the leader, and may be all that is stale about it.
        assert!(any, "{}: {last}", mutant.name);
    }
}

#[test]
fn an_answer_that_is_sent_otherwise_is_otherwise() {
    for mutant in all().filter(|mutant| mutant.field == "answer") {
        let lies = lies(mutant);
        assert!(!lies.is_empty(), "{} changes nothing", mutant.name);
        for (exchange, told) in lies {
            let is_whole = told.bytes.as_ref() == Some(&exchange.answer);
            let is_late = told.delay > Duration::ZERO;
            assert!(!is_whole || is_late, "{}", mutant.name);
            let length = told.bytes.as_ref().map(|bytes| bytes.len() - 4);
            let claimed = told
                .bytes
                .as_ref()
                .map(|bytes| i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize);
            let is_short = claimed > length;
            let may_be_short = told.closes || mutant.name.ends_with("-endless");
            assert!(!is_short || may_be_short, "{}", mutant.name);
        }
    }
}

/// The other APIs are answered honestly, byte by byte.
#[test]
fn a_mutant_leaves_other_answers_alone() {
    for mutant in all() {
        let edge = edge(mutant, Duration::ZERO);
        for key in honest::APIS {
            for exchange in honest::exchanges(*key) {
                if *key != mutant.lie.api() {
                    let told = edge.tell(&exchange.asked, exchange.answer.clone());
                    assert_eq!(told, Told::at_once(exchange.answer), "{}", mutant.name);
                }
            }
        }
    }
}

#[test]
fn nobody_lies_before_the_beginning() {
    for mutant in all().filter(|mutant| mutant.when != When::FromStart) {
        let waits = edge(mutant, Duration::from_secs(3_600));
        let nobody_began = Edge::new(NODE, vec![mutant], Duration::ZERO);
        let exchanges = honest::exchanges(mutant.lie.api());
        for exchange in exchanges {
            let honest = Told::at_once(exchange.answer.clone());
            let told = waits.tell(&exchange.asked, exchange.answer.clone());
            assert_eq!(told, honest, "{}", mutant.name);
            if !honest::ABOUT_RECORDS.contains(&exchange.asked.key) {
                let told = nobody_began.tell(&exchange.asked, exchange.answer);
                assert_eq!(told, honest, "{}", mutant.name);
            }
        }
    }
}

#[test]
fn one_in_many_is_one_in_many() {
    let mutant = all().find(|mutant| mutant.name == "produce-offset-ahead-seldom");
    let mutant = mutant.expect("a mutant");
    assert_eq!(mutant.when, When::OneIn(20));
    let edge = edge(mutant, Duration::ZERO);
    let exchange = &honest::exchanges(ApiKey::Produce)[0];
    let told = (0..100).map(|_| edge.tell(&exchange.asked, exchange.answer.clone()));
    let honest = Told::at_once(exchange.answer.clone());
    assert_eq!(told.filter(|told| *told != honest).count(), 5);
}

#[test]
fn after_an_election_means_after_one() {
    let mutant = all().find(|mutant| mutant.when == When::AfterElection);
    let mutant = mutant.expect("a mutant");
    let edge = edge(mutant, Duration::ZERO);
    let lies = || {
        let exchanges = honest::exchanges(mutant.lie.api()).into_iter();
        let told = exchanges.map(|one| {
            let told = edge.tell(&one.asked, one.answer.clone());
            told != Told::at_once(one.answer)
        });
        told.filter(|is_lie| *is_lie).count()
    };
    assert_eq!(lies(), 0);
    for exchange in honest::metadata(1, 2) {
        edge.tell(&exchange.asked, exchange.answer);
    }
    assert!(lies() > 0);
}

#[test]
fn names_are_read_and_written_back_and_a_wrong_one_says_what_is_possible() {
    let words = ["produce-offset-ahead", "list-end-behind"];
    let mutants = Mutants::parse(&words).expect("known");
    assert_eq!(Vec::from(mutants.clone()), words);
    assert!(!mutants.is_empty() && Mutants::default().is_empty());
    let error = Mutants::parse(&["list-end"])
        .expect_err("unknown")
        .to_string();
    assert!(error.contains("\"list-end\"") && error.contains("list-end-behind,"));
}
