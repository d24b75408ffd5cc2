//! Consumer groups and transactions on the page: absent where there are none, bounded where there are many.

use checkers::history::Ending;
use reports::RunReport;
use reports::limits::*;
use reports::model::*;

use crate::common::markup::{tags, text};
use crate::common::{cases, ms};

/// A group whose members come and go every two seconds.
fn group(name: &str, generations: u64) -> Group {
    let generation = |number: u64| {
        let begin = ms(1_000 + number * 2_000);
        let owner = |partition: i32, member: usize| Owner {
            topic: "t0".into(),
            partition,
            member,
            from_ns: begin + ms(90),
            to_ns: begin + ms(2_000),
            contested: false,
        };
        Generation {
            number: number as i32 + 1,
            causes: match number {
                0 => vec![Cause::First],
                n if n % 2 == 0 => vec![Cause::Expired],
                _ => vec![Cause::Joined],
            },
            called_ns: begin - ms(10 + number),
            begin_ns: begin,
            stable_ns: (number != 3).then_some(begin + ms(90)),
            end_ns: begin + ms(2_000),
            members: 2,
            synced: 2,
            owners: vec![owner(0, 0), owner(1, 1)],
        }
    };
    Group {
        name: name.into(),
        members: vec!["consumer-a".into(), "consumer-b".into()],
        generations: (0..generations).map(generation).collect(),
        generations_total: generations,
        coordinators: vec![Coordinator {
            node: "n2".into(),
            from_ns: ms(900),
            to_ns: ms(20_000),
        }],
    }
}

fn transactions(rows: u64) -> Transactions {
    let row = |number: u64| TransactionRow {
        op: 1_000 + number,
        transactional_id: format!("tx<{}>", number % 3),
        begin_ns: ms(2_000 + number * 100),
        commit_sent_ns: Some(ms(2_020 + number * 100)),
        end_ns: (number != 1).then_some(ms(2_050 + number * 101)),
        outcome: match number {
            1 => TransactionOutcome::Unknown,
            _ => TransactionOutcome::Committed,
        },
        wanted: Some(Ending::Commit),
        records: 3,
        partitions: vec!["t0/0".into(), "t0/1".into()],
        error: String::new(),
    };
    let ends = TransactionEnds {
        committed: rows - 1,
        unknown: 1,
        ..TransactionEnds::default()
    };
    Transactions {
        ends,
        producers: 3,
        commit_us: Some((1_200, 4_100, 88_000)),
        buckets: vec![TransactionBucket {
            begin_ms: 2_000,
            ends,
        }],
        bucket_ms: 1_000,
        named: vec![row(5)],
        notable: (0..rows).map(row).collect(),
        stalls: vec![StableOffsetStall {
            topic: "t0".into(),
            partition: 1,
            from_ns: ms(4_000),
            to_ns: ms(6_500),
            offset: 4_711,
            behind: 37,
        }],
    }
}

fn with(groups: Vec<Group>, transactions: Option<Transactions>) -> RunReport {
    let mut report = cases::valid();
    report.scenarios[0].groups = groups;
    report.scenarios[0].transactions = transactions;
    report
}

#[test]
fn a_run_without_them_has_no_empty_room() {
    let page = reports::html(&with(vec![], None)).text;
    for absent in ["id=\"groups-1\"", "id=\"transactions-1\"", "#groups-1"] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn lanes_show_generations_owners_and_the_time_to_stable() {
    let page = reports::html(&with(vec![group("g<0>", 6)], None)).text;
    tags(&page);
    for shown in [
        "id=\"groups-1\"",
        "Group g&lt;0&gt; over",
        "t0/0 was owned by m1 (consumer-a) in generation 2",
        "n2 answered as coordinator",
        "6 generations of 2 members. No partition had two owners in one generation.",
        "a member fell silent",
        "never: replaced before",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("g<0>"), "foreign text stays text");
}

#[test]
fn two_owners_in_one_generation_are_seen() {
    let mut broken = group("g", 4);
    for owner in &mut broken.generations[2].owners {
        (owner.partition, owner.contested) = (0, true);
    }
    let page = reports::html(&with(vec![broken], None)).text;
    assert!(page.contains("In 1 generation a partition had two owners, first in generation 3."));
    assert!(page.contains("class=\"owner twice\""));
}

#[test]
fn transactions_show_their_ends_the_odd_ones_and_stalls() {
    let page = reports::html(&with(vec![], Some(transactions(30)))).text;
    tags(&page);
    let text = text(&page);
    for shown in [
        "30 transactions of 3 transactional ids: 29 committed, 0 aborted as wanted, 0 certainly not committed, 1 of unknown outcome.",
        "median 1.2 ms, 99 % within 4.1 ms, maximum 88.0 ms",
        "outcome unknown, a commit was wanted",
        "✗ in a finding",
        "2.50 s",
    ] {
        assert!(text.contains(shown), "{shown}");
    }
    assert!(page.contains("LSO t0/1"));
}

#[test]
fn many_of_them_stay_small() {
    let one = reports::html(&with(vec![], None)).text.len();
    let many = (0..GROUPS_MAX).map(|n| group(&format!("g{n}"), GENERATIONS_MAX as u64));
    let mut all = transactions(TRANSACTIONS_MAX as u64);
    all.stalls = vec![all.stalls[0].clone(); STALLS_MAX];
    all.buckets = vec![all.buckets[0]; TRANSACTION_BUCKETS_MAX as usize];
    let page = reports::html(&with(many.collect(), Some(all))).text;
    let more = page.len() - one;
    assert!(more < 1_500_000, "{more} bytes");
    assert!(page.contains("97 further groups"));
}
