//! How often something was found: the number of findings, and what it comes down to. One election of five partitions is
//! five findings and one event, and a reader who sees only *5 times* looks for five causes.

use std::collections::BTreeSet;

use checkers::verdict::Anomaly;

use crate::format::count;

/// `15 findings (3 events on 5 partitions)`. Events and partitions are stated only if all findings were kept.
pub(crate) fn occurrences(anomalies: &[&Anomaly], total: u64) -> String {
    let findings = count(total, "findings");
    if anomalies.len() as u64 != total || total < 2 {
        return findings;
    }
    let place = |a: &&Anomaly| Some((a.evidence.topic.clone()?, a.evidence.partition?));
    let partitions: BTreeSet<_> = anomalies.iter().filter_map(place).collect();
    let mut parts: Vec<String> = Vec::new();
    match events(anomalies) {
        Some(events) if events < total => parts.push(count(events, "events")),
        _ => {}
    }
    if partitions.len() > 1 {
        parts.push(format!("on {} partitions", partitions.len()));
    }
    if parts.is_empty() {
        findings
    } else {
        format!("{findings} ({})", parts.join(" "))
    }
}

/// Findings whose times overlap are one event. None if a finding has no time.
fn events(anomalies: &[&Anomaly]) -> Option<u64> {
    let windows: Option<Vec<(u64, u64)>> = anomalies.iter().map(|a| a.evidence.window).collect();
    let mut windows = windows?;
    windows.sort_unstable();
    let (mut events, mut end) = (0, None);
    for (from, to) in windows {
        if end.is_none_or(|end| from > end) {
            events += 1;
        }
        end = end.max(Some(to));
    }
    Some(events)
}

#[cfg(test)]
mod tests {
    use checkers::verdict::{Evidence, Finding};

    use super::*;

    fn at(window: (u64, u64), partition: i32) -> Anomaly {
        Anomaly {
            kind: Finding::Custom {
                name: "x".into(),
                text: String::new(),
            },
            certain: true,
            evidence: Evidence {
                topic: Some("t".into()),
                partition: Some(partition),
                window: Some(window),
                ..Evidence::default()
            },
        }
    }

    #[test]
    fn one_election_of_many_partitions_is_one_event() {
        let all = [at((1, 5), 0), at((2, 6), 1), at((6, 7), 2), at((20, 30), 0)];
        let refs: Vec<&Anomaly> = all.iter().collect();
        assert_eq!(
            occurrences(&refs, 4),
            "4 findings (2 events on 3 partitions)"
        );
        assert_eq!(
            occurrences(&refs, 9),
            "9 findings",
            "the others are not known"
        );
        assert_eq!(occurrences(&refs[..1], 1), "1 finding");
        assert_eq!(occurrences(&[&all[0], &all[3]], 2), "2 findings");
    }
}
