//! What the checks of content look at: one partition's sends, sightings and end offsets, collected in one pass.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{
    Acks, Call, History, Moment, NodeName, Offset, Operation, Outcome, Record, Report,
};
use crate::verdict::Evidence;

/// Topic and partition.
pub(crate) type Place = (String, i32);

/// A record that somebody tried to append.
#[derive(Clone, Debug)]
pub(crate) struct Send {
    pub(crate) value: String,
    pub(crate) operation: u64,
    pub(crate) worker: u64,
    pub(crate) called: Moment,
    /// When it was acknowledged; none unless it was.
    pub(crate) returned: Option<Moment>,
    pub(crate) outcome: Outcome,
    /// The offset with which it was acknowledged.
    pub(crate) offset: Option<Offset>,
    pub(crate) error: Option<String>,
    pub(crate) acks: Acks,
    pub(crate) idempotent: bool,
}

/// A record that was read.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) value: String,
    pub(crate) offset: Offset,
    pub(crate) operation: u64,
    pub(crate) node: Option<NodeName>,
    pub(crate) returned: Moment,
    pub(crate) poll: bool,
}

/// A final read: what a node served from `position` up to `next`.
#[derive(Clone, Debug)]
pub(crate) struct Covered {
    pub(crate) node: NodeName,
    pub(crate) operation: u64,
    pub(crate) position: Offset,
    pub(crate) next: Offset,
    pub(crate) start: Offset,
}

/// An end offset that was answered.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) operation: u64,
    pub(crate) called: Moment,
    pub(crate) returned: Moment,
    pub(crate) offset: Offset,
    pub(crate) node: Option<NodeName>,
}

/// One partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// By value.
    pub(crate) sends: BTreeMap<String, Send>,
    /// Values in the order of their sends.
    pub(crate) order: Vec<String>,
    pub(crate) sights: Vec<Sight>,
    pub(crate) ends: Vec<End>,
    pub(crate) covered: Vec<Covered>,
    /// Offsets that are known to hold a record.
    pub(crate) known: BTreeSet<Offset>,
}

impl View {
    /// Records that were acknowledged with an offset.
    pub(crate) fn acknowledged(&self) -> impl Iterator<Item = (&Send, Offset)> {
        self.sends.values().filter_map(|send| {
            let offset = send.offset.filter(|offset| *offset >= 0)?;
            (send.outcome == Outcome::Ok).then_some((send, offset))
        })
    }
}

/// Every partition to which something was appended.
pub(crate) fn of(history: &History, operations: &[Operation<'_>]) -> BTreeMap<Place, View> {
    let mut views: BTreeMap<Place, View> = BTreeMap::new();
    for operation in operations {
        if let Call::Append(append) = operation.call {
            let view = views
                .entry((append.topic.clone(), append.partition))
                .or_default();
            appended(view, operation);
        }
    }
    for operation in operations {
        let returned = operation.returned.unwrap_or(Moment::MAX);
        let arrived = operation.completion.map_or(returned, |_| {
            // A failed poll's records were seen, too.
            operation.returned.unwrap_or_else(|| history.end())
        });
        match (operation.call, operation.report()) {
            (Call::Poll(_), Some(Report::Poll(polled))) => {
                sighted(&mut views, operation, &polled.records, None, arrived);
            }
            (Call::Read(read), Some(Report::Read(seen))) => {
                let node = Some(read.node.clone());
                sighted(&mut views, operation, &seen.records, node, arrived);
                let view = views.get_mut(&(read.topic.clone(), read.partition));
                if let (Some(view), Some(next)) = (view, seen.next)
                    && operation.outcome == Outcome::Ok
                {
                    view.covered.push(Covered {
                        node: read.node.clone(),
                        operation: operation.id,
                        position: read.position,
                        next,
                        start: seen.log_start_offset.unwrap_or(0),
                    });
                }
            }
            (Call::EndOffset(asked), Some(Report::EndOffset(seen))) => {
                let view = views.get_mut(&(asked.topic.clone(), asked.partition));
                if let (Some(view), Some(offset), Outcome::Ok) =
                    (view, seen.offset, operation.outcome)
                {
                    view.ends.push(End {
                        operation: operation.id,
                        called: operation.called,
                        returned,
                        offset,
                        node: seen.node.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    for view in views.values_mut() {
        let acknowledged: Vec<Offset> = view.acknowledged().map(|(_, offset)| offset).collect();
        view.known.extend(acknowledged);
        view.known
            .extend(view.sights.iter().map(|sight| sight.offset));
    }
    views
}

fn appended(view: &mut View, operation: &Operation<'_>) {
    let Call::Append(append) = operation.call else {
        return;
    };
    let records = match operation.report() {
        Some(Report::Append(appended)) => appended.records.as_slice(),
        _ => &[],
    };
    let arrived = operation.returned;
    for (at, value) in append.values.iter().enumerate() {
        let record = records.get(at);
        let outcome = record.map_or(operation.outcome, |record| record.outcome);
        let send = Send {
            value: value.clone(),
            operation: operation.id,
            worker: operation.worker,
            called: operation.called,
            returned: arrived.filter(|_| outcome == Outcome::Ok),
            outcome,
            offset: record.and_then(|record| record.offset),
            error: record.and_then(|record| record.error.clone()),
            acks: append.acks,
            idempotent: append.idempotent,
        };
        view.order.push(value.clone());
        view.sends.insert(value.clone(), send);
    }
}

fn sighted(
    views: &mut BTreeMap<Place, View>,
    operation: &Operation<'_>,
    records: &[Record],
    node: Option<NodeName>,
    returned: Moment,
) {
    let mut place: Place = Default::default();
    for record in records {
        if place.0 != record.topic() || place.1 != record.partition() {
            place = (record.topic().to_owned(), record.partition());
        }
        let Some(view) = views.get_mut(&place) else {
            continue;
        };
        view.sights.push(Sight {
            value: record.value().to_owned(),
            offset: record.offset(),
            operation: operation.id,
            node: node.clone(),
            returned,
            poll: node.is_none(),
        });
    }
}

/// Evidence in a partition.
pub(crate) fn evidence(place: &Place, operations: &[u64], offsets: &[Offset]) -> Evidence {
    let mut operations = operations.to_vec();
    operations.sort_unstable();
    operations.dedup();
    let mut offsets = offsets.to_vec();
    offsets.sort_unstable();
    offsets.dedup();
    Evidence {
        operations,
        offsets,
        topic: Some(place.0.clone()),
        partition: Some(place.1),
        ..Evidence::default()
    }
}
