//! The logistic fit: linfa-logistic for the start, Newton steps of our own on one-byte bin codes to the exact maximum.
//!
//! Maximises `Σ w [y η − ln(1 + e^η)] − penalty/2 × W × |β|²` over the intercept α (not penalised) and the coefficients β, where
//! `η = α + Σ_j β_j × table_j[code_j]` and `W = Σ w`. The event is *repaid*, whatever linfa calls positive; outcomes may be shares. Both
//! fitters stand behind [`linfa::traits::Fit`], so that one can stand for the other, and the fit says which did what.
//!
//! Reading order: `kernel` (sums over all cases), `linear` (small matrices), `subset` (some of the cases), `start` (linfa), `newton` (to the maximum), `trouble` (what a fit that
//! fails means), `errors` (standard errors, clustered or not), `folds` (fits without a part of the borrowers), `penalty`.
//! Deliberately absent: linfa's predictions, whose positive class is the more frequent label.

mod errors;
mod folds;
mod kernel;
mod linear;
mod newton;
mod penalty;
mod start;
mod subset;
mod trouble;

pub use super::bin::Target;
pub use errors::{Wald, clustered_covariance, wald};
pub use folds::out_of_fold;
pub use newton::Newton;
pub use penalty::{PenaltyChoice, Tried, case_loss, choose_penalty};
pub use start::LinfaStart;
pub use subset::Subset;

use crate::base::problem::{Failure, Problem, Result};
use linfa::DatasetBase;
use linfa::dataset::Records;
use linfa::traits::Fit;
use rayon::prelude::*;
use std::fmt;

/// Bin codes of cases: one byte a case and feature, and the value that each code stands for.
#[derive(Clone, Debug)]
pub struct Coded<'a> {
    /// Cases.
    pub n: usize,
    /// Codes, a column a feature.
    pub columns: Vec<&'a [u8]>,
    /// For each feature the value of each code, such as its weight of evidence.
    pub tables: Vec<Vec<f64>>,
    /// Names of the features, for messages.
    pub names: Vec<&'a str>,
}

impl Records for Coded<'_> {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.n
    }

    fn nfeatures(&self) -> usize {
        self.columns.len()
    }
}

impl Coded<'_> {
    /// Width of the matrices: the intercept and the features.
    fn width(&self) -> usize {
        self.columns.len() + 1
    }

    /// How far apart two cases can be in a feature.
    fn range(&self, feature: usize) -> f64 {
        let (low, high) = self.tables[feature].iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
        if high > low { high - low } else { 0.0 }
    }

    /// The furthest that a change of intercept and coefficients moves the log-odds of any case by one feature alone.
    fn moved(&self, change: &[f64]) -> f64 {
        let features = change.iter().skip(1).enumerate().map(|(j, d)| d.abs() * self.range(j));
        features.fold(change.first().map_or(0.0, |d| d.abs()), f64::max)
    }
}

/// A fitted model: log-odds of *repaid* = intercept + Σ coefficient × value.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticFit {
    /// Intercept.
    pub intercept: f64,
    /// One a feature.
    pub coefficients: Vec<f64>,
    /// Inverse of the penalised Hessian at the maximum, intercept first, row by row.
    pub covariance: Vec<f64>,
    /// Weighted log-likelihood, without the penalty.
    pub log_likelihood: f64,
    /// Largest entry of the penalised gradient, a case.
    pub gradient: f64,
    /// Newton steps over all cases.
    pub steps: usize,
    /// Where they began, in words.
    pub start: String,
}

impl LogisticFit {
    /// Standard errors of the intercept, then of each coefficient, from the Hessian at the maximum.
    ///
    /// With a penalty they are those of the posterior whose prior the penalty is: they cover the truth rather than the shrunken value.
    pub fn standard_errors(&self) -> Vec<f64> {
        let p = self.coefficients.len() + 1;
        (0..p).map(|j| self.covariance[j * p + j].max(0.0).sqrt()).collect()
    }

    /// Intercept, then coefficients.
    pub fn parameters(&self) -> Vec<f64> {
        std::iter::once(self.intercept).chain(self.coefficients.iter().copied()).collect()
    }

    /// Log-odds of each case.
    pub fn log_odds(&self, data: &Coded<'_>) -> Vec<f64> {
        log_odds(data, &self.parameters())
    }
}

/// Log-odds of each case: the terms are added in the order of the features, whatever the number of threads.
fn log_odds(data: &Coded<'_>, parameters: &[f64]) -> Vec<f64> {
    let mut out = vec![parameters[0]; data.n];
    out.par_chunks_mut(kernel::CHUNK).enumerate().for_each(|(chunk, part)| {
        let rows = chunk * kernel::CHUNK..chunk * kernel::CHUNK + part.len();
        for ((table, codes), beta) in data.tables.iter().zip(&data.columns).zip(&parameters[1..]) {
            let mut wide = [0.0; 256];
            wide.iter_mut().zip(table).for_each(|(w, x)| *w = beta * x);
            part.iter_mut().zip(&codes[rows.clone()]).for_each(|(eta, code)| *eta += wide[usize::from(*code)]);
        }
    });
    out
}

/// Why a fit failed. What linfa's trait asks an error to be; a [`Failure`] for everybody else.
#[derive(Debug)]
pub struct FitError(Failure);

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for FitError {}

impl From<linfa::Error> for FitError {
    fn from(error: linfa::Error) -> Self {
        FitError(Problem::error("model.linfa", error.to_string()).fail())
    }
}

impl From<Failure> for FitError {
    fn from(failure: Failure) -> Self {
        FitError(failure)
    }
}

impl From<FitError> for Failure {
    fn from(error: FitError) -> Self {
        error.0
    }
}

/// Fits at the maximum of the penalised likelihood, as [`Newton`] does behind linfa's trait.
///
/// # Errors
/// `model.one_class`, `model.no_weight`, `model.separation`, `model.singular`, `model.not_converged`; each names what it is about.
pub fn fit(data: Coded<'_>, target: Target<'_>, newton: &Newton) -> Result<LogisticFit> {
    newton.fit(&DatasetBase::new(data, target)).map_err(Failure::from)
}
