//! Members of one consumer group: they join, assign, beat, commit and fetch offsets, leave, fall silent for longer than their
//! session and go on as if nothing had been. One of them is a static member, which forgets its id now and then.

use std::time::Duration;

use broker::request::groups::{
    CommittedOffset, GroupRequest, GroupResponse, Join, Joined, MemberOf, OffsetToCommit,
};
use broker::request::{Request, Response};
use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::clients::{KEPT, PARTITIONS};
use super::generations::Shares;
use super::oracle::Oracle;

const GROUP: &str = "group";
const DEADLINE: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_millis(500);
/// JoinGroup and SyncGroup wait for other members.
const JOIN_PATIENCE: Duration = Duration::from_millis(700);
const SESSION_MS: i32 = 1_000;
/// What is shared out.
const SHARES: u8 = 5;

#[derive(Clone, Debug)]
enum Task {
    Join,
    Sync,
    Beat,
    Leave,
    Commit { partition: i32, token: u64 },
    Fetch { partition: i32, latest: Option<u64> },
}

struct Open {
    id: u64,
    task: Task,
    until: Duration,
    /// Who asked, of which generation.
    of: (String, i32),
    /// The highest generation that was known when it was asked.
    known: i32,
    /// Whether it had to be refused from the beginning.
    fenced: bool,
}

/// One member.
pub(crate) struct Member {
    instance: Option<String>,
    /// Whether it is given its id first, and joins with it then.
    asks_for_id: bool,
    id: String,
    generation: i32,
    /// Whom it assigns to, if it leads.
    members: Vec<String>,
    leads: bool,
    synced: bool,
    silent_until: Duration,
    open: Option<Open>,
}

impl Member {
    pub(crate) fn new(number: usize) -> Member {
        Member {
            instance: (number == 0).then(|| "static".to_owned()),
            asks_for_id: number == 1,
            id: String::new(),
            generation: -1,
            members: Vec::new(),
            leads: false,
            synced: false,
            silent_until: Duration::ZERO,
            open: None,
        }
    }

    /// Gives up on a silent node. True if it is free to ask something.
    pub(crate) fn is_free(&mut self, now: Duration) -> bool {
        if self.open.as_ref().is_some_and(|open| open.until <= now) {
            self.open = None;
        }
        self.open.is_none() && self.silent_until <= now
    }

    pub(crate) fn ask(
        &mut self,
        id: u64,
        now: Duration,
        next_value: &mut u64,
        oracle: &mut Oracle,
        random: &mut ChaCha8Rng,
    ) -> Request {
        let task = self.choose(now, next_value, oracle, random);
        let request = self.request(&task, oracle);
        let waits = matches!(task, Task::Join | Task::Sync);
        let patience = if waits { JOIN_PATIENCE } else { PATIENCE };
        let groups = &oracle.generations;
        self.open = Some(Open {
            id,
            task,
            until: now + patience,
            of: (self.id.clone(), self.generation),
            known: groups.highest,
            fenced: groups.is_fenced(self.generation, &self.id),
        });
        Request::Group {
            request,
            deadline: now + if waits { JOIN_PATIENCE } else { DEADLINE },
        }
    }

    fn choose(
        &mut self,
        now: Duration,
        next_value: &mut u64,
        oracle: &Oracle,
        random: &mut ChaCha8Rng,
    ) -> Task {
        if self.instance.is_some() && random.random_ratio(1, 60) {
            // It ended and was started again.
            self.forget();
        }
        if self.generation < 0 {
            return Task::Join;
        }
        if !self.synced {
            return Task::Sync;
        }
        let partition = random.random_range(0..PARTITIONS);
        match random.random_range(0..100) {
            0..6 => {
                self.silent_until = now + Duration::from_millis(random.random_range(500..2_500));
                Task::Beat
            }
            6..8 if self.instance.is_none() => Task::Leave,
            8..38 => {
                *next_value += 1;
                let token = *next_value;
                Task::Commit { partition, token }
            }
            38..52 => {
                let latest = oracle.generations.latest(partition);
                Task::Fetch { partition, latest }
            }
            _ => Task::Beat,
        }
    }

    fn forget(&mut self) {
        self.id.clear();
        self.rejoin();
    }

    fn rejoin(&mut self) {
        self.generation = -1;
        self.synced = false;
        self.leads = false;
    }

    fn named(&self) -> MemberOf {
        MemberOf {
            group: GROUP.to_owned(),
            generation: self.generation,
            member: self.id.clone(),
            instance: self.instance.clone(),
        }
    }

    fn request(&self, task: &Task, oracle: &mut Oracle) -> GroupRequest {
        match task {
            Task::Join => GroupRequest::Join(Join {
                group: GROUP.to_owned(),
                member: self.id.clone(),
                instance: self.instance.clone(),
                client_id: "simulated".to_owned(),
                client_host: "/127.0.0.1".to_owned(),
                session_timeout_ms: SESSION_MS,
                rebalance_timeout_ms: 200,
                protocol_type: "consumer".to_owned(),
                protocols: vec![("range".to_owned(), Bytes::new())],
                id_required: self.asks_for_id,
            }),
            Task::Sync => {
                let shares = self.shares();
                if self.leads {
                    oracle.generations.assigns(self.generation, &shares);
                }
                let of = |(id, parts): (String, Vec<u8>)| (id, Bytes::from(parts));
                GroupRequest::Sync {
                    member: self.named(),
                    assignments: shares.into_iter().map(of).collect(),
                }
            }
            Task::Beat => GroupRequest::Heartbeat(self.named()),
            Task::Leave => GroupRequest::Leave {
                group: GROUP.to_owned(),
                members: vec![(self.id.clone(), None)],
            },
            Task::Commit { partition, token } => {
                oracle.generations.commits(*token);
                GroupRequest::Commit {
                    member: self.named(),
                    offsets: vec![OffsetToCommit {
                        topic: KEPT.to_owned(),
                        partition: *partition,
                        committed: CommittedOffset {
                            // Back and forth.
                            offset: i64::try_from(token % 7).expect("small"),
                            leader_epoch: -1,
                            metadata: token.to_string(),
                        },
                    }],
                }
            }
            Task::Fetch { partition, .. } => GroupRequest::Fetch {
                group: GROUP.to_owned(),
                partitions: Some(vec![(KEPT.to_owned(), *partition)]),
            },
        }
    }

    /// The partitions in turn to the members.
    fn shares(&self) -> Shares {
        let count = self.members.len().max(1);
        let of = |(at, id): (usize, &String)| {
            let own = (0..SHARES).filter(|part| usize::from(*part) % count == at);
            (id.clone(), own.collect())
        };
        self.members.iter().enumerate().map(of).collect()
    }

    /// Takes an answer, if it is to what this one asked.
    pub(crate) fn answered(&mut self, id: u64, response: &Response, oracle: &mut Oracle) -> bool {
        if self.open.as_ref().is_none_or(|open| open.id != id) {
            return false;
        }
        let open = self.open.take().expect("checked above");
        let Response::Group(response) = response else {
            panic!("{:?} was answered by {response:?}", open.task);
        };
        match (&open.task, response) {
            (_, GroupResponse::Error(error)) => self.refused(&open, *error, oracle),
            (Task::Join, GroupResponse::MemberIdRequired(id)) => self.id.clone_from(id),
            (Task::Join, GroupResponse::Joined(joined)) => self.joined(&open, joined, oracle),
            (Task::Sync, GroupResponse::Synced(given)) => {
                let (member, generation) = &open.of;
                assert!(!open.fenced, "a zombie got an assignment");
                oracle.generations.synced(*generation, member, given);
                oracle.count("assignments");
                self.synced = true;
            }
            (Task::Beat, GroupResponse::Done) => assert!(!open.fenced, "a zombie lives"),
            (Task::Leave, GroupResponse::Left(results)) => {
                if results.iter().all(Result::is_ok) {
                    oracle.generations.left(&open.of.0);
                }
                self.forget();
            }
            (Task::Commit { partition, token }, GroupResponse::Partitions(results)) => {
                match results[0] {
                    Ok(()) => {
                        assert!(!open.fenced, "a zombie's commit was taken");
                        oracle.generations.committed(*partition, *token);
                        oracle.count("commits of offsets");
                    }
                    Err(_) => oracle.generations.not_committed(*token),
                }
            }
            (Task::Fetch { latest, .. }, GroupResponse::Offsets(offsets)) => {
                let committed = offsets[0].committed.as_ref();
                let token = committed.and_then(|one| one.metadata.parse().ok());
                oracle.generations.fetched(token, *latest);
                oracle.count("fetches of offsets");
            }
            (task, response) => panic!("{task:?} was answered by {response:?}"),
        }
        true
    }

    fn joined(&mut self, open: &Open, joined: &Joined, oracle: &mut Oracle) {
        let groups = &mut oracle.generations;
        groups.names(&joined.member, self.instance.as_deref());
        for (member, instance, _) in &joined.members {
            groups.names(member, instance.as_deref());
        }
        groups.joined((joined.generation, &joined.leader), open.known);
        oracle.count("joins");
        self.id.clone_from(&joined.member);
        self.generation = joined.generation;
        self.leads = joined.leader == joined.member;
        self.members = joined.members.iter().map(|one| one.0.clone()).collect();
        self.synced = false;
    }

    fn refused(&mut self, open: &Open, error: ResponseError, oracle: &mut Oracle) {
        if let Task::Commit { token, .. } = open.task
            && error != ResponseError::RequestTimedOut
        {
            oracle.generations.not_committed(token);
            if open.fenced {
                oracle.count("zombies refused");
            }
        }
        match error {
            ResponseError::UnknownMemberId | ResponseError::FencedInstanceId => self.forget(),
            ResponseError::IllegalGeneration => self.rejoin(),
            ResponseError::RebalanceInProgress => self.rejoin(),
            _ => {}
        }
    }
}
