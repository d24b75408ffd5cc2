//! Static members that are replaced, and offsets of transactions: drawn, and judged by trying every pair.

use std::fmt::Write as _;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{Drawn, span};

/// Ids of one static member, and heartbeats of each.
pub(crate) fn static_takeover(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "promise generation_unique=true\npromise offsets_linearizable=true\n".to_owned();
    let mut joins = Vec::new();
    for n in 0..random.random_range(2..4) {
        let (from, to) = span(random);
        let _ = writeln!(
            text,
            "{from}..{to} w{n} join g - instance=i -> gen=1 as=m{n} leader=m0"
        );
        joins.push((from, to));
    }
    let mut broken = false;
    for n in 10..13 {
        let (from, to) = span(random);
        let of = random.random_range(0..joins.len());
        let accepted = random.random_bool(0.6);
        let word = if accepted {
            ""
        } else {
            " -> fail NOT_COORDINATOR"
        };
        let _ = writeln!(text, "{from}..{to} w{n} heartbeat g/1 m{of}{word}");
        let replaced = |join: &(u64, u64)| join.0 > joins[of].1 && join.1 < from;
        broken |= accepted && joins.iter().any(replaced);
    }
    (text, broken)
}

/// Transactions that send offsets of one partition, and refusals.
pub(crate) fn unstable_for_ever(random: &mut ChaCha8Rng) -> Drawn {
    let mut text = "timeouts transaction_ms=5 scan_ms=1\nlimit fail_over_ms=4\n".to_owned();
    let mut all = Vec::new();
    for n in 0..random.random_range(1..4) {
        let from = random.random_range(1..40);
        let to = from + random.random_range(1..8);
        let _ = writeln!(
            text,
            "{from}..{to} w{n} transaction x{n} {n}/0 group=g -> commit sent={to} +in/0@5#k{n}"
        );
        all.push((from, to));
    }
    let mut broken = false;
    for n in 10..13 {
        let from = random.random_range(1..50);
        let to = from + random.random_range(1..4);
        let refused = random.random_bool(0.6);
        let word = if refused {
            "fail UNSTABLE_OFFSET_COMMIT"
        } else {
            "in/0@-1"
        };
        let _ = writeln!(
            text,
            "{from}..{to} w{n} fetch-offsets g in/0 stable -> {word}"
        );
        let begun = all.iter().filter(|one| one.0 <= to);
        let since = begun.map(|one| one.1).max().unwrap_or(0);
        broken |= refused && from > since + 10;
    }
    (text, broken)
}

/// Transactions with one output and one offset each, beside plain commits of that offset.
pub(crate) fn offsets_torn(random: &mut ChaCha8Rng) -> Drawn {
    struct One {
        staged: u64,
        acknowledged: Option<u64>,
        /// Of a transaction: whether its output is visible.
        visible: Option<bool>,
    }
    let (mut text, mut all) = (String::new(), Vec::new());
    for n in 0..random.random_range(2..5) {
        let (from, to) = span(random);
        let known = random.random_bool(0.5);
        let acknowledged = known.then_some(to);
        if n > 0 && random.random_bool(0.4) {
            let word = if known { "" } else { " -> info" };
            let _ = writeln!(
                text,
                "{from}..{to} w{n} commit-offsets g/-1 - in/0@{n}#k{n}{word}"
            );
            let (staged, visible) = (from, None);
            all.push(One {
                staged,
                acknowledged,
                visible,
            });
            continue;
        }
        let word = if known { "" } else { "info " };
        let staged = random.random_range(from..=to);
        let _ = writeln!(
            text,
            "{from}..{to} w{n} transaction x{n} {n}/0 group=g -> {word}commit sent={to} out/{n}:v{n}@0 \
             +in/0@{n}#k{n} !commit-offsets@{staged}..{to}"
        );
        let visible = random.random_bool(0.5);
        let end = if visible { "commit" } else { "abort" };
        let listed = if visible {
            String::new()
        } else {
            format!(" aborted={n}@0")
        };
        let _ = writeln!(
            text,
            "60..61 w{} raw-read n1 out/{n}@0 committed phase=final -> v{n}@0/{n}.0 {end}@1/{n}.0{listed}",
            30 + n
        );
        let visible = Some(visible);
        all.push(One {
            staged,
            acknowledged,
            visible,
        });
    }
    let there = random.random_range(0..=all.len());
    let shown = match all.get(there) {
        Some(_) => format!("in/0@{there}#k{there}"),
        None => "in/0@-1".to_owned(),
    };
    let _ = writeln!(
        text,
        "70..71 w50 fetch-offsets g in/0 stable phase=final -> {shown}"
    );
    // When what is there was acknowledged; none if nobody knows.
    let since = all.get(there).map_or(Some(0), |one| one.acknowledged);
    let broken = all.iter().enumerate().any(|(n, one)| {
        let Some(visible) = one.visible else {
            return false;
        };
        let older = since.is_some_and(|since| since < one.staged);
        match n == there {
            true => !visible,
            false => older && (visible || one.acknowledged.is_some()),
        }
    });
    (text, broken)
}
