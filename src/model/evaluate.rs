//! How good a model is: AUC, KS, log-loss, Brier and calibration, overall and per bucket, with n and an interval, beside days past due
//! alone.
//!
//! Takes scores and outcomes, which may be shares and may have weights; gives plain figures, `None` where there is nothing to measure,
//! never `NaN`.

use super::bin::Target;
use super::calibrate::{Line, line};
use crate::base::units::Bucket;
use serde::{Deserialize, Serialize};

/// Two-sided 95 % of the normal distribution.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Figures of one ranking on one set of cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Chance that a repaid case ranks above one not repaid, ties half.
    pub auc: Option<f64>,
    /// 95 % interval of it: DeLong's variance summed by borrower, on the logit scale.
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
    /// Share of them repaid, weighted; `None` without cases.
    pub repaid_share: Option<f64>,
    /// The model.
    pub model: Figures,
    /// Days past due alone: ranked by fewer days; probabilities by training rates of its bins. None for a flat table.
    pub dpd_only: Option<Figures>,
}

/// The slope of outcomes on the model's log-odds: 1 where they are as steep as they should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationSlope {
    /// Slope.
    pub slope: f64,
    /// Its 95 % interval, errors clustered by borrower where borrowers are known.
    pub interval: [f64; 2],
    /// Intercept.
    pub intercept: f64,
}

/// A sample: overall, per bucket, and calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleEvaluation {
    /// `train`, `out_of_time`, or `out_of_time_new_borrowers`.
    pub sample: String,
    /// Overall, then per bucket.
    pub slices: Vec<Slice>,
    /// The calibration slope; none with one outcome or one score.
    pub calibration: Option<CalibrationSlope>,
    /// Calibration by tenths of the predicted probability.
    pub deciles: Vec<Decile>,
}

/// What is evaluated, one entry a case.
pub struct Scores<'a> {
    /// Log-odds that the model gives.
    pub log_odds: &'a [f64],
    /// Predicted probability.
    pub probability: &'a [f64],
    /// Outcome, 0 to 1.
    pub outcome: &'a [f64],
    /// Weight of each case; 1 where absent.
    pub weight: Option<&'a [f64]>,
    /// Borrower, for the intervals; each case its own where absent.
    pub borrower: Option<&'a [u32]>,
    /// Bucket and days past due, and the probability by those alone.
    pub arrears: Option<ArrearsScores<'a>>,
}

/// What a book of histories adds.
#[derive(Clone, Copy)]
pub struct ArrearsScores<'a> {
    /// Bucket, for the slices.
    pub bucket: &'a [Bucket],
    /// Days past due.
    pub dpd: &'a [i32],
    /// Probability by days past due alone.
    pub dpd_probability: &'a [f64],
}

/// The values of some cases, in their order.
pub fn pick<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|r| values[*r as usize]).collect()
}

/// Evaluates the cases `rows`.
pub fn evaluate(sample: &str, scores: &Scores<'_>, rows: &[u32]) -> SampleEvaluation {
    let mut slices = vec![slice("all", scores, rows)];
    if let Some(arrears) = scores.arrears {
        for bucket in (0..8).map(Bucket) {
            let members: Vec<u32> = rows.iter().copied().filter(|r| arrears.bucket[*r as usize] == bucket).collect();
            // A sample of one bucket is its own overall figure.
            if !members.is_empty() && members.len() < rows.len() {
                slices.push(slice(bucket.name(), scores, &members));
            }
        }
    }
    let (outcome, weight) = (pick(scores.outcome, rows), scores.weight.map(|w| pick(w, rows)));
    let borrower = scores.borrower.map(|b| pick(b, rows));
    let target = Target { outcome: &outcome, weight: weight.as_deref() };
    let calibration = line(&pick(scores.log_odds, rows), &target, borrower.as_deref()).map(|found| calibration_slope(&found));
    SampleEvaluation { sample: sample.to_string(), slices, calibration, deciles: deciles(scores, rows) }
}

fn calibration_slope(found: &Line) -> CalibrationSlope {
    let half = Z95 * found.slope_error;
    CalibrationSlope { slope: tidy(found.slope), interval: [tidy(found.slope - half), tidy(found.slope + half)], intercept: tidy(found.intercept) }
}

fn slice(name: &str, scores: &Scores<'_>, rows: &[u32]) -> Slice {
    let (outcome, weight) = (pick(scores.outcome, rows), scores.weight.map(|w| pick(w, rows)));
    let borrower = scores.borrower.map(|b| pick(b, rows));
    let target = Target { outcome: &outcome, weight: weight.as_deref() };
    let figures_of = |score: &[f64], probability: &[f64]| figures(score, probability, &target, borrower.as_deref());
    let total: f64 = (0..rows.len()).map(|k| target.weight_of(k)).sum();
    let repaid: f64 = (0..rows.len()).map(|k| target.weight_of(k) * outcome[k]).sum();
    Slice {
        cases: name.to_string(),
        n: rows.len() as u64,
        repaid_share: (total > 0.0).then(|| tidy(repaid / total)),
        model: figures_of(&pick(scores.log_odds, rows), &pick(scores.probability, rows)),
        dpd_only: scores.arrears.map(|arrears| {
            let by_dpd: Vec<f64> = rows.iter().map(|r| -f64::from(arrears.dpd[*r as usize])).collect();
            figures_of(&by_dpd, &pick(arrears.dpd_probability, rows))
        }),
    }
}

/// Figures of a ranking `score` and probabilities.
pub fn figures(score: &[f64], probability: &[f64], target: &Target<'_>, borrower: Option<&[u32]>) -> Figures {
    let order = ranks(score);
    let total: f64 = (0..score.len()).map(|k| target.weight_of(k)).sum();
    let mean = |loss: &dyn Fn(f64, f64) -> f64| {
        let sum: f64 = (0..score.len()).map(|k| target.weight_of(k) * loss(probability[k], target.outcome[k])).sum();
        (total > 0.0).then(|| tidy(sum / total))
    };
    let found = auc(&order, target);
    Figures {
        auc: found.map(tidy),
        auc_interval: found.and_then(|auc| interval(auc, &order, target, borrower)).map(|i| i.map(tidy)),
        ks: ks(&order, target).map(tidy),
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
    // A score and its place in one key sort without looking elsewhere: the total order of doubles is that of these whole numbers.
    let key = |x: f64| {
        let bits = (x + 0.0).to_bits() as i64;
        bits ^ ((((bits >> 63) as u64) >> 1) as i64)
    };
    let mut keyed: Vec<(i64, u32)> = score.iter().enumerate().map(|(k, x)| (key(*x), k as u32)).collect();
    keyed.sort_unstable();
    let run_ends = (1..=keyed.len()).filter(|k| *k == keyed.len() || keyed[*k].0 != keyed[*k - 1].0).collect();
    Ranks { order: keyed.into_iter().map(|(_, k)| k).collect(), run_ends }
}

impl Ranks {
    /// Each run of equal scores, ascending: its cases, its weight of repaid and its weight of not repaid.
    fn runs<'a>(&'a self, target: &'a Target<'_>) -> impl Iterator<Item = (&'a [u32], f64, f64)> + 'a {
        let mut start = 0;
        self.run_ends.iter().map(move |end| {
            let members = &self.order[start..*end];
            start = *end;
            let (mut good, mut bad) = (0.0, 0.0);
            for k in members {
                let (w, y) = (target.weight_of(*k as usize), target.outcome[*k as usize]);
                good += w * y;
                bad += w * (1.0 - y);
            }
            (members, good, bad)
        })
    }
}

/// `Σ over runs of w₁(run) × (w₀ below + w₀(run) / 2) ÷ (W₁ × W₀)`, with weights of repaid (1) and not repaid (0).
fn auc(ranks: &Ranks, target: &Target<'_>) -> Option<f64> {
    let (mut below, mut pairs, mut all_repaid) = (0.0, 0.0, 0.0);
    for (_, good, bad) in ranks.runs(target) {
        pairs += good * (below + bad / 2.0);
        below += bad;
        all_repaid += good;
    }
    (below > 0.0 && all_repaid > 0.0).then(|| pairs / (below * all_repaid))
}

/// The chance that a case that was repaid has a greater score than one that was not, ties counting half; `None` without both outcomes.
/// Scores must be known.
pub fn area_under_curve(score: &[f64], repaid: &[bool]) -> Option<f64> {
    let outcome: Vec<f64> = repaid.iter().map(|r| f64::from(u8::from(*r))).collect();
    auc(&ranks(score), &Target { outcome: &outcome, weight: None }).map(tidy)
}

fn ks(ranks: &Ranks, target: &Target<'_>) -> Option<f64> {
    let (good, bad) = ranks.runs(target).fold((0.0, 0.0), |(g, b), (_, good, bad)| (g + good, b + bad));
    if good <= 0.0 || bad <= 0.0 {
        return None;
    }
    let (mut seen_good, mut seen_bad, mut largest) = (0.0, 0.0, 0.0f64);
    for (_, of_good, of_bad) in ranks.runs(target) {
        seen_good += of_good;
        seen_bad += of_bad;
        largest = largest.max((seen_bad / bad - seen_good / good).abs());
    }
    Some(largest)
}

/// 95 % interval of the AUC by the delta method on its logit.
///
/// A case's influence is `a (V₁ − AUC) / A + b (V₀ − AUC) / B`, where `a = w y` and `b = w (1 − y)` are its weights of repaid and not repaid,
/// `V₁` the share of not repaid below it and `V₀` the share of repaid above it. Influences are summed by borrower; the variance is
/// `G / (G − 1) × Σ squares`.
///
/// # Source
/// DeLong, DeLong and Clarke-Pearson 1988; Obuchowski 1997 for clusters.
fn interval(auc: f64, ranks: &Ranks, target: &Target<'_>, borrower: Option<&[u32]>) -> Option<[f64; 2]> {
    if auc <= 0.0 || auc >= 1.0 {
        return None;
    }
    let (all_good, all_bad) = ranks.runs(target).fold((0.0, 0.0), |(g, b), (_, good, bad)| (g + good, b + bad));
    let mut influence = vec![0.0; target.outcome.len()];
    let (mut good_below, mut bad_below) = (0.0, 0.0);
    for (members, good, bad) in ranks.runs(target) {
        let (v1, v0) = ((bad_below + bad / 2.0) / all_bad, (all_good - good_below - good / 2.0) / all_good);
        for k in members {
            let (w, y) = (target.weight_of(*k as usize), target.outcome[*k as usize]);
            influence[*k as usize] = w * y * (v1 - auc) / all_good + w * (1.0 - y) * (v0 - auc) / all_bad;
        }
        good_below += good;
        bad_below += bad;
    }
    let (squares, clusters) = squares_by_cluster(influence, borrower);
    if clusters < 2.0 || squares <= 0.0 {
        return None;
    }
    let error = (squares * clusters / (clusters - 1.0)).sqrt();
    let (centre, half) = ((auc / (1.0 - auc)).ln(), Z95 * error / (auc * (1.0 - auc)));
    Some([crate::base::units::sigmoid(centre - half), crate::base::units::sigmoid(centre + half)])
}

/// The sum over clusters of the squared sum of their values, and how many clusters there are; each value its own cluster where none are known.
pub fn squares_by_cluster(values: Vec<f64>, cluster: Option<&[u32]>) -> (f64, f64) {
    let Some(cluster) = cluster else {
        return (values.iter().map(|x| x * x).sum(), values.len() as f64);
    };
    let mut keyed: Vec<(u32, f64)> = cluster.iter().copied().zip(values).collect();
    // Stable, so that the sum within a cluster has the order of the cases.
    if !keyed.is_sorted_by_key(|(c, _)| *c) {
        keyed.sort_by_key(|(c, _)| *c);
    }
    let sums = keyed.chunk_by(|a, b| a.0 == b.0).map(|of| of.iter().map(|(_, x)| x).sum::<f64>());
    sums.fold((0.0, 0.0), |(squares, n), s| (squares + s * s, n + 1.0))
}

fn deciles(scores: &Scores<'_>, rows: &[u32]) -> Vec<Decile> {
    let ranked = ranks(&pick(scores.probability, rows));
    let order: Vec<u32> = ranked.order.iter().map(|k| rows[*k as usize]).collect();
    let n = order.len();
    let weight = |r: u32| scores.weight.map_or(1.0, |w| w[r as usize]);
    (0..10)
        .map(|k| &order[n * k / 10..n * (k + 1) / 10])
        .filter_map(|part| {
            let total: f64 = part.iter().map(|r| weight(*r)).sum();
            let mean = |values: &[f64]| tidy(part.iter().map(|r| weight(*r) * values[*r as usize]).sum::<f64>() / total);
            (total > 0.0).then(|| Decile { n: part.len() as u64, predicted: mean(scores.probability), observed: mean(scores.outcome) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(score: &[f64], outcome: &[f64], borrower: Option<&[u32]>) -> Figures {
        figures(score, score, &Target { outcome, weight: None }, borrower)
    }

    #[test]
    fn figures_by_hand() {
        // Scores of repaid: 0.8, 0.6, 0.4; of not repaid: 0.6, 0.2. Pairs won: 2 + (0.5 + 1) + (0 + 1) = 4.5 of 6.
        let found = of(&[0.8, 0.6, 0.4, 0.6, 0.2], &[1.0, 1.0, 1.0, 0.0, 0.0], None);
        assert_eq!(found.auc, Some(0.75));
        // At 0.2: bad ½, good 0. At 0.4: ½ against ⅓. At 0.6: 1 against ⅔.
        assert_eq!(found.ks, Some(0.5));
        assert_eq!(found.brier, Some(tidy((0.04 + 0.16 + 0.36 + 0.36 + 0.04) / 5.0)));
        let by_hand = -(0.8f64.ln() + 0.6f64.ln() + 0.4f64.ln() + 0.4f64.ln() + 0.8f64.ln()) / 5.0;
        assert_eq!(found.log_loss, Some(tidy(by_hand)));
        // V₁ of repaid: 1, ¾, ½; V₀ of not repaid: ½, 1. Influences: (V₁ − ¾)/3 and (V₀ − ¾)/2; squares: 2 × (1/12)² + 2 × (1/8)².
        let error = f64::sqrt((2.0 / 144.0 + 2.0 / 64.0) * 5.0 / 4.0);
        let (centre, half) = (3f64.ln(), Z95 * error / (0.75 * 0.25));
        let [low, high] = found.auc_interval.unwrap();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        assert!((low - sigmoid(centre - half)).abs() < 2e-9 && (high - sigmoid(centre + half)).abs() < 2e-9);
    }

    #[test]
    fn a_weight_of_two_is_the_case_twice_and_a_share_is_two_cases() {
        let (p, y) = ([0.8, 0.6, 0.4, 0.6, 0.2], [1.0, 0.0, 1.0, 0.25, 0.0]);
        let weighted = figures(&p, &p, &Target { outcome: &y, weight: Some(&[2.0, 1.0, 1.0, 4.0, 1.0]) }, None);
        let many_p = [0.8, 0.8, 0.6, 0.4, 0.6, 0.6, 0.6, 0.6, 0.2];
        let many_y = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let many = of(&many_p, &many_y, None);
        assert_eq!((weighted.auc, weighted.ks, weighted.log_loss), (many.auc, many.ks, many.log_loss));
    }

    #[test]
    fn one_class_has_no_figure_and_all_equal_scores_tie() {
        let found = of(&[0.5, 0.6], &[1.0, 1.0], None);
        assert_eq!((found.auc, found.ks, found.auc_interval), (None, None, None));
        let found = of(&[0.5; 4], &[1.0, 0.0, 1.0, 0.0], None);
        assert_eq!((found.auc, found.ks, found.auc_interval), (Some(0.5), Some(0.0), None));
    }

    #[test]
    fn cases_of_one_borrower_count_once() {
        // Every case twice: with borrowers known the interval is that of the single cases, up to G / (G − 1) alone.
        let n = 400;
        let p: Vec<f64> = (0..n).map(|k| f64::from((k * 7919) % 1000) / 1000.0).collect();
        let y: Vec<f64> = (0..n).map(|k| f64::from(u8::from(f64::from((k * 104_729) % 997) / 997.0 < p[k as usize]))).collect();
        let twice = |v: &[f64]| v.iter().flat_map(|x| [*x, *x]).collect::<Vec<f64>>();
        let borrower: Vec<u32> = (0..n as u32).flat_map(|k| [k, k]).collect();
        let single = of(&p, &y, None).auc_interval.unwrap();
        let known = of(&twice(&p), &twice(&y), Some(&borrower)).auc_interval.unwrap();
        let naive = of(&twice(&p), &twice(&y), None).auc_interval.unwrap();
        assert!((single[0] - known[0]).abs() < 1e-9 && (single[1] - known[1]).abs() < 1e-9, "{single:?} {known:?}");
        let width = |i: [f64; 2]| i[1] - i[0];
        assert!((width(naive) / width(known) - f64::sqrt(0.5)).abs() < 0.01);
    }

    #[test]
    fn the_order_of_scores_is_that_of_numbers() {
        let scores = [-0.0, 0.0, 1.5, -2.5, f64::NEG_INFINITY, 3e300, -1e-300];
        let found = ranks(&scores);
        assert_eq!(found.order, [4, 3, 6, 0, 1, 2, 5]);
        assert_eq!(found.run_ends, [1, 2, 3, 5, 6, 7]);
    }
}
