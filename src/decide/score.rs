//! The score as a sum of whole numbers: base + one contribution a feature + the bucket group's, in micro-log-odds; the expected share of the
//! arrears, ability and willingness from sums of the same kind.
//!
//! Exact in any order and with any number of threads; a case alone scores as in a batch.

use super::value::ExpectedShare;
use crate::base::config::SubScore;
use crate::base::problem::Result;
use crate::base::units::{Bucket, MicroLogOdds};
use crate::data::features::FeatureTable;
use crate::model::bin::Rows;
use crate::model::calibrate::bucket_group;
use crate::model::encode::{Design, encode};
use crate::model::file::Model;
use rayon::prelude::*;

/// Scores of cases.
pub struct Scored<'a> {
    /// The model.
    pub model: &'a Model,
    /// Bin codes of the cases, a column a feature of the model.
    pub design: Design,
    /// Buckets.
    pub bucket: Vec<Bucket>,
    /// Scores.
    pub score: Vec<MicroLogOdds>,
    /// Calibrated probability of *repaid*.
    pub probability: Vec<f64>,
    /// Expected share of the arrears; none where the model has none, and then the probability stands in.
    pub share: Option<Vec<f64>>,
    /// Points: `base_points + pdo / ln 2 × (log-odds − ln base_odds)`, to a tenth or whole.
    pub points: Vec<f64>,
    /// Ability, 0 to 100; `NaN` where unknown.
    pub ability: Vec<f64>,
    /// Willingness, 0 to 100; `NaN` where unknown.
    pub willingness: Vec<f64>,
}

/// Where a borrower stands between can and wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quadrant {
    /// Able and willing.
    AbleWilling,
    /// Willing, not able.
    WillingNotAble,
    /// Able, not willing.
    AbleNotWilling,
    /// Neither.
    Neither,
    /// Too little is known of one of them.
    Unknown,
}

impl Quadrant {
    /// Names, in the order of the variants.
    pub const NAMES: [&'static str; 5] = ["able_willing", "willing_not_able", "able_not_willing", "neither", "unknown"];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Of two sub-scores: 50 or more is *able*, *willing*; `NaN` is unknown.
    pub fn of(ability: f64, willingness: f64) -> Quadrant {
        match (ability >= 50.0, willingness >= 50.0) {
            _ if ability.is_nan() || willingness.is_nan() => Quadrant::Unknown,
            (true, true) => Quadrant::AbleWilling,
            (false, true) => Quadrant::WillingNotAble,
            (true, false) => Quadrant::AbleNotWilling,
            (false, false) => Quadrant::Neither,
        }
    }
}

/// Scores every case of a table.
///
/// # Errors
/// `score.missing_feature`, `score.wrong_type`: every feature that the model needs and the table lacks.
pub fn score<'a>(model: &'a Model, features: &FeatureTable, bucket: &[Bucket]) -> Result<Scored<'a>> {
    let columns: Vec<_> = features.columns.iter().collect();
    let bins: Vec<_> = model.terms().iter().map(|t| &t.bins).collect();
    let design = encode(&columns, &bins, Rows::All(bucket.len()))?;
    let score = model.scores(&design, Some(bucket));
    let probability = score.par_iter().with_min_len(4_096).map(|s| model.probability(*s)).collect();
    let points = score.par_iter().with_min_len(4_096).map(|s| model.points().points(*s)).collect();
    let share = model.share().map(|share| share.shares(&design, Some(bucket)));
    let (ability, willingness) = (sub_score(model, &design, SubScore::Ability), sub_score(model, &design, SubScore::Willingness));
    Ok(Scored { model, design, bucket: bucket.to_vec(), score, probability, share, points, ability, willingness })
}

/// A sub-score of every case; `NaN` where the model has no such feature or too few are known.
fn sub_score(model: &Model, design: &Design, name: SubScore) -> Vec<f64> {
    let Some(scale) = model.sub_scores().iter().find(|s| s.name == name) else {
        return vec![f64::NAN; design.n];
    };
    let members: Vec<usize> = (0..model.terms().len()).filter(|t| model.terms()[*t].sub_score == name).collect();
    (0..design.n)
        .into_par_iter()
        .with_min_len(4_096)
        .map(|case| {
            let (mut sum, mut known) = (0i64, 0usize);
            for t in &members {
                let (term, code) = (&model.terms()[*t], design.columns[*t][case]);
                sum += term.contributions[usize::from(code)];
                known += usize::from(code != term.bins.cut.missing());
            }
            scale.percentile(sum, known).unwrap_or(f64::NAN)
        })
        .collect()
}

impl Scored<'_> {
    /// The contribution of a feature of the model to a case's score.
    pub fn contribution(&self, term: usize, case: usize) -> i64 {
        self.model.terms()[term].contributions[usize::from(self.design.columns[term][case])]
    }

    /// The contribution of a case's bucket group.
    pub fn bucket_contribution(&self, case: usize) -> i64 {
        self.model.bucket_groups()[bucket_group(self.bucket[case])].contribution
    }

    /// The share of the arrears that is expected under the policy's reference: the model's, or the probability where it has none.
    pub fn expected_share(&self) -> ExpectedShare<'_> {
        ExpectedShare { of: self.share.as_deref().unwrap_or(&self.probability), modelled: self.share.is_some() }
    }

    /// Where each case stands between can and wants.
    pub fn quadrants(&self) -> Vec<Quadrant> {
        self.ability.iter().zip(&self.willingness).map(|(ability, willingness)| Quadrant::of(*ability, *willingness)).collect()
    }

    /// Where a case stands between can and wants.
    pub fn quadrant(&self, case: usize) -> Quadrant {
        Quadrant::of(self.ability[case], self.willingness[case])
    }
}

#[cfg(test)]
mod tests {
    use super::Quadrant;

    #[test]
    fn quadrants() {
        let at = |a, w| Quadrant::NAMES[Quadrant::of(a, w) as usize];
        assert_eq!(
            [at(50.0, 50.0), at(49.9, 80.0), at(80.0, 49.9), at(0.0, 0.0)],
            ["able_willing", "willing_not_able", "able_not_willing", "neither"]
        );
        assert_eq!([at(f64::NAN, 90.0), at(90.0, f64::NAN)], ["unknown"; 2]);
    }
}
