//! Calibration and whole numbers: Platt on out-of-fold log-odds, a shrunken offset per bucket group, contributions in micro-log-odds.
//!
//! Calibrate, then round: `contribution = round_half_even(1e6 × slope × coefficient × woe)`. Fitted inside the training window only.

use super::encode::Design;
use super::fit::{LogisticFit, Problemset};
use crate::base::problem::{Problem, Result};
use crate::base::units::{Bucket, sigmoid};
use serde::{Deserialize, Serialize};

/// Bucket groups that share an offset: deeper buckets are few.
pub const BUCKET_GROUPS: [&str; 4] = ["M0-M1", "M2", "M3", "M4 and later"];

/// Information that the shrinkage of an offset counts for: as much as 100 cases at even odds.
const SHRINKAGE: f64 = 25.0;

/// The group of a bucket.
pub fn bucket_group(bucket: Bucket) -> usize {
    usize::from(bucket.0.clamp(1, 4)) - 1
}

/// Calibrated log-odds = intercept + slope × log-odds + offset of the bucket group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrator {
    /// How it was fitted.
    pub method: String,
    /// Slope, above 0.
    pub slope: f64,
    /// Intercept.
    pub intercept: f64,
    /// Offset of each of [`BUCKET_GROUPS`].
    pub offsets: [f64; 4],
    /// Training cases of each group.
    pub group_cases: [u64; 4],
    /// Folds by borrower.
    pub folds: usize,
}

/// The fold of a borrower: the same for a seed, whatever else is in the book.
pub fn fold_of(borrower: u32, seed: u64, folds: usize) -> usize {
    // SplitMix64's finaliser: every bit of the input moves every bit of the output.
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(borrower)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) % folds as u64) as usize
}

/// Log-odds of each case from a fit that did not see its borrower. The bins are those of all training cases.
///
/// # Errors
/// As the fit.
pub fn out_of_fold(problem: &Problemset<'_>, fit: &LogisticFit, borrower: &[u32], seed: u64, folds: usize) -> Result<Vec<f64>> {
    let fold: Vec<usize> = borrower.iter().map(|b| fold_of(*b, seed, folds)).collect();
    let mut scores = vec![0.0; fold.len()];
    for held_out in 0..folds {
        let pick = |inside: bool| -> Vec<usize> { (0..fold.len()).filter(|k| (fold[*k] == held_out) == inside).collect() };
        let (inside, outside) = (pick(true), pick(false));
        if inside.is_empty() {
            continue;
        }
        let part =
            |rows: &[usize]| Design { n: rows.len(), columns: problem.design.columns.iter().map(|c| rows.iter().map(|r| c[*r]).collect()).collect() };
        let (train, held) = (part(&outside), part(&inside));
        let outcome: Vec<f64> = outside.iter().map(|k| problem.outcome[*k]).collect();
        let rest = Problemset { design: &train, features: problem.features, outcome: &outcome, penalty_per_case: problem.penalty_per_case };
        let refit = rest.fit_from(fit)?;
        let unseen = Problemset { design: &held, features: problem.features, outcome: &[], penalty_per_case: problem.penalty_per_case };
        for (k, eta) in inside.iter().zip(unseen.log_odds(&refit)) {
            scores[*k] = eta;
        }
    }
    Ok(scores)
}

/// Platt's slope and intercept on out-of-fold log-odds, then the offsets of the bucket groups.
///
/// # Errors
/// `model.no_signal` if the slope is not above 0: the fit does not rank borrowers that it has not seen.
pub fn platt(log_odds: &[f64], outcome: &[f64], bucket: &[Bucket], folds: usize) -> Result<Calibrator> {
    let (mut intercept, mut slope) = (0.0, 1.0);
    for _ in 0..100 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, y) in log_odds.iter().zip(outcome) {
            let p = sigmoid(intercept + slope * x);
            let (r, w) = (y - p, (p * (1.0 - p)).max(1e-12));
            (g0, g1) = (g0 + r, g1 + r * x);
            (h00, h01, h11) = (h00 + w, h01 + w * x, h11 + w * x * x);
        }
        let determinant = h00 * h11 - h01 * h01;
        if determinant <= 1e-12 * h00 * h11 {
            break;
        }
        // A step of at most 1 keeps the first ones from overshooting.
        let (d0, d1) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        intercept += d0.clamp(-1.0, 1.0);
        slope += d1.clamp(-1.0, 1.0);
        if d0.abs().max(d1.abs()) < 1e-12 {
            break;
        }
    }
    if slope.is_nan() || slope <= 0.0 {
        return Err(Problem::error("model.no_signal", "the model does not rank borrowers that it has not seen")
            .value(format!("calibration slope {slope:.3} on {} out-of-fold cases", outcome.len()))
            .rule("a slope above 0")
            .help("train on more cases, use fewer features ([model] features), or raise penalty_per_case")
            .fail());
    }
    let (mut offsets, mut group_cases) = ([0.0; 4], [0u64; 4]);
    bucket.iter().for_each(|b| group_cases[bucket_group(*b)] += 1);
    for (group, offset) in offsets.iter_mut().enumerate() {
        let members: Vec<(f64, f64)> = log_odds
            .iter()
            .zip(outcome)
            .zip(bucket)
            .filter(|(_, b)| bucket_group(**b) == group)
            .map(|((x, y), _)| (intercept + slope * x, *y))
            .collect();
        for _ in 0..50 {
            let (mut g, mut h) = (-SHRINKAGE * *offset, SHRINKAGE);
            for (eta, y) in &members {
                let p = sigmoid(eta + *offset);
                g += y - p;
                h += p * (1.0 - p);
            }
            *offset += g / h;
            if (g / h).abs() < 1e-12 {
                break;
            }
        }
    }
    Ok(Calibrator { method: "platt on out-of-fold log-odds by borrower".into(), slope, intercept, offsets, group_cases, folds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platt_finds_slope_and_intercept() {
        // At log-odds ±1 the outcomes are repaid in 80 % and 35 %: slope and intercept follow from two logits.
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (score, repaid) in [(1.0, 80), (-1.0, 35)] {
            for k in 0..100 {
                x.push(score);
                y.push(if k < repaid { 1.0 } else { 0.0 });
            }
        }
        let bucket = vec![Bucket(1); 200];
        let found = platt(&x, &y, &bucket, 5).unwrap();
        let (a, b) = ((0.8f64 / 0.2).ln(), (0.35f64 / 0.65).ln());
        assert!((found.slope - (a - b) / 2.0).abs() < 1e-9 && (found.intercept - (a + b) / 2.0).abs() < 1e-9, "{found:?}");
        assert!(found.offsets[0].abs() < 1e-9);
        let turned: Vec<f64> = y.iter().map(|v| 1.0 - v).collect();
        assert!(platt(&x, &turned, &bucket, 5).unwrap_err().to_string().contains("model.no_signal"));
    }

    #[test]
    fn an_offset_is_shrunken() {
        // 100 cases of M3 at even odds by score, 60 repaid: without shrinkage the offset would be ln(60/40).
        let mut x = vec![0.0; 100];
        let mut y: Vec<f64> = (0..100).map(|k| f64::from(u8::from(k < 60))).collect();
        let mut bucket = vec![Bucket(3); 100];
        // A large M1 group keeps slope and intercept at 1 and 0: at log-odds ±ln 3, three of four follow the sign.
        for k in 0..40_000 {
            let up = k % 2 == 0;
            x.push(if up { 3f64.ln() } else { -(3f64.ln()) });
            y.push(f64::from(u8::from(((k / 2) % 4 < 3) == up)));
            bucket.push(Bucket(1));
        }
        let found = platt(&x, &y, &bucket, 5).unwrap();
        let whole = (0.6f64 / 0.4).ln();
        assert!(found.offsets[2] > 0.4 * whole && found.offsets[2] < 0.6 * whole, "{found:?}");
        assert_eq!(found.group_cases, [40_000, 0, 100, 0]);
    }
}
