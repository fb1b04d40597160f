//! How good models are on cases whose outcome is known, how sure that is, and better than what.
//!
//! Takes scores, probabilities and outcomes, one entry a case; gives figures overall and by slice, each with an interval by borrower, the paired
//! differences of models and baselines, curves, and checks. Deliberately absent: weights, and anything that reads a file.
//!
//! Reading order: `groups` (cases of like score), `figures` (what counts of groups say), `draws` (borrowers drawn again and again), `slices` (the
//! results), `by_borrower` (shares and ratios with their errors), `curves`, `stability`, `permutation`, `follow` (what became of cases: relapses, rolls, money), `audit`.

mod audit;
mod by_borrower;
mod curves;
mod draws;
mod figures;
mod follow;
mod groups;
mod permutation;
mod slices;
mod stability;

pub use audit::{AuditShare, bands, strategy_shares};
pub use by_borrower::mean_by_borrower;
pub use curves::{Bar, Bin, BrierParts, Curves, curves};
pub use follow::{MoneyMonth, Redefault, RollCell, money_by_month, redefault, rolls_beside_score};
pub use permutation::{Permutation, Retrain, Shuffle, permutation, within_month};
pub use slices::{Difference, Evaluated, Performance, Slice, SliceModel, evaluate};
pub use stability::{FeatureStability, MonthStability, feature_stability, score_stability};

use serde::Serialize;

/// Fewer repaid, or not repaid, than this and a figure has no interval: percentiles of draws then say nothing.
pub const FEWEST_FOR_INTERVAL: u64 = 10;

/// A figure with its 95 % interval; neither where there is nothing to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// The figure.
    pub value: Option<f64>,
    /// Its 95 % interval, of draws by borrower.
    pub interval: Option<[f64; 2]>,
}

/// What ranks cases: a model, or a baseline.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Its name.
    pub name: String,
    /// Whether it is a baseline.
    pub baseline: bool,
    /// One a case: greater is a better chance of *repaid*. Never `NaN`.
    pub score: Vec<f64>,
    /// Probability of *repaid*; empty where it says none.
    pub probability: Vec<f64>,
    /// One a case: greater comes first where money is to be captured. Never `NaN`.
    pub money_order: Vec<f64>,
}

/// A way to take the cases apart.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// By what: `bucket`, `product`, `month`, or a protected attribute.
    pub by: String,
    /// For each case a place in `values`, or [`APART`].
    pub codes: Vec<u32>,
    /// The values.
    pub values: Vec<String>,
}

/// A case that belongs to no value of a dimension.
pub const APART: u32 = u32::MAX;

/// What is evaluated.
pub struct Cases<'a> {
    /// Whether each case was repaid.
    pub repaid: &'a [bool],
    /// Its borrower: any number that is the same for the same borrower.
    pub borrower: &'a [u32],
    /// The amount repaid in the outcome window, in minor units; empty in a book without money.
    pub paid: &'a [f64],
    /// Ways to take the cases apart.
    pub dimensions: &'a [Dimension],
    /// Models first, the champion before its challengers; then baselines.
    pub contenders: &'a [Contender],
    /// Draws of borrowers.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Share of the cases that can be worked.
    pub capacity: f64,
}

/// To 1e-12: finer digits are noise of the order of sums. `None` of what is no number.
fn tidy(x: f64) -> Option<f64> {
    x.is_finite().then(|| (x * 1e12).round() / 1e12 + 0.0)
}
