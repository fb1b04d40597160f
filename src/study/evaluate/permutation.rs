//! Outcomes shuffled within their month say nothing: a model trained on them must rank later ones no better than chance.
//!
//! Two questions. What do the model's own scores reach on shuffled outcomes: the range of chance, beside which its AUC is read. And does a model
//! trained anew on shuffled outcomes rank the shuffled outcomes of the test cases: if it does, training has seen them. Within a month, because months
//! differ in their share repaid, which is no leak.

use super::slices::percentiles;
use super::{APART, Measured, tidy};
use crate::base::problem::Result;
use crate::data::features::FeatureColumn;
use crate::model::bin::{Ask, FeatureBins, Limits, Objective, Rows, Target, Trend, fit_bins};
use crate::model::encode::encode;
use crate::model::evaluate::area_under_curve;
use crate::model::fit::{Coded, Newton, fit};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use serde::Serialize;

/// Mean of the retrained within this many of its standard errors of one half: once in a thousand by chance at 20 shuffles.
const ERRORS: f64 = 3.88;

/// What shuffled outcomes give.
#[derive(Clone, Debug, Serialize)]
pub struct Permutation {
    /// Shuffles of the outcomes beside the model's scores.
    pub shuffles: usize,
    /// The model's AUC within months: pairs of the same month alone.
    pub auc_within_month: Option<f64>,
    /// The same on shuffled outcomes: the mean, and the range of 95 % of the shuffles.
    pub shuffled: Measured,
    /// Models trained anew on shuffled outcomes.
    pub retrained: usize,
    /// Their AUC within months on shuffled test cases: the mean and its 95 % interval.
    pub retrained_auc: Measured,
    /// Whether the retrained rank no better than chance; none if none could be trained.
    pub passed: Option<bool>,
}

/// What is shuffled.
pub struct Shuffle<'a> {
    /// The model's score of each test case.
    pub score: &'a [f64],
    /// Outcomes of the test cases.
    pub repaid: &'a [bool],
    /// Months of the test cases.
    pub month: &'a [u32],
    /// What is trained anew; none where there are no training cases.
    pub retrain: Option<Retrain<'a>>,
    /// Shuffles of the outcomes beside the scores.
    pub shuffles: usize,
    /// Models to train anew.
    pub retrained: usize,
    /// Seed.
    pub seed: u64,
}

/// What a model is trained anew on: all cases, of which some train and some test.
pub struct Retrain<'a> {
    /// Feature columns of all cases.
    pub columns: &'a [&'a FeatureColumn],
    /// Outcomes of all cases.
    pub repaid: &'a [bool],
    /// Months of all cases.
    pub month: &'a [u32],
    /// Places of training cases.
    pub train: &'a [u32],
    /// Places of test cases.
    pub test: &'a [u32],
}

/// Shuffles and looks.
///
/// # Errors
/// Those of encoding features. A fit that fails counts as none.
pub fn permutation(of: &Shuffle<'_>) -> Result<Permutation> {
    let own = within_month(of.score, of.repaid, of.month);
    let months: Vec<Month> = by_month(of.month).iter().map(|members| Month::of(members, of.score, of.repaid)).collect();
    let by_chance: Vec<f64> = (0..of.shuffles).into_par_iter().filter_map(|k| shuffled_auc(&months, of.seed, k as u64)).collect();
    let mut again = Vec::new();
    if let Some(retrain) = &of.retrain {
        let trained: Result<Vec<Option<f64>>> =
            (0..of.retrained).map(|k| train_on(retrain, &shuffled(retrain.repaid, retrain.month, of.seed ^ 0xBEEF, k as u64))).collect();
        again = trained?.into_iter().flatten().collect();
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let middle = mean(&again);
    let error = (again.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / (again.len() as f64 - 1.0) / again.len() as f64).sqrt();
    let known = again.len() >= 5 && error.is_finite();
    let around = |errors: f64| Some([tidy(middle - errors * error)?, tidy(middle + errors * error)?]);
    Ok(Permutation {
        shuffles: by_chance.len(),
        auc_within_month: own.and_then(tidy),
        shuffled: Measured { value: tidy(mean(&by_chance)), interval: percentiles(by_chance.iter().copied()) },
        retrained: again.len(),
        // 2.09: Student's 97.5 % at 19 degrees of freedom.
        retrained_auc: Measured { value: tidy(middle), interval: if known { around(2.09) } else { None } },
        passed: known.then(|| (middle - 0.5).abs() <= ERRORS * error.max(1e-6)),
    })
}

/// AUC of pairs within a month: months' AUCs weighted by their pairs. None without a pair.
pub fn within_month(score: &[f64], repaid: &[bool], month: &[u32]) -> Option<f64> {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for members in by_month(month) {
        let of: Vec<bool> = members.iter().map(|k| repaid[*k as usize]).collect();
        let scores: Vec<f64> = members.iter().map(|k| score[*k as usize]).collect();
        if let Some(auc) = area_under_curve(&scores, &of) {
            let good = of.iter().filter(|r| **r).count() as f64;
            let weight = good * (of.len() as f64 - good);
            (sum, pairs) = (sum + weight * auc, pairs + weight);
        }
    }
    (pairs > 0.0).then(|| sum / pairs)
}

/// A month's cases by ascending score.
struct Month {
    /// How many cases have each score.
    runs: Vec<u32>,
    n: u32,
    repaid: u32,
}

impl Month {
    fn of(members: &[u32], score: &[f64], repaid: &[bool]) -> Month {
        let mut sorted: Vec<f64> = members.iter().map(|k| score[*k as usize]).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Month {
            runs: sorted.chunk_by(|a, b| a == b).map(|run| run.len() as u32).collect(),
            n: members.len() as u32,
            repaid: members.iter().filter(|k| repaid[**k as usize]).count() as u32,
        }
    }
}

/// The AUC within months of outcomes in a random order: each case in turn takes one of the outcomes that are left.
fn shuffled_auc(months: &[Month], seed: u64, shuffle: u64) -> Option<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(0xA24B_AED4_963E_E407) ^ shuffle);
    let (mut won, mut pairs) = (0.0, 0.0);
    for month in months {
        let (mut left, mut good_left) = (u64::from(month.n), u64::from(month.repaid));
        let (mut twice, mut bad_below) = (0u64, 0u64);
        for run in &month.runs {
            let mut good = 0u64;
            for _ in 0..*run {
                let takes = u64::from(((random.next_u64() >> 32) * left) >> 32 < good_left);
                good += takes;
                good_left -= takes;
                left -= 1;
            }
            let bad = u64::from(*run) - good;
            twice += good * (2 * bad_below + bad);
            bad_below += bad;
        }
        won += twice as f64 / 2.0;
        pairs += f64::from(month.repaid) * f64::from(month.n - month.repaid);
    }
    (pairs > 0.0).then(|| won / pairs)
}

fn by_month(month: &[u32]) -> Vec<Vec<u32>> {
    let mut members: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
    month.iter().enumerate().filter(|(_, m)| **m != APART).for_each(|(k, m)| members.entry(*m).or_default().push(k as u32));
    members.into_values().collect()
}

/// The outcomes of each month in another order.
fn shuffled(repaid: &[bool], month: &[u32], seed: u64, shuffle: u64) -> Vec<bool> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(0xA24B_AED4_963E_E407) ^ shuffle);
    let mut found = repaid.to_vec();
    for members in by_month(month) {
        // Fisher and Yates.
        for k in (1..members.len()).rev() {
            let other = ((u128::from(random.next_u64()) * (k as u128 + 1)) >> 64) as usize;
            found.swap(members[k] as usize, members[other] as usize);
        }
    }
    found
}

/// The AUC within months of a model trained on these outcomes, on the test cases with these outcomes; none where nothing can be fitted.
///
/// All features, fine bins and no selection: a search for signal, so that a leak shows.
fn train_on(of: &Retrain<'_>, repaid: &[bool]) -> Result<Option<f64>> {
    let y = |rows: &[u32]| rows.iter().map(|k| f64::from(u8::from(repaid[*k as usize]))).collect::<Vec<f64>>();
    let outcome = y(of.train);
    let target = Target { outcome: &outcome, weight: None };
    let asks: Vec<Ask<'_>> = of.columns.iter().map(|column| Ask { column, trend: Trend::Free, specials: &[], by_hand: None }).collect();
    let limits = Limits { max_bins: 8, min_share: 0.02, min_events: 5.0, prebins: 50, objective: Objective::InformationValue };
    let (binned, _) = fit_bins(&asks, Rows::Some(of.train), &target, &limits)?;
    let tables: Vec<Vec<f64>> = binned.iter().map(|b| b.bins.bins.iter().map(|bin| bin.woe).collect()).collect();
    let data = Coded {
        n: of.train.len(),
        columns: binned.iter().map(|b| b.codes.as_slice()).collect(),
        tables: tables.clone(),
        names: binned.iter().map(|b| b.bins.name.as_str()).collect(),
    };
    let Ok(fitted) = fit(data, target, &Newton { penalty_per_case: 1e-3, seed: 1, start: None }) else { return Ok(None) };
    let bins: Vec<&FeatureBins> = binned.iter().map(|b| &b.bins).collect();
    let design = encode(of.columns, &bins, Rows::Some(of.test))?;
    let names = bins.iter().map(|b| b.name.as_str()).collect();
    let test = Coded { n: of.test.len(), columns: design.columns.iter().map(Vec::as_slice).collect(), tables, names };
    let months: Vec<u32> = of.test.iter().map(|k| of.month[*k as usize]).collect();
    let outcomes: Vec<bool> = of.test.iter().map(|k| repaid[*k as usize]).collect();
    Ok(within_month(&fitted.log_odds(&test), &outcomes, &months))
}
