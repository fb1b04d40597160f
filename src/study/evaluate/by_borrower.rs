//! Shares, means and ratios with intervals by borrower: cases of one borrower are no separate evidence.

use super::{Measured, tidy};
use crate::model::evaluate::{Z95, pick, squares_by_cluster};
use crate::study::rolls::wilson;

/// Fewer borrowers than this give a mean or a ratio no interval.
const FEWEST: f64 = 10.0;

/// The share of `rows` of which something holds: Wilson's interval, with as many cases as their clustering leaves. None below two borrowers.
pub(super) fn share(rows: &[u32], borrower: &[u32], holds: impl Fn(u32) -> bool) -> Measured {
    if rows.is_empty() {
        return Measured::default();
    }
    let y: Vec<f64> = rows.iter().map(|k| f64::from(u8::from(holds(*k)))).collect();
    let n = y.len() as f64;
    let rate = y.iter().sum::<f64>() / n;
    let value = tidy(rate);
    let (squares, clusters) = squares_by_cluster(y.iter().map(|y| y - rate).collect(), Some(&pick(borrower, rows)));
    if clusters < 2.0 {
        return Measured { value, interval: None };
    }
    // Kish's design effect: variance by borrower over that of independent cases, never below one.
    let (by_borrower, independent) = (squares * clusters / (clusters - 1.0), n * rate * (1.0 - rate));
    let effect = if independent > 0.0 { (by_borrower / independent).max(1.0) } else { n / clusters };
    let (low, high) = wilson(rate, n / effect);
    Measured { value, interval: tidy(low).zip(tidy(high)).map(|(low, high)| [low, high]) }
}

/// A ratio of sums, `Σ numerator ÷ Σ denominator`, with the variance `G / (G − 1) × Σ_b (N_b − ratio × D_b)² ÷ (Σ denominator)²` over `G` borrowers.
/// No interval below ten of them.
pub(super) fn ratio(numerator: &[f64], denominator: &[f64], borrower: &[u32]) -> Measured {
    let total: f64 = denominator.iter().sum();
    let ratio = numerator.iter().sum::<f64>() / total;
    let off = numerator.iter().zip(denominator).map(|(n, d)| n - ratio * d).collect();
    let (squares, clusters) = squares_by_cluster(off, Some(borrower));
    let half = Z95 * (squares * clusters / (clusters - 1.0)).sqrt() / total;
    let interval = if clusters >= FEWEST { tidy(ratio - half).zip(tidy(ratio + half)).map(|(low, high)| [low, high]) } else { None };
    Measured { value: tidy(ratio), interval }
}

/// A mean with its interval.
pub fn mean_by_borrower(values: &[f64], borrower: &[u32]) -> Measured {
    ratio(values, &vec![1.0; values.len()], borrower)
}
