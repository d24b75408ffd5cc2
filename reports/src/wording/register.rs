//! Sentences for reads and writes of a partition's last record that have no valid order.

use checkers::history::Outcome;
use checkers::linearizability::Rule;
use checkers::verdict::{Evidence, Finding, RegisterUse};

use super::{Words, partition};
use crate::format::{moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let Finding::NotLinearizable {
        unplaced,
        proof,
        rule,
        searched,
    } = finding
    else {
        return None;
    };
    let place = partition(at);
    let mut seen = String::new();
    for used in proof {
        seen += &sentence(used, &place);
        seen.push(' ');
    }
    seen += &format!(
        "{} No order of these operations explains that answer.",
        sentence(unplaced, &place)
    );
    let mut therefore = broken(rule, proof);
    if !searched {
        therefore += " The full search exceeded its budget. The rule for registers with distinct \
                      values decides without it.";
    }
    let words = Words::of(
        "Not linearizable",
        "A partition's last record is a register: every read returns the last write, in one order \
         that respects real time.",
        "linearizability (Herlihy and Wing 1990); Jepsen",
    );
    Some(words.seen(seen).therefore(therefore))
}

fn broken(rule: &Rule, proof: &[RegisterUse]) -> String {
    match rule {
        Rule::ValueReturned => {
            "A value was read again after another value had replaced it: a stale read or a lost \
             write."
        }
        Rule::ValuesOverlap => {
            "Each of two values was current between reads of the other. One of them reappeared \
             after it had been replaced."
        }
        Rule::NobodyWrote if refused(proof) => "The value was read although its write had failed.",
        Rule::NobodyWrote => "The value was read although no client wrote it.",
        Rule::AnsweredBeforeCall => "The value was read before a client requested its write.",
        other => return format!("This is not possible: {}.", other.sentence()),
    }
    .to_string()
}

fn refused(proof: &[RegisterUse]) -> bool {
    proof.iter().any(|used| used.outcome == Outcome::Fail)
}

/// `Worker 3 wrote 3-17 to partition t0/1 (operation 5, called at 1.200 s, acknowledged at 1.210 s).`
fn sentence(used: &RegisterUse, place: &str) -> String {
    let value = used.value.as_deref().map(untrusted);
    let did = match (used.writes, used.outcome, value) {
        (true, Outcome::Fail, value) => {
            format!("failed to write {} to {place}", value.unwrap_or_default())
        }
        (true, _, value) => format!("wrote {} to {place}", value.unwrap_or_default()),
        (false, _, Some(value)) => format!("read {value} as the last record of {place}"),
        (false, _, None) => format!("found {place} empty"),
    };
    let by = used.node.as_deref().map(untrusted);
    let by = by.map(|node| format!(" from {node}")).unwrap_or_default();
    format!("Worker {} {did}{by} ({}).", used.worker, when(used))
}

/// `operation 5, called at 1.200 s, acknowledged at 1.210 s`.
pub(super) fn when(used: &RegisterUse) -> String {
    let end = match (used.writes, used.outcome, used.returned) {
        (true, Outcome::Ok, Some(returned)) => format!("acknowledged at {}", moment(returned)),
        (true, Outcome::Fail, Some(returned)) => format!("rejected at {}", moment(returned)),
        (false, _, Some(returned)) => format!("answered at {}", moment(returned)),
        _ => "outcome unknown".to_owned(),
    };
    format!(
        "operation {}, called at {}, {end}",
        used.operation,
        moment(used.called)
    )
}
