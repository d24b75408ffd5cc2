//! The faults drawn from a seed must not change: a seed that found something must find it again after an update.

use crate::support::{beside, jepsen};

/// Drawn by default, without a network, from a suite, and from windows that a suite states.
const SCENARIOS: [&str; 4] = [
    "default",
    "process",
    "smoke/mixed",
    "qualification/one-way-links",
];

/// With `JEPSEN_GOLDEN=write` the program's output replaces the stored texts.
#[test]
fn a_seed_draws_the_same_faults_as_ever() {
    for scenario in SCENARIOS {
        let plan = |seed: u32| {
            let ended = jepsen(&["run", scenario, "--plan", "--seed", &seed.to_string()]);
            assert_eq!(ended.code, 0, "{scenario}: {}", ended.stderr);
            ended.stdout
        };
        let printed: String = (1..=10).map(plan).collect();
        let path = beside(&format!("golden/plan-{}.txt", scenario.replace('/', "-")));
        if std::env::var_os("JEPSEN_GOLDEN").is_some_and(|word| word == "write") {
            std::fs::write(&path, &printed).expect("written");
        }
        let stored = std::fs::read_to_string(&path).expect("a stored text");
        for (number, (stored, printed)) in stored.lines().zip(printed.lines()).enumerate() {
            assert_eq!(printed, stored, "{}:{}", path.display(), number + 1);
        }
        assert_eq!(printed, stored, "{}", path.display());
    }
}
