//! A model of your own: a lease that a client takes for a number of ticks, and that nobody else may hold meanwhile.

use std::fmt;

use checkers::linearizability::{Malformed, Model, Operation, SearchOptions, check};
use checkers::verdict::Validity;

/// What a client does with the lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Action {
    /// It asks for the lease, and gets it or not.
    Take { client: u32, granted: bool },
    /// It gives the lease back.
    Release { client: u32 },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Take { client, granted } => write!(f, "client {client} takes: {granted}"),
            Action::Release { client } => write!(f, "client {client} releases"),
        }
    }
}

/// At most one client holds the lease.
#[derive(Clone)]
struct Lease;

impl Model for Lease {
    /// Who holds it.
    type State = Option<u32>;
    type Action = Action;

    fn initial(&self) -> Option<u32> {
        None
    }

    fn step(&self, holder: &Option<u32>, action: &Action) -> Option<Option<u32>> {
        match (holder, action) {
            (
                None,
                Action::Take {
                    client,
                    granted: true,
                },
            ) => Some(Some(*client)),
            (Some(_), Action::Take { granted: false, .. }) => Some(*holder),
            (Some(holder), Action::Release { client }) if holder == client => Some(None),
            // Any other answer is impossible in this state.
            _ => None,
        }
    }
}

#[expect(clippy::print_stdout, reason = "an example prints what it found")]
fn main() -> Result<(), Malformed> {
    let take = |client, granted| Action::Take { client, granted };
    let history = [
        Operation::new(1, 0, 10, take(1, true)),
        Operation::new(2, 5, 15, take(2, false)),
        // The release of client 1 began only after client 2 had got the lease.
        Operation::new(2, 20, 30, take(2, true)),
        Operation::new(1, 40, 50, Action::Release { client: 1 }),
    ];
    let report = check(&Lease, &history, &SearchOptions::default())?;
    println!("{}", report.validity.word());
    assert_eq!(report.validity, Validity::Invalid);
    if let Some(failure) = report.failure {
        println!("  held by {:?} before:", failure.sub_history.from);
        for position in failure.sub_history.operations {
            println!("  {}", history[position].action);
        }
    }
    Ok(())
}
