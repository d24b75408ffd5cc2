//! A counter: additions, and reads of the sum. Authority: `jepsen.checker/counter`.
//!
//! A read must be at least the sum of the additions that had returned before it was called, and at most the sum of
//! those that were called before it returned. Jepsen allows no negative additions; here one counts at the other end.
//!
//! *Not noticed*: a sum within the bounds that no subset of the additions has, and reads that go back within them.

use std::fmt::{Display, Formatter};

use super::report::{InvariantReport, end};
use crate::linearizability::Operation;
use crate::verdict::Rule;

/// What was done to a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CounterAction {
    /// Add this.
    Add(i64),
    /// Read this sum.
    Read(i64),
}

impl Display for CounterAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            CounterAction::Add(amount) => write!(f, "add {amount}"),
            CounterAction::Read(sum) => write!(f, "read {sum}"),
        }
    }
}

/// Sums of amounts up to a moment.
struct Sums {
    moments: Vec<u64>,
    sums: Vec<i128>,
}

impl Sums {
    fn of(mut amounts: Vec<(u64, i64)>) -> Sums {
        amounts.sort_unstable();
        let mut sum = 0;
        let sums = amounts.iter().map(|(_, amount)| {
            sum += i128::from(*amount);
            sum
        });
        let sums = std::iter::once(0)
            .chain(sums.collect::<Vec<i128>>())
            .collect();
        let moments = amounts.iter().map(|(moment, _)| *moment).collect();
        Sums { moments, sums }
    }

    fn before(&self, moment: u64) -> i128 {
        self.sums[self.moments.partition_point(|m| *m < moment)]
    }

    fn until(&self, moment: u64) -> i128 {
        self.sums[self.moments.partition_point(|m| *m <= moment)]
    }
}

/// Judges a counter that begins at 0.
pub fn counter(operations: &[&Operation<CounterAction>]) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    // Of the additions up, and of those down: by their calls, and by their returns.
    let (mut called, mut returned) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for operation in operations {
        if let CounterAction::Add(amount) = operation.action {
            let down = usize::from(amount < 0);
            called[down].push((operation.called, amount));
            if let Some(moment) = operation.returned {
                returned[down].push((moment, amount));
            }
        }
    }
    let [up_called, down_called] = called.map(Sums::of);
    let [up_returned, down_returned] = returned.map(Sums::of);
    let mut reads = 0;
    for (position, operation) in operations.iter().enumerate() {
        let (CounterAction::Read(sum), Some(_)) = (operation.action, operation.returned) else {
            continue;
        };
        reads += 1;
        let (from, to) = (operation.called, end(operation));
        let lowest = up_returned.before(from) + down_called.until(to);
        let highest = up_called.until(to) + down_returned.before(from);
        if i128::from(sum) < lowest || i128::from(sum) > highest {
            report.breach(Rule::OutOfBounds, &[position], || {
                format!("{sum}, not {lowest} to {highest}")
            });
        }
    }
    report.count("reads", reads);
    if reads == 0 {
        report.doubt("the counter was never read");
    }
    report
}
