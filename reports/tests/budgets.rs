//! Sizes: a page is a function of summaries, so a run of a million operations, or of sixty scenarios, stays small, and
//! whatever was cut is announced.

#![expect(clippy::print_stdout, reason = "sizes are for a reader")]

use crate::common::ms;
use crate::common::series::noise;
use checkers::history::Outcome;
use checkers::judgement::{LeadSpan, Span};
use reports::limits::*;
use reports::model::*;

/// What summarising 1,000,000 operations in 200 s gives: every series, table and excerpt as full as it can be.
fn million(name: &str) -> ScenarioReport {
    let mut scenario = crate::common::scenario(name);
    let duration_ms = 200_000;
    let bucket_ms = duration_ms / SERIES_BUCKETS_MAX as u64;
    scenario.duration_ms = duration_ms;
    scenario.ops = OpsCount {
        ok: 999_000,
        fail: 700,
        info: 300,
    };
    let begins = || (0..SERIES_BUCKETS_MAX as u64).map(move |b| b * bucket_ms);
    let series = &mut scenario.series;
    (series.duration_ms, series.bucket_ms) = (duration_ms, bucket_ms);
    series.rate = begins()
        .map(|b| RateBucket {
            begin_ms: b,
            ok: 1_600 + noise(b) % 99,
            fail: noise(b) % 5,
            info: noise(b) % 3,
        })
        .collect();
    series.availability = begins()
        .map(|b| AvailabilityBucket {
            begin_ms: b,
            attempted: 16,
            acknowledged: noise(b) % 17,
        })
        .collect();
    scenario.lag = begins()
        .map(|b| LagBucket {
            begin_ms: b,
            unread: noise(b) % 900,
        })
        .collect();
    series.latency = ["append", "poll", "end-offset"]
        .map(|call| latency(call, duration_ms))
        .into();
    let around = |n: u64| excerpt(ms(20_000 * n), ms(20_000 * n + 6_000), 5_000 * n);
    scenario.excerpts = (1..=EXCERPTS_MAX as u64).map(around).collect();
    scenario.logs = scenario.excerpts.iter().map(log).collect();
    for lane in &mut scenario.judgement.lanes {
        let span = |n: u64| (ms(n * 500), ms(n * 500 + 400));
        let many = 0..SPANS_PER_LANE_MAX as u64;
        let lead = |(from, to)| LeadSpan {
            from,
            to,
            epoch: Some(7),
            seats: 2,
        };
        lane.leading = many.clone().map(span).map(lead).collect();
        lane.down = many.map(span).map(|(from, to)| Span { from, to }).collect();
    }
    let judgement = &mut scenario.judgement;
    judgement.elections = judgement
        .elections
        .iter()
        .cycle()
        .take(400)
        .cloned()
        .collect();
    judgement.gaps = judgement.gaps.iter().cycle().take(400).cloned().collect();
    scenario.faults = scenario.faults.iter().cycle().take(60).cloned().collect();
    spread(&mut scenario);
    scenario
}

/// Failures all over the run, each with as many operations as evidence may have.
fn spread(scenario: &mut ScenarioReport) {
    let operations: Vec<Operation> = scenario
        .excerpts
        .iter()
        .flat_map(|e| e.operations.iter().take(400))
        .cloned()
        .collect();
    let mut at = operations.iter();
    for verdict in &mut scenario.judgement.verdicts {
        let Some(first) = verdict.anomalies.first().cloned() else {
            continue;
        };
        verdict.anomaly_count = 250_000;
        verdict.anomalies = vec![first; checkers::verdict::ANOMALIES_MAX];
        for anomaly in &mut verdict.anomalies {
            let some: Vec<&Operation> = at.by_ref().take(OPERATIONS_PER_INSTANCE_MAX + 5).collect();
            let Some(first) = some.first() else {
                at = operations.iter();
                continue;
            };
            anomaly.evidence.window = Some((first.called_ns, first.called_ns + ms(40)));
            anomaly.evidence.operations = some.iter().map(|o| o.op).collect();
        }
    }
    scenario.operations = operations;
}

fn latency(call: &str, duration_ms: u64) -> LatencySeries {
    let bucket_ms = duration_ms / SERIES_BUCKETS_MAX as u64;
    let width_ms = duration_ms / DENSITY_COLUMNS as u64;
    let cell = |n: u64| DensityCell {
        begin_ms: n % DENSITY_COLUMNS as u64 * width_ms,
        width_ms,
        low_us: 100 << (n / 120),
        high_us: 200 << (n / 120),
        count: 1 + noise(n) % 5_000,
    };
    let mark = |n: u64| Mark {
        at_ms: noise(n) % duration_ms,
        latency_us: 1_000 + noise(n) % 2_000_000,
        outcome: if n.is_multiple_of(2) {
            Outcome::Fail
        } else {
            Outcome::Info
        },
    };
    let quantile = |b: u64| QuantileBucket {
        begin_ms: b * bucket_ms,
        p50_us: 1_000 + noise(b) % 400,
        p95_us: 2_000 + noise(b) % 4_000,
        p99_us: 4_000 + noise(b) % 90_000,
        max_us: 9_000 + noise(b) % 1_900_000,
    };
    LatencySeries {
        call: call.into(),
        count: 333_000,
        quantiles: (0..SERIES_BUCKETS_MAX as u64).map(quantile).collect(),
        density: (0..DENSITY_CELLS_MAX as u64).map(cell).collect(),
        marks: (0..MARKS_MAX as u64).map(mark).collect(),
        marks_total: 8_112,
        ..LatencySeries::default()
    }
}

fn excerpt(begin_ns: u64, end_ns: u64, first: u64) -> Excerpt {
    let step = (end_ns - begin_ns) / OPERATIONS_PER_EXCERPT_MAX as u64;
    let operation = |n: u64| Operation {
        op: first + n,
        worker: n % 40,
        call: "append".into(),
        topic: "t0".into(),
        partition: Some((n % 2) as i32),
        offset: format!("{}..{}", 1_000 + n, 1_004 + n),
        value: format!("{}-{n} .. {}-{n} (5)", n % 40, n % 40),
        called_ns: begin_ns + n * step,
        returned_ns: Some(begin_ns + n * step + ms(2)),
        node: Some("n1".into()),
        outcome: Some(if n.is_multiple_of(9) {
            Outcome::Info
        } else {
            Outcome::Ok
        }),
        error: String::new(),
    };
    let operations = (0..OPERATIONS_PER_EXCERPT_MAX as u64)
        .map(operation)
        .collect();
    Excerpt {
        begin_ns,
        end_ns,
        operations,
        operations_total: 30_000,
    }
}

fn log(excerpt: &Excerpt) -> LogExcerpt {
    let line = |n: u64| LogLine {
        at_ns: excerpt.begin_ns + ms(n),
        level: LogLevel::Warn,
        text: format!("WARN broker::peers::link: {} {}", n, "x".repeat(120)),
    };
    let node = |node: &str| NodeLog {
        node: node.into(),
        path: "nodes/n1/stderr.log".into(),
        lines: (0..LOG_LINES_MAX as u64).map(line).collect(),
        lines_total: 9_000,
        ..NodeLog::default()
    };
    LogExcerpt {
        begin_ns: excerpt.begin_ns,
        end_ns: excerpt.end_ns,
        nodes: ["n1", "n2", "n3"].map(node).into(),
    }
}

fn with(scenarios: Vec<ScenarioReport>) -> RunReport {
    RunReport {
        scenarios,
        ..crate::common::report()
    }
}

#[test]
fn a_million_operations_give_a_small_page() {
    let page = reports::html(&with(vec![million("default")]));
    let size = page.text.len();
    println!("1,000,000 operations: {size} bytes, {:?}", page.warnings);
    assert!(size < PAGE_BYTES_SOFT, "{size} bytes");
    for cut in [
        "1000 of 30\u{202f}000 operations shown",
        "100 of 400 shown",
        "12 of 250\u{202f}000 shown",
        "40 of 45 shown",
        "500 of 8112 fail or info shown",
    ] {
        assert!(page.text.contains(cut), "a cut is not announced: {cut}");
    }
    let logs = ["200 of 9000 lines shown", "The nodes' logs were left out"];
    assert!(
        logs.iter().any(|cut| page.text.contains(cut)),
        "logs are cut or left out, and the page says so"
    );
    assert_announced(&page);
}

/// Every warning stands in the page.
fn assert_announced(page: &reports::Rendered) {
    for warning in &page.warnings {
        assert!(
            page.text.contains(warning.as_str()),
            "the page announces: {warning}"
        );
    }
}

#[test]
fn sixty_scenarios_stay_below_the_hard_limit() {
    let scenario = |n: usize| {
        let mut scenario = million(&format!("scenario {n}"));
        if !n.is_multiple_of(10) {
            scenario
                .judgement
                .verdicts
                .retain(|v| v.validity.word() == "valid");
            (scenario.excerpts, scenario.logs) = (vec![], vec![]);
        }
        scenario
    };
    let page = reports::html(&with((0..60).map(scenario).collect()));
    println!(
        "60 scenarios: {} bytes, {:?}",
        page.text.len(),
        page.warnings
    );
    assert!(
        page.text.len() < PAGE_BYTES_HARD,
        "{} bytes",
        page.text.len()
    );
    assert!(!page.warnings.is_empty(), "something was left out");
    assert_announced(&page);
}

#[test]
fn the_hard_limit_holds_whatever_comes() {
    let mut scenario = crate::common::scenario("crowded");
    scenario.series = Series::default();
    scenario.judgement.lanes.clear();
    scenario.judgement.verdicts = crate::common::findings::every_verdict(&"<\"&>".repeat(100));
    let report = with(vec![scenario; 700]);
    let page = reports::html(&report);
    println!(
        "700 failing scenarios: {} bytes, {:?}",
        page.text.len(),
        page.warnings
    );
    assert!(
        page.text.len() < PAGE_BYTES_HARD,
        "{} bytes",
        page.text.len()
    );
    assert!(page.text.contains("Only an outline is shown"));
    assert!(page.text.contains("500 of 700 shown"));
    assert!(
        crate::common::markup::text(&page.text).contains(&report.run.reproduce),
        "how to repeat it stays"
    );
    crate::common::markup::tags(&page.text);
    let markdown = reports::summary_markdown(&report);
    assert!(
        markdown.len() < MARKDOWN_BYTES_MAX + 4_096,
        "{} bytes",
        markdown.len()
    );
    assert!(markdown.contains("left out"));
}

#[test]
fn a_small_page_is_whole() {
    let page = reports::html(&crate::common::report());
    assert_eq!(page.warnings, Vec::<String>::new());
    assert!(!page.text.contains("left out to keep"));
}
