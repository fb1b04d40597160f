//! How good a model is: AUC, KS, log-loss, Brier and calibration, overall and per bucket, with n and an interval, beside days past due
//! alone.
//!
//! Takes scores and outcomes; gives plain figures, `None` where there is nothing to measure, never `NaN`.

use crate::base::units::Bucket;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Bootstrap draws of an interval.
pub const DRAWS: usize = 200;

/// Figures of one ranking on one set of cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Chance that a repaid case ranks above one not repaid, ties half.
    pub auc: Option<f64>,
    /// 95 % interval of it: percentiles of [`DRAWS`] bootstrap draws of borrowers.
    pub auc_interval: Option<[f64; 2]>,
    /// Largest distance between the score distributions of repaid and not repaid.
    pub ks: Option<f64>,
    /// Mean of `−[y ln p + (1 − y) ln(1 − p)]`.
    pub log_loss: Option<f64>,
    /// Mean of `(y − p)²`.
    pub brier: Option<f64>,
}

/// One tenth of the cases by predicted probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    /// Cases.
    pub n: u64,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share repaid.
    pub observed: f64,
}

/// A set of cases: the model beside days past due alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// `all`, or a bucket.
    pub cases: String,
    /// How many.
    pub n: u64,
    /// Those repaid.
    pub repaid: u64,
    /// The model.
    pub model: Figures,
    /// Days past due alone: ranked by fewer days; probabilities by training rates of its bins.
    pub dpd_only: Figures,
}

/// A sample: overall, per bucket, and calibration by tenths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleEvaluation {
    /// `train`, `out_of_time`, or `out_of_time_new_borrowers`.
    pub sample: String,
    /// Overall, then per bucket.
    pub slices: Vec<Slice>,
    /// Calibration by tenths of the predicted probability.
    pub deciles: Vec<Decile>,
}

/// What is evaluated, one entry a case.
pub struct Scores<'a> {
    /// Predicted probability.
    pub probability: &'a [f64],
    /// Days past due.
    pub dpd: &'a [i32],
    /// Probability by days past due alone.
    pub dpd_probability: &'a [f64],
    /// Outcome.
    pub repaid: &'a [bool],
    /// Borrower, for the intervals.
    pub borrower: &'a [u32],
    /// Bucket, for the slices.
    pub bucket: &'a [Bucket],
}

/// Evaluates the cases `rows`.
pub fn evaluate(sample: &str, scores: &Scores<'_>, rows: &[u32], seed: u64) -> SampleEvaluation {
    let mut slices = vec![slice("all", scores, rows, seed)];
    for bucket in (0..8).map(Bucket) {
        let members: Vec<u32> = rows.iter().copied().filter(|r| scores.bucket[*r as usize] == bucket).collect();
        // A sample of one bucket is its own overall figure.
        if !members.is_empty() && members.len() < rows.len() {
            slices.push(slice(bucket.name(), scores, &members, seed));
        }
    }
    SampleEvaluation { sample: sample.to_string(), slices, deciles: deciles(scores, rows) }
}

fn slice(name: &str, scores: &Scores<'_>, rows: &[u32], seed: u64) -> Slice {
    let pick = |values: &dyn Fn(usize) -> f64| rows.iter().map(|r| values(*r as usize)).collect::<Vec<f64>>();
    let repaid: Vec<bool> = rows.iter().map(|r| scores.repaid[*r as usize]).collect();
    let borrower: Vec<u32> = rows.iter().map(|r| scores.borrower[*r as usize]).collect();
    let model = pick(&|k| scores.probability[k]);
    let by_dpd = pick(&|k| -f64::from(scores.dpd[k]));
    let dpd_probability = pick(&|k| scores.dpd_probability[k]);
    Slice {
        cases: name.to_string(),
        n: rows.len() as u64,
        repaid: repaid.iter().filter(|r| **r).count() as u64,
        model: figures(&model, &model, &repaid, &borrower, seed),
        dpd_only: figures(&by_dpd, &dpd_probability, &repaid, &borrower, seed),
    }
}

/// Figures of a ranking `score` and probabilities.
pub fn figures(score: &[f64], probability: &[f64], repaid: &[bool], borrower: &[u32], seed: u64) -> Figures {
    let order = ranks(score);
    let ones = vec![1.0; score.len()];
    let mean = |loss: &dyn Fn(f64, f64) -> f64| {
        let sum: f64 = probability.iter().zip(repaid).map(|(p, y)| loss(*p, f64::from(u8::from(*y)))).sum();
        (!repaid.is_empty()).then(|| tidy(sum / repaid.len() as f64))
    };
    Figures {
        auc: auc(&order, repaid, &ones).map(tidy),
        auc_interval: interval(&order, repaid, borrower, seed).map(|i| i.map(tidy)),
        ks: ks(&order, repaid).map(tidy),
        log_loss: mean(&|p, y| {
            let p = p.clamp(1e-9, 1.0 - 1e-9);
            -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
        }),
        brier: mean(&|p, y| (y - p) * (y - p)),
    }
}

/// Figures are kept to 1e-9: finer digits are noise of the order of sums.
fn tidy(x: f64) -> f64 {
    (x * 1e9).round() / 1e9
}

/// Places of the cases by ascending score, with the ends of runs of equal scores.
struct Ranks {
    order: Vec<u32>,
    run_ends: Vec<usize>,
}

fn ranks(score: &[f64]) -> Ranks {
    let mut order: Vec<u32> = (0..score.len() as u32).collect();
    order.sort_unstable_by(|a, b| score[*a as usize].total_cmp(&score[*b as usize]).then(a.cmp(b)));
    let run_ends = (1..=order.len()).filter(|k| *k == order.len() || score[order[*k] as usize] != score[order[*k - 1] as usize]).collect();
    Ranks { order, run_ends }
}

/// `Σ over runs of w₁(run) × (w₀ below + w₀(run) / 2) ÷ (W₁ × W₀)`, with weights of repaid (1) and not repaid (0).
fn auc(ranks: &Ranks, repaid: &[bool], weight: &[f64]) -> Option<f64> {
    let (mut below, mut pairs, mut all_repaid, mut start) = (0.0, 0.0, 0.0, 0);
    for end in &ranks.run_ends {
        let (mut good, mut bad) = (0.0, 0.0);
        for k in &ranks.order[start..*end] {
            let k = *k as usize;
            if repaid[k] { good += weight[k] } else { bad += weight[k] }
        }
        pairs += good * (below + bad / 2.0);
        below += bad;
        all_repaid += good;
        start = *end;
    }
    (below > 0.0 && all_repaid > 0.0).then(|| pairs / (below * all_repaid))
}

/// The chance that a case that was repaid has a greater score than one that was not, ties counting half; `None` without both outcomes.
/// Scores must be known.
pub fn area_under_curve(score: &[f64], repaid: &[bool]) -> Option<f64> {
    auc(&ranks(score), repaid, &vec![1.0; score.len()]).map(tidy)
}

fn ks(ranks: &Ranks, repaid: &[bool]) -> Option<f64> {
    let good = repaid.iter().filter(|r| **r).count() as f64;
    let bad = repaid.len() as f64 - good;
    if good == 0.0 || bad == 0.0 {
        return None;
    }
    let (mut seen_good, mut seen_bad, mut start, mut largest) = (0.0, 0.0, 0, 0.0f64);
    for end in &ranks.run_ends {
        for k in &ranks.order[start..*end] {
            if repaid[*k as usize] { seen_good += 1.0 } else { seen_bad += 1.0 }
        }
        start = *end;
        largest = largest.max((seen_bad / bad - seen_good / good).abs());
    }
    Some(largest)
}

/// Percentile interval of the AUC over draws of whole borrowers. The same borrowers are drawn for every ranking of the same cases.
fn interval(ranks: &Ranks, repaid: &[bool], borrower: &[u32], seed: u64) -> Option<[f64; 2]> {
    let ones = vec![1.0; repaid.len()];
    auc(ranks, repaid, &ones)?;
    let mut distinct = borrower.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let place: Vec<u32> = borrower.iter().map(|b| distinct.partition_point(|d| d < b) as u32).collect();
    let mut values: Vec<f64> = (0..DRAWS as u64)
        .into_par_iter()
        .filter_map(|draw| {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(draw));
            let mut times = vec![0.0f64; distinct.len()];
            for _ in 0..distinct.len() {
                times[(random.next_u64() % distinct.len() as u64) as usize] += 1.0;
            }
            let weight: Vec<f64> = place.iter().map(|p| times[*p as usize]).collect();
            auc(ranks, repaid, &weight)
        })
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    // A slice so small that most draws hold one class has no interval worth the name.
    (values.len() >= DRAWS / 2).then(|| [quantile(&values, 0.025), quantile(&values, 0.975)])
}

/// Quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + part * (sorted[high] - sorted[low])
}

fn deciles(scores: &Scores<'_>, rows: &[u32]) -> Vec<Decile> {
    let mut order = rows.to_vec();
    order.sort_unstable_by(|a, b| scores.probability[*a as usize].total_cmp(&scores.probability[*b as usize]).then(a.cmp(b)));
    let n = order.len();
    (0..10)
        .map(|k| &order[n * k / 10..n * (k + 1) / 10])
        .filter(|part| !part.is_empty())
        .map(|part| {
            let size = part.len() as f64;
            Decile {
                n: part.len() as u64,
                predicted: tidy(part.iter().map(|r| scores.probability[*r as usize]).sum::<f64>() / size),
                observed: tidy(part.iter().filter(|r| scores.repaid[**r as usize]).count() as f64 / size),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        // Scores of repaid: 0.8, 0.6, 0.4; of not repaid: 0.6, 0.2. Pairs won: 2 + (0.5 + 1) + (0 + 1) = 4.5 of 6.
        let p = [0.8, 0.6, 0.4, 0.6, 0.2];
        let y = [true, true, true, false, false];
        let found = figures(&p, &p, &y, &[0, 1, 2, 3, 4], 1);
        assert_eq!(found.auc, Some(0.75));
        // At 0.2: bad ½, good 0. At 0.4: ½ against ⅓. At 0.6: 1 against ⅔.
        assert_eq!(found.ks, Some(0.5));
        assert_eq!(found.brier, Some(tidy((0.04 + 0.16 + 0.36 + 0.36 + 0.04) / 5.0)));
        let by_hand = -(0.8f64.ln() + 0.6f64.ln() + 0.4f64.ln() + 0.4f64.ln() + 0.8f64.ln()) / 5.0;
        assert_eq!(found.log_loss, Some(tidy(by_hand)));
        let [low, high] = found.auc_interval.unwrap();
        assert!(low <= 0.75 && 0.75 <= high);
    }

    #[test]
    fn one_class_has_no_figure_and_all_equal_scores_tie() {
        let found = figures(&[0.5, 0.6], &[0.5, 0.6], &[true, true], &[0, 1], 1);
        assert_eq!((found.auc, found.ks, found.auc_interval), (None, None, None));
        let found = figures(&[0.5; 4], &[0.5; 4], &[true, false, true, false], &[0, 1, 2, 3], 1);
        assert_eq!((found.auc, found.ks), (Some(0.5), Some(0.0)));
    }

    #[test]
    fn intervals_are_wider_where_a_borrower_has_many_cases() {
        let n = 400;
        let p: Vec<f64> = (0..n).map(|k| f64::from((k * 7919) % 1000) / 1000.0).collect();
        let y: Vec<bool> = (0..n).map(|k| f64::from((k * 104_729) % 997) / 997.0 < p[k as usize]).collect();
        let apart: Vec<u32> = (0..n as u32).collect();
        let together: Vec<u32> = (0..n as u32).map(|k| k / 20).collect();
        let width = |b: &[u32]| figures(&p, &p, &y, b, 1).auc_interval.map(|i| i[1] - i[0]).unwrap();
        // Cases of a borrower are independent here, so widths are alike; what matters is that they are drawn together.
        assert!(width(&apart) > 0.05 && width(&together) > 0.03);
        assert_ne!(width(&apart), width(&together));
    }
}
