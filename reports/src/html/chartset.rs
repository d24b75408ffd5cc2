//! Section 5: the charts of one scenario, aligned with the lanes, each with a sentence that states the finding and a
//! table of its numbers.

use checkers::history::Outcome;
use checkers::verdict::Validity;
use maud::{Markup, html};

use super::parts::figure;
use super::{Detail, raw};
use crate::axis::Axis;
use crate::charts::{self, NotDrawn};
use crate::format::{count, group, latency_us, length_ms, sum_of, untrusted};
use crate::measures::{Measures, Name};
use crate::model::{CallCount, LatencySeries, ScenarioReport};

/// The part of one scenario.
pub(super) fn part(
    scenario: &ScenarioReport,
    number: usize,
    axis: &Axis,
    detail: Detail,
    warnings: &mut Vec<String>,
) -> Markup {
    let mut draw = |name: &str, drawn: Result<String, NotDrawn>| match drawn {
        Ok(svg) => html! {
            div class="scroll" tabindex="0" role="group" aria-label=(format!("Chart: {name}")) {
                div class="chart" role="img" aria-label=(format!("{name} over the {} of {}; the caption states the result",
                    length_ms(scenario.duration_ms), untrusted(&scenario.name))) { (raw(&svg)) }
            }
        },
        Err(why) => {
            if let NotDrawn::Failed(_) = why {
                warnings.push(format!("chart {name} of {} skipped: {why}", scenario.name));
            }
            html! { p class="nodata" { (name) ": " (why) } }
        }
    };
    let density = detail == Detail::Full;
    let main = scenario.series.latency.iter().find(|l| l.call == "append");
    let main = main.or(scenario.series.latency.first());
    let others = scenario
        .series
        .latency
        .iter()
        .filter(|l| main.is_none_or(|m| m.call != l.call));
    html! {
        h3 id=(format!("charts-{number}")) { "Charts" }
        figure class="drawing" {
            p class="title" { "Availability: share of the probe's records that were acknowledged within 1 s"
                " " (legend(&[("ok", "acknowledged in time"), ("fail", "later or never")])) }
            (draw("availability", charts::availability(scenario, axis)))
            figcaption { (availability_caption(scenario)) }
        }
        @if let Some(series) = main {
            (latency_figures(scenario, series, axis, density, &mut draw))
        }
        figure class="drawing" {
            p class="title" { "Completions per second by outcome"
                " " (legend(&[("ok", "● ok"), ("info", "▲ info"), ("fail", "✕ fail")])) }
            (draw("rate", charts::rate(scenario, axis)))
            figcaption { (rate_caption(scenario)) }
        }
        @if !scenario.lag.is_empty() {
            figure class="drawing" {
                p class="title" { "Acknowledged offsets without a read (must reach 0 after the last heal)"
                    " " (legend(&[("info", "records")])) }
                (draw("lag", charts::lag(scenario, axis)))
                figcaption { (lag_caption(scenario)) }
            }
        }
        @for series in others {
            details class="numbers" {
                summary { "Latency of " (untrusted(&series.call)) }
                (latency_figures(scenario, series, axis, density, &mut draw))
            }
        }
        (numbers(scenario))
    }
}

fn latency_figures(
    scenario: &ScenarioReport,
    series: &LatencySeries,
    axis: &Axis,
    density: bool,
    draw: &mut impl FnMut(&str, Result<String, NotDrawn>) -> Markup,
) -> Markup {
    html! {
        figure class="drawing" {
            p class="title" { "Latency of " (untrusted(&series.call)) ", logarithmic"
                " " (legend(&[("ok", "ok, darker is more"), ("fail", "✕ fail"), ("info", "▲ info")])) }
            (draw("latency", charts::latency(scenario, series, axis, density)))
            figcaption { (latency_caption(series)) }
        }
        figure class="drawing" {
            p class="title" { "Quantiles of " (untrusted(&series.call)) ", logarithmic"
                " " (legend(&[("ok", "p50"), ("p95", "p95"), ("fail", "p99"), ("maximum", "max")])) }
            (draw("quantiles", charts::quantiles(scenario, series, axis)))
            figcaption { "Per " (length_ms(scenario.series.bucket_ms)) " bucket. The maximum is exact. A line has a break where no operation returned ok." }
        }
    }
}

fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        span class="legend" {
            @for (class, text) in entries { span { span class=(format!("key {class}")) {} " " (text) } }
        }
    }
}

fn availability_caption(scenario: &ScenarioReport) -> Markup {
    let measures = Measures::of_scenario(scenario);
    html! {
        @match measures.shown(Name::AcknowledgedInTime) {
            None => "The probe sent no records.",
            Some(shown) => {
                (figure(&scenario.name, Name::AcknowledgedInTime, &shown)) " of "
                (count(measures.probe_records, "probe records")) " were acknowledged in time, within 1 s of being sent; the others later or never. A record on its way to a \
                 leader that is lost waits for its time-out, also after newer records were acknowledged: the others may cover more \
                 time than the longest gap."
            }
        }
    }
}

fn lag_caption(scenario: &ScenarioReport) -> String {
    let most = scenario.lag.iter().map(|b| b.unread).max().unwrap_or(0);
    let last = scenario.lag.last().map_or(0, |b| b.unread);
    let end = match last {
        0 => "none at the end".to_string(),
        left => format!("{} at the end", group(left)),
    };
    let other = match scenario.validity() {
        Validity::Invalid => {
            " Offsets are counted: a lost record whose offset holds another record that was read is read here."
        }
        _ => "",
    };
    format!(
        "At most {} were unread; {end}.{other}",
        count(most, "records")
    )
}

fn latency_caption(series: &LatencySeries) -> String {
    let shown = series.marks.len().min(crate::limits::MARKS_MAX) as u64;
    let marks = if shown < series.marks_total {
        format!(
            "; {} of {} fail or info shown, worst first",
            group(shown),
            group(series.marks_total)
        )
    } else {
        format!("; {} fail or info shown", group(series.marks_total))
    };
    // They would hide everything else on the chart.
    let refused = match series.call.as_str() {
        "end-offset" => "; refusals by nodes that do not lead are not drawn",
        _ => "",
    };
    format!(
        "{} ok: p50 {}, p99 {}, max {}{marks}{refused}.",
        group(series.count),
        latency_us(series.p50_us),
        latency_us(series.p99_us),
        latency_us(series.max_us)
    )
}

fn rate_caption(scenario: &ScenarioReport) -> String {
    let ops = &scenario.ops;
    let total = sum_of([ops.ok, ops.fail, ops.info].into_iter());
    let rate = total
        .saturating_mul(1000)
        .checked_div(scenario.duration_ms)
        .unwrap_or(0);
    format!(
        "{} in total, {}/s on average.",
        count(total, "operations"),
        group(rate)
    )
}

/// The numbers behind the latency charts, and how the other calls ended, so that the sums are those of the page; the series
/// themselves are in metrics.json.
fn numbers(scenario: &ScenarioReport) -> Markup {
    let has_chart = |call: &str| scenario.series.latency.iter().any(|s| s.call == call);
    let others: Vec<&CallCount> = scenario
        .calls
        .iter()
        .filter(|c| !has_chart(&c.call))
        .collect();
    html! {
        @if !scenario.series.latency.is_empty() || !others.is_empty() {
            details class="numbers" {
                summary { "Numbers" }
                div class="scroll" tabindex="0" role="group" aria-label="Operations by call, and the latency of those that are ok" {
                    table {
                        caption { "Operations by call, and the latency of those that are ok; the series are in metrics.json. An append is one \
                            request of one record or several, so there are more acknowledged records than appends" }
                        thead { tr {
                            th scope="col" { "call" } th scope="col" class="num" { "ok" } th scope="col" class="num" { "p50" }
                            th scope="col" class="num" { "p95" } th scope="col" class="num" { "p99" } th scope="col" class="num" { "max" }
                            th scope="col" class="num" { "fail" } th scope="col" class="num" { "info" }
                        } }
                        tbody { @for series in &scenario.series.latency {
                            @let (fail, info) = failed(scenario, series);
                            tr {
                                th scope="row" { (untrusted(&series.call)) }
                                td class="num" { (group(series.count)) }
                                td class="num" { (latency_us(series.p50_us)) } td class="num" { (latency_us(series.p95_us)) }
                                td class="num" { (latency_us(series.p99_us)) } td class="num" { (latency_us(series.max_us)) }
                                td class="num" { (fail) } td class="num" { (info) }
                            }
                        }
                        @for call in others {
                            tr {
                                th scope="row" { (untrusted(&call.call)) }
                                td class="num" { (group(call.ops.ok)) }
                                td class="num" { "–" } td class="num" { "–" } td class="num" { "–" } td class="num" { "–" }
                                td class="num" { (group(call.ops.fail)) } td class="num" { (group(call.ops.info)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// How many operations of a call failed, and of how many the outcome is unknown. A run of an older version kept the sum
/// of both only.
fn failed(scenario: &ScenarioReport, series: &LatencySeries) -> (String, String) {
    if let Some(call) = scenario.calls.iter().find(|c| c.call == series.call) {
        return (group(call.ops.fail), group(call.ops.info));
    }
    if scenario.refusals.is_empty() && series.marks_total > 0 {
        return (
            format!("{} with info", group(series.marks_total)),
            String::new(),
        );
    }
    let of = |outcome: Outcome| {
        let own = scenario.refusals.iter().filter(|r| r.call == series.call);
        group(sum_of(
            own.filter(|r| r.outcome == outcome).map(|r| r.count),
        ))
    };
    (of(Outcome::Fail), of(Outcome::Info))
}

/// How long the cluster took after the last heal, as the check `recovery` measured it.
pub(super) fn recovery_note(scenario: &ScenarioReport) -> Markup {
    let measures = Measures::of_scenario(scenario);
    html! {
        @if let (Some((measured, _)), Some(shown)) = (measures.recovery, measures.shown(Name::Recovery)) {
            p { "After the last heal, all nodes agreed on a leader of every partition within "
                strong { (figure(&scenario.name, Name::Recovery, &shown)) }
                @if let Some(limit) = measured.limit { " (limit " (crate::format::limit_ms(limit)) ")" }
                "." }
        }
    }
}
