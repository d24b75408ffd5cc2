//! Kafka histories in EDN: transcripts with what Jepsen says of them, and exports of drawn runs, whose findings are those
//! of the runs.

#[allow(dead_code, reason = "other tests use the rest")]
mod generate;
mod notation;

use std::collections::BTreeSet;

use checkers::export;
use checkers::foreign::{Judged, ModelName, judge};
use checkers::linearizability::SearchOptions;
use checkers::transactions::TransactionsVerdict;
use checkers::verdict::Validity;
use generate::Run;
use generate::mutations::ALL;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn judged(text: &str) -> TransactionsVerdict {
    let options = SearchOptions::default();
    match judge("x.edn", text.as_bytes(), Some(ModelName::Kafka), &options) {
        Ok(Judged::Transactions(verdict)) => *verdict,
        other => panic!("{other:?}\n{text}"),
    }
}

/// The kinds of anomaly of a history, by their names.
fn kinds(text: &str) -> Vec<String> {
    let verdict = judged(text);
    let kinds: Vec<String> = verdict.counts.keys().map(ToString::to_string).collect();
    let is_invalid = verdict.validity == Validity::Invalid;
    assert_eq!(is_invalid, !kinds.is_empty(), "{:#?}", verdict.lines());
    kinds
}

/// Operations in short: `PROCESS TYPE F VALUE`, each a call and its completion, the call's value without offsets.
fn history(rows: &[(i64, &str, &str, &str)]) -> String {
    let mut text = String::new();
    for (process, kind, function, value) in rows {
        let called = match *function {
            "assign" | "subscribe" => (*value).to_owned(),
            "poll" => "[[:poll]]".to_owned(),
            _ => "[]".to_owned(),
        };
        text +=
            &format!("{{:process {process}, :type :invoke, :f :{function}, :value {called}}}\n");
        text += &format!("{{:process {process}, :type :{kind}, :f :{function}, :value {value}}}\n");
    }
    text
}

/// One producer and what it had acknowledged.
const SENT: [(i64, &str, &str, &str); 3] = [
    (0, "ok", "send", "[[:send 3 [10 :a]]]"),
    (0, "ok", "send", "[[:send 3 [12 :b]]]"),
    (0, "ok", "send", "[[:send 3 [13 :c]]]"),
];

/// A send whose offset is not known: `nil` of Jepsen's clients, a negative number of others. Two records with -1 do not lie
/// at the same place, and what is lost is lost all the same.
#[test]
fn a_negative_offset_is_none() {
    for none in ["nil", "-1", "-1001"] {
        let sends = [":a", ":b"].map(|value| format!("[[:send 3 [{none} {value}]]]"));
        for (polled, expected) in [
            ("[0 :a] [1 :b]", &[][..]),
            ("[0 :b] [1 :a]", &["log-order"]),
            ("[0 :a]", &["unseen"]),
            ("[0 :a] [1 :a]", &["unseen", "duplicate"]),
        ] {
            let polled = format!("[[:poll {{3 [{polled}]}}]]");
            let text = history(&[
                (0, "ok", "send", &sends[0]),
                (4, "ok", "send", &sends[1]),
                (1, "ok", "poll", &polled),
            ]);
            assert_eq!(kinds(&text), expected, "{text}");
        }
    }
}

/// What consumers do with these records, and the kinds of anomaly that follow.
#[test]
fn what_consumers_are_given_is_judged_as_jepsen_judges_it() {
    type Row = (i64, &'static str, &'static str, &'static str);
    let all: Row = (1, "ok", "poll", "[[:poll {3 [[10 :a] [12 :b] [13 :c]]}]]");
    let table: &[(&str, &[Row], &[&str])] = &[
        ("a hole is no skip", &[all], &[]),
        (
            "lost: a later one was read",
            &[(1, "ok", "poll", "[[:poll {3 [[12 :b] [13 :c]]}]]")],
            &["lost-write"],
        ),
        (
            "unseen: nothing later was read",
            &[(1, "ok", "poll", "[[:poll {3 [[10 :a] [12 :b]]}]]")],
            &["unseen"],
        ),
        (
            "what a failed poll returned was returned, and its client is sought back",
            &[
                (1, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
                (1, "fail", "poll", "[[:poll {3 [[12 :b] [13 :c]]}]]"),
                (1, "info", "poll", "[[:poll {3 [[12 :b] [13 :c]]}]]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
            ],
            &[],
        ),
        (
            "a client that was not sought back",
            &[
                all,
                (2, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
                (2, "fail", "poll", "[[:poll {3 [[12 :b]]}]]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
            ],
            &["poll-skip"],
        ),
        (
            "back, and over one, between polls",
            &[
                all,
                (2, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
            ],
            &["poll-skip", "nonmonotonic-poll"],
        ),
        (
            "the same within one poll",
            &[
                all,
                (2, "ok", "poll", "[[:poll {3 [[10 :a] [13 :c] [12 :b]]}]]"),
            ],
            &["int-poll-skip", "int-nonmonotonic-poll"],
        ),
        (
            "an assignment without the key forgets",
            &[
                all,
                (2, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
                (2, "ok", "assign", "[4]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
            ],
            &[],
        ),
        (
            "one with the key does not",
            &[
                all,
                (2, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
                (2, "ok", "assign", "[3 4]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
            ],
            &["poll-skip"],
        ),
        (
            "subscribed clients are moved",
            &[
                all,
                (2, "ok", "subscribe", "[3]"),
                (2, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
                (2, "ok", "poll", "[[:poll {3 [[13 :c]]}]]"),
            ],
            &[],
        ),
        (
            "nobody sent it",
            &[all, (2, "ok", "poll", "[[:poll {3 [[14 :d]]}]]")],
            &["garbage-read"],
        ),
        (
            "one record at two offsets, and nothing else",
            &[(
                1,
                "ok",
                "poll",
                "[[:poll {3 [[10 :a] [12 :b] [13 :c] [14 :b]]}]]",
            )],
            &["duplicate"],
        ),
        (
            "two records at one offset, and nothing else",
            &[
                all,
                (2, "ok", "send", "[[:send 3 [13 :d]]]"),
                (3, "ok", "poll", "[[:poll {3 [[13 :d]]}]]"),
            ],
            &["inconsistent-offset"],
        ),
        (
            "aborted, and read by a poll that failed itself",
            &[
                all,
                (2, "fail", "txn", "[[:send 3 :d] [:send 4 :e]]"),
                (3, "fail", "poll", "[[:poll {3 [[14 :d]]}]]"),
            ],
            &["G1a"],
        ),
        (
            "one record proves the whole operation",
            &[
                all,
                (2, "info", "txn", "[[:send 3 [14 :d]] [:send 4 [0 :e]]]"),
                (3, "ok", "send", "[[:send 4 [1 :f]]]"),
                (4, "ok", "poll", "[[:poll {4 [[1 :f]]}]]"),
                (4, "ok", "poll", "[[:poll {3 [[14 :d]]}]]"),
            ],
            &["lost-write"],
        ),
        (
            "without the proof it may not have happened",
            &[
                all,
                (2, "info", "txn", "[[:send 3 [14 :d]] [:send 4 [0 :e]]]"),
                (3, "ok", "send", "[[:send 4 [0 :f]]]"),
                (4, "ok", "poll", "[[:poll {4 [[0 :f]]}]]"),
            ],
            &[],
        ),
        (
            "read before it was committed",
            &[
                all,
                (2, "ok", "txn", "[[:send 3 [14 :d]] [:poll {3 [[14 :d]]}]]"),
            ],
            &["precommitted-read"],
        ),
        (
            "a producer that goes back, between operations and within one",
            &[
                (1, "ok", "send", "[[:send 4 [5 :x]]]"),
                (1, "ok", "send", "[[:send 4 [7 :z] ] [:send 4 [4 :y]]]"),
                all,
                (2, "ok", "poll", "[[:poll {4 [[4 :y] [5 :x] [7 :z]]}]]"),
            ],
            &["int-send-order", "log-order"],
        ),
        (
            "real time, between two producers",
            &[
                (1, "ok", "send", "[[:send 4 [5 :x]]]"),
                (2, "ok", "send", "[[:send 4 [4 :y]]]"),
                all,
                (3, "ok", "poll", "[[:poll {4 [[4 :y] [5 :x]]}]]"),
            ],
            &["log-order"],
        ),
    ];
    for (what, rows, expected) in table {
        let text = history(&[&SENT[..], rows].concat());
        let mut found = kinds(&text);
        let mut expected: Vec<&str> = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(
            found,
            expected,
            "{what}: {:#?}\n{text}",
            judged(&text).lines()
        );
    }
}

/// Sends alone were read by nobody: nothing is judged.
#[test]
fn without_polls_nothing_is_judged() {
    assert_eq!(judged(&history(&SENT)).validity, Validity::Undecided);
}

/// A rebalance during an operation: where its consumer stood is not known.
#[test]
fn a_rebalance_excuses_its_keys() {
    let rows = [
        (1, "ok", "poll", "[[:poll {3 [[10 :a] [12 :b] [13 :c]]}]]"),
        (2, "ok", "poll", "[[:poll {3 [[10 :a]]}]]"),
        (
            2,
            "ok",
            "poll",
            "[[:poll {3 [[13 :c] [12 :b]]}]], :rebalance-log [{:type :assigned, :keys [KEY]}]",
        ),
    ];
    let text = history(&[&SENT[..], &rows].concat());
    assert_eq!(kinds(&text.replace("KEY", "3")), [] as [&str; 0]);
    assert_eq!(
        kinds(&text.replace("KEY", "4")),
        ["poll-skip", "int-nonmonotonic-poll"]
    );
}

fn exported(run: &Run) -> String {
    export::edn(&notation::history(&run.text()).history)
}

#[test]
fn the_export_of_a_legal_run_is_valid() {
    for seed in 0..20 {
        let run = Run::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        let text = exported(&run);
        let verdict = judged(&text);
        assert_eq!(
            verdict.validity,
            Validity::Valid,
            "seed {seed}: {:#?}",
            verdict.lines()
        );
        assert!(verdict.transactions.ok > 100, "{:?}", verdict.transactions);
    }
}

/// Each change that a check of content finds in a run is found in its export, by the anomaly of that name.
#[test]
fn the_export_keeps_what_was_found() {
    let table: [(&str, &[&str]); 9] = [
        ("log-order", &["log-order"]),
        ("lost-write", &["lost-write", "unseen"]),
        ("duplicate", &["duplicate"]),
        ("inconsistent-offset", &["inconsistent-offset"]),
        ("phantom-value", &["garbage-read"]),
        ("failed-write-seen", &["G1a"]),
        ("poll-skip", &["poll-skip", "int-poll-skip"]),
        (
            "nonmonotonic-poll",
            &["nonmonotonic-poll", "int-nonmonotonic-poll"],
        ),
        ("send-order", &["send-order", "int-send-order"]),
    ];
    let mut tried = BTreeSet::new();
    for seed in 0..5 {
        let run = Run::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        for mutation in ALL {
            let Some((_, any)) = table.iter().find(|(check, _)| *check == mutation.check) else {
                continue;
            };
            let mut changed = run.clone();
            (mutation.apply)(&mut changed);
            let found = kinds(&exported(&changed));
            tried.insert(mutation.check);
            let is_kept = any.iter().any(|kind| found.iter().any(|f| f == kind));
            assert!(is_kept, "seed {seed}, {}: found {found:?}", mutation.check);
        }
    }
    assert_eq!(tried.len(), table.len(), "{tried:?}");
}
