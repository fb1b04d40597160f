//! The score as a sum of whole numbers: base + one contribution a feature + the bucket group's, in micro-log-odds.
//!
//! Exact in any order and with any number of threads; a case alone scores as in a batch.

use crate::base::problem::Result;
use crate::base::units::{Bucket, MicroLogOdds};
use crate::data::features::FeatureTable;
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
    /// Points, to a tenth: `base_points + pdo / ln 2 × (log-odds − ln base_odds)`.
    pub points: Vec<f64>,
}

/// Scores every case of a table.
///
/// # Errors
/// `score.missing_feature`, `score.wrong_type`: every feature that the model needs and the table lacks.
pub fn score<'a>(model: &'a Model, features: &FeatureTable, bucket: &[Bucket]) -> Result<Scored<'a>> {
    let rows: Vec<u32> = (0..bucket.len() as u32).collect();
    let design = encode(features, &model.terms().iter().map(|t| &t.bins).collect::<Vec<_>>(), &rows)?;
    let score: Vec<MicroLogOdds> =
        (0..bucket.len()).into_par_iter().with_min_len(4_096).map(|k| MicroLogOdds(model.sum(&design, k, bucket[k]))).collect();
    let probability = score.par_iter().with_min_len(4_096).map(|s| s.probability()).collect();
    let scale = model.points();
    let points = score
        .par_iter()
        .with_min_len(4_096)
        .map(|s| {
            let points = scale.base_points + scale.pdo / std::f64::consts::LN_2 * (s.log_odds() - scale.base_odds.ln());
            (points * 10.0).round_ties_even() / 10.0
        })
        .collect();
    Ok(Scored { model, design, bucket: bucket.to_vec(), score, probability, points })
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
}
