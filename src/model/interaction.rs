//! Two-way tables: what two features say together beyond what each says alone.
//!
//! Takes the log-odds of cases from fits that did not see their borrower, and the features cut finely; gives tables that raise the likelihood
//! of borrowers that the tables did not see, best first, each found beside those before it. The score stays a sum: a table is one more term.
//!
//! A cell adds `t = Σ w (y − p) ÷ (Σ w p (1 − p) + prior)`, one Newton step from the score so far towards the cell's own odds, held back by the
//! prior. For its held-out gain each fold gets the tables of the other folds. A table of all cases enters with the slope that held-out
//! borrowers give it, at most 1. Pairs are compared on at most 50,000 cases by the quadratic gain `Σ t G − t² H / 2` of held-out sums, the best
//! one is then measured exactly.
//!
//! # Source
//! Lou, Caruana, Gehrke and Hooker 2013 (pairs found on the residuals of the additive model); the prior and the slope are ours.

use super::bin::{Ask, Binned, Limits, Rows, Target, Trend, can_pair, fit_bins, pair_bins, pair_codes};
use super::calibrate::some_borrowers;
use super::evaluate::{pick, squares_by_cluster};
use super::file::Estimate;
use super::fit::{case_loss, wald};
use crate::base::config::{BinObjective, Interactions};
use crate::base::problem::Result;
use crate::base::units::sigmoid;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Intervals or groups of a feature in a table: with missing values and words of no group two features have 256 cells at most.
const AXIS_BINS: usize = 14;
/// Features that are tried against each other: those of the greatest information value.
const FEATURES: usize = 40;
/// Borrowers of about this many cases are enough to compare pairs on.
const SEARCH_CASES: usize = 50_000;

/// A two-way table of the model, as its file tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// The two features.
    pub features: [String; 2],
    /// By how much the table raises the mean log-likelihood of cases whose borrower it did not see.
    pub held_out_gain: f64,
    /// Standard error of that, clustered by borrower where borrowers are known.
    pub standard_error: f64,
    /// Pairs that it was the best of.
    pub pairs_tried: usize,
}

/// A table that earned its place.
pub struct Pair {
    /// Its cells and the code of each training case.
    pub binned: Binned,
    /// What each cell adds to the log-odds, before the slope.
    pub table: Vec<f64>,
    /// The slope, with its errors on held-out cases.
    pub slope: Estimate,
    /// How it was found.
    pub found: Interaction,
}

/// What tables are searched on: the training cases.
pub struct Search<'a> {
    /// Outcomes and weights.
    pub target: Target<'a>,
    /// Borrowers; each case its own where absent.
    pub borrower: Option<&'a [u32]>,
    /// Folds by borrower.
    pub fold: &'a [u8],
    /// How many.
    pub folds: usize,
    /// Seed of the borrowers drawn.
    pub seed: u64,
    /// Settings.
    pub rules: &'a Interactions,
}

/// The features of greatest information value, cut finely; `asks` hold each feature's specials and bins by hand.
///
/// # Errors
/// Those of binning.
pub fn axes(asks: &[Ask<'_>], rows: Rows<'_>, target: &Target<'_>, value_of: impl Fn(&str) -> f64) -> Result<Vec<Binned>> {
    let mut asks: Vec<Ask<'_>> = asks.iter().map(|ask| Ask { trend: Trend::Free, ..*ask }).collect();
    asks.sort_by(|a, b| value_of(&b.column.name).total_cmp(&value_of(&a.column.name)));
    asks.truncate(FEATURES);
    let limits = Limits { max_bins: AXIS_BINS, min_share: 0.0, min_events: 0.0, prebins: AXIS_BINS, objective: BinObjective::Likelihood };
    Ok(fit_bins(&asks, rows, target, &limits)?.0)
}

/// Sums of a cell: gradient and information.
type Cell = [f64; 2];

/// Cases side by side with the score so far.
struct State<'a> {
    outcome: &'a [f64],
    weight: Option<&'a [f64]>,
    fold: &'a [u8],
    folds: usize,
    /// Gradient and information of each case.
    cases: Vec<Cell>,
}

impl State<'_> {
    fn weight_of(&self, k: usize) -> f64 {
        self.weight.map_or(1.0, |w| w[k])
    }

    fn look(&mut self, log_odds: &[f64]) {
        let (outcome, weight) = (self.outcome, self.weight);
        self.cases.clear();
        self.cases.extend(log_odds.iter().enumerate().map(|(k, eta)| {
            let (p, w) = (sigmoid(*eta), weight.map_or(1.0, |w| w[k]));
            [w * (outcome[k] - p), w * p * (1.0 - p)]
        }));
    }

    /// Sums by fold and cell, then over all folds.
    fn sums(&self, code: impl Fn(usize) -> usize, cells: usize) -> (Vec<Cell>, Vec<Cell>) {
        let mut by_fold = vec![[0.0; 2]; self.folds * cells];
        for (k, [g, h]) in self.cases.iter().enumerate() {
            let sum = &mut by_fold[usize::from(self.fold[k]) * cells + code(k)];
            sum[0] += g;
            sum[1] += h;
        }
        let mut all = vec![[0.0; 2]; cells];
        for of_fold in by_fold.chunks(cells) {
            all.iter_mut().zip(of_fold).for_each(|(all, cell)| *all = [all[0] + cell[0], all[1] + cell[1]]);
        }
        (by_fold, all)
    }
}

fn step(sums: Cell, prior: f64) -> f64 {
    sums[0] / (sums[1].max(0.0) + prior)
}

/// The table of the other folds, for each fold and cell.
fn without_fold(by_fold: &[Cell], all: &[Cell], prior: f64) -> Vec<f64> {
    by_fold.iter().zip(all.iter().cycle()).map(|(own, all)| step([all[0] - own[0], all[1] - own[1]], prior)).collect()
}

/// The tables that earn their place, best first; `log_odds` are held-out ones of each case, and get what the tables add.
///
/// # Errors
/// Those of a target out of range.
pub fn find(axes: &[Binned], search: &Search<'_>, log_odds: &mut [f64]) -> Result<Vec<Pair>> {
    let rules = search.rules;
    let mut pairs: Vec<(usize, usize)> = (0..axes.len()).flat_map(|b| (0..b).map(move |a| (a, b))).collect();
    pairs.retain(|(a, b)| can_pair(&axes[*a].bins, &axes[*b].bins));
    let n = search.target.outcome.len();
    let rows = some_borrowers(0..n as u32, SEARCH_CASES, search.seed ^ 0x51ED, |k| search.borrower.map_or(k, |b| b[k as usize]));
    let codes: Vec<Vec<u8>> = axes.par_iter().map(|axis| pick(&axis.codes, &rows)).collect();
    let (outcome, weight, fold) = (pick(search.target.outcome, &rows), search.target.weight.map(|w| pick(w, &rows)), pick(search.fold, &rows));
    let mut some = State { outcome: &outcome, weight: weight.as_deref(), fold: &fold, folds: search.folds, cases: Vec::new() };
    let mut all = State { outcome: search.target.outcome, weight: search.target.weight, fold: search.fold, folds: search.folds, cases: Vec::new() };
    let mut found: Vec<Pair> = Vec::new();
    while found.len() < rules.most {
        some.look(&pick(log_odds, &rows));
        let gain = |(a, b): &(usize, usize)| {
            let width = axes[*b].bins.bins.len();
            let (first, second) = (&codes[*a], &codes[*b]);
            let (by_fold, sums) = some.sums(|k| usize::from(first[k]) * width + usize::from(second[k]), axes[*a].bins.bins.len() * width);
            without_fold(&by_fold, &sums, rules.prior).iter().zip(&by_fold).map(|(t, [g, h])| t * (g - t * h / 2.0)).sum::<f64>()
        };
        let gains: Vec<f64> = pairs.par_iter().map(gain).collect();
        let Some(best) = (0..pairs.len()).max_by(|a, b| gains[*a].total_cmp(&gains[*b]).then(b.cmp(a))).filter(|k| gains[*k] > 0.0) else {
            break;
        };
        let (a, b) = pairs[best];
        all.look(log_odds);
        let Some(pair) = measure(&axes[a], &axes[b], &all, search, log_odds, pairs.len())? else { break };
        pairs.remove(best);
        found.push(pair);
    }
    Ok(found)
}

/// The table of two features, if it raises the likelihood of held-out borrowers by enough; then `log_odds` get what it adds to them.
fn measure(
    first: &Binned,
    second: &Binned,
    state: &State<'_>,
    search: &Search<'_>,
    log_odds: &mut [f64],
    pairs_tried: usize,
) -> Result<Option<Pair>> {
    let (width, rules) = (second.bins.bins.len(), search.rules);
    let codes = pair_codes(&first.codes, &second.codes, width);
    let cells = first.bins.bins.len() * width;
    let (by_fold, sums) = state.sums(|k| usize::from(codes[k]), cells);
    let tables = without_fold(&by_fold, &sums, rules.prior);
    let added = |k: usize| tables[usize::from(state.fold[k]) * cells + usize::from(codes[k])];
    // One Newton step of the slope from 1, on held-out cases.
    let (mut g, mut h) = (0.0, 0.0);
    let scores: Vec<f64> = (0..log_odds.len())
        .map(|k| {
            let (d, w) = (added(k), state.weight_of(k));
            let p = sigmoid(log_odds[k] + d);
            let r = w * (state.outcome[k] - p) * d;
            g += r;
            h += w * p * (1.0 - p) * d * d;
            r
        })
        .collect();
    let slope = (1.0 + g / h).min(1.0);
    // No information, or a table that held-out borrowers contradict.
    if h <= 0.0 || slope.is_nan() || slope <= 0.0 {
        return Ok(None);
    }
    let total: f64 = (0..log_odds.len()).map(|k| state.weight_of(k)).sum();
    let gains: Vec<f64> = (0..log_odds.len())
        .map(|k| state.weight_of(k) * (case_loss(log_odds[k], state.outcome[k]) - case_loss(log_odds[k] + slope * added(k), state.outcome[k])))
        .collect();
    let gain: f64 = gains.iter().sum();
    let mean = gain / total;
    let centred = gains.iter().enumerate().map(|(k, x)| x - state.weight_of(k) * mean).collect();
    let error = squares_by_cluster(centred, search.borrower).0.sqrt();
    if gain <= 0.0 || gain < rules.min_errors * error {
        return Ok(None);
    }
    (0..log_odds.len()).for_each(|k| log_odds[k] += slope * added(k));
    let standard_error = 1.0 / h.sqrt();
    let clustered_error = search.borrower.map(|b| squares_by_cluster(scores, Some(b)).0.sqrt() / h);
    let of = wald(slope, clustered_error.unwrap_or(standard_error));
    Ok(Some(Pair {
        binned: pair_bins(first, second, &search.target)?,
        table: sums.iter().map(|cell| step(*cell, rules.prior)).collect(),
        slope: Estimate { value: slope, standard_error, clustered_error, z: of.z, p: of.p, interval: [of.low, of.high] },
        found: Interaction {
            features: [first.bins.name.clone(), second.bins.name.clone()],
            held_out_gain: mean,
            standard_error: error / total,
            pairs_tried,
        },
    }))
}
