//! Sentences for what has no order as a register.

use checkers::history::Outcome;
use checkers::linearizability::Rule;
use checkers::verdict::{Evidence, Finding, RegisterUse};

use super::{Account, partition};
use crate::format::{moment, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
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
    let mut therefore = match rule {
        Rule::ValueReturned => {
            "The register held a value again that another one had surely replaced: \
            a stale read, or a write that was lost."
                .to_owned()
        }
        Rule::ValuesOverlap => {
            "Each of two values was current between reads of the other: one of them \
            came back."
                .to_owned()
        }
        Rule::NobodyWrote if refused(proof) => {
            "The value was read though its write had surely failed.".to_owned()
        }
        Rule::NobodyWrote => "The value was read and nobody wrote it.".to_owned(),
        Rule::AnsweredBeforeCall => {
            "The value was read before anybody asked for it to be written.".to_owned()
        }
        other => format!("It cannot be: {}.", other.sentence()),
    };
    if !searched {
        therefore += " The search for an order ran out of its budget; the rule for registers whose values \
            differ decides without it.";
    }
    Some(Account::new(seen, therefore))
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
    let end = match (used.writes, used.outcome, used.returned) {
        (true, Outcome::Ok, Some(returned)) => format!("acknowledged at {}", moment(returned)),
        (true, Outcome::Fail, Some(returned)) => format!("refused at {}", moment(returned)),
        (false, _, Some(returned)) => format!("answered at {}", moment(returned)),
        _ => "outcome unknown".to_owned(),
    };
    format!(
        "Worker {} {did}{by} (operation {}, called at {}, {end}).",
        used.worker,
        used.operation,
        moment(used.called)
    )
}
