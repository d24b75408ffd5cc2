//! Where logs begin: questions for the first offset, and requests to delete records.

use super::super::{Deletion, Start};
use super::Views;
use crate::history::{
    ClientOperation, DeleteRecords, Offset, Outcome, Report, StartOffset, StartOffsetSeen,
};

impl<'a> Views<'a> {
    pub(super) fn start(
        &mut self,
        asked: &'a StartOffset,
        operation: &'a ClientOperation<'a>,
        seen: &'a StartOffsetSeen,
        node: Option<usize>,
    ) {
        if let (Some(offset), Some(node), Outcome::Ok) = (seen.offset, node, operation.outcome) {
            let view = self.of((&asked.topic, asked.partition));
            view.starts.push(Start {
                node,
                operation,
                offset,
            });
        }
    }

    /// Below -1 stands for the end of the log at that time, as Kafka has it: everything.
    pub(super) fn removal(
        &mut self,
        asked: &'a DeleteRecords,
        operation: &'a ClientOperation<'a>,
        node: Option<usize>,
    ) {
        let below = match asked.offset < 0 {
            true => Offset::MAX,
            false => asked.offset,
        };
        let view = self.of((&asked.topic, asked.partition));
        view.removals.push((operation.called, below));
        let answered = match operation.report() {
            Some(Report::DeleteRecords(seen)) => seen.low_watermark,
            _ => None,
        };
        if let (Some(low_watermark), Some(returned), Outcome::Ok) =
            (answered, operation.returned(), operation.outcome)
        {
            view.deletions.push(Deletion {
                node,
                operation,
                returned,
                asked: asked.offset,
                low_watermark,
            });
        }
    }
}
