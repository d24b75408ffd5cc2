//! The plan of an upgrade: a fault before it, one node upgraded, a fault while releases are mixed, the other nodes, back and
//! forth again if asked, a fault, the step that makes it final, a fault, and one more restart of each node. Pure.

use std::time::Duration;

use nemesis::Nodes;
use nemesis::catalogue::Kind;
use nemesis::plan::{Plan, Timing, Window};
use nemesis::target::Role;

/// Which steps an upgrade has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Whether it goes back once before it is made final.
    pub roll_back: bool,
    /// Whether it is made final.
    pub finalize: bool,
}

/// The time for which a node is down at least, as an operator needs it to replace its files.
const DOWN: Duration = Duration::from_secs(2);

/// The name of the one more restart of each node.
const RESTART: &str = "rolling-restart=graceful+whole";

/// What follows what. A fault is one that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Fault,
    Window(Kind, Role),
}

impl Steps {
    fn sequence(self) -> Vec<Step> {
        let all = |kind| Step::Window(kind, Role::All);
        let mut steps = vec![
            Step::Fault,
            Step::Window(Kind::UPGRADE, Role::Any),
            Step::Fault,
            all(Kind::UPGRADE),
        ];
        if self.roll_back {
            steps.extend([
                Step::Fault,
                all(Kind::ROLL_BACK),
                Step::Fault,
                all(Kind::UPGRADE),
            ]);
        }
        steps.push(Step::Fault);
        if self.finalize {
            steps.extend([all(Kind::FINALIZE), Step::Fault]);
        }
        // Always parsed: the name is tested.
        steps.extend(RESTART.parse().ok().map(all));
        steps
    }

    /// A load phase for which enough faults are drawn.
    pub fn time_to_draw(self, timing: &Timing) -> Duration {
        let faults = self
            .sequence()
            .iter()
            .filter(|step| **step == Step::Fault)
            .count();
        timing.to_hold(u32::try_from(faults).unwrap_or(u32::MAX))
    }
}

/// The steps with the faults that were drawn between them, each after the cluster had time to recover.
pub fn plan(steps: &Steps, drawn: &Plan, nodes: Nodes, timing: &Timing) -> Plan {
    let mut faults = drawn.windows.iter();
    let mut windows: Vec<Window> = Vec::new();
    let mut at = timing.quiet_start;
    let share = DOWN * 2 * nodes.count() as u32;
    for step in steps.sequence() {
        let window = match step {
            Step::Fault => match faults.next() {
                Some(fault) => fault.clone(),
                None => continue,
            },
            Step::Window(kind, role) => Window {
                id: String::new(),
                at_ms: 0,
                kind,
                role,
                draw: (drawn.seed % 6) as u8,
                duration_ms: match kind == Kind::FINALIZE {
                    true => 1_000,
                    false => millis(share),
                },
            },
        };
        let lasts = Duration::from_millis(window.duration_ms);
        windows.push(Window {
            id: format!("k{}", windows.len() + 1),
            at_ms: millis(at),
            ..window
        });
        at += lasts + timing.gap_min;
    }
    Plan {
        windows,
        time_limit_ms: millis(at + timing.quiet_end),
        ..drawn.clone()
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::draw;

    fn kinds(steps: Steps, faults: &str) -> Vec<String> {
        let timing = Timing::default();
        let drawn = draw(faults, steps.time_to_draw(&timing), 3, &timing).expect("known");
        let plan = plan(&steps, &drawn, Nodes::THREE, &timing);
        // It is one that can be stored and replayed.
        assert_eq!(Plan::from_json(&plan.to_json()).expect("a plan"), plan);
        plan.windows
            .iter()
            .map(|w| format!("{}:{}", w.kind, w.role))
            .collect()
    }

    const PLAIN: Steps = Steps {
        roll_back: false,
        finalize: true,
    };

    #[test]
    fn faults_lie_before_between_and_after_the_steps() {
        let expected = [
            "pause:leader",
            "upgrade:any",
            "pause:leader",
            "upgrade:all",
            "pause:leader",
            "finalize:all",
            "pause:leader",
            "rolling-restart=graceful+whole:all",
        ];
        assert_eq!(kinds(PLAIN, "pause:leader"), expected);
    }

    #[test]
    fn it_goes_back_before_it_is_final() {
        let back = Steps {
            roll_back: true,
            ..PLAIN
        };
        let kinds = kinds(back, "none");
        let expected = [
            "upgrade:any",
            "upgrade:all",
            "roll-back:all",
            "upgrade:all",
            "finalize:all",
        ];
        assert_eq!(kinds[..5], expected);
    }

    #[test]
    fn what_is_not_made_final_has_no_such_step() {
        let open = Steps {
            finalize: false,
            ..PLAIN
        };
        assert!(!kinds(open, "none").contains(&"finalize:all".to_owned()));
    }
}
