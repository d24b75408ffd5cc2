//! Sentences for findings about what a log contains by its own word: where it begins, and which offsets it serves.

use checkers::verdict::{Evidence, Finding, Stood};

use super::authorities::{DELETED, KAFKA};
use super::{Words, partition};
use crate::format::{count, length_ms, limit_ms, untrusted};

/// The most partitions that are listed.
const LISTED_MAX: usize = 5;

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::OffsetOutOfRange { error, node, stood } => Words::of(
            "Offset out of range",
            "An offset that exists can be fetched.",
            KAFKA,
        )
        .seen(format!(
            "A fetch{} at {} failed with {}.",
            node.as_ref()
                .map_or_else(String::new, |node| format!(" from {}", untrusted(node))),
            places(stood),
            untrusted(error)
        ))
        .therefore(
            "A record before each of these offsets was known before, and nobody had asked to \
             remove any above.",
        ),
        Finding::UnreadableRecords { error, node, stood } => Words::of(
            "Unreadable records",
            "What a fetch returns are whole batches of records with the right checksum.",
            KAFKA,
        )
        .seen(format!(
            "A fetch{} at {} returned bytes that are no records: {}.",
            node.as_ref()
                .map_or_else(String::new, |node| format!(" from {}", untrusted(node))),
            places(stood),
            untrusted(error)
        ))
        .therefore(
            "The client checks what it is given. A client that does not would have read altered \
             records.",
        ),
        Finding::LogStartUnexplained {
            node,
            start,
            explained,
            acknowledged,
        } => Words::of(
            "Records removed",
            "A log begins above 0 only if records were deleted by request or by retention.",
            KAFKA,
        )
        .seen(format!(
            "{} keeps {place} from offset {start} on. {} below it are gone.",
            untrusted(node),
            count(*acknowledged, "acknowledged records")
        ))
        .therefore(format!(
            "Up to offset {explained} a removal is explained. The records above are lost."
        )),
        Finding::LogStartWentBack {
            node,
            before,
            after,
        } => Words::of(
            "Log start went back",
            "The start of a log never goes back.",
            KAFKA,
        )
        .seen(format!(
            "{} kept {place} from offset {before} on, and later from offset {after} on.",
            untrusted(node)
        ))
        .therefore("What was removed came back, or the first answer was wrong."),
        Finding::DeletedServed {
            node,
            from,
            low_watermark,
            deleted_by,
        } => Words::of(
            "Deleted records are back",
            "After DeleteRecords was acknowledged, records below its low watermark are no longer readable.",
            DELETED,
        )
        .seen(format!(
            "{} has {place} from offset {from} on. Operation {deleted_by} had deleted everything below offset \
             {low_watermark}, and that was acknowledged.",
            untrusted(node)
        ))
        .therefore("What was deleted can be read again, or was never deleted."),
        Finding::DeletedTooLittle {
            below,
            low_watermark,
        } => Words::of(
            "Deleted too little",
            "DeleteRecords is acknowledged once every live replica has deleted what was asked for.",
            DELETED,
        )
        .seen(format!(
            "A DeleteRecords of {place} below offset {below} was acknowledged with low watermark {low_watermark}."
        ))
        .therefore("Some records that were to be deleted are still there."),
        Finding::RemovedTooEarly {
            node,
            start,
            young,
            age_ms,
            retention_ms,
        } => Words::of(
            "Removed too early",
            "Retention keeps records for as long as the topic says.",
            KAFKA,
        )
        .seen(format!(
            "{} keeps {place} from offset {start} on. {} below it were younger than {}, one of \
             them {} old at most.",
            untrusted(node),
            count(*young, "acknowledged records"),
            limit_ms(*retention_ms),
            length_ms(*age_ms)
        ))
        .therefore("The topic's retention does not allow their removal yet."),
        _ => return None,
    })
}

fn places(stood: &[Stood]) -> String {
    let one = |s: &Stood| {
        format!(
            "{}/{} offset {}",
            untrusted(&s.topic),
            s.partition,
            s.position
        )
    };
    let all: Vec<String> = stood.iter().take(LISTED_MAX).map(one).collect();
    let more = match stood.len() > LISTED_MAX {
        true => format!(" and {} more", stood.len() - LISTED_MAX),
        false => String::new(),
    };
    format!("{}{more}", all.join(", "))
}
