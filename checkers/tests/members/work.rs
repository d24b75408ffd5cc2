//! A client's transaction, step by step: begin, records, offsets, end.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::Rng;

use super::logs::OUTPUTS;
use super::model::{Bug, INPUTS, Model, Open, RECORDS};

impl Model<'_> {
    /// One step of a client's transaction.
    pub(super) fn work(&mut self, id: usize) {
        match self.clients[id].open.clone() {
            None => self.begin(id),
            Some(open) if open.sent < open.batch.2 => self.send(id),
            Some(open) if open.token.is_none() => self.stage(id),
            Some(_) => {
                let commits = self.calm || self.chance(70);
                self.end(id, commits);
            }
        }
    }

    pub(super) fn begin(&mut self, id: usize) {
        let ready: Vec<(usize, usize)> = self.clients[id]
            .position
            .iter()
            .filter(|(_, at)| **at < RECORDS)
            .map(|(input, at)| (*input, *at))
            .collect();
        if ready.is_empty() {
            return;
        }
        let (input, mut first) = ready[self.random.random_range(0..ready.len())];
        let stood = first;
        if first + 1 < RECORDS && self.lies(Bug::RecordSkipped) {
            first += 1;
        }
        let count = self.random.random_range(1..=3).min(RECORDS - first);
        let (called, returned, worker) = self.of_client(id);
        let generation = self.generation;
        let values: Vec<String> = (first..first + count)
            .map(|n| format!("i{input}{n}@{n}"))
            .collect();
        // One poll that jumps: its first record shows where it stood.
        if first > stood {
            self.expected.insert("resume-skip");
        }
        self.say(format!(
            "{called}..{returned} w{worker} deliver g/{generation} m{worker} in/{input}@{stood} committed -> {}",
            values.join(" ")
        ));
        let begun = returned + 1;
        let client = &mut self.clients[id];
        client.free = begun;
        client.open = Some(Open {
            begun,
            batch: (input, first, count),
            sent: 0,
            words: String::new(),
            acked: Vec::new(),
            token: None,
            requests: String::new(),
            staged_at: 0,
            epoch: client.epoch,
        });
    }

    pub(super) fn send(&mut self, id: usize) {
        let (called, returned, _) = self.of_client(id);
        let Some(mut open) = self.clients[id].open.take() else {
            return;
        };
        let (input, first, _) = open.batch;
        let at = first + open.sent;
        let output = (input + self.random.random_range(0..2) * INPUTS) % OUTPUTS;
        let attempt = self.logs.unique(&format!("{input}:{at}:i{input}{at}"));
        let mut offset = self.logs.append(output, attempt.clone(), id, open.epoch);
        if self.lies(Bug::RecordTwice) {
            self.logs.append(output, attempt.clone(), id, open.epoch);
        }
        let before = open.acked.iter().find(|(at, _)| *at == output).copied();
        if let Some((_, first)) = before
            && self.lies(Bug::Reordered)
        {
            offset = first;
            self.expected.insert("transaction-order");
        }
        let _ = write!(
            open.words,
            " out/{output}:{attempt}@{offset}~{called}..{returned}"
        );
        open.acked.push((output, offset));
        open.sent += 1;
        self.clients[id].open = Some(open);
    }

    pub(super) fn stage(&mut self, id: usize) {
        let (called, returned, _) = self.of_client(id);
        self.tokens += 1;
        let token = self.tokens;
        let at_once = self.bug == Bug::OffsetsAtOnce;
        let Some(open) = self.clients[id].open.as_mut() else {
            return;
        };
        let (input, first, count) = open.batch;
        open.token = Some(token);
        open.staged_at = called;
        let _ = write!(open.requests, " !commit-offsets@{called}..{returned}");
        self.staged.insert(id, (input, first + count, token));
        if at_once {
            self.committed[input] = (first + count, Some(token));
        }
    }

    pub(super) fn end(&mut self, id: usize, commits: bool) {
        let (called, returned, worker) = self.of_client(id);
        let Some(open) = self.clients[id].open.take() else {
            return;
        };
        let places: BTreeSet<usize> = open.acked.iter().map(|(output, _)| *output).collect();
        let staged = self.staged.remove(&id);
        let mut visible = commits;
        let mut torn = None;
        if commits && !open.acked.is_empty() {
            if places.len() > 1 && self.lies(Bug::TornCommit) {
                torn = places.last().copied();
                self.expected
                    .extend(["torn-transaction", "one-outcome", "processed-once"]);
            } else if self.lies(Bug::LostCommit) {
                visible = false;
                self.expected.extend(["lost-transaction", "processed-once"]);
                self.lost.extend(open.token);
            }
        } else if !commits && !open.acked.is_empty() && self.lies(Bug::AbortVisible) {
            visible = true;
            self.expected.insert("aborted-read");
        }
        self.logs.end(id, visible, torn);
        let (input, first, count) = open.batch;
        let moved = self.committed[input].1 == open.token && open.token.is_some();
        if let (true, Some((input, offset, token))) = (commits && !moved, staged) {
            if self.lies(Bug::OffsetsForgotten) {
                self.forgotten.push((input, open.staged_at));
            } else {
                self.committed[input] = (offset, Some(token));
                self.acknowledged.insert(token, returned);
            }
        }
        let client = &mut self.clients[id];
        let next = match commits {
            true if open.token.is_some() => first + count,
            _ => self.committed[input].0,
        };
        if let Some(position) = client.position.get_mut(&input) {
            *position = next;
        }
        if commits {
            let begun = open.begun;
            let own = |one: &&(usize, u64, &'static str)| one.0 == id && one.1 == begun;
            let certain: Vec<&str> = self.suspects.iter().filter(own).map(|one| one.2).collect();
            self.expected.extend(certain);
        }
        let wanted = match commits {
            true => format!("commit sent={called}"),
            false => "abort".to_owned(),
        };
        let tail = open.token.map_or_else(String::new, |token| {
            format!(" +in/{input}@{}#k{token}", first + count)
        });
        self.say(format!(
            "{}..{returned} w{worker} transaction x{id} {}/{} group=g topics=out -> {wanted}{}{tail}{}",
            open.begun, 10 + id, open.epoch, open.words, open.requests
        ));
    }
}
