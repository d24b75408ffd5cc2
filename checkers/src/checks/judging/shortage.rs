//! A full disk excuses what followed from it, except for safety.
//!
//! A node that cannot write ends, as it must. In a run whose disk became full, three nodes ended with *exit 1*, the
//! cluster elected leaders and served nothing, and all of it was reported as faults of the broker. Safety findings
//! stand: an acknowledged record must not be lost even on a full disk.

use crate::checks::Check;
use crate::history::Moment;
use crate::verdict::{Anomaly, Class, Doubt, Validity, Verdict};

/// Replaces findings that end after the shortage began by a doubt.
pub(super) fn excuse(check: &Check<'_>, verdict: &mut Verdict) {
    let Some(shortage) = check.history().shortage() else {
        return;
    };
    if verdict.class == Class::Safety || verdict.validity != Validity::Invalid {
        return;
    }
    let stated = verdict.anomalies.len() as u64;
    verdict
        .anomalies
        .retain(|anomaly| ended(check, anomaly).is_some_and(|end| end < shortage.since));
    // Findings beyond those that a verdict carries came later than these.
    verdict.anomaly_count = verdict.anomalies.len() as u64;
    if verdict.anomaly_count == stated {
        return;
    }
    if verdict.anomalies.is_empty() {
        verdict.validity = Validity::Undecided;
    }
    verdict.doubt(Doubt::DiskFull {
        since: shortage.since,
    });
}

/// When an anomaly ended: by its window, or by the last of its events.
fn ended(check: &Check<'_>, anomaly: &Anomaly) -> Option<Moment> {
    let evidence = &anomaly.evidence;
    let of = |id: &u64| check.history().line(*id).map(|event| event.t);
    let by_events = || evidence.events.iter().filter_map(of).max();
    evidence.window.map(|(_, to)| to).or_else(by_events)
}

#[cfg(test)]
mod tests {
    use crate::checks::judge;
    use crate::history::{History, jsonl};
    use crate::judgement::Judgement;
    use crate::verdict::{Doubt, Validity};

    const SECOND: u64 = 1_000_000_000;

    /// A node that ends by itself at `exited`, on a disk that is full since `full`.
    fn judged(exited: u64, full: Option<u64>) -> Judgement {
        let mut lines = vec![
            r#"{"format":"jepsen-history","version":1,"nodes":[{"name":"n1","address":"a:1"}]}"#
                .to_owned(),
        ];
        let mut event = |t: u64, rest: &str| {
            let i = lines.len() - 1;
            lines.push(format!(r#"{{"i":{i},"t":{t},{rest}}}"#));
        };
        event(1, r#""type":"phase","phase":"formation""#);
        event(
            2,
            r#""type":"node","node":"n1","what":"started","expected":true"#,
        );
        event(SECOND, r#""type":"phase","phase":"load""#);
        event(
            exited,
            r#""type":"node","node":"n1","what":"exited","expected":false,"status":"exit 1""#,
        );
        if let Some(since) = full {
            event(
                9 * SECOND,
                &format!(r#""type":"shortage","since":{since},"free_bytes":0"#),
            );
        }
        event(10 * SECOND, r#""type":"phase","phase":"done""#);
        let parsed = jsonl::parse(&lines.join("\n")).expect("a history");
        judge(&History::new(parsed.header, parsed.events))
    }

    #[test]
    fn an_exit_on_a_full_disk_is_undecided_and_one_before_it_is_not() {
        let exits = |judgement: &Judgement| {
            let verdict = judgement.verdict("unprovoked-exit").expect("a check");
            (
                verdict.validity,
                verdict.anomaly_count,
                verdict.doubts.clone(),
            )
        };
        let since = 5 * SECOND;
        assert_eq!(
            exits(&judged(6 * SECOND, None)),
            (Validity::Invalid, 1, vec![])
        );
        let full = judged(6 * SECOND, Some(since));
        assert_eq!(
            exits(&full),
            (Validity::Undecided, 0, vec![Doubt::DiskFull { since }])
        );
        assert_eq!(full.validity(), Validity::Undecided);
        assert_eq!(
            exits(&judged(4 * SECOND, Some(since))),
            (Validity::Invalid, 1, vec![])
        );
    }

    /// A run with too little space is never valid, whatever its checks found.
    #[test]
    fn coverage_names_the_shortage() {
        let coverage = |full| {
            let judgement = judged(4 * SECOND, full);
            let verdict = judgement.verdict("coverage").expect("a check");
            verdict
                .doubts
                .iter()
                .any(|doubt| matches!(doubt, Doubt::DiskFull { .. }))
        };
        assert!(coverage(Some(5 * SECOND)) && !coverage(None));
    }
}
