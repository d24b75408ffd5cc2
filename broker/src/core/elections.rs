//! Time and leadership: ticks, who asks for votes and when, and what ends with leadership.

use raft::StateRole;
use rand::Rng;

use super::{Core, Hello};
use crate::request::{NodeId, QuorumView};
use crate::rules::ServeAfter;

impl Core {
    pub(super) fn tick(&mut self) {
        let tick = self.config.tick.as_nanos().max(1);
        let silent = self.now.saturating_sub(self.last_tick);
        let passed = silent.as_nanos() / tick;
        // A process that did not run must not count all of that time against its peers: their messages of that time
        // have been fed before, but a leader has not heard the answers to heartbeats that it did not send.
        let ticks = usize::try_from(passed)
            .unwrap_or(usize::MAX)
            .clamp(1, self.raft.raft.election_timeout());
        self.last_tick = self.now;
        for _ in 0..ticks {
            if self.installing.is_some() {
                break;
            }
            // A node without any link has nobody to ask; a leader must go on counting, to step down. (Without pre-vote the
            // node asks all the same: a broker that lacks one protection lacks the other.)
            let nobody = self.peers.is_empty() && self.config.voters.len() > 1;
            if nobody && !self.is_leader() && self.config.rules.pre_vote {
                break;
            }
            let campaigns = |role| matches!(role, StateRole::PreCandidate | StateRole::Candidate);
            self.raft.tick();
            if campaigns(self.raft.raft.state) && self.raft.raft.election_elapsed == 0 {
                self.campaigns += 1;
            }
            self.draw_timeout();
        }
        self.check_timeouts(silent);
        self.expire();
        self.tick_groups(silent);
        self.propose_trim();
    }

    /// At start: the best of the connected nodes asks for votes at once instead of waiting for its time-out. Only
    /// that one: two candidates would collide and be slower than none.
    pub(super) fn kick(&mut self) {
        let connected = self.peers.len() + 1;
        let idle = self.raft.raft.state == StateRole::Follower
            && self.raft.raft.leader_id == raft::INVALID_ID;
        let led = self.peers.values().any(|hello| hello.leader.is_some());
        if !idle || led || self.installing.is_some() || connected <= self.config.voters.len() / 2 {
            return;
        }
        let own = self.hello();
        let rank =
            |id: NodeId, hello: &Hello| (hello.last_term, hello.last_index, std::cmp::Reverse(id));
        let mine = rank(self.config.id, &own);
        if self.peers.iter().all(|(id, hello)| rank(*id, hello) < mine) {
            // A refusal (not promotable) leaves the time-out as it is.
            let _ = self.raft.campaign();
        }
    }

    pub(super) fn is_leader(&self) -> bool {
        self.raft.raft.state == StateRole::Leader
    }

    /// Whether this node leads and has applied everything that was acknowledged before it did.
    pub(super) fn serves(&self) -> bool {
        let ready = match self.config.rules.serve_after {
            ServeAfter::OwnTermApplied => self.applied_term == self.raft.raft.term,
            ServeAfter::Election => true,
        };
        self.is_leader() && ready
    }

    /// The leader that may be shown: none while the term it leads in is not durable here.
    pub(super) fn leader(&self) -> Option<NodeId> {
        let raft = &self.raft.raft;
        (raft.leader_id != raft::INVALID_ID && raft.term == self.durable_term)
            .then_some(raft.leader_id)
    }

    pub(super) fn quorum(&self) -> QuorumView {
        let raft = &self.raft.raft;
        let matched = |id: NodeId| {
            let progress = self.is_leader().then(|| raft.prs().get(id)).flatten();
            progress.map_or(-1, |progress| progress.matched as i64)
        };
        QuorumView {
            leader: self.leader(),
            term: self.durable_term,
            commit: raft.raft_log.committed,
            voters: self
                .config
                .voters
                .iter()
                .map(|id| (*id, matched(*id)))
                .collect(),
        }
    }

    /// Raft draws its election time-outs from the thread's generator, so a failing seed would not replay. What it drew
    /// is overwritten; when a new one is due depends on the state alone, never on what was drawn.
    pub(super) fn draw_timeout(&mut self) {
        let raft = &self.raft.raft;
        let belongs = (raft.term, raft.state, raft.leader_id, self.campaigns);
        if self.drawn != Some(belongs) {
            self.drawn = Some(belongs);
            let (minimum, maximum) = (raft.election_timeout(), self.max_timeout());
            self.timeout = self.random.random_range(minimum..maximum);
        }
        self.raft.raft.set_randomized_election_timeout(self.timeout);
    }

    pub(super) fn max_timeout(&self) -> usize {
        let ticks = self.config.election_max.as_nanos() / self.config.tick.as_nanos().max(1);
        usize::try_from(ticks).unwrap_or(usize::MAX)
    }

    /// What hangs on leadership ends with it: nothing that waits here may be answered as if this node still led.
    pub(super) fn notice_leadership(&mut self) {
        let leads = self.is_leader().then_some(self.raft.raft.term);
        if leads == self.leads {
            return;
        }
        self.leads = leads;
        self.trim_proposed = 0;
        self.fail_appends();
        self.end_groups();
        self.fail_reads();
        self.forget_transactions();
        if leads.is_some() {
            self.begin_offsets();
        }
    }
}
