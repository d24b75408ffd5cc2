//! `nothing-beyond`: no visible output names an input at or above the committed offset. Such an output became visible, and
//! the offset of its transaction did not.

use super::processed_once::known;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for stream in known(check.streams(), &mut verdict) {
        let Some((committed, fetch)) = stream.committed else {
            continue;
        };
        count += stream.outputs.len() as u64;
        let beyond = stream
            .outputs
            .partition_point(|output| output.input < committed);
        for output in &stream.outputs[beyond..] {
            verdict.found(Anomaly {
                kind: Finding::OutputBeyond {
                    output: output.placed(),
                    named: (stream.input.1, output.input),
                    committed,
                },
                certain: true,
                evidence: evidence(output.place, &[output.read, fetch], &[output.offset]),
            });
        }
    }
    check.saw(count, "visible outputs", &mut verdict);
    verdict
}
