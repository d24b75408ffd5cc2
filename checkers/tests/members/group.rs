//! Membership: producer ids, rebalances, clients that are taken for dead and wake up.

use std::fmt::Write as _;

use rand::Rng;

use super::model::{Bug, CLIENTS, Client, INPUTS, Model};

impl Model<'_> {
    pub(super) fn init(&mut self, id: usize) {
        let (called, returned, worker) = self.of_client(id);
        // Whatever the former producer had open is aborted.
        self.logs.end(id, false, None);
        self.staged.remove(&id);
        let epoch = self.clients[id].epoch;
        self.say(format!(
            "{called}..{returned} w{worker} init-producer x{id} -> {}/{epoch}",
            10 + id
        ));
    }

    /// All clients join and are assigned. `but` is one that does not know of it.
    #[allow(
        clippy::needless_range_loop,
        reason = "clients, members and assignments share the index"
    )]
    pub(super) fn rebalance(&mut self, but: Option<&Client>) {
        for id in 0..CLIENTS {
            if self.clients[id].open.is_some() {
                self.end(id, false);
            }
        }
        let before = self.generation;
        let reused = before > 0 && self.lies(Bug::GenerationReused);
        self.generation += i32::from(!reused);
        if reused {
            self.expected.insert("generation-reused");
        }
        let generation = self.generation;
        let member = |client: &Client| format!("m{}", client.worker);
        let members: Vec<String> = self.clients.iter().map(member).collect();
        let leader = members[0].clone();
        self.now = self
            .clients
            .iter()
            .map(|client| client.free)
            .max()
            .unwrap_or(0)
            .max(self.now)
            + 2;
        for id in 0..CLIENTS {
            let (called, returned) = (self.clients[id].free + 1, self.now + 1);
            let client = &mut self.clients[id];
            client.free = returned;
            let own = match std::mem::replace(&mut client.joined, true) {
                true => format!("{} reason=rebalance", members[id]),
                false => "-".to_owned(),
            };
            let listed = if id == 0 {
                format!(" members={}", members.join(","))
            } else {
                String::new()
            };
            let line = format!(
                "{called}..{returned} w{} join g {own} -> gen={generation} as={} leader={leader} protocol=range{listed}",
                client.worker, members[id]
            );
            self.say(line);
        }
        let turn = self.random.random_range(0..CLIENTS);
        let mut assignments = String::new();
        for id in 0..CLIENTS {
            let owned = (0..INPUTS).filter(|input| (input + turn) % CLIENTS == id);
            self.clients[id].assigned = owned.collect();
            let places: Vec<String> = self.clients[id]
                .assigned
                .iter()
                .map(|input| format!("in/{input}"))
                .collect();
            if !places.is_empty() {
                let _ = write!(assignments, " {}:{}", members[id], places.join(","));
            }
        }
        let doubled = self.lies(Bug::TwoOwners);
        for id in 0..CLIENTS {
            let (called, returned, worker) = self.of_client(id);
            let sent = if id == 0 { assignments.as_str() } else { "" };
            let mut places: Vec<String> = self.clients[id]
                .assigned
                .iter()
                .map(|input| format!("in/{input}"))
                .collect();
            if doubled && id == 1 {
                let stolen = self.clients[0]
                    .assigned
                    .iter()
                    .map(|input| format!("in/{input}"));
                let stolen: Vec<String> = stolen.collect();
                if !stolen.is_empty() {
                    self.expected.extend(["sync-faithful"]);
                    if self.bug != Bug::GenerationReused {
                        self.expected.insert("one-owner");
                    }
                }
                places.extend(stolen);
            }
            let line = format!(
                "{called}..{returned} w{worker} sync g/{generation} {}{sent} -> {}",
                members[id],
                places.join(" ")
            );
            self.say(line);
            let committed = self.committed;
            let client = &mut self.clients[id];
            client.position = client
                .assigned
                .iter()
                .map(|at| (*at, committed[*at].0))
                .collect();
        }
        if let Some(zombie) = but {
            self.zombie_commit(zombie, before);
        }
    }

    /// A member that does not know of the rebalance commits.
    pub(super) fn zombie_commit(&mut self, zombie: &Client, generation: i32) {
        let (called, returned) = self.moment(zombie.free);
        self.tokens += 1;
        let accepted = self.lies(Bug::FencedCommit);
        if accepted {
            self.expected.extend(["fenced-commit", "zombie-member"]);
        }
        let outcome = if accepted {
            ""
        } else {
            " -> fail ILLEGAL_GENERATION"
        };
        // A partition that nobody consumes, so that the stream stays what it is.
        self.say(format!(
            "{called}..{returned} w{} commit-offsets g/{generation} m{} other/0@1#k{}{outcome}",
            // Its own worker may be within a transaction.
            500 + zombie.worker,
            zombie.worker,
            self.tokens
        ));
    }

    /// A client is taken for dead. Its successor takes over its transactional id, and the group rebalances.
    pub(super) fn replace(&mut self, id: usize) {
        let zombie = self.clients[id].clone();
        let successor = self.fresh(id, zombie.epoch + 1);
        self.clients[id] = successor;
        self.init(id);
        self.rebalance(Some(&zombie));
        let Some(open) = zombie.open.clone() else {
            return;
        };
        // It wakes up, sends one more record, and wants to commit.
        let (called, returned) = self.moment(zombie.free);
        let accepted = self.lies(Bug::ZombieAccepted);
        let value = format!("zombie{called}");
        let send = match accepted {
            true => {
                let offset = self.logs.append(0, value.clone(), id, zombie.epoch);
                self.logs.end(id, false, None);
                self.expected.insert("zombie-accepted");
                format!("out/0:{value}@{offset}~{called}..{returned}")
            }
            false => format!("out/0:{value}@x~{called}..{returned}"),
        };
        let sent = returned + 1;
        let ended = sent + 2;
        self.now = self.now.max(ended);
        let info = self.chance(30);
        let word = if info {
            "info"
        } else {
            "fail INVALID_PRODUCER_EPOCH"
        };
        let tail = open.token.map_or_else(String::new, |token| {
            let (input, first, count) = open.batch;
            format!(" +in/{input}@{}#k{token}", first + count)
        });
        self.say(format!(
            "{}..{ended} w{} transaction x{id} {}/{} group=g topics=out -> {word} commit sent={sent}{} {send}{tail}{}",
            open.begun, zombie.worker, 10 + id, open.epoch, open.words, open.requests
        ));
    }

    /// A member in good standing beats, or commits what nobody consumes.
    pub(super) fn heartbeat(&mut self) {
        let id = self.random.random_range(0..CLIENTS);
        let generation = self.generation;
        let (called, returned, worker) = self.of_client(id);
        // Its own worker may be within a transaction.
        let line = match self.chance(50) {
            true => format!("w{} heartbeat g/{generation} m{worker}", 300 + worker),
            false => {
                self.tokens += 1;
                let token = self.tokens;
                let worker_id = 300 + worker;
                format!("w{worker_id} commit-offsets g/{generation} m{worker} other/1@1#k{token}")
            }
        };
        self.say(format!("{called}..{returned} {line}"));
    }
}
