//! `input-progress`: in the end the committed offset has come to the end of each input partition. A group that is stuck, or a
//! last stable offset that is, shows here.

use super::processed_once::known;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::Phase;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ends = check.history().phase(Phase::Final).is_some();
    let mut count = 0;
    for stream in known(check.streams(), &mut verdict) {
        let (Some((committed, fetch)), Some(records)) = (stream.committed, &stream.records) else {
            continue;
        };
        count += 1;
        let end = records.last().map_or(0, |last| last.0 + 1);
        if committed >= end {
            continue;
        }
        // Without that phase nobody waited for the group, and what is left may only have come late.
        if !ends {
            verdict.doubt(Doubt::CutShort);
            continue;
        }
        verdict.found(Anomaly {
            kind: Finding::InputLeft {
                group: stream.group.to_owned(),
                committed,
                end,
            },
            certain: false,
            evidence: evidence(stream.input, &[fetch], &[committed]),
        });
    }
    check.saw(count, "input partitions", &mut verdict);
    verdict
}
