//! Sentences for the reasons why a check is undecided or does not apply.

use checkers::verdict::Doubt;

use crate::format::{count, group, length_ms, limit_ms, moment, untrusted};

/// Why a check could not say more, in half a line.
pub(super) fn brief(reason: &Doubt) -> String {
    match reason {
        Doubt::Starved { who, at, by_ms, .. } => format!(
            "machine starved: {} ran {} late at {}",
            untrusted(who),
            length_ms(*by_ms),
            moment(*at)
        ),
        other => doubt(other),
    }
}

/// Why a check could not say more, in one sentence without a full stop.
pub(crate) fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Starved {
            finding,
            limit_ms: limit,
            ..
        } => format!(
            "{}; more than {} is too late to judge, so the {} seen then proves nothing",
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
            "too little seen: {} in {}/{partition}, {} needed",
            count(*acknowledged, "acknowledged records"),
            untrusted(topic),
            group(*needed)
        ),
        Doubt::FewLeaderFaults {
            took_effect,
            needed,
        } => format!(
            "too little seen: {} that affect the leader took effect, {needed} needed",
            count(*took_effect, "faults")
        ),
        Doubt::FaultHadNoEffect { fault, name } => format!(
            "fault {} ({}) was begun, and no effect of it was seen",
            untrusted(fault),
            untrusted(name)
        ),
        Doubt::CutShort => "the history ends before the run was done".to_string(),
        Doubt::Interrupted => "the run was interrupted".to_string(),
        Doubt::NothingSeen { what } => {
            format!("the history holds no {} to judge by", untrusted(what))
        }
        Doubt::ReadIncomplete {
            node,
            topic,
            partition,
        } => format!(
            "{} could not be read to the end of {}/{partition}, so what is absent there proves \
             nothing",
            untrusted(node),
            untrusted(topic)
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
        Doubt::NotPromised { promise } => {
            format!(
                "not promised by this target: {}",
                untrusted(promise).replace('_', " ")
            )
        }
        Doubt::NotInRun { what } => format!("no {} in this run", untrusted(what)),
    }
}
