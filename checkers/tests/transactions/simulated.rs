//! Simulated databases: what they promise holds, what they do not is seen, and a mutation is called by
//! its name.

use checkers::history::Outcome;
use checkers::transactions::{
    AnomalyKind, Cycle, Head, Model, Name, Options, Order, Transactions, TransactionsVerdict,
    judge_lists, judge_registers,
};
use checkers::verdict::Validity;

use super::database::{self, Isolation, Plan};
use super::{cycle, judge, judge_text};

#[test]
fn a_strict_serializable_database_is_valid() {
    for seed in 0..20 {
        for registers in [false, true] {
            let plan = Plan {
                registers,
                crashes_per_1000: 20,
                seed,
                ..Plan::default()
            };
            let verdict = judge(plan);
            assert_eq!(verdict.validity, Validity::Valid, "{:?}", verdict.lines());
            assert_eq!(verdict.holds, [Model::StrictSerializable]);
        }
    }
}

/// Snapshot isolation keeps what it promises, and only that: write skew shows up.
#[test]
fn snapshot_isolation_is_seen_for_what_it_is() {
    let mut skewed = 0;
    for seed in 0..20 {
        let plan = Plan {
            isolation: Isolation::Snapshot,
            seed,
            keys: 4,
            ..Plan::default()
        };
        let verdict = judge(plan);
        let lines = verdict.lines();
        assert_eq!(
            verdict.under(Model::StrongSnapshotIsolation),
            Validity::Valid,
            "{lines:?}"
        );
        let is_skewed = verdict.under(Model::Serializable) == Validity::Invalid;
        assert_eq!(
            is_skewed,
            verdict.counts.contains_key(&cycle(Order::Data, Cycle::G2))
        );
        skewed += usize::from(is_skewed);
    }
    assert!(skewed > 10, "{skewed} of 20");
}

/// Read committed loses updates, but reads nothing that was not committed.
#[test]
fn read_committed_is_seen_for_what_it_is() {
    for seed in 0..20 {
        let plan = Plan {
            isolation: Isolation::ReadCommitted,
            seed,
            ..Plan::default()
        };
        let verdict = judge(plan);
        assert_eq!(
            verdict.under(Model::ReadCommitted),
            Validity::Valid,
            "{:?}",
            verdict.lines()
        );
        assert_eq!(verdict.under(Model::SnapshotIsolation), Validity::Invalid);
        assert_eq!(verdict.under(Model::Serializable), Validity::Invalid);
    }
}

/// One change to a valid history is found, and called by its name.
#[test]
fn mutations_are_called_by_their_names() {
    let text = database::history(Plan::default());
    let lines: Vec<&str> = text.lines().collect();
    let find = |wanted: &dyn Fn(&str) -> bool| {
        let at = lines
            .iter()
            .position(|line| line.contains(":ok") && wanted(line));
        at.expect("a history has everything")
    };
    let mutate = |at: usize, change: &dyn Fn(&str) -> String| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines[at] = change(&lines[at]);
        judge_text(&lines.join("\n"), false)
    };
    let long = find(&|line| line.contains("[:r 3 [1 2 3 4 5 6"));
    let garbage = mutate(long, &|line| {
        line.replacen("[1 2 3 4 5 6", "[1 2 3 4 5 6000", 1)
    });
    assert!(
        garbage.counts.contains_key(&AnomalyKind::GarbageRead),
        "{:?}",
        garbage.lines()
    );
    assert_eq!(garbage.violated, [Model::ReadUncommitted]);
    let twice = mutate(long, &|line| {
        line.replacen("[1 2 3 4 5 6", "[1 2 3 3 4 5 6", 1)
    });
    assert!(
        twice.counts.contains_key(&AnomalyKind::DuplicateElements),
        "{:?}",
        twice.lines()
    );
    let swapped = mutate(long, &|line| {
        line.replacen("[1 2 3 4 5 6", "[1 2 4 3 5 6", 1)
    });
    assert!(
        swapped.counts.contains_key(&AnomalyKind::IncompatibleOrder),
        "{:?}",
        swapped.lines()
    );
    let stale = find(&|line| line.contains(":value [[:r 4 [1 2 3 4 5 6"));
    let stale = mutate(stale, &|line| {
        let begin = line.find("[:r 4 [").expect("it is there") + "[:r 4 [".len();
        let end = begin + line[begin..].find(']').expect("closed");
        format!("{}1{}", &line[..begin], &line[end..])
    });
    assert_eq!(stale.validity, Validity::Invalid);
    let failed = find(&|line| line.contains(":value [[:append 5 4]"));
    let failed = mutate(failed, &|line| line.replacen(":ok", ":fail", 1));
    assert!(
        failed.counts.contains_key(&AnomalyKind::G1a),
        "{:?}",
        failed.lines()
    );
}

/// The same history gives the same bytes, and what is written reads back.
#[test]
fn verdicts_are_plain_data() {
    let plan = Plan {
        isolation: Isolation::ReadCommitted,
        ..Plan::default()
    };
    let verdict = judge(plan);
    let json = serde_json::to_string(&verdict).expect("plain data");
    assert_eq!(
        json,
        serde_json::to_string(&judge(plan)).expect("plain data")
    );
    let again: TransactionsVerdict = serde_json::from_str(&json).expect("what was written reads");
    assert_eq!(again, verdict);
    for kind in AnomalyKind::all() {
        assert_eq!(AnomalyKind::try_from(kind.to_string()), Ok(kind));
    }
}

/// A read or an append by tens of thousands against one key costs what it says, not its square.
#[test]
fn crowds_around_one_key_are_linear() {
    let mut transactions = Transactions::new();
    let key = Name::Integer(0);
    for at in 0..60_000 {
        transactions.begin(Head {
            id: at,
            process: at,
            session: at as usize,
            called: at as u64,
            returned: Some(1_000_000 + at as u64),
            outcome: Outcome::Ok,
        });
        if at % 2 == 0 {
            transactions.read(&key, Some(&[]));
        }
        if at % 3 == 0 {
            transactions.write(&key, &Name::Integer(at));
        }
    }
    for judge in [judge_lists, judge_registers] {
        let verdict = judge(&transactions, &Options::default());
        assert!(verdict.counts.contains_key(&AnomalyKind::LostUpdate));
        assert_eq!(verdict.under(Model::ReadCommitted), Validity::Valid);
    }
}
