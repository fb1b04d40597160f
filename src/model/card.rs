//! The scorecard as one flat table: a row for the base, for every bin of every feature and for every bucket group. Their contributions add up to
//! the score.

use super::bin::{FeatureBins, table as bin_table};
use super::file::Model;

/// One line of the scorecard.
#[derive(Clone, Debug, PartialEq)]
pub struct CardRow {
    /// The feature; `(base)` and `(bucket group)` for what is no feature.
    pub feature: String,
    /// The bin.
    pub bin: String,
    /// What falls into it, exactly: `above A up to B` with edges that read back to the same bits, or the words; of a pair, both joined by ` × `.
    pub exact: String,
    /// Training cases; `None` for the base.
    pub n: Option<u64>,
    /// Their share of all, weighted.
    pub share: f64,
    /// Share of them repaid, weighted; `NaN` without cases.
    pub repaid_share: f64,
    /// Weight of evidence; `NaN` for what has none.
    pub woe: f64,
    /// Its 95 % interval.
    pub woe_interval: [f64; 2],
    /// What the bin adds to the information value.
    pub information_value: f64,
    /// Coefficient of the feature; the intercept for the base.
    pub coefficient: f64,
    /// What it adds to the score, in micro-log-odds.
    pub contribution: i64,
    /// The same in points.
    pub points: f64,
    /// What it adds to the log-odds of the share repaid, in micro-log-odds; `None` where the model has none.
    pub share_contribution: Option<i64>,
}

/// Share of training cases repaid in a bin; `None` without cases.
pub fn repaid_share(bins: &FeatureBins, place: usize) -> Option<f64> {
    let bin = &bins.bins[place];
    (bin.weight > 0.0).then(|| bin.repaid / bin.weight)
}

/// The rows of a model's scorecard, in order.
pub fn card(model: &Model) -> Vec<CardRow> {
    let blank = |feature: &str, bin: &str| CardRow {
        feature: feature.to_string(),
        bin: bin.to_string(),
        exact: String::new(),
        n: None,
        share: f64::NAN,
        repaid_share: f64::NAN,
        woe: f64::NAN,
        woe_interval: [f64::NAN; 2],
        information_value: f64::NAN,
        coefficient: f64::NAN,
        contribution: 0,
        points: f64::NAN,
        share_contribution: None,
    };
    let share = model.share();
    let mut rows = vec![CardRow {
        coefficient: model.intercept().value,
        contribution: model.base(),
        points: model.points().start,
        share_contribution: share.map(|s| s.base),
        ..blank("(base)", "")
    }];
    for (t, term) in model.terms().iter().enumerate() {
        for (k, bin) in bin_table(&term.bins).into_iter().enumerate() {
            rows.push(CardRow {
                n: Some(bin.n),
                share: bin.share,
                repaid_share: bin.repaid_share.unwrap_or(f64::NAN),
                woe: bin.woe,
                woe_interval: bin.woe_interval,
                information_value: bin.information_value,
                coefficient: term.coefficient.value,
                contribution: term.contributions[k],
                points: term.points[k],
                share_contribution: share.map(|s| s.contributions[t][k]),
                exact: term.bins.cut.exact(k),
                ..blank(&term.bins.name, &bin.label)
            });
        }
    }
    for (k, group) in model.bucket_groups().iter().enumerate() {
        rows.push(CardRow {
            n: Some(model.calibration().group_cases[k]),
            contribution: group.contribution,
            points: group.points,
            share_contribution: share.map(|s| s.bucket_groups[k].contribution),
            ..blank("(bucket group)", &group.name)
        });
    }
    rows
}
