//! Histories of several keys, as files: each key is judged alone, however its name is written; and what is proof before
//! any search.
//!
//! `JEPSEN_AGREEMENT` sets how many random histories of each kind are tried; the default keeps the test short.

#![expect(
    clippy::print_stdout,
    reason = "what was compared is for a reader"
)]

#[path = "agreement/brute.rs"]
mod brute;
#[allow(dead_code, reason = "one of its makers is for another test")]
#[path = "agreement/generate.rs"]
mod generate;
#[path = "keys/spoken.rs"]
mod spoken;

use checkers::foreign::{
    ForeignOptions, ForeignVerdict, Keys, ModelName, judge_objects, judge_objects_by,
};
use checkers::linearizability::models::{
    KeyValue, Log, MultiRegister, MultiRegisterAction, Mutex, Queue, Register, RegisterAction,
    RegisterStep, Set,
};
use checkers::linearizability::{Budget, Limit, Operation, SearchOptions};
use checkers::verdict::{Rule, Validity};
use generate::{Random, history};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spoken::{Form, Spoken, text};

/// How many histories to try.
fn wanted() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the test's size, not a verdict")]
    let wanted = std::env::var("JEPSEN_AGREEMENT");
    wanted.ok().and_then(|w| w.parse().ok()).unwrap_or(1_000)
}

/// Makes random histories of up to three keys, writes them as files, and compares the answers with trying every order.
/// `begin` is what is done to each key first, for what a file does not say of its beginning.
fn agrees<M: Random>(model: &M, name: ModelName, begin: Option<M::Action>, forms: &[Form])
where
    M::Action: Spoken,
{
    let wanted = wanted();
    let (mut invalid, mut undecided) = (0, 0);
    for seed in 0..wanted {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let form = forms[random.random_range(0..forms.len())];
        let count = random.random_range(1..=3);
        let keys: Vec<Vec<Operation<M::Action>>> = (0..count)
            .map(|_| {
                let mut own = history(model, random, 5);
                own.retain(|operation| !operation.action.is_refused());
                let begin = begin.clone().map(|action| Operation::new(0, 0, 0, action));
                begin.into_iter().chain(own).collect()
            })
            .collect();
        let truth = keys.iter().all(|own| brute::linearizable(model, own));
        let file = text(&keys, form);
        let judged = judge_objects("drawn", file.as_bytes(), Some(name), &SearchOptions::default());
        let judged = judged.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{file}"));
        match judged.validity {
            Validity::Valid => assert!(truth, "{name:?}, seed {seed}: {judged:#?}\n{file}"),
            Validity::Invalid => {
                assert!(!truth, "{name:?}, seed {seed}: {judged:#?}\n{file}");
                invalid += 1;
            }
            _ => undecided += 1,
        }
    }
    let name = name.name();
    println!("{name} by key: {wanted} histories, {invalid} invalid, {undecided} undecided, 0 wrong");
    assert!(invalid * 20 > wanted && invalid * 20 < wanted * 19, "{invalid} of {wanted}");
    assert!(undecided * 5 < wanted, "{name}: {undecided} of {wanted} undecided");
}

const BOTH: [Form; 2] = [Form::Tuple, Form::Field];

#[test]
fn registers() {
    let begin = Some(RegisterAction::Write(0));
    agrees(&Register::new(0), ModelName::CasRegister, begin, &BOTH);
}

#[test]
fn locks() {
    agrees(&Mutex, ModelName::Mutex, None, &BOTH);
}

#[test]
fn queues() {
    agrees(&Queue::<u32>::new(), ModelName::FifoQueue, None, &BOTH);
}

#[test]
fn sets() {
    agrees(&Set::<u32>::new(), ModelName::Set, None, &BOTH);
}

#[test]
fn logs() {
    agrees(&Log::<u32>::new(), ModelName::Log, None, &BOTH);
}

#[test]
fn maps_of_texts() {
    agrees(&KeyValue::new(), ModelName::Kv, None, &BOTH);
}

#[test]
fn several_registers() {
    let begin = MultiRegisterAction::new((0..3).map(|key| RegisterStep::Write(key, 0)));
    let model = MultiRegister::<u32, u32>::new(0);
    agrees(&model, ModelName::MultiRegister, Some(begin), &BOTH);
}

/// Calls with their completions, one after the other: process, function, called with, returned (`info` for a crash).
fn file(operations: &[(u32, &str, &str, &str)]) -> String {
    let line = |process: u32, kind: &str, f: &str, value: &str| {
        format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n")
    };
    let both = |(process, f, called, returned): &(u32, &str, &str, &str)| {
        let kind = if *returned == "info" { "info" } else { "ok" };
        let value = if kind == "info" { called } else { returned };
        line(*process, "invoke", f, called) + &line(*process, kind, f, value)
    };
    operations.iter().map(both).collect()
}

fn judged(operations: &[(u32, &str, &str, &str)], model: ModelName, keys: Keys) -> ForeignVerdict {
    let options = ForeignOptions::default().keys(keys);
    let judged = judge_objects_by("test", file(operations).as_bytes(), Some(model), &options);
    judged.expect("a history")
}

/// Two keys are written one after the other and read in the same order: of one register that would be stale.
#[test]
fn two_keys_are_two_registers() {
    let operations = [
        (0, "write", "[1 5]", "[1 5]"),
        (0, "write", "[2 7]", "[2 7]"),
        (1, "read", "[1 nil]", "[1 5]"),
        (1, "cas", "[2 [7 8]]", "[2 [7 8]]"),
        (1, "read", "[2 nil]", "[2 8]"),
    ];
    let verdict = judged(&operations, ModelName::CasRegister, Keys::Auto);
    assert_eq!((verdict.validity, verdict.objects), (Validity::Valid, 2), "{verdict:#?}");
    assert!(verdict.notes[0].contains("[KEY VALUE]"), "{verdict:#?}");
    let mut stale = operations.to_vec();
    stale.push((2, "read", "[2 nil]", "[2 7]"));
    let verdict = judged(&stale, ModelName::CasRegister, Keys::Auto);
    assert_eq!(verdict.validity, Validity::Invalid);
    let proof = verdict.evidence.expect("a proof");
    assert_eq!(proof.object.as_deref(), Some("key \"2\""));
}

/// A register may hold pairs. A read that is called without any says so; without such a read nothing does.
#[test]
fn pairs_are_values_or_keys_and_what_is_not_known_is_undecided() {
    let plain = [
        (0, "write", "[1 5]", "[1 5]"),
        (0, "write", "[2 7]", "[2 7]"),
        (1, "read", "nil", "[1 5]"),
    ];
    assert_eq!(judged(&plain, ModelName::Register, Keys::Auto).validity, Validity::Invalid);
    // A tool that completes the calls with what they answered leaves no sign.
    let completed = [plain[0], plain[1], (1, "read", "[1 5]", "[1 5]")];
    let verdict = judged(&completed, ModelName::Register, Keys::Auto);
    assert_eq!(verdict.validity, Validity::Undecided, "{verdict:#?}");
    assert!(verdict.reason.contains("[KEY VALUE] it is valid, read as pairs it is invalid"));
    assert!(verdict.lines().iter().any(|line| line.contains("[KEY VALUE]")), "{verdict:#?}");
    assert_eq!(judged(&completed, ModelName::Register, Keys::Keyed).validity, Validity::Valid);
    assert_eq!(judged(&completed, ModelName::Register, Keys::Whole).validity, Validity::Invalid);
    // Where both say the same, that is the answer.
    let fresh = [plain[0], plain[1], (1, "read", "[2 7]", "[2 7]")];
    assert_eq!(judged(&fresh, ModelName::Register, Keys::Auto).validity, Validity::Valid);
}

#[test]
fn the_records_of_older_releases_are_keys() {
    for tuple in ["#jepsen.independent.Tuple{:key 1, :value V}", "#jepsen.independent.Tuple[1 V]"] {
        let value = |value: &str| tuple.replace('V', value);
        let (five, six, nil) = (value("5"), value("6"), value("nil"));
        let mut operations = vec![
            (0, "write", five.as_str(), five.as_str()),
            (1, "read", nil.as_str(), five.as_str()),
        ];
        let verdict = judged(&operations, ModelName::Register, Keys::Auto);
        assert_eq!(verdict.validity, Validity::Valid, "{verdict:#?}");
        operations.push((1, "read", nil.as_str(), six.as_str()));
        let verdict = judged(&operations, ModelName::Register, Keys::Auto);
        assert_eq!(verdict.validity, Validity::Invalid, "{verdict:#?}");
    }
}

#[test]
fn a_key_that_some_operations_lack_is_an_error() {
    let text = "{:process 0, :type :invoke, :f :write, :key 1, :value 1}\n\
                {:process 1, :type :invoke, :f :write, :value 1}\n";
    let error = judge_objects("t", text.as_bytes(), None, &SearchOptions::default());
    let error = error.expect_err("one has no key").to_string();
    assert_eq!(error, "line 2: :key is missing, and other operations have it");
    let plain = file(&[(0, "write", "1", "1")]);
    let options = ForeignOptions::default().keys(Keys::Keyed);
    let error = judge_objects_by("t", plain.as_bytes(), None, &options);
    let error = error.expect_err("there are no keys").to_string();
    assert_eq!(error, "line 1: the value is not [KEY VALUE], and there is no :key");
}

/// Write 1, write 2, read 1, by one process: the first value is gone.
#[test]
fn blind_writes_are_ordered_by_time() {
    let operations = [(0, "write", "1", "1"), (0, "write", "2", "2"), (0, "read", "nil", "1")];
    for model in [ModelName::Register, ModelName::CasRegister] {
        assert_eq!(judged(&operations, model, Keys::Auto).validity, Validity::Invalid);
    }
    let steps = [
        (0, "txn", "[[:w :x 1]]", "[[:w :x 1]]"),
        (0, "txn", "[[:w :x 2]]", "[[:w :x 2]]"),
        (0, "txn", "[[:r :x nil]]", "[[:r :x 1]]"),
    ];
    let verdict = judged(&steps, ModelName::MultiRegister, Keys::Auto);
    assert_eq!(verdict.validity, Validity::Invalid);
}

/// So many calls crash that no search could come to an end, and then an answer comes out of nothing: that is a proof,
/// and costs no step.
#[test]
fn a_value_out_of_nothing_is_proof_before_any_search() {
    let storms: [(ModelName, Vec<(&str, String)>, (&str, &str, &str)); 7] = [
        (
            ModelName::CasRegister,
            (0..60).map(|at| ("cas", format!("[{} {}]", at % 5, (at * 3) % 7))).collect(),
            ("read", "nil", "9"),
        ),
        (
            ModelName::CasRegister,
            (0..60).map(|at| ("write", (at % 7).to_string())).collect(),
            ("cas", "[9 1]", "[9 1]"),
        ),
        (
            ModelName::FifoQueue,
            (0..60).map(|at| if at % 3 == 0 { ("dequeue", "nil".into()) } else { ("enqueue", (at % 7).to_string()) }).collect(),
            ("dequeue", "nil", "9"),
        ),
        (
            ModelName::Set,
            (0..60).map(|at| if at % 3 == 0 { ("remove", (at % 7).to_string()) } else { ("add", (at % 7).to_string()) }).collect(),
            ("read", "nil", "#{1 9}"),
        ),
        (
            ModelName::Log,
            (0..60).map(|at| ("append", (at % 7).to_string())).collect(),
            ("fetch", "nil", "[0 9]"),
        ),
        (
            ModelName::Kv,
            (0..60).map(|at| ("append", format!("[k \"{}\"]", at % 7))).collect(),
            ("get", "[k nil]", "[k \"119\"]"),
        ),
        (
            ModelName::MultiRegister,
            (0..60).map(|at| ("txn", format!("[[:w {} {}]]", at % 3, at % 7))).collect(),
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
        assert_eq!((verdict.validity, verdict.steps), (Validity::Invalid, 0), "{verdict:#?}");
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
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
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
            .map(|(process, f, called, returned)| (*process, f.as_str(), called.as_str(), returned.as_str()))
            .collect();
        let options = SearchOptions::default().budget(Budget {
            steps: 20_000,
            bytes: 64 << 20,
        });
        judge_objects("t", file(&operations).as_bytes(), Some(ModelName::CasRegister), &options)
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
    for (f, called, returned) in [("write", "[3 1]", "[3 1]"), ("write", "[3 2]", "[3 2]"), ("cas", "[3 [2 3]]", "[3 [2 3]]"), ("read", "[3 nil]", "[3 1]")] {
        stale.push((3, f.into(), called.into(), returned.into()));
    }
    let verdict = judge(&stale);
    assert_eq!(verdict.validity, Validity::Invalid);
    assert_eq!(verdict.evidence.expect("a proof").object.as_deref(), Some("key \"3\""));
}

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
        judge_objects("t", text.as_bytes(), Some(ModelName::CausalRegister), &SearchOptions::default())
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
    assert_eq!(verdict.evidence.and_then(|proof| proof.rule), Some(Rule::LinkBroken));
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
    assert_eq!(judge(&[add, (0, "read", "nil", "1")]), (ModelName::Counter, Validity::Valid));
    assert_eq!(judge(&[add, (0, "read", "nil", "2")]), (ModelName::Counter, Validity::Invalid));
    assert_eq!(judge(&[add, (0, "read", "nil", "#{1}")]), (ModelName::Set, Validity::Valid));
    let transfer = (0, "transfer", "{:from 0, :to 1, :amount 2}", "{:from 0, :to 1, :amount 2}");
    let read = |balances| (0, "read", "nil", balances);
    let reads = [transfer, read("{0 8, 1 2}"), read("{0 7, 1 3}")];
    assert_eq!(judge(&reads), (ModelName::Bank, Validity::Valid));
    let reads = [transfer, read("{0 8, 1 2}"), read("{0 8, 1 3}")];
    assert_eq!(judge(&reads), (ModelName::Bank, Validity::Invalid));
    let ids = [(0, "generate", "nil", "7"), (1, "generate", "nil", "7")];
    assert_eq!(judge(&ids), (ModelName::UniqueIds, Validity::Invalid));
}

/// The shapes of Jepsen's own workloads, each with the anomaly that it is there for.
#[test]
fn each_workload_says_no() {
    let cases: [(ModelName, &[(u32, &str, &str, &str)], Rule, &str); 6] = [
        (
            ModelName::LongFork,
            &[
                (0, "txn", "[[:w 1 1]]", "[[:w 1 1]]"),
                (1, "txn", "[[:w 2 1]]", "[[:w 2 1]]"),
                (2, "txn", "[[:r 1 nil] [:r 2 nil]]", "[[:r 1 1] [:r 2 nil]]"),
                (3, "txn", "[[:r 2 nil] [:r 1 nil]]", "[[:r 2 1] [:r 1 nil]]"),
            ],
            Rule::LongFork,
            "1, 2",
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
        assert_eq!((proof.rule, proof.about.as_deref()), (Some(rule), Some(about)), "{verdict:#?}");
        assert!(verdict.lines()[0].starts_with("wrong answer"), "{:?}", verdict.lines());
        assert!(verdict.lines()[1].contains(rule.sentence()));
    }
}
