//! Whether scores and features of later months are those that the model was trained on.

use super::{APART, Dimension, tidy};
use crate::model::bin::{OrderKept, Target, order_kept, psi};
use crate::model::encode::Design;
use crate::model::file::Model;
use serde::Serialize;

/// Bands of the score, of equal mass in the reference.
const BANDS: usize = 10;
/// A month of fewer cases says nothing of a shift.
const FEWEST: u64 = 50;

/// A month's scores beside those of the reference.
#[derive(Clone, Debug, Serialize)]
pub struct MonthStability {
    /// The month.
    pub month: String,
    /// Cases, whether or not their outcome is known.
    pub n: u64,
    /// Population stability index of the score; none below 50 cases.
    pub psi: Option<f64>,
}

/// A feature, month by month, beside training.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureStability {
    /// The feature.
    pub feature: String,
    /// Stability index of its bins in each month; none below 50 cases.
    pub psi: Vec<Option<f64>>,
    /// In how many months the bins keep the order of their rates.
    pub order_kept: OrderKept,
}

/// The stability index of scores by month; `reference` are the places of the cases to compare with.
pub fn score_stability(score: &[f64], reference: &[u32], month: &Dimension) -> Vec<MonthStability> {
    let mut sorted: Vec<f64> = reference.iter().map(|k| score[*k as usize]).collect();
    sorted.sort_by(f64::total_cmp);
    let edges: Vec<f64> = (1..BANDS).filter_map(|k| sorted.get((sorted.len() * k / BANDS).saturating_sub(1)).copied()).collect();
    let band = |x: f64| edges.partition_point(|e| *e < x);
    let mut expected = vec![0.0; BANDS];
    sorted.iter().for_each(|x| expected[band(*x)] += 1.0);
    let mut counts = vec![vec![0.0; BANDS]; month.values.len()];
    score.iter().zip(&month.codes).filter(|(_, m)| **m != APART).for_each(|(x, m)| counts[*m as usize][band(*x)] += 1.0);
    let of = |(value, counts): (&String, &Vec<f64>)| {
        let n = counts.iter().sum::<f64>() as u64;
        let known = n >= FEWEST && sorted.len() as u64 >= FEWEST;
        MonthStability { month: value.clone(), n, psi: if known { tidy(psi(&expected, counts)) } else { None } }
    };
    month.values.iter().zip(&counts).map(of).collect()
}

/// The stability of each feature of a model; `mature` are the places of the cases whose outcome is known.
pub fn feature_stability(model: &Model, design: &Design, month: &Dimension, repaid: &[bool], mature: &[u32]) -> Vec<FeatureStability> {
    use rayon::prelude::*;
    let outcome: Vec<f64> = mature.iter().map(|k| f64::from(u8::from(repaid[*k as usize]))).collect();
    let months: Vec<u32> = mature.iter().map(|k| month.codes[*k as usize]).collect();
    model
        .terms()
        .par_iter()
        .zip(&design.columns)
        .map(|(term, codes)| {
            let bins = &term.bins.bins;
            let expected: Vec<f64> = bins.iter().map(|b| b.weight).collect();
            let mut counts = vec![vec![0.0; bins.len()]; month.values.len()];
            codes.iter().zip(&month.codes).filter(|(_, m)| **m != APART).for_each(|(code, m)| counts[*m as usize][usize::from(*code)] += 1.0);
            let shift = |counts: &Vec<f64>| (counts.iter().sum::<f64>() >= FEWEST as f64).then(|| tidy(psi(&expected, counts))).flatten();
            let of_mature: Vec<u8> = mature.iter().map(|k| codes[*k as usize]).collect();
            FeatureStability {
                feature: term.bins.name.clone(),
                psi: counts.iter().map(shift).collect(),
                order_kept: order_kept(&term.bins, &of_mature, &Target { outcome: &outcome, weight: None }, &months),
            }
        })
        .collect()
}
