//! The best bins of each feature, exactly: fine pre-bins at exact quantiles, then a dynamic program over every way to join them.
//!
//! Takes the columns of the training cases with what is asked of each; gives the bins, their weights of evidence and the code of each
//! training case, or why a feature was dropped. The bins depend on the cases alone: not on their order, the number of threads or a
//! clock. Reading order: `cut` (how values fall into bins), `weigh` (what a bin is worth), `tally` (exact sums), `splitters` and
//! `prebin` (numbers), `words` (categories), `intervals` and `best` (the dynamic program), `asked` (what cannot be done), `fit`
//! (the steps in order), `labels` and `table` (for people), `pair` (two features together), `stability` (the bins in later months).
//! Deliberately absent: searches that stop at a time limit.

mod asked;
mod best;
mod cut;
mod encode;
mod fit;
mod intervals;
mod labels;
mod pair;
mod prebin;
mod splitters;
mod stability;
mod table;
mod tally;
mod weigh;
mod words;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_best;
#[cfg(test)]
mod tests_data;

pub use cut::{Cut, Edge, MOST_CODES, Special};
pub use fit::fit_bins;
pub use labels::short;
pub use pair::{can_pair, pair_bins, pair_codes};
pub use stability::{OrderKept, order_kept, psi};
pub use table::{BinRow, table};
pub use weigh::{Bin, weigh};

pub use crate::base::config::{BinObjective as Objective, HandBins as ByHand};

use crate::data::features::FeatureColumn;
use serde::{Deserialize, Serialize};

/// Groups or intervals of a feature at most; specials, `other` and missing have codes beside them.
pub const MOST_BINS: usize = 250;

/// Outcomes of the training cases.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// One a training case, in `0..=1`: repaid is 1. A case of unknown outcome may have a part.
    pub outcome: &'a [f64],
    /// One a training case, not negative; all 1 where absent.
    pub weight: Option<&'a [f64]>,
}

/// How the rate of *repaid* must move along the intervals, or was found to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// It never falls as the value rises.
    Up,
    /// It never rises as the value rises.
    Down,
    /// It rises, then falls; either part may be absent.
    Peak,
    /// It falls, then rises; either part may be absent.
    Valley,
    /// The best of the four above.
    Best,
    /// Any. As a finding: none of the four, or no order at all.
    Free,
}

/// What every bin of a feature must keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Intervals or groups at most; specials, `other` and missing are not counted.
    pub max_bins: usize,
    /// Share of all training cases (by count) in an interval or group at least.
    pub min_share: f64,
    /// Repaid, and not repaid, in an interval or group at least, weighted.
    pub min_events: f64,
    /// Fine bins that the search starts from, 2 to 250.
    pub prebins: usize,
    /// What to have most of.
    pub objective: Objective,
}

/// Places of the training cases in the columns; a place beyond a column's end is a bug of the caller's and panics.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// The first so many.
    All(usize),
    /// These, in this order.
    Some(&'a [u32]),
}

impl Target<'_> {
    /// The weight of a case: 1 where there are no weights.
    pub fn weight_of(&self, case: usize) -> f64 {
        self.weight.map_or(1.0, |weight| weight[case])
    }
}

impl<'a> Rows<'a> {
    /// These places of a column of `n` values; all of them, where they are.
    pub fn of(rows: &'a [u32], n: usize) -> Rows<'a> {
        if rows.len() == n && rows.iter().enumerate().all(|(k, row)| k == *row as usize) { Rows::All(n) } else { Rows::Some(rows) }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Rows::All(n) => *n,
            Rows::Some(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One feature to be binned, and how.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Its values.
    pub column: &'a FeatureColumn,
    /// The trend of its intervals. A category has no order, so it is not asked there.
    pub trend: Trend,
    /// Values with a meaning of their own.
    pub specials: &'a [Special],
    /// Bins that are not searched but given.
    pub by_hand: Option<&'a ByHand>,
}

/// What values get at scoring of which training saw few or none, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtScoring {
    /// A missing value.
    pub missing: String,
    /// A word that is in no group; `None` for numbers.
    pub other: Option<String>,
    /// One a special.
    pub special: Vec<String>,
}

/// A feature's bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureBins {
    /// Its name.
    pub name: String,
    /// What it means, in one line.
    pub meaning: String,
    /// How values fall into bins.
    pub cut: Cut,
    /// The trend found along the intervals: never `Best`.
    pub trend: Trend,
    /// Whether the analyst gave the bins.
    pub by_hand: bool,
    /// The bins: intervals, or groups and `other`; then the specials; then missing.
    pub bins: Vec<Bin>,
    /// Information value over all bins.
    pub information_value: f64,
    /// Where a rising or a falling trend was asked: the information value of the best bins of the contrary trend; else none.
    pub against: Option<f64>,
    /// What unusual values get.
    pub at_scoring: AtScoring,
}

/// A feature's bins and the code of each training case.
#[derive(Clone, Debug, PartialEq)]
pub struct Binned {
    /// The bins.
    pub bins: FeatureBins,
    /// Place in `bins.bins`, one a training case.
    pub codes: Vec<u8>,
}

/// A feature that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Its name.
    pub feature: String,
    /// Why.
    pub reason: String,
}
