//! The core of a node: consensus, state machine and the requests that wait for them, without any IO.
//!
//! [`Core::handle`] takes the time and one [`Input`] and returns [`Action`]s; it has no socket, file, thread,
//! clock or random source of its own, so that a simulation drives exactly this code. (The one exception is
//! reading: entries that are no longer in memory are read from the log's open segments.)

mod answer;
mod append;
mod crowd;
mod deletions;
mod elections;
mod fetch;
mod groups;
#[cfg(feature = "simulation")]
mod inspection;
mod interface;
mod lagging;
mod listed;
mod plausible;
mod reads;
mod ready;
mod retention;
mod step;
mod store;
mod transactions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use raft::eraftpb::Message;
use raft::{RawNode, StateRole};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::log::{Recovered, WriteGroup};
pub use crate::messages::{Class, Hello};
use crate::request::{NodeId, Request, RequestId, Response, Time, View};
use crate::rules::Backlog;
use crate::state::State;
#[cfg(feature = "simulation")]
pub use inspection::Inspection;
pub use interface::{Action, CoreConfig, CoreError, Input};

use append::Appends;
use crowd::Arrived;
use groups::Coordinator;
use plausible::Ceilings;
use reads::{Question, Reads};
use store::LogStore;
use transactions::Transacting;

/// Messages that wait for a sync.
struct Waiting {
    /// Raft's number of the ready.
    ready: u64,
    /// The group that has to be durable first.
    group: u64,
    messages: Vec<Message>,
}

/// What a drawn election time-out belongs to; a change of any part draws a new one.
type Drawn = (u64, StateRole, u64, u64);

/// A node without its sockets, disk and clock.
pub struct Core {
    config: CoreConfig,
    raft: RawNode<LogStore>,
    state: State,
    /// Last entry applied. Invariant: `applied_index <= commit`.
    applied_index: u64,
    /// Its term. While it is the node's own term and the node leads, everything acknowledged before has been applied.
    applied_term: u64,
    now: Time,
    last_tick: Time,
    actions: Vec<Action>,
    /// Number of the last write group handed out.
    group: u64,
    /// Number of the last write group that is durable.
    durable_group: u64,
    /// For each group with entries that is not durable yet: its last entry.
    unsynced: VecDeque<(u64, u64)>,
    /// Last entry of this node's own log that is durable.
    synced_index: u64,
    /// Terms handed to the log, by group; the last durable one may be shown.
    terms: VecDeque<(u64, u64)>,
    /// The largest term that is durable. A larger one must not be shown: after a crash this node would show a smaller
    /// one again, and clients take a leader epoch that goes back for an old leader.
    durable_term: u64,
    waiting: VecDeque<Waiting>,
    /// A checkpoint from the leader that is not durable yet: its index and Raft's number of the ready. Until it is, Raft's applied index
    /// lies before the log's begin, and neither ticks nor messages may reach it.
    installing: Option<(u64, u64)>,
    /// What terms and indexes a message may have at most.
    ceilings: Ceilings,
    /// Since when every leader heard of knows this node to have entries that it lacks.
    older_copy: Option<Time>,
    /// Why the process has to end, once that is known.
    fatal: Option<String>,
    /// Indexes before which a segment begins, whose checkpoint is not taken yet.
    checkpoints_due: BTreeSet<u64>,
    /// What the next write group carries beside Raft's part.
    next_group: WriteGroup,
    /// First index of the last trim proposed.
    trim_proposed: u64,
    log_bytes: u64,
    random: ChaCha8Rng,
    timeout: usize,
    drawn: Option<Drawn>,
    campaigns: u64,
    peers: BTreeMap<NodeId, Hello>,
    /// Term in which this node leads, if it does.
    leads: Option<u64>,
    appends: Appends,
    reads: Reads,
    transacting: Transacting,
    coordinator: Coordinator,
    fetches: Vec<fetch::Waiting>,
    view: Arc<View>,
    /// The last leader that could be shown, and its term.
    last_leader: Option<(NodeId, u64)>,
    /// What `view` was made from.
    view_of: (Option<NodeId>, u64, u64),
}

impl std::fmt::Debug for Core {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Core")
            .field("id", &self.config.id)
            .field("term", &self.raft.raft.term)
            .field("applied", &self.applied_index)
            .finish_non_exhaustive()
    }
}

impl Core {
    /// A core that continues from what was recovered. Committed entries are replayed by the first calls of
    /// [`Core::handle`].
    pub fn new(config: CoreConfig, recovered: Recovered) -> Result<Core, CoreError> {
        let tick = config.tick.as_nanos().max(1);
        let ticks = |time: Duration| usize::try_from(time.as_nanos() / tick).unwrap_or(usize::MAX);
        let (heartbeat, minimum, maximum) = (
            ticks(config.heartbeat),
            ticks(config.election_min),
            ticks(config.election_max),
        );
        if heartbeat == 0 || minimum <= heartbeat || maximum <= minimum {
            return Err(CoreError::Config(
                "there must be a tick <= heartbeat < election_min < election_max".to_owned(),
            ));
        }
        plausible::stored(&config.voters, &recovered).map_err(CoreError::Recovered)?;
        let raft_config = raft::Config {
            id: config.id,
            election_tick: minimum,
            min_election_tick: minimum,
            max_election_tick: maximum,
            heartbeat_tick: heartbeat,
            applied: recovered
                .segments
                .first()
                .map_or(0, |segment| segment.first_index - 1),
            max_size_per_msg: config.max_size_per_msg,
            max_inflight_msgs: match config.rules.backlog {
                // Of up to 1 MiB each: all of them at once are in memory when a follower catches up.
                Backlog::Bounded => 32,
                Backlog::Unbounded => 1 << 20,
            },
            check_quorum: config.rules.check_quorum,
            pre_vote: config.rules.pre_vote,
            max_uncommitted_size: config.uncommitted_bytes_max as u64,
            max_committed_size_per_ready: 4 * 1024 * 1024,
            ..raft::Config::default()
        };
        let (applied_index, applied_term, state) = base(&recovered)?;
        let store = LogStore::new(&config.voters, &recovered);
        let segments = recovered
            .segments
            .iter()
            .map(|segment| segment.first_index - 1);
        let checkpoints_due = segments
            .filter(|index| *index > applied_index && !recovered.checkpoints.contains_key(index))
            .collect();
        let synced_index = store.catalog.last_index();
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let mut raft = RawNode::new(&raft_config, store, &logger)
            .map_err(|error| CoreError::Config(error.to_string()))?;
        raft.set_batch_append(true);
        let ceilings = Ceilings::new(&config, raft.raft.term, synced_index);
        let mut core = Core {
            ceilings,
            older_copy: None,
            random: ChaCha8Rng::seed_from_u64(config.seed),
            durable_term: recovered.hard_state.term,
            log_bytes: recovered.bytes,
            config,
            raft,
            state,
            applied_index,
            applied_term,
            now: Time::ZERO,
            last_tick: Time::ZERO,
            actions: Vec::new(),
            group: 0,
            durable_group: 0,
            unsynced: VecDeque::new(),
            synced_index,
            terms: VecDeque::new(),
            waiting: VecDeque::new(),
            installing: None,
            fatal: None,
            checkpoints_due,
            next_group: WriteGroup::default(),
            trim_proposed: 0,
            timeout: minimum,
            drawn: None,
            campaigns: 0,
            peers: BTreeMap::new(),
            leads: None,
            appends: Appends::default(),
            reads: Reads::default(),
            transacting: Transacting::default(),
            coordinator: Coordinator::default(),
            fetches: Vec::new(),
            view: Arc::new(View::default()),
            last_leader: None,
            view_of: (None, u64::MAX, u64::MAX),
        };
        core.config.hooks.recovered(synced_index);
        core.draw_timeout();
        core.settle();
        Ok(core)
    }

    /// Takes one input at `now` and says what to do, in order.
    pub fn handle(&mut self, now: Time, input: Input) -> Vec<Action> {
        self.handle_many(now, [input])
    }

    /// Takes several inputs that arrived together: what they append shares a sync.
    pub fn handle_many(
        &mut self,
        now: Time,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Vec<Action> {
        self.now = self.now.max(now);
        for input in inputs {
            self.take(input);
            self.draw_timeout();
            self.notice_leadership();
        }
        self.settle();
        if let Some(reason) = self.fatal.take() {
            self.actions.push(Action::Fatal(reason));
        }
        std::mem::take(&mut self.actions)
    }

    /// What to say of this node in a handshake.
    pub fn hello(&self) -> Hello {
        let store = self.raft.store();
        let last_index = store.catalog.last_index();
        Hello {
            term: self.raft.raft.term,
            last_term: store.catalog.term(last_index).unwrap_or(0),
            last_index,
            leader: self.leader(),
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Tick => self.tick(),
            Input::Peer { from, message } => self.step(from, *message),
            Input::PeerUp { peer, hello } => {
                let hello = self.plausible_hello(peer, hello);
                self.peers.insert(peer, hello);
                self.kick();
            }
            Input::PeerDown { peer } => {
                self.peers.remove(&peer);
                self.unreachable(peer);
            }
            Input::Dropped { peer } => self.unreachable(peer),
            Input::Synced(report) => self.synced(report),
            Input::Request { id, request } => self.request(id, request),
        }
    }

    fn request(&mut self, id: RequestId, request: Request) {
        match request {
            Request::Produce {
                partitions,
                acks,
                deadline,
                transaction,
            } => self.produce(Arrived {
                id,
                partitions,
                acks,
                deadline,
                transaction,
            }),
            Request::Fetch {
                partitions,
                min_bytes,
                max_bytes,
                deadline,
                follower_may_serve,
                read_committed,
            } => {
                let limits = fetch::Limits {
                    min_bytes,
                    max_bytes,
                    deadline,
                    follower_may_serve,
                    read_committed,
                };
                self.fetch(id, partitions, limits);
            }
            Request::ListOffsets {
                partitions,
                deadline,
                read_committed,
            } => self.read(id, Question::Offsets(partitions, read_committed), deadline),
            Request::EpochEnds { partitions } => {
                let ends = partitions
                    .iter()
                    .map(|asked| self.epoch_end(asked))
                    .collect();
                self.respond(id, Response::EpochEnds(ends));
            }
            Request::InitProducerId { deadline } => self.producer_id(id, deadline),
            Request::Transaction { request, deadline } => {
                self.transaction(id, &request, deadline);
            }
            Request::Transactions { ids, deadline } => {
                self.read(id, Question::Transactions(ids), deadline);
            }
            Request::Producers {
                partitions,
                deadline,
            } => self.read(id, Question::Producers(partitions), deadline),
            Request::DeleteRecords {
                topic,
                partition,
                offset,
                deadline,
            } => self.delete_records(id, (&topic, partition), offset, deadline),
            Request::Admin { change, deadline } => self.admin(id, change, deadline),
            Request::Group { request, deadline } => self.group_request(id, request, deadline),
            Request::View => {
                let view = Arc::clone(&self.view);
                self.respond(id, Response::View(view));
            }
            Request::Quorum => {
                let view = self.quorum();
                self.respond(id, Response::Quorum(view));
            }
        }
    }

    fn respond(&mut self, id: RequestId, response: Response) {
        self.actions.push(Action::Respond { id, response });
    }
}

fn base(recovered: &Recovered) -> Result<(u64, u64, State), CoreError> {
    let Some(first) = recovered
        .segments
        .first()
        .filter(|segment| segment.first_index > 1)
    else {
        return Ok((0, 0, State::default()));
    };
    let index = first.first_index - 1;
    let checkpoint = recovered.checkpoints.get(&index);
    let state = checkpoint.and_then(|checkpoint| State::decode(&checkpoint.state));
    match (checkpoint, state) {
        (Some(checkpoint), Some(state)) => Ok((index, checkpoint.term, state)),
        (checkpoint, _) => {
            let newer = checkpoint.and_then(|checkpoint| State::newer(&checkpoint.state));
            let why = match newer {
                Some((version, known)) => {
                    format!("has version {version}, and this release reads versions up to {known}")
                }
                None => "cannot be read".to_owned(),
            };
            Err(CoreError::Recovered(format!(
                "the checkpoint after entry {index} {why}"
            )))
        }
    }
}
