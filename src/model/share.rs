//! The share of arrears repaid: a fractional logit on the bins and features of the model, beside the probability.
//!
//! What a case is expected to bring is then no longer probability × arrears by assumption: a borrower who pays a part counts for that part.
//! The share is a sum of whole micro-log-odds like the score, calibrated in the same way on out-of-fold cases.

use super::bin::Target;
use super::calibrate::{BUCKET_GROUPS, CalibrationInput, Calibrator, calibrate};
use super::encode::Design;
use super::evaluate::pick;
use super::file::{BucketGroup, Estimate, sums};
use super::fit::{Coded, LogisticFit, Newton, Subset, clustered_covariance, fit, out_of_fold};
use crate::base::config::CalibrationMethod;
use crate::base::problem::{Problem, Result};
use crate::base::units::{Bucket, MICRO, MicroLogOdds};
use serde::{Deserialize, Serialize};

/// Fewer cases with a known share than this say nothing of it.
const FEWEST_CASES: usize = 50;

/// The model of the share repaid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareModel {
    /// Training cases whose share is known.
    pub cases: u64,
    /// Their mean share.
    pub mean_share: f64,
    /// Log-odds before any feature, in micro-log-odds.
    pub base: i64,
    /// The intercept.
    pub intercept: Estimate,
    /// The coefficient of each feature's weight of evidence, in the order of the model's terms.
    pub coefficients: Vec<Estimate>,
    /// What each bin of each feature adds, in micro-log-odds.
    pub contributions: Vec<Vec<i64>>,
    /// What each bucket group adds; none for a flat table.
    pub bucket_groups: Vec<BucketGroup>,
    /// The calibration.
    pub calibration: Calibrator,
    /// How near it came, a sample each.
    pub evaluation: Vec<ShareEvaluation>,
}

/// What was expected of a sample and what came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareEvaluation {
    /// `train` or `out_of_time`.
    pub sample: String,
    /// Cases with a known share.
    pub n: u64,
    /// Mean share expected.
    pub expected: f64,
    /// Mean share repaid.
    pub observed: f64,
    /// Mean of |expected − repaid|.
    pub mean_absolute_error: f64,
    /// The same if the probability stood in for the share.
    pub probability_error: f64,
    /// Of the arrears repaid, how much was expected: Σ arrears × expected ÷ Σ arrears × repaid; none without money.
    pub money_expected: Option<f64>,
    /// The same if the probability stood in for the share.
    pub money_by_probability: Option<f64>,
}

/// What the model of the share is fitted on: the training cases.
pub struct ShareInput<'a> {
    /// Their codes.
    pub data: &'a Coded<'a>,
    /// Share of the arrears of each case that was repaid, 0 to 1; `NaN` where it is not known.
    pub share: &'a [f64],
    /// Their weights.
    pub weight: Option<&'a [f64]>,
    /// Their borrowers.
    pub borrower: Option<&'a [u32]>,
    /// Their buckets.
    pub bucket: Option<&'a [Bucket]>,
    /// Their folds.
    pub fold: &'a [u8],
    /// Folds.
    pub folds: usize,
    /// How to fit.
    pub newton: &'a Newton,
}

/// Fits the model of the share repaid.
///
/// # Errors
/// Why there can be none: too few cases, one value only, no signal; a fit that fails.
pub fn fit_share(input: &ShareInput<'_>, estimates: impl Fn(&LogisticFit, Option<&[f64]>) -> Vec<Estimate>) -> Result<ShareModel> {
    let known: Vec<u32> = (0..input.share.len() as u32).filter(|k| input.share[*k as usize].is_finite()).collect();
    if known.len() < FEWEST_CASES {
        return Err(Problem::error("model.no_share", format!("the share repaid is known of {} training cases only", known.len())).fail());
    }
    let whole = Target { outcome: input.share, weight: input.weight };
    let subset = Subset::of(input.data, &whole, &known);
    let (data, target) = (|| subset.data(input.data), subset.target());
    let found = fit(data(), target, input.newton)?;
    let (fold, bucket) = (pick(input.fold, &known), input.bucket.map(|b| pick(b, &known)));
    let unseen =
        out_of_fold(&data(), &target, &fold, input.folds, &found, input.newton.penalty_per_case).map_err(crate::base::problem::Failure::from)?;
    let calibration =
        calibrate(&CalibrationInput { log_odds: &unseen, target, bucket: bucket.as_deref(), folds: input.folds }, CalibrationMethod::Platt)?;
    let clustered = input.borrower.map(|b| clustered_covariance(&data(), &target, &found, &pick(b, &known)));
    let mut all = estimates(&found, clustered.as_deref()).into_iter();
    let tables = &input.data.tables;
    let contributions = tables
        .iter()
        .zip(&found.coefficients)
        .map(|(table, beta)| table.iter().map(|woe| MicroLogOdds::from_log_odds(calibration.slope * beta * woe).0).collect())
        .collect();
    Ok(ShareModel {
        cases: known.len() as u64,
        mean_share: mean(target.outcome, target.weight),
        base: (MICRO * (calibration.slope * found.intercept + calibration.intercept)).round_ties_even() as i64,
        intercept: all.next().unwrap_or_default(),
        coefficients: all.collect(),
        contributions,
        bucket_groups: BUCKET_GROUPS
            .iter()
            .zip(&calibration.offsets)
            .map(|(name, offset)| BucketGroup { name: name.to_string(), contribution: MicroLogOdds::from_log_odds(*offset).0, points: 0.0 })
            .collect(),
        calibration,
        evaluation: Vec::new(),
    })
}

fn mean(values: &[f64], weight: Option<&[f64]>) -> f64 {
    let w = |k: usize| weight.map_or(1.0, |w| w[k]);
    values.iter().enumerate().map(|(k, x)| w(k) * x).sum::<f64>() / (0..values.len()).map(w).sum::<f64>()
}

impl ShareModel {
    /// Expected share of the arrears of each case, snapped to 1e-9.
    pub fn shares(&self, design: &Design, bucket: Option<&[Bucket]>) -> Vec<f64> {
        let tables: Vec<&[i64]> = self.contributions.iter().map(Vec::as_slice).collect();
        let groups: Vec<i64> = self.bucket_groups.iter().map(|g| g.contribution).collect();
        sums(self.base, &tables, &groups, design, bucket).into_iter().map(MicroLogOdds::probability).collect()
    }
}

/// Compares what was expected with what came, beside what the probability would have said. `None` where no share is known.
pub fn evaluate_share(
    sample: &str,
    expected: &[f64],
    probability: &[f64],
    observed: &[f64],
    arrears: Option<&[f64]>,
    weight: Option<&[f64]>,
) -> Option<ShareEvaluation> {
    let known: Vec<usize> = (0..observed.len()).filter(|k| observed[*k].is_finite()).collect();
    let w = |k: usize| weight.map_or(1.0, |w| w[k]);
    let total: f64 = known.iter().map(|k| w(*k)).sum();
    let tidy = |x: f64| (x * 1e9).round() / 1e9;
    let mean = |value: &dyn Fn(usize) -> f64| tidy(known.iter().map(|k| w(*k) * value(*k)).sum::<f64>() / total);
    let money = |shares: &[f64]| {
        let arrears = arrears?;
        let repaid: f64 = known.iter().map(|k| arrears[*k] * observed[*k]).sum();
        (repaid > 0.0).then(|| tidy(known.iter().map(|k| arrears[*k] * shares[*k]).sum::<f64>() / repaid))
    };
    (total > 0.0).then(|| ShareEvaluation {
        sample: sample.to_string(),
        n: known.len() as u64,
        expected: mean(&|k| expected[k]),
        observed: mean(&|k| observed[k]),
        mean_absolute_error: mean(&|k| (expected[k] - observed[k]).abs()),
        probability_error: mean(&|k| (probability[k] - observed[k]).abs()),
        money_expected: money(expected),
        money_by_probability: money(probability),
    })
}
