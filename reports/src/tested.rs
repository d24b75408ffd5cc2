//! Whether a run put a promise to the test: a promise that is marked *yes* and that nothing could have broken says nothing
//! about the build.

use checkers::history::Acks;
use checkers::verdict::Validity;

use crate::model::{FaultClass, ScenarioReport};

/// What it takes to test a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// One of these checks came to a verdict.
    Check(&'static [&'static str]),
    /// The same, with producers that wait for all replicas (true) or do not (false).
    CheckWithAcks(&'static str, bool),
    /// The same, with idempotent producers.
    CheckOfIdempotent(&'static str),
    /// A fault took effect whose kind begins so.
    Fault(&'static [&'static str]),
    /// This check came to a verdict, and counted something of this name.
    Seen(&'static str, &'static str),
    /// The same check came to a verdict, calls of this name succeeded, and a node was started again.
    AfterRestart(&'static str, &'static str),
    /// Links were cut or worse.
    Network,
}

impl Test {
    /// Whether this scenario did it.
    pub(crate) fn took_place(self, scenario: &ScenarioReport) -> bool {
        let decided = |check: &str| {
            let verdict = scenario.judgement.verdict(check);
            verdict.is_some_and(|v| matches!(v.validity, Validity::Valid | Validity::Invalid))
        };
        let configuration = scenario.judgement.configuration;
        let mut faults = scenario.faults_in_effect();
        match self {
            Test::Check(checks) => checks.iter().any(|check| decided(check)),
            Test::CheckWithAcks(check, all) => {
                decided(check) && configuration.is_some_and(|c| (c.acks == Acks::All) == all)
            }
            Test::CheckOfIdempotent(check) => {
                decided(check) && configuration.is_some_and(|c| c.idempotent)
            }
            Test::Fault(kinds) => faults.any(|f| kinds.iter().any(|kind| f.kind.starts_with(kind))),
            Test::Seen(check, what) => {
                let verdict = scenario.judgement.verdict(check);
                let mut seen = verdict.iter().flat_map(|v| &v.seen);
                decided(check) && seen.any(|one| one.what == what && one.count > 0)
            }
            Test::AfterRestart(check, call) => {
                let restarts = ["kill", "restart", "rolling-restart", "power-loss"];
                let mut calls = scenario.calls.iter();
                decided(check)
                    && calls.any(|one| one.call == call && one.ops.ok > 0)
                    && faults.any(|f| restarts.iter().any(|kind| f.kind.starts_with(kind)))
            }
            Test::Network => faults.any(|f| f.class == FaultClass::Network),
        }
    }
}

#[cfg(test)]
mod tests {
    use checkers::verdict::{Class, Verdict};

    use super::*;
    use crate::model::FaultWindow;

    #[test]
    fn a_promise_is_tested_by_the_fault_and_the_verdict_that_it_needs() {
        let mut scenario = ScenarioReport::default();
        let (power, kept) = (Test::Fault(&["power-loss"]), Test::Check(&["lost-write"]));
        assert!(!power.took_place(&scenario) && !kept.took_place(&scenario));
        scenario.faults = vec![FaultWindow {
            kind: "power-loss=slow".into(),
            ..FaultWindow::default()
        }];
        let mut verdict = Verdict::new("lost-write", Class::Safety);
        verdict.saw("records", 1);
        scenario.judgement.verdicts = vec![verdict];
        assert!(power.took_place(&scenario) && kept.took_place(&scenario));
        assert!(!Test::CheckOfIdempotent("lost-write").took_place(&scenario));
        scenario.faults[0].state = crate::model::WindowState::Failed;
        assert!(!power.took_place(&scenario), "it had no effect");
        scenario.judgement.verdicts[0].validity = Validity::Undecided;
        assert!(!kept.took_place(&scenario), "undecided tests nothing");
    }
}
