//! `timestamps`: where a topic keeps the time at which the leader appended a record (Kafka's LogAppendTime), that time lies
//! between the send and the acknowledgement, by a clock that is right, or as wrong as a clock fault has set it meanwhile.
//! The records are those of the produce probe, because its acknowledgements state that time.
//!
//! Which node led is not asked: a clock is as wrong as any that was moved at that time, or right. While a clock is moved that was
//! never set right again, nothing is known of it.

use super::Check;
use super::claims::MS;
use crate::history::{Moment, Seen};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

/// The two clocks are not read at the same moment, and both are cut to a millisecond.
const TOLERANCE_MS: i64 = 100;

/// An acknowledged record with the leader's time.
#[derive(Clone, Copy)]
struct Appended {
    line: u64,
    called: Moment,
    at: Moment,
    ago_ms: i64,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let (mut judged, mut unknown) = (0, 0);
    // The last record that was wrong, if the next one is in the same row.
    let mut open: Option<Anomaly> = None;
    for appended in appended(check) {
        let Some((least_ms, most_ms)) = bounds(check, &appended) else {
            unknown += 1;
            continue;
        };
        judged += 1;
        if (least_ms..=most_ms).contains(&appended.ago_ms) {
            open.take().into_iter().for_each(|row| verdict.found(row));
            continue;
        }
        match &mut open {
            Some(row) => extend(row, &appended),
            None => open = Some(anomaly(&appended, (least_ms, most_ms))),
        }
    }
    open.into_iter().for_each(|row| verdict.found(row));
    verdict.saw("records with a leader's time", judged);
    if unknown > 0 {
        verdict.saw("of a clock that was never set right", unknown);
    }
    if judged == 0 {
        let what = "records of the produce probe with a leader's time (LogAppendTime)".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
    verdict
}

/// All of them, in the order of their lines.
fn appended<'c>(check: &'c Check<'_>) -> impl Iterator<Item = Appended> + 'c {
    let settled = check.history().settled().into_iter();
    let settled = settled.flat_map(|settled| settled.appended.iter().copied());
    let settled = settled.map(|(line, called, at, ago_ms)| Appended {
        line,
        called,
        at,
        ago_ms,
    });
    let left = check.history().observations().filter_map(|observed| {
        let Seen::Produce {
            appended_ago_ms: Some(ago_ms),
            ..
        } = observed.observation.seen
        else {
            return None;
        };
        observed.observation.answered.then_some(Appended {
            line: observed.id,
            called: observed.observation.called,
            at: observed.at,
            ago_ms,
        })
    });
    settled.chain(left)
}

/// How long before its acknowledgement a record may say that it was appended; none if that is not known.
fn bounds(check: &Check<'_>, appended: &Appended) -> Option<(i64, i64)> {
    let took_ms = appended.at.saturating_sub(appended.called).div_ceil(MS);
    let (mut behind_ms, mut ahead_ms) = (0, 0);
    for window in check.windows() {
        let Some((least, most)) = window.skew_ms else {
            continue;
        };
        if window.took_effect() && window.overlaps(appended.called, appended.at, 0) {
            window.healed?;
            (behind_ms, ahead_ms) = (behind_ms.min(least), ahead_ms.max(most));
        }
    }
    let took_ms = i64::try_from(took_ms).unwrap_or(i64::MAX);
    // A clock that is ahead names a later time.
    let least_ms = ahead_ms.saturating_add(TOLERANCE_MS).saturating_neg();
    let most_ms = took_ms
        .saturating_sub(behind_ms)
        .saturating_add(TOLERANCE_MS);
    Some((least_ms, most_ms))
}

fn anomaly(appended: &Appended, (least_ms, most_ms): (i64, i64)) -> Anomaly {
    Anomaly {
        kind: Finding::AppendTimeWrong {
            ago_ms: appended.ago_ms,
            least_ms,
            most_ms,
            records: 1,
        },
        certain: true,
        evidence: Evidence {
            events: vec![appended.line],
            window: Some((appended.called, appended.at)),
            ..Evidence::default()
        },
    }
}

/// Adds the next record of a row.
fn extend(row: &mut Anomaly, appended: &Appended) {
    if let Finding::AppendTimeWrong { records, .. } = &mut row.kind {
        *records += 1;
    }
    row.evidence.events.truncate(1);
    row.evidence.events.push(appended.line);
    row.evidence.window = row.evidence.window.map(|(from, _)| (from, appended.at));
}
