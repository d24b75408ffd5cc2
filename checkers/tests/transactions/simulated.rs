//! Simulated databases: what they promise holds, what they do not is seen, and a mutation is called by
//! its name.

use checkers::history::Outcome;
use checkers::transactions::{
    ConsistencyModel, Cycle, Head, Name, Order, PhenomenonKind, TransactionOptions, Transactions,
    TransactionsVerdict, judge_lists, judge_registers,
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
            assert_eq!(verdict.holds, [ConsistencyModel::StrictSerializable]);
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
            verdict.under(ConsistencyModel::StrongSnapshotIsolation),
            Validity::Valid,
            "{lines:?}"
        );
        let is_skewed = verdict.under(ConsistencyModel::Serializable) == Validity::Invalid;
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
            verdict.under(ConsistencyModel::ReadCommitted),
            Validity::Valid,
            "{:?}",
            verdict.lines()
        );
        assert_eq!(
            verdict.under(ConsistencyModel::SnapshotIsolation),
            Validity::Invalid
        );
        assert_eq!(
            verdict.under(ConsistencyModel::Serializable),
            Validity::Invalid
        );
    }
}

/// One change to the first long read of a valid history, or to who wrote what it saw, is found and
/// called by its name.
#[test]
fn mutations_are_called_by_their_names() {
    let text = database::history(Plan::default());
    let lines: Vec<&str> = text.lines().collect();
    let (read_at, key, saw) = (lines.iter().enumerate())
        .find_map(|(at, line)| long_read(line).map(|(key, saw)| (at, key, saw)))
        .expect("some read is long");
    let mutate = |at: usize, from: &str, to: &str| {
        let changed = lines[at].replacen(from, to, 1);
        assert_ne!(changed, lines[at]);
        let mut lines = lines.clone();
        lines[at] = &changed;
        judge_text(&lines.join("\n"), false)
    };
    let with_read = |change: &dyn Fn(&mut Vec<&str>)| {
        let mut changed = saw.clone();
        change(&mut changed);
        mutate(read_at, &saw.join(" "), &changed.join(" "))
    };
    let append = format!("[:append {key} {}]", saw[0]);
    let appended = |line: &&str| line.contains(":ok") && line.contains(&append);
    let written_at = lines.iter().position(appended).expect("somebody wrote it");

    let garbage = with_read(&|saw| saw[5] = "6000");
    assert_eq!(garbage.violated, [ConsistencyModel::ReadUncommitted]);
    let verdicts = [
        (garbage, PhenomenonKind::GarbageRead),
        (
            with_read(&|saw| saw.insert(3, saw[2])),
            PhenomenonKind::DuplicateElements,
        ),
        (
            with_read(&|saw| saw.swap(2, 3)),
            PhenomenonKind::IncompatibleOrder,
        ),
        (mutate(written_at, ":ok", ":fail"), PhenomenonKind::G1a),
    ];
    for (verdict, kind) in verdicts {
        assert_eq!(verdict.validity, Validity::Invalid);
        let lines = verdict.lines();
        assert!(verdict.counts.contains_key(&kind), "{kind}: {lines:?}");
    }
    // A stale read; which order shows it first depends on who wrote what it missed.
    let stale = with_read(&|saw| saw.truncate(1));
    let is_single =
        |kind: &PhenomenonKind| matches!(kind, PhenomenonKind::Cycle(_, Cycle::GSingle));
    assert!(stale.counts.keys().any(is_single), "{:?}", stale.lines());
}

/// The key of a transaction's only read, and what it saw, if that is six elements or more.
fn long_read(line: &str) -> Option<(&str, Vec<&str>)> {
    let (head, rest) = line.split_once(":value [[:r ")?;
    let (key, rest) = rest.split_once(" [")?;
    let (saw, rest) = rest.split_once(']')?;
    let saw: Vec<&str> = saw.split(' ').collect();
    let is_alone = rest == "]]}";
    (head.contains(":ok") && is_alone && saw.len() >= 6).then_some((key, saw))
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
    for kind in PhenomenonKind::all() {
        assert_eq!(PhenomenonKind::try_from(kind.to_string()), Ok(kind));
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
        let verdict = judge(&transactions, &TransactionOptions::default());
        assert!(verdict.counts.contains_key(&PhenomenonKind::LostUpdate));
        assert_eq!(
            verdict.under(ConsistencyModel::ReadCommitted),
            Validity::Valid
        );
    }
}
