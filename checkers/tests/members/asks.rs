//! Questions: readers, end offsets, committed offsets, and all that is read in the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rand::Rng;

use super::logs::{Entry, OUTPUTS};
use super::model::{Bug, CLIENTS, INPUTS, Model, RECORDS};

impl Model<'_> {
    /// A consumer of `read_committed` reads an output partition from its begin.
    pub(super) fn read(&mut self) {
        let (called, returned, worker) = self.of_other();
        let output = self.random.random_range(0..OUTPUTS);
        let ignores = self.bug == Bug::StableIgnored;
        let shown = self.logs.shown(output, ignores);
        if ignores {
            self.suspect(output, returned, "early-read");
        }
        let words: Vec<String> = shown
            .iter()
            .map(|(offset, value)| format!("{value}@{offset}"))
            .collect();
        // By raw readings, whose values may contain colons.
        let raw: Vec<String> = words.iter().map(|word| format!("{word}/99")).collect();
        self.say(format!(
            "{called}..{returned} w{worker} raw-read n1 out/{output}@0 committed -> {} lso=0",
            raw.join(" ")
        ));
    }

    /// Every open transaction with a record in a partition is contradicted if it commits after this.
    pub(super) fn suspect(&mut self, output: usize, returned: u64, check: &'static str) {
        for client in &mut self.clients {
            let Some(open) = &client.open else { continue };
            if open.acked.iter().any(|(at, _)| *at == output) {
                self.suspects.push((client.id, open.begun, check));
                // Its commit is sent after the answer.
                client.free = client.free.max(returned);
            }
        }
    }

    pub(super) fn ask_end(&mut self) {
        let output = self.random.random_range(0..OUTPUTS);
        // Whatever was acknowledged before the call is below the answer.
        let late = self
            .clients
            .iter()
            .map(|client| client.free)
            .max()
            .unwrap_or(0);
        self.now = self.now.max(late + 4);
        let (called, returned, worker) = self.of_other();
        let mut end = self.logs.stable(output);
        if self.bug == Bug::StableTooHigh && end < self.logs.end_of(output) {
            end = self.logs.end_of(output);
            self.suspect(output, returned, "lso-too-high");
        }
        if self.bug == Bug::NotVisibleYet
            && let Some(offset) = self.logs.last_committed(output)
        {
            end = offset;
            self.expected.insert("commit-not-visible");
        }
        self.say(format!(
            "{called}..{returned} w{worker} end out/{output} n1 committed -> {end}"
        ));
    }

    pub(super) fn fetch(&mut self) {
        let input = self.random.random_range(0..INPUTS);
        let pending = self.staged.iter().find(|(_, staged)| staged.0 == input);
        let pending = pending.map(|(id, staged)| (*id, staged.2));
        let (called, returned, worker) = self.of_other();
        if pending.is_some() && self.bug != Bug::OffsetsAtOnce {
            self.say(format!(
                "{called}..{returned} w{worker} fetch-offsets g in/{input} stable -> fail UNSTABLE_OFFSET_COMMIT"
            ));
            return;
        }
        if let Some((id, token)) = pending
            && self.committed[input].1 == Some(token)
        {
            // Found as early if it commits, as aborted if it does not; unknown if its client is taken for dead.
            let client = &mut self.clients[id];
            if let Some(open) = client
                .open
                .as_ref()
                .filter(|open| open.token == Some(token))
            {
                self.suspects.push((id, open.begun, "offsets-early"));
                client.free = client.free.max(returned);
            }
        }
        let place = match self.committed[input] {
            (offset, Some(token)) => format!("in/{input}@{offset}#k{token}"),
            _ => format!("in/{input}@-1"),
        };
        self.say(format!(
            "{called}..{returned} w{worker} fetch-offsets g in/{input} stable -> {place}"
        ));
    }

    /// Commits and fetches outside of any membership.
    pub(super) fn use_register(&mut self) {
        if !self.register.late.is_empty() && self.chance(30) {
            self.register.value = self.register.late.pop();
        }
        let (called, returned, worker) = self.of_other();
        if self.chance(50) {
            self.tokens += 1;
            let commit = (self.random.random_range(0..9), self.tokens);
            let word = match self.random.random_range(0..6) {
                0 => {
                    if self.chance(50) {
                        self.register.late.push(commit);
                    }
                    " -> info"
                }
                1 => " -> fail INVALID_COMMIT_OFFSET_SIZE",
                _ => {
                    self.register.acknowledged.push((commit, called, returned));
                    self.register.value = Some(commit);
                    ""
                }
            };
            self.say(format!(
                "{called}..{returned} w{worker} commit-offsets h/-1 - p/0@{}#k{}{word}",
                commit.0, commit.1
            ));
            return;
        }
        let mut value = self.register.value;
        if self.lies(Bug::TokenInvented) {
            value = Some((1, 1_000_000));
            self.expected.extend(["commit-phantom", "offset-register"]);
        } else if self.lies(Bug::StaleFetch) {
            let all = &self.register.acknowledged;
            let newer = |old: u64| {
                all.iter()
                    .any(|(_, call, back)| *call > old && *back < called)
            };
            if let Some((old, ..)) = all.iter().find(|(_, _, back)| newer(*back)) {
                value = Some(*old);
                self.expected.insert("offset-register");
            }
        }
        self.say(format!(
            "{called}..{returned} w{worker} fetch-offsets h p/0 stable -> {}",
            fetched(value)
        ));
    }

    pub(super) fn finish(&mut self) {
        self.now += 10;
        for id in 0..CLIENTS {
            self.logs.end(id, false, None);
        }
        let now = self.now;
        self.say(format!("{now} phase final"));
        for input in 0..INPUTS {
            let last = RECORDS - 1;
            self.say(format!(
                "{}..{} w{} read n1 in/{input}@0 phase=final -> i{input}{{0..{last}}}@0",
                now + 1,
                now + 2,
                800 + input
            ));
        }
        let flipped = self.bug == Bug::MarkerFlipped;
        let altered = self.bug == Bug::OutputAltered;
        for output in 0..OUTPUTS {
            let mut entries = self.logs.outputs[output].clone();
            if altered && let Some(entry) = entries.iter_mut().find(|one| one.visible == Some(true))
            {
                entry.value = entry
                    .value
                    .as_ref()
                    .map(|value| value.replacen('i', "j", 1));
                self.expected.insert("value-intact");
            }
            for node in 1..=3 {
                if flipped
                    && node == 3
                    && let Some(marker) = entries.iter_mut().find(|one| one.value.is_none())
                {
                    marker.commits = !marker.commits;
                    self.expected.insert("marker-agreement");
                }
                let line = raw_read(&entries, output, node);
                self.say(format!(
                    "{}..{} w{} {line}",
                    now + 3,
                    now + 4,
                    700 + output * 10 + node
                ));
            }
        }
        for input in 0..INPUTS {
            let (offset, token) = self.committed[input];
            let since = token.and_then(|token| self.acknowledged.get(&token));
            let mut all = self.forgotten.iter();
            let forgotten =
                since.is_some_and(|since| all.any(|one| one.0 == input && *since < one.1));
            if forgotten || token.is_some_and(|token| self.lost.contains(&token)) {
                self.expected.insert("offsets-torn");
            }
            let token = token.map_or_else(String::new, |token| format!("#k{token}"));
            self.say(format!(
                "{}..{} w{} fetch-offsets g in/{input} stable phase=final -> in/{input}@{offset}{token}",
                now + 5, now + 6, 600 + input
            ));
        }
        if self.bug == Bug::StagedForEver {
            let (called, returned) = (now + 400, now + 401);
            self.expected.insert("unstable-for-ever");
            self.say(format!(
                "{called}..{returned} w640 fetch-offsets g in/0 stable -> fail UNSTABLE_OFFSET_COMMIT"
            ));
        }
        if (0..OUTPUTS).any(|output| self.logs.has_twice(output)) {
            self.expected.insert("transaction-duplicate");
        }
        let mut value = self.register.value;
        if self.bug == Bug::CommitForgotten && !self.register.acknowledged.is_empty() {
            value = None;
            self.expected.extend(["commit-lost", "offset-register"]);
        }
        self.say(format!(
            "{}..{} w650 fetch-offsets h p/0 stable phase=final -> {}",
            now + 7,
            now + 8,
            fetched(value)
        ));
    }
}

fn fetched(value: Option<(u64, u64)>) -> String {
    value.map_or_else(
        || "p/0@-1".to_owned(),
        |(offset, token)| format!("p/0@{offset}#k{token}"),
    )
}

/// A node's whole log. The third one is asked without isolation.
fn raw_read(entries: &[Entry], output: usize, node: usize) -> String {
    let mut words = String::new();
    let mut aborted: Vec<String> = Vec::new();
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for (offset, entry) in entries.iter().enumerate() {
        let value = match (&entry.value, entry.commits) {
            (Some(value), _) => value.as_str(),
            (None, true) => "commit",
            (None, false) => "abort",
        };
        if entry.value.is_some() {
            open.entry(entry.producer).or_insert(offset);
        } else if let Some(first) = open.remove(&entry.producer)
            && !entry.commits
        {
            aborted.push(format!("{}@{first}", 10 + entry.producer));
        }
        let _ = write!(
            words,
            " {value}@{offset}/{}.{}",
            10 + entry.producer,
            entry.epoch
        );
    }
    let committed = if node < 3 { " committed" } else { "" };
    let listed = match aborted.is_empty() {
        true => String::new(),
        false => format!(" aborted={}", aborted.join(",")),
    };
    format!("raw-read n{node} out/{output}@0{committed} phase=final ->{words}{listed}")
}
