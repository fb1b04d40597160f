//! A share with an interval by borrower: accounts of one borrower, and months of one account, move together and are no separate evidence.
//!
//! Takes whole-number sums over borrowers; gives a share with its bounds. The sums are exact, so neither their order nor the number of threads
//! reaches the result.

use serde::Serialize;

/// Standard normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// A share and its 95 % interval by borrower.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The share. A share of balance may exceed 1: interest and new instalments are in the balance now, not in the balance then.
    pub share: f64,
    /// Lower bound; `None` where one borrower alone gives a ratio above 1, which says nothing of others.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
}

/// Sums over borrowers `b` of a numerator `N_b` and a denominator `D_b`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Borrowers.
    pub borrowers: u64,
    /// `Σ N_b`.
    pub n: i128,
    /// `Σ D_b`.
    pub d: i128,
    /// `Σ N_b²`.
    pub nn: i128,
    /// `Σ N_b D_b`.
    pub nd: i128,
    /// `Σ D_b²`.
    pub dd: i128,
}

impl Sums {
    /// The ratio `r = N / D` and its 95 % interval by borrower; `None` if `D` is 0.
    ///
    /// Variance of a ratio by linearisation, borrowers as clusters, `B` of them:
    /// `var = B / (B − 1) × Σ_b (N_b − r D_b)² / D²`, where `Σ_b (N_b − r D_b)² = Σ N_b² − 2 r Σ N_b D_b + r² Σ D_b²`.
    /// It is worth `n = r (1 − r) / var` independent draws, and the interval is Wilson's at that `n`:
    /// `(r + z² / 2n ± z √(r (1 − r) / n + z² / 4n²)) / (1 + z² / n)`, `z = 1.96`.
    ///
    /// Where the sample shows no variance (all or none of it moved, every borrower has the same ratio, or there is one borrower), `n = B`.
    /// A ratio of 1 or more whose borrowers differ, which only balances can have, is no proportion: `r ± z √var`, not below 0.
    ///
    /// # Source
    /// Cochran, Sampling Techniques, 3rd ed. 1977, ch. 6 (variance of a ratio). Wilson, JASA 22:209, 1927. At an effective sample size:
    /// Franco, Little, Louis and Slud, J. Surv. Stat. Methodol. 7(3):334, 2019.
    pub fn estimate(&self) -> Option<Estimate> {
        if self.d <= 0 || self.borrowers == 0 {
            return None;
        }
        let (borrowers, d) = (self.borrowers as f64, self.d as f64);
        let r = self.n as f64 / d;
        let variance = if self.borrowers > 1 {
            let squares = self.nn as f64 - 2.0 * r * self.nd as f64 + r * r * self.dd as f64;
            // What is left below the precision of the sums is no variance.
            let noise = 1e-12 * (self.nn as f64 + r * r * self.dd as f64);
            if squares > noise { borrowers / (borrowers - 1.0) * squares / (d * d) } else { 0.0 }
        } else {
            0.0
        };
        let bounds = if r >= 1.0 && (variance > 0.0 || r > 1.0) {
            let half = Z * variance.sqrt();
            (self.borrowers > 1).then(|| ((r - half).max(0.0), r + half))
        } else {
            let n = if variance > 0.0 && r > 0.0 { r * (1.0 - r) / variance } else { borrowers };
            Some(wilson(r, n))
        };
        Some(Estimate { share: r, low: bounds.map(|b| b.0), high: bounds.map(|b| b.1) })
    }
}

/// Wilson's 95 % interval of a proportion `r` of `n` draws; `n` need not be whole.
pub fn wilson(r: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let scale = 1.0 + z2 / n;
    let centre = (r + z2 / (2.0 * n)) / scale;
    let half = Z * (r * (1.0 - r) / n + z2 / (4.0 * n * n)).sqrt() / scale;
    // At 0 and 1 the bound is the point itself; rounding must not say otherwise.
    let low = if r == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if r == 1.0 { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};

    fn sums(borrowers: &[(i64, i64)]) -> Sums {
        let mut all = Sums::default();
        for (n, d) in borrowers.iter().map(|(n, d)| (i128::from(*n), i128::from(*d))) {
            all.borrowers += 1;
            (all.n, all.d) = (all.n + n, all.d + d);
            (all.nn, all.nd, all.dd) = (all.nn + n * n, all.nd + n * d, all.dd + d * d);
        }
        all
    }

    fn near(estimate: Option<Estimate>, expected: [f64; 3]) {
        let found = estimate.unwrap();
        let bounds = [found.share, found.low.unwrap(), found.high.unwrap()];
        assert!(bounds.iter().zip(expected).all(|(a, b)| (a - b).abs() < 5e-5), "{bounds:?} is not {expected:?}");
    }

    #[test]
    fn hand_worked_intervals() {
        // One account a borrower, 2 of 10: squares 2 × 0.64 + 8 × 0.04 = 1.6; var = 10/9 × 1.6/100 = 0.01778; n = 0.16/0.01778 = 9.
        near(sums(&[[(1, 1); 2].as_slice(), &[(0, 1); 8]].concat()).estimate(), [0.2, 0.053_28, 0.526_21]);
        // The same accounts, two a borrower that move together: 1 of 5 borrowers, n = 4.
        near(sums(&[(2, 2), (0, 2), (0, 2), (0, 2), (0, 2)]).estimate(), [0.2, 0.030_77, 0.663_17]);
        // None of 10 borrowers: n = 10, high = 3.8415 / 13.8415.
        near(sums(&[(0, 1); 10]).estimate(), [0.0, 0.0, 0.277_53]);
        near(sums(&[(3, 3); 10]).estimate(), [1.0, 0.722_47, 1.0]);
        // Every borrower alike: n = 4 borrowers.
        near(sums(&[(1, 2); 4]).estimate(), [0.5, 0.150_04, 0.849_96]);
        // Balances that grew: r = 1.1, squares 2 × 10² = 200, var = 2 × 200 / 200² = 0.01.
        near(sums(&[(120, 100), (100, 100)]).estimate(), [1.1, 1.1 - 0.196, 1.1 + 0.196]);
    }

    #[test]
    fn there_is_no_interval_where_there_is_no_ground_for_one() {
        assert_eq!(Sums::default().estimate(), None);
        assert_eq!(sums(&[(0, 0)]).estimate(), None);
        assert_eq!(sums(&[(12, 10)]).estimate(), Some(Estimate { share: 1.2, low: None, high: None }));
        // One borrower is one draw, however many accounts.
        near(sums(&[(5, 10)]).estimate(), [0.5, 0.054_62, 0.945_38]);
    }

    /// In a world where a borrower's accounts move together, the interval holds the truth about 95 times in 100, and one that takes accounts
    /// for independent draws does not.
    #[test]
    fn the_interval_holds_the_truth_where_accounts_of_a_borrower_move_together() {
        let (truth, worlds) = (0.2, 2_000);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(20);
        let mut unit = move || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let (mut held, mut held_naive) = (0, 0);
        for _ in 0..worlds {
            let borrowers: Vec<(i64, i64)> = (0..150)
                .map(|_| {
                    // A fifth of the borrowers are in trouble (0.8), the others hardly (0.05): 0.2 overall, strongly clustered.
                    let p = if unit() < 0.2 { 0.8 } else { 0.05 };
                    let accounts = 1 + (unit() * 8.0) as i64;
                    ((0..accounts).filter(|_| unit() < p).count() as i64, accounts)
                })
                .collect();
            let holds = |low: f64, high: f64| usize::from(low <= truth && truth <= high);
            let all = sums(&borrowers);
            let found = all.estimate().unwrap();
            held += holds(found.low.unwrap(), found.high.unwrap());
            let (low, high) = wilson(found.share, all.d as f64);
            held_naive += holds(low, high);
        }
        let (share, naive) = (held as f64 / f64::from(worlds), held_naive as f64 / f64::from(worlds));
        assert!((0.935..=0.965).contains(&share), "{share}");
        assert!(naive < 0.85, "{naive}");
    }
}
