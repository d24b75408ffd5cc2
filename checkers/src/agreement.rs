//! When a cluster has recovered: the one definition, for the run that waits for it and for the check that looks for it.
//!
//! The nodes agree when the last Metadata answers of *all* nodes are fresh, list the same partitions, all of those that
//! were asked for, and name the same leader and epoch for each. Metadata alone decides, because every client is served
//! by it. DescribeQuorum does not: a node may forward it, and a real node (Apache Kafka 4) did not answer it for seconds
//! after a heal while it served clients. The run went on, the check waited for that answer, and a recovery of 6.6 s was
//! undecided.

use crate::history::{Moment, NodeName, PartitionClaim};
use crate::verdict::{Lack, Lacking};

/// An older answer says nothing about the present.
pub const FRESH: Moment = 1_000_000_000;

/// The last answer of each node about the leaders of all partitions.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    answers: Vec<Option<Answer>>,
}

#[derive(Clone, Debug)]
struct Answer {
    at: Moment,
    /// In the order of topic and partition; none if the node did not answer.
    rows: Option<Vec<PartitionClaim>>,
}

impl Agreement {
    /// Nothing has been answered yet by so many nodes.
    pub fn of(nodes: usize) -> Agreement {
        Agreement {
            answers: vec![None; nodes],
        }
    }

    /// The nth node (from 0) answered with these rows, or did not answer. A node that is not there is ignored.
    pub fn answered(&mut self, node: usize, at: Moment, rows: Option<&[PartitionClaim]>) {
        let sorted = |rows: &[PartitionClaim]| {
            let mut rows = rows.to_vec();
            rows.sort_by(|a, b| (a.topic(), a.partition()).cmp(&(b.topic(), b.partition())));
            rows
        };
        if let Some(known) = self.answers.get_mut(node) {
            let rows = rows.map(sorted);
            *known = Some(Answer { at, rows });
        }
    }

    /// The leader and the epoch of the first partition, if all nodes agree at this time on at least so many partitions.
    pub fn agreed(&self, now: Moment, partitions: usize) -> Option<(i32, i32)> {
        let mut first: Option<&[PartitionClaim]> = None;
        for answer in &self.answers {
            let rows = answer.as_ref().and_then(|answer| answer.fresh(now))?;
            let led = || rows.iter().all(|row| row.leader().is_some());
            if rows.len() < partitions || *first.get_or_insert(rows) != rows || !led() {
                return None;
            }
        }
        let row = first?.first()?;
        Some((row.leader()?, row.epoch().unwrap_or(-1)))
    }

    /// What keeps the nodes from agreeing: for each node the first thing that is missing.
    pub fn lacking(&self, now: Moment, partitions: usize, nodes: &[NodeName]) -> Vec<Lacking> {
        let fresh: Vec<Option<&[PartitionClaim]>> = self
            .answers
            .iter()
            .map(|answer| answer.as_ref()?.fresh(now))
            .collect();
        let most = fresh.iter().flatten().map(|rows| rows.len()).max();
        let most = most.unwrap_or(0).max(partitions);
        let mut lacking: Vec<Lacking> = Vec::new();
        for (rows, node) in fresh.iter().zip(nodes) {
            let lacks = |lack, row: Option<&PartitionClaim>| Lacking {
                node: node.clone(),
                lack,
                topic: row.map(|row| row.topic().to_owned()),
                partition: row.map(PartitionClaim::partition),
                leader: row.and_then(PartitionClaim::leader),
                epoch: row.and_then(PartitionClaim::epoch),
            };
            let Some(rows) = rows else {
                lacking.push(lacks(Lack::NoAnswer, None));
                continue;
            };
            let other = |row: &&PartitionClaim| {
                let differs = |others: &&[PartitionClaim]| {
                    let same = |o: &&PartitionClaim| {
                        (o.topic(), o.partition()) == (row.topic(), row.partition())
                    };
                    others.iter().find(same).is_some_and(|o| o != *row)
                };
                fresh.iter().flatten().any(differs)
            };
            if rows.len() < most {
                lacking.push(lacks(Lack::FewerPartitions, None));
            } else if let Some(row) = rows.iter().find(|row| row.leader().is_none()) {
                lacking.push(lacks(Lack::NoLeader, Some(row)));
            } else if let Some(row) = rows.iter().find(other) {
                lacking.push(lacks(Lack::OtherLeader, Some(row)));
            }
        }
        lacking
    }
}

impl Answer {
    fn fresh(&self, now: Moment) -> Option<&[PartitionClaim]> {
        self.rows
            .as_deref()
            .filter(|_| now.saturating_sub(self.at) < FRESH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Moment = 1_000_000;

    fn row(partition: i32, leader: i32, epoch: i32) -> PartitionClaim {
        PartitionClaim("t".into(), partition, leader, epoch)
    }

    fn names() -> Vec<NodeName> {
        ["n1", "n2"].map(str::to_owned).to_vec()
    }

    #[test]
    fn all_nodes_agree_or_what_is_missing_is_named() {
        let mut view = Agreement::of(2);
        view.answered(0, 10 * MS, Some(&[row(0, 1, 4), row(1, 2, 7)]));
        let lacks = |view: &Agreement, now| {
            let lacking = view.lacking(now, 2, &names());
            let all = lacking.into_iter().map(|l| (l.node, l.lack, l.partition));
            all.collect::<Vec<_>>()
        };
        assert_eq!(view.agreed(20 * MS, 2), None);
        assert_eq!(
            lacks(&view, 20 * MS),
            [("n2".to_owned(), Lack::NoAnswer, None)]
        );
        // In another order: the same.
        view.answered(1, 15 * MS, Some(&[row(1, 2, 7), row(0, 1, 4)]));
        assert_eq!(view.agreed(20 * MS, 2), Some((1, 4)));
        assert_eq!(view.agreed(20 * MS, 3), None, "one partition is missing");
        assert!(lacks(&view, 20 * MS).is_empty());
        view.answered(1, 16 * MS, Some(&[row(0, 1, 4), row(1, 1, 8)]));
        assert_eq!(view.agreed(20 * MS, 2), None);
        let both = lacks(&view, 20 * MS);
        assert_eq!(both[1], ("n2".to_owned(), Lack::OtherLeader, Some(1)));
        view.answered(1, 17 * MS, Some(&[row(0, -1, -1), row(1, 2, 7)]));
        assert_eq!(
            lacks(&view, 20 * MS)[1],
            ("n2".to_owned(), Lack::NoLeader, Some(0))
        );
        view.answered(1, 18 * MS, None);
        assert_eq!(lacks(&view, 20 * MS)[0].1, Lack::NoAnswer);
    }

    #[test]
    fn an_old_answer_does_not_count() {
        let mut view = Agreement::of(1);
        view.answered(0, 0, Some(&[row(0, 1, 4)]));
        assert_eq!(view.agreed(FRESH - 1, 1), Some((1, 4)));
        assert_eq!(view.agreed(FRESH, 1), None);
    }

    #[test]
    fn nobody_agrees_on_nothing() {
        let mut view = Agreement::of(1);
        view.answered(0, 0, Some(&[]));
        assert_eq!(view.agreed(1, 0), None);
    }
}
