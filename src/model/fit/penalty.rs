//! The penalty of the least held-out log-loss, by folds of borrowers.

use super::folds::Folds;
use super::newton::{Part, ascend};
use super::trouble::check;
use super::{Coded, FitError, Target};

/// The gradient a case at which a fit is near enough to compare penalties.
const GRADIENT: f64 = 1e-6;

/// A penalty that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// L2 penalty a case.
    pub penalty_per_case: f64,
    /// Mean held-out log-loss, weighted; infinite where a fold could not be fitted.
    pub loss: f64,
    /// Standard error of the mean over folds.
    pub standard_error: f64,
}

/// The penalty chosen, and all that were tried.
#[derive(Clone, Debug, PartialEq)]
pub struct PenaltyChoice {
    /// That of the least loss; the larger one of two that are equal.
    pub chosen: f64,
    /// In the order of the grid.
    pub tried: Vec<Tried>,
}

/// Tries each penalty of an ascending grid.
///
/// From the largest to the smallest, each fit starts from the one before. A penalty under which a fold separates the outcomes counts as
/// infinitely bad.
///
/// # Errors
/// Those of targets that cannot be fitted at all; those of the fit under the largest penalty if none could be fitted.
pub fn choose_penalty(data: &Coded<'_>, target: &Target<'_>, fold_of: &[u8], folds: usize, grid: &[f64]) -> Result<PenaltyChoice, FitError> {
    check(data, target)?;
    let apart = Folds::of(data, target, fold_of, folds);
    let mut start = vec![0.0; data.width()];
    let (mut tried, mut failed) = (Vec::new(), None);
    for penalty in grid.iter().rev() {
        let held_out = ascend(&[Part { data, target }], start.clone(), *penalty, GRADIENT)
            .and_then(|found| {
                start.clone_from(&found.parameters);
                apart.log_odds(data, &found.parameters, *penalty)
            })
            .map(|log_odds| loss(&log_odds, target, fold_of, folds));
        let (loss, standard_error) = held_out.unwrap_or_else(|failure| {
            failed.get_or_insert(failure);
            (f64::INFINITY, f64::NAN)
        });
        tried.push(Tried { penalty_per_case: *penalty, loss, standard_error });
    }
    let mut best: Option<Tried> = None;
    for candidate in &tried {
        if candidate.loss.is_finite() && best.is_none_or(|b| candidate.loss < b.loss) {
            best = Some(*candidate);
        }
    }
    tried.reverse();
    match (best, failed) {
        (Some(best), _) => Ok(PenaltyChoice { chosen: best.penalty_per_case, tried }),
        (None, Some(failure)) => Err(failure.into()),
        (None, None) => Ok(PenaltyChoice { chosen: 0.0, tried }),
    }
}

/// `ln(1 + e^η) − y η`: the log-loss of a case of log-odds η, exact however large they are.
pub fn case_loss(eta: f64, y: f64) -> f64 {
    eta.max(0.0) + (-eta.abs()).exp().ln_1p() - y * eta
}

/// Mean log-loss over cases, and its standard error over folds.
fn loss(log_odds: &[f64], target: &Target<'_>, fold_of: &[u8], folds: usize) -> (f64, f64) {
    let mut sums = vec![(0.0, 0.0); folds];
    for (k, eta) in log_odds.iter().enumerate() {
        let (w, y) = (target.weight_of(k), target.outcome[k]);
        let (loss, weight) = &mut sums[usize::from(fold_of[k])];
        *loss += w * case_loss(*eta, y);
        *weight += w;
    }
    let (all, weight) = sums.iter().fold((0.0, 0.0), |(l, n), (loss, weight)| (l + loss, n + weight));
    let means: Vec<f64> = sums.iter().filter(|(_, weight)| *weight > 0.0).map(|(loss, weight)| loss / weight).collect();
    let (k, mean) = (means.len() as f64, means.iter().sum::<f64>() / means.len() as f64);
    let variance = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (k - 1.0);
    (all / weight, (variance / k).sqrt())
}
