//! The shapes of Jepsen's own workloads, as their histories write them.

use checkers::foreign::{Keys, ModelName, judge_objects};
use checkers::linearizability::SearchOptions;
use checkers::verdict::{Rule, Validity};

use super::{file, judged};

/// One site reads, writes 1, reads, writes 2, reads; keys are independent.
#[test]
fn a_causal_register_keeps_the_order_of_its_site() {
    let line = |kind: &str, f: &str, value: &str, rest: &str| {
        format!("{{:process 0, :type :{kind}, :f :{f}, :value [1 {value}]{rest}}}\n")
    };
    let judge = |operations: &[(&str, &str, &str, &str, &str)]| {
        let both = |(f, called, kind, returned, rest): &(&str, &str, &str, &str, &str)| {
            line("invoke", f, called, "") + &line(kind, f, returned, rest)
        };
        let text: String = operations.iter().map(both).collect();
        judge_objects(
            "t",
            text.as_bytes(),
            Some(ModelName::CausalRegister),
            &SearchOptions::default(),
        )
        .expect("a history")
    };
    let good = [
        ("read-init", "nil", "ok", "0", ", :position 1, :link :init"),
        ("write", "1", "ok", "1", ", :position 2, :link 1"),
        ("read", "nil", "ok", "1", ", :position 3, :link 2"),
        ("write", "2", "ok", "2", ", :position 4, :link 3"),
        ("read", "nil", "ok", "2", ", :position 5, :link 4"),
    ];
    assert_eq!(judge(&good).validity, Validity::Valid);
    let mut old = good;
    old[4].3 = "1";
    assert_eq!(judge(&old).validity, Validity::Invalid);
    // A write of unknown outcome may have happened, or not.
    for (read, valid) in [("1", true), ("2", true), ("0", false)] {
        let mut open = good;
        (open[3].2, open[4].3, open[4].4) = ("info", read, "");
        assert_eq!(judge(&open).validity == Validity::Valid, valid, "{read}");
    }
    let mut linked = good;
    linked[4].4 = ", :position 5, :link 2";
    let verdict = judge(&linked);
    assert_eq!(
        verdict.evidence.and_then(|proof| proof.rule),
        Some(Rule::LinkBroken)
    );
}

/// What a set answers is a set; what a counter answers is a number.
#[test]
fn a_model_is_known_by_what_is_called_and_answered() {
    let judge = |operations: &[(u32, &str, &str, &str)]| {
        let text = file(operations);
        let verdict = judge_objects("t", text.as_bytes(), None, &SearchOptions::default());
        let verdict = verdict.expect("a history");
        (verdict.model, verdict.validity)
    };
    let add = (0, "add", "1", "1");
    assert_eq!(
        judge(&[add, (0, "read", "nil", "1")]),
        (ModelName::Counter, Validity::Valid)
    );
    assert_eq!(
        judge(&[add, (0, "read", "nil", "2")]),
        (ModelName::Counter, Validity::Invalid)
    );
    assert_eq!(
        judge(&[add, (0, "read", "nil", "#{1}")]),
        (ModelName::Set, Validity::Valid)
    );
    let transfer = (
        0,
        "transfer",
        "{:from 0, :to 1, :amount 2}",
        "{:from 0, :to 1, :amount 2}",
    );
    let read = |balances| (0, "read", "nil", balances);
    let reads = [transfer, read("{0 8, 1 2}"), read("{0 7, 1 3}")];
    assert_eq!(judge(&reads), (ModelName::Bank, Validity::Valid));
    let reads = [transfer, read("{0 8, 1 2}"), read("{0 8, 1 3}")];
    assert_eq!(judge(&reads), (ModelName::Bank, Validity::Invalid));
    let ids = [(0, "generate", "nil", "7"), (1, "generate", "nil", "7")];
    assert_eq!(judge(&ids), (ModelName::UniqueIds, Validity::Invalid));
}

/// A model, a history, the rule that it breaks, and what that is about.
type Case = (
    ModelName,
    &'static [(u32, &'static str, &'static str, &'static str)],
    Rule,
    &'static str,
);

/// The shapes of Jepsen's own workloads, each with the anomaly that it is there for.
#[test]
fn each_workload_says_no() {
    let cases: [Case; 6] = [
        (
            ModelName::LongFork,
            &[
                (0, "txn", "[[:w 1 1]]", "[[:w 1 1]]"),
                (1, "txn", "[[:w 2 1]]", "[[:w 2 1]]"),
                (2, "txn", "[[:r 1 nil] [:r 2 nil]]", "[[:r 1 1] [:r 2 nil]]"),
                (3, "txn", "[[:r 2 nil] [:r 1 nil]]", "[[:r 2 1] [:r 1 nil]]"),
            ],
            Rule::LongFork,
            "2, 1",
        ),
        (
            ModelName::Sequential,
            &[
                (0, "write", "3", "3"),
                (1, "read", "3", "[3 [\"3_2\" \"3_1\" nil]]"),
            ],
            Rule::LaterWithoutEarlier,
            "3",
        ),
        (
            ModelName::CausalReverse,
            &[
                (0, "write", "[1 4]", "[1 4]"),
                (0, "write", "[1 5]", "[1 5]"),
                (1, "read", "[1 nil]", "[1 #{5}]"),
            ],
            Rule::LaterWithoutEarlier,
            "4",
        ),
        (
            ModelName::SetFull,
            &[
                (0, "add", "[9 4]", "[9 4]"),
                (1, "read", "[9 nil]", "[9 #{4}]"),
                (1, "read", "[9 nil]", "[9 #{}]"),
            ],
            Rule::ElementLost,
            "4",
        ),
        (
            ModelName::TotalQueue,
            &[
                (0, "enqueue", "4", "4"),
                (0, "enqueue", "5", "5"),
                (1, "drain", "nil", "[5]"),
            ],
            Rule::ValueLost,
            "4",
        ),
        (
            ModelName::Bank,
            &[(0, "read", "nil", "{0 5, 1 -1}")],
            Rule::NegativeBalance,
            "-1",
        ),
    ];
    for (model, operations, rule, about) in cases {
        let verdict = judged(operations, model, Keys::Auto);
        assert_eq!(verdict.validity, Validity::Invalid, "{verdict:#?}");
        let proof = verdict.evidence.as_ref().expect("a proof");
        assert_eq!(
            (proof.rule, proof.about.as_deref()),
            (Some(rule), Some(about)),
            "{verdict:#?}"
        );
        assert!(
            verdict.lines()[0].starts_with("wrong answer"),
            "{:?}",
            verdict.lines()
        );
        assert!(verdict.lines()[1].contains(rule.sentence()));
    }
}
