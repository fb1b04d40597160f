//! Where the Newton steps begin: linfa-logistic on a small sample. The only file that knows linfa-logistic.
//!
//! linfa calls the more frequent label positive, sums its loss, knows no weights, no shares and no errors, and can panic in its line search (its
//! issue 334); so its fit is turned to *repaid*, and what is wrong with it the Newton steps put right.

use super::{Coded, FitError, LogisticFit, Target};
use crate::base::guard::guarded;
use linfa::traits::Fit;
use linfa::{Dataset, DatasetBase};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// Values beyond this are not scaled: linfa's line search can then run for ever (its issue 159). Weights of evidence lie far within.
const SCALED: f64 = 100.0;

/// linfa-logistic on a seeded sample of the cases. Its object has no covariance and no gradient: it is a start.
#[derive(Clone, Debug, PartialEq)]
pub struct LinfaStart {
    /// L2 penalty a case.
    pub penalty_per_case: f64,
    /// Seed of the sample.
    pub seed: u64,
    /// Cases to fit on; all where there are no more.
    pub cases: usize,
}

/// Seeded places of `most` of `n` cases, ascending, with repetition; all of them where there are no more.
pub(super) fn sample(n: usize, most: usize, seed: u64) -> Vec<u32> {
    if n <= most {
        return (0..n as u32).collect();
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut drawn: Vec<u32> = (0..most).map(|_| (random.next_u64() % n as u64) as u32).collect();
    drawn.sort_unstable();
    drawn
}

impl<'a> Fit<Coded<'a>, Target<'a>, FitError> for LinfaStart {
    type Object = LogisticFit;

    /// Outcomes that are shares count as repaid from one half on.
    fn fit(&self, dataset: &DatasetBase<Coded<'a>, Target<'a>>) -> Result<LogisticFit, FitError> {
        let (data, target) = (&dataset.records, &dataset.targets);
        let p = data.width();
        let zero = |why: &str| LogisticFit {
            intercept: 0.0,
            coefficients: vec![0.0; p - 1],
            covariance: Vec::new(),
            log_likelihood: f64::NAN,
            gradient: f64::NAN,
            steps: 0,
            start: format!("zero, because {why}"),
        };
        if data.tables.iter().flatten().any(|x| x.is_nan() || x.abs() > SCALED) {
            return Ok(zero("linfa-logistic's line search does not bear values that are not scaled"));
        }
        let rows = sample(data.n, self.cases, self.seed);
        let records = Array2::from_shape_fn((rows.len(), p - 1), |(k, j)| data.tables[j][usize::from(data.columns[j][rows[k] as usize])]);
        let targets: Array1<bool> = rows.iter().map(|r| target.outcome[*r as usize] >= 0.5).collect();
        if targets.iter().all(|y| *y == targets[0]) {
            return Ok(zero("the sample held one outcome only"));
        }
        let settings = LogisticRegression::default().alpha(self.penalty_per_case * rows.len() as f64).max_iterations(50).gradient_tolerance(1e-2);
        let fitted = match guarded(|| settings.fit(&Dataset::new(records, targets))) {
            Ok(Ok(fitted)) => fitted,
            Ok(Err(error)) => return Ok(zero(&format!("linfa-logistic said: {error}"))),
            Err(panic) => return Ok(zero(&format!("linfa-logistic panicked: {panic}"))),
        };
        let turn = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        let (intercept, coefficients) = (turn * fitted.intercept(), fitted.params().iter().map(|b| turn * b).collect::<Vec<f64>>());
        if !intercept.is_finite() || coefficients.iter().any(|b| !b.is_finite()) {
            return Ok(zero("linfa-logistic gave no finite solution"));
        }
        Ok(LogisticFit { intercept, coefficients, start: format!("linfa-logistic on {} cases", rows.len()), ..zero("") })
    }
}
