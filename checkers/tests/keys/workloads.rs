//! The shapes of Jepsen's own workloads, as their histories write them.

use std::collections::BTreeSet;

use checkers::foreign::{Keys, ModelName, judge_objects};
use checkers::linearizability::SearchOptions;
use checkers::verdict::{Rule, Validity};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{file, judged};

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
        judge_objects(
            "t",
            text.as_bytes(),
            Some(ModelName::CausalRegister),
            &SearchOptions::default(),
        )
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
    assert_eq!(
        verdict.evidence.and_then(|proof| proof.rule),
        Some(Rule::LinkBroken)
    );
}

/// One step of a causal register's site, as it is written down.
struct Step {
    f: &'static str,
    kind: &'static str,
    /// What is written, or what was read.
    value: u32,
    /// The position after which it stands, if it says so.
    link: Option<u64>,
}

/// Random steps of one site: some crash, some reads and links are falsified.
fn steps(random: &mut ChaCha8Rng) -> Vec<Step> {
    let mut held = 0;
    (1..=random.random_range(1..=8))
        .map(|position: u64| {
            let writes = random.random();
            let crashed = random.random_ratio(1, 4);
            let value = match writes {
                true => random.random_range(1..=3),
                false if random.random_ratio(1, 8) => random.random_range(0..=3),
                false => held,
            };
            if writes && (!crashed || random.random()) {
                held = value;
            }
            let wrong = u64::from(random.random_ratio(1, 20));
            Step {
                f: if writes { "write" } else { "read" },
                kind: if crashed { "info" } else { "ok" },
                value,
                link: (position > 1 && random.random()).then(|| position - 1 + wrong),
            }
        })
        .collect()
}

/// Whether some choice of when each crashed write took effect, if it did, gives what was read; and whether every link
/// names the step before it.
fn has_an_order(steps: &[Step]) -> bool {
    // The value, and which crashed writes are still to come.
    let mut states: BTreeSet<(u32, BTreeSet<usize>)> = BTreeSet::from([(0, BTreeSet::new())]);
    for (at, step) in steps.iter().enumerate() {
        if step.kind == "ok"
            && step.link.is_some_and(|link| link != at as u64)
            && steps[at - 1].kind == "ok"
        {
            return false;
        }
        let mut open: Vec<(u32, BTreeSet<usize>)> = states.iter().cloned().collect();
        while let Some((_, pending)) = open.pop() {
            for late in &pending {
                let mut rest = pending.clone();
                rest.remove(late);
                let next = (steps[*late].value, rest);
                if states.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        states = states
            .into_iter()
            .filter_map(|(value, mut pending)| match (step.f, step.kind) {
                ("write", "ok") => Some((step.value, pending)),
                ("write", _) => {
                    pending.insert(at);
                    Some((value, pending))
                }
                ("read", "ok") => (value == step.value).then_some((value, pending)),
                _ => Some((value, pending)),
            })
            .collect();
    }
    !states.is_empty()
}

#[test]
fn a_causal_register_agrees_with_every_choice() {
    let mut wrong = 0;
    for seed in 0..2_000 {
        let steps = steps(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut text = String::new();
        for (at, step) in steps.iter().enumerate() {
            // A process ends with what it does not know.
            let process = steps[..at].iter().filter(|s| s.kind == "info").count();
            let called = match step.f {
                "write" => step.value.to_string(),
                _ => "nil".to_owned(),
            };
            let link = step.link.filter(|_| step.kind == "ok");
            let link = link.map_or(String::new(), |link| format!(", :link {link}"));
            let (f, kind, value, position) = (step.f, step.kind, step.value, at + 1);
            let line = |kind: &str, value: &str, rest: &str| {
                format!(
                    "{{:process {process}, :type :{kind}, :f :{f}, :value [1 {value}]{rest}}}\n"
                )
            };
            text += &line("invoke", &called, "");
            let rest = format!(", :position {position}{link}");
            text += &match kind {
                "ok" => line("ok", &value.to_string(), &rest),
                _ => line("info", &called, ""),
            };
        }
        let model = Some(ModelName::CausalRegister);
        let verdict = judge_objects("t", text.as_bytes(), model, &SearchOptions::default());
        let validity = verdict.expect("a history").validity;
        let truth = has_an_order(&steps);
        let reads = steps
            .iter()
            .any(|step| (step.f, step.kind) == ("read", "ok"));
        match validity {
            Validity::Valid => assert!(truth, "seed {seed}:\n{text}"),
            Validity::Invalid => assert!(!truth, "seed {seed}:\n{text}"),
            _ => assert!(!reads || truth, "seed {seed}: {validity:?}\n{text}"),
        }
        wrong += u32::from(!truth);
    }
    assert!((100..1_900).contains(&wrong), "{wrong}");
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
    assert_eq!(
        judge(&[add, (0, "read", "nil", "1")]),
        (ModelName::Counter, Validity::Valid)
    );
    assert_eq!(
        judge(&[add, (0, "read", "nil", "2")]),
        (ModelName::Counter, Validity::Invalid)
    );
    assert_eq!(
        judge(&[add, (0, "read", "nil", "#{1}")]),
        (ModelName::Set, Validity::Valid)
    );
    let transfer = (
        0,
        "transfer",
        "{:from 0, :to 1, :amount 2}",
        "{:from 0, :to 1, :amount 2}",
    );
    let read = |balances| (0, "read", "nil", balances);
    let reads = [transfer, read("{0 8, 1 2}"), read("{0 7, 1 3}")];
    assert_eq!(judge(&reads), (ModelName::Bank, Validity::Valid));
    let reads = [transfer, read("{0 8, 1 2}"), read("{0 8, 1 3}")];
    assert_eq!(judge(&reads), (ModelName::Bank, Validity::Invalid));
    let ids = [(0, "generate", "nil", "7"), (1, "generate", "nil", "7")];
    assert_eq!(judge(&ids), (ModelName::UniqueIds, Validity::Invalid));
}

/// A model, a history, the rule that it breaks, and what that is about.
type Case = (
    ModelName,
    &'static [(u32, &'static str, &'static str, &'static str)],
    Rule,
    &'static str,
);

/// The shapes of Jepsen's own workloads, each with the anomaly that it is there for.
#[test]
fn each_workload_says_no() {
    let cases: [Case; 6] = [
        (
            ModelName::LongFork,
            &[
                (0, "txn", "[[:w 1 1]]", "[[:w 1 1]]"),
                (1, "txn", "[[:w 2 1]]", "[[:w 2 1]]"),
                (2, "txn", "[[:r 1 nil] [:r 2 nil]]", "[[:r 1 1] [:r 2 nil]]"),
                (3, "txn", "[[:r 2 nil] [:r 1 nil]]", "[[:r 2 1] [:r 1 nil]]"),
            ],
            Rule::LongFork,
            "2, 1",
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
        assert_eq!(
            (proof.rule, proof.about.as_deref()),
            (Some(rule), Some(about)),
            "{verdict:#?}"
        );
        assert!(
            verdict.lines()[0].starts_with("wrong answer"),
            "{:?}",
            verdict.lines()
        );
        assert!(verdict.lines()[1].contains(rule.sentence()));
    }
}
