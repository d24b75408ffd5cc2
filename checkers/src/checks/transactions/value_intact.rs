//! `value-intact`: the input that an output names exists and has the value that the output says.

use super::processed_once::known;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for stream in known(check.streams(), &mut verdict) {
        if stream.records.is_none() {
            continue;
        }
        for output in &stream.outputs {
            count += 1;
            let input = stream.value(output.input);
            if input == Some(output.input_value) {
                continue;
            }
            verdict.found(Anomaly {
                kind: Finding::OutputAltered {
                    output: output.placed(),
                    named: (stream.input.1, output.input),
                    input: input.map(str::to_owned),
                },
                certain: true,
                evidence: evidence(output.place, &[output.read], &[output.offset]),
            });
        }
    }
    check.saw(count, "visible outputs", &mut verdict);
    verdict
}
