//! Overlaps: times at which two nodes claimed to lead at once, computed from the lanes.
//!
//! Two nodes in *one* epoch contradict election safety if they lead the same partition. Different epochs may overlap
//! for a limited time, until the old leader learns of the new one. Overlaps are shown here; the checks judge them.

use checkers::judgement::NodeLane;

use crate::format::{length_ms, moment, untrusted};

/// Two nodes that claimed to lead at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Its begin.
    pub(crate) begin_ns: u64,
    /// Its end.
    pub(crate) end_ns: u64,
    /// The two nodes, each with the epoch that it claimed.
    pub(crate) claims: [(String, Option<i32>); 2],
    /// Whether both named the same epoch.
    pub(crate) same_epoch: bool,
}

impl Overlap {
    /// One line about it.
    pub(crate) fn title(&self) -> String {
        let [a, b] = self.claims.each_ref().map(|(node, epoch)| match epoch {
            Some(epoch) => format!("{} (epoch {epoch})", untrusted(node)),
            None => untrusted(node),
        });
        let length = length_ms((self.end_ns - self.begin_ns) / 1_000_000);
        format!(
            "{a} and {b} both claimed to lead from {} for {length}",
            moment(self.begin_ns)
        )
    }
}

/// All overlaps, in order of time.
pub(crate) fn overlaps(lanes: &[NodeLane]) -> Vec<Overlap> {
    let mut found = Vec::new();
    for (index, one) in lanes.iter().enumerate() {
        for other in &lanes[index + 1..] {
            pair(one, other, &mut found);
        }
    }
    found.sort_by(|a, b| (a.begin_ns, a.end_ns, &a.claims).cmp(&(b.begin_ns, b.end_ns, &b.claims)));
    found
}

/// Spans of a node are in order of time, so two cursors suffice. A node that leads several seats in several epochs
/// may have spans that overlap each other; the cursor then moves past the one that ends first.
fn pair(one: &NodeLane, other: &NodeLane, found: &mut Vec<Overlap>) {
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (one.leading.get(i), other.leading.get(j)) {
        let (begin_ns, end_ns) = (a.from.max(b.from), a.to.min(b.to));
        if begin_ns < end_ns {
            found.push(Overlap {
                begin_ns,
                end_ns,
                claims: [(one.node.clone(), a.epoch), (other.node.clone(), b.epoch)],
                same_epoch: a.epoch.is_some() && a.epoch == b.epoch,
            });
        }
        if a.to <= b.to { i += 1 } else { j += 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::judgement::LeadSpan;

    fn lane(node: &str, spans: &[(u64, u64, i32)]) -> NodeLane {
        let span = |&(from, to, epoch): &(u64, u64, i32)| LeadSpan {
            from,
            to,
            epoch: Some(epoch),
            seats: 1,
        };
        let leading = spans.iter().map(span).collect();
        NodeLane {
            node: node.into(),
            leading,
            silent: vec![],
            down: vec![],
        }
    }

    #[test]
    fn one_epoch_is_distinguished_from_two() {
        let lanes = [
            lane("n1", &[(0, 10, 1), (20, 30, 3)]),
            lane("n2", &[(8, 15, 2), (25, 40, 3)]),
        ];
        let found = overlaps(&lanes);
        let brief: Vec<_> = found
            .iter()
            .map(|o| (o.begin_ns, o.end_ns, o.same_epoch))
            .collect();
        assert_eq!(brief, [(8, 10, false), (25, 30, true)]);
    }
}
