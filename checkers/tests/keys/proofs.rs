//! What is proof before any search, and what a search that ends with its budget must not hide.

use checkers::foreign::{Keys, ModelName, judge_objects};
use checkers::linearizability::{Budget, Limit, SearchOptions};
use checkers::verdict::{Rule, Validity};

use super::{file, judged};

/// A model, calls that crash, and one that returns: function, called with, returned.
type Storm = (
    ModelName,
    Vec<(&'static str, String)>,
    (&'static str, &'static str, &'static str),
);

/// So many calls crash that no search could come to an end, and then an answer comes out of nothing: that is a proof,
/// and costs no step.
#[test]
fn a_value_out_of_nothing_is_proof_before_any_search() {
    let storms: [Storm; 7] = [
        (
            ModelName::CasRegister,
            (0..60)
                .map(|at| ("cas", format!("[{} {}]", at % 5, (at * 3) % 7)))
                .collect(),
            ("read", "nil", "9"),
        ),
        (
            ModelName::CasRegister,
            (0..60).map(|at| ("write", (at % 7).to_string())).collect(),
            ("cas", "[9 1]", "[9 1]"),
        ),
        (
            ModelName::FifoQueue,
            (0..60)
                .map(|at| {
                    if at % 3 == 0 {
                        ("dequeue", "nil".into())
                    } else {
                        ("enqueue", (at % 7).to_string())
                    }
                })
                .collect(),
            ("dequeue", "nil", "9"),
        ),
        (
            ModelName::Set,
            (0..60)
                .map(|at| {
                    if at % 3 == 0 {
                        ("remove", (at % 7).to_string())
                    } else {
                        ("add", (at % 7).to_string())
                    }
                })
                .collect(),
            ("read", "nil", "#{1 9}"),
        ),
        (
            ModelName::Log,
            (0..60).map(|at| ("append", (at % 7).to_string())).collect(),
            ("fetch", "nil", "[0 9]"),
        ),
        (
            ModelName::Kv,
            (0..60)
                .map(|at| ("append", format!("[k \"{}\"]", at % 7)))
                .collect(),
            ("get", "[k nil]", "[k \"119\"]"),
        ),
        (
            ModelName::MultiRegister,
            (0..60)
                .map(|at| ("txn", format!("[[:w {} {}]]", at % 3, at % 7)))
                .collect(),
            ("txn", "[[:r 1 nil] [:r 2 nil]]", "[[:r 1 3] [:r 2 9]]"),
        ),
    ];
    for (model, calls, (f, called, returned)) in storms {
        let mut operations: Vec<(u32, &str, &str, &str)> = Vec::new();
        for (process, (f, value)) in (10..).zip(&calls) {
            operations.push((process, f, value, "info"));
        }
        operations.push((1, f, called, returned));
        let verdict = judged(&operations, model, Keys::Whole);
        assert_eq!(
            (verdict.validity, verdict.steps),
            (Validity::Invalid, 0),
            "{verdict:#?}"
        );
        let proof = verdict.evidence.as_ref().expect("a proof");
        assert_eq!(proof.rule, Some(Rule::NobodyWrote));
        assert_eq!(proof.operation.called_line, 2 * operations.len() - 1);
        assert!(verdict.lines()[0].contains('9'), "{:?}", verdict.lines());
    }
}

/// Two compare-and-sets that feed each other put nothing in.
#[test]
fn a_value_that_only_its_own_reader_writes_is_out_of_nothing() {
    let operations = [
        (0, "write", "1", "1"),
        (1, "cas", "[8 9]", "[8 9]"),
        (2, "cas", "[9 8]", "info"),
    ];
    let verdict = judged(&operations, ModelName::CasRegister, Keys::Auto);
    assert_eq!((verdict.validity, verdict.steps), (Validity::Invalid, 0));
}

/// The search of one key ends with its budget; another key, as large, has an answer out of nothing, a third is stale.
#[test]
fn one_key_that_is_undecided_hides_no_other() {
    let mut operations: Vec<(u32, String, String, String)> = Vec::new();
    let mut process = 10;
    let mut storm = |key: u32, operations: &mut Vec<(u32, String, String, String)>| {
        for value in 0..8 {
            let value = format!("[{key} {value}]");
            operations.push((1, "write".into(), value.clone(), value));
        }
        let mut number = 12_345u64;
        let mut drawn = || {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (number >> 33) % 8
        };
        for _ in 0..40 {
            process += 1;
            let value = format!("[{key} [{} {}]]", drawn(), drawn());
            operations.push((process, "cas".into(), value, "info".into()));
        }
        for _ in 0..40 {
            let read = format!("[{key} {}]", drawn());
            operations.push((1, "read".into(), format!("[{key} nil]"), read));
        }
    };
    storm(1, &mut operations);
    let judge = |operations: &[(u32, String, String, String)]| {
        let operations: Vec<(u32, &str, &str, &str)> = operations
            .iter()
            .map(|(process, f, called, returned)| {
                (*process, f.as_str(), called.as_str(), returned.as_str())
            })
            .collect();
        let options = SearchOptions::default().budget(Budget {
            steps: 20_000,
            bytes: 64 << 20,
        });
        judge_objects(
            "t",
            file(&operations).as_bytes(),
            Some(ModelName::CasRegister),
            &options,
        )
        .expect("a history")
    };
    let alone = judge(&operations);
    assert_eq!(alone.validity, Validity::Undecided, "{:?}", alone.reason);
    assert_eq!(alone.undecided[0].limit, Some(Limit::Steps));
    let mut nothing = operations.clone();
    storm(2, &mut nothing);
    nothing.push((2, "read".into(), "[2 nil]".into(), "[2 99]".into()));
    let verdict = judge(&nothing);
    assert_eq!((verdict.validity, verdict.steps), (Validity::Invalid, 0));
    let mut stale = operations;
    for (f, called, returned) in [
        ("write", "[3 1]", "[3 1]"),
        ("write", "[3 2]", "[3 2]"),
        ("cas", "[3 [2 3]]", "[3 [2 3]]"),
        ("read", "[3 nil]", "[3 1]"),
    ] {
        stale.push((3, f.into(), called.into(), returned.into()));
    }
    let verdict = judge(&stale);
    assert_eq!(verdict.validity, Validity::Invalid);
    assert_eq!(
        verdict.evidence.expect("a proof").object.as_deref(),
        Some("key \"3\"")
    );
}
