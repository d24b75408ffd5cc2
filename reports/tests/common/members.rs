//! One finding of every kind that is about consumer groups, transactions or exactly-once processing, all their texts being
//! one given text.

use serde_json::{Value, json};

/// Kinds and contents.
pub(crate) fn members(text: &str) -> Vec<(&'static str, Value)> {
    let all = exactly_once(text).into_iter().chain(transactions(text));
    let all = all.chain(nodes(text)).chain(groups(text));
    all.chain(time_outs(text)).chain(offsets(text)).collect()
}

fn placed(text: &str, offset: Option<i64>) -> Value {
    json!({ "topic": text, "partition": 1, "offset": offset, "value": text })
}

fn transaction(text: &str) -> Value {
    json!({ "transactional_id": text, "producer_id": 7, "epoch": 3, "operation": 12 })
}

fn exactly_once(text: &str) -> Vec<(&'static str, Value)> {
    let record = placed(text, Some(4));
    vec![
        ("input-lost", json!({ "input": record, "committed": 9 })),
        (
            "input-twice",
            json!({ "input": record, "outputs": [record, record] }),
        ),
        (
            "output-altered",
            json!({ "output": record, "named": [1, 4], "input": text }),
        ),
        (
            "output-beyond",
            json!({ "output": record, "named": [1, 9], "committed": 9 }),
        ),
        (
            "output-reordered",
            json!({ "earlier": record, "later": record, "partition": 1 }),
        ),
        (
            "input-left",
            json!({ "group": text, "committed": 4, "end": 9 }),
        ),
    ]
}

fn transactions(text: &str) -> Vec<(&'static str, Value)> {
    let (record, of) = (placed(text, Some(4)), transaction(text));
    let fence = json!({ "operation": 20, "epoch": 4, "at": 2_000_000_000_u64 });
    let unknown =
        json!({ "transactional_id": text, "producer_id": -1, "epoch": -1, "operation": 12 });
    vec![
        (
            "torn-transaction",
            json!({ "transaction": of, "acknowledged": true, "visible": [record],
                "missing": [placed(text, None)] }),
        ),
        (
            "aborted-read",
            json!({ "transaction": unknown, "record": record, "read": 14 }),
        ),
        (
            "early-read",
            json!({ "transaction": of, "record": record, "read": 14, "returned": 2_000_000_000_u64,
                "end_sent": 2_400_000_000_u64 }),
        ),
        (
            "two-outcomes",
            json!({ "transaction": of, "committed": record, "aborted": record }),
        ),
        (
            "lost-transaction",
            json!({ "transaction": of, "missing": [record], "aborted": true }),
        ),
        (
            "zombie-accepted",
            json!({ "transaction": of, "request": text, "called": 2_400_000_000_u64, "fence": fence }),
        ),
        (
            "zombie-published",
            json!({ "transaction": of, "record": record, "called": 2_400_000_000_u64, "fence": fence }),
        ),
        (
            "commit-not-visible",
            json!({ "transaction": of, "record": record, "asked": 14, "end_offset": 4 }),
        ),
        (
            "offsets-uncommitted",
            json!({ "transaction": of, "group": text, "offset": 9, "asked": 14, "aborted": false }),
        ),
        (
            "offsets-torn",
            json!({ "transaction": of, "group": text, "offset": 9, "published": false, "instead": 4,
                "record": record, "other": text }),
        ),
        (
            "offsets-unstable",
            json!({ "group": text, "waited_ms": 30_000, "limit_ms": 23_000 }),
        ),
        (
            "transaction-duplicate",
            json!({ "transaction": of, "first": record, "second": record }),
        ),
        (
            "transaction-reordered",
            json!({ "transaction": of, "first": record, "second": record }),
        ),
        (
            "falsely-fenced",
            json!({ "transaction": of, "error": text, "age_ms": 300, "timeout_ms": 10_000 }),
        ),
    ]
}

fn nodes(text: &str) -> Vec<(&'static str, Value)> {
    let marked = json!({ "node": text, "holds": text, "producer_id": 7 });
    let nothing = json!({ "node": "n2", "holds": null, "producer_id": null });
    vec![
        (
            "stable-offset-too-high",
            json!({ "transaction": transaction(text), "record": placed(text, Some(4)), "asked": 14,
                "last_stable_offset": 9 }),
        ),
        (
            "stable-offset-stuck",
            json!({ "node": text, "last_stable_offset": 4, "high_watermark": 9, "waited_ms": 30_000,
                "limit_ms": 23_000 }),
        ),
        (
            "open-too-long",
            json!({ "node": text, "transactional_id": text, "open_ms": 30_000, "limit_ms": 23_000 }),
        ),
        (
            "markers-differ",
            json!({ "what": "records", "offset": 4, "first": marked, "second": nothing }),
        ),
    ]
}

fn groups(text: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "two-owners",
            json!({ "group": text, "generation": 3, "members": [text, "m2"] }),
        ),
        (
            "generation-reused",
            json!({ "group": text, "generation": 3, "what": text, "first": text, "second": text }),
        ),
        (
            "generation-went-back",
            json!({ "group": text, "before": 4, "after": 3 }),
        ),
        (
            "assignment-altered",
            json!({ "group": text, "generation": 3, "member": text, "sent": [text], "given": [] }),
        ),
        (
            "zombie-member",
            json!({ "group": text, "member": text, "request": text, "removed": text,
                "removed_at": 2_000_000_000_u64 }),
        ),
        (
            "replaced-member-accepted",
            json!({ "group": text, "member": text, "replaced_by": text, "request": text,
                "replaced_at": 2_000_000_000_u64 }),
        ),
        (
            "takeover-rebalanced",
            json!({ "group": text, "instance": text, "before": 3, "after": 4 }),
        ),
        (
            "member-not-told",
            json!({ "group": text, "generation": 3, "member": text, "waited_ms": 2_100, "limit_ms": 1_500 }),
        ),
        (
            "told-for-nothing",
            json!({ "group": text, "generation": 3, "member": text }),
        ),
        (
            "group-state-untrue",
            json!({ "group": text, "generation": 3, "state": text }),
        ),
        (
            "leader-not-member",
            json!({ "group": text, "generation": 3, "leader": text }),
        ),
        (
            "partition-unassigned",
            json!({ "group": text, "generation": 3, "leader": text }),
        ),
        (
            "unexplained-rebalance",
            json!({ "group": text, "before": 3, "after": 4 }),
        ),
        (
            "coordinator-stalled",
            json!({ "request": text, "group": text, "tries": 5, "error": text, "length_ms": 20_000,
                "limit_ms": 15_000, "ended": false }),
        ),
        (
            "two-coordinators",
            json!({ "key": text, "named": [[text, text], ["n2", "n2"]], "length_ms": 4_000,
                "limit_ms": 2_000 }),
        ),
    ]
}

fn time_outs(text: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "rebalance-endless",
            json!({ "group": text, "state": text, "length_ms": 20_000, "limit_ms": 15_000 }),
        ),
        (
            "wrong-eviction",
            json!({ "group": text, "member": text, "after_ms": 1_200, "session_ms": 6_000 }),
        ),
        (
            "dead-member-stays",
            json!({ "group": text, "member": text, "silent_ms": 12_000, "limit_ms": 9_600 }),
        ),
    ]
}

fn offsets(text: &str) -> Vec<(&'static str, Value)> {
    let used = json!({ "writes": true, "value": text, "operation": 1, "worker": 3, "called": 1_000_000,
        "returned": 2_000_000, "outcome": "ok", "node": null });
    let fetch = json!({ "writes": false, "value": text, "operation": 9, "worker": 4, "called": 3_000_000,
        "returned": 4_000_000, "outcome": "ok", "node": text });
    vec![
        (
            "fenced-commit",
            json!({ "group": text, "member": text, "generation": 3, "fenced_by": 4,
                "fenced_at": 2_000_000_000_u64 }),
        ),
        (
            "offsets-not-linearizable",
            json!({ "group": text, "unplaced": fetch, "proof": [used, used], "rule": "value-returned" }),
        ),
        (
            "commit-lost",
            json!({ "group": text, "offset": 9, "token": text, "instead": 4, "instead_token": text }),
        ),
        (
            "commit-phantom",
            json!({ "group": text, "offset": 9, "token": text, "refused": false }),
        ),
        (
            "commit-went-back",
            json!({ "group": text, "before": text, "after": text, "before_by": 14 }),
        ),
        (
            "commit-beyond",
            json!({ "group": text, "offset": 9, "possible": 4 }),
        ),
        (
            "resume-skip",
            json!({ "group": text, "member": text, "position": 4, "next": 9,
                "skipped": placed(text, Some(6)) }),
        ),
        (
            "never-delivered",
            json!({ "group": text, "record": placed(text, Some(4)), "committed": 9 }),
        ),
    ]
}

/// A client that ended by itself.
pub(crate) fn client_ended(text: String) -> checkers::verdict::Doubt {
    checkers::verdict::Doubt::ClientEnded {
        client: text.clone(),
        status: text,
        at: 5,
    }
}
