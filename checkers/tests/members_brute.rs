//! Checks of groups and transactions against their definitions, tried on every pair: small histories in which answers are
//! drawn without any sense, so that about half of them are contradictions. A check says *invalid* exactly where its
//! definition does.
#![expect(clippy::print_stdout, reason = "how many there were is for a reader")]

mod definitions {
    pub(crate) mod offsets;
}
mod notation;

use std::fmt::Write as _;

use checkers::verdict::Validity;
use definitions::offsets;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A drawn history, and whether it breaks the definition.
type Drawn = (String, bool);
type Case = (&'static str, fn(&mut ChaCha8Rng) -> Drawn);

const CASES: [Case; 11] = [
    ("commit-backwards", commit_backwards),
    ("commit-lost", commit_lost),
    ("fenced-commit", fenced_commit),
    ("generation-backwards", generation_backwards),
    ("lso-too-high", lso_too_high),
    ("commit-not-visible", commit_not_visible),
    ("early-read", early_read),
    ("one-owner", one_owner),
    ("static-takeover", offsets::static_takeover),
    ("unstable-for-ever", offsets::unstable_for_ever),
    ("offsets-torn", offsets::offsets_torn),
];

fn span(random: &mut ChaCha8Rng) -> (u64, u64) {
    let from = random.random_range(1..20);
    (from, from + random.random_range(1..8))
}

/// Commits of one partition: called, acknowledged if it was.
fn commits(random: &mut ChaCha8Rng, text: &mut String) -> Vec<(u64, Option<u64>)> {
    let count = random.random_range(1..5);
    let mut commits = Vec::new();
    for n in 0..count {
        let (from, to) = span(random);
        let unknown = random.random_bool(0.25);
        let word = if unknown { " -> info" } else { "" };
        let offset = random.random_range(0..9);
        let _ = writeln!(
            text,
            "{from}..{to} w{n} commit-offsets g/-1 - t/0@{offset}#k{n}{word}"
        );
        // What is fetched has to have its commit's offset.
        commits.push((from, (!unknown).then_some(to), offset));
    }
    let offsets: Vec<u64> = commits.iter().map(|one| one.2).collect();
    let _ = writeln!(text, "# {offsets:?}");
    commits.into_iter().map(|one| (one.0, one.1)).collect()
}

fn offsets(text: &mut String) -> Vec<u64> {
    let at = text.rfind("# [").expect("offsets");
    let list = text[at + 3..].trim_end().trim_end_matches(']').to_owned();
    text.truncate(at);
    list.split(", ")
        .map(|word| word.parse().expect("a number"))
        .collect()
}

fn commit_backwards(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "promise offsets_linearizable=true\n".to_owned();
    let commits = commits(random, &mut text);
    let offsets = offsets(&mut text);
    let mut fetches = Vec::new();
    for n in 10..14 {
        let (from, to) = span(random);
        let of = random.random_range(0..commits.len());
        let offset = offsets[of];
        let _ = writeln!(
            text,
            "{from}..{to} w{n} fetch-offsets g t/0 stable -> t/0@{offset}#k{of}"
        );
        fetches.push((from, to, of));
    }
    let mut broken = false;
    for (_, returned, new) in &fetches {
        for (called, _, old) in &fetches {
            let older = commits[*old]
                .1
                .is_some_and(|acknowledged| acknowledged < commits[*new].0);
            broken |= returned < called && older;
        }
    }
    (text, broken)
}

fn commit_lost(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = String::new();
    let commits = commits(random, &mut text);
    let offsets = offsets(&mut text);
    let there = random.random_range(0..=commits.len());
    let (answer, since) = match commits.get(there) {
        Some((_, acknowledged)) => (format!("t/0@{}#k{there}", offsets[there]), *acknowledged),
        None => ("t/0@-1".to_owned(), Some(0)),
    };
    let _ = writeln!(
        text,
        "50..51 w20 fetch-offsets g t/0 stable phase=final -> {answer}"
    );
    let after = |since: u64| commits.iter().any(|one| one.1.is_some() && one.0 > since);
    (text, since.is_some_and(after))
}

fn joins(random: &mut ChaCha8Rng, text: &mut String) -> Vec<(u64, u64, i32)> {
    let mut joins = Vec::new();
    for n in 0..random.random_range(1..5) {
        let (from, to) = span(random);
        let generation = random.random_range(1..4);
        let _ = writeln!(
            text,
            "{from}..{to} w{n} join g - -> gen={generation} as=m{n} leader=m0"
        );
        joins.push((from, to, generation));
    }
    joins
}

fn fenced_commit(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "promise generation_unique=true\n".to_owned();
    let joins = joins(random, &mut text);
    let mut broken = false;
    for n in 10..13 {
        let (from, to) = span(random);
        let generation = random.random_range(1..4);
        let accepted = random.random_bool(0.7);
        let word = if accepted {
            ""
        } else {
            " -> fail ILLEGAL_GENERATION"
        };
        let _ = writeln!(
            text,
            "{from}..{to} w{n} commit-offsets g/{generation} m{n} t/0@1#k{n}{word}"
        );
        let fenced = joins
            .iter()
            .any(|join| join.1 < from && join.2 > generation);
        broken |= accepted && fenced;
    }
    (text, broken)
}

fn generation_backwards(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "promise generation_unique=true\n".to_owned();
    let joins = joins(random, &mut text);
    let pairs = joins
        .iter()
        .flat_map(|one| joins.iter().map(move |other| (one, other)));
    let mut back = pairs.filter(|(one, other)| one.1 < other.0 && one.2 > other.2);
    let broken = back.next().is_some();
    (text, broken)
}

/// A transaction with one record.
struct Tx {
    committed: bool,
    offset: u64,
    acknowledged: u64,
    end_sent: u64,
    returned: u64,
}

fn transactions(random: &mut ChaCha8Rng, text: &mut String) -> Vec<Tx> {
    let mut all = Vec::new();
    for n in 0..random.random_range(1..4) {
        let (from, acknowledged) = span(random);
        let end_sent = acknowledged + random.random_range(0..6);
        let returned = end_sent + random.random_range(1..4);
        let committed = random.random_bool(0.7);
        let word = if committed { "" } else { "info " };
        let offset = random.random_range(0..6) * 10 + n;
        let _ = writeln!(
            text,
            "{from}..{returned} w{n} transaction x{n} {n}/0 -> {word}commit sent={end_sent} out/0:v{n}@{offset}~{from}..{acknowledged}"
        );
        all.push(Tx {
            committed,
            offset,
            acknowledged,
            end_sent,
            returned,
        });
    }
    all
}

fn questions(random: &mut ChaCha8Rng, text: &mut String) -> Vec<(u64, u64, u64)> {
    let mut all = Vec::new();
    for n in 10..13 {
        let (from, to) = span(random);
        let end = random.random_range(0..70);
        let _ = writeln!(text, "{from}..{to} w{n} end out/0 n1 committed -> {end}");
        all.push((from, to, end));
    }
    all
}

fn lso_too_high(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = String::new();
    let all = transactions(random, &mut text);
    let asked = questions(random, &mut text);
    let broken = asked.iter().any(|(called, returned, end)| {
        all.iter().any(|tx| {
            let open = tx.acknowledged < *called && tx.end_sent > *returned;
            tx.committed && open && *end > tx.offset
        })
    });
    (text, broken)
}

fn commit_not_visible(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "promise commit_visible_when_acknowledged=true\n".to_owned();
    let all = transactions(random, &mut text);
    let asked = questions(random, &mut text);
    let broken = asked.iter().any(|(called, _, end)| {
        let seen = |tx: &Tx| tx.committed && tx.returned < *called && *end <= tx.offset;
        // One that may be open holds the answer back at its record.
        let open = |tx: &Tx| tx.offset == *end && !(tx.committed && tx.returned < *called);
        all.iter().any(seen) && !all.iter().any(open)
    });
    (text, broken)
}

fn early_read(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = String::new();
    let all = transactions(random, &mut text);
    let mut broken = false;
    for n in 10..13 {
        let (from, to) = span(random);
        let at = random.random_range(0..all.len());
        let committed = random.random_bool(0.7);
        let word = if committed { " committed" } else { "" };
        let offset = all[at].offset;
        let _ = writeln!(
            text,
            "{from}..{to} w{n} poll out/0@0{word} -> v{at}@{offset}"
        );
        broken |= committed && to < all[at].end_sent;
    }
    (text, broken)
}

fn one_owner(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "1..2 w99 join g - -> gen=1 as=m0 leader=m0\n".to_owned();
    let mut all: Vec<(i32, u64, u64)> = Vec::new();
    for n in 0..random.random_range(1..5) {
        let (generation, member) = (random.random_range(1..3), random.random_range(0..3));
        let partition = random.random_range(0..3);
        let _ = writeln!(
            text,
            "5..6 w{n} sync g/{generation} m{member} -> t/{partition}"
        );
        all.push((generation, partition, member));
    }
    let pairs = all
        .iter()
        .flat_map(|one| all.iter().map(move |other| (one, other)));
    let mut double = pairs.filter(|(a, b)| (a.0, a.1) == (b.0, b.1) && a.2 != b.2);
    let broken = double.next().is_some();
    (text, broken)
}

fn tried(seeds: std::ops::Range<u64>) {
    for (check, draw) in CASES {
        let (mut broken, mut whole) = (0, 0);
        for seed in seeds.clone() {
            let (text, expected) = draw(&mut ChaCha8Rng::seed_from_u64(seed));
            let judgement = checkers::judge(&notation::history(&text).history);
            let verdict = judgement
                .verdict(check)
                .unwrap_or_else(|| panic!("no {check}"));
            let found = verdict.validity == Validity::Invalid;
            assert_eq!(
                found, expected,
                "{check}, seed {seed}: {:?}\n{text}",
                verdict.anomalies
            );
            *(if expected { &mut broken } else { &mut whole }) += 1;
        }
        println!("{check}: {broken} broken, {whole} whole, each judged so");
        assert!(
            broken > 0 && whole > 0,
            "{check}: {broken} broken, {whole} whole"
        );
    }
}

#[test]
fn checks_say_what_their_definitions_say() {
    tried(0..500);
}

#[test]
#[ignore = "minutes: 20,000 histories each"]
fn checks_say_what_their_definitions_say_of_many() {
    tried(0..20_000);
}
