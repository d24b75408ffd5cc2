//! Agreement with a search through all orders, on small random histories.

use std::collections::BTreeSet;

use checkers::history::Outcome;
use checkers::transactions::{
    ConsistencyModel, Head, Name, TransactionOptions, Transactions, judge_lists, judge_registers,
};
use checkers::verdict::Validity;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::brute::{self, Action, Tried};

/// A small random history of lists, near a serial one: executed one by one, then disturbed.
fn small(random: &mut ChaCha8Rng, registers: bool, blind: bool) -> Vec<Tried> {
    let count = random.random_range(2..=5);
    let mut lists = vec![Vec::new(); 2];
    let mut next = 1;
    // What a crashed transaction read is not known: its writes are blind.
    let is_exact = registers && !blind;
    let mut history = Vec::new();
    for at in 0..count {
        let mut actions = Vec::new();
        for _ in 0..random.random_range(1..=3) {
            let key = random.random_range(0..2);
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
        let called = 10 * at as u64 + random.random_range(0..20);
        history.push(Tried {
            actions,
            is_ok: is_exact || random.random_bool(0.9),
            called: 2 * called * 10 + at as u64,
            returned: Some(2 * called * 10 + 10 * random.random_range(1..40) + at as u64),
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
    for tried in &mut history {
        if !tried.is_ok {
            tried.returned = None;
        }
    }
    history.sort_by_key(|tried| tried.called);
    history
}

fn transactions(history: &[Tried]) -> Transactions {
    let mut transactions = Transactions::new();
    for (at, tried) in history.iter().enumerate() {
        transactions.begin(Head {
            id: at as i64,
            process: at as i64,
            session: at,
            called: tried.called,
            returned: tried.returned,
            outcome: if tried.is_ok {
                Outcome::Ok
            } else {
                Outcome::Info
            },
        });
        for action in &tried.actions {
            match action {
                Action::Append(key, value) => {
                    transactions.write(&Name::Integer(*key as i64), &Name::Integer(*value));
                }
                Action::Read(key, saw) => {
                    let saw: Vec<Name> = saw.iter().map(|value| Name::Integer(*value)).collect();
                    let saw = tried.is_ok.then_some(&saw[..]);
                    transactions.read(&Name::Integer(*key as i64), saw);
                }
            }
        }
    }
    transactions
}

/// For lists, and for registers that are never written blindly, the version order is known: then the
/// verdict is exact, on serializable and on strict serializable alike.
#[test]
fn verdicts_agree_with_a_search_through_all_orders() {
    let mut random = ChaCha8Rng::seed_from_u64(42);
    let mut seen = BTreeSet::new();
    for round in 0..30_000 {
        let registers = round % 3 == 2;
        let history = small(&mut random, registers, !registers);
        let transactions = transactions(&history);
        let options = TransactionOptions::default();
        let verdict = match registers {
            true => judge_registers(&transactions, &options),
            false => judge_lists(&transactions, &options),
        };
        for (model, in_real_time) in [
            (ConsistencyModel::Serializable, false),
            (ConsistencyModel::StrictSerializable, true),
        ] {
            let is_possible = brute::is_serializable(&history, registers, in_real_time);
            let is_invalid = verdict.under(model) == Validity::Invalid;
            assert_eq!(
                is_invalid,
                !is_possible,
                "{model}, registers: {registers}\n{history:#?}\n{:#?}",
                verdict.lines()
            );
            seen.insert((registers, in_real_time, is_possible));
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

/// Registers that are written blindly have a partial version order: then the verdict may miss what is
/// wrong, but what it calls wrong is.
#[test]
fn what_is_called_wrong_of_blind_writes_is() {
    let mut random = ChaCha8Rng::seed_from_u64(43);
    let (mut found, mut wrong) = (0, 0);
    for _ in 0..20_000 {
        let history = small(&mut random, true, true);
        let verdict = judge_registers(&transactions(&history), &TransactionOptions::default());
        for (model, in_real_time) in [
            (ConsistencyModel::Serializable, false),
            (ConsistencyModel::StrictSerializable, true),
        ] {
            let is_possible = brute::is_serializable(&history, true, in_real_time);
            let is_invalid = verdict.under(model) == Validity::Invalid;
            assert!(
                !is_invalid || !is_possible,
                "{history:#?}\n{:#?}",
                verdict.lines()
            );
            found += u32::from(is_invalid);
            wrong += u32::from(!is_possible);
        }
    }
    assert!(2 * found > wrong && wrong > 1_000, "{found} of {wrong}");
}
