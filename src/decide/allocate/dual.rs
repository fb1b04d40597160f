//! Prices of the rows: the least bound on what any choice can be worth.
//!
//! The dual of the problem is `D(λ) = Σ_units max_o (worth_o − λ·amounts_o) + λ·limits`, λ ≥ 0: convex, and no choice within the limits is worth more
//! than any `D(λ)`. It has kinks; the maximum is therefore softened to `τ ln Σ exp(·/τ)`, which Newton's method minimises in a few passes, and τ is
//! lowered step by step until nothing is left of it. A large book begins with a sample of its units. Sums run over a fixed number of blocks in a
//! fixed order, so that threads change nothing.

use super::problem::{Problem, Takes};
use rayon::prelude::*;

/// Blocks that units are cut into: a matter of the problem, never of threads.
const BLOCKS: usize = 64;
/// With so many rows, fewer blocks: each holds a matrix of rows × rows.
const MANY_ROWS: usize = 64;
/// Units from which on a sample begins.
const SAMPLED_FROM: usize = 150_000;
/// With fewer undecided units in it, a sample is left for the whole book.
const ENOUGH: f64 = 12_000.0;
/// Units of the sample, about.
const SAMPLE: usize = 40_000;
/// Options further behind than so many τ count for nothing: e^-30 is 1e-13.
const NEAR: f64 = 30.0;
/// By this τ shrinks from level to level.
const COOL: f64 = 0.2;
/// A share of the dual that is not worth another pass.
const FINE: f64 = 1e-7;
/// Prices at most, in what options differ by on average: where a minimum cannot be met, they would grow without end.
const HIGHEST: f64 = 1e9;
/// Steps at one τ, at most.
const STEPS: usize = 60;

/// The dual of a problem, rows scaled so that prices are of the size of worths.
pub(super) struct Dual<'a> {
    problem: &'a Problem,
    limits: Vec<f64>,
    /// Largest amount of each row.
    scale: Vec<f64>,
    /// What kinds take of the scaled rows.
    takes: Takes,
    closed: Vec<bool>,
    /// Whether worth counts; without it the dual says whether any choice keeps the limits.
    valued: bool,
    /// Prices of a scaled row at most.
    most: f64,
    /// Rows that count.
    rows: Vec<bool>,
}

/// What a pass over the units finds at some prices.
struct Pass {
    /// The softened dual.
    soft: f64,
    /// The dual.
    hard: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
    /// Units with more than one option near their best.
    undecided: f64,
}

/// Sums over a block.
struct Sums {
    hard: f64,
    soft: f64,
    used: Vec<f64>,
    hessian: Vec<f64>,
    undecided: f64,
}

/// Prices, scaled, and the least dual found.
pub(super) struct Priced {
    pub prices: Vec<f64>,
    pub bound: f64,
}

impl<'a> Dual<'a> {
    pub(super) fn of(problem: &'a Problem) -> Dual<'a> {
        Dual::within(problem, problem.limits.clone())
    }

    /// The dual with other limits than the problem's own.
    pub(super) fn within(problem: &'a Problem, limits: Vec<f64>) -> Dual<'a> {
        let mut scale = vec![0.0f64; problem.limits.len()];
        for kind in 0..problem.takes.len() as u32 {
            problem.takes.of(kind).for_each(|(row, amount)| scale[row] = scale[row].max(amount.abs()));
        }
        scale.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = 1.0);
        let takes = problem.takes.scaled(&scale);
        let closed = problem.takes.closed(&limits);
        Dual { problem, closed, limits, rows: vec![true; scale.len()], takes, scale, valued: true, most: f64::INFINITY }
    }

    /// The dual that asks for feasibility alone, of some rows: below zero at any prices, it proves that no choice keeps their limits.
    pub(super) fn of_feasibility(problem: &'a Problem, rows: &[bool]) -> Dual<'a> {
        // A row that does not count closes nothing either.
        let counted: Vec<f64> = problem.limits.iter().zip(rows).map(|(limit, row)| if *row { *limit } else { f64::INFINITY }).collect();
        let closed = problem.takes.closed(&counted);
        Dual { valued: false, most: 1.0, rows: rows.to_vec(), closed, ..Dual::of(problem) }
    }

    /// The dual, its gradient and curvature at scaled prices, from every `stride`-th unit.
    fn pass(&self, y: &[f64], tau: f64, stride: usize) -> Pass {
        let m = y.len();
        let units = self.problem.units().div_ceil(stride);
        let blocks = if m > MANY_ROWS { BLOCKS / 8 } else { BLOCKS };
        let length = units.div_ceil(blocks).max(1);
        let priced = self.takes.priced(y, &self.closed);
        let parts: Vec<Sums> = (0..units.div_ceil(length))
            .into_par_iter()
            .map(|block| {
                let mut sums = Sums { hard: 0.0, soft: 0.0, used: vec![0.0; m], hessian: vec![0.0; m * m], undecided: 0.0 };
                let mut mean = vec![0.0; m];
                for unit in block * length..((block + 1) * length).min(units) {
                    self.unit(unit * stride, &priced, tau, &mut sums, &mut mean);
                }
                sums
            })
            .collect();
        let mut pass = Pass { soft: 0.0, hard: 0.0, gradient: vec![0.0; m], hessian: vec![0.0; m * m], undecided: 0.0 };
        for part in parts {
            pass.soft += part.soft;
            pass.hard += part.hard;
            pass.undecided += part.undecided;
            pass.gradient.iter_mut().zip(&part.used).for_each(|(g, u)| *g -= u);
            pass.hessian.iter_mut().zip(&part.hessian).for_each(|(h, p)| *h += p);
        }
        let share = units as f64 / self.problem.units().max(1) as f64;
        for (row, y) in y.iter().enumerate() {
            let limit = if self.rows[row] { share * self.limits[row] / self.scale[row] } else { 0.0 };
            pass.gradient[row] += limit;
            pass.soft += y * limit;
            pass.hard += y * limit;
        }
        pass
    }

    fn unit(&self, unit: usize, priced: &[f64], tau: f64, sums: &mut Sums, mean: &mut [f64]) {
        let options = self.problem.options(unit);
        let (worth, kind) = (&self.problem.worth[options.clone()], &self.problem.kind[options]);
        let score = |k: usize| {
            // What is no option is none here either.
            let worth = if self.valued || worth[k] == f64::NEG_INFINITY { worth[k] } else { 0.0 };
            worth - priced[kind[k] as usize]
        };
        let (mut best, mut second, mut at) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
        for k in 0..worth.len() {
            let score = score(k);
            if score > best {
                (second, best, at) = (best, score, k);
            } else if score > second {
                second = score;
            }
        }
        sums.hard += best;
        if second <= best - NEAR * tau {
            sums.soft += best;
            self.takes.of(kind[at]).for_each(|(row, amount)| sums.used[row] += amount);
            return;
        }
        sums.undecided += 1.0;
        let weight = |k: usize| ((score(k) - best) / tau).exp();
        let total: f64 = (0..worth.len()).map(weight).sum();
        sums.soft += best + tau * total.ln();
        let m = mean.len();
        for (k, kind) in kind.iter().enumerate() {
            let p = weight(k) / total;
            if p < 1e-13 {
                continue;
            }
            for (row, amount) in self.takes.of(*kind) {
                mean[row] += p * amount;
                for (other, also) in self.takes.of(*kind) {
                    sums.hessian[row * m + other] += p * amount * also / tau;
                }
            }
        }
        let touched: Vec<usize> = (0..m).filter(|row| mean[*row] != 0.0).collect();
        for row in &touched {
            for other in &touched {
                sums.hessian[row * m + other] -= mean[*row] * mean[*other] / tau;
            }
        }
        for row in touched {
            sums.used[row] += mean[row];
            mean[row] = 0.0;
        }
    }

    /// Minimises the dual from some prices of unscaled rows, or from none.
    pub(super) fn solve(&self, start: Option<&[f64]>) -> Priced {
        let m = self.scale.len();
        let units = self.problem.units();
        let mut y: Vec<f64> = match start {
            Some(prices) => prices.iter().zip(&self.scale).map(|(price, s)| (price * s).min(self.most)).collect(),
            None => vec![0.0; m],
        };
        let spread = self.spread();
        let most = self.most.min(HIGHEST * spread);
        let mut best = Priced { prices: y.clone(), bound: f64::INFINITY };
        let mut stride = if units >= SAMPLED_FROM { units / SAMPLE } else { 1 };
        // Known prices are near: only the last levels are left.
        let mut tau = if start.is_some() { spread * COOL.powi(3) } else { spread };
        let mut damping = 1e-3;
        loop {
            let undecided = self.level(&mut y, (tau, stride, most), &mut damping, &mut best);
            // Of a sample as few undecided units tell little: the whole book goes on.
            if stride > 1 && undecided < ENOUGH {
                stride = 1;
                continue;
            }
            let left = tau * undecided;
            let fine = stride == 1 && (left <= FINE * best.bound.abs() || tau <= 1e-9 * spread);
            if fine || tau <= f64::MIN_POSITIVE {
                break;
            }
            tau *= COOL;
        }
        let prices = best.prices.iter().zip(&self.scale).map(|(y, s)| y / s).collect();
        Priced { prices, bound: best.bound }
    }

    /// What the options of a unit differ by in worth, on average; of a sample of them.
    fn spread(&self) -> f64 {
        if !self.valued {
            return 1.0;
        }
        let units = self.problem.units();
        let step = (units / SAMPLE).max(1);
        let of = |unit: usize| {
            let worth = self.problem.worth[self.problem.options(unit)].iter().filter(|w| w.is_finite());
            let (least, most) = worth.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), w| (least.min(*w), most.max(*w)));
            if most > least { most - least } else { 0.0 }
        };
        let looked = (0..units).step_by(step);
        let n = looked.clone().count().max(1) as f64;
        (looked.map(of).sum::<f64>() / n).max(1e-3)
    }

    /// Newton's method at one τ; gives how many units are undecided there.
    fn level(&self, y: &mut Vec<f64>, (tau, stride, most): (f64, usize, f64), damping: &mut f64, best: &mut Priced) -> f64 {
        let mut keep = |y: &[f64], pass: &Pass| {
            if stride == 1 && pass.hard < best.bound {
                *best = Priced { prices: y.to_vec(), bound: pass.hard };
            }
        };
        let mut at = self.pass(y, tau, stride);
        keep(y, &at);
        for _ in 0..STEPS {
            let held = |r: usize| (y[r] <= 0.0 && at.gradient[r] >= 0.0) || (y[r] >= most && at.gradient[r] <= 0.0);
            let free: Vec<usize> = (0..y.len()).filter(|r| self.rows[*r] && !held(*r)).collect();
            if free.is_empty() {
                break;
            }
            let step = newton(&at, &free, y, tau, *damping);
            let slope: f64 = free.iter().map(|r| at.gradient[*r] * step[*r]).sum();
            let moved: Vec<f64> = y.iter().zip(&step).map(|(y, d)| (y + d).clamp(0.0, most)).collect();
            let promised: f64 = moved.iter().zip(&*y).zip(&at.gradient).map(|((new, old), g)| g * (new - old)).sum();
            // With little damping the slope is twice what there is to gain.
            if -slope <= (0.02 * tau * (at.undecided + 1.0)).max(1e-2 * FINE * at.hard.abs()) && *damping <= 1e-2 {
                break;
            }
            if promised < 0.0 {
                let pass = self.pass(&moved, tau, stride);
                keep(&moved, &pass);
                if pass.soft <= at.soft + 1e-3 * promised {
                    *y = moved;
                    at = pass;
                    *damping = (*damping * 0.2).max(1e-7);
                    continue;
                }
            }
            *damping = (*damping * 8.0).max(1e-6);
            if *damping > 1e9 {
                break;
            }
        }
        at.undecided
    }
}

/// The step `−(H + δ diag)⁻¹ g` over the free rows, 0 elsewhere, as Levenberg and Marquardt take it: where δ is large, or there is no curvature, it
/// goes down the gradient a part of the way that a price has come already.
fn newton(at: &Pass, free: &[usize], y: &[f64], tau: f64, damping: f64) -> Vec<f64> {
    let (n, m) = (free.len(), y.len());
    let mut step = vec![0.0; m];
    let mut more = damping;
    // A matrix that is not positive to the last bit gets more of it.
    for _ in 0..60 {
        let mut a = vec![0.0; n * n];
        for (i, r) in free.iter().enumerate() {
            for (j, s) in free.iter().enumerate() {
                a[i * n + j] = at.hessian[r * m + s];
            }
            a[i * n + i] += more * (at.hessian[r * m + r] + at.gradient[*r].abs() / y[*r].max(10.0 * tau)) + f64::MIN_POSITIVE;
        }
        if cholesky(&mut a, n) {
            let mut x: Vec<f64> = free.iter().map(|r| -at.gradient[*r]).collect();
            solve(&a, n, &mut x);
            free.iter().zip(x).for_each(|(r, x)| step[*r] = x);
            return step;
        }
        more *= 10.0;
    }
    step
}

/// The lower triangle `L` of `A = L Lᵀ`, in place; whether `A` is positive definite.
fn cholesky(a: &mut [f64], n: usize) -> bool {
    for j in 0..n {
        for i in j..n {
            let (row, other) = (&a[i * n..i * n + j], &a[j * n..j * n + j]);
            let sum = a[i * n + j] - row.iter().zip(other).map(|(x, y)| x * y).sum::<f64>();
            if i == j {
                if !(sum > 0.0 && sum.is_finite()) {
                    return false;
                }
                a[j * n + j] = sum.sqrt();
            } else {
                a[i * n + j] = sum / a[j * n + j];
            }
        }
    }
    true
}

/// Solves `L Lᵀ x = b` in place.
fn solve(l: &[f64], n: usize, x: &mut [f64]) {
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| l[i * n + k] * x[k]).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
}
