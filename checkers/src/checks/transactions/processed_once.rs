//! `processed-once`: the visible outputs name exactly the visible inputs below the committed offset, each once.
//!
//! An input that nothing names was lost: the offset moved without its output. One that is named twice was processed twice: an
//! output became visible whose offset did not count. Neither needs the outcome of any transaction. Duplicates that are not
//! visible are legal, and so are inputs above the committed offset.

use crate::checks::Check;
use crate::checks::view::evidence;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

use super::ledger::placed;
use super::streams::{Output, Stream, Streams};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let streams = check.streams();
    let mut inputs = 0;
    for stream in known(streams, &mut verdict) {
        let Some((committed, fetch)) = stream.committed else {
            continue;
        };
        let mut outputs = stream.outputs.as_slice();
        for (offset, value) in stream.records.iter().flatten() {
            if *offset >= committed {
                break;
            }
            inputs += 1;
            let from = outputs.partition_point(|output| output.input < *offset);
            let named = outputs[from..].partition_point(|output| output.input == *offset);
            let these = &outputs[from..from + named];
            outputs = &outputs[from + named..];
            let input = placed(stream.input, Some(*offset), value);
            match these {
                // Without every output at hand, nothing is missing.
                [] if !streams.unread.is_empty() => {}
                [] => verdict.found(Anomaly {
                    kind: Finding::InputLost { input, committed },
                    certain: true,
                    evidence: evidence(stream.input, &[fetch], &[*offset]),
                }),
                [_] => {}
                twice => {
                    let reads: Vec<u64> = twice.iter().map(|output| output.read).collect();
                    let outputs = twice.iter().map(Output::placed).collect();
                    verdict.found(Anomaly {
                        kind: Finding::InputTwice { input, outputs },
                        certain: true,
                        evidence: evidence(stream.input, &reads, &[*offset]),
                    });
                }
            }
        }
    }
    check.saw(inputs, "inputs below the committed offset", &mut verdict);
    verdict
}

/// The streams, and a doubt for each whose ends were not seen.
pub(super) fn known<'s, 'a>(streams: &'s Streams<'a>, verdict: &mut Verdict) -> &'s [Stream<'a>] {
    let mut lacks = |what: &str| {
        let what = what.to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
    };
    for stream in &streams.streams {
        if stream.committed.is_none() {
            lacks("final committed offsets");
        }
        if stream.records.is_none() {
            lacks("final reads of the input");
        }
    }
    if !streams.unread.is_empty() {
        lacks("final reads of all outputs");
    }
    if streams.nameless > 0 || streams.ambiguous > 0 {
        verdict.doubt(Doubt::BadHistory {
            problems: streams.nameless + streams.ambiguous,
        });
    }
    &streams.streams
}
