//! `altered-record`: a record that was read with another key, value, header or timestamp than it was sent with.
//!
//! The recorder knows what it sent, and compares every record that it reads as a whole. The history has one word for each
//! record, and an observation for what differs. Where the word itself is lost, nobody can say whose record it was: that
//! is a phantom value.

use super::Check;
use super::view::evidence;
use crate::history::Seen;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let settled = check.history().settled();
    let mut all = settled.and_then(|settled| settled.answers.compared);
    for observed in check.history().observations() {
        let Seen::Content { compared, altered } = &observed.observation.seen else {
            continue;
        };
        all = Some(all.unwrap_or(0_u64).saturating_add(*compared));
        for record in altered {
            let mut evidence = evidence((&record.topic, record.partition), &[], &[record.offset]);
            evidence.events = vec![observed.id];
            evidence.window = Some((observed.observation.called, observed.at));
            verdict.found(Anomaly {
                kind: Finding::AlteredRecord {
                    value: record.value.to_string(),
                    offset: record.offset,
                    fields: record.fields.iter().map(ToString::to_string).collect(),
                },
                certain: true,
                evidence,
            });
        }
    }
    match all {
        Some(compared) => check.saw(compared, "records compared", &mut verdict),
        None => {
            let what = "records that were compared as a whole".to_owned();
            verdict.not_applicable(Doubt::NotInRun { what });
        }
    }
    verdict
}
