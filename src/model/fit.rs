//! The logistic fit: linfa-logistic for the start, Newton steps of our own on one-byte bin codes to the exact maximum.
//!
//! Maximises `Σ [y η − ln(1 + e^η)] − penalty/2 × n × |β|²` over the intercept α (not penalised) and coefficients β, where
//! `η = α + Σ_j β_j × woe_j(code_j)`. The event is *repaid*, whatever linfa calls positive. Convergence is checked by our own gradient.
//! The only file that knows linfa. Deliberately absent: linfa's predictions, whose positive class is the more frequent label.

use super::bin::FeatureBins;
use super::encode::Design;
use crate::base::guard::guarded;
use crate::base::problem::{Failure, Problem, Result};
use crate::base::units::sigmoid;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

/// Cases that linfa fits the start on, at most.
const START_CASES: usize = 50_000;
/// Cases of a chunk of the sums. Fixed, so that threads change no bit of them.
const CHUNK: usize = 4_096;
/// The largest gradient a case that counts as converged.
const GRADIENT: f64 = 1e-10;
/// Newton steps at most.
const STEPS: usize = 60;
/// Log-odds that no sound coefficient moves a case by: beyond it a feature separates the outcomes.
const SEPARATION: f64 = 30.0;

/// A fitted model: log-odds of *repaid* = intercept + Σ coefficient × woe.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticFit {
    /// Intercept.
    pub intercept: f64,
    /// One a feature.
    pub coefficients: Vec<f64>,
    /// Standard error of the intercept, then of each coefficient, from the Hessian at the maximum.
    pub standard_errors: Vec<f64>,
    /// Largest entry of the gradient a case.
    pub gradient: f64,
    /// Newton steps taken.
    pub steps: usize,
    /// Where the steps began, in words.
    pub start: String,
}

/// Sums over all cases at one point.
struct Sums {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

/// The data of a fit: codes, the tables they stand for, outcomes.
pub struct Problemset<'a> {
    /// Codes of the cases.
    pub design: &'a Design,
    /// The features, for their tables and names.
    pub features: &'a [FeatureBins],
    /// Outcome of each case, 0 to 1.
    pub outcome: &'a [f64],
    /// L2 penalty a case.
    pub penalty_per_case: f64,
}

impl Problemset<'_> {
    fn width(&self) -> usize {
        self.features.len() + 1
    }

    fn tables(&self) -> Vec<Vec<f64>> {
        self.features.iter().map(|f| f.bins.iter().map(|b| b.woe).collect()).collect()
    }

    /// Fits all cases, starting from linfa's solution on a sample.
    ///
    /// # Errors
    /// `model.one_class`, `model.singular`, `model.separation`, `model.not_converged`; each names what it is about.
    pub fn fit(&self, seed: u64) -> Result<LogisticFit> {
        let events = self.outcome.iter().filter(|y| **y >= 0.5).count();
        if events == 0 || events == self.outcome.len() {
            let which = if events == 0 { "none is repaid" } else { "all are repaid" };
            return Err(Problem::error(
                "model.one_class",
                format!("the training cases have one outcome only: of {} cases {which}", self.outcome.len()),
            )
            .rule("cases of both outcomes")
            .help("check the outcome rule, its horizon and the training dates")
            .fail());
        }
        let (start, how) = self.start(seed);
        self.newton(start, how)
    }

    /// Fits from a given start.
    ///
    /// # Errors
    /// As [`Problemset::fit`].
    pub fn fit_from(&self, fit: &LogisticFit) -> Result<LogisticFit> {
        let start = std::iter::once(fit.intercept).chain(fit.coefficients.iter().copied()).collect();
        self.newton(start, "the fit on all training cases".into())
    }

    /// linfa's fit on at most [`START_CASES`] cases, turned to *repaid*; zero if it does not come to one, with the reason.
    fn start(&self, seed: u64) -> (Vec<f64>, String) {
        let zero = |why: &str| (vec![0.0; self.width()], format!("zero, because {why}"));
        let n = self.outcome.len();
        let rows: Vec<usize> = if n <= START_CASES {
            (0..n).collect()
        } else {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut drawn: Vec<usize> = (0..START_CASES).map(|_| (random.next_u64() % n as u64) as usize).collect();
            drawn.sort_unstable();
            drawn
        };
        let tables = self.tables();
        let records = Array2::from_shape_fn((rows.len(), self.features.len()), |(k, j)| tables[j][usize::from(self.design.columns[j][rows[k]])]);
        let targets: Array1<bool> = rows.iter().map(|r| self.outcome[*r] >= 0.5).collect();
        if targets.iter().all(|y| *y == targets[0]) {
            return zero("the sample held one outcome only");
        }
        let settings = LogisticRegression::default().alpha(self.penalty_per_case * rows.len() as f64).max_iterations(200).gradient_tolerance(1e-4);
        // Its line search can panic (linfa issue 334); a start from zero is slower and just as good.
        let fitted = guarded(|| settings.fit(&Dataset::new(records, targets)));
        match fitted {
            Ok(Ok(fitted)) => {
                let turn = if fitted.labels().pos.class { 1.0 } else { -1.0 };
                let start: Vec<f64> = std::iter::once(fitted.intercept()).chain(fitted.params().iter().copied()).map(|b| b * turn).collect();
                if start.iter().all(|b| b.is_finite()) {
                    (start, format!("linfa-logistic on {} cases", rows.len()))
                } else {
                    zero("linfa-logistic gave no finite solution")
                }
            }
            Ok(Err(error)) => zero(&format!("linfa-logistic said: {error}")),
            Err(panic) => zero(&format!("linfa-logistic panicked: {panic}")),
        }
    }

    fn newton(&self, start: Vec<f64>, how: String) -> Result<LogisticFit> {
        let n = self.outcome.len() as f64;
        let tables = self.tables();
        let mut beta = start;
        let mut sums = self.sums(&beta, &tables);
        for step in 0..STEPS {
            let gradient = sums.gradient.iter().fold(0.0f64, |m, g| m.max(g.abs())) / n;
            let factor = cholesky(&sums.hessian, self.width()).map_err(|column| self.singular(column, &beta, &tables))?;
            if gradient < GRADIENT {
                self.separation(&beta, &tables)?;
                let standard_errors = inverse_diagonal(&factor, self.width()).into_iter().map(f64::sqrt).collect();
                return Ok(LogisticFit { intercept: beta[0], coefficients: beta[1..].to_vec(), standard_errors, gradient, steps: step, start: how });
            }
            let direction = solve(&factor, &sums.gradient, self.width());
            // Halve the step until the loss falls; near the maximum it cannot fall further than rounding allows.
            let mut length = 1.0;
            loop {
                let next: Vec<f64> = beta.iter().zip(&direction).map(|(b, d)| b + length * d).collect();
                let there = self.sums(&next, &tables);
                if there.loss <= sums.loss + 1e-12 * sums.loss.abs() || length < 1e-6 {
                    (beta, sums) = (next, there);
                    break;
                }
                length /= 2.0;
            }
        }
        let worst = (0..self.width()).max_by(|a, b| sums.gradient[*a].abs().total_cmp(&sums.gradient[*b].abs())).unwrap_or(0);
        self.separation(&beta, &tables)?;
        Err(Problem::error("model.not_converged", format!("the fit did not converge in {STEPS} steps"))
            .column(self.name(worst))
            .value(format!("gradient a case {:e}", sums.gradient[worst].abs() / n))
            .rule(format!("below {GRADIENT:e}"))
            .help("raise [model] penalty_per_case, or leave the feature out")
            .fail())
    }

    fn name(&self, place: usize) -> String {
        place.checked_sub(1).and_then(|j| self.features.get(j)).map_or("intercept".into(), |f| f.name.clone())
    }

    /// What a Hessian that is not positive definite means: weights that vanished everywhere, so a feature that separates the outcomes, or a
    /// feature that others make up.
    fn singular(&self, column: usize, beta: &[f64], tables: &[Vec<f64>]) -> Failure {
        match (column, self.most_moving(beta, tables)) {
            (0, Some((feature, _))) => self.separated(feature),
            _ => Problem::error("model.singular", format!("the feature `{}` says nothing that the others do not say", self.name(column)))
                .column(self.name(column))
                .help("leave it out, or set [model] penalty_per_case above 0")
                .fail(),
        }
    }

    fn separation(&self, beta: &[f64], tables: &[Vec<f64>]) -> Result<()> {
        match self.most_moving(beta, tables) {
            Some((feature, moved)) if moved > SEPARATION => Err(self.separated(feature)),
            _ => Ok(()),
        }
    }

    fn separated(&self, feature: usize) -> Failure {
        let name = self.name(feature + 1);
        Problem::error("model.separation", format!("the feature `{name}` alone tells repaid from not repaid"))
            .column(name)
            .help("look whether it was written after the fact; else raise [model] penalty_per_case or leave it out")
            .fail()
    }

    /// The feature whose bins move a case furthest, and by how much, in log-odds.
    fn most_moving(&self, beta: &[f64], tables: &[Vec<f64>]) -> Option<(usize, f64)> {
        let moved = |(j, table): (usize, &Vec<f64>)| {
            let (low, high) = table.iter().fold((0.0f64, 0.0f64), |(l, h), w| (l.min(*w), h.max(*w)));
            (j, (beta[j + 1] * (high - low)).abs())
        };
        tables.iter().enumerate().map(moved).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Loss, its descent direction's right-hand side and the Hessian, summed in fixed chunks in a fixed order.
    fn sums(&self, beta: &[f64], tables: &[Vec<f64>]) -> Sums {
        let p = self.width();
        let starts: Vec<usize> = (0..self.outcome.len()).step_by(CHUNK).collect();
        let parts: Vec<Sums> = starts.into_par_iter().map(|start| self.chunk(beta, tables, start..(start + CHUNK).min(self.outcome.len()))).collect();
        let mut all = Sums { loss: 0.0, gradient: vec![0.0; p], hessian: vec![0.0; p * p] };
        for part in parts {
            all.loss += part.loss;
            all.gradient.iter_mut().zip(&part.gradient).for_each(|(a, b)| *a += b);
            all.hessian.iter_mut().zip(&part.hessian).for_each(|(a, b)| *a += b);
        }
        let ridge = self.penalty_per_case * self.outcome.len() as f64;
        for (j, b) in beta.iter().enumerate().skip(1) {
            all.loss += 0.5 * ridge * b * b;
            all.gradient[j] -= ridge * b;
            all.hessian[j * p + j] += ridge;
        }
        for i in 0..p {
            for j in 0..i {
                all.hessian[j * p + i] = all.hessian[i * p + j];
            }
        }
        all
    }

    fn chunk(&self, beta: &[f64], tables: &[Vec<f64>], rows: std::ops::Range<usize>) -> Sums {
        let p = self.width();
        let mut sums = Sums { loss: 0.0, gradient: vec![0.0; p], hessian: vec![0.0; p * p] };
        let mut x = vec![1.0; p];
        for row in rows {
            let mut eta = beta[0];
            for (j, (table, column)) in tables.iter().zip(&self.design.columns).enumerate() {
                x[j + 1] = table[usize::from(column[row])];
                eta += beta[j + 1] * x[j + 1];
            }
            let (y, probability) = (self.outcome[row], sigmoid(eta));
            // ln(1 + e^η) − y η, without overflow.
            sums.loss += eta.max(0.0) + (-eta.abs()).exp().ln_1p() - y * eta;
            let (residual, weight) = (y - probability, probability * (1.0 - probability));
            for i in 0..p {
                sums.gradient[i] += residual * x[i];
                let scaled = weight * x[i];
                for (h, xj) in sums.hessian[i * p..i * p + i + 1].iter_mut().zip(&x) {
                    *h += scaled * xj;
                }
            }
        }
        sums
    }

    /// Log-odds of each case under a fit.
    pub fn log_odds(&self, fit: &LogisticFit) -> Vec<f64> {
        let tables = self.tables();
        (0..self.design.n)
            .map(|row| {
                let terms = tables.iter().zip(&self.design.columns).zip(&fit.coefficients);
                terms.fold(fit.intercept, |eta, ((table, column), b)| eta + b * table[usize::from(column[row])])
            })
            .collect()
    }
}

/// Lower Cholesky factor of a symmetric matrix.
///
/// # Errors
/// The column at which it is not positive definite.
fn cholesky(matrix: &[f64], p: usize) -> std::result::Result<Vec<f64>, usize> {
    let mut lower = vec![0.0; p * p];
    for i in 0..p {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[i * p + k] * lower[j * p + k]).sum();
            let rest = matrix[i * p + j] - dot;
            if i == j {
                if rest <= 1e-12 * matrix[i * p + i].abs() || rest.is_nan() {
                    return Err(i);
                }
                lower[i * p + i] = rest.sqrt();
            } else {
                lower[i * p + j] = rest / lower[j * p + j];
            }
        }
    }
    Ok(lower)
}

fn solve(lower: &[f64], right: &[f64], p: usize) -> Vec<f64> {
    let mut x = right.to_vec();
    for i in 0..p {
        let dot: f64 = (0..i).map(|k| lower[i * p + k] * x[k]).sum();
        x[i] = (x[i] - dot) / lower[i * p + i];
    }
    for i in (0..p).rev() {
        let dot: f64 = (i + 1..p).map(|k| lower[k * p + i] * x[k]).sum();
        x[i] = (x[i] - dot) / lower[i * p + i];
    }
    x
}

fn inverse_diagonal(lower: &[f64], p: usize) -> Vec<f64> {
    (0..p)
        .map(|i| {
            let unit: Vec<f64> = (0..p).map(|k| f64::from(u8::from(k == i))).collect();
            solve(lower, &unit, p)[i]
        })
        .collect()
}
