//! Every record that a consumer of `read_committed` was given, by whatever it was read: polls, deliveries to members, and raw
//! readings, of which the visible part counts.

use super::log::{reading, visible};
use crate::checks::view::Place;
use crate::history::{Call, ClientOperation, Isolation, Moment, Offset, RawRecord, Report};

/// A record that was read.
pub(crate) struct Sight<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) place: Place<'a>,
    pub(crate) offset: Offset,
    pub(crate) value: &'a str,
    /// When the answer came.
    pub(crate) returned: Moment,
}

/// Calls with every such record, in the order of the calls that read them.
pub(crate) fn each<'a>(
    operations: &'a [ClientOperation<'a>],
    mut take: impl FnMut(Sight<'a>),
) -> u64 {
    let mut count = 0;
    for operation in operations {
        let Some(returned) = operation.completed() else {
            continue;
        };
        let mut saw = |place, offset, value| {
            count += 1;
            take(Sight {
                operation,
                place,
                offset,
                value,
                returned,
            });
        };
        let records = match (operation.call, operation.report()) {
            (Call::Poll(poll), Some(Report::Poll(polled)))
                if poll.isolation == Isolation::ReadCommitted =>
            {
                &polled.records
            }
            (Call::Deliver(poll), Some(Report::Deliver(delivered)))
                if poll.isolation == Isolation::ReadCommitted =>
            {
                &delivered.records
            }
            (Call::RawRead(_), _) => {
                if let Some((read, seen)) = reading(operation) {
                    let place = (read.topic.as_str(), read.partition);
                    let all: Vec<&RawRecord> = seen.records.iter().collect();
                    let aborted = seen
                        .aborted
                        .as_ref()
                        .map(|all| all.iter().copied().collect());
                    for record in visible(&all, aborted.as_ref()) {
                        if let Some(value) = &record.1 {
                            saw(place, record.offset(), value.as_str());
                        }
                    }
                }
                continue;
            }
            _ => continue,
        };
        for record in records {
            saw(
                (record.0.as_str(), record.partition()),
                record.offset(),
                record.3.as_str(),
            );
        }
    }
    count
}
