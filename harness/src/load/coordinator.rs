//! The way of one client to the coordinator of its group or transactional id: it asks any node who that is, keeps to the
//! answer, and asks again when the coordinator refuses or is silent. Every question for it is recorded, as its answer is
//! judged.

use std::net::SocketAddr;
use std::time::Duration;

use checkers::history::{Call, Coordinated, FindCoordinator, Found, Report, Text};

use crate::kafka::nodes;
use crate::kafka::questions::groups::{self, Key};
use crate::kafka::questions::outcome_of;
use crate::kafka::wire::Wire;
use crate::record::{Caller, Outcome};

/// The time that it waits for the answer to who coordinates.
const FIND_TIMEOUT: Duration = Duration::from_millis(500);

/// One client's way.
pub struct Coordinator<'a> {
    addresses: &'a [SocketAddr],
    key: (String, Key),
    timeout: Duration,
    /// For each node: a connection to ask who coordinates.
    asked: Vec<Wire>,
    /// Whom it asks next.
    next: usize,
    /// The coordinator: its place among the nodes, and a connection.
    found: Option<(usize, Wire)>,
}

impl<'a> Coordinator<'a> {
    /// Of a group or a transactional id. The node at `first` is asked first; an answer of the coordinator may take
    /// `timeout`.
    pub fn new(
        addresses: &'a [SocketAddr],
        (key, of): (&str, Key),
        first: usize,
        timeout: Duration,
    ) -> Coordinator<'a> {
        let wire = |address: &SocketAddr| Wire::new(*address, FIND_TIMEOUT);
        let asked: Vec<Wire> = addresses.iter().map(wire).collect();
        Coordinator {
            addresses,
            key: (key.to_owned(), of),
            timeout,
            next: first % asked.len().max(1),
            asked,
            found: None,
        }
    }

    /// The coordinator's name and a connection to it; none if nobody names one now.
    pub fn wire(&mut self, caller: &mut Caller<'_>) -> Option<(Text, &mut Wire)> {
        if self.found.is_none() {
            self.found = self.find(caller);
        }
        let (node, wire) = self.found.as_mut()?;
        Some((nodes::name(*node), wire))
    }

    /// A further connection to the coordinator, if it is known. Answers come in order, so a request that waits for others
    /// holds up what follows it.
    pub fn another(&self, timeout: Duration) -> Option<Wire> {
        let (node, _) = self.found.as_ref()?;
        Some(Wire::new(self.addresses[*node], timeout))
    }

    /// The coordinator is to be asked for again.
    pub fn forget(&mut self) {
        self.found = None;
    }

    fn find(&mut self, caller: &mut Caller<'_>) -> Option<(usize, Wire)> {
        let node = self.next;
        self.next = (self.next + 1) % self.asked.len().max(1);
        let (key, of) = (self.key.0.as_str(), self.key.1);
        caller.calls(Call::FindCoordinator(Box::new(FindCoordinator {
            node: nodes::name(node),
            of: match of {
                Key::Group => Coordinated::Group,
                Key::Transaction => Coordinated::Transaction,
            },
            key: key.into(),
        })));
        let answer = groups::find_coordinator(&mut self.asked[node], key, of);
        let found = answer.as_ref().ok();
        let place = found.and_then(|(_, address)| nodes::place(self.addresses, address));
        let outcome = match (&answer, place) {
            (Ok(_), Some(_)) => Outcome::Ok,
            (Ok((_, address)), None) => {
                Outcome::Fail(format!("{address} is the address of no node"))
            }
            (Err(error), _) => outcome_of(error, &[]),
        };
        let coordinator = place.map(nodes::name);
        caller.ended(
            outcome,
            Report::FindCoordinator(Box::new(Found { coordinator })),
        );
        place.map(|place| (place, Wire::new(self.addresses[place], self.timeout)))
    }
}
