//! Agreement with a search through all orders, on small random histories with crashes, refusals, several keys, several
//! clients and blind writes.
//!
//! `JEPSEN_AGREEMENT=5000 cargo test --release -p jepsen-checkers --test transactions agreement -- --nocapture` tries
//! that many of each model.

use std::collections::BTreeMap;

use checkers::history::Outcome;
use checkers::transactions::{
    ConsistencyModel, Head, Name, TransactionOptions, Transactions, judge_lists, judge_registers,
};
use checkers::verdict::Validity;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::brute::{self, Action, Respects, Tried};

/// How many histories of each model are tried.
#[allow(
    clippy::disallowed_methods,
    reason = "a test takes its size from the environment"
)]
pub(crate) fn rounds() -> u64 {
    let wanted = std::env::var("JEPSEN_AGREEMENT");
    wanted.ok().and_then(|n| n.parse().ok()).unwrap_or(1_500)
}

/// A small random history, near a serial one: executed one by one, then disturbed. Blind, or with a read of the key ahead
/// of each write.
fn small(random: &mut ChaCha8Rng, registers: bool, blind: bool) -> Vec<Tried> {
    let count = random.random_range(2..=5);
    let keys = random.random_range(1..=3);
    let mut lists = vec![Vec::new(); keys];
    let mut next = 1;
    let mut history = Vec::new();
    for at in 0..count {
        let mut actions = Vec::new();
        let outcome = match random.random_range(0..10) {
            0 => Outcome::Info,
            1 => Outcome::Fail,
            _ => Outcome::Ok,
        };
        let before = lists.clone();
        for _ in 0..random.random_range(1..=3) {
            let key = random.random_range(0..keys);
            let is_write = random.random_bool(0.5);
            if !is_write || !blind {
                actions.push(Action::Read(key, lists[key].clone()));
            }
            if is_write {
                if registers {
                    lists[key].clear();
                }
                lists[key].push(next);
                actions.push(Action::Append(key, next));
                next += 1;
            }
        }
        // One that failed did not happen, one that crashed may not have.
        if outcome == Outcome::Fail || (outcome == Outcome::Info && random.random()) {
            lists = before;
        }
        let called = 10 * at as u64 + random.random_range(0..20);
        history.push(Tried {
            actions,
            outcome,
            session: random.random_range(0..3),
            called: 20 * called + at as u64,
            returned: Some(20 * called + 10 * random.random_range(1..40) + at as u64),
        });
    }
    for _ in 0..random.random_range(0..3) {
        let at = random.random_range(0..count);
        let place = random.random_range(0..history[at].actions.len());
        if let Action::Read(_, saw) = &mut history[at].actions[place] {
            match random.random_range(0..4) {
                0 => {
                    saw.pop();
                }
                1 if registers => *saw = vec![random.random_range(1..=next)],
                1 => saw.push(random.random_range(1..=next)),
                2 => saw.reverse(),
                _ => saw.clear(),
            }
        }
    }
    history.sort_by_key(|tried| tried.called);
    // A client has one transaction at a time, and none after one whose outcome it does not know.
    let mut ends: BTreeMap<usize, u64> = BTreeMap::new();
    for (at, tried) in history.iter_mut().enumerate() {
        let is_busy = ends
            .get(&tried.session)
            .is_some_and(|end| *end >= tried.called);
        if is_busy {
            tried.session = 10 + at;
        }
        let returned = tried.returned.unwrap_or(u64::MAX);
        let ends_at = if tried.outcome == Outcome::Info {
            u64::MAX
        } else {
            returned
        };
        ends.insert(tried.session, ends_at);
        if tried.outcome == Outcome::Info {
            tried.returned = None;
        }
    }
    history
}

fn transactions(history: &[Tried]) -> Transactions {
    let mut transactions = Transactions::new();
    for (at, tried) in history.iter().enumerate() {
        transactions.begin(Head {
            id: at as i64,
            process: tried.session as i64,
            session: tried.session,
            called: tried.called,
            returned: tried.returned,
            outcome: tried.outcome,
        });
        for action in &tried.actions {
            match action {
                Action::Append(key, value) => {
                    transactions.write(&Name::Integer(*key as i64), &Name::Integer(*value));
                }
                Action::Read(key, saw) => {
                    let saw: Vec<Name> = saw.iter().map(|value| Name::Integer(*value)).collect();
                    let saw = (tried.outcome == Outcome::Ok).then_some(&saw[..]);
                    transactions.read(&Name::Integer(*key as i64), saw);
                }
            }
        }
    }
    transactions
}

/// For lists, and for registers with or without blind writes: nothing is called valid that no order explains, nothing
/// invalid that one does, on serializability alone, with the order of clients, and in real time. Nothing as small as this
/// is undecided for want of steps.
#[test]
fn verdicts_agree_with_a_search_through_all_orders() {
    let mut random = ChaCha8Rng::seed_from_u64(42);
    for (model, registers, blind) in [
        ("list-append", false, true),
        ("rw-register, each write after a read", true, false),
        ("rw-register, with blind writes", true, true),
    ] {
        let mut seen: BTreeMap<(Respects, bool), [u64; 3]> = BTreeMap::new();
        for _ in 0..rounds() {
            let history = small(&mut random, registers, blind);
            let transactions = transactions(&history);
            let options = TransactionOptions::default();
            let verdict = match registers {
                true => judge_registers(&transactions, &options),
                false => judge_lists(&transactions, &options),
            };
            for (model, respects) in [
                (ConsistencyModel::Serializable, Respects::Nothing),
                (
                    ConsistencyModel::StrongSessionSerializable,
                    Respects::Clients,
                ),
                (ConsistencyModel::StrictSerializable, Respects::RealTime),
            ] {
                let is_possible = brute::is_serializable(&history, registers, respects);
                let said = verdict.under(model);
                let said = match said {
                    Validity::Valid => 0,
                    Validity::Invalid => 1,
                    _ => 2,
                };
                let wrong = if is_possible { 1 } else { 0 };
                assert!(
                    said != wrong,
                    "{model}, {registers}: {is_possible}\n{history:#?}\n{}\n{:#?}",
                    verdict.boundary(),
                    verdict.lines()
                );
                // Undecided is only what shows nothing.
                assert!(
                    said != 2 || !verdict.doubts.is_empty(),
                    "{history:#?}\n{verdict:#?}"
                );
                seen.entry((respects, is_possible)).or_default()[said] += 1;
            }
        }
        assert_eq!(seen.len(), 6, "{model}: {seen:?}");
        for ((respects, is_possible), [valid, invalid, undecided]) in seen {
            println!(
                "{model}, respecting {respects:?}, an order exists: {is_possible}: {valid} valid, {invalid} invalid, \
                 {undecided} undecided"
            );
        }
    }
}

/// The same of snapshot isolation, whose order of writes data must give: where a key has several writes that follow no
/// other one, and no serial order exists, the answer is undecided.
#[test]
fn snapshot_isolation_agrees_with_a_search_through_all_orders() {
    let mut random = ChaCha8Rng::seed_from_u64(43);
    for (model, registers, blind) in [
        ("list-append", false, true),
        ("rw-register, each write after a read", true, false),
        ("rw-register, with blind writes", true, true),
        ("rw-register, one blind write of each key", true, false),
    ] {
        let mut seen = [[0_u64; 3]; 2];
        for _ in 0..rounds() {
            let mut history = small(&mut random, registers, blind);
            history.truncate(4);
            if model.contains("one blind") {
                let first = |key: usize| Action::Append(key, 100 + key as i64);
                for action in history.iter_mut().flat_map(|tried| &mut tried.actions) {
                    match action {
                        Action::Read(key, saw) if saw.is_empty() => saw.push(100 + *key as i64),
                        _ => {}
                    }
                }
                for tried in &mut history {
                    tried.called += 10;
                    tried.returned = tried.returned.map(|returned| returned + 10);
                }
                history.insert(
                    0,
                    Tried {
                        actions: (0..3).map(first).collect(),
                        outcome: Outcome::Ok,
                        session: 99,
                        called: 0,
                        returned: Some(1),
                    },
                );
            }
            let transactions = transactions(&history);
            let options = TransactionOptions::default();
            let verdict = match registers {
                true => judge_registers(&transactions, &options),
                false => judge_lists(&transactions, &options),
            };
            let is_possible = brute::is_snapshot_isolated(&history, registers);
            let said = match verdict.under(ConsistencyModel::SnapshotIsolation) {
                Validity::Valid => 0,
                Validity::Invalid => 1,
                _ => 2,
            };
            assert!(
                said != usize::from(is_possible),
                "{model}: {is_possible}\n{history:#?}\n{}\n{:#?}",
                verdict.boundary(),
                verdict.lines()
            );
            seen[usize::from(is_possible)][said] += 1;
            let is_open = said == 2 && verdict.doubts.is_empty();
            // What a client of unknown outcome read is not known, and so its write is blind.
            let all_known = history.iter().all(|tried| tried.outcome == Outcome::Ok);
            let is_excused = model.contains("with blind") || !all_known;
            assert!(!is_open || is_excused, "{history:#?}");
        }
        println!(
            "{model}: impossible {:?}, possible {:?}: valid, invalid, undecided",
            seen[0], seen[1]
        );
        assert!(
            seen.iter().all(|row| row.iter().sum::<u64>() > 0),
            "{seen:?}"
        );
    }
}

/// A budget that ends is not taken for an answer: a hundred overlapping writers whose values are read in an order that no
/// heuristic finds may be undecided, never wrong. Here the order is the reverse of that of the calls.
#[test]
fn many_open_orders_are_found_or_undecided() {
    let mut transactions = Transactions::new();
    let (key, count) = (Name::Integer(1), 300_u64);
    let head = |id: u64, called: u64, returned: u64| Head {
        id: id as i64,
        process: id as i64,
        session: id as usize,
        called,
        returned: Some(returned),
        outcome: Outcome::Ok,
    };
    for at in 0..count {
        transactions.begin(head(at, at, 1_000_000 + at));
        transactions.write(&key, &Name::Integer(at as i64));
    }
    for at in 0..count {
        transactions.begin(head(count + at, 1_000 + 10 * at, 1_005 + 10 * at));
        transactions.read(&key, Some(&[Name::Integer((count - 1 - at) as i64)]));
    }
    let verdict = judge_registers(&transactions, &TransactionOptions::default());
    assert_eq!(verdict.validity, Validity::Valid, "{}", verdict.boundary());
}
