//! Transactions over time: faults, how many ended how, the few that are shown one by one, and for each partition the times in
//! which its last stable offset stood still.

use maud::{Markup, html};

use super::{AXIS, LANE, at, bands, bar, framed, lane_name, ribbon, time_axis};
use crate::axis::{Axis, LEFT, RIGHT, WIDTH};
use crate::format::{count, group, length_ms, moment, untrusted};
use crate::limits::{PARTITION_LANES_MAX, TRANSACTION_LANES_MAX};
use crate::model::{
    ScenarioReport, StableOffsetStall, TransactionOutcome, TransactionRow, Transactions,
};

/// The rows of a drawing: bars that share a row do not overlap. Those without room are left out.
pub(crate) fn packed<'a>(rows: &[&'a TransactionRow], end: u64) -> Vec<Vec<&'a TransactionRow>> {
    let mut packed: Vec<Vec<&TransactionRow>> = Vec::new();
    for &row in rows {
        let fits = |own: &Vec<&TransactionRow>| {
            own.iter().all(|other| {
                row.begin_ns > other.end_ns.unwrap_or(end)
                    || row.end_ns.unwrap_or(end) < other.begin_ns
            })
        };
        match packed.iter().position(fits) {
            Some(place) => packed[place].push(row),
            None if packed.len() < TRANSACTION_LANES_MAX => packed.push(vec![row]),
            None => {}
        }
    }
    packed
}

/// The drawing; `shown` are the transactions that have bars, the most telling first.
pub(crate) fn transactions(
    scenario: &ScenarioReport,
    all: &Transactions,
    shown: &[&TransactionRow],
    axis: &Axis,
) -> Markup {
    let rows = packed(shown, axis.end_ns);
    let stalled = stalled(all);
    let height = LANE * (2 + rows.len() + stalled.len()) as u32;
    let stable = |name: &String| format!("LSO {name}");
    let names: Vec<String> = ["faults".to_owned(), "ended".to_owned()]
        .into_iter()
        .chain(rows.iter().enumerate().map(|(index, _)| match index {
            0 => "shown".to_owned(),
            _ => String::new(),
        }))
        .chain(stalled.iter().map(|(name, _)| stable(name)))
        .collect();
    let label = format!(
        "Transactions over {}: {}, {} of them with a bar; last stable offsets that stood still in {}",
        length_ms(scenario.duration_ms),
        count(all.ends.total(), "transactions"),
        rows.iter().map(Vec::len).sum::<usize>(),
        count(stalled.len() as u64, "partitions")
    );
    let below = LANE * (2 + rows.len()) as u32;
    let drawing = html! {
        svg class="lanes" viewBox=(format!("0 0 {WIDTH} {}", height + AXIS)) role="img" aria-label=(label) {
            (bands(axis, scenario.faults_in_effect(), height))
            (time_axis(axis, height))
            (ribbon(axis, scenario.faults_in_effect(), 0))
            (ended(all, axis, LANE))
            @for (index, row) in rows.iter().enumerate() {
                @let y = LANE * (2 + index as u32);
                @if index == 0 { (lane_name("shown", y)) }
                @for one in row { (transaction(one, axis, y)) }
            }
            @for (index, (name, stalls)) in stalled.iter().enumerate() {
                (lane(&stable(name), stalls, axis, below + LANE * index as u32))
            }
        }
    };
    framed("Drawing of transactions", &names, &drawing)
}

/// The class of an outcome's bars.
fn class(outcome: TransactionOutcome) -> &'static str {
    match outcome {
        TransactionOutcome::Committed => "op ok",
        TransactionOutcome::Aborted => "op aborted",
        TransactionOutcome::Failed => "op fail",
        TransactionOutcome::Unknown => "op info",
    }
}

/// How many ended in each bucket, one column a bucket, stacked by outcome.
fn ended(all: &Transactions, axis: &Axis, y: u32) -> Markup {
    let most = all.buckets.iter().map(|bucket| bucket.ends.total()).max();
    let scale = f64::from(LANE - 6) / most.unwrap_or(1).max(1) as f64;
    let width = all.bucket_ms.saturating_mul(1_000_000);
    html! {
        (lane_name("ended", y))
        @for bucket in &all.buckets {
            @let begin = bucket.begin_ms.saturating_mul(1_000_000);
            @let (x1, x2) = (axis.x(begin), axis.x(begin.saturating_add(width)));
            @let ends = bucket.ends;
            @let parts = [
                (ends.committed, TransactionOutcome::Committed), (ends.aborted, TransactionOutcome::Aborted),
                (ends.failed, TransactionOutcome::Failed), (ends.unknown, TransactionOutcome::Unknown),
            ];
            @let title = format!("{} to {}: {} committed, {} aborted, {} failed, {} of unknown outcome", moment(begin),
                moment(begin.saturating_add(width)), group(ends.committed), group(ends.aborted), group(ends.failed), group(ends.unknown));
            g { title { (title) }
                @for (index, (number, outcome)) in parts.iter().enumerate() {
                    @if *number > 0 {
                        @let under: u64 = parts[..index].iter().map(|part| part.0).sum();
                        @let tall = *number as f64 * scale;
                        g class=(class(*outcome)) { rect x=(at(x1)) width=(at((x2 - x1 - 0.6).max(0.8))) height=(at(tall))
                            y=(at(f64::from(y + LANE - 2) - under as f64 * scale - tall)) {} }
                    }
                }
            }
        }
    }
}

fn transaction(one: &TransactionRow, axis: &Axis, y: u32) -> Markup {
    let end = one.end_ns.unwrap_or(axis.end_ns);
    let (x1, x2) = (axis.x(one.begin_ns), axis.x(end));
    let label = untrusted(&one.transactional_id);
    let title = format!(
        "{label}, operation {}: {} to {} ({}), {}",
        one.op,
        moment(one.begin_ns),
        one.end_ns.map_or_else(|| "never".to_owned(), moment),
        length_ms(one.length_ns(axis.end_ns) / 1_000_000),
        outcome_word(one.outcome)
    );
    bar(class(one.outcome), x1, x2, y, &label, &title)
}

/// The words of an outcome.
pub(crate) fn outcome_word(outcome: TransactionOutcome) -> &'static str {
    match outcome {
        TransactionOutcome::Committed => "committed",
        TransactionOutcome::Aborted => "aborted",
        TransactionOutcome::Failed => "not committed",
        TransactionOutcome::Unknown => "outcome unknown",
    }
}

/// The stalls of each partition that had one.
fn stalled(all: &Transactions) -> Vec<(String, Vec<&StableOffsetStall>)> {
    let mut partitions: std::collections::BTreeMap<(&str, i32), Vec<&StableOffsetStall>> =
        std::collections::BTreeMap::new();
    for stall in &all.stalls {
        let own = partitions
            .entry((&stall.topic, stall.partition))
            .or_default();
        own.push(stall);
    }
    let named = partitions.into_iter().take(PARTITION_LANES_MAX);
    named
        .map(|((topic, index), stalls)| (format!("{}/{index}", untrusted(topic)), stalls))
        .collect()
}

fn lane(name: &str, stalls: &[&StableOffsetStall], axis: &Axis, y: u32) -> Markup {
    html! {
        (lane_name(name, y))
        line class="track" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y + LANE / 2) y2=(y + LANE / 2) {}
        @for stall in stalls {
            @let (x1, x2) = (axis.x(stall.from_ns), axis.x(stall.to_ns));
            @let label = length_ms(stall.length_ms());
            (bar("silent", x1, x2, y, &label, &format!(
                "{name} stood still at offset {} for {}: {} to {}, while the log went up to {} records beyond it",
                stall.offset, label, moment(stall.from_ns), moment(stall.to_ns), group(stall.behind))))
        }
    }
}
