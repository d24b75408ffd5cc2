//! Whether a run put a promise to the test: a promise that is marked *yes* and that nothing could have broken says nothing
//! about the build.

use checkers::history::Acks;
use checkers::verdict::Validity;

use crate::model::{FaultClass, ScenarioReport};
use crate::wording::Test;

/// Whether this scenario did it.
pub(crate) fn took_place(test: Test, scenario: &ScenarioReport) -> bool {
    let decided = |check: &str| {
        let verdict = scenario.judgement.verdict(check);
        verdict.is_some_and(|v| matches!(v.validity, Validity::Valid | Validity::Invalid))
    };
    let configuration = scenario.judgement.configuration;
    let mut faults = scenario.faults_in_effect();
    match test {
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

#[cfg(test)]
mod tests {
    use checkers::verdict::{Class, Verdict};

    use super::*;
    use crate::model::FaultWindow;

    #[test]
    fn a_promise_is_tested_by_the_fault_and_the_verdict_that_it_needs() {
        let mut scenario = ScenarioReport::default();
        let (power, kept) = (Test::Fault(&["power-loss"]), Test::Check(&["lost-write"]));
        assert!(!took_place(power, &scenario) && !took_place(kept, &scenario));
        scenario.faults = vec![FaultWindow {
            kind: "power-loss=slow".into(),
            ..FaultWindow::default()
        }];
        let mut verdict = Verdict::new("lost-write", Class::Safety);
        verdict.saw("records", 1);
        scenario.judgement.verdicts = vec![verdict];
        assert!(took_place(power, &scenario) && took_place(kept, &scenario));
        assert!(!took_place(
            Test::CheckOfIdempotent("lost-write"),
            &scenario
        ));
        scenario.faults[0].state = crate::model::WindowState::Failed;
        assert!(!took_place(power, &scenario), "it had no effect");
        scenario.judgement.verdicts[0].validity = Validity::Undecided;
        assert!(!took_place(kept, &scenario), "undecided tests nothing");
    }
}
