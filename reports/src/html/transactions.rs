//! Transactions: how many ended how, those that a finding names or that are odd, and how long last stable offsets stood still.
//! Absent where no client began a transaction.

use checkers::history::Ending;
use maud::{Markup, html};

use super::parts::more;
use crate::axis::Axis;
use crate::format::{count, group, latency_us, length_ms, moment, untrusted};
use crate::model::{ScenarioReport, TransactionOutcome, TransactionRow, Transactions};

/// Transactions with a bar and a row.
const SHOWN_MAX: usize = 40;
/// Rows of the table.
const ROWS_MAX: usize = 12;
/// Rows of the table of last stable offsets.
const STALLS_MAX: usize = 6;

/// The part of one scenario.
pub(super) fn part(scenario: &ScenarioReport, number: usize, axis: &Axis) -> Markup {
    let Some(all) = &scenario.transactions else {
        return html! {};
    };
    let rows = most_telling(all, axis.end_ns);
    html! {
        h3 id=(format!("transactions-{number}")) { "Transactions" }
        figure class="drawing" {
            (legend())
            (crate::svg::transactions(scenario, all, &rows, axis))
            figcaption { (caption(all)) }
        }
        (table(&rows, all, axis.end_ns))
        (stalls(all))
    }
}

/// Those that findings name, those of unknown outcome, and the longest.
fn most_telling(all: &Transactions, end: u64) -> Vec<&TransactionRow> {
    let mut rows: Vec<&TransactionRow> = all.named.iter().collect();
    let others = all.notable.iter().filter(|row| !is_named(all, row));
    let mut others: Vec<&TransactionRow> = others.collect();
    others.sort_by_key(|row| {
        let is_known = row.outcome != TransactionOutcome::Unknown;
        (is_known, std::cmp::Reverse(row.length_ns(end)), row.op)
    });
    rows.extend(others);
    rows.truncate(SHOWN_MAX);
    rows
}

/// Whether a finding points to it.
fn is_named(all: &Transactions, row: &TransactionRow) -> bool {
    all.named.iter().any(|other| other.op == row.op)
}

fn legend() -> Markup {
    html! {
        ul class="legend" aria-label="Legend" {
            li { span class="key ok" {} " committed" }
            li { span class="key aborted" {} " aborted, as wanted" }
            li { span class="key fail" {} " certainly not committed" }
            li { span class="key info" {} " outcome unknown" }
            li { span class="key silent" {} " the last stable offset (LSO) stood still below the end of the log" }
        }
    }
}

fn caption(all: &Transactions) -> String {
    let ends = all.ends;
    let mut caption = format!(
        "{} of {}: {} committed, {} aborted as wanted, {} certainly not committed, {} of unknown outcome.",
        count(ends.total(), "transactions"),
        count(all.producers, "transactional ids"),
        group(ends.committed),
        group(ends.aborted),
        group(ends.failed),
        group(ends.unknown)
    );
    if let Some((p50, p99, max)) = all.commit_us {
        caption += &format!(
            " From the request to commit until its answer: median {}, 99 % within {}, maximum {}.",
            latency_us(p50),
            latency_us(p99),
            latency_us(max)
        );
    }
    caption + " Bars show those that a finding names, those of unknown outcome, and the longest."
}

fn table(rows: &[&TransactionRow], all: &Transactions, end: u64) -> Markup {
    let shown = rows.len().min(ROWS_MAX);
    html! {
        @if shown > 0 {
            div class="scroll" tabindex="0" role="group" aria-label="Transactions that are odd" {
                table class="transactions" {
                    caption { "Transactions that a finding names, of unknown outcome, or longest; " (group(shown as u64)) " of " (group(all.ends.total())) }
                    thead { tr {
                        th scope="col" class="num" { "op" } th scope="col" { "transactional id" }
                        th scope="col" class="num" { "begin" } th scope="col" class="num" { "commit sent" }
                        th scope="col" class="num" { "end" } th scope="col" class="num" { "length" }
                        th scope="col" { "outcome" } th scope="col" class="num" { "records" } th scope="col" { "partitions" }
                    } }
                    tbody { @for row in &rows[..shown] { (line(row, is_named(all, row), end)) } }
                }
            }
        }
    }
}

fn line(row: &TransactionRow, is_named: bool, end: u64) -> Markup {
    let class = match row.outcome {
        TransactionOutcome::Committed => "outcome ok",
        TransactionOutcome::Aborted => "outcome",
        TransactionOutcome::Failed => "outcome fail",
        TransactionOutcome::Unknown => "outcome info",
    };
    let wanted = match row.wanted {
        Some(Ending::Commit) if row.outcome != TransactionOutcome::Committed => {
            ", a commit was wanted"
        }
        Some(Ending::Abort) if row.outcome != TransactionOutcome::Aborted => {
            ", an abort was wanted"
        }
        _ => "",
    };
    html! {
        tr {
            th scope="row" class="num" { (row.op) }
            td { code { (untrusted(&row.transactional_id)) } }
            td class="num" { (moment(row.begin_ns)) }
            td class="num" { (row.commit_sent_ns.map_or_else(|| "–".to_owned(), moment)) }
            td class="num" { (row.end_ns.map_or_else(|| "never".to_owned(), moment)) }
            td class="num" { (length_ms(row.length_ns(end) / 1_000_000)) }
            td {
                span class=(class) { (crate::svg::outcome_of_transaction(row.outcome)) }
                (wanted)
                @if !row.error.is_empty() { " " code { (untrusted(&row.error)) } }
                @if is_named { " " strong class="bad" { "✗ in a finding" } }
            }
            td class="num" { (row.records) }
            td { code { (untrusted(&row.partitions.join(" "))) } }
        }
    }
}

fn stalls(all: &Transactions) -> Markup {
    let shown = all.stalls.len().min(STALLS_MAX);
    html! {
        @if shown == 0 {
            p { "No last stable offset was seen to stand still below the end of its log for "
                (length_ms(crate::limits::STALL_MS_MIN)) " or longer." }
        } @else {
            div class="scroll" tabindex="0" role="group" aria-label="Times in which a last stable offset stood still" {
                table class="stalls" {
                    caption { "The longest times in which a last stable offset stood still below the end of its log: consumers with read_committed got nothing new" }
                    thead { tr {
                        th scope="col" { "partition" } th scope="col" class="num" { "begin" } th scope="col" class="num" { "length" }
                        th scope="col" class="num" { "last stable offset" } th scope="col" class="num" { "records beyond it, at most" }
                    } }
                    tbody { @for stall in &all.stalls[..shown] {
                        tr {
                            th scope="row" { code { (untrusted(&stall.topic)) "/" (stall.partition) } }
                            td class="num" { (moment(stall.from_ns)) }
                            td class="num" { (length_ms(stall.length_ms())) }
                            td class="num" { (stall.offset) }
                            td class="num" { (group(stall.behind)) }
                        }
                    } }
                }
            }
            (more(shown, all.stalls.len(), "report.json"))
        }
    }
}
