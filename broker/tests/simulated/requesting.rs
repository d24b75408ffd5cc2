//! Who asks and who is answered: the way of requests from clients to nodes, and of answers back.

use std::time::Duration;

use broker::core::Input;
use broker::request::Response;
use rand::Rng;

use super::cluster::{CLIENTS, Cluster, TRANSACTORS};
use super::events::Event;
use super::node::Node;

impl Cluster {
    pub(super) fn respond(&mut self, node: u64, request: u64, response: Response) {
        let Cluster {
            clients,
            transactors,
            members,
            oracle,
            random,
            ..
        } = self;
        let by_client = clients
            .iter_mut()
            .any(|client| client.answered(request, node, &response, oracle));
        let is_taken = by_client
            || transactors
                .iter_mut()
                .any(|one| one.answered(request, &response, oracle, random))
            || members
                .iter_mut()
                .any(|one| one.answered(request, &response, oracle));
        if !is_taken {
            self.answers.insert(request, response);
        }
    }

    pub(super) fn client(&mut self, number: usize) {
        let pause = Duration::from_micros(self.random.random_range(200..12_000));
        if number >= CLIENTS {
            self.transactor(number - CLIENTS);
            // Members have less to say.
            let pause = match number - CLIENTS {
                at if at >= TRANSACTORS => pause * 4,
                _ => pause,
            };
            if !self.healed {
                self.after(pause, Event::Client(number));
            }
            return;
        }
        let Some(client) = self.clients.get_mut(number) else {
            return;
        };
        if client.is_free(self.now) {
            self.last_request += 1;
            let id = self.last_request;
            let request = client.ask(
                id,
                self.now,
                &mut self.last_value,
                &self.oracle,
                &mut self.random,
            );
            let node = self.target();
            self.feed(node, vec![Input::Request { id, request }]);
        }
        self.after(pause, Event::Client(number));
    }

    fn transactor(&mut self, number: usize) {
        if number >= TRANSACTORS {
            return self.member(number - TRANSACTORS);
        }
        let Some(transactor) = self.transactors.get_mut(number) else {
            return;
        };
        if !transactor.is_free(self.now) {
            return;
        }
        self.last_request += 1;
        let id = self.last_request;
        let Cluster { now, oracle, .. } = self;
        let request = transactor.ask(id, *now, &mut self.last_value, oracle, &mut self.random);
        let node = self.target();
        self.feed(node, vec![Input::Request { id, request }]);
    }

    fn member(&mut self, number: usize) {
        let Some(member) = self.members.get_mut(number) else {
            return;
        };
        if !member.is_free(self.now) {
            return;
        }
        self.last_request += 1;
        let id = self.last_request;
        let Cluster { now, oracle, .. } = self;
        let request = member.ask(id, *now, &mut self.last_value, oracle, &mut self.random);
        let node = self.target();
        self.feed(node, vec![Input::Request { id, request }]);
    }

    /// Mostly a node that leads or believes so.
    pub(super) fn target(&mut self) -> u64 {
        let leads = |node: &&Node| {
            node.alive
                .as_ref()
                .is_some_and(|alive| alive.core.inspect().position().0)
        };
        let leaders: Vec<u64> = self
            .nodes
            .iter()
            .filter(leads)
            .map(|node| node.id)
            .collect();
        if leaders.is_empty() || self.random.random_ratio(1, 4) {
            let ids = self.ids();
            self.random.random_range(ids)
        } else {
            leaders[self.random.random_range(0..leaders.len())]
        }
    }
}
