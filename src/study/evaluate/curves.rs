//! What the page draws of one contender on all cases: ROC, gains, calibration, score distribution by outcome, and Murphy's parts of Brier's score.

use super::by_borrower::share;
use super::groups::{CALIBRATION_BINS, Groups, ascending};
use super::{Cases, Contender, Dimension, Measured, tidy};
use crate::base::units::sigmoid;
use serde::Serialize;

/// Points of a curve at most.
const POINTS: usize = 100;
/// Bars of the score distribution.
const BARS: usize = 30;

/// Cases of like probability.
#[derive(Clone, Debug, Serialize)]
pub struct Bin {
    /// Cases.
    pub n: u64,
    /// Mean probability.
    pub predicted: f64,
    /// Share repaid, with an interval by borrower.
    pub repaid_share: Measured,
}

/// A bar of the score distribution.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Probability at its lower end, on an even scale of log-odds.
    pub from: f64,
    /// At its upper end.
    pub until: f64,
    /// Cases repaid.
    pub repaid: u64,
    /// Cases not repaid.
    pub not_repaid: u64,
}

/// Parts of Brier's score: `score = reliability − resolution + uncertainty + within`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BrierParts {
    /// `Σ n (mean p − rate)² ÷ N` over ten bins of equal mass: 0 is best.
    pub reliability: f64,
    /// `Σ n (rate − mean rate)² ÷ N`: the more the better.
    pub resolution: f64,
    /// `mean rate × (1 − mean rate)`: what the cases themselves give.
    pub uncertainty: f64,
    /// What differences within bins add.
    pub within: f64,
}

/// The curves of a contender.
#[derive(Clone, Debug, Serialize)]
pub struct Curves {
    /// Its name.
    pub name: String,
    /// Share of not repaid and share of repaid among the best, from none to all.
    pub roc: Vec<[f64; 2]>,
    /// Share of cases worked, best first, and share of the repaid among them.
    pub gains: Vec<[f64; 2]>,
    /// Where the two distributions are furthest apart: share of not repaid and share of repaid among the best.
    pub ks_at: Option<[f64; 2]>,
    /// Ten bins of equal mass; none of a baseline without probabilities.
    pub calibration: Vec<Bin>,
    /// Parts of Brier's score.
    pub brier: Option<BrierParts>,
    /// Scores by outcome.
    pub distribution: Vec<Bar>,
}

/// The curves of a contender on all cases.
pub fn curves(cases: &Cases<'_>, contender: &Contender) -> Curves {
    let order = ascending(&contender.score);
    let n = order.len();
    let all = cases.repaid.iter().filter(|r| **r).count() as f64;
    let none = n as f64 - all;
    let (mut roc, mut gains) = (vec![[0.0, 0.0]], vec![[0.0, 0.0]]);
    let (mut good, mut bad, mut furthest) = (0.0, 0.0, None::<(f64, [f64; 2])>);
    let mut seen = 0usize;
    let best_first: Vec<u32> = order.iter().rev().copied().collect();
    for run in best_first.chunk_by(|a, b| contender.score[*a as usize] == contender.score[*b as usize]) {
        let repaid = run.iter().filter(|k| cases.repaid[**k as usize]).count();
        (good, bad) = (good + repaid as f64, bad + (run.len() - repaid) as f64);
        let before = seen * POINTS / n;
        seen += run.len();
        let apart = good / all - bad / none;
        if all > 0.0 && none > 0.0 && furthest.is_none_or(|(most, _)| apart.abs() > most) {
            furthest = Some((apart.abs(), [bad / none, good / all]));
        }
        // A point for each hundredth of the cases.
        if seen * POINTS / n > before || seen == n {
            if all > 0.0 && none > 0.0 {
                roc.push([rounded(bad / none), rounded(good / all)]);
            }
            if all > 0.0 {
                gains.push([rounded(seen as f64 / n as f64), rounded(good / all)]);
            }
        }
    }
    let probability = &contender.probability;
    let (calibration, brier, distribution) = if probability.is_empty() || n == 0 {
        (Vec::new(), None, Vec::new())
    } else {
        let (bins, parts) = calibration(cases, contender, &order);
        (bins, Some(parts), distribution(cases, probability))
    };
    let ks_at = furthest.map(|(_, at)| at.map(rounded));
    Curves { name: contender.name.clone(), roc, gains, ks_at, calibration, brier, distribution }
}

fn rounded(x: f64) -> f64 {
    (x * 1e6).round() / 1e6 + 0.0
}

fn calibration(cases: &Cases<'_>, contender: &Contender, order: &[u32]) -> (Vec<Bin>, BrierParts) {
    let n = order.len();
    let whole = Dimension { by: "all".into(), codes: vec![0; n], values: vec!["all".into()] };
    let groups = Groups::new(order, &contender.score, &contender.probability, &whole, None);
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); CALIBRATION_BINS];
    // In the order of the cases, so that sums by borrower have it.
    (0..n as u32).for_each(|k| members[usize::from(groups.bin[groups.cell[k as usize] as usize])].push(k));
    let y = |k: u32| f64::from(u8::from(cases.repaid[k as usize]));
    let mean_rate = (0..n as u32).map(y).sum::<f64>() / n as f64;
    let (mut reliability, mut resolution, mut bins) = (0.0, 0.0, Vec::new());
    for members in members.iter().filter(|m| !m.is_empty()) {
        let size = members.len() as f64;
        let predicted = members.iter().map(|k| contender.probability[*k as usize]).sum::<f64>() / size;
        let rate = members.iter().map(|k| y(*k)).sum::<f64>() / size;
        reliability += size * (predicted - rate).powi(2) / n as f64;
        resolution += size * (rate - mean_rate).powi(2) / n as f64;
        let repaid_share = share(members, cases.borrower, |k| cases.repaid[k as usize]);
        bins.push(Bin { n: members.len() as u64, predicted: rounded(predicted), repaid_share });
    }
    let score = (0..n as u32).map(|k| (y(k) - contender.probability[k as usize]).powi(2)).sum::<f64>() / n as f64;
    let uncertainty = mean_rate * (1.0 - mean_rate);
    let within = score - (reliability - resolution + uncertainty);
    let round = |x: f64| tidy(x).unwrap_or(0.0);
    (bins, BrierParts { reliability: round(reliability), resolution: round(resolution), uncertainty: round(uncertainty), within: round(within) })
}

fn distribution(cases: &Cases<'_>, probability: &[f64]) -> Vec<Bar> {
    let log_odds = |p: f64| crate::base::units::logit(p.clamp(1e-4, 1.0 - 1e-4));
    let (low, high) = probability.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(log_odds(*p)), h.max(log_odds(*p))));
    let width = ((high - low) / BARS as f64).max(1e-9);
    let edge = |k: usize| rounded(sigmoid(low + width * k as f64));
    let mut bars: Vec<Bar> = (0..BARS).map(|k| Bar { from: edge(k), until: edge(k + 1), repaid: 0, not_repaid: 0 }).collect();
    for (p, repaid) in probability.iter().zip(cases.repaid) {
        let bar = &mut bars[(((log_odds(*p) - low) / width) as usize).min(BARS - 1)];
        if *repaid { bar.repaid += 1 } else { bar.not_repaid += 1 }
    }
    bars
}
