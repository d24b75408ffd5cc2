//! The series of the handmade run, from small integers that look like noise.

use checkers::history::Outcome;
use reports::model::*;

use super::DURATION_MS;

/// How far into a gap this moment is.
fn in_gap(at: u64) -> bool {
    let gaps = [
        (5_000, 660),
        (15_100, 840),
        (26_000, 4_930),
        (37_200, 850),
        (42_000, 640),
    ];
    let late = [(48_190, 1_140), (51_500, 830)];
    gaps.iter()
        .chain(&late)
        .any(|(from, length)| at >= *from && at < from + length)
}

/// A number that looks like noise.
pub(crate) fn noise(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40
}

/// All of them.
pub(crate) fn series() -> Series {
    let bucket_ms = 200;
    let load = 1_400..56_000;
    let buckets = || (0..DURATION_MS / bucket_ms).map(move |b| b * bucket_ms);
    let mut series = Series {
        duration_ms: DURATION_MS,
        bucket_ms,
        ..Series::default()
    };
    let mut append = LatencySeries {
        call: "append".into(),
        count: 42_120,
        p50_us: 1_180,
        p95_us: 2_940,
        p99_us: 7_900,
        max_us: 1_893_000,
        marks_total: 265,
        ..LatencySeries::default()
    };
    for begin_ms in buckets().filter(|b| load.contains(b)) {
        let (quiet, n) = (!in_gap(begin_ms), noise(begin_ms));
        series.availability.push(AvailabilityBucket {
            begin_ms,
            attempted: 10,
            acknowledged: if quiet { 10 } else { 0 },
        });
        series.rate.push(RateBucket {
            begin_ms,
            ok: if quiet { 180 + n % 30 } else { 0 },
            fail: if quiet { 0 } else { n % 3 },
            info: if quiet { 0 } else { 2 + n % 4 },
        });
        if quiet {
            append.quantiles.push(QuantileBucket {
                begin_ms,
                p50_us: 1_000 + n % 300,
                p95_us: 2_300 + n % 900,
                p99_us: 4_400 + n % 5_000,
                max_us: 9_000 + n % 60_000,
            });
        } else {
            let outcome = if n % 3 == 0 {
                Outcome::Fail
            } else {
                Outcome::Info
            };
            let latency_us = if n % 3 == 0 {
                3_000 + n % 9_000
            } else {
                2_000_000 + n % 90_000
            };
            append.marks.push(Mark {
                at_ms: begin_ms + 90,
                latency_us,
                outcome,
            });
        }
    }
    append.density = density();
    series.latency = vec![append, polls()];
    series
}

fn density() -> Vec<DensityCell> {
    let width_ms = DURATION_MS / 120;
    let columns = (0..120)
        .map(|c| c * width_ms)
        .filter(|t| *t >= 1_400 && *t < 55_800);
    let rows = [
        (400, 560, 8),
        (560, 800, 40),
        (800, 1_120, 160),
        (1_120, 1_580, 130),
    ];
    let upper = [
        (1_580, 2_240, 30),
        (2_240, 3_160, 12),
        (3_160, 4_470, 5),
        (4_470, 6_300, 2),
    ];
    let mut cells = Vec::new();
    for begin_ms in columns.filter(|t| !in_gap(*t)) {
        for (index, &(low_us, high_us, weight)) in rows.iter().chain(&upper).enumerate() {
            let count = weight * (60 + noise(begin_ms + index as u64) % 80) / 100;
            cells.push(DensityCell {
                begin_ms,
                width_ms,
                low_us,
                high_us,
                count,
            });
        }
        if noise(begin_ms).is_multiple_of(9) {
            cells.push(DensityCell {
                begin_ms,
                width_ms,
                low_us: 17_800,
                high_us: 25_100,
                count: 1,
            });
        }
    }
    cells
}

fn polls() -> LatencySeries {
    let quantile = |n: u64| QuantileBucket {
        begin_ms: 1_400 + n * 200,
        p50_us: 700 + noise(n) % 90,
        p95_us: 1_500 + noise(n) % 300,
        p99_us: 2_600 + noise(n) % 900,
        max_us: 5_000 + noise(n) % 9_000,
    };
    LatencySeries {
        call: "poll".into(),
        count: 12_692,
        p50_us: 740,
        p95_us: 1_640,
        p99_us: 3_100,
        max_us: 13_800,
        quantiles: (0..270).map(quantile).collect(),
        ..LatencySeries::default()
    }
}

/// Records waiting to be read: they pile up while nothing is served, and are all read in the end.
pub(crate) fn lag() -> Vec<LagBucket> {
    let unread = |begin_ms: u64| match begin_ms {
        0..1_400 | 58_000.. => 0,
        at if in_gap(at) => 150 + noise(at) % 300,
        at => 3 + noise(at) % 20,
    };
    let begins = (0..DURATION_MS / 200).map(|b| b * 200);
    begins
        .map(|begin_ms| LagBucket {
            begin_ms,
            unread: unread(begin_ms),
        })
        .collect()
}
