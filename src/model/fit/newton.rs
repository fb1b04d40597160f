//! Newton's steps to the exact maximum: on a sample first, where there are many cases, then over all of them.

use super::kernel::{Sums, sums};
use super::linear::{cholesky, inverse, solve};
use super::start::{LinfaStart, sample};
use super::subset::Subset;
use super::trouble::{check, check_separation, not_converged, singular};
use super::{Coded, FitError, LogisticFit, Target};
use crate::base::problem::Result;
use linfa::DatasetBase;
use linfa::traits::Fit;

/// Cases that linfa fits the start on.
const START_CASES: usize = 2_000;
/// Cases of the sample on which the first steps are taken, where there are several times as many.
const SAMPLE_CASES: usize = 50_000;
/// The largest gradient a case that counts as the maximum.
const GRADIENT: f64 = 1e-10;
/// The gradient a case that is near enough on the sample.
const SAMPLE_GRADIENT: f64 = 1e-4;
/// A Hessian that is this near to the maximum, in log-odds of any case by one feature, is that of the maximum to eight digits.
const NEAR: f64 = 1e-7;
/// Newton steps at most.
const STEPS: usize = 60;

/// The fitter: to the maximum of the penalised likelihood of all cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Newton {
    /// L2 penalty a case, on coefficients alone.
    pub penalty_per_case: f64,
    /// Seed of the samples that the start is found on.
    pub seed: u64,
    /// Intercept and coefficients to begin with; [`LinfaStart`] finds them where absent.
    pub start: Option<Vec<f64>>,
}

impl<'a> Fit<Coded<'a>, Target<'a>, FitError> for Newton {
    type Object = LogisticFit;

    fn fit(&self, dataset: &DatasetBase<Coded<'a>, Target<'a>>) -> std::result::Result<LogisticFit, FitError> {
        let (data, target) = (&dataset.records, &dataset.targets);
        check(data, target)?;
        let (start, how) = match &self.start {
            Some(start) => (start.clone(), "an earlier fit".to_string()),
            None => {
                let start = LinfaStart { penalty_per_case: self.penalty_per_case, seed: self.seed, cases: START_CASES }.fit(dataset)?;
                self.on_a_sample(data, target, start)
            }
        };
        Ok(maximum(&[Part { data, target }], start, how, self.penalty_per_case)?)
    }
}

impl Newton {
    /// Steps on a sample, so that the steps over all cases are few. Where the sample cannot be fitted, they begin where linfa left off.
    fn on_a_sample(&self, data: &Coded<'_>, target: &Target<'_>, start: LogisticFit) -> (Vec<f64>, String) {
        let at = start.parameters();
        if data.n < 4 * SAMPLE_CASES {
            return (at, start.start);
        }
        let rows = sample(data.n, SAMPLE_CASES, self.seed.wrapping_add(1));
        let drawn = Subset::of(data, target, &rows);
        let (some, target) = (drawn.data(data), drawn.target());
        match ascend(&[Part { data: &some, target: &target }], at.clone(), self.penalty_per_case, SAMPLE_GRADIENT) {
            Ok(found) => (found.parameters, format!("{}, then {} Newton steps on {} cases", start.start, found.steps, rows.len())),
            Err(_) => (at, start.start),
        }
    }
}

/// A part of the cases of a fit; all parts have the same features.
pub(super) struct Part<'a, 'b> {
    pub data: &'a Coded<'b>,
    pub target: &'a Target<'b>,
}

/// Sums over all parts, in their order.
pub(super) fn sums_of(parts: &[Part<'_, '_>], parameters: &[f64], hessian: bool) -> Sums {
    let mut all = Sums::zero(parameters.len(), hessian);
    parts.iter().for_each(|part| all.add(&sums(part.data, part.target, parameters, hessian), 1.0));
    all
}

/// A point, the sums there, and how it was come by.
pub(super) struct Ascended {
    pub parameters: Vec<f64>,
    /// Penalised.
    pub sums: Sums,
    /// Factor of the Hessian, which lies within [`NEAR`] of the point where the gradient asked for is that of a maximum.
    pub factor: Vec<f64>,
    pub steps: usize,
}

/// Newton's steps until the gradient a case is below a bound.
///
/// # Errors
/// `model.singular`, `model.separation`, `model.not_converged`.
pub(super) fn ascend(parts: &[Part<'_, '_>], start: Vec<f64>, penalty_per_case: f64, gradient: f64) -> Result<Ascended> {
    let (data, target) = (parts[0].data, parts[0].target);
    let at = |parameters: &[f64], hessian: bool| sums_of(parts, parameters, hessian).penalised(parameters, penalty_per_case);
    let factored =
        |sums: &Sums, parameters: &[f64]| cholesky(&sums.hessian, parameters.len()).map_err(|column| singular(data, target, column, parameters));
    let mut parameters = start;
    let mut here = at(&parameters, true);
    let mut factor = factored(&here, &parameters)?;
    // How far the point lies from where the Hessian was taken.
    let mut drift = 0.0;
    let mut steps = 0;
    while steps < STEPS {
        if here.gradient_per_case() < gradient {
            if drift > NEAR && gradient <= GRADIENT {
                here = at(&parameters, true);
                factor = factored(&here, &parameters)?;
            }
            return Ok(Ascended { parameters, sums: here, factor, steps });
        }
        let direction = solve(&factor, &here.gradient);
        let moved = data.moved(&direction);
        // A step this short ends where its own square, or its product with the drift, is below what a double can tell: the Hessian serves on.
        let keep = moved.max(drift) < NEAR;
        let mut length = 1.0;
        loop {
            let next: Vec<f64> = parameters.iter().zip(&direction).map(|(b, d)| b + length * d).collect();
            let there = at(&next, !keep);
            // Near the maximum the likelihood cannot rise further than rounding allows.
            if there.log_likelihood >= here.log_likelihood - 1e-12 * here.log_likelihood.abs() || length < 1e-6 {
                (parameters, here) = (next, there);
                break;
            }
            length /= 2.0;
        }
        steps += 1;
        if keep {
            drift += moved;
        } else {
            factor = factored(&here, &parameters)?;
            drift = 0.0;
        }
    }
    Err(not_converged(data, target, &parameters, &here.gradient, STEPS))
}

/// The maximum, with its covariance.
///
/// # Errors
/// Those of [`ascend`].
pub(super) fn maximum(parts: &[Part<'_, '_>], start: Vec<f64>, how: String, penalty_per_case: f64) -> Result<LogisticFit> {
    let Ascended { parameters, sums, factor, steps } = ascend(parts, start, penalty_per_case, GRADIENT)?;
    check_separation(parts[0].data, parts[0].target, &parameters)?;
    let ridge: f64 = parameters[1..].iter().map(|b| 0.5 * penalty_per_case * sums.weight * b * b).sum();
    Ok(LogisticFit {
        intercept: parameters[0],
        coefficients: parameters[1..].to_vec(),
        covariance: inverse(&factor, parameters.len()),
        log_likelihood: sums.log_likelihood + ridge,
        gradient: sums.gradient_per_case(),
        steps,
        start: how,
    })
}
