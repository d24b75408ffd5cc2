//! The verdicts of the handmade run, and the operations that they point to.

use checkers::history::{Acks, Isolation, Outcome};
use checkers::promises::{Configuration, Consumers, Disturbance};
use checkers::verdict::{
    Anomaly, Class, Doubt, Evidence, Finding, GapScope, LossProof, Unit, Verdict,
};
use reports::model::Operation;

use super::ms;

/// Two invalid, one undecided, one not applicable, the others valid.
pub(crate) fn verdicts() -> Vec<Verdict> {
    let mut order = Verdict::new("log-order", Class::Safety);
    order.saw("acknowledged records", 54_812);
    order.saw("reads", 3_201);
    let mut recency = Verdict::new("log-recency", Class::Safety);
    recency.not_applicable(Doubt::NotPromised {
        promise: "end_offset_includes_acknowledged".into(),
    });
    let mut leaders = Verdict::new("one-leader-per-epoch", Class::Leadership);
    leaders.saw("claims", 1_824);
    let mut stale = Verdict::new("stale-leader", Class::Leadership);
    stale.figure("stale_claim_ms_max", 260, Some(2_000), Unit::Milliseconds);
    let mut terms = Verdict::new("terms", Class::Leadership);
    terms.figure("term_growth", 1, Some(3), Unit::Terms);
    let mut formation = Verdict::new("formation", Class::Liveness);
    formation.figure("formation_ms", 1_380, Some(5_000), Unit::Milliseconds);
    let mut recovery = Verdict::new("recovery", Class::Liveness);
    recovery.figure("recovery_ms", 1_240, Some(10_000), Unit::Milliseconds);
    vec![
        order,
        recency,
        lost(),
        leaders,
        stability(),
        stale,
        terms,
        formation,
        recovery,
        gap(),
    ]
}

fn stability() -> Verdict {
    let mut stability = Verdict::new("leader-stability", Class::Leadership);
    stability.doubt(Doubt::Starved {
        finding: "unexplained-election".into(),
        who: "harness".into(),
        thread: None,
        at: ms(48_200),
        by_ms: 412,
        limit_ms: 300,
    });
    stability.doubt(Doubt::FaultHadNoEffect {
        fault: "k4".into(),
        name: "cut-one-way".into(),
    });
    stability
}

fn gap() -> Verdict {
    let mut availability = Verdict::new("availability", Class::Liveness);
    availability.figure("fail_over_ms_max", 4_930, Some(3_000), Unit::Milliseconds);
    availability.figure(
        "gap_outside_faults_ms_max",
        1_140,
        Some(1_000),
        Unit::Milliseconds,
    );
    availability.found(Anomaly {
        kind: Finding::Gap {
            scope: GapScope::FailOver,
            from: ms(26_000),
            to: ms(30_930),
            length_ms: 4_930,
            limit_ms: 3_000,
            ended: true,
        },
        certain: false,
        evidence: Evidence {
            window: Some((ms(26_000), ms(30_930))),
            faults: vec!["k5".into()],
            nodes: vec!["n3".into()],
            ..Evidence::default()
        },
    });
    availability
}

fn lost() -> Verdict {
    let mut lost = Verdict::new("lost-write", Class::Safety);
    lost.saw("acknowledged records", 54_812);
    for (index, offset) in (4_711..=4_713).enumerate() {
        let operation = 18_820 + 6 * index as u64;
        lost.found(Anomaly {
            kind: Finding::LostWrite {
                value: format!("3-{}", 17 + index),
                offset: Some(offset),
                operation,
                acknowledged: true,
                proof: LossProof::FinalReadWithout {
                    node: "n2".into(),
                    operation: 112_904,
                    instead: None,
                },
            },
            certain: true,
            evidence: Evidence {
                operations: vec![operation, 112_904],
                topic: Some("t0".into()),
                partition: Some(0),
                offsets: vec![offset],
                nodes: vec!["n1".into(), "n2".into()],
                window: Some((ms(36_950 + 40 * index as u64), ms(37_180))),
                faults: vec!["k7".into()],
                ..Evidence::default()
            },
        });
    }
    lost
}

/// Three appends and the read that misses them.
pub(crate) fn operations() -> Vec<Operation> {
    let append = |index: u64| Operation {
        op: 18_820 + 6 * index,
        worker: 3 + index,
        call: "append".into(),
        topic: "t0".into(),
        partition: Some(0),
        offset: (4_711 + index).to_string(),
        value: format!("3-{}", 17 + index),
        called_ns: ms(36_950 + 40 * index),
        returned_ns: Some(ms(37_060 + 40 * index)),
        node: Some("n1".into()),
        outcome: Some(Outcome::Ok),
        error: String::new(),
    };
    let mut all: Vec<Operation> = (0..3).map(append).collect();
    all.push(Operation {
        op: 112_904,
        worker: 41,
        call: "read".into(),
        topic: "t0".into(),
        partition: Some(0),
        offset: "4700..4790".into(),
        value: "1-902 .. 5-18 (88)".into(),
        called_ns: ms(58_104),
        returned_ns: Some(ms(58_121)),
        node: Some("n2".into()),
        outcome: Some(Outcome::Ok),
        error: String::new(),
    });
    all
}

/// What ran: acks=all without idempotence, and faults on the leader.
pub(crate) fn configuration() -> Configuration {
    Configuration {
        acknowledged_is_kept: true,
        end_offset_includes_acknowledged: true,
        acks: Acks::All,
        idempotent: false,
        producers_retry: false,
        any_acknowledgement_is_kept: false,
        isolation: Isolation::ReadUncommitted,
        min_in_sync_replicas: Some(2),
        unclean_election: false,
        consumers: Consumers::Assigned,
        power_lost: false,
        faults: Disturbance::Leader,
        members: None,
    }
}
