//! Decides whether paired samples differ by more than chance: an exact permutation test within pairs, and Holm's
//! correction over several figures.
//!
//! If two builds are equal, chance decides which of a pair's two values came from which build, because the order within
//! each pair is drawn and both ran on one machine one after the other. Every exchange of labels within pairs is then
//! equally likely, and the p-value is the share of exchanges that look at least as extreme as the observed result. The
//! test does not assume a distribution of latencies (R. A. Fisher, *The Design of Experiments*, 1935, section 21). The
//! statistic is the sum of signed ranks (F. Wilcoxon 1945; zeros keep their ranks, J. W. Pratt 1959), because otherwise
//! one block during a hiccup of the machine would decide a mean.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The minimum number of pairs that are tested. With 12, the smallest p-value is 2 in 4,096, which survives a
/// correction for six figures at 1 %. With 8 none would, for any difference.
pub const PAIRS_MIN: usize = 12;

/// Up to this many pairs the test is exact. Beyond, exchanges are drawn at random.
const EXACT_PAIRS_MAX: usize = 20;
/// The number of random exchanges.
const DRAWN: u32 = 200_000;

/// The two-sided p-value of "both samples of each pair come from the same distribution". None for fewer than
/// [`PAIRS_MIN`] pairs, or values that are not numbers.
pub fn p_value(pairs: &[(f64, f64)]) -> Option<f64> {
    let differences: Vec<f64> = pairs.iter().map(|(one, other)| other - one).collect();
    if differences.len() < PAIRS_MIN || differences.iter().any(|d| !d.is_finite()) {
        return None;
    }
    // Ranks are doubled, so that those of ties are whole numbers. Sums are then exact, and so is "at least as extreme".
    let ranks = doubled_ranks(&differences);
    let seen = sum_of_signed(&ranks, &differences);
    let moving: Vec<i64> = ranks
        .iter()
        .zip(&differences)
        .filter(|(_, difference)| sign(**difference) != 0)
        .map(|(rank, _)| *rank)
        .collect();
    Some(if moving.len() <= EXACT_PAIRS_MAX {
        exact(&moving, seen.abs())
    } else {
        drawn(&moving, seen.abs())
    })
}

/// The statistic: every rank with the sign of its difference.
fn sum_of_signed(ranks: &[i64], differences: &[f64]) -> i64 {
    let signed = ranks.iter().zip(differences);
    signed
        .map(|(rank, difference)| rank * sign(*difference))
        .sum()
}

fn sign(difference: f64) -> i64 {
    i64::from(difference > 0.0) - i64::from(difference < 0.0)
}

/// Twice the rank of each absolute difference, ties sharing the mean of theirs.
fn doubled_ranks(differences: &[f64]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..differences.len()).collect();
    let size = |index: usize| differences[index].abs();
    order.sort_by(|one, other| size(*one).total_cmp(&size(*other)));
    let mut ranks = vec![0; differences.len()];
    let mut from = 0;
    while from < order.len() {
        let tied = |index: &&usize| size(**index).total_cmp(&size(order[from])).is_eq();
        let to = from + order[from..].iter().take_while(tied).count();
        // Ranks from + 1 to `to`: twice their mean is their sum's ends together.
        let shared = i64::try_from(from + 1 + to).unwrap_or(i64::MAX);
        for index in &order[from..to] {
            ranks[*index] = shared;
        }
        from = to;
    }
    ranks
}

/// The share of all sign patterns whose sum is at least as far from zero.
fn exact(ranks: &[i64], seen: i64) -> f64 {
    // It counts sums, not patterns: a table of the number of patterns that reach each sum.
    let total: i64 = ranks.iter().sum();
    let mut counts = vec![0_u64; usize::try_from(2 * total + 1).unwrap_or(1)];
    let at = |sum: i64| usize::try_from(sum + total).unwrap_or(0);
    counts[at(0)] = 1;
    let mut reach = 0;
    for rank in ranks {
        let mut next = vec![0; counts.len()];
        for sum in -reach..=reach {
            let ways = counts[at(sum)];
            if ways > 0 {
                next[at(sum + rank)] += ways;
                next[at(sum - rank)] += ways;
            }
        }
        reach += rank;
        counts = next;
    }
    let all: u64 = counts.iter().sum();
    let extreme: u64 = (-total..=total)
        .filter(|sum| sum.abs() >= seen)
        .map(|sum| counts[at(sum)])
        .sum();
    extreme as f64 / all as f64
}

/// The same with random patterns. The observed pattern is counted among them, so that the p-value is never smaller than
/// the number of patterns permits (B. Phipson, G. K. Smyth 2010).
fn drawn(ranks: &[i64], seen: i64) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(0x5EED);
    let pattern = |random: &mut ChaCha8Rng| -> i64 {
        let mut signed = |rank: &i64| if random.random() { *rank } else { -rank };
        ranks.iter().map(&mut signed).sum()
    };
    let extreme = (0..DRAWN)
        .filter(|_| pattern(&mut random).abs() >= seen)
        .count();
    (extreme as f64 + 1.0) / (f64::from(DRAWN) + 1.0)
}

/// Holm's correction. Each corrected p-value may be compared with one level, and the probability of any wrong rejection
/// is then at most that level (S. Holm 1979). A None stays None and does not count.
pub fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p_values
        .iter()
        .enumerate()
        .filter_map(|(index, p)| Some((index, (*p)?)))
        .collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut corrected = vec![None; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, (index, p)) in order.iter().enumerate() {
        let remaining = (order.len() - rank) as f64;
        least = least.max((p * remaining).min(1.0));
        corrected[*index] = Some(least);
    }
    corrected
}

/// The middle value, or the mean of the two middle ones. 0 for no values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(count: usize, by: f64) -> Vec<(f64, f64)> {
        (0..count)
            .map(|n| (n as f64, n as f64 + by + n as f64 / 100.0))
            .collect()
    }

    #[test]
    fn a_constant_shift_has_the_smallest_p_there_is() {
        let p = p_value(&shifted(12, 1.0)).expect("enough");
        assert!((p - 2.0 / 4096.0).abs() < 1e-12, "{p}");
        assert_eq!(p_value(&shifted(12, -1.0)), Some(p));
        assert_eq!(p_value(&shifted(11, 1.0)), None);
    }

    #[test]
    fn no_difference_has_p_one() {
        let same: Vec<(f64, f64)> = (0..12).map(|n| (f64::from(n), f64::from(n))).collect();
        assert_eq!(p_value(&same), Some(1.0));
        let mut broken = same;
        broken[3].1 = f64::NAN;
        assert_eq!(p_value(&broken), None);
    }

    /// Compares the table of sums with a count of every pattern.
    #[test]
    fn the_count_of_sums_is_the_count_of_patterns() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..50 {
            let pairs: Vec<(f64, f64)> = (0..12)
                .map(|_| (0.0, f64::from(random.random_range(-5..=7))))
                .collect();
            let differences: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
            let ranks = doubled_ranks(&differences);
            let seen = sum_of_signed(&ranks, &differences);
            let extreme = (0..1_u32 << 12)
                .filter(|pattern| {
                    let signed = |(bit, rank): (usize, &i64)| match sign(differences[bit]) {
                        0 => 0,
                        _ if pattern >> bit & 1 == 1 => *rank,
                        _ => -rank,
                    };
                    ranks.iter().enumerate().map(signed).sum::<i64>().abs() >= seen.abs()
                })
                .count();
            let p = p_value(&pairs).expect("enough");
            assert!((p - extreme as f64 / 4096.0).abs() < 1e-12);
        }
    }

    #[test]
    fn one_wild_block_decides_nothing() {
        let mut pairs: Vec<(f64, f64)> = (0..12)
            .map(|n| {
                (
                    10.0,
                    10.0 + if n % 2 == 0 { 0.1 } else { -0.1 } * f64::from(n),
                )
            })
            .collect();
        pairs[5].1 = 10_000.0;
        assert!(p_value(&pairs).expect("enough") > 0.1);
    }

    #[test]
    fn drawn_patterns_agree_with_counted_ones() {
        let pairs: Vec<(f64, f64)> = (0..24)
            .map(|n| (0.0, if n % 3 == 0 { -1.0 } else { 1.0 } * f64::from(n + 1)))
            .collect();
        let differences: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
        let ranks = doubled_ranks(&differences);
        let seen = sum_of_signed(&ranks, &differences);
        let (counted, drawn) = (exact(&ranks, seen.abs()), p_value(&pairs).expect("enough"));
        assert!((counted - drawn).abs() < 0.01, "{counted} {drawn}");
    }

    /// Under the null hypothesis, p-values are at or below a level at most with that probability. This is what the test
    /// guarantees, for values with ties and heavy tails alike.
    #[test]
    fn p_values_keep_their_promise_under_the_null() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let heavy = |random: &mut ChaCha8Rng| {
            let uniform: f64 = random.random_range(0.0..1.0);
            (1.0 / (1.0 - uniform)).powf(0.9).round()
        };
        let rounds = 4_000;
        let mut below = [0_u32; 2];
        for _ in 0..rounds {
            let pairs: Vec<(f64, f64)> = (0..13)
                .map(|_| (heavy(&mut random), heavy(&mut random)))
                .collect();
            let p = p_value(&pairs).expect("enough");
            for (count, level) in below.iter_mut().zip([0.05, 0.01]) {
                *count += u32::from(p <= level);
            }
        }
        // Four standard deviations above the level.
        assert!(below[0] <= 255 && below[1] <= 65, "{below:?} of {rounds}");
        assert!(
            below[0] >= 60,
            "{below:?}: a test that never rejects tests nothing"
        );
    }

    #[test]
    fn holm_multiplies_the_smallest_by_all_and_never_falls() {
        let corrected = holm(&[Some(0.01), None, Some(0.04), Some(0.02)]);
        assert_eq!(corrected, [Some(0.03), None, Some(0.04), Some(0.04)]);
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }
}
