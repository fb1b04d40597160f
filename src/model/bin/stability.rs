//! Whether bins hold in time: the order of rates month by month, and the shift of cases between bins.

use super::tally::{Book, Tally};
use super::{FeatureBins, Target};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Weighted cases that a month needs for its rates to be looked at.
const LEAST_A_MONTH: f64 = 50.0;
/// Agreement of a month's order with training from which it counts as kept.
const KEPT: f64 = 0.5;

/// In how many months the bins kept the order of their rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderKept {
    /// Months that kept it.
    pub kept: usize,
    /// Months that could be looked at.
    pub months: usize,
}

/// How often the order of rates in training holds in single months.
///
/// `codes`, `target` and `month` have one entry a case. A month counts with at least 50 weighted cases, both outcomes, and cases in two
/// intervals or groups of different weight of evidence. It keeps the order if `Σ w sign(Δ woe) sign(Δ rate) / Σ w >= ½` over such pairs,
/// where w is the product of their counts of cases. `other`, specials and missing have no place in an order. A target out of range has
/// no month that counts.
pub fn order_kept(bins: &FeatureBins, codes: &[u8], target: &Target, month: &[u32]) -> OrderKept {
    let mut result = OrderKept { kept: 0, months: 0 };
    let Ok(book) = Book::new(target) else { return result };
    let mut months: BTreeMap<u32, (Tally, Vec<Tally>)> = BTreeMap::new();
    for (k, (code, month)) in codes.iter().zip(month).enumerate() {
        let (all, by_bin) = months.entry(*month).or_insert_with(|| (Tally::default(), vec![Tally::default(); bins.bins.len()]));
        *all += book.case(k);
        if let Some(bin) = by_bin.get_mut(usize::from(*code)) {
            *bin += book.case(k);
        }
    }
    for (all, by_bin) in months.values() {
        if book.amount(all.weight) < LEAST_A_MONTH || all.repaid == 0 || all.repaid == all.weight {
            continue;
        }
        if let Some(agreement) = agreement(bins, by_bin) {
            result.months += 1;
            result.kept += usize::from(agreement >= KEPT);
        }
    }
    result
}

/// Agreement of rates with the order of training, from −1 to 1; `None` without a pair to compare.
fn agreement(bins: &FeatureBins, by_bin: &[Tally]) -> Option<f64> {
    let (mut agree, mut all) = (0i128, 0i128);
    for b in 0..bins.cut.ordinary() {
        for a in 0..b {
            let (x, y) = (&by_bin[a], &by_bin[b]);
            let expected = bins.bins[b].woe.partial_cmp(&bins.bins[a].woe).unwrap_or(Ordering::Equal) as i128;
            if x.weight == 0 || y.weight == 0 || expected == 0 {
                continue;
            }
            let seen = (i128::from(y.repaid) * i128::from(x.weight)).cmp(&(i128::from(x.repaid) * i128::from(y.weight))) as i128;
            let pairs = i128::from(x.n) * i128::from(y.n);
            agree += pairs * expected * seen;
            all += pairs;
        }
    }
    (all > 0).then(|| agree as f64 / all as f64)
}

/// Population stability index of counts by bin: `Σ (a − e) ln(a / e)` with a, e the shares, ½ added to each count.
pub fn psi(expected: &[f64], actual: &[f64]) -> f64 {
    let shares = |counts: &[f64]| {
        let all: f64 = counts.iter().map(|n| n + 0.5).sum();
        counts.iter().map(|n| (n + 0.5) / all).collect::<Vec<f64>>()
    };
    shares(expected).iter().zip(shares(actual)).map(|(e, a)| (a - e) * (a / e).ln()).sum()
}
