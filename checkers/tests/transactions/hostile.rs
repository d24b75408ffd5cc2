//! Histories that are none, contradict themselves or show nothing.

use std::path::Path;

use checkers::edn;
use checkers::transactions::{
    ConsistencyModel, Limitation, TransactionOptions, judge_list_append, judge_rw_register,
};
use checkers::verdict::Validity;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::database::{self, Plan};
use super::{judge_text, read};

/// Files that contradict themselves are judged or refused, never more.
#[test]
fn hostile_histories_never_panic() {
    let text = database::history(Plan {
        transactions: 30,
        keys: 2,
        crashes_per_1000: 100,
        ..Plan::default()
    });
    let mut random = ChaCha8Rng::seed_from_u64(44);
    let words = [
        ":ok", ":info", ":fail", ":append", ":r", ":w", "nil", "[]", "1", "2", "{", "]",
    ];
    let mut judged = 0;
    for _ in 0..3_000 {
        let mut changed = text.clone();
        for _ in 0..random.random_range(1..4) {
            let from = words[random.random_range(0..words.len())];
            let to = words[random.random_range(0..words.len())];
            let places: Vec<usize> = changed.match_indices(from).map(|(at, _)| at).collect();
            if !places.is_empty() {
                let at = places[random.random_range(0..places.len())];
                changed.replace_range(at..at + from.len(), to);
            }
        }
        let Ok(operations) = edn::entries(&changed).and_then(edn::operations) else {
            continue;
        };
        for judge in [judge_list_append, judge_rw_register] {
            if let Ok(verdict) = judge(&operations, &TransactionOptions::default()) {
                judged += 1;
                assert_eq!(
                    verdict.validity,
                    verdict.under(ConsistencyModel::StrictSerializable)
                );
            }
        }
    }
    assert!(judged > 200, "{judged}");
}

/// What fuzzing starts from, and what it found, is read, judged and written back.
#[test]
#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn the_corpus_of_fuzzing_is_replayed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/transactions");
    let mut judged = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is here") {
        let text = read(&entry.expect("readable").path());
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let text = &text[..end];
            if let Ok(value) = edn::read(text) {
                edn::read(&value.to_string()).expect("what is written reads back");
            }
            if let Ok(operations) = edn::entries(text).and_then(edn::operations) {
                for judge in [judge_list_append, judge_rw_register] {
                    judged +=
                        usize::from(judge(&operations, &TransactionOptions::default()).is_ok());
                }
            }
        }
    }
    assert!(judged > 10, "{judged}");
}

#[test]
fn what_is_no_transaction_is_refused_with_its_line() {
    let invoke = "{:process 0 :type :invoke :value [[:append 1 2] [:r 1 nil]]}\n";
    for (text, line, says) in [
        (
            "{:process 0 :type :invoke :value 7}",
            1,
            "vector of actions",
        ),
        (
            "\n{:process 0 :type :invoke :value [[:r 1]]}",
            2,
            "function, key and value",
        ),
        (
            "{:process 0 :type :invoke :value [[:w 1 2]]}",
            1,
            "`:w` is not an action of list-append",
        ),
        (
            "{:process 0 :type :invoke :value [[:append 1 nil]]}",
            1,
            "nil cannot be written",
        ),
        (
            &*format!("{invoke}{{:process 0 :type :ok :value [[:append 1 2] [:r 1 5]]}}"),
            2,
            "a vector or nil",
        ),
        (
            &*format!("{invoke}{{:process 0 :type :ok :value [[:append 1 3] [:r 1 []]]}}"),
            2,
            "of line 1",
        ),
        (
            &*format!("{invoke}{{:process 0 :type :ok :value [[:append 1 2]]}}"),
            2,
            "of line 1",
        ),
    ] {
        let operations = edn::entries(text)
            .and_then(edn::operations)
            .expect("operations");
        let error = judge_list_append(&operations, &TransactionOptions::default()).expect_err(text);
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
}

#[test]
fn a_history_that_shows_nothing_is_undecided() {
    let verdict = judge_text("", false);
    assert_eq!(verdict.validity, Validity::Undecided);
    assert_eq!(verdict.doubts, [Limitation::NothingHappened]);
    let alone = "{:process 0 :type :invoke :value [[:r 1 nil]]}\n{:process 0 :type :ok :value [[:r 1 nil]]}";
    let verdict = judge_text(alone, true);
    assert_eq!(
        (verdict.validity, &verdict.doubts[..]),
        (Validity::Undecided, &[Limitation::NothingDepends][..])
    );
}
