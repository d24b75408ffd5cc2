//! Sentences for the reasons why a check is undecided or not applicable.

use checkers::history::Moment;
use checkers::verdict::Doubt;

use crate::format::{count, group, length_ms, limit_ms, moment, untrusted};

/// Why a check is undecided, in half a line.
pub(super) fn brief(reason: &Doubt) -> String {
    match reason {
        Doubt::Starved {
            who,
            thread,
            at,
            by_ms,
            ..
        } => format!(
            "machine starved: {}",
            late(who, thread.as_deref(), *at, *by_ms)
        ),
        other => doubt(other),
    }
}

/// Who ran late, by how much, until when.
pub(crate) fn late(who: &str, thread: Option<&str>, at: Moment, by_ms: u64) -> String {
    let thread = thread.map(|name| format!(" (thread {})", untrusted(name)));
    format!(
        "{}{} ran {} late at {}",
        untrusted(who),
        thread.unwrap_or_default(),
        length_ms(by_ms),
        moment(at)
    )
}

/// Why a check is undecided, in one sentence without a full stop.
pub(crate) fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Starved {
            finding,
            limit_ms: limit,
            ..
        } => format!(
            "{}; a delay of more than {} makes the {} at that time inconclusive",
            brief(doubt),
            limit_ms(*limit),
            untrusted(finding).replace('-', " ")
        ),
        Doubt::FewAcknowledged {
            topic,
            partition,
            acknowledged,
            needed,
        } => format!(
            "too little evidence: {} in {}/{partition}, {} needed; a longer --time-limit or a higher --rate \
             brings more",
            count(*acknowledged, "acknowledged records"),
            untrusted(topic),
            group(*needed)
        ),
        Doubt::FewLeaderFaults {
            took_effect,
            needed,
        } => format!(
            "too little evidence: {} on the leader took effect, {needed} needed; a longer --time-limit brings more",
            count(*took_effect, "faults")
        ),
        Doubt::FaultHadNoEffect { fault, name } => format!(
            "fault {} ({}) was started, but no effect was observed",
            untrusted(fault),
            untrusted(name)
        ),
        Doubt::ClientEnded { client, status, at } => format!(
            "client {} ended by itself at {} ({}), so the run lacks what it would have seen",
            untrusted(client),
            moment(*at),
            untrusted(status)
        ),
        Doubt::CutShort => "the history ends before the end of the run".to_string(),
        Doubt::Interrupted => "the run was interrupted".to_string(),
        Doubt::DiskFull { since } => format!(
            "the disk became full after {}, so the nodes could not write",
            moment(*since)
        ),
        Doubt::NothingSeen { what } => {
            format!("the history contains no {} to judge", untrusted(what))
        }
        Doubt::ReadIncomplete {
            node,
            topic,
            partition,
        } => format!(
            "{} could not be read to the end of {}/{partition}, so a record missing there proves \
             nothing",
            untrusted(node),
            untrusted(topic)
        ),
        Doubt::NotAgreed { waited_ms, lacking } => format!(
            "the nodes did not agree on leaders within the {} that they had{}",
            length_ms(*waited_ms),
            super::formation::lacks(lacking)
        ),
        Doubt::FailOverOnce {
            fault,
            length_ms: took,
            needed_ms,
        } => format!(
            "too little evidence: no other node took over under fault {}, once and for {}; a second \
             such fault, or one of {}, would prove it",
            untrusted(fault),
            length_ms(*took),
            limit_ms(*needed_ms)
        ),
        Doubt::CheckFailed { message } => {
            format!("the check itself failed: {}", untrusted(message))
        }
        Doubt::BadHistory { problems } => {
            format!(
                "the history is not well-formed ({})",
                count(*problems, "problems")
            )
        }
        Doubt::Damaged { problem } => format!("history damaged: {}", untrusted(problem)),
        Doubt::NotPromised { promise } => {
            format!(
                "not promised by this target: {}",
                untrusted(promise).replace('_', " ")
            )
        }
        Doubt::NotInRun { what } => format!("no {} in this run", untrusted(what)),
        other => other.name().replace('-', " "),
    }
}

/// The reason in a word or two, for a cell of the matrix; empty where the check does not apply.
pub(crate) fn doubt_word(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::Starved { .. } => "starved",
        Doubt::FewAcknowledged { .. }
        | Doubt::FewLeaderFaults { .. }
        | Doubt::FailOverOnce { .. }
        | Doubt::NothingSeen { .. } => "vacuous",
        Doubt::NotAgreed { .. } => "not agreed",
        Doubt::FaultHadNoEffect { .. } => "no effect",
        Doubt::ClientEnded { .. } => "client ended",
        Doubt::CutShort => "cut short",
        Doubt::Interrupted => "interrupted",
        Doubt::DiskFull { .. } => "disk full",
        Doubt::ReadIncomplete { .. } => "not read",
        Doubt::CheckFailed { .. } => "check failed",
        Doubt::BadHistory { .. } => "bad history",
        Doubt::Damaged { .. } => "damaged",
        Doubt::NotPromised { .. } | Doubt::NotInRun { .. } => "",
        other => other.name(),
    }
}
