//! Quantiles by nearest rank. All samples are kept, because a bench has few enough.

/// The quantiles of some samples, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantiles {
    /// The median.
    pub(super) p50_ms: f64,
    /// One in a hundred samples is longer.
    pub(super) p99_ms: f64,
    /// One in a thousand samples is longer.
    pub(super) p999_ms: f64,
}

impl Quantiles {
    /// Of samples in microseconds. None if there are no samples.
    pub(super) fn of(mut samples_us: Vec<u64>) -> Option<Quantiles> {
        samples_us.sort_unstable();
        let rank = |per_mille: usize| {
            let place = (samples_us.len() * per_mille).div_ceil(1_000).max(1) - 1;
            samples_us.get(place).map(|us| *us as f64 / 1e3)
        };
        Some(Quantiles {
            p50_ms: rank(500)?,
            p99_ms: rank(990)?,
            p999_ms: rank(999)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_samples_that_exist() {
        let found = Quantiles::of((1..=1_000).rev().map(|n| n * 1_000).collect());
        let wanted = Quantiles {
            p50_ms: 500.0,
            p99_ms: 990.0,
            p999_ms: 999.0,
        };
        assert_eq!(found, Some(wanted));
        assert_eq!(Quantiles::of(vec![7_000]).map(|q| q.p50_ms), Some(7.0));
        assert_eq!(Quantiles::of(Vec::new()), None);
    }
}
