//! Rules: what the broker decides where it could decide otherwise, each with the invariant that it guards.
//!
//! [`Rules::default`] is the correct broker. Every other value is a mistake that some broker has shipped; it exists so
//! that a test can show that it detects the mistake. Plain values, no behaviour: the core, the log and the API read them.

/// How far an append must be before a request with acks=all is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcknowledgeAfter {
    /// Committed and applied.
    Commit,
    /// Synced by the leader alone.
    LocalSync,
    /// Applied, and durable on every node, whether or not it is reachable.
    EveryReplica,
}

/// When a new leader begins to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServeAfter {
    /// Once it has applied the first entry of its own term, and with it everything that was acknowledged before.
    OwnTermApplied,
    /// As soon as it is elected.
    Election,
}

/// What a deposed leader answers for the appends that it has not seen committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeposedAnswer {
    /// REQUEST_TIMED_OUT: perhaps written.
    Unknown,
    /// NOT_LEADER_OR_FOLLOWER: not written.
    NotWritten,
}

/// Who may answer ListOffsets, in the order of how little is asked of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndOffsets {
    /// A leader that a quorum has confirmed since the question came.
    Quorum,
    /// A node that takes itself for the leader.
    Leader,
    /// Any node.
    Local,
}

/// Which end of a partition a leader lists as the latest offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedEnd {
    /// After the last record that is applied.
    Applied,
    /// After the last record that is appended.
    Appended,
}

/// Who remembers what idempotent producers have sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequences {
    /// Every node: it is part of the replicated state.
    Replicated,
    /// The leader that took it, as long as it leads.
    Leader,
}

/// What recovery keeps of the end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryKeeps {
    /// Every intact frame.
    Intact,
    /// Only the frames that a later write confirms as synced.
    Confirmed,
    /// Every intact frame, and a torn entry after them.
    Torn,
}

/// What follows when a sync of the log fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedSync {
    /// The node ends.
    Ends,
    /// It goes on as if everything were durable.
    Ignored,
}

/// Which syncs of the log happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    /// Those of files and those of names.
    All,
    /// Those of files.
    Files,
    /// Those of segments and those of names: a checkpoint gets its name while its content is not durable.
    AllButCheckpoints,
    /// None: the kernel writes back when it likes.
    None,
}

/// How much of what a peer has not taken waits for it in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// A window of messages. What is beyond it is read from the log when it is its turn.
    Bounded,
    /// Everything.
    Unbounded,
}

/// What becomes of a change that was passed on to a leader whose connection broke before it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnansweredForward {
    /// The client learns that nobody knows.
    Unknown,
    /// It is passed on again.
    SentAgain,
}

/// How a Produce response shows an append that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedAppend {
    /// By its error code.
    Error,
    /// As error 0 with offset -1.
    Success,
}

/// Which Produce requests a leader takes into its log in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrder {
    /// All.
    Kept,
    /// Those that come while few others wait for their commit. Of more, every second one overtakes the one before.
    KeptWhileFew,
}

/// What becomes of a Produce request while many others wait for their commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowded {
    /// It is appended like any other.
    Appended,
    /// Beyond this many it is acknowledged together with them, and is not among what was appended.
    AcknowledgedBeyond(usize),
}

/// How far a DeleteRecords goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletes {
    /// As far as it asks.
    AsAsked,
    /// One record farther, if there is one.
    OneMore,
}

/// What becomes of offsets that a group commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// They are an entry.
    Entry,
    /// They are in the coordinator's memory.
    InMemory,
    /// They are an entry, if they are not smaller than those of before.
    OnlyForward,
}

/// Who coordinates consumer groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinators {
    /// The leader, by entries.
    Leader,
    /// Every node, in its own memory.
    EveryNode,
}

/// What becomes of the offsets that a transaction sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// They are committed when the transaction commits.
    UntilCommit,
    /// They are committed when they come.
    AtOnce,
    /// They are committed with the transaction, if its coordinator took them itself.
    WhileLeading,
}

/// When a group's generation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generations {
    /// Before anybody learns of it.
    First,
    /// Together with its assignment.
    WithAssignment,
}

/// When a SyncGroup of a follower is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncing {
    /// Once the assignment is applied.
    Assigned,
    /// When it comes.
    AtOnce,
}

/// When an EndTxn is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndAnswered {
    /// Once its entry is committed and applied.
    Applied,
    /// Once its entry is proposed.
    Proposed,
}

/// Which markers a commit writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markers {
    /// A commit marker in each partition.
    Alike,
    /// The same; but an abort marker in the last one, if the transaction was begun under another leader.
    LastOfOlderTermsAborts,
}

/// Up to where records are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StableOffset {
    /// The first record of an open transaction.
    BelowOpen,
    /// The high watermark.
    HighWatermark,
}

/// All rules of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A candidate first asks whether it would be elected, and raises its term only then. Guards: a node that was cut off
    /// does not depose a leader that a majority hears.
    pub pre_vote: bool,
    /// A leader that does not hear a quorum steps down. Guards: an old leader does not go on beside a new one, and does not
    /// keep followers that still hear it from electing.
    pub check_quorum: bool,
    /// Term and vote are part of what is written to the log. Guards: a node votes at most once in a term, and its term
    /// never goes back, whether or not it restarts.
    pub persist_hard_state: bool,
    /// Requests for votes, and votes, leave only once the vote is synced. Guards: the same, after a power loss.
    pub vote_waits_for_sync: bool,
    /// A follower acknowledges entries to the leader only once they are synced. Guards: a committed entry is durable on a
    /// majority.
    pub entries_wait_for_sync: bool,
    /// Entries of an older term are committed only together with one of the leader's own term. Guards: a committed entry
    /// is never overwritten (figure 8 of the Raft paper).
    pub commit_needs_own_term: bool,
    /// Guards: a new leader answers from a state that holds every acknowledged write.
    pub serve_after: ServeAfter,
    /// Guards: a write that was acknowledged with acks=all survives the loss of its leader, and one slow follower delays none.
    pub acknowledge_after: AcknowledgeAfter,
    /// Guards: a write that was refused is never read.
    pub deposed_answer: DeposedAnswer,
    /// Guards: the latest offset that is listed covers every write that was acknowledged before the question.
    pub end_offsets: EndOffsets,
    /// Guards: the latest offset never goes back.
    pub listed_end: ListedEnd,
    /// Guards: a retry after a fail-over is recognized as a duplicate.
    pub sequences: Sequences,
    /// Guards: what was synced before a restart is there after it, and nothing that was not written.
    pub recovery_keeps: RecoveryKeeps,
    /// Guards: what counts as durable is durable.
    pub failed_sync: FailedSync,
    /// Guards: the same, after a power loss.
    pub syncs: Syncs,
    /// Guards: a client learns that its write failed.
    pub failed_append: FailedAppend,
    /// Guards: a peer that takes little costs a leader little memory.
    pub backlog: Backlog,
    /// Guards: a change is made once, and whoever made it is not told that somebody else did.
    pub unanswered_forward: UnansweredForward,
    /// Guards: the requests of one connection take effect in their order.
    pub append_order: AppendOrder,
    /// Guards: what is acknowledged is in the log, however much is on its way.
    pub crowded: Crowded,
    /// Guards: what nobody asked to delete is kept.
    pub deletes: Deletes,
    /// Guards: a group has one coordinator.
    pub coordinators: Coordinators,
    /// Guards: an offset whose commit was acknowledged is what is fetched.
    pub commits: Commits,
    /// Only members of the present generation may commit. Guards: who lost its partitions does not move their offsets.
    pub commits_are_fenced: bool,
    /// The same for offsets of transactions. Guards: who lost its partitions does not publish what it made of them.
    pub stages_are_fenced: bool,
    /// Guards: the offsets of a transaction are committed if and only if its records are.
    pub staged: Staged,
    /// Guards: a generation's number means one set of members.
    pub generations: Generations,
    /// Guards: a partition has one owner in a generation.
    pub syncing: Syncing,
    /// A new coordinator goes on with the members of the last one. Guards: a change of leader is no rebalance.
    pub members_outlive_leaders: bool,
    /// A coordinator that stood still gives its members that time. Guards: a member whose heartbeats wait in a socket is
    /// not taken for silent.
    pub standstill_extends: bool,
    /// Guards: a transaction whose commit was acknowledged is committed.
    pub end_answered: EndAnswered,
    /// Guards: a transaction is committed in all its partitions or in none.
    pub markers: Markers,
    /// Guards: a consumer that reads what is committed reads nothing that may yet be aborted.
    pub stable_offset: StableOffset,
    /// A checkpoint contains the aborted transactions. Guards: what was aborted stays invisible after a restart.
    pub checkpoint_keeps_aborted: bool,
    /// A checkpoint contains the open transactions. Guards: every transaction ends, whether or not nodes restart.
    pub checkpoint_keeps_open: bool,
    /// A producer that begins anew aborts what it has left open. Guards: nothing of an earlier life is committed with what
    /// comes later.
    pub init_ends_open: bool,
    /// Only the newest epoch of a producer may write and end transactions. Guards: a producer that was replaced changes
    /// nothing any more.
    pub fences_epochs: bool,
    /// An EndTxn is executed once more after this many ms, if a transaction of the same producer is open then. Guards: a
    /// transaction ends as its producer says.
    pub late_end_ms: Option<u32>,
}

impl Rules {
    /// Those of the correct broker.
    pub const CORRECT: Rules = Rules {
        pre_vote: true,
        check_quorum: true,
        persist_hard_state: true,
        vote_waits_for_sync: true,
        entries_wait_for_sync: true,
        commit_needs_own_term: true,
        serve_after: ServeAfter::OwnTermApplied,
        acknowledge_after: AcknowledgeAfter::Commit,
        deposed_answer: DeposedAnswer::Unknown,
        end_offsets: EndOffsets::Quorum,
        listed_end: ListedEnd::Applied,
        sequences: Sequences::Replicated,
        recovery_keeps: RecoveryKeeps::Intact,
        failed_sync: FailedSync::Ends,
        syncs: Syncs::All,
        failed_append: FailedAppend::Error,
        backlog: Backlog::Bounded,
        unanswered_forward: UnansweredForward::Unknown,
        append_order: AppendOrder::Kept,
        crowded: Crowded::Appended,
        deletes: Deletes::AsAsked,
        coordinators: Coordinators::Leader,
        commits: Commits::Entry,
        commits_are_fenced: true,
        stages_are_fenced: true,
        staged: Staged::UntilCommit,
        generations: Generations::First,
        syncing: Syncing::Assigned,
        members_outlive_leaders: true,
        standstill_extends: true,
        end_answered: EndAnswered::Applied,
        markers: Markers::Alike,
        stable_offset: StableOffset::BelowOpen,
        checkpoint_keeps_aborted: true,
        checkpoint_keeps_open: true,
        init_ends_open: true,
        fences_epochs: true,
        late_end_ms: None,
    };
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::CORRECT
    }
}
