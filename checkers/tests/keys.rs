//! Histories of several keys, as files: each key is judged alone, however its name is written; and what is proof before
//! any search.
//!
//! `JEPSEN_AGREEMENT` sets how many random histories of each kind are tried; the default keeps the test short.

#![expect(clippy::print_stdout, reason = "what was compared is for a reader")]

#[path = "agreement/brute.rs"]
mod brute;
#[allow(dead_code, reason = "one of its makers is for another test")]
#[path = "agreement/generate.rs"]
mod generate;
#[path = "keys/proofs.rs"]
mod proofs;
#[path = "keys/spoken.rs"]
mod spoken;
#[path = "keys/workloads.rs"]
mod workloads;

use checkers::foreign::{
    ForeignOptions, ForeignVerdict, Keys, ModelName, judge_objects, judge_objects_by,
};
use checkers::linearizability::models::{
    KeyValue, Log, MultiRegister, MultiRegisterAction, Mutex, Queue, Register, RegisterAction,
    RegisterStep, Set,
};
use checkers::linearizability::{Operation, SearchOptions};
use checkers::verdict::Validity;
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
                // After the beginning, which a file does not know: a register begins as nil there, and as 0 here.
                for operation in &mut own {
                    operation.called += 1;
                    operation.returned = operation.returned.map(|moment| moment + 1);
                }
                let begin = begin.clone().map(|action| Operation::new(0, 0, 0, action));
                begin.into_iter().chain(own).collect()
            })
            .collect();
        let truth = keys.iter().all(|own| brute::linearizable(model, own));
        let file = text(&keys, form);
        let judged = judge_objects(
            "drawn",
            file.as_bytes(),
            Some(name),
            &SearchOptions::default(),
        );
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
    println!(
        "{name} by key: {wanted} histories, {invalid} invalid, {undecided} undecided, 0 wrong"
    );
    assert!(
        invalid * 20 > wanted && invalid * 20 < wanted * 19,
        "{invalid} of {wanted}"
    );
    assert!(
        undecided * 5 < wanted,
        "{name}: {undecided} of {wanted} undecided"
    );
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
    assert_eq!(
        (verdict.validity, verdict.objects),
        (Validity::Valid, 2),
        "{verdict:#?}"
    );
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
    assert_eq!(
        judged(&plain, ModelName::Register, Keys::Auto).validity,
        Validity::Invalid
    );
    // A tool that completes the calls with what they answered leaves no sign.
    let completed = [plain[0], plain[1], (1, "read", "[1 5]", "[1 5]")];
    let verdict = judged(&completed, ModelName::Register, Keys::Auto);
    assert_eq!(verdict.validity, Validity::Undecided, "{verdict:#?}");
    assert!(
        verdict
            .reason
            .contains("[KEY VALUE] it is valid, read as pairs it is invalid")
    );
    assert!(
        verdict
            .lines()
            .iter()
            .any(|line| line.contains("[KEY VALUE]")),
        "{verdict:#?}"
    );
    assert_eq!(
        judged(&completed, ModelName::Register, Keys::Keyed).validity,
        Validity::Valid
    );
    assert_eq!(
        judged(&completed, ModelName::Register, Keys::Whole).validity,
        Validity::Invalid
    );
    // Where both say the same, that is the answer.
    let fresh = [plain[0], plain[1], (1, "read", "[2 7]", "[2 7]")];
    assert_eq!(
        judged(&fresh, ModelName::Register, Keys::Auto).validity,
        Validity::Valid
    );
}

#[test]
fn the_records_of_older_releases_are_keys() {
    for tuple in [
        "#jepsen.independent.Tuple{:key 1, :value V}",
        "#jepsen.independent.Tuple[1 V]",
    ] {
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
    assert_eq!(
        error,
        "line 2: :key is missing, and other operations have it"
    );
    let plain = file(&[(0, "write", "1", "1")]);
    let options = ForeignOptions::default().keys(Keys::Keyed);
    let error = judge_objects_by("t", plain.as_bytes(), None, &options);
    let error = error.expect_err("there are no keys").to_string();
    assert_eq!(
        error,
        "line 1: the value is not [KEY VALUE], and there is no :key"
    );
}

/// Write 1, write 2, read 1, by one process: the first value is gone.
#[test]
fn blind_writes_are_ordered_by_time() {
    let operations = [
        (0, "write", "1", "1"),
        (0, "write", "2", "2"),
        (0, "read", "nil", "1"),
    ];
    for model in [ModelName::Register, ModelName::CasRegister] {
        assert_eq!(
            judged(&operations, model, Keys::Auto).validity,
            Validity::Invalid
        );
    }
    let steps = [
        (0, "txn", "[[:w :x 1]]", "[[:w :x 1]]"),
        (0, "txn", "[[:w :x 2]]", "[[:w :x 2]]"),
        (0, "txn", "[[:r :x nil]]", "[[:r :x 1]]"),
    ];
    let verdict = judged(&steps, ModelName::MultiRegister, Keys::Auto);
    assert_eq!(verdict.validity, Validity::Invalid);
}
