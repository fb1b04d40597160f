//! What a bin is worth: weight of evidence with its interval, and information value.

use serde::{Deserialize, Serialize};

/// Half-width of a 95 % interval in standard errors.
const Z95: f64 = 1.959964;

/// One bin with what training saw in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// What falls into it, for people.
    pub label: String,
    /// Training cases.
    pub n: u64,
    /// Their weight: `n` where cases have no weights.
    pub weight: f64,
    /// The weight of those repaid.
    pub repaid: f64,
    /// Weight of evidence: `ln((g + ½) / (b + ½)) − ln(G / B)` with g, b the bin's and G, B the book's repaid and not repaid. Zero without cases.
    pub woe: f64,
    /// 95 % interval of the weight of evidence: `woe ± 1.96 × √(1/(g + ½) + 1/(b + ½))`, given the book's odds.
    pub woe_interval: [f64; 2],
    /// `(g/G − b/B) × woe`.
    pub information_value: f64,
}

impl Bin {
    /// An unweighed bin.
    pub(super) fn new(label: String, n: u64, weight: f64, repaid: f64) -> Bin {
        Bin { label, n, weight, repaid, woe: 0.0, woe_interval: [0.0; 2], information_value: 0.0 }
    }

    /// Share repaid, weighted; `None` without weight.
    pub fn rate(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.repaid / self.weight)
    }
}

/// The book's repaid and not repaid, against which a bin is weighed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Odds {
    repaid: f64,
    not: f64,
    log: f64,
}

impl Odds {
    /// Of sums over the whole book. Without both outcomes nothing is evidence: every weight is 0.
    pub fn new(weight: f64, repaid: f64) -> Odds {
        let not = weight - repaid;
        Odds { repaid, not, log: (repaid / not).ln() }
    }

    /// Whether the book has both outcomes.
    pub fn both(&self) -> bool {
        self.repaid > 0.0 && self.not > 0.0
    }

    /// Weight of evidence of a bin with cases.
    pub fn woe(&self, weight: f64, repaid: f64) -> f64 {
        if self.both() { ((repaid + 0.5) / (weight - repaid + 0.5)).ln() - self.log } else { 0.0 }
    }

    /// Share of the book's repaid less share of its not repaid.
    pub fn excess(&self, weight: f64, repaid: f64) -> f64 {
        if self.both() { repaid / self.repaid - (weight - repaid) / self.not } else { 0.0 }
    }
}

/// Sets the weight of evidence of each bin, its interval and its information value, and gives the information value of them all.
pub fn weigh(bins: &mut [Bin]) -> f64 {
    let odds = Odds::new(bins.iter().map(|b| b.weight).sum(), bins.iter().map(|b| b.repaid).sum());
    let mut information_value = 0.0;
    for bin in bins {
        bin.woe = if bin.n > 0 { odds.woe(bin.weight, bin.repaid) } else { 0.0 };
        let half = Z95 * (1.0 / (bin.repaid + 0.5) + 1.0 / (bin.weight - bin.repaid + 0.5)).sqrt();
        bin.woe_interval = [bin.woe - half, bin.woe + half];
        bin.information_value = odds.excess(bin.weight, bin.repaid) * bin.woe;
        information_value += bin.information_value;
    }
    information_value
}
