//! `output-order`: within one output partition, the visible outputs of one input partition name ascending offsets. One owner at
//! a time reads a partition in its order, and a producer's records stay in theirs. An input that is named twice is
//! `processed-once`'s.

use super::processed_once::known;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for stream in known(check.streams(), &mut verdict) {
        let mut by_offset: Vec<_> = stream.outputs.iter().collect();
        by_offset.sort_unstable_by_key(|output| (output.place, output.offset));
        count += by_offset.len() as u64;
        for of_place in by_offset.chunk_by(|a, b| a.place == b.place) {
            for pair in of_place.windows(2) {
                let (earlier, later) = (pair[0], pair[1]);
                if later.input >= earlier.input {
                    continue;
                }
                let offsets = [earlier.offset, later.offset];
                verdict.found(Anomaly {
                    kind: Finding::OutputReordered {
                        earlier: earlier.placed(),
                        later: later.placed(),
                        partition: stream.input.1,
                    },
                    certain: true,
                    evidence: evidence(later.place, &[earlier.read, later.read], &offsets),
                });
            }
        }
    }
    check.saw(count, "visible outputs", &mut verdict);
    verdict
}
