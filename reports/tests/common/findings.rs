//! One finding of every kind, all their texts being one given text: to see that each has words of its own, and that
//! hostile text stays inert wherever a finding puts it.

use checkers::verdict::{Anomaly, Class, Doubt, Evidence, Finding, Lack, Lacking, Verdict};
use serde_json::{Value, json};

/// Every kind, with this text as every value, node, topic and error.
pub(crate) fn every_finding(text: &str) -> Vec<Finding> {
    let one = |mut value: Value, kind: &str| -> Finding {
        value["kind"] = kind.into();
        serde_json::from_value(value).unwrap_or_else(|e| panic!("{kind}: {e}"))
    };
    let all = logs(text).into_iter().chain(leadership(text));
    all.chain(others(text))
        .chain(stalled(text))
        .chain(super::members::members(text))
        .map(|(kind, value)| one(value, kind))
        .collect()
}

fn others(text: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "topic-differs",
            json!({ "node": "n1", "seen": 1, "possible": [3, null], "change": "create-topic", "changed_by": 3,
                "acknowledged_at": 2_000_000, "asked": 9, "limit_ms": 2_000 }),
        ),
        (
            "topic-change-impossible",
            json!({ "change": "grow-topic", "partitions": 4, "possible": [8, null] }),
        ),
        (
            "read-out-of-order",
            json!({ "node": text, "after": 7, "next": 6 }),
        ),
        (
            "served-beyond-watermark",
            json!({ "node": text, "offset": 7, "high_watermark": 6 }),
        ),
        (
            "end-offset-went-back",
            json!({ "asked": 9, "end_offset": 4, "node": text, "epoch": 3, "before": 7, "before_by": 5 }),
        ),
        (
            "probe-passed-over",
            json!({ "node": text, "sequence": 4, "acknowledged_at": 1_000_000, "later": 6 }),
        ),
        (
            "append-time-wrong",
            json!({"ago_ms": -500, "least_ms": -100, "most_ms": 110, "records": 2}),
        ),
        (
            "probe-served-early",
            json!({ "node": text, "sequence": 4, "sent_at": 2_000_000, "served_at": 1_000_000 }),
        ),
        (
            "shape-differs",
            json!({ "node": text, "what": text, "seen": [1, 2], "exist": [1, 2, 3], "length_ms": 4_000, "limit_ms": 2_000 }),
        ),
        (
            "identity-differs",
            json!({ "node": text, "what": text, "id": text, "before": text, "before_by": text }),
        ),
        (
            "replicas-out-of-sync",
            json!({ "node": text, "replicas": 3, "in_sync": [1, 2], "stranger": null, "length_ms": 9_000, "limit_ms": 5_000 }),
        ),
        (
            "acknowledged-below-minimum",
            json!({ "value": text, "in_sync": 1, "minimum": 2 }),
        ),
        ("refusal-untrue", json!({ "value": text, "error": text })),
        (
            "feature-differs",
            json!({ "feature": text, "levels": [[text, 30]], "length_ms": 9_000, "limit_ms": 5_000 }),
        ),
        (
            "feature-changed",
            json!({ "feature": text, "before": 30, "after": 7 }),
        ),
        (
            "feature-not-as-stated",
            json!({ "feature": text, "before": 0, "after": 1, "stated": 0, "kept": true }),
        ),
        (
            "resource-growth",
            json!({ "node": text, "resource": "resident_bytes", "from": 10_000_000, "to": 90_000_000,
                "highest": 120_000_000, "limit": 64_000_000 }),
        ),
    ]
}

fn stalled(text: &str) -> Vec<(&'static str, Value)> {
    let waited = json!({ "scope": "outside-faults", "tries": 67, "length_ms": 9_900, "limit_ms": 1_000,
        "ended": true, "consumer": 3, "position": 128, "polls": 67, "errors": 4, "error": text,
        "request": text, "node": text });
    vec![
        ("appends-stalled", waited.clone()),
        ("appends-refused", json!({ "tries": 900, "refused": 720 })),
        ("reads-stalled", waited.clone()),
        ("requests-stalled", waited),
        (
            "missing-fail-over",
            json!({ "fault": text, "leader": text, "partitions": 4, "length_ms": 4_100,
                "detection_ms": 1_800 }),
        ),
        (
            "offset-out-of-range",
            json!({ "error": text, "node": text,
                "stood": [{ "topic": text, "partition": 1, "position": 128 }] }),
        ),
        (
            "unreadable-records",
            json!({ "error": text, "node": text,
                "stood": [{ "topic": text, "partition": 1, "position": 128 }] }),
        ),
        (
            "log-start-unexplained",
            json!({ "node": text, "start": 300, "explained": 0, "acknowledged": 300 }),
        ),
        (
            "log-start-went-back",
            json!({ "node": text, "before": 300, "after": 20 }),
        ),
        (
            "deleted-served",
            json!({ "node": text, "from": 20, "low_watermark": 300, "deleted_by": 7 }),
        ),
        (
            "deleted-too-little",
            json!({ "below": 300, "low_watermark": 20 }),
        ),
        (
            "removed-too-early",
            json!({ "node": text, "start": 300, "young": 200, "age_ms": 1_000, "retention_ms": 60_000 }),
        ),
        (
            "quorum-unanswered",
            json!({ "node": text, "length_ms": 12_932, "error": text }),
        ),
    ]
}

fn not_linearizable(text: &str) -> Value {
    let used = json!({ "writes": true, "value": text, "operation": 1, "worker": 3, "called": 1_000_000,
        "returned": 2_000_000, "outcome": "ok", "node": null });
    let read = json!({ "writes": false, "value": text, "operation": 9, "worker": 4, "called": 3_000_000,
        "returned": 4_000_000, "outcome": "ok", "node": text });
    json!({ "unplaced": read, "proof": [used, used], "rule": "value-returned", "searched": true })
}

fn logs(text: &str) -> Vec<(&'static str, Value)> {
    let sent = json!({ "value": text, "offset": 4, "operation": 1, "called": 1_000_000, "returned": 2_000_000 });
    let copy = json!({ "value": text, "offset": 4, "operation": 3, "node": text });
    let proof =
        json!({ "by": "final-read-without", "node": text, "operation": 9, "instead": text });
    let held = json!([
        { "node": text, "value": text, "operation": 5 },
        { "node": "n2", "value": null, "operation": 6 }
    ]);
    vec![
        ("order-reversed", json!({ "first": sent, "second": sent })),
        (
            "read-before-send",
            json!({ "sent": sent, "read": 7, "read_returned": 900_000 }),
        ),
        (
            "read-ahead",
            json!({ "sent": sent, "read": 7, "read_offset": 9, "read_returned": 1 }),
        ),
        (
            "end-offset-ahead",
            json!({ "sent": sent, "asked": 8, "end_offset": 9, "returned": 1 }),
        ),
        (
            "end-offset-beyond",
            json!({ "asked": 8, "end_offset": 9, "possible": 5 }),
        ),
        (
            "end-offset-behind",
            json!({ "asked": 8, "end_offset": 3, "node": text, "called": 5, "known_offset": 4,
                "known_by": 1, "known_at": 2 }),
        ),
        ("not-linearizable", not_linearizable(text)),
        (
            "lost-write",
            json!({ "value": text, "offset": 4, "operation": 1, "acknowledged": true, "proof": proof }),
        ),
        (
            "duplicate",
            json!({ "value": text, "copies": [copy, copy] }),
        ),
        (
            "inconsistent-offset",
            json!({ "offset": 4, "copies": [copy, copy] }),
        ),
        ("phantom-value", json!({ "read": copy })),
        (
            "altered-record",
            json!({ "value": text, "offset": 4, "fields": ["key", text] }),
        ),
        (
            "offset-for-time-wrong",
            json!({ "asked": 8, "time": -3, "offset": 4, "timestamp": 1_700_000_000_000_i64, "record": sent,
                "record_timestamp": 1_700_000_000_001_i64 }),
        ),
        (
            "failed-write-seen",
            json!({ "read": copy, "append": 1, "error": text }),
        ),
        (
            "poll-skip",
            json!({ "worker": 3, "after": 4, "next": 9, "skipped_count": 4, "skipped": [copy],
                "internal": false }),
        ),
        (
            "nonmonotonic-poll",
            json!({ "worker": 3, "after": 9, "next": 4, "internal": true }),
        ),
        (
            "nonmonotonic-send",
            json!({ "worker": 3, "earlier": sent, "later": sent, "internal": false }),
        ),
        (
            "acknowledged-without-offset",
            json!({ "value": text, "offset": -1 }),
        ),
        ("outcomes-missing", json!({ "sent": 3, "reported": 2 })),
        ("replicas-differ", json!({ "offset": 4, "held": held })),
        (
            "replica-misses",
            json!({ "node": text, "value": text, "offset": 4, "read_to": 9 }),
        ),
        (
            "replica-behind",
            json!({ "node": text, "read_to": 4, "farthest": 9, "missing": 5 }),
        ),
        ("never-served", json!({ "value": text, "offset": 4 })),
        (
            "served-by-some",
            json!({ "value": text, "offset": 4, "with": [text], "without": [text] }),
        ),
    ]
}

fn leadership(text: &str) -> Vec<(&'static str, Value)> {
    let belief = json!({ "node": text, "leader": text, "epoch": 3, "called": 1, "returned": 2 });
    let change = json!({ "old_leader": text, "old_epoch": 3, "new_leader": text, "new_epoch": 4 });
    let late =
        |limit_ms: u64| json!({ "took_ms": 4_930, "waited_ms": 4_930, "limit_ms": limit_ms });
    vec![
        (
            "two-leaders",
            json!({ "epoch": 3, "claims": [belief, belief] }),
        ),
        (
            "epoch-went-back",
            json!({ "before": belief, "after": belief }),
        ),
        ("unexplained-election", change),
        (
            "terms-burned",
            json!({ "fault": text, "from": 3, "to": 9, "limit": 3 }),
        ),
        (
            "leaderless",
            json!({ "length_ms": 4_000, "limit_ms": 3_000 }),
        ),
        (
            "disagreement",
            json!({ "beliefs": [belief, belief], "length_ms": 4_000, "limit_ms": 2_000 }),
        ),
        (
            "stale-leader",
            json!({ "claim": belief, "successor": belief, "since": 1, "length_ms": 4_000,
                "limit_ms": 2_000 }),
        ),
        (
            "flapping",
            json!({ "node": text, "between": text, "length_ms": 40 }),
        ),
        ("slow-formation", late(3_000)),
        ("never-formed", late(3_000)),
        ("formation-term", json!({ "term": 22, "limit": 2 })),
        ("slow-recovery", late(3_000)),
        ("never-recovered", late(3_000)),
        (
            "node-silent",
            json!({ "node": text, "length_ms": 4_000, "limit_ms": 1_500, "error": text,
                "came_back": false }),
        ),
        ("unprovoked-exit", json!({ "node": text, "status": text })),
        (
            "went-on-after-failure",
            json!({ "nodes": [text], "fault": "failing-sync", "failed": 3 }),
        ),
        (
            "acknowledged-unsynced",
            json!({ "took_ms": 20, "delay_ms": 500, "nodes": [text], "records": 40 }),
        ),
        (
            "gap",
            json!({ "scope": "fail-over", "from": 1, "to": 5_000_000_000_u64, "length_ms": 5_000,
                "limit_ms": 3_000, "ended": false }),
        ),
        ("not-served", json!({ "what": text, "waited_ms": 9_000 })),
    ]
}

/// Every kind of doubt, with this text wherever a text goes.
pub(crate) fn every_doubt(text: &str) -> Vec<Doubt> {
    let text = || text.to_string();
    vec![
        Doubt::Starved {
            finding: text(),
            who: text(),
            thread: Some(text()),
            at: 5,
            by_ms: 412,
            limit_ms: 300,
        },
        Doubt::FewAcknowledged {
            topic: text(),
            partition: 1,
            acknowledged: 4,
            needed: 100,
        },
        Doubt::FewLeaderFaults {
            took_effect: 1,
            needed: 2,
        },
        Doubt::FaultHadNoEffect {
            fault: text(),
            name: text(),
        },
        super::members::client_ended(text()),
        Doubt::CutShort,
        Doubt::Interrupted,
        Doubt::NothingSeen { what: text() },
        Doubt::ReadIncomplete {
            node: text(),
            topic: text(),
            partition: 1,
        },
        Doubt::NotAgreed {
            waited_ms: 9_000,
            lacking: vec![Lacking {
                node: text(),
                lack: Lack::OtherLeader,
                topic: Some(text()),
                partition: Some(1),
                leader: Some(2),
                epoch: Some(7),
            }],
        },
        Doubt::FailOverOnce {
            fault: text(),
            length_ms: 2_000,
            needed_ms: 3_600,
        },
        Doubt::CheckFailed { message: text() },
        Doubt::BadHistory { problems: 3 },
        Doubt::NotPromised { promise: text() },
        Doubt::NotInRun { what: text() },
    ]
}

/// Verdicts that carry every finding and every doubt.
pub(crate) fn every_verdict(text: &str) -> Vec<Verdict> {
    let evidence = |number: u64| Evidence {
        operations: vec![18_820],
        topic: Some(text.into()),
        partition: Some(0),
        offsets: vec![4, 5],
        nodes: vec![text.into()],
        window: Some((1_000_000 * number, 1_000_000 * (number + 40))),
        faults: vec!["k7".into(), text.into()],
        ..Evidence::default()
    };
    let invalid = every_finding(text)
        .into_iter()
        .enumerate()
        .map(|(number, kind)| {
            let mut verdict = Verdict::new(&format!("{text} {number}"), Class::Safety);
            let evidence = evidence(37_000 + number as u64);
            verdict.found(Anomaly {
                kind,
                certain: number % 2 == 0,
                evidence,
            });
            verdict
        });
    let undecided = every_doubt(text).into_iter().map(|doubt| {
        let mut verdict = Verdict::new(text, Class::Leadership);
        verdict.doubt(doubt);
        verdict.saw(text, 3);
        verdict
    });
    invalid.chain(undecided).collect()
}
