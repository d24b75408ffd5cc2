//! What the checker says of histories made for one purpose each.

use checkers::linearizability::models::{
    Log, LogAction, Mutex, MutexAction, Register, RegisterAction,
};
use checkers::linearizability::{
    Budget, Limit, LinearizabilityReport, Malformed, Model, Operation, SearchOptions, check, plain,
};
use checkers::verdict::Validity;

type Registered = Operation<RegisterAction<u32>>;

fn write(called: u64, returned: u64, value: u32) -> Registered {
    Operation::new(0, called, returned, RegisterAction::Write(value))
}

fn read(called: u64, returned: u64, value: u32) -> Registered {
    Operation::new(0, called, returned, RegisterAction::Read(Some(value)))
}

fn cas(called: u64, returned: u64, from: u32, to: u32) -> Registered {
    let took = Some(true);
    Operation::new(
        0,
        called,
        returned,
        RegisterAction::CompareAndSet { from, to, took },
    )
}

fn searched<M: Model>(model: &M, operations: &[Operation<M::Action>]) -> LinearizabilityReport {
    let options = SearchOptions::default().deciders(false);
    check(model, operations, &options).expect("well formed")
}

/// 1 is read, then 2, then 1 again, which nothing restores. The many reads around it are no part of the proof.
#[test]
fn a_failure_comes_with_its_reasons() {
    let mut operations = vec![
        write(0, 1, 1),
        read(2, 3, 1),
        write(4, 9, 2),
        write(5, 9, 3),
    ];
    operations.extend((0..50).map(|at| read(10 + 4 * at, 15 + 4 * at, 3)));
    operations.push(read(300, 301, 1));
    operations.push(read(302, 303, 3));
    let report = searched(&Register::new(0), &operations);
    assert_eq!(report.validity, Validity::Invalid);
    let failure = report.failure.expect("a failure");
    assert_eq!(failure.operation, 54);
    assert_eq!(
        (failure.states, failure.state_count),
        (vec!["3".to_owned()], 1)
    );
    assert_eq!(failure.prefix_length, 54);
    assert_eq!(&failure.prefix[..4], [0, 1, 2, 3]);
    assert_eq!(failure.sub_history.operations, [54]);
    assert_eq!(failure.sub_history.from, ["3"]);
    assert!(failure.sub_history.minimal);
}

/// The write that a read needs is never what makes it fail: without a cut in between, both stay.
#[test]
fn a_sub_history_keeps_what_its_reads_need() {
    let long = |value| {
        Operation::new(
            9,
            0,
            100,
            RegisterAction::CompareAndSet {
                from: value,
                to: value,
                took: Some(true),
            },
        )
    };
    let operations = [
        write(1, 10, 1),
        write(11, 20, 2),
        write(30, 31, 2),
        read(40, 50, 1),
        long(2),
        cas(60, 61, 2, 5),
    ];
    let failure = searched(&Register::new(0), &operations)
        .failure
        .expect("a failure");
    assert_eq!(failure.operation, 3);
    // Either of the writes of 2 hides 1; the write of 1 must be known to lie before it.
    let kept = failure.sub_history.operations;
    assert!(kept == [0, 1, 3] || kept == [0, 2, 3], "{kept:?}");
}

/// Any number of operations open at once: one word, two words, many.
#[test]
fn any_number_may_be_open() {
    for open in [3u32, 63, 64, 65, 127, 128, 129, 200] {
        // Writes all open together; reads then see them in an order of their own, one after the other.
        let end = 10 * u64::from(open) + 100;
        let mut operations: Vec<Registered> =
            (1..=open).map(|value| write(0, end, value)).collect();
        let seen = |at: u32| read(10 * u64::from(at), 10 * u64::from(at) + 5, open + 1 - at);
        operations.extend((1..=open).map(seen));
        assert_eq!(
            searched(&Register::new(0), &operations).validity,
            Validity::Valid,
            "{open}"
        );
        // Never returned, but seen: as many crashed operations.
        for operation in &mut operations[..open as usize] {
            operation.returned = None;
        }
        assert_eq!(
            searched(&Register::new(0), &operations).validity,
            Validity::Valid,
            "{open}"
        );
        operations.push(read(end + 1, end + 2, 1));
        operations.push(read(end + 3, end + 4, 2));
        assert_eq!(
            searched(&Register::new(0), &operations).validity,
            Validity::Invalid,
            "{open}"
        );
    }
}

/// Slots of operations that returned are used again while a crashed one stays open: its number must not be among them.
#[test]
fn a_crashed_operation_never_shares_a_slot() {
    let mut operations = vec![Operation::crashed(0, 0, RegisterAction::Write(1))];
    operations.extend((0..100).map(|at| write(10 * at + 1, 10 * at + 15, 2)));
    operations.push(read(2_000, 2_001, 1));
    operations.push(read(2_002, 2_003, 1));
    let valid = searched(&Register::new(0), &operations);
    assert_eq!(valid.validity, Validity::Valid);
    operations.push(read(2_004, 2_005, 2));
    assert_eq!(
        searched(&Register::new(0), &operations).validity,
        Validity::Invalid
    );
}

/// A value that nobody writes, behind a hundred and twenty open operations: every set of these has to be looked at.
#[test]
fn budgets_end_a_search_and_say_how_far_it_came() {
    let mut operations = vec![read(0, 1, 0)];
    operations.extend((0..60).map(|value| write(2, 500, value)));
    operations.extend((0..60).map(|value| cas(2, 500, 100 + value, 101 + value)));
    operations.push(read(501, 502, 999));
    let word = |budget: Budget| {
        // With deciders it is known at once: nobody wrote 999.
        let options = SearchOptions::default().budget(budget).deciders(false);
        check(&Register::new(0), &operations, &options).expect("well formed")
    };
    let steps = word(Budget {
        steps: 10_000,
        bytes: usize::MAX,
    });
    assert_eq!(steps.validity, Validity::Undecided);
    let undecided = &steps.undecided[0];
    assert_eq!(
        (undecided.limit, undecided.returns),
        (Limit::Steps, operations.len())
    );
    assert!(
        undecided.passed >= 1 && undecided.operation.is_some(),
        "{undecided:?}"
    );
    assert!(steps.steps < 20_000, "{}", steps.steps);
    let bytes = word(Budget {
        steps: u64::MAX,
        bytes: 4 << 20,
    });
    assert_eq!(bytes.undecided[0].limit, Limit::Bytes);
    assert!(bytes.bytes < 32 << 20, "{}", bytes.bytes);
    let wide = word(Budget {
        steps: u64::MAX,
        bytes: 1_000,
    });
    assert_eq!(wide.undecided[0].operation, None);
}

/// What lies before a cut is forgotten: one ten times as long takes hardly more memory.
#[test]
fn the_past_is_forgotten_at_cuts() {
    let history = |rounds: u64| -> Vec<Registered> {
        let round = |at: u64| {
            let from = 100 * at;
            let value = (at % 3) as u32;
            let mut round: Vec<Registered> =
                (0..8).map(|other| write(from, from + 90, other)).collect();
            round.push(write(from + 91, from + 92, value));
            round.push(read(from + 93, from + 94, value));
            round
        };
        let mut operations: Vec<Registered> = (0..rounds).flat_map(round).collect();
        // Fails at the very end, so that everything is tried.
        operations.push(read(100 * rounds, 100 * rounds + 1, 77));
        operations
    };
    let of = |rounds| searched(&Register::new(0), &history(rounds));
    let (short, long) = (of(100), of(1_000));
    assert_eq!(
        (short.validity, long.validity),
        (Validity::Invalid, Validity::Invalid)
    );
    assert!(long.steps > 8 * short.steps);
    assert!(long.bytes < 48 << 20, "{} {}", short.bytes, long.bytes);
}

#[test]
fn threads_do_not_change_a_byte() {
    use checkers::linearizability::models::{KeyValue, KeyValueAction, KeyValueCall};
    for wrong in [None, Some(13), Some(400), Some(2_999)] {
        let operation = |at: u64| {
            let key: std::sync::Arc<str> = format!("k{}", at % 7).into();
            let text = if wrong == Some(at) { "odd" } else { "" };
            let call = match at % 2 {
                0 => KeyValueCall::Get(Some(text.into())),
                _ => KeyValueCall::Put(text.into()),
            };
            Operation::new(at, at, at + 5, KeyValueAction { key, call })
        };
        let operations: Vec<_> = (0..3_000).map(operation).collect();
        let of = |threads| {
            let options = SearchOptions::default().threads(threads);
            let report = check(&KeyValue::new(), &operations, &options).expect("well formed");
            serde_json::to_string(&report).expect("plain data")
        };
        let one = of(1);
        // An odd text read, or one written and then not read: but nobody reads after the last writes.
        let bad = matches!(wrong, Some(13 | 400));
        assert_eq!(one.contains("invalid"), bad, "{wrong:?}");
        for threads in [2, 3, 8, 100] {
            assert_eq!(one, of(threads));
        }
    }
}

#[test]
fn a_history_that_cannot_be_is_no_history() {
    let backwards = [write(5, 4, 1)];
    let error = check(&Register::new(0), &backwards, &SearchOptions::default());
    assert!(matches!(
        error,
        Err(Malformed::ReturnsBeforeCall { operation: 0, .. })
    ));
    let late = [write(0, u64::MAX, 1)];
    let error = check(&Register::new(0), &late, &SearchOptions::default());
    assert_eq!(error, Err(Malformed::TooLate { operation: 0 }));
}

/// Intervals are closed: what touches overlaps. Moment 0 is a moment like any other.
#[test]
fn touching_intervals_overlap() {
    let touching = [write(0, 10, 1), read(10, 12, 0)];
    let apart = [write(0, 10, 1), read(11, 12, 0)];
    for deciders in [true, false] {
        let options = SearchOptions::default().deciders(deciders);
        let word = |operations: &[Registered]| {
            check(&Register::new(0), operations, &options)
                .expect("well formed")
                .validity
        };
        assert_eq!(
            (word(&touching), word(&apart)),
            (Validity::Valid, Validity::Invalid)
        );
    }
}

#[test]
fn a_far_offset_costs_nothing() {
    let append = |value, offset| LogAction::Append {
        value,
        offset: Some(offset),
    };
    let operations = [
        Operation::new(0, 0, 1, append(1, 0)),
        Operation::new(0, 2, 3, append(2, 1_000_000_000_000)),
    ];
    let report = check(&Log::new(), &operations, &SearchOptions::default()).expect("well formed");
    assert_eq!((report.validity, report.decided), (Validity::Invalid, 1));
    let all: Vec<_> = operations.iter().collect();
    let sparse = checkers::linearizability::deciders::log::Rules {
        dense: false,
        recent: true,
    };
    let decision = checkers::linearizability::deciders::log::decide(&all, sparse);
    assert_eq!(
        decision,
        Some(checkers::linearizability::Decision::Linearizable)
    );
}

#[test]
fn the_plain_search_gives_up_when_told() {
    let operations = [Operation::new(0, 0, 1, MutexAction::Acquire)];
    let all: Vec<_> = operations.iter().collect();
    assert_eq!(plain::linearizable(&Mutex, &all, 0), None);
    assert_eq!(plain::linearizable(&Mutex, &all, 9), Some(true));
}
