//! Sentences for findings about the committed offsets of groups, and about records that members got or did not get.

use checkers::history::Outcome;
use checkers::linearizability::Rule;
use checkers::verdict::{Evidence, Finding, RegisterUse};

use super::authorities::{COMMITS, GROUPS, JEPSEN};
use super::named::record;
use super::register::when;
use super::{Words, partition};
use crate::format::{moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::FencedCommit {
            group,
            member,
            generation,
            fenced_by,
            fenced_at,
        } => Words::of(
            "Commit of a former generation accepted",
            "A member commits offsets only in the current generation.",
            "Kafka's consumer groups; KIP-447",
        )
        .seen(format!(
            "Generation {fenced_by} of group {} was known at {}. Later, member {} of generation {generation} sent \
             a commit for {place}, and that was accepted.",
            untrusted(group),
            moment(*fenced_at),
            untrusted(member)
        ))
        .therefore("The commit may replace the offset of the partition's new owner."),
        Finding::OffsetsNotLinearizable {
            group,
            unplaced,
            proof,
            rule,
        } => not_linearizable(group, &place, (unplaced, proof), *rule),
        Finding::ResumeSkip {
            group,
            member,
            position,
            next,
            skipped,
        } => Words::of(
            "Member skips records",
            "A member gets every record from its position on.",
            JEPSEN,
        )
        .seen(format!(
            "Member {} of group {} was at offset {position} of {place}. The next record that it got there has \
             offset {next}.",
            untrusted(member),
            untrusted(group)
        ))
        .therefore(format!(
            "At least one visible record is between them: {}.",
            record(skipped)
        )),
        Finding::NeverDelivered {
            group,
            record: missed,
            committed,
        } => Words::of(
            "Consumed, never delivered",
            "Every record below the committed offset was delivered to a member of the group.",
            GROUPS,
        )
        .seen(format!(
            "No member of group {} got record {}. The committed offset of the partition is {committed}.",
            untrusted(group),
            record(missed)
        ))
        .therefore("The group resumes at the committed offset, so it never gets this record."),
        other => return commits(other, &place),
    })
}

fn commits(finding: &Finding, place: &str) -> Option<Words> {
    Some(match finding {
        Finding::CommitLost {
            group,
            offset,
            token,
            instead,
            instead_token,
        } => {
            let (found, therefore) = match instead {
                Some(instead) => (
                    format!("returned offset {instead}{}", with_token(instead_token.as_deref())),
                    "The commit of that offset had been acknowledged before this one was sent.",
                ),
                None => (
                    "returned no offset".to_owned(),
                    "No later operation can have removed it.",
                ),
            };
            Words::of(
                "Commit lost",
                "An acknowledged commit of an offset lasts until a later commit replaces it.",
                COMMITS,
            )
            .seen(format!(
                "Group {} committed offset {offset} of {place}{}, and that was acknowledged. The final fetch {found}.",
                untrusted(group),
                with_token(Some(token))
            ))
            .therefore(format!("The acknowledged commit is lost. {therefore}"))
        }
        Finding::CommitPhantom {
            group,
            offset,
            token,
            refused,
        } => Words::of(
            "Phantom commit",
            "A fetch returns only offsets that were committed.",
            GROUPS,
        )
        .seen(format!(
            "A fetch for group {} returned offset {offset} of {place}{}.",
            untrusted(group),
            with_token(Some(token))
        ))
        .therefore(match refused {
            true => "The commit with this token had been rejected.",
            false => "No client had committed this offset with this token there.",
        }),
        Finding::CommitWentBack {
            group,
            before,
            after,
            before_by,
        } => Words::of(
            "Committed offset went back",
            "A fetch never returns an older commit than an earlier fetch did.",
            GROUPS,
        )
        .seen(format!(
            "A fetch for group {} (operation {before_by}) returned the commit of {place} with token {}. A later \
             fetch returned the commit with token {}.",
            untrusted(group),
            untrusted(before),
            untrusted(after)
        ))
        .therefore("The second commit had been acknowledged before the first one was sent: it is older."),
        Finding::CommitBeyond {
            group,
            offset,
            possible,
        } => Words::of(
            "Commit beyond what was read",
            "A committed offset is not higher than what members committed or read.",
            GROUPS,
        )
        .seen(format!(
            "A fetch for group {} returned offset {offset} of {place}.",
            untrusted(group)
        ))
        .therefore(format!(
            "By then nobody had committed a higher offset than {possible}, and no member had got a record at or \
             above it."
        )),
        _ => return None,
    })
}

fn with_token(token: Option<&str>) -> String {
    match token {
        Some(token) => format!(" with token {}", untrusted(token)),
        None => String::new(),
    }
}

fn not_linearizable(
    group: &str,
    place: &str,
    (unplaced, proof): (&RegisterUse, &[RegisterUse]),
    rule: Rule,
) -> Words {
    let group = untrusted(group);
    let sentence = |used: &RegisterUse| used_sentence(used, place);
    let mut seen: Vec<String> = proof.iter().map(sentence).collect();
    seen.push(sentence(unplaced));
    seen.push(format!(
        "No order of these operations on the offsets of group {group} explains that answer."
    ));
    let refused = proof.iter().any(|used| used.outcome == Outcome::Fail);
    let therefore = match rule {
        Rule::ValueReturned => {
            "A commit was fetched again after another one had replaced it: a stale fetch or a lost commit."
        }
        Rule::ValuesOverlap => {
            "Each of two commits was current between fetches of the other. One of them reappeared after it had \
             been replaced."
        }
        Rule::NobodyWrote if refused => "The token was fetched although its commit had failed.",
        Rule::NobodyWrote => "The token was fetched although no client had committed it.",
        Rule::AnsweredBeforeCall => "The token was fetched before a client requested its commit.",
        _ => rule.sentence(),
    };
    Words::of(
        "Offsets not linearizable",
        "The committed offset of a partition is a register: every fetch returns the last commit, in one order that \
         respects real time.",
        "linearizability (Herlihy and Wing 1990), as the target promises it",
    )
    .seen(seen.join(" "))
    .therefore(therefore)
}

/// `Worker 3 committed token 3-17 for partition t0/1 (operation 5, called at 1.200 s, acknowledged at 1.210 s).`
fn used_sentence(used: &RegisterUse, place: &str) -> String {
    let value = used.value.as_deref().map(untrusted);
    let did = match (used.writes, used.outcome, value) {
        (true, Outcome::Fail, value) => {
            format!(
                "failed to commit token {} for {place}",
                value.unwrap_or_default()
            )
        }
        (true, _, value) => format!("committed token {} for {place}", value.unwrap_or_default()),
        (false, _, Some(value)) => format!("fetched token {value} for {place}"),
        (false, _, None) => format!("found no committed offset for {place}"),
    };
    let by = used.node.as_deref().map(untrusted);
    let by = by.map(|node| format!(" from {node}")).unwrap_or_default();
    format!("Worker {} {did}{by} ({}).", used.worker, when(used))
}
