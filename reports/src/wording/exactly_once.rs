//! Sentences for findings about exactly-once processing: inputs and the outputs that name them.

use checkers::verdict::{Evidence, Finding};

use super::authorities::EXACTLY_ONCE;
use super::named::{record, records};
use super::{Words, partition};
use crate::format::{count, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    Some(match finding {
        Finding::InputLost { input, committed } => Words::of(
            "Input lost",
            "Every input below the committed offset has one visible output.",
            EXACTLY_ONCE,
        )
        .seen(format!(
            "No visible output names input {}. The committed offset of its partition is {committed}.",
            record(input)
        ))
        .therefore("The input counts as consumed, so no worker will process it."),
        Finding::InputTwice { input, outputs } => Words::of(
            "Input processed twice",
            "Every input below the committed offset has one visible output.",
            EXACTLY_ONCE,
        )
        .seen(format!(
            "{} name input {}: {}.",
            count(outputs.len() as u64, "visible outputs"),
            record(input),
            records(outputs)
        ))
        .therefore("An output became visible, and its input was processed again nevertheless."),
        Finding::OutputAltered {
            output,
            named: (partition, offset),
            input,
        } => Words::of(
            "Output of another input",
            "An output names an input that exists, with the value that it has.",
            EXACTLY_ONCE,
        )
        .seen(format!(
            "Output {} names the input at offset {offset} of partition {partition}. {}",
            record(output),
            match input {
                Some(value) => format!("The input there has value {}.", untrusted(value)),
                None => "There is no record at that offset.".to_owned(),
            }
        ))
        .therefore("The worker got other data than the input topic has, or its output was altered."),
        other => return progress(other, at),
    })
}

fn progress(finding: &Finding, at: &Evidence) -> Option<Words> {
    Some(match finding {
        Finding::OutputBeyond {
            output,
            named: (partition, offset),
            committed,
        } => Words::of(
            "Output beyond the committed offset",
            "An output becomes visible together with the offset of its input.",
            EXACTLY_ONCE,
        )
        .seen(format!(
            "Output {} names the input at offset {offset} of partition {partition}. The committed offset of that \
             partition is {committed}.",
            record(output)
        ))
        .therefore("The input does not count as consumed, so the next worker processes it again."),
        Finding::OutputReordered {
            earlier,
            later,
            partition,
        } => Words::of(
            "Outputs out of order",
            "The outputs of one input partition follow its order.",
            EXACTLY_ONCE,
        )
        .seen(format!(
            "Output {} precedes output {}. Both name inputs of partition {partition}.",
            record(earlier),
            record(later)
        ))
        .therefore("The second output names the earlier input."),
        Finding::InputLeft {
            group,
            committed,
            end,
        } => Words::of(
            "Input not processed to its end",
            "In the end, the committed offset of every input partition is at its end.",
            "a limit of the target's configuration",
        )
        .seen(format!(
            "The final committed offset of group {} is {committed} for {}. The end of the input is offset {end}.",
            untrusted(group),
            partition(at)
        ))
        .therefore("The group did not process the rest before the end of the run."),
        _ => return None,
    })
}
