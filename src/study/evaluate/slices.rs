//! Figures of every contender in every slice, with intervals and paired differences.

use super::draws::{Drawn, Grouped, captured_once, draw, places};
use super::figures::{AUC, BRIER, ECE, GAIN, GAP, INTERCEPT, KS, LOG_LOSS, MEAN_PROBABILITY, MONEY, REPAID_SHARE, SLOPE, Values, figures};
use super::groups::{Groups, OVERALL_CELLS, SLICE_CELLS, ascending};
use super::{APART, Cases, Contender, Dimension, FEWEST_FOR_INTERVAL, Measured, tidy};
use rayon::prelude::*;
use serde::Serialize;

/// Figures of one contender on one set of cases.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Performance {
    /// Chance that a repaid case ranks above one not repaid, ties half.
    pub auc: Measured,
    /// `2 AUC − 1`.
    pub gini: Measured,
    /// Largest distance between the score distributions of repaid and not repaid.
    pub ks: Measured,
    /// Mean of `−[y ln p + (1 − y) ln(1 − p)]`.
    pub log_loss: Measured,
    /// Mean of `(y − p)²`.
    pub brier: Measured,
    /// Slope of the outcomes on the log-odds: 1 where they are as steep as they should be.
    pub calibration_slope: Measured,
    /// Its intercept: 0.
    pub calibration_intercept: Measured,
    /// Mean distance of predicted and repaid over ten bins of equal mass.
    pub expected_calibration_error: Measured,
    /// Mean predicted probability.
    pub mean_probability: Measured,
    /// That less the share repaid: above 0 promises too much.
    pub calibration_gap: Measured,
    /// Share of the repaid cases among the first `capacity` of the cases.
    pub gain_at_capacity: Measured,
    /// That over `capacity`: how many times more than at random.
    pub lift_at_capacity: Measured,
    /// Share of the money repaid that the first `capacity` of the cases hold, by expected recovery.
    pub money_at_capacity: Measured,
}

/// A contender in a slice.
#[derive(Clone, Debug, Serialize)]
pub struct SliceModel {
    /// Its name.
    pub name: String,
    /// Whether it is a baseline.
    pub baseline: bool,
    /// Its figures.
    pub performance: Performance,
}

/// How much better, or worse, than another on the same cases and draws.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Which figure.
    pub figure: &'static str,
    /// Of which contender …
    pub of: String,
    /// … less that of which.
    pub beside: String,
    /// The difference and its paired interval.
    pub difference: Measured,
}

/// A set of cases.
#[derive(Clone, Debug, Serialize)]
pub struct Slice {
    /// By what.
    pub by: String,
    /// Which.
    pub value: String,
    /// Cases.
    pub n: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Of the cases, repaid.
    pub repaid: u64,
    /// Share repaid.
    pub repaid_share: Measured,
    /// Why figures are missing, in words, where they are.
    pub note: Option<String>,
    /// Each contender.
    pub contenders: Vec<SliceModel>,
    /// Challengers less champion, champion less baselines.
    pub differences: Vec<Difference>,
}

/// All slices: the whole, then by dimension.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluated {
    /// All cases.
    pub overall: Slice,
    /// By dimension, in order.
    pub slices: Vec<Slice>,
}

const COMPARED: [(usize, &str); 6] =
    [(AUC, "auc"), (KS, "ks"), (LOG_LOSS, "log_loss"), (BRIER, "brier"), (GAIN, "gain_at_capacity"), (MONEY, "money_at_capacity")];

/// Evaluates every contender on every slice.
pub fn evaluate(cases: &Cases<'_>) -> Evaluated {
    let n = cases.repaid.len();
    let whole = Dimension { by: "all".into(), codes: vec![0; n], values: vec!["all".into()] };
    let dimensions: Vec<&Dimension> = std::iter::once(&whole).chain(cases.dimensions).collect();
    let orders: Vec<[Vec<u32>; 2]> = cases
        .contenders
        .par_iter()
        .map(|c| [ascending(&c.score), if cases.paid.is_empty() { Vec::new() } else { ascending(&c.money_order) }])
        .collect();
    let exact: Vec<Vec<Vec<Values>>> =
        dimensions.par_iter().map(|d| cases.contenders.iter().zip(&orders).map(|(c, orders)| once(cases, c, orders, d)).collect()).collect();
    let grouped: Vec<Vec<Grouped>> = dimensions
        .par_iter()
        .enumerate()
        .map(|(k, d)| {
            let most = Some(if k == 0 { OVERALL_CELLS } else { SLICE_CELLS });
            cases.contenders.iter().zip(&orders).map(|(c, orders)| grouped(cases, c, orders, d, most)).collect()
        })
        .collect();
    drop(orders);
    let drawn = draw(cases, &grouped);
    let (place, _) = places(cases.borrower);
    let mut slices = Vec::new();
    for (d, dimension) in dimensions.iter().enumerate() {
        let counted = counted(cases, dimension, &place);
        for (s, of) in counted.into_iter().enumerate() {
            if of.n > 0 {
                let values: Vec<&Values> = exact[d].iter().map(|c| &c[s]).collect();
                slices.push(slice(cases, dimension, s, of, &values, &drawn, d));
            }
        }
    }
    let mut slices = slices.into_iter();
    let overall = slices.next().unwrap_or_else(|| empty(&whole));
    Evaluated { overall, slices: slices.collect() }
}

fn grouped(cases: &Cases<'_>, c: &Contender, orders: &[Vec<u32>; 2], dimension: &Dimension, most: Option<usize>) -> Grouped {
    Grouped {
        by_score: Groups::new(&orders[0], &c.score, &c.probability, dimension, most),
        by_money: (!cases.paid.is_empty()).then(|| Groups::new(&orders[1], &c.money_order, &[], dimension, most)),
    }
}

/// The figures of the cases as they are, a cell for each score.
fn once(cases: &Cases<'_>, c: &Contender, orders: &[Vec<u32>; 2], dimension: &Dimension) -> Vec<Values> {
    let Grouped { by_score: groups, by_money } = grouped(cases, c, orders, dimension, None);
    let mut counts = vec![[0.0; 2]; groups.n.len()];
    for (cell, repaid) in groups.cell.iter().zip(cases.repaid) {
        if let Some(count) = counts.get_mut(*cell as usize) {
            count[usize::from(*repaid)] += 1.0;
        }
    }
    let of = |s: usize| figures(&groups, s, &counts[groups.start[s]..groups.start[s + 1]], cases.capacity);
    let mut found: Vec<Values> = (0..dimension.values.len()).map(of).collect();
    if let Some(by_money) = by_money {
        found.iter_mut().zip(captured_once(cases, &by_money)).for_each(|(values, money)| values[MONEY] = money);
    }
    found
}

#[derive(Clone, Copy, Default)]
struct Counted {
    n: u64,
    repaid: u64,
    borrowers: u64,
}

fn counted(cases: &Cases<'_>, dimension: &Dimension, place: &[u32]) -> Vec<Counted> {
    let mut found = vec![Counted::default(); dimension.values.len()];
    let mut seen: std::collections::HashSet<(u32, u32)> = std::collections::HashSet::new();
    for (k, code) in dimension.codes.iter().enumerate().filter(|(_, code)| **code != APART) {
        let of = &mut found[*code as usize];
        of.n += 1;
        of.repaid += u64::from(cases.repaid[k]);
        of.borrowers += u64::from(seen.insert((*code, place[k])));
    }
    found
}

fn empty(dimension: &Dimension) -> Slice {
    Slice {
        by: dimension.by.clone(),
        value: "all".into(),
        n: 0,
        borrowers: 0,
        repaid: 0,
        repaid_share: Measured::default(),
        note: Some("no case".into()),
        contenders: Vec::new(),
        differences: Vec::new(),
    }
}

fn slice(cases: &Cases<'_>, dimension: &Dimension, s: usize, of: Counted, exact: &[&Values], drawn: &Drawn, d: usize) -> Slice {
    let not = of.n - of.repaid;
    let sure = of.repaid.min(not) >= FEWEST_FOR_INTERVAL && of.borrowers >= FEWEST_FOR_INTERVAL;
    let all_equal = exact.iter().zip(cases.contenders).filter(|(v, c)| !c.baseline && v[KS] == 0.0).map(|(_, c)| c.name.as_str());
    let all_equal: Vec<&str> = all_equal.collect();
    let note = if of.repaid == 0 || not == 0 {
        Some(format!("every case has the same outcome ({}): nothing can be told apart", if of.repaid == 0 { "not repaid" } else { "repaid" }))
    } else if !sure {
        Some(format!(
            "{} repaid and {not} not repaid cases of {} borrowers: fewer than {FEWEST_FOR_INTERVAL} of one of them give no interval",
            of.repaid, of.borrowers
        ))
    } else if !all_equal.is_empty() {
        Some(format!("the scores of {} do not differ between repaid and not repaid", all_equal.join(", ")))
    } else {
        None
    };
    let draws_of = |c: usize| &drawn[d][c][s];
    let scaled = |c: usize, figure: usize, by: &dyn Fn(f64) -> f64| {
        let ends = if sure { interval(exact[c][figure], draws_of(c).iter().map(|v| v[figure]), figure) } else { None };
        Measured { value: tidy(by(exact[c][figure])), interval: ends.and_then(|[low, high]| Some([tidy(by(low))?, tidy(by(high))?])) }
    };
    let measured = |c: usize, figure: usize| scaled(c, figure, &|x| x);
    let contenders = cases.contenders.iter().enumerate().map(|(c, contender)| SliceModel {
        name: contender.name.clone(),
        baseline: contender.baseline,
        performance: performance(|figure, by| scaled(c, figure, by), cases.capacity),
    });
    let mut differences = Vec::new();
    for (c, contender) in cases.contenders.iter().enumerate().skip(1) {
        let (a, b) = if contender.baseline { (0, c) } else { (c, 0) };
        for (figure, name) in COMPARED {
            let value = exact[a][figure] - exact[b][figure];
            if value.is_finite() {
                let draws = draws_of(a).iter().zip(draws_of(b)).map(|(x, y)| x[figure] - y[figure]);
                differences.push(Difference {
                    figure: name,
                    of: cases.contenders[a].name.clone(),
                    beside: cases.contenders[b].name.clone(),
                    difference: Measured { value: tidy(value), interval: if sure { percentiles(draws) } else { None } },
                });
            }
        }
    }
    Slice {
        by: dimension.by.clone(),
        value: dimension.values[s].clone(),
        n: of.n,
        borrowers: of.borrowers,
        repaid: of.repaid,
        repaid_share: if exact.is_empty() { Measured::default() } else { measured(0, REPAID_SHARE) },
        note,
        contenders: contenders.collect(),
        differences,
    }
}

fn performance(scaled: impl Fn(usize, &dyn Fn(f64) -> f64) -> Measured, capacity: f64) -> Performance {
    let of = |figure: usize| scaled(figure, &|x| x);
    Performance {
        auc: of(AUC),
        gini: scaled(AUC, &|auc| 2.0 * auc - 1.0),
        ks: of(KS),
        log_loss: of(LOG_LOSS),
        brier: of(BRIER),
        calibration_slope: of(SLOPE),
        calibration_intercept: of(INTERCEPT),
        expected_calibration_error: of(ECE),
        mean_probability: of(MEAN_PROBABILITY),
        calibration_gap: of(GAP),
        gain_at_capacity: of(GAIN),
        lift_at_capacity: scaled(GAIN, &|gain| gain / capacity),
        money_at_capacity: of(MONEY),
    }
}

/// The 95 % interval of a figure.
///
/// Percentiles of the draws; for KS and the expected calibration error, which chance only ever raises, the draws turned around the figure (the basic
/// bootstrap), which takes off as much bias as the draws add.
fn interval(value: f64, draws: impl Iterator<Item = f64>, figure: usize) -> Option<[f64; 2]> {
    let found = percentiles(draws)?;
    if figure != KS && figure != ECE {
        return Some(found);
    }
    let [low, high] = found;
    // Turned around 0 the interval may miss the figure itself: it is then widened to hold it.
    Some([tidy((2.0 * value - high).clamp(0.0, value))?, tidy((2.0 * value - low).clamp(value, 1.0))?])
}

/// The 2.5 % and 97.5 % percentiles, linear between draws; none where one draw in ten has no figure.
pub(super) fn percentiles(draws: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let (mut known, mut all) = (Vec::new(), 0);
    for x in draws {
        all += 1;
        if x.is_finite() {
            known.push(x);
        }
    }
    if known.len() < 20 || known.len() * 10 < all * 9 {
        return None;
    }
    known.sort_by(f64::total_cmp);
    let at = |q: f64| {
        let place = q * (known.len() - 1) as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        let high = known[(low + 1).min(known.len() - 1)];
        tidy(known[low] + part * (high - known[low]))
    };
    Some([at(0.025)?, at(0.975)?])
}
