//! Sentences for findings about what a node's process holds.

use checkers::verdict::{Evidence, Finding};

use super::Account;
use crate::format::{group, length_ms, memory, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
    let Finding::ResourceGrowth {
        node,
        resource,
        from,
        to,
        highest,
        limit,
    } = finding
    else {
        return None;
    };
    let took = at
        .window
        .map(|(from, to)| format!(" within {}", length_ms((to - from) / 1_000_000)))
        .unwrap_or_default();
    Some(Account::new(
        format!(
            "The {} of {} grew from {} to {}{took}, step by step, and reached {}.",
            word(resource),
            untrusted(node),
            amount(resource, *from),
            amount(resource, *to),
            amount(resource, *highest)
        ),
        format!(
            "A process that has work for a minute may grow by {}. What grows by steps while a peer does not answer is \
             kept for it without bound, and ends with the kernel ending the process.",
            amount(resource, *limit)
        ),
    ))
}

/// `n1 resident memory 10.2 MiB to 140.0 MiB, limit 128.0 MiB of growth`.
pub(super) fn detail(finding: &Finding) -> String {
    match finding {
        Finding::ResourceGrowth {
            node,
            resource,
            from,
            highest,
            limit,
            ..
        } => format!(
            "{} {} {} to {}, limit {} of growth",
            untrusted(node),
            word(resource),
            amount(resource, *from),
            amount(resource, *highest),
            amount(resource, *limit)
        ),
        _ => String::new(),
    }
}

fn word(resource: &str) -> String {
    match resource {
        "resident_bytes" => "resident memory".to_string(),
        "descriptors" => "number of open descriptors".to_string(),
        other => untrusted(other),
    }
}

fn amount(resource: &str, value: u64) -> String {
    if resource.ends_with("_bytes") {
        memory(value)
    } else {
        group(value)
    }
}
