//! Stored values with numbers at the ends of their types: every output is still written, at a bounded size, and no
//! drawing fails. A `duration_ms` of 2^63 in `report.json` once ended the program.
//!
//! `RUNS=2000 cargo test --workspace --test main extremes` draws more of them.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reports::RunReport;
use serde_json::Value;

/// The largest page that these values may give. The whole report has 300 KiB.
const PAGE_BYTES_MAX: usize = 8 << 20;

fn extremes() -> Vec<Value> {
    let unsigned = [
        0,
        1,
        1 << 31,
        u64::from(u32::MAX),
        1 << 53,
        1 << 63,
        u64::MAX,
    ];
    let signed = [
        -1,
        i64::MIN,
        i64::MAX,
        i64::from(i32::MIN),
        i64::from(i32::MAX),
    ];
    let real = [1e300, -1e300, 1e-300];
    let unsigned = unsigned.into_iter().map(Value::from);
    let signed = signed.into_iter().map(Value::from);
    unsigned
        .chain(signed)
        .chain(real.into_iter().map(Value::from))
        .collect()
}

/// The numbers in a value, each with its path.
fn numbers<'a>(value: &'a mut Value, path: &str, found: &mut Vec<(String, &'a mut Value)>) {
    match value {
        Value::Number(_) => found.push((path.to_owned(), value)),
        Value::Array(all) => all
            .iter_mut()
            .for_each(|one| numbers(one, &format!("{path}[]"), found)),
        Value::Object(all) => {
            all.iter_mut()
                .for_each(|(key, one)| numbers(one, &format!("{path}.{key}"), found));
        }
        _ => {}
    }
}

fn write_all(report: &RunReport, what: &str) {
    let page = reports::html(report);
    assert_eq!(page.warnings, [""; 0], "{what}");
    let mut texts = vec![page.text];
    texts.push(reports::results_json(report));
    texts.push(reports::metrics_json(report));
    texts.push(reports::junit_xml(report));
    texts.push(reports::summary_text(report, true));
    texts.push(reports::summary_markdown(report));
    for text in texts {
        assert!(text.len() < PAGE_BYTES_MAX, "{what}: {} bytes", text.len());
    }
}

fn rounds() -> u64 {
    let asked = std::env::var("RUNS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(60)
}

#[test]
fn no_number_breaks_a_page() {
    let random = &mut ChaCha8Rng::seed_from_u64(15);
    let report = crate::common::cases::small(crate::common::report());
    let values = serde_json::to_value(&report).expect("JSON");
    let extremes = extremes();
    let mut wrong = Vec::new();
    for round in 0..rounds() {
        let mut changed = values.clone();
        let mut what = String::new();
        for _ in 0..1 + round % 3 {
            let mut found = Vec::new();
            numbers(&mut changed, "", &mut found);
            // By paths, so that a field of a single value is as likely as one of a long series.
            let mut paths: Vec<String> = found.iter().map(|(path, _)| path.clone()).collect();
            paths.sort();
            paths.dedup();
            let path = paths.choose(random).expect("some").clone();
            let mut same: Vec<_> = found.into_iter().filter(|(own, _)| *own == path).collect();
            let extreme = extremes.choose(random).expect("some");
            let one = random.random_range(0..same.len());
            let all = random.random_bool(0.3);
            for (at, (_, number)) in same.iter_mut().enumerate() {
                if all || at == one {
                    **number = extreme.clone();
                }
            }
            what += &format!("{path} = {extreme} ");
        }
        if let Ok(report) = serde_json::from_value::<RunReport>(changed) {
            // All places at once, instead of the first.
            if std::panic::catch_unwind(|| write_all(&report, &what)).is_err() {
                wrong.push(what);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
