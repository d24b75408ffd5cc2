//! Every mutant of the catalogue on legal runs: it turns what its row names, or is legal and changes no verdict.

#[allow(dead_code, reason = "its own changes are for another test")]
mod generate;
mod mutants {
    pub(crate) mod rich;
    pub(crate) mod times;
}
mod notation;

use std::collections::BTreeMap;

use checkers::mutants::{Fate, Mutant, Run, all};
use checkers::verdict::Validity;
use mutants::rich;

const SEEDS: u64 = 2;

#[test]
fn a_rich_run_is_valid() {
    for seed in 0..SEEDS {
        for verdict in checkers::judge(&rich::run(seed, seed % 2 == 1)).verdicts {
            let fine = matches!(verdict.validity, Validity::Valid | Validity::NotApplicable);
            assert!(fine, "seed {seed}: {verdict:#?}");
        }
    }
}

/// The mutants that a drawn run has no place for, because it lacks what they change, or has it only once.
const NOT_DRAWN: &[&str] = &[
    "append records.offset: -1, to an idempotent producer",
    "offset-for-time error: another code of a refusal",
    "end-offset error: another code of a refusal",
    "change-topic error: another code of a refusal",
    "describe-topic error: another code of a refusal",
    "describe-topic outcome: refused",
    "change-topic outcome: no answer to what happened",
];

#[test]
fn every_mutant_comes_to_what_its_row_states() {
    let mut fates: BTreeMap<String, Vec<(Fate, Vec<String>)>> = BTreeMap::new();
    for seed in 0..SEEDS {
        let history = rich::run(seed, seed % 2 == 1);
        let run = Run::of(&history);
        let before = checkers::judge(&history);
        for mutant in all() {
            let of = fates.entry(mutant.to_string()).or_default();
            let Some(mutated) = mutant.apply(&run, seed) else {
                continue;
            };
            let after = checkers::judge(&mutated.history);
            of.push(Fate::of(mutant.expected(), &before, &after));
        }
    }
    let mut wrong = Vec::new();
    for (name, of) in &fates {
        if of.is_empty() && !NOT_DRAWN.iter().any(|known| name.starts_with(known)) {
            wrong.push(format!("{name}: has no place in a drawn run"));
        }
        for (fate, checks) in of.iter().filter(|(fate, _)| !fate.is_expected()) {
            wrong.push(format!("{name}: {} {checks:?}", fate.name()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        fates.len(),
        wrong.join("\n")
    );
}

/// The same seed gives the same history, another one another place.
#[test]
fn a_seed_chooses_the_place() {
    let history = rich::run(0, false);
    let run = Run::of(&history);
    let of = |mutant: &Mutant, seed| {
        mutant
            .apply(&run, seed)
            .map(|mutated| (mutated.first, mutated.history.events().to_vec()))
    };
    let some: Vec<Mutant> = all().into_iter().step_by(37).collect();
    assert!(some.iter().all(|mutant| of(mutant, 1) == of(mutant, 1)));
    assert!(some.iter().any(|mutant| of(mutant, 1) != of(mutant, 2)));
}
