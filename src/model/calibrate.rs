//! Calibration: Platt on out-of-fold log-odds, a shrunken offset per bucket group, and a monotone step function where the project asks for one.
//!
//! Calibrate, then round: `contribution = round_half_even(1e6 × slope × coefficient × weight of evidence)`. Fitted inside the training window
//! only. The isotonic alternative changes only the map from log-odds to probability, never the sum.

use super::bin::Target;
use super::evaluate::squares_by_cluster;
use crate::base::config::CalibrationMethod;
use crate::base::problem::{Problem, Result};
use crate::base::units::{Bucket, MicroLogOdds, sigmoid, snap};
use serde::{Deserialize, Serialize};

/// Bucket groups that share an offset: deeper buckets are few.
pub const BUCKET_GROUPS: [&str; 4] = ["M0-M1", "M2", "M3", "M4 and later"];

/// Information that the shrinkage of an offset counts for: as much as 100 cases at even odds.
const SHRINKAGE: f64 = 25.0;

/// Probabilities of a step function stay this far from 0 and 1: a group without a failure is no certainty.
const CLIP: f64 = 1e-6;

/// The group of a bucket.
pub fn bucket_group(bucket: Bucket) -> usize {
    usize::from(bucket.0.clamp(1, 4)) - 1
}

/// Calibrated log-odds = intercept + slope × log-odds + offset of the bucket group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrator {
    /// How log-odds become a probability.
    pub method: CalibrationMethod,
    /// What it was fitted on, in words.
    pub fitted_on: String,
    /// Slope, above 0.
    pub slope: f64,
    /// Intercept.
    pub intercept: f64,
    /// Offset of each of [`BUCKET_GROUPS`]; none for a flat table.
    pub offsets: Vec<f64>,
    /// Training cases of each group.
    pub group_cases: Vec<u64>,
    /// Folds by borrower.
    pub folds: usize,
    /// The step function, where the method is isotonic.
    pub steps: Vec<Step>,
}

/// A step: scores from `from` on, up to the next step, have this probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Lowest score, in micro-log-odds.
    pub from: i64,
    /// Probability.
    pub probability: f64,
}

impl Calibrator {
    /// The probability that a score stands for, snapped to 1e-9.
    pub fn probability(&self, score: MicroLogOdds) -> f64 {
        if self.steps.is_empty() {
            return score.probability();
        }
        let place = self.steps.partition_point(|step| step.from <= score.0);
        self.steps[place.saturating_sub(1)].probability
    }
}

/// The fold of a borrower: the same for a seed, whatever else is in the book.
pub fn fold_of(borrower: u32, seed: u64, folds: usize) -> u8 {
    // SplitMix64's finaliser: every bit of the input moves every bit of the output.
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(borrower)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) % folds as u64) as u8
}

/// Those of `rows` whose borrower is drawn, so that about `most` are left: all of them where there are no more.
pub fn some_borrowers(rows: impl ExactSizeIterator<Item = u32>, most: usize, seed: u64, borrower_of: impl Fn(u32) -> u32) -> Vec<u32> {
    let share = rows.len().div_ceil(most).clamp(1, 255);
    rows.filter(|row| share == 1 || fold_of(borrower_of(*row), seed, share) == 0).collect()
}

/// `log-odds of the outcome = intercept + slope × x`, at the maximum of the weighted likelihood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Intercept.
    pub intercept: f64,
    /// Slope.
    pub slope: f64,
    /// Standard error of the slope, clustered where clusters are known: `A⁻¹ B A⁻¹` with `G/(G−1) × (n−1)/(n−2)`.
    pub slope_error: f64,
}

/// Intercept, slope and the inverse of the information at the maximum of `Σ w [y η − ln(1 + e^η)]` with `η = intercept + slope × x`, of cases `[x, y, w]`;
/// `None` where the outcomes or the scores are all alike, or where a line separates the outcomes.
pub fn line_at_maximum(cases: impl Iterator<Item = [f64; 3]> + Clone) -> Option<(f64, f64, [f64; 3])> {
    let (mut intercept, mut slope) = (0.0, 1.0);
    for _ in 0..60 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for [x, y, w] in cases.clone() {
            let p = sigmoid(intercept + slope * x);
            let (r, h) = (w * (y - p), w * p * (1.0 - p));
            (g0, g1) = (g0 + r, g1 + r * x);
            (h00, h01, h11) = (h00 + h, h01 + h * x, h11 + h * x * x);
        }
        let determinant = h00 * h11 - h01 * h01;
        if determinant.is_nan() || determinant <= 1e-12 * h00 * h11 {
            return None;
        }
        let inverse = [h11 / determinant, -h01 / determinant, h00 / determinant];
        // A step of at most 1 keeps the first ones from overshooting.
        let (d0, d1) = (inverse[0] * g0 + inverse[1] * g1, inverse[1] * g0 + inverse[2] * g1);
        intercept += d0.clamp(-1.0, 1.0);
        slope += d1.clamp(-1.0, 1.0);
        if d0.abs().max(d1.abs()) < 1e-10 {
            return Some((intercept, slope, inverse));
        }
    }
    None
}

/// Fits a [`Line`]; `None` where the outcomes or the scores are all alike, or where a line separates the outcomes.
pub fn line(x: &[f64], target: &Target<'_>, cluster: Option<&[u32]>) -> Option<Line> {
    let n = x.len();
    let (intercept, slope, inverse) = line_at_maximum((0..n).map(|k| [x[k], target.outcome[k], target.weight_of(k)]))?;
    let score = |k: usize| {
        let r = target.weight_of(k) * (target.outcome[k] - sigmoid(intercept + slope * x[k]));
        // The slope's row of A⁻¹ times the case's score.
        inverse[1] * r + inverse[2] * r * x[k]
    };
    let slope_error = match cluster {
        None => inverse[2].sqrt(),
        Some(cluster) => {
            let (squares, groups) = squares_by_cluster((0..n).map(score).collect(), Some(cluster));
            if groups < 2.0 || n < 3 {
                return None;
            }
            (squares * groups / (groups - 1.0) * (n as f64 - 1.0) / (n as f64 - 2.0)).sqrt()
        }
    };
    Some(Line { intercept, slope, slope_error })
}

/// What a calibration is fitted on.
pub struct CalibrationInput<'a> {
    /// Log-odds of each case from a fit that did not see its borrower.
    pub log_odds: &'a [f64],
    /// Outcomes and weights.
    pub target: Target<'a>,
    /// Bucket of each case; none for a flat table.
    pub bucket: Option<&'a [Bucket]>,
    /// Folds.
    pub folds: usize,
}

/// Platt's slope and intercept on out-of-fold log-odds, then the offsets of the bucket groups, then the steps if asked for.
///
/// # Errors
/// `model.no_signal` if the slope is not above 0: the fit does not rank borrowers that it has not seen.
pub fn calibrate(input: &CalibrationInput<'_>, method: CalibrationMethod) -> Result<Calibrator> {
    let CalibrationInput { log_odds, ref target, bucket, folds } = *input;
    let found = line(log_odds, target, None);
    let Some(Line { intercept, slope, .. }) = found.filter(|line| line.slope > 0.0) else {
        let slope = found.map_or("none".into(), |line| format!("{:.3}", line.slope));
        return Err(Problem::error("model.no_signal", "the model does not rank borrowers that it has not seen")
            .value(format!("calibration slope {slope} on {} out-of-fold cases", log_odds.len()))
            .rule("a slope above 0")
            .help("train on more cases, or use fewer features ([model] features)")
            .fail());
    };
    let (offsets, group_cases) = match bucket {
        None => (Vec::new(), Vec::new()),
        Some(bucket) => offsets(log_odds, target, bucket, intercept, slope),
    };
    let steps = match method {
        CalibrationMethod::Platt => Vec::new(),
        CalibrationMethod::Isotonic => {
            let offset = |k: usize| bucket.map_or(0.0, |b| offsets[bucket_group(b[k])]);
            let scores = (0..log_odds.len()).map(|k| MicroLogOdds::from_log_odds(intercept + slope * log_odds[k] + offset(k)).0);
            isotonic(&scores.collect::<Vec<i64>>(), target)
        }
    };
    let fitted_on = "out-of-fold log-odds by borrower".into();
    Ok(Calibrator { method, fitted_on, slope, intercept, offsets, group_cases, folds, steps })
}

fn offsets(log_odds: &[f64], target: &Target<'_>, bucket: &[Bucket], intercept: f64, slope: f64) -> (Vec<f64>, Vec<u64>) {
    let (mut offsets, mut group_cases) = (vec![0.0; BUCKET_GROUPS.len()], vec![0u64; BUCKET_GROUPS.len()]);
    let mut members: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new(); BUCKET_GROUPS.len()];
    for (k, bucket) in bucket.iter().enumerate() {
        let group = bucket_group(*bucket);
        group_cases[group] += 1;
        members[group].push((intercept + slope * log_odds[k], target.outcome[k], target.weight_of(k)));
    }
    for (offset, members) in offsets.iter_mut().zip(&members) {
        for _ in 0..50 {
            let (mut g, mut h) = (-SHRINKAGE * *offset, SHRINKAGE);
            for (eta, y, w) in members {
                let p = sigmoid(eta + *offset);
                g += w * (y - p);
                h += w * p * (1.0 - p);
            }
            *offset += g / h;
            if (g / h).abs() < 1e-12 {
                break;
            }
        }
    }
    (offsets, group_cases)
}

/// The monotone step function of least squares: adjacent violators pooled, equal scores first.
///
/// # Source
/// Ayer and others 1955 (pool adjacent violators).
pub fn isotonic(scores: &[i64], target: &Target<'_>) -> Vec<Step> {
    let mut order: Vec<(i64, u32)> = scores.iter().enumerate().map(|(k, s)| (*s, k as u32)).collect();
    order.sort_unstable();
    // Blocks of (first score, weight, weight × outcome), each with a greater mean than the one before.
    let mut blocks: Vec<(i64, f64, f64)> = Vec::new();
    for run in order.chunk_by(|a, b| a.0 == b.0) {
        let (mut weight, mut sum) = (0.0, 0.0);
        for (_, k) in run {
            let w = target.weight_of(*k as usize);
            weight += w;
            sum += w * target.outcome[*k as usize];
        }
        if weight <= 0.0 {
            continue;
        }
        let mut block = (run[0].0, weight, sum);
        while let Some(last) = blocks.last().filter(|last| last.2 * block.1 >= block.2 * last.1) {
            block = (last.0, last.1 + block.1, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().map(|(from, weight, sum)| Step { from, probability: snap((sum / weight).clamp(CLIP, 1.0 - CLIP)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input<'a>(log_odds: &'a [f64], outcome: &'a [f64], bucket: &'a [Bucket]) -> CalibrationInput<'a> {
        CalibrationInput { log_odds, target: Target { outcome, weight: None }, bucket: Some(bucket), folds: 5 }
    }

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
        let found = calibrate(&input(&x, &y, &bucket), CalibrationMethod::Platt).unwrap();
        let (a, b) = ((0.8f64 / 0.2).ln(), (0.35f64 / 0.65).ln());
        assert!((found.slope - (a - b) / 2.0).abs() < 1e-9 && (found.intercept - (a + b) / 2.0).abs() < 1e-9, "{found:?}");
        assert!(found.offsets[0].abs() < 1e-9);
        // Var(slope) = (1/(100 × 0.8 × 0.2) + 1/(100 × 0.35 × 0.65)) / 4.
        let error = f64::sqrt(0.25 * (1.0 / 16.0 + 1.0 / 22.75));
        let fitted = line(&x, &Target { outcome: &y, weight: None }, None).unwrap();
        assert!((fitted.slope_error - error).abs() < 1e-9);
        let turned: Vec<f64> = y.iter().map(|v| 1.0 - v).collect();
        assert!(calibrate(&input(&x, &turned, &bucket), CalibrationMethod::Platt).unwrap_err().to_string().contains("model.no_signal"));
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
        let found = calibrate(&input(&x, &y, &bucket), CalibrationMethod::Platt).unwrap();
        let whole = (0.6f64 / 0.4).ln();
        assert!(found.offsets[2] > 0.4 * whole && found.offsets[2] < 0.6 * whole, "{found:?}");
        assert_eq!(found.group_cases, [40_000, 0, 100, 0]);
    }

    #[test]
    fn adjacent_violators_are_pooled_by_hand() {
        // Means by score: 1: ½ (two cases), 2: 0, 3: 1, 4: ¾ (four cases). 2 pools with 1 to ⅓, 4 with 3 to ⅘.
        let scores = [1, 1, 2, 3, 4, 4, 4, 4];
        let outcome = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0];
        let steps = isotonic(&scores, &Target { outcome: &outcome, weight: None });
        assert_eq!(steps, [Step { from: 1, probability: snap(1.0 / 3.0) }, Step { from: 3, probability: 0.8 }]);
        let found = Calibrator {
            method: CalibrationMethod::Isotonic,
            fitted_on: String::new(),
            slope: 1.0,
            intercept: 0.0,
            offsets: vec![],
            group_cases: vec![],
            folds: 5,
            steps,
        };
        let at = |s| found.probability(MicroLogOdds(s));
        assert_eq!([at(-9), at(1), at(2), at(3), at(99)], [snap(1.0 / 3.0), snap(1.0 / 3.0), snap(1.0 / 3.0), 0.8, 0.8]);
        // Weights: the case of score 2 counts as four; 1 and 2 pool to 1/6.
        let steps = isotonic(&scores[..3], &Target { outcome: &outcome[..3], weight: Some(&[1.0, 1.0, 4.0]) });
        assert_eq!(steps, [Step { from: 1, probability: snap(1.0 / 6.0) }]);
    }
}
