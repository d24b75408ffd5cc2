//! A register whose values are each written at most once (Gibbons, Korach 1997).
//!
//! All operations on one value form a cluster: its write, then its reads. Its *zone* lies between the first return and
//! the last call among them. If the first return comes before the last call, the register certainly holds the value all
//! that time: a *forward* zone. Otherwise the cluster can be placed at any one moment of the zone: a *backward* zone.
//! The initial value is written before everything. There is a linearization if and only if no read of a value returns
//! before the value's write is called, no two forward zones overlap, and no backward zone lies inside a forward one.
//!
//! A crashed write that nobody read is left out: it need not have happened. One that was read has no return of its own.

use super::{Writers, call, contradiction, end};
use crate::linearizability::actions::RegisterAction;
use crate::linearizability::models::Datum;
use crate::linearizability::{Decision, Operation, Rule};

/// What happened to one value.
struct Cluster {
    /// None for the initial value.
    write: Option<usize>,
    read: bool,
    /// The first return, and whose it is.
    first_return: (u64, usize),
    /// The last call, and whose it is.
    last_call: (u64, usize),
}

/// Decides a register's history; none if a value is written twice, if the initial value is written, or if there is a
/// compare-and-set.
pub fn decide<V: Datum>(
    initial: &V,
    operations: &[&Operation<RegisterAction<V>>],
) -> Option<Decision> {
    let mut writers = Writers::with_capacity(operations.len());
    let mut clusters: Vec<Cluster> = Vec::with_capacity(operations.len());
    for (position, operation) in operations.iter().enumerate() {
        match &operation.action {
            RegisterAction::Write(value) if value != initial => {
                writers.insert(value, position)?;
                clusters.push(Cluster {
                    write: Some(position),
                    read: false,
                    first_return: (end(operation), position),
                    last_call: (call(operation), position),
                });
            }
            RegisterAction::Read(_) => {}
            _ => return None,
        }
    }
    clusters.push(Cluster {
        write: None,
        read: false,
        first_return: (0, usize::MAX),
        last_call: (0, usize::MAX),
    });
    for (position, operation) in operations.iter().enumerate() {
        let RegisterAction::Read(Some(value)) = &operation.action else {
            continue;
        };
        if operation.returned.is_none() {
            continue;
        }
        let number = if value == initial {
            clusters.len() - 1
        } else {
            match writers.number(value) {
                Some(number) => number,
                None => return Some(contradiction(Rule::NobodyWrote, &[], position)),
            }
        };
        let cluster = &mut clusters[number];
        if let Some(write) = cluster.write
            && end(operation) < call(operations[write])
        {
            return Some(contradiction(Rule::AnsweredBeforeCall, &[write], position));
        }
        cluster.read = true;
        cluster.first_return = cluster.first_return.min((end(operation), position));
        cluster.last_call = cluster.last_call.max((call(operation), position));
    }
    clusters.retain(|cluster| {
        let returned = |write: usize| operations[write].returned.is_some();
        cluster.read || cluster.write.is_some_and(returned)
    });
    Some(zones(clusters))
}

/// Whether the zones fit.
fn zones(clusters: Vec<Cluster>) -> Decision {
    let forward = |cluster: &Cluster| cluster.first_return.0 < cluster.last_call.0;
    let (mut forwards, backwards): (Vec<Cluster>, Vec<Cluster>) =
        clusters.into_iter().partition(forward);
    forwards.sort_unstable_by_key(|cluster| cluster.first_return);
    for pair in forwards.windows(2) {
        if pair[1].first_return.0 < pair[0].last_call.0 {
            return clash(Rule::ValuesOverlap, &pair[0], &pair[1]);
        }
    }
    for inner in &backwards {
        let from = inner.last_call.0;
        let before = forwards.partition_point(|outer| outer.first_return.0 < from);
        if let Some(outer) = before.checked_sub(1).map(|at| &forwards[at])
            && inner.first_return.0 < outer.last_call.0
        {
            return clash(Rule::ValueReturned, outer, inner);
        }
    }
    Decision::Linearizable
}

/// Two clusters that cannot both be; the last operation called is the one that cannot be placed.
fn clash(rule: Rule, one: &Cluster, other: &Cluster) -> Decision {
    let mut witness: Vec<usize> = Vec::new();
    for cluster in [one, other] {
        witness.extend(cluster.write);
        witness.extend([cluster.first_return.1, cluster.last_call.1]);
    }
    witness.retain(|position| *position != usize::MAX);
    let last = one.last_call.max(other.last_call).1;
    contradiction(rule, &witness, last)
}
