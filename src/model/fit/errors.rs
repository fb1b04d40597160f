//! Standard errors clustered by borrower, and what an estimate and its error say.

use super::kernel::CHUNK;
use super::linear::sandwich;
use super::{Coded, LogisticFit, Target};
use crate::base::units::sigmoid;
use rayon::prelude::*;

/// Covariance with errors clustered: `c × A⁻¹ B A⁻¹`, where `A` is the penalised Hessian, `B = Σ s s'` over clusters with
/// `s = Σ w (y − p) x` over the cases of one, and `c = G/(G−1) × (n−1)/(n−k)` for G clusters, n cases and k parameters.
///
/// Intercept first, row by row. With one cluster, or no more cases than parameters, every entry is infinite.
///
/// # Source
/// Liang and Zeger 1986; the small-sample factor is that of Stata and statsmodels.
pub fn clustered_covariance(data: &Coded<'_>, target: &Target<'_>, fit: &LogisticFit, cluster: &[u32]) -> Vec<f64> {
    let p = data.width();
    let log_odds = fit.log_odds(data);
    let residual: Vec<f64> = (0..data.n).map(|k| target.weight_of(k) * (target.outcome[k] - sigmoid(log_odds[k]))).collect();
    let mut order: Vec<u32> = (0..data.n as u32).collect();
    if !cluster.is_sorted() {
        // Stable: within a cluster the sums have the order of the cases.
        order.par_sort_by_key(|k| cluster[*k as usize]);
    }
    let runs: Vec<&[u32]> = order.chunk_by(|a, b| cluster[*a as usize] == cluster[*b as usize]).collect();
    let parts: Vec<Vec<f64>> = runs
        .par_chunks(CHUNK)
        .map(|runs| {
            let mut meat = vec![0.0; p * p];
            let mut score = vec![0.0; p];
            for run in runs {
                score.fill(0.0);
                for k in *run {
                    let (k, r) = (*k as usize, residual[*k as usize]);
                    score[0] += r;
                    for (s, (table, codes)) in score[1..].iter_mut().zip(data.tables.iter().zip(&data.columns)) {
                        *s += r * table[usize::from(codes[k])];
                    }
                }
                for i in 0..p {
                    let (row, s) = (&mut meat[i * p..=i * p + i], score[i]);
                    row.iter_mut().zip(&score).for_each(|(m, x)| *m += s * x);
                }
            }
            meat
        })
        .collect();
    let mut meat = vec![0.0; p * p];
    parts.iter().for_each(|part| meat.iter_mut().zip(part).for_each(|(a, b)| *a += b));
    for i in 0..p {
        for j in 0..i {
            meat[j * p + i] = meat[i * p + j];
        }
    }
    let (n, groups) = (data.n as f64, runs.len() as f64);
    if groups < 2.0 || data.n <= p {
        return vec![f64::INFINITY; p * p];
    }
    let small = groups / (groups - 1.0) * (n - 1.0) / (n - p as f64);
    sandwich(&fit.covariance, &meat, p).into_iter().map(|x| small * x).collect()
}

/// What an estimate and its standard error say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wald {
    /// Estimate ÷ error.
    pub z: f64,
    /// Two-sided p of the normal distribution.
    pub p: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The Wald test of an estimate against 0.
pub fn wald(estimate: f64, standard_error: f64) -> Wald {
    let (z, half) = (estimate / standard_error, super::super::evaluate::Z95 * standard_error);
    Wald { z, p: libm::erfc(z.abs() / std::f64::consts::SQRT_2), low: estimate - half, high: estimate + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wald_by_the_tables() {
        let found = wald(1.96, 1.0);
        assert!((found.p - 0.049_995_790_3).abs() < 1e-9 && (found.low - 0.000_036).abs() < 1e-6, "{found:?}");
        assert!((wald(-5.0, 2.0).p - 0.012_419_330_7).abs() < 1e-9 && wald(0.0, 1.0).p == 1.0);
        assert!((wald(8.0, 1.0).p / 1.244_192_1e-15 - 1.0).abs() < 1e-6);
    }
}
