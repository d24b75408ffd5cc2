//! The stable names of findings, as results.json, baselines and the command line use them.

use super::Finding;

impl Finding {
    /// The finding's stable name, as in JSON's field `kind`.
    pub fn name(&self) -> &'static str {
        match self {
            Finding::OrderReversed { .. } => "order-reversed",
            Finding::ReadBeforeSend { .. } => "read-before-send",
            Finding::ReadAhead { .. } => "read-ahead",
            Finding::EndOffsetAhead { .. } => "end-offset-ahead",
            Finding::EndOffsetBeyond { .. } => "end-offset-beyond",
            Finding::EndOffsetBehind { .. } => "end-offset-behind",
            Finding::NotLinearizable { .. } => "not-linearizable",
            Finding::LostWrite { .. } => "lost-write",
            Finding::Duplicate { .. } => "duplicate",
            Finding::InconsistentOffset { .. } => "inconsistent-offset",
            Finding::PhantomValue { .. } => "phantom-value",
            Finding::FailedWriteSeen { .. } => "failed-write-seen",
            Finding::PollSkip { .. } => "poll-skip",
            Finding::NonmonotonicPoll { .. } => "nonmonotonic-poll",
            Finding::NonmonotonicSend { .. } => "nonmonotonic-send",
            Finding::AcknowledgedWithoutOffset { .. } => "acknowledged-without-offset",
            Finding::OutcomesMissing { .. } => "outcomes-missing",
            Finding::ReplicasDiffer { .. } => "replicas-differ",
            Finding::ReplicaMisses { .. } => "replica-misses",
            Finding::ReplicaBehind { .. } => "replica-behind",
            Finding::NeverServed { .. } => "never-served",
            Finding::ServedBySome { .. } => "served-by-some",
            Finding::TopicDiffers { .. } => "topic-differs",
            Finding::TopicChangeImpossible { .. } => "topic-change-impossible",
            Finding::TwoLeaders { .. } => "two-leaders",
            Finding::EpochWentBack { .. } => "epoch-went-back",
            Finding::UnexplainedElection { .. } => "unexplained-election",
            Finding::TermsBurned { .. } => "terms-burned",
            Finding::Leaderless { .. } => "leaderless",
            Finding::Disagreement { .. } => "disagreement",
            Finding::StaleLeader { .. } => "stale-leader",
            Finding::Flapping { .. } => "flapping",
            Finding::SlowFormation { .. } => "slow-formation",
            Finding::NeverFormed { .. } => "never-formed",
            Finding::FormationTerm { .. } => "formation-term",
            Finding::SlowRecovery { .. } => "slow-recovery",
            Finding::NeverRecovered { .. } => "never-recovered",
            Finding::NodeSilent { .. } => "node-silent",
            Finding::ResourceGrowth { .. } => "resource-growth",
            Finding::UnprovokedExit { .. } => "unprovoked-exit",
            Finding::Gap { .. } => "gap",
            Finding::NotServed { .. } => "not-served",
        }
    }
}
