//! Sums over all cases: log-likelihood, gradient and Hessian, from codes, in tiles that stay in the nearest cache.
//!
//! A tile of rows is laid out by table look-ups, row by row; then every entry of the Hessian is summed over rows in their order. Lanes are
//! different entries, never parts of one sum, and products are fused everywhere: so neither the width of vectors nor the number of threads
//! changes a bit. Chunks have a fixed size and are added in their order.

use super::{Coded, Target};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

/// Rows of a chunk, the work of one thread at a time.
pub(super) const CHUNK: usize = 8_192;
/// Rows of a tile: with fifty columns it fills the nearest cache.
const TILE: usize = 64;
/// Columns of a block of the Hessian, and what widths are padded to.
const LANES: usize = 8;
/// Rows of a block of the Hessian.
const ROWS: usize = 4;

/// Sums over all cases at one point, without the penalty.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// `Σ w [y η − ln(1 + e^η)]`.
    pub log_likelihood: f64,
    /// `Σ w (y − p) x`, intercept first.
    pub gradient: Vec<f64>,
    /// `Σ w p (1 − p) x x'`, row by row; empty where it was not asked for.
    pub hessian: Vec<f64>,
    /// `Σ w`.
    pub weight: f64,
}

impl Sums {
    pub(super) fn zero(width: usize, hessian: bool) -> Sums {
        Sums { log_likelihood: 0.0, gradient: vec![0.0; width], hessian: vec![0.0; if hessian { width * width } else { 0 }], weight: 0.0 }
    }

    /// Adds another part of the cases, or takes it away (`sign` −1).
    pub(super) fn add(&mut self, other: &Sums, sign: f64) {
        self.log_likelihood += sign * other.log_likelihood;
        self.weight += sign * other.weight;
        self.gradient.iter_mut().zip(&other.gradient).for_each(|(a, b)| *a += sign * b);
        self.hessian.iter_mut().zip(&other.hessian).for_each(|(a, b)| *a += sign * b);
    }

    /// The same with the penalty `penalty_per_case × W / 2 × |β|²` taken off.
    pub(super) fn penalised(mut self, parameters: &[f64], penalty_per_case: f64) -> Sums {
        let (p, ridge) = (parameters.len(), penalty_per_case * self.weight);
        for (j, b) in parameters.iter().enumerate().skip(1) {
            self.log_likelihood -= 0.5 * ridge * b * b;
            self.gradient[j] -= ridge * b;
            if !self.hessian.is_empty() {
                self.hessian[j * p + j] += ridge;
            }
        }
        self
    }

    /// The largest entry of the gradient, a case.
    pub(super) fn gradient_per_case(&self) -> f64 {
        self.gradient.iter().fold(0.0f64, |m, g| m.max(g.abs())) / self.weight
    }
}

/// The sums at a point.
pub(super) fn sums(data: &Coded<'_>, target: &Target<'_>, parameters: &[f64], hessian: bool) -> Sums {
    let padded = data.width().next_multiple_of(LANES);
    let mut beta = vec![0.0; padded];
    beta[..parameters.len()].copy_from_slice(parameters);
    let tables: Vec<[f64; 256]> = data
        .tables
        .iter()
        .map(|table| {
            let mut wide = [0.0; 256];
            wide.iter_mut().zip(table).for_each(|(w, x)| *w = *x);
            wide
        })
        .collect();
    let arch = Arch::new();
    let starts: Vec<usize> = (0..data.n).step_by(CHUNK).collect();
    let parts: Vec<Wide> = starts
        .into_par_iter()
        .map(|start| {
            let rows = start..(start + CHUNK).min(data.n);
            let mut work = Chunk { data, target, tables: &tables, beta: &beta, rows, out: Wide::zero(padded, hessian) };
            arch.dispatch(Run(&mut work));
            work.out
        })
        .collect();
    let mut all = Wide::zero(padded, hessian);
    for part in &parts {
        all.log_likelihood += part.log_likelihood;
        all.weight += part.weight;
        all.gradient.iter_mut().zip(&part.gradient).for_each(|(a, b)| *a += b);
        all.hessian.iter_mut().zip(&part.hessian).for_each(|(a, b)| *a += b);
    }
    all.narrow(data.width())
}

/// Sums with padded columns.
struct Wide {
    log_likelihood: f64,
    weight: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Wide {
    fn zero(padded: usize, hessian: bool) -> Wide {
        Wide { log_likelihood: 0.0, weight: 0.0, gradient: vec![0.0; padded], hessian: vec![0.0; if hessian { padded * padded } else { 0 }] }
    }

    /// Without the padding; the upper triangle is that below.
    fn narrow(self, width: usize) -> Sums {
        let padded = self.gradient.len();
        let mut out = Sums::zero(width, !self.hessian.is_empty());
        (out.log_likelihood, out.weight) = (self.log_likelihood, self.weight);
        out.gradient.copy_from_slice(&self.gradient[..width]);
        if !self.hessian.is_empty() {
            for i in 0..width {
                for j in 0..=i {
                    let entry = self.hessian[i * padded + j];
                    (out.hessian[i * width + j], out.hessian[j * width + i]) = (entry, entry);
                }
            }
        }
        out
    }
}

struct Chunk<'a, 'b> {
    data: &'a Coded<'b>,
    target: &'a Target<'b>,
    tables: &'a [[f64; 256]],
    beta: &'a [f64],
    rows: std::ops::Range<usize>,
    out: Wide,
}

/// The work of a chunk, compiled once for each kind of processor.
struct Run<'w, 'a, 'b>(&'w mut Chunk<'a, 'b>);

impl NullaryFnOnce for Run<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Chunk { data, target, tables, beta, rows, out } = self.0;
        let padded = beta.len();
        let mut x = vec![0.0f64; TILE * padded];
        x.chunks_exact_mut(padded).for_each(|row| row[0] = 1.0);
        let mut weighted = vec![0.0f64; if out.hessian.is_empty() { 0 } else { TILE * padded }];
        let mut at = rows.start;
        while at < rows.end {
            let n = TILE.min(rows.end - at);
            for (j, (table, codes)) in tables.iter().zip(&data.columns).enumerate() {
                for (row, code) in x.chunks_exact_mut(padded).zip(&codes[at..at + n]) {
                    row[j + 1] = table[usize::from(*code)];
                }
            }
            // 1 + e lies between 1 and 2, so that a tile of them multiplies to one number whose logarithm is the sum.
            let mut product = 1.0f64;
            let mut curvature = [0.0f64; TILE];
            for (k, row) in x.chunks_exact(padded).take(n).enumerate() {
                let eta = dot(row, beta);
                let (y, w) = (target.outcome[at + k], target.weight_of(at + k));
                let e = (-eta.abs()).exp();
                let tail = e / (1.0 + e);
                let p = if eta >= 0.0 { 1.0 - tail } else { tail };
                out.log_likelihood += w * (y * eta - eta.max(0.0));
                if target.weight.is_none() {
                    product *= 1.0 + e;
                } else {
                    out.log_likelihood -= w * e.ln_1p();
                }
                out.weight += w;
                let residual = w * (y - p);
                for (g, x) in out.gradient.iter_mut().zip(row) {
                    *g = residual.mul_add(*x, *g);
                }
                // p (1 − p) from the small one of the two, so that it does not vanish before its time.
                curvature[k] = w * tail * (1.0 - tail);
            }
            out.log_likelihood -= product.ln();
            if !out.hessian.is_empty() {
                for ((row, to), c) in x.chunks_exact(padded).zip(weighted.chunks_exact_mut(padded)).zip(&curvature).take(n) {
                    to.iter_mut().zip(row).for_each(|(to, x)| *to = c * x);
                }
                square(&x, &weighted, n, padded, &mut out.hessian);
            }
            at += n;
        }
    }
}

/// `Σ a b`, in eight partial sums that are added in a fixed order.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0f64; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] = a[l].mul_add(b[l], lanes[l]);
        }
    }
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// Adds `Σ_k weighted_k x_k'` over the rows of a tile to the blocks on and below the diagonal.
#[inline(always)]
fn square(x: &[f64], weighted: &[f64], n: usize, padded: usize, hessian: &mut [f64]) {
    for i in (0..padded).step_by(ROWS) {
        for j in (0..i + ROWS).step_by(LANES) {
            let mut block = [[0.0f64; LANES]; ROWS];
            for (x, weighted) in x.chunks_exact(padded).zip(weighted.chunks_exact(padded)).take(n) {
                let (Some(x), Some(w)) = (x[j..].first_chunk::<LANES>(), weighted[i..].first_chunk::<ROWS>()) else { continue };
                for a in 0..ROWS {
                    for l in 0..LANES {
                        block[a][l] = w[a].mul_add(x[l], block[a][l]);
                    }
                }
            }
            for (a, sums) in block.iter().enumerate() {
                let to = &mut hessian[(i + a) * padded + j..][..LANES];
                to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20,011 cases of three features, so that chunks and tiles end anywhere; outcomes are shares and cases have weights.
    fn with_world(work: impl Fn(&Coded<'_>, &Target<'_>)) {
        let n = 20_011;
        let columns: Vec<Vec<u8>> =
            [(7, 5), (11, 9), (13, 3)].iter().map(|(m, of)| (0..n).map(|k| ((k * m + k / 17) % of) as u8).collect()).collect();
        let tables = [5, 9, 3].iter().map(|of| (0..*of).map(|c| f64::from(c) / 3.0 - 0.7).collect()).collect();
        let outcome: Vec<f64> = (0..n).map(|k| ((k * 37) % 101) as f64 / 100.0).collect();
        let weight: Vec<f64> = (0..n).map(|k| 0.5 + (k % 4) as f64).collect();
        let data = Coded { n, columns: columns.iter().map(Vec::as_slice).collect(), tables, names: vec!["a", "b", "c"] };
        work(&data, &Target { outcome: &outcome, weight: Some(&weight) });
        work(&data, &Target { outcome: &outcome, weight: None });
    }

    #[test]
    fn sums_equal_the_plain_formula() {
        with_world(|data, target| {
            let beta = [0.2, -0.4, 0.7, 0.1];
            let found = sums(data, target, &beta, true);
            let (mut loss, mut gradient, mut hessian) = (0.0, [0.0; 4], [0.0; 16]);
            for k in 0..data.n {
                let x: Vec<f64> = std::iter::once(1.0).chain((0..3).map(|j| data.tables[j][usize::from(data.columns[j][k])])).collect();
                let eta: f64 = x.iter().zip(&beta).map(|(a, b)| a * b).sum();
                let (p, w, y) = (1.0 / (1.0 + (-eta).exp()), target.weight_of(k), target.outcome[k]);
                loss += w * (y * eta - (1.0 + eta.exp()).ln());
                for i in 0..4 {
                    gradient[i] += w * (y - p) * x[i];
                    (0..4).for_each(|j| hessian[i * 4 + j] += w * p * (1.0 - p) * x[i] * x[j]);
                }
            }
            let near = |a: f64, b: f64| (a - b).abs() < 1e-10 * b.abs().max(1.0);
            assert!(near(found.log_likelihood, loss), "{} {loss}", found.log_likelihood);
            assert!(found.gradient.iter().zip(gradient).all(|(a, b)| near(*a, b)) && found.hessian.iter().zip(hessian).all(|(a, b)| near(*a, b)));
        });
    }

    #[test]
    fn gradient_and_hessian_are_the_finite_differences() {
        with_world(|data, target| {
            let (beta, step) = ([0.2, -0.4, 0.7, 0.1], 1e-5);
            let at = |j: usize, by: f64| {
                let mut moved = beta.to_vec();
                moved[j] += by;
                sums(data, target, &moved, true).penalised(&moved, 0.01)
            };
            let here = sums(data, target, &beta, true).penalised(&beta, 0.01);
            for j in 0..4 {
                let (up, down) = (at(j, step), at(j, -step));
                let slope = (up.log_likelihood - down.log_likelihood) / (2.0 * step);
                assert!((slope - here.gradient[j]).abs() < 1e-3 * here.gradient[j].abs().max(1.0), "{slope} {:?}", here.gradient);
                for i in 0..4 {
                    let bend = -(up.gradient[i] - down.gradient[i]) / (2.0 * step);
                    assert!((bend - here.hessian[i * 4 + j]).abs() < 1e-5 * here.hessian[i * 4 + i], "{bend} {:?}", here.hessian);
                }
            }
        });
    }

    #[test]
    fn threads_change_no_bit() {
        with_world(|data, target| {
            let with = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| sums(data, target, &[0.2, -0.4, 0.7, 0.1], true))
            };
            let (one, three) = (with(1), with(3));
            assert_eq!((one.log_likelihood, &one.gradient, &one.hessian), (three.log_likelihood, &three.gradient, &three.hessian));
        });
    }
}
