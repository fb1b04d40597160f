//! Ability and willingness: the sum of a group's contributions, shown as its place in the training book.
//!
//! A sub-score is the mid-rank percentile, 0 to 100, of that sum among the training cases; *able* and *willing* mean 50 or more. It is unknown
//! where fewer than a set number of the group's features are known.

use crate::base::config::SubScore;
use serde::{Deserialize, Serialize};

/// Points of a scale at most; between two of them a percentile lies on the line that joins them.
const MOST_KNOTS: usize = 201;

/// A sum of contributions and the percentile that it has in the training book.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knot {
    /// Sum of the group's contributions, in micro-log-odds.
    pub sum: i64,
    /// `100 × (cases below + half of those equal) ÷ cases`.
    pub percentile: f64,
}

/// The scale of one sub-score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubScoreScale {
    /// Which.
    pub name: SubScore,
    /// Names of its features in the model.
    pub features: Vec<String>,
    /// Fewer known features than this leave it unknown.
    pub min_known: usize,
    /// The scale, ascending.
    pub knots: Vec<Knot>,
}

impl SubScoreScale {
    /// The scale of the sums of the training cases.
    pub fn of(name: SubScore, features: Vec<String>, min_known: usize, mut sums: Vec<i64>) -> SubScoreScale {
        sums.sort_unstable();
        let n = sums.len() as f64;
        let mut below = 0usize;
        let mut knots: Vec<Knot> = Vec::new();
        for run in sums.chunk_by(|a, b| a == b) {
            let percentile = 100.0 * (below as f64 + run.len() as f64 / 2.0) / n;
            knots.push(Knot { sum: run[0], percentile: (percentile * 1e6).round_ties_even() / 1e6 });
            below += run.len();
        }
        if knots.len() > MOST_KNOTS {
            // Those nearest to evenly spread percentiles, and both ends.
            let mut kept: Vec<usize> = (0..MOST_KNOTS)
                .map(|k| knots.partition_point(|knot| knot.percentile < 100.0 * k as f64 / (MOST_KNOTS - 1) as f64).min(knots.len() - 1))
                .collect();
            kept[0] = 0;
            kept.push(knots.len() - 1);
            kept.dedup();
            knots = kept.into_iter().map(|k| knots[k]).collect();
        }
        SubScoreScale { name, features, min_known, knots }
    }

    /// Percentile of a sum, to a tenth; `None` where too few of the features are known.
    pub fn percentile(&self, sum: i64, known: usize) -> Option<f64> {
        if known < self.min_known || self.knots.is_empty() {
            return None;
        }
        let place = self.knots.partition_point(|knot| knot.sum < sum);
        let exact = match (place.checked_sub(1).map(|k| self.knots[k]), self.knots.get(place)) {
            (_, Some(at)) if at.sum == sum => at.percentile,
            (None, _) => 0.0,
            (Some(_), None) => 100.0,
            (Some(a), Some(b)) => a.percentile + (b.percentile - a.percentile) * (sum - a.sum) as f64 / (b.sum - a.sum) as f64,
        };
        Some((exact * 10.0).round_ties_even() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_mid_ranks_by_hand() {
        let scale = SubScoreScale::of(SubScore::Ability, vec!["x".into()], 1, vec![5, 1, 5, 9]);
        let percentiles: Vec<(i64, f64)> = scale.knots.iter().map(|k| (k.sum, k.percentile)).collect();
        assert_eq!(percentiles, [(1, 12.5), (5, 50.0), (9, 87.5)]);
        let at = |sum| scale.percentile(sum, 1).unwrap();
        assert_eq!([at(0), at(1), at(3), at(5), at(9), at(10)], [0.0, 12.5, 31.2, 50.0, 87.5, 100.0]);
        assert_eq!(scale.percentile(5, 0), None);
    }

    #[test]
    fn a_long_scale_is_thinned_and_stays_near() {
        let sums: Vec<i64> = (0..10_000).map(|k| k * k).collect();
        let scale = SubScoreScale::of(SubScore::Willingness, vec![], 0, sums.clone());
        assert!(scale.knots.len() <= MOST_KNOTS + 1 && scale.knots[0].sum == 0 && scale.knots[scale.knots.len() - 1].sum == 9_999 * 9_999);
        for k in (0..10_000).step_by(37) {
            let exact = 100.0 * (k as f64 + 0.5) / 10_000.0;
            assert!((scale.percentile(sums[k], 0).unwrap() - exact).abs() <= 0.1, "{k}");
        }
    }
}
