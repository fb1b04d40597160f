//! Which features stay: by information value, stability, variance inflation, the sign of the coefficient, and likelihood; each drop with its
//! reason.
//!
//! Screening looks at each feature's bins and at the correlations between them. Elimination starts from the fit of all that passed: the
//! information at its maximum tells what the fit without a feature would be (β₋ⱼ = β − Vⱼ βⱼ / Vⱼⱼ), so that a whole round of drops costs one fit,
//! which then confirms it.

use super::bin::{Binned, Dropped, FeatureBins, OrderKept, Target, order_kept, psi};
use super::fit::{Coded, LogisticFit, Newton, fit, wald};
use crate::base::config::{Criterion, Direction, Selection, Stepwise, SubScore};
use crate::base::problem::{Failure, Problem, Result};
use serde::{Deserialize, Serialize};

/// Cases that correlations are computed on, at most: their error is then below half a hundredth.
const CORRELATION_CASES: usize = 50_000;
/// Normal quantile of a chance of one in a thousand.
const RARE: f64 = 3.090_232;
/// A month of fewer cases says nothing of stability.
const MONTH_CASES: f64 = 50.0;

/// A feature that may enter the fit.
pub struct Candidate {
    /// Its bins and the codes of the training cases.
    pub binned: Binned,
    /// Expected direction.
    pub expected: Direction,
    /// Its sub-score.
    pub sub_score: SubScore,
    /// Variance inflation among those that passed the screening.
    pub vif: f64,
    /// Stability index between the first and the last month.
    pub csi: Option<f64>,
    /// Months that keep the order of its bins.
    pub order_kept: OrderKept,
}

impl Candidate {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.binned.bins.name
    }
}

/// One round of elimination, as the model file tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Features of the fit.
    pub features: usize,
    /// Its weighted log-likelihood, without the penalty.
    pub log_likelihood: f64,
    /// Features dropped after it.
    pub dropped: Vec<String>,
}

fn dropped(feature: &str, reason: String) -> Dropped {
    Dropped { feature: feature.to_string(), reason }
}

/// Sets the stability of each candidate and drops those below the information value or above the stability index.
///
/// `month` is a number for each training case; without it nothing is said of stability.
pub fn screen(candidates: Vec<Candidate>, target: &Target<'_>, month: Option<&[u32]>, rules: &Selection) -> (Vec<Candidate>, Vec<Dropped>) {
    use rayon::prelude::*;
    let ends = month.and_then(|month| first_and_last(month, target));
    let judged: Vec<std::result::Result<Candidate, Dropped>> = candidates
        .into_par_iter()
        .map(|mut candidate| {
            let (bins, codes) = (&candidate.binned.bins, &candidate.binned.codes);
            let value = bins.information_value;
            if value < rules.min_information_value {
                return Err(dropped(&bins.name, format!("its information value is {value:.3}, below {}", rules.min_information_value)));
            }
            let chance = chance_value(bins);
            if value < chance && rules.beyond_chance {
                return Err(dropped(&bins.name, format!("its information value is {value:.3}, and chance alone gives up to {chance:.3}")));
            }
            if let Some(month) = month {
                candidate.order_kept = order_kept(bins, codes, target, month);
            }
            if let (Some(month), Some([first, last])) = (month, ends) {
                let (csi, noise) = stability(codes, bins.bins.len(), target, month, first, last);
                if csi > rules.max_csi.at() && csi > noise {
                    let why = format!(
                        "stability index {csi:.3} between the first and the last training month is above {} (chance alone gives up to {noise:.3})",
                        rules.max_csi.at()
                    );
                    return Err(dropped(&bins.name, why));
                }
                candidate.csi = Some(csi);
            }
            Ok(candidate)
        })
        .collect();
    let (mut kept, mut out) = (Vec::new(), Vec::new());
    for result in judged {
        match result {
            Ok(candidate) => kept.push(candidate),
            Err(why) => out.push(why),
        }
    }
    (kept, out)
}

/// The first and the last month of at least [`MONTH_CASES`]; `None` if they are the same.
fn first_and_last(month: &[u32], target: &Target<'_>) -> Option<[u32; 2]> {
    let mut weight = std::collections::BTreeMap::new();
    for (k, month) in month.iter().enumerate() {
        *weight.entry(*month).or_insert(0.0) += target.weight_of(k);
    }
    let mut full = weight.into_iter().filter(|(_, w)| *w >= MONTH_CASES).map(|(month, _)| month);
    let first = full.next()?;
    full.next_back().map(|last| [first, last])
}

/// The stability index of the bins between two months, and what chance alone exceeds once in a thousand: for two samples of one distribution
/// the index times `n₁ n₂ / (n₁ + n₂)` is χ² of bins − 1 degrees of freedom.
fn stability(codes: &[u8], bins: usize, target: &Target<'_>, month: &[u32], first: u32, last: u32) -> (f64, f64) {
    let (mut a, mut b) = (vec![0.0; bins], vec![0.0; bins]);
    for (k, code) in codes.iter().enumerate() {
        if month[k] == first {
            a[usize::from(*code)] += target.weight_of(k);
        } else if month[k] == last {
            b[usize::from(*code)] += target.weight_of(k);
        }
    }
    let (n1, n2) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    let df = (a.iter().zip(&b).filter(|(x, y)| **x + **y > 0.0).count() as f64 - 1.0).max(1.0);
    (psi(&a, &b), chi_square(df, RARE) * (n1 + n2) / (n1 * n2))
}

/// Drops features that the others tell: while a variance inflation factor is above the bound, the feature of least information value among
/// those above it goes. Sets the factor of those that stay.
pub fn untangle(mut candidates: Vec<Candidate>, target: &Target<'_>, most: f64) -> (Vec<Candidate>, Vec<Dropped>) {
    let mut out = Vec::new();
    let full = correlations(&candidates, target);
    let width = candidates.len();
    let mut kept: Vec<usize> = (0..width).collect();
    loop {
        let factors = inflation(&full, width, &kept);
        let least = |a: &usize, b: &usize| {
            let value = |place: usize| candidates[kept[place]].binned.bins.information_value;
            value(*a).total_cmp(&value(*b)).then(b.cmp(a))
        };
        let Some(place) = (0..kept.len()).filter(|k| factors[*k] > most).min_by(least) else {
            kept.iter().zip(factors).for_each(|(k, factor)| candidates[*k].vif = factor);
            break;
        };
        let gone = kept.remove(place);
        let nearest = kept.iter().copied().max_by(|a, b| full[gone * width + a].abs().total_cmp(&full[gone * width + b].abs()).then(b.cmp(a)));
        let beside = nearest.map_or(String::new(), |k| format!("; nearest is {}, correlation {:.3}", candidates[k].name(), full[gone * width + k]));
        let factor = if factors[place].is_finite() { format!("{:.1}", factors[place]) } else { "without bound".into() };
        out.push(dropped(candidates[gone].name(), format!("the others tell it: variance inflation {factor}, above {most}{beside}")));
    }
    let mut place = 0;
    candidates.retain(|_| {
        place += 1;
        kept.binary_search(&(place - 1)).is_ok()
    });
    (candidates, out)
}

/// Weighted correlations of the weights of evidence, row by row.
fn correlations(candidates: &[Candidate], target: &Target<'_>) -> Vec<f64> {
    use rayon::prelude::*;
    let n = target.outcome.len();
    let stride = n.div_ceil(CORRELATION_CASES).max(1);
    let weight: Vec<f64> = (0..n).step_by(stride).map(|k| target.weight_of(k)).collect();
    let total: f64 = weight.iter().sum();
    let standard: Vec<Vec<f64>> = candidates
        .par_iter()
        .map(|c| {
            let x: Vec<f64> = c.binned.codes.iter().step_by(stride).map(|code| c.binned.bins.bins[usize::from(*code)].woe).collect();
            let mean = x.iter().zip(&weight).map(|(x, w)| x * w).sum::<f64>() / total;
            let variance = x.iter().zip(&weight).map(|(x, w)| w * (x - mean) * (x - mean)).sum::<f64>() / total;
            let scale = if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 };
            x.iter().zip(&weight).map(|(x, w)| (x - mean) * scale * (w / total).sqrt()).collect()
        })
        .collect();
    let width = candidates.len();
    let rows: Vec<Vec<f64>> = (0..width)
        .into_par_iter()
        .map(|i| (0..width).map(|j| if i == j { 1.0 } else { standard[i].iter().zip(&standard[j]).map(|(a, b)| a * b).sum::<f64>() }).collect())
        .collect();
    rows.concat()
}

/// Variance inflation factors of the columns `kept`: the diagonal of the inverse correlation matrix; infinite where a column is told exactly.
fn inflation(correlation: &[f64], width: usize, kept: &[usize]) -> Vec<f64> {
    let p = kept.len();
    let mut matrix: Vec<f64> = kept.iter().flat_map(|i| kept.iter().map(move |j| correlation[i * width + j])).collect();
    let mut told = vec![false; p];
    // Gauss-Jordan in place: after pivot k the entry (k, k) is that of the inverse of the leading block.
    for k in 0..p {
        let pivot = matrix[k * p + k];
        if pivot < 1e-9 {
            // Told by those before it: it goes, and the rest is inverted without it.
            told[k] = true;
            for j in 0..p {
                matrix[k * p + j] = 0.0;
                matrix[j * p + k] = 0.0;
            }
            continue;
        }
        let row: Vec<f64> = (0..p).map(|j| matrix[k * p + j]).collect();
        for i in (0..p).filter(|i| *i != k) {
            let factor = matrix[i * p + k] / pivot;
            for j in (0..p).filter(|j| *j != k) {
                matrix[i * p + j] -= factor * row[j];
            }
            matrix[i * p + k] = -factor;
        }
        for j in (0..p).filter(|j| *j != k) {
            matrix[k * p + j] = row[j] / pivot;
        }
        matrix[k * p + k] = 1.0 / pivot;
    }
    (0..p).map(|k| if told[k] { f64::INFINITY } else { matrix[k * p + k] }).collect()
}

/// The fit of what is left.
pub struct Eliminated {
    /// Places of the candidates that stay.
    pub kept: Vec<usize>,
    /// Their fit.
    pub fit: LogisticFit,
    /// Every drop with its reason.
    pub dropped: Vec<Dropped>,
    /// The rounds.
    pub rounds: Vec<Round>,
}

/// The codes and weights of evidence of some candidates.
pub fn coded<'a>(candidates: &'a [Candidate], kept: &[usize]) -> Coded<'a> {
    let of = |k: &usize| &candidates[*k].binned;
    Coded {
        n: kept.first().map_or(0, |k| of(k).codes.len()),
        columns: kept.iter().map(|k| of(k).codes.as_slice()).collect(),
        tables: kept.iter().map(|k| of(k).bins.bins.iter().map(|b| b.woe).collect()).collect(),
        names: kept.iter().map(|k| candidates[*k].name()).collect(),
    }
}

/// Eliminates features until all coefficients have the sign of their weights of evidence and all add what the criterion asks.
///
/// # Errors
/// Those of the fit; `model.no_feature` if none is left.
pub fn eliminate(candidates: &[Candidate], target: &Target<'_>, newton: &Newton, rules: &Selection) -> Result<Eliminated> {
    let needed = needed(rules, target.outcome.len());
    let mut kept: Vec<usize> = (0..candidates.len()).collect();
    let mut found = Eliminated { fit: fit(coded(candidates, &kept), *target, newton)?, kept: Vec::new(), dropped: Vec::new(), rounds: Vec::new() };
    // A feature whose drop the exact fit did not confirm stays.
    let mut confirmed: Vec<usize> = Vec::new();
    let mut most = usize::MAX;
    loop {
        let (drops, start) = proposals(&kept, &found.fit, rules, needed, &confirmed, most);
        let names: Vec<String> = drops.iter().map(|d| candidates[d.candidate].name().to_string()).collect();
        found.rounds.push(Round { features: kept.len(), log_likelihood: found.fit.log_likelihood, dropped: names });
        if drops.is_empty() {
            found.kept = kept;
            return Ok(found);
        }
        let left: Vec<usize> = kept.iter().copied().filter(|k| drops.iter().all(|d| d.candidate != *k)).collect();
        if left.is_empty() {
            found.dropped.extend(drops.into_iter().map(|d| dropped(candidates[d.candidate].name(), d.reason)));
            return Err(none_left(&found.dropped));
        }
        let mut again = fit(coded(candidates, &left), *target, &Newton { start: Some(start), ..newton.clone() })?;
        again.start.clone_from(&found.fit.start);
        again.steps += found.fit.steps;
        let by_likelihood = drops.iter().all(|d| d.by_likelihood);
        let ratio = 2.0 * (found.fit.log_likelihood - again.log_likelihood);
        if by_likelihood && ratio > needed * drops.len() as f64 {
            // The quadratic picture was too rosy: one at a time, and the last one stays.
            found.rounds.pop();
            if drops.len() == 1 {
                confirmed.push(drops[0].candidate);
            }
            most = 1;
            continue;
        }
        found.dropped.extend(drops.into_iter().map(|d| dropped(candidates[d.candidate].name(), d.reason)));
        (kept, found.fit) = (left, again);
    }
}

/// The error of a training that has no feature left: every reason with the features that it is the reason for.
pub fn none_left(dropped: &[Dropped]) -> Failure {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for d in dropped {
        match by_reason.iter_mut().find(|(reason, _)| *reason == d.reason) {
            Some((_, features)) => features.push(&d.feature),
            None => by_reason.push((&d.reason, vec![&d.feature])),
        }
    }
    let said: Vec<String> = by_reason.into_iter().map(|(reason, features)| format!("{}: {reason}", features.join(", "))).collect();
    Problem::error("model.no_feature", "no feature is left to train on")
        .value(said.join("; "))
        .help("check the tables and the features of the project file, or loosen [model.selection]")
        .fail()
}

/// The likelihood ratio that a feature must bring to stay.
fn needed(rules: &Selection, cases: usize) -> f64 {
    match (rules.stepwise, rules.criterion) {
        (Stepwise::None, _) => 0.0,
        (_, Criterion::Aic) => 2.0,
        (_, Criterion::Bic) => (cases as f64).ln(),
        (_, Criterion::PValue) => {
            // The z whose two-sided p is the bound, by halving: p falls as z grows.
            let (mut low, mut high) = (0.0f64, 40.0f64);
            for _ in 0..80 {
                let z = (low + high) / 2.0;
                if wald(z, 1.0).p > rules.max_p_value { low = z } else { high = z }
            }
            high * high
        }
    }
}

/// The quantile of χ² whose normal quantile is z.
///
/// # Source
/// Wilson and Hilferty 1931; within 4 % with one degree of freedom, within 1 % from three on.
fn chi_square(freedom: f64, z: f64) -> f64 {
    freedom * (1.0 - 2.0 / (9.0 * freedom) + z * (2.0 / (9.0 * freedom)).sqrt()).powi(3)
}

/// The information value that bins without any meaning exceed once in twenty: times `G B / (G + B)`, with G and B the weights of repaid and not
/// repaid, it is χ² of bins − 1 degrees of freedom. Bins that were searched for exceed it more often than bins at fixed places would.
fn chance_value(bins: &FeatureBins) -> f64 {
    let used = || bins.bins.iter().filter(|bin| bin.n > 0);
    let (all, good) = used().fold((0.0, 0.0), |(all, good), bin| (all + bin.weight, good + bin.repaid));
    chi_square((used().count() as f64 - 1.0).max(1.0), 1.644_854) * all / (good * (all - good))
}

struct Drop {
    candidate: usize,
    reason: String,
    by_likelihood: bool,
}

/// The drops of a round, and the intercept and coefficients that the rest would have.
fn proposals(kept: &[usize], fit: &LogisticFit, rules: &Selection, needed: f64, confirmed: &[usize], most: usize) -> (Vec<Drop>, Vec<f64>) {
    let p = kept.len() + 1;
    let mut beta: Vec<f64> = std::iter::once(fit.intercept).chain(fit.coefficients.iter().copied()).collect();
    let mut covariance = fit.covariance.clone();
    let mut left: Vec<usize> = (1..p).collect();
    let mut drops: Vec<Drop> = Vec::new();
    while !left.is_empty() && drops.len() < most {
        let square = |j: usize, beta: &[f64], covariance: &[f64]| beta[j] * beta[j] / covariance[j * p + j];
        let against = left.iter().copied().filter(|j| rules.sign && beta[*j] < 0.0);
        let worst = against.max_by(|a, b| square(*a, &beta, &covariance).total_cmp(&square(*b, &beta, &covariance)).then(b.cmp(a)));
        let weakest = || {
            let by_square = |a: &usize, b: &usize| square(*a, &beta, &covariance).total_cmp(&square(*b, &beta, &covariance)).then(b.cmp(a));
            left.iter().copied().filter(|j| !confirmed.contains(&kept[*j - 1])).min_by(by_square)
        };
        let (place, reason) = match (worst, weakest()) {
            (Some(j), _) => (j, format!("beside the others its coefficient is {:.3}: it works against its own bins", beta[j])),
            (None, Some(j)) if square(j, &beta, &covariance) < needed => {
                let ratio = square(j, &beta, &covariance);
                (j, format!("beside the others it adds a likelihood ratio of {ratio:.2}, below {needed:.2} ({})", rules.criterion.name()))
            }
            _ => break,
        };
        let (value, variance) = (beta[place], covariance[place * p + place]);
        let column: Vec<f64> = (0..p).map(|i| covariance[i * p + place]).collect();
        for i in 0..p {
            beta[i] -= column[i] * value / variance;
            for j in 0..p {
                covariance[i * p + j] -= column[i] * column[j] / variance;
            }
        }
        left.retain(|j| *j != place);
        drops.push(Drop { candidate: kept[place - 1], reason, by_likelihood: worst.is_none() });
    }
    let start = std::iter::once(beta[0]).chain(left.iter().map(|j| beta[*j])).collect();
    (drops, start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::features::{FeatureColumn, Values};
    use crate::model::bin::{Ask, ByHand, Limits, Objective, Rows, Trend, fit_bins};

    #[test]
    fn variance_inflation_by_hand() {
        // Two columns of correlation 0.6: 1 / (1 − 0.36). A third without correlation: 1.
        let correlation = [1.0, 0.6, 0.0, 0.6, 1.0, 0.0, 0.0, 0.0, 1.0];
        let found = inflation(&correlation, 3, &[0, 1, 2]);
        for (a, b) in found.iter().zip([1.5625, 1.5625, 1.0]) {
            assert!((a - b).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(inflation(&correlation, 3, &[0, 2]), [1.0, 1.0]);
        // A copy is told without bound.
        let found = inflation(&[1.0, 1.0, 1.0, 1.0], 2, &[0, 1]);
        assert!(found[1].is_infinite(), "{found:?}");
    }

    #[test]
    fn what_a_feature_must_bring() {
        let rules = |criterion| Selection { criterion, ..Selection::default() };
        assert_eq!(needed(&rules(Criterion::Aic), 100), 2.0);
        assert!((needed(&rules(Criterion::Bic), 1_000) - 1_000f64.ln()).abs() < 1e-12);
        // χ² of one degree of freedom, 95 %: 3.841.
        assert!((needed(&rules(Criterion::PValue), 100) - 3.841_458_8).abs() < 1e-5);
        assert_eq!(needed(&Selection::none(), 100), 0.0);
        // χ² of three and of seven degrees, 95 %: 7.815 and 14.067.
        assert!((chi_square(3.0, 1.644_854) - 7.815).abs() < 0.05 && (chi_square(7.0, 1.644_854) - 14.067).abs() < 0.03);
    }

    #[test]
    fn meaningless_bins_are_known_by_chance() {
        // Four bins of a hundred cases, half of each repaid: 7.815 × 400 / (200 × 200).
        let column = FeatureColumn {
            name: "x".into(),
            meaning: "x".into(),
            expected: Direction::Free,
            sub_score: SubScore::Neither,
            values: Values::Number((0..400).map(|k| f64::from(k % 4)).collect()),
        };
        let outcome: Vec<f64> = (0..400).map(|k| f64::from((k / 4) % 2)).collect();
        let ask = Ask { column: &column, trend: Trend::Free, specials: &[], by_hand: Some(&ByHand::Edges(vec![0.0, 1.0, 2.0])) };
        let limits = Limits { max_bins: 4, min_share: 0.0, min_events: 0.0, prebins: 10, objective: Objective::Likelihood };
        let (binned, _) = fit_bins(&[ask], Rows::All(400), &Target { outcome: &outcome, weight: None }, &limits).unwrap();
        assert!((chance_value(&binned[0].bins) - 0.078_15).abs() < 5e-4);
    }

    #[test]
    fn a_shift_must_be_larger_than_chance() {
        let outcome = vec![0.0; 200];
        let target = Target { outcome: &outcome, weight: None };
        // 100 cases a month: 50 and 50, then 40 and 60.
        let codes: Vec<u8> = (0..200).map(|k| u8::from(if k < 100 { k < 50 } else { k < 140 })).collect();
        let month: Vec<u32> = (0..200).map(|k| k / 100).collect();
        let (csi, noise) = stability(&codes, 2, &target, &month, 0, 1);
        let share = |n: f64| (n + 0.5) / 101.0;
        let by_hand = (share(40.0) - share(50.0)) * (share(40.0) / share(50.0)).ln() + (share(60.0) - share(50.0)) * (share(60.0) / share(50.0)).ln();
        assert!((csi - by_hand).abs() < 1e-3, "{csi} {by_hand}");
        // χ² of one degree, 99.9 %: 10.83, times 200 / 10,000; Wilson and Hilferty are within 4 %.
        assert!((noise - 0.2166).abs() < 0.01, "{noise}");
    }
}
