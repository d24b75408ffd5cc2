//! Writes and reads of the register that a partition's last record is, taken from a history.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::view::{End, Place, Send, View};
use crate::history::{
    Call, ClientOperation, EndOffset, EndOffsetSeen, Isolation, Moment, Offset, Outcome, Report,
    WorkerId,
};
use crate::linearizability;
use crate::linearizability::models::RegisterAction;
use crate::verdict::RegisterUse;

/// With these errors an append has failed only where the target promises that NOT_LEADER means not written: librdkafka
/// returns the last only after one of the others.
const BELIEVED: [&str; 4] = [
    "NOT_LEADER_FOR_PARTITION",
    "NOT_LEADER_OR_FOLLOWER",
    "LEADER_NOT_AVAILABLE",
    "_MSG_TIMED_OUT",
];

/// A value, or the empty register.
pub(super) type Action<'a> = RegisterAction<Option<&'a str>>;
/// An action with its times.
pub(super) type Timed<'a> = linearizability::Operation<Action<'a>>;

/// A use of the register, and where it is in the history.
pub(super) struct Use<'a> {
    /// When and what.
    pub(super) timed: Timed<'a>,
    /// The append, or the question for the end offset.
    pub(super) at: &'a ClientOperation<'a>,
    /// How it came out.
    pub(super) outcome: Outcome,
    /// The record's offset, where it was answered.
    pub(super) offset: Option<Offset>,
    /// The poll that returned the record.
    pub(super) poll: Option<u64>,
    /// The node that answered, if known.
    pub(super) node: Option<&'a str>,
}

/// What each worker read: an end offset, and then the record before it.
pub(super) fn reads<'a>(
    operations: &'a [ClientOperation<'a>],
) -> BTreeMap<Place<'a>, Vec<Use<'a>>> {
    let mut reads: BTreeMap<Place<'a>, Vec<Use<'a>>> = BTreeMap::new();
    let mut asked: BTreeMap<WorkerId, &'a ClientOperation<'a>> = BTreeMap::new();
    for operation in operations {
        match operation.call {
            Call::EndOffset(_) => drop(asked.insert(operation.worker, operation)),
            _ => {
                let end = asked.remove(&operation.worker);
                if let Some((place, read)) = end.and_then(|end| read(end, operation)) {
                    reads.entry(place).or_default().push(read);
                }
            }
        }
    }
    reads
}

/// The read that an end offset and the next call of its worker make together, if they do.
fn read<'a>(
    end: &'a ClientOperation<'a>,
    next: &'a ClientOperation<'a>,
) -> Option<(Place<'a>, Use<'a>)> {
    let (asked, seen) = answered(end)?;
    let place = (asked.topic.as_str(), asked.partition);
    let last = seen.offset?.checked_sub(1).filter(|last| *last >= 0)?;
    let (Call::Poll(poll), Some(Report::Poll(polled)), Outcome::Ok) =
        (next.call, next.report(), next.outcome)
    else {
        return None;
    };
    let [assigned] = poll.assigned.as_slice() else {
        return None;
    };
    if (
        assigned.topic.as_str(),
        assigned.partition,
        assigned.position,
    ) != (place.0, place.1, last)
    {
        return None;
    }
    let record = polled.records.iter().find(|record| {
        (record.topic(), record.partition(), record.offset()) == (place.0, place.1, last)
    })?;
    let action = RegisterAction::Read(Some(Some(record.value())));
    let read = Use {
        timed: timed(end, end.returned(), action),
        at: end,
        outcome: Outcome::Ok,
        offset: Some(last),
        poll: Some(next.id),
        node: seen.node.as_deref().or(asked.node.as_deref()),
    };
    Some((place, read))
}

/// An end offset that was answered, of everything that is committed.
fn answered<'a>(end: &ClientOperation<'a>) -> Option<(&'a EndOffset, &'a EndOffsetSeen)> {
    let (Call::EndOffset(asked), Some(Report::EndOffset(seen)), Outcome::Ok) =
        (end.call, end.report(), end.outcome)
    else {
        return None;
    };
    (asked.isolation == Isolation::ReadUncommitted).then_some((asked, seen))
}

/// Everything that was done with a register of which somebody made these reads.
pub(super) fn all<'a>(check: &Check<'_>, view: &View<'a>, reads: Vec<Use<'a>>) -> Vec<Use<'a>> {
    let read: BTreeSet<&str> = reads.iter().filter_map(Use::value).collect();
    let mut all = reads;
    all.extend(view.ends.iter().filter_map(empty));
    // What nobody read need not have happened if its outcome is unknown; and of one request, with one interval, one
    // such record constrains as much as all of them. Left in, a large batch would be that many concurrent operations to
    // the search.
    let mut unread: Option<&ClientOperation<'_>> = None;
    for send in &view.sends {
        let Some(write) = write(check, send) else {
            continue;
        };
        if !read.contains(send.value) {
            let again = unread.is_some_and(|last| std::ptr::eq(last, send.operation));
            if write.outcome != Outcome::Ok || again {
                continue;
            }
            unread = Some(send.operation);
        }
        all.push(write);
    }
    all
}

/// An end offset of 0: nothing had been written.
fn empty<'a>(end: &End<'a>) -> Option<Use<'a>> {
    (end.offset == 0 && !end.committed).then(|| Use {
        timed: timed(
            end.operation,
            Some(end.returned),
            RegisterAction::Read(Some(None)),
        ),
        at: end.operation,
        outcome: Outcome::Ok,
        offset: None,
        poll: None,
        node: end.node,
    })
}

/// A record that was, or may have been, written.
fn write<'a>(check: &Check<'_>, send: &Send<'a>) -> Option<Use<'a>> {
    let believed = check.history().promises().not_leader_means_not_written;
    let unsure = || send.error().is_some_and(|error| BELIEVED.contains(&error));
    let outcome = match send.outcome {
        Outcome::Fail if believed || !unsure() => return None,
        Outcome::Fail => Outcome::Info,
        outcome => outcome,
    };
    Some(Use {
        timed: timed(
            send.operation,
            send.acknowledged_at(),
            RegisterAction::Write(Some(send.value)),
        ),
        at: send.operation,
        outcome,
        offset: send.offset(),
        poll: None,
        node: None,
    })
}

fn timed<'a>(at: &ClientOperation<'_>, returned: Option<Moment>, action: Action<'a>) -> Timed<'a> {
    linearizability::Operation {
        process: at.worker,
        called: at.called,
        returned,
        action,
    }
}

impl<'a> Use<'a> {
    /// What was written or read; none for the empty register.
    fn value(&self) -> Option<&'a str> {
        match &self.timed.action {
            RegisterAction::Read(value) => value.flatten(),
            RegisterAction::Write(value) | RegisterAction::CompareAndSet { to: value, .. } => {
                *value
            }
        }
    }

    /// As evidence.
    pub(super) fn told(&self) -> RegisterUse {
        RegisterUse {
            writes: !matches!(self.timed.action, RegisterAction::Read(_)),
            value: self.value().map(str::to_owned),
            operation: self.at.id,
            worker: self.at.worker,
            called: self.timed.called,
            returned: self.timed.returned,
            outcome: self.outcome,
            node: self.node.map(str::to_owned),
        }
    }
}

/// An append that failed and whose value was read nevertheless, as evidence.
pub(super) fn refused(send: &Send<'_>) -> RegisterUse {
    RegisterUse {
        writes: true,
        value: Some(send.value.to_owned()),
        operation: send.operation.id,
        worker: send.operation.worker,
        called: send.operation.called,
        returned: send.operation.returned(),
        outcome: send.outcome,
        node: None,
    }
}
