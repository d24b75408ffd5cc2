//! Ten faults of the handmade run, one of which had no effect.

use reports::model::*;

use super::ms;

/// Id, class, kind, target, role, begin, length, whether the leader is affected.
pub(crate) type FaultLine = (
    &'static str,
    FaultClass,
    &'static str,
    u32,
    &'static str,
    u64,
    u64,
    bool,
);

#[rustfmt::skip]
pub(crate) const FAULTS: [FaultLine; 10] = [
    ("k1", FaultClass::Network, "isolate", 1, "leader", 5_000, 3_000, true),
    ("k2", FaultClass::Process, "pause", 3, "follower", 10_400, 2_500, false),
    ("k3", FaultClass::Process, "kill", 2, "leader", 15_100, 2_800, true),
    ("k4", FaultClass::Network, "cut-one-way", 2, "follower", 20_700, 3_300, false),
    ("k5", FaultClass::Process, "pause", 3, "leader", 26_000, 3_600, true),
    ("k6", FaultClass::Network, "isolate", 3, "follower", 32_000, 2_600, false),
    ("k7", FaultClass::Process, "kill", 1, "leader", 37_200, 2_200, true),
    ("k8", FaultClass::Network, "isolate", 2, "leader", 42_000, 3_000, true),
    ("k9", FaultClass::Process, "pause", 1, "follower", 47_400, 2_000, false),
    ("k10", FaultClass::Network, "isolate", 1, "leader", 51_500, 3_400, true),
];

/// As windows.
pub(crate) fn faults() -> Vec<FaultWindow> {
    let window = |&(id, class, kind, node, role, begin, length, leader): &FaultLine| {
        let other = |n: u32| (format!("n{node}"), format!("n{n}"));
        let others = (1..=3).filter(|n| *n != node);
        FaultWindow {
            id: id.into(),
            kind: kind.into(),
            class,
            targets: vec![format!("n{node}")],
            links: if class == FaultClass::Network {
                others.map(other).collect()
            } else {
                vec![]
            },
            role: role.into(),
            role_held: true,
            affects_leader: leader,
            called_ns: ms(begin - 8),
            begin_ns: ms(begin),
            end_ns: Some(ms(begin + length)),
            state: if id == "k4" {
                WindowState::Failed
            } else {
                WindowState::TookEffect
            },
            evidence: match class {
                FaultClass::Network => "probe datagram did not arrive within 50 ms".into(),
                _ if kind == "kill" => "reaped: signal 9".into(),
                _ => "state T of all threads".into(),
            },
            ..FaultWindow::default()
        }
    };
    FAULTS.iter().map(window).collect()
}
