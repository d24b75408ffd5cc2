//! A small server of groups and transactions, with clients that consume, transform and produce, drawn at random. Each
//! request takes effect at one moment between its call and its return, and requests of different workers overlap. With a
//! [`Bug`] it lies once in a while, and notes by which checks that must be found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::logs::{Entry, Logs, OUTPUTS};

/// Partitions of the input.
pub(crate) const INPUTS: usize = 2;
/// Records of each.
const RECORDS: usize = 6;
/// Clients that consume, transform and produce.
const CLIENTS: usize = 2;

/// How the server lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    TornCommit,
    LostCommit,
    AbortVisible,
    StableIgnored,
    StableTooHigh,
    OffsetsAtOnce,
    ZombieAccepted,
    TwoOwners,
    FencedCommit,
    GenerationReused,
    StaleFetch,
    CommitForgotten,
    TokenInvented,
    MarkerFlipped,
    OutputAltered,
    RecordSkipped,
    NotVisibleYet,
}

/// Every lie.
pub(crate) const BUGS: [Bug; 17] = [
    Bug::TornCommit,
    Bug::LostCommit,
    Bug::AbortVisible,
    Bug::StableIgnored,
    Bug::StableTooHigh,
    Bug::OffsetsAtOnce,
    Bug::ZombieAccepted,
    Bug::TwoOwners,
    Bug::FencedCommit,
    Bug::GenerationReused,
    Bug::StaleFetch,
    Bug::CommitForgotten,
    Bug::TokenInvented,
    Bug::MarkerFlipped,
    Bug::OutputAltered,
    Bug::RecordSkipped,
    Bug::NotVisibleYet,
];

/// An open transaction of a client.
#[derive(Clone, Debug)]
struct Open {
    begun: u64,
    /// Input partition, first offset, how many.
    batch: (usize, usize, usize),
    sent: usize,
    /// The words of its sends.
    words: String,
    /// Output partitions with acknowledged records, and those records' offsets.
    acked: Vec<(usize, usize)>,
    token: Option<u64>,
    /// When its offsets were staged: the words of that request.
    requests: String,
    epoch: i32,
}

/// A client with its own transactional id.
#[derive(Clone, Debug)]
struct Client {
    worker: u64,
    id: usize,
    epoch: i32,
    free: u64,
    assigned: Vec<usize>,
    position: BTreeMap<usize, usize>,
    open: Option<Open>,
    joined: bool,
}

/// The register workload's group.
#[derive(Clone, Debug, Default)]
struct Register {
    value: Option<(u64, u64)>,
    /// Acknowledged commits, with their calls and returns.
    acknowledged: Vec<((u64, u64), u64, u64)>,
    /// Commits without an answer that may still take effect.
    late: Vec<(u64, u64)>,
}

pub(crate) struct Model<'r> {
    random: &'r mut ChaCha8Rng,
    bug: Bug,
    now: u64,
    pub(crate) lines: Vec<String>,
    /// Checks that must find what the server did.
    pub(crate) expected: BTreeSet<&'static str>,
    logs: Logs,
    clients: Vec<Client>,
    generation: i32,
    workers: u64,
    tokens: u64,
    committed: [(usize, Option<u64>); INPUTS],
    /// By producer: staged offsets.
    staged: BTreeMap<usize, (usize, usize, u64)>,
    register: Register,
    /// Transactions that some answer would contradict if they commit: client, epoch, begun, check.
    suspects: Vec<(usize, u64, &'static str)>,
    calm: bool,
}

impl<'r> Model<'r> {
    pub(crate) fn run(random: &'r mut ChaCha8Rng, bug: Bug) -> Model<'r> {
        let mut model = Model {
            random,
            bug,
            now: 10,
            lines: Vec::new(),
            expected: BTreeSet::new(),
            logs: Logs::default(),
            clients: Vec::new(),
            generation: 0,
            workers: 0,
            tokens: 0,
            committed: [(0, None); INPUTS],
            staged: BTreeMap::new(),
            register: Register::default(),
            suspects: Vec::new(),
            calm: false,
        };
        for promise in [
            "generation_unique",
            "offsets_linearizable",
            "commit_visible_when_acknowledged",
        ] {
            model.lines.push(format!("promise {promise}=true"));
        }
        for partition in 0..INPUTS {
            let worker = 900 + partition;
            let last = RECORDS - 1;
            model.lines.push(format!(
                "1..2 w{worker} append in/{partition} i{partition}{{0..{last}}} -> 0..{last}"
            ));
        }
        for id in 0..CLIENTS {
            let client = model.fresh(id, 0);
            model.clients.push(client);
            model.init(id);
        }
        model.rebalance(None);
        let steps = model.random.random_range(20..50);
        for _ in 0..steps {
            model.step();
        }
        // From here on everything is committed, until the input is at its end.
        model.calm = true;
        for _ in 0..400 {
            if model.is_done() {
                break;
            }
            let id = model.random.random_range(0..CLIENTS);
            model.work(id);
        }
        model.finish();
        model
    }

    fn is_done(&self) -> bool {
        self.committed.iter().all(|(offset, _)| *offset >= RECORDS)
            && self.clients.iter().all(|client| client.open.is_none())
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    /// Whether the server lies here.
    fn lies(&mut self, bug: Bug) -> bool {
        self.bug == bug && self.chance(50)
    }

    fn fresh(&mut self, id: usize, epoch: i32) -> Client {
        self.workers += 1;
        Client {
            worker: self.workers,
            id,
            epoch,
            free: self.now,
            assigned: Vec::new(),
            position: BTreeMap::new(),
            open: None,
            joined: false,
        }
    }

    /// The moment at which a client's next request takes effect, with its call and its return.
    fn moment(&mut self, free: u64) -> (u64, u64) {
        self.now = (self.now + 2).max(free + 2) + self.random.random_range(0..3);
        let called = self
            .now
            .saturating_sub(1 + self.random.random_range(0..3))
            .max(free + 1);
        (called, self.now + 1 + self.random.random_range(0..3))
    }

    fn of_client(&mut self, id: usize) -> (u64, u64, u64) {
        let (called, returned) = self.moment(self.clients[id].free);
        self.clients[id].free = returned;
        (called, returned, self.clients[id].worker)
    }

    fn of_other(&mut self) -> (u64, u64, u64) {
        let (called, returned) = self.moment(0);
        self.workers += 1;
        (called, returned, 100 + self.workers)
    }

    fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    fn step(&mut self) {
        match self.random.random_range(0..12) {
            0..=5 => {
                let id = self.random.random_range(0..CLIENTS);
                self.work(id);
            }
            6 => self.read(),
            7 => self.ask_end(),
            8 => self.fetch(),
            9 => self.use_register(),
            10 => {
                let id = self.random.random_range(0..CLIENTS);
                self.replace(id);
            }
            _ => self.heartbeat(),
        }
    }

    fn init(&mut self, id: usize) {
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
    fn rebalance(&mut self, but: Option<&Client>) {
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
    fn zombie_commit(&mut self, zombie: &Client, generation: i32) {
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
            zombie.worker, zombie.worker, self.tokens
        ));
    }

    /// A client is taken for dead. Its successor takes over its transactional id, and the group rebalances.
    fn replace(&mut self, id: usize) {
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

    fn heartbeat(&mut self) {
        let id = self.random.random_range(0..CLIENTS);
        let generation = self.generation;
        let (called, returned, worker) = self.of_client(id);
        self.say(format!(
            "{called}..{returned} w{worker} heartbeat g/{generation} m{worker}"
        ));
    }

    /// One step of a client's transaction.
    fn work(&mut self, id: usize) {
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

    fn begin(&mut self, id: usize) {
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
            epoch: client.epoch,
        });
    }

    fn send(&mut self, id: usize) {
        let (called, returned, _) = self.of_client(id);
        let Some(mut open) = self.clients[id].open.take() else {
            return;
        };
        let (input, first, _) = open.batch;
        let at = first + open.sent;
        let output = (input + self.random.random_range(0..2) * INPUTS) % OUTPUTS;
        let attempt = self.logs.unique(&format!("{input}:{at}:i{input}{at}"));
        let offset = self.logs.append(output, attempt.clone(), id, open.epoch);
        let _ = write!(
            open.words,
            " out/{output}:{attempt}@{offset}~{called}..{returned}"
        );
        open.acked.push((output, offset));
        open.sent += 1;
        self.clients[id].open = Some(open);
    }

    fn stage(&mut self, id: usize) {
        let (called, returned, _) = self.of_client(id);
        self.tokens += 1;
        let token = self.tokens;
        let at_once = self.bug == Bug::OffsetsAtOnce;
        let Some(open) = self.clients[id].open.as_mut() else {
            return;
        };
        let (input, first, count) = open.batch;
        open.token = Some(token);
        let _ = write!(open.requests, " !commit-offsets@{called}..{returned}");
        self.staged.insert(id, (input, first + count, token));
        if at_once {
            self.committed[input] = (first + count, Some(token));
        }
    }

    fn end(&mut self, id: usize, commits: bool) {
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
            }
        } else if !commits && !open.acked.is_empty() && self.lies(Bug::AbortVisible) {
            visible = true;
            self.expected.insert("aborted-read");
        }
        self.logs.end(id, visible, torn);
        let (input, first, count) = open.batch;
        let moved = self.committed[input].1 == open.token && open.token.is_some();
        if let (true, Some((input, offset, token))) = (commits && !moved, staged) {
            self.committed[input] = (offset, Some(token));
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

    /// A consumer of `read_committed` reads an output partition from its begin.
    fn read(&mut self) {
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
    fn suspect(&mut self, output: usize, returned: u64, check: &'static str) {
        for client in &mut self.clients {
            let Some(open) = &client.open else { continue };
            if open.acked.iter().any(|(at, _)| *at == output) {
                self.suspects.push((client.id, open.begun, check));
                // Its commit is sent after the answer.
                client.free = client.free.max(returned);
            }
        }
    }

    fn ask_end(&mut self) {
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

    fn fetch(&mut self) {
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
    fn use_register(&mut self) {
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

    fn finish(&mut self) {
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
            let token = token.map_or_else(String::new, |token| format!("#k{token}"));
            self.say(format!(
                "{}..{} w{} fetch-offsets g in/{input} stable phase=final -> in/{input}@{offset}{token}",
                now + 5, now + 6, 600 + input
            ));
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
