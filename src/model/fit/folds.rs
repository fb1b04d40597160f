//! Fits without each fold of borrowers, and the log-odds that they give to the fold they did not see.
//!
//! One pass over all cases at the full fit gives each fold's part of gradient and Hessian; a Newton step on the rest is then all but exact where
//! there are many cases, because the fit without a fold lies near. Where the step was long, further steps over the rest make it exact.

use super::kernel::{Sums, sums};
use super::linear::{cholesky, solve};
use super::newton::{Part, ascend};
use super::subset::Subset;
use super::trouble::singular;
use super::{Coded, FitError, LogisticFit, Target, log_odds};
use crate::base::problem::Result;

/// A step that moves no case further than this by one feature, in log-odds, leaves an error of about its square: 1e-5.
const SHORT: f64 = 3e-3;
/// The gradient a case at which further steps end.
const GRADIENT: f64 = 1e-7;

/// Cases apart by fold.
pub(super) struct Folds {
    rows: Vec<Vec<u32>>,
    drawn: Vec<Subset>,
}

impl Folds {
    pub(super) fn of(data: &Coded<'_>, target: &Target<'_>, fold_of: &[u8], folds: usize) -> Folds {
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); folds];
        fold_of.iter().enumerate().for_each(|(k, fold)| rows[usize::from(*fold)].push(k as u32));
        // A fold without a case holds nothing out.
        rows.retain(|rows| !rows.is_empty());
        let drawn = rows.iter().map(|rows| Subset::of(data, target, rows)).collect();
        Folds { rows, drawn }
    }

    /// The log-odds of each case from the fit that did not see its fold.
    ///
    /// # Errors
    /// Those of the fits.
    pub(super) fn log_odds(&self, whole: &Coded<'_>, parameters: &[f64], penalty_per_case: f64) -> Result<Vec<f64>> {
        let data: Vec<Coded<'_>> = self.drawn.iter().map(|drawn| drawn.data(whole)).collect();
        let target: Vec<Target<'_>> = self.drawn.iter().map(Subset::target).collect();
        let parts: Vec<Sums> = data.iter().zip(&target).map(|(data, target)| sums(data, target, parameters, true)).collect();
        let mut all = Sums::zero(parameters.len(), true);
        parts.iter().for_each(|part| all.add(part, 1.0));
        let mut out = vec![0.0; whole.n];
        for (held, (rows, part)) in self.rows.iter().zip(&parts).enumerate() {
            let mut rest = all.clone();
            rest.add(part, -1.0);
            let rest = rest.penalised(parameters, penalty_per_case);
            let factor = cholesky(&rest.hessian, parameters.len()).map_err(|column| singular(whole, &target[held], column, parameters))?;
            let step = solve(&factor, &rest.gradient);
            let mut found: Vec<f64> = parameters.iter().zip(&step).map(|(b, d)| b + d).collect();
            if whole.moved(&step) > SHORT {
                let others = (0..data.len()).filter(|k| *k != held).map(|k| Part { data: &data[k], target: &target[k] });
                found = ascend(&others.collect::<Vec<_>>(), found, penalty_per_case, GRADIENT)?.parameters;
            }
            for (row, eta) in rows.iter().zip(log_odds(&data[held], &found)) {
                out[*row as usize] = eta;
            }
        }
        Ok(out)
    }
}

/// Log-odds of each case from a fit that did not see its fold, within about 1e-5 of the exact one.
///
/// `fold_of` has one entry a case, below `folds`; `full` is the fit of all cases under the same penalty.
///
/// # Errors
/// Those of the fits.
pub fn out_of_fold(
    data: &Coded<'_>,
    target: &Target<'_>,
    fold_of: &[u8],
    folds: usize,
    full: &LogisticFit,
    penalty_per_case: f64,
) -> std::result::Result<Vec<f64>, FitError> {
    Ok(Folds::of(data, target, fold_of, folds).log_odds(data, &full.parameters(), penalty_per_case)?)
}
