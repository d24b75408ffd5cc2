//! Which topics transactions write to: the checks of plain logs leave them out.

use std::collections::BTreeSet;

use crate::history::{Call, ClientOperation, Report, Text};

/// Topics that transactions write to. Their markers take offsets, and their records become visible later or never, which
/// the checks of plain logs would take for losses and offsets out of nothing; they are judged by the checks of
/// transactions instead.
pub(crate) fn topics<'a>(operations: &[ClientOperation<'a>]) -> BTreeSet<&'a str> {
    let mut topics = BTreeSet::new();
    for operation in operations {
        let Call::Transaction(transaction) = operation.call else {
            continue;
        };
        topics.extend(transaction.topics.iter().map(Text::as_str));
        if let Some(Report::Transaction(end)) = operation.report() {
            topics.extend(end.sends.iter().map(|send| send.topic.as_str()));
        }
    }
    topics
}

/// Whether a call is about one of these topics.
pub(super) fn is_of(call: &Call, topics: &BTreeSet<&str>) -> bool {
    let of = |topic: &Text| topics.contains(topic.as_str());
    match call {
        Call::Append(append) => of(&append.topic),
        Call::Poll(poll) => poll.assigned.iter().any(|assigned| of(&assigned.topic)),
        Call::Read(read) => of(&read.topic),
        Call::EndOffset(asked) => of(&asked.topic),
        Call::StartOffset(asked) => of(&asked.topic),
        Call::DeleteRecords(asked) => of(&asked.topic),
        _ => false,
    }
}
