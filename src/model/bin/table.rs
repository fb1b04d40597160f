//! A feature's bins as rows to print.

use super::FeatureBins;

/// One bin, as a table shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct BinRow {
    /// What falls into it.
    pub label: String,
    /// Training cases.
    pub n: u64,
    /// Share of all training cases, by weight.
    pub share: f64,
    /// Share repaid, by weight; `None` without cases.
    pub repaid_share: Option<f64>,
    /// Weight of evidence.
    pub woe: f64,
    /// Its 95 % interval.
    pub woe_interval: [f64; 2],
    /// The bin's part of the information value.
    pub information_value: f64,
}

/// The bins as rows, in order.
pub fn table(bins: &FeatureBins) -> Vec<BinRow> {
    let all: f64 = bins.bins.iter().map(|b| b.weight).sum();
    let row = |bin: &super::Bin| BinRow {
        label: bin.label.clone(),
        n: bin.n,
        share: if all > 0.0 { bin.weight / all } else { 0.0 },
        repaid_share: bin.rate(),
        woe: bin.woe,
        woe_interval: bin.woe_interval,
        information_value: bin.information_value,
    };
    bins.bins.iter().map(row).collect()
}
